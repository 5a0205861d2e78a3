"""Tables of what people are told: alerts that stand, messages on their way, whom they go to.

Part of the operations database: none of it is archive. Alerts and messages are codes, numbers and
instants. Addresses of people and the duty roster are personal data: they lie here encrypted.
What is decided and what is to be sent are written in one transaction, so that a crash neither loses
a message nor decides it twice; one that was taken over just before a crash is sent again, with the
same number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from archiver.core.ports import Clock
from archiver.db.operations import Operations, metadata
from archiver.errors import NotFound

_ROSTER = 1  # the one row
_SUPERSEDED = "superseded"
_IN_AT_MOST = 500

alert = Table(
    "alert",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("channel", BigInteger),
    Column("signature", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=False),
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("number", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failure", Text, nullable=False),
    Column("done_at", BigInteger),
    Index("alert_delivery_waiting", "done_at", "next_at"),
)

alert_recipient = Table(
    "alert_recipient",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

duty_roster = Table(
    "duty_roster",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)


class AlertRow(NamedTuple):
    """An alert that stands; `signature` are its reasons, joined by commas."""

    key: str
    kind: str
    channel: int | None
    signature: str
    severity: str
    since: int
    told_at: int


class NewMessage(NamedTuple):
    """A message to be sent one way; `number` is the same for all ways."""

    number: str
    key: str
    way: str
    body: str


class Message(NamedTuple):
    """A message that was taken to be sent; `attempts` counts this one."""

    id: int
    number: str
    way: str
    body: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Messages that have not been taken over: how many, of them how many were tried in vain, since
    when the oldest of those waits (milliseconds UTC), and why the newest try failed."""

    waiting: int
    failing: int
    since: int | None
    failure: str


class Recipient(NamedTuple):
    """Somebody who gets every alert by e-mail."""

    id: int
    address: str


Settle = Callable[[Sequence[AlertRow]], tuple[Iterable[AlertRow], Iterable[NewMessage]]]


class Notices:
    """Alerts and messages of a home, its recipients and its duty roster."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._database = operations.database
        self._seal, self._unseal = operations.seal, operations.unseal
        self._clock = clock

    # --- alerts ------------------------------------------------------------------------------

    def standing(self) -> list[AlertRow]:
        """Alerts that stand, by key."""
        with self._database.read() as connection:
            return [AlertRow._make(row) for row in connection.execute(_standing())]

    def settle(self, rule: Settle, now: int) -> int:
        """Replace the alerts that stand by what `rule` makes of them, and put its messages on their
        way, in one transaction; how many messages. A message that waits for the same alert and way
        is given up: the newer one says more."""
        with self._database.write() as connection:
            before = [AlertRow._make(row) for row in connection.execute(_standing())]
            after, messages = rule(before)
            rows = [one._asdict() for one in after]
            if rows != [one._asdict() for one in before]:
                connection.execute(delete(alert))
                if rows:
                    connection.execute(insert(alert), rows)
            count = 0
            for message in messages:
                d = alert_delivery.c
                same = (d.key == message.key, d.way == message.way, d.done_at.is_(None))
                connection.execute(
                    update(alert_delivery).where(*same).values(done_at=now, failure=_SUPERSEDED)
                )
                values = {"created_at": now, "next_at": now, "attempts": 0, "failure": ""}
                connection.execute(insert(alert_delivery).values(**message._asdict(), **values))
                count += 1
        return count

    # --- messages ----------------------------------------------------------------------------

    def take(self, now: int, ways: Sequence[str], lease: int) -> Message | None:
        """The message that has waited longest, of one of these ways. Nobody else gets it for
        `lease` milliseconds, after which it is sent again unless it is said to be done."""
        d = alert_delivery.c
        query = (
            select(d.id, d.number, d.way, d.body, d.attempts)
            .where(d.done_at.is_(None), d.next_at <= now, d.way.in_(list(ways)))
            .order_by(d.next_at, d.id)
            .limit(1)
        )
        with self._database.write() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            taken = {"next_at": now + lease, "attempts": row.attempts + 1}
            connection.execute(update(alert_delivery).where(d.id == row.id).values(taken))
        return Message(row.id, row.number, row.way, row.body, row.attempts + 1)

    def done(self, message: int, at: int) -> None:
        """The other side has taken the message over."""
        self._note(message, done_at=at, failure="")

    def failed(self, message: int, failure: str, next_at: int) -> None:
        """It did not; `failure` is a code. It is tried again at `next_at`."""
        self._note(message, failure=failure, next_at=next_at)

    def give_up(self, message: int, at: int) -> None:
        """It need not be said any more."""
        self._note(message, done_at=at, failure=_SUPERSEDED)

    def delivered(self, numbers: Sequence[str]) -> set[str]:
        """Those of the numbers of which some way has taken a message over."""
        d, found = alert_delivery.c, set[str]()
        with self._database.read() as connection:
            for start in range(0, len(numbers), _IN_AT_MOST):
                query = select(d.number).where(
                    d.number.in_(numbers[start : start + _IN_AT_MOST]),
                    d.done_at.is_not(None),
                    d.failure == "",
                )
                found.update(connection.scalars(query))
        return found

    def _note(self, message: int, **values: Any) -> None:
        query = update(alert_delivery).where(alert_delivery.c.id == message)
        with self._database.write() as connection:
            connection.execute(query.values(values))

    def backlog(self) -> Backlog:
        """What waits, and what fails."""
        d = alert_delivery.c
        waits, fails = d.done_at.is_(None), d.failure != ""
        with self._database.read() as connection:
            waiting = connection.scalar(select(func.count()).where(waits)) or 0
            failing, since = connection.execute(
                select(func.count(), func.min(d.created_at)).where(waits, fails)
            ).one()
            newest = select(d.failure).where(waits, fails).order_by(d.id.desc()).limit(1)
            failure = connection.scalar(newest) or ""
        return Backlog(waiting=waiting, failing=failing, since=since, failure=failure)

    def prune(self, before: int) -> int:
        """Forget messages that were done before an instant; how many."""
        with self._database.write() as connection:
            query = delete(alert_delivery).where(alert_delivery.c.done_at < before)
            return connection.execute(query).rowcount

    # --- people ------------------------------------------------------------------------------

    def add_recipient(self, address: str) -> int:
        """Add somebody; their number."""
        row = {
            "sealed": self._seal(_RECIPIENT, address.encode()),
            "created_at": self._clock.now(),
        }
        with self._database.write() as connection:
            made = connection.execute(insert(alert_recipient).values(row))
            return int(made.inserted_primary_key[0])  # type: ignore[index]

    def remove_recipient(self, number: int) -> None:
        """Forget somebody; `NotFound` if there is nobody of that number."""
        with self._database.write() as connection:
            query = delete(alert_recipient).where(alert_recipient.c.id == number)
            if not connection.execute(query).rowcount:
                raise NotFound(
                    f"There is no recipient {number}.", remedy="`diarkiv alert list` shows them."
                )

    def recipients(self) -> list[Recipient]:
        """Everybody who gets alerts, in the order they were added. `SealBroken` if an address does
        not open under this home's key."""
        query = select(alert_recipient.c.id, alert_recipient.c.sealed).order_by(
            alert_recipient.c.id
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Recipient(row.id, self._unseal(_RECIPIENT, row.sealed).decode()) for row in rows]

    def roster(self) -> str:
        """The duty roster as it was put in; empty if there is none."""
        query = select(duty_roster.c.sealed).where(duty_roster.c.id == _ROSTER)
        with self._database.read() as connection:
            sealed: bytes | None = connection.scalar(query)
        return "" if sealed is None else self._unseal(_DUTY, sealed).decode()

    def set_roster(self, text: str) -> None:
        """Replace the duty roster."""
        row = {
            "id": _ROSTER,
            "sealed": self._seal(_DUTY, text.encode()),
            "changed_at": self._clock.now(),
        }
        with self._database.write() as connection:
            connection.execute(delete(duty_roster))
            connection.execute(insert(duty_roster).values(row))


_RECIPIENT = b"diarkiv/recipient/v1"
_DUTY = b"diarkiv/duty/v1"


def _standing() -> Any:
    return select(*(alert.c[name] for name in AlertRow._fields)).order_by(alert.c.key)

"""Stamps the log's signed heads, and keeps the stamps so that nothing of them is lost or doubled.

The authority is asked before the writer's lock is taken. Then, inside it: signed head → reply →
the anchor in the log. A process that dies in between leaves a reply that no anchor names, and the
next stamping anchors that instead of asking again.

Invariants: an anchor is written once for each reply; every reply that is anchored has been checked
wholly, and its instant is not before what it covers, nor before an earlier stamp's (but for the
tolerance between two clocks). Without an authority nothing is stamped and nothing fails.
Sources: RFC 3161 app. B (a later stamp renews an earlier one).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import structlog

from archiver.core.anchor import (
    FOLDER,
    Anchor,
    is_due,
    note_name,
    parse_reply_name,
    reply_name,
)
from archiver.core.checkpoint import open_checkpoint
from archiver.core.event import EventType
from archiver.core.ports import Clock, Stamped, Timestamper
from archiver.core.timestamp import TOLERANCE, is_back_dated
from archiver.errors import (
    DiarkivError,
    IntegrityError,
    NotFound,
    TimestampUnavailable,
)
from archiver.ledger import anchor_projector as held
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer

EVERY = 60.0  # seconds between two looks at whether a stamp is due …
RETRY = 600.0  # … and until authorities that failed are asked again
MINUTE = 60_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampState:
    """How the stamps stand: whether there is an authority, how often (milliseconds), the newest
    anchor, and since when something waits to be stamped (milliseconds UTC; None: nothing does)."""

    configured: bool
    interval: int
    newest: Anchor | None
    waiting_since: int | None


class Stamping:
    """A home's outside time stamps. `timestamper` is None where no authority is set up;
    `interval` in milliseconds."""

    def __init__(
        self, ledger: Ledger, timestamper: Timestamper | None, clock: Clock, *, interval: int
    ) -> None:
        self._ledger, self._timestamper, self._clock = ledger, timestamper, clock
        self._interval = interval

    @property
    def is_configured(self) -> bool:
        """Whether there is an authority to ask."""
        return self._timestamper is not None

    def stamp_now(self) -> Anchor | None:
        """The anchor of a stamp that covers everything signed so far, asked for now if there is
        none. None where no authority is set up; `TimestampUnavailable` if none gives a stamp.

        Never inside the writer: the lock is taken here. What waits for a stamp looks for it with
        `covering`, so that a crash in between asks no second time."""
        if self._timestamper is None:
            return None
        self._resume(self._timestamper)
        note = self._ledger.checkpoint()
        head = open_checkpoint(note, self._ledger.verifier_key)
        with self._ledger.database.read() as connection:
            newest = next(iter(held.anchors(connection, 1)), None)
            other = held.newest_other(connection)
            at = held.logged_at(connection, head.size - 1) or 0
            floor = max(at, held.latest_time(connection))
        if newest and other < newest.size and not self._renews(newest):
            return newest
        stamped = self._timestamper.stamp(note, not_before=floor - TOLERANCE)
        anchor = self._keep(head.size, note, stamped)
        _log.info("stamp.made", size=head.size, authority=stamped.authority)
        return anchor

    def tick(self) -> Anchor | None:
        """Stamp what is due by the interval; the anchor, or None if nothing was to be done."""
        if self._timestamper is None:
            return None
        with self._ledger.database.read() as connection:
            newest = next(iter(held.anchors(connection, 1)), None)
            other = held.newest_other(connection)
        due = is_due(now=self._clock.now(), interval=self._interval, newest=other, last=newest)
        return self.stamp_now() if due else None

    def stamps(self, limit: int | None = None) -> list[Anchor]:
        """The anchors, the newest first."""
        with self._ledger.database.read() as connection:
            return held.anchors(connection, limit)

    def covering(self, seq: int) -> Anchor | None:
        """The anchor of the first stamp that covers an entry: what says that it was there by then.
        None if it is not stamped yet."""
        with self._ledger.database.read() as connection:
            return next(iter(held.covering(connection, seq)), None)

    def state(self) -> StampState:
        """How the stamps stand."""
        with self._ledger.database.read() as connection:
            newest = next(iter(held.anchors(connection, 1)), None)
            since = held.waiting_since(connection, newest.size if newest else 0)
        return StampState(
            configured=self.is_configured,
            interval=self._interval,
            newest=newest,
            waiting_since=since,
        )

    def _renews(self, newest: Anchor) -> bool:
        """Whether the newest stamp is old enough to be renewed though nothing was added."""
        return is_due(now=self._clock.now(), interval=self._interval, newest=-1, last=newest)

    def _keep(self, size: int, note: bytes, stamped: Stamped) -> Anchor:
        """Store a head and the reply over it, under the first number that is free, and name them in
        the log. Inside the writer: it alone may put objects beside another that recovers."""
        store, number = self._ledger.store, 1
        with self._ledger.writer() as writer:
            while store.size(reply_name(size, number)) is not None:
                number += 1
            store.put(note_name(size), note)
            store.put(reply_name(size, number), stamped.reply)
            return self._name(writer, size, number, stamped.reply, stamped.time)

    @staticmethod
    def _name(writer: Writer, size: int, number: int, reply: bytes, time: int) -> Anchor:
        """Name a kept reply in the log; the anchor, also if another process has named it."""
        named = held.named(writer.connection, size, number)
        if named is None:
            digest = sha256(reply).hexdigest()
            named = Anchor(writer.next_seq, writer.at, size, number, digest, time)
            writer.append_clear(EventType.ANCHOR, named.facts())
        return named

    def _resume(self, timestamper: Timestamper) -> None:
        """Anchor what a process that died had got. What does not hold is left alone and said."""
        with self._ledger.database.read() as connection:
            anchored = {anchor.reply for anchor in held.anchors(connection)}
        for name in self._ledger.store.names(FOLDER):
            parsed = parse_reply_name(name)
            if parsed is None or name in anchored:
                continue
            try:
                self._resume_one(timestamper, name, *parsed)
            except (NotFound, TimestampUnavailable, IntegrityError) as error:
                _log.warning("stamp.left", name=name, code=error.code)

    def _resume_one(self, timestamper: Timestamper, name: str, size: int, number: int) -> None:
        reply, note = self._ledger.store.get(name), self._ledger.store.get(note_name(size))
        time = timestamper.check(reply, note)
        head = open_checkpoint(note, self._ledger.verifier_key)
        with self._ledger.database.read() as connection:
            at, latest = held.logged_at(connection, size - 1), held.latest_time(connection)
        if head.size != size or at is None or is_back_dated(time, max(at, latest)):
            raise TimestampUnavailable("A time stamp that was kept does not fit the log.")
        with self._ledger.writer() as writer:
            self._name(writer, size, number, reply, time)


def keep_stamping(tick: Callable[[], object], stop: Callable[[float], bool]) -> None:
    """The worker's stamper, in a thread of its own: a look each minute until `stop`, which waits
    for so many seconds and says whether to end. What goes wrong is logged and ends nothing."""
    while True:
        pause = EVERY
        try:
            tick()
        except DiarkivError as error:
            _log.error("stamp.error", code=error.code)
            pause = RETRY
        except Exception as error:  # noqa: BLE001 its words may quote a path or an address
            _log.error("stamp.fault", error=type(error).__name__)
            pause = RETRY
        if stop(pause):
            return

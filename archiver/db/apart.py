"""Every read of what is kept apart: which records, and what a harvest must know of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select

from archiver.db import tables as t
from archiver.db.suppression import Disposed, disposed_among

_IN_AT_MOST = 500


class ApartState(StrEnum):
    """How a record is kept apart; `OPEN`: it was, and is no longer."""

    OPEN = "open"
    PROTECTED = "protected"
    STOPPED = "stopped"
    HANDED_OVER = "handed_over"
    DESTROYED = "destroyed"


class ApartRow(NamedTuple):
    """A record that is kept apart: numbers, states and instants (milliseconds UTC). `since` and
    `until`: when its first and newest version were captured; `cohort`: where its keys lie."""

    record: int
    seq: int
    state: ApartState
    at: int
    actor: int
    authority: int
    channel: int
    kind: str
    native: bytes
    origin: str
    legal_at: int
    versions: int
    since: int
    until: int
    cohort: int | None


@dataclass(frozen=True, slots=True)
class Belongs:
    """Where a channel's items belong, by native token: `protected` ones are kept apart, `stopped`
    ones are not stored again, nor are those that were `disposed` of: of these, only the ones that
    were asked for. All others are open."""

    protected: frozenset[bytes] = frozenset()
    stopped: frozenset[bytes] = frozenset()
    disposed: Mapping[bytes, Disposed] = field(default_factory=dict, hash=False)


def belongs(connection: Connection, channel: int, natives: Collection[bytes]) -> Belongs:
    """Where the channel's items belong now, these ones among them."""
    a = t.apart.c
    rows = connection.execute(
        select(a.native, a.state).where(a.channel == channel, a.state != ApartState.OPEN.value)
    ).all()
    return Belongs(
        frozenset(row.native for row in rows if row.state == ApartState.PROTECTED),
        frozenset(row.native for row in rows if row.state != ApartState.PROTECTED),
        disposed_among(connection, channel, natives),
    )


def apart(connection: Connection, record: int) -> ApartRow | None:
    """How a record is kept apart; None if it is not."""
    query = select(t.apart).where(t.apart.c.record == record)
    row = connection.execute(query.where(t.apart.c.state != ApartState.OPEN.value)).one_or_none()
    return _row(row) if row else None


def all_apart(
    connection: Connection,
    authorities: Collection[int] | None = None,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> list[ApartRow]:
    """Records kept apart at these authorities (None: all), newest first, from before that event."""
    query = select(t.apart).where(t.apart.c.state != ApartState.OPEN.value)
    query = query.order_by(t.apart.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(t.apart.c.seq < before)
    if authorities is not None:
        query = query.where(t.apart.c.authority.in_(authorities))
    return [_row(row) for row in connection.execute(query)]


def stopped(connection: Connection) -> list[ApartRow]:
    """Every stopped record of which nothing has been decided to the end, oldest first."""
    a = t.apart.c
    states = (ApartState.STOPPED.value, ApartState.HANDED_OVER.value)
    query = select(t.apart).where(a.state.in_(states)).order_by(a.record)
    return [_row(row) for row in connection.execute(query)]


def kept_out(connection: Connection) -> list[int]:
    """Records of which no derivative may hold anything."""
    a = t.apart.c
    return list(connection.scalars(select(a.record).where(a.state != ApartState.OPEN.value)))


class Above(NamedTuple):
    """A record kept apart that another stands under; `stopped`: out of everybody's reach."""

    record: int
    stopped: bool


def under_apart(connection: Connection, records: Collection[int]) -> dict[int, Above]:
    """Record → the record kept apart that it answers or stands under, a stopped one before others.
    Its own address may hold words of that one: platforms build them from headings."""
    r, a, found, ordered = t.record.c, t.apart.c, dict[int, Above](), sorted(records)
    for start in range(0, len(ordered), _IN_AT_MOST):
        query = (
            select(r.seq, a.record, a.state)
            .join(t.apart, and_(a.channel == r.channel, a.native.in_((r.root, r.parent))))
            .where(r.seq.in_(ordered[start : start + _IN_AT_MOST]), a.record != r.seq)
            .where(a.state != ApartState.OPEN.value)
        )
        for below, above, state in connection.execute(query):
            if below not in found or not found[below].stopped:
                found[below] = Above(above, state != ApartState.PROTECTED)
    return found


class Parting(NamedTuple):
    """That a record was set apart or opened again: the event, and when its first and newest
    version were captured (milliseconds UTC)."""

    seq: int
    since: int
    until: int


def partings(connection: Connection, *, above: int) -> list[Parting]:
    """Of each record, the last time it was set apart or opened again, if that is above a number."""
    a = t.apart.c
    query = select(a.seq, a.since, a.until).where(a.seq > above).order_by(a.seq)
    return [Parting(*row) for row in connection.execute(query)]


def quarantine_key(connection: Connection) -> bytes | None:
    """The public half that quarantined keys are sealed under."""
    k = t.quarantine_key.c
    found: bytes | None = connection.scalar(select(k.public).order_by(k.seq.desc()).limit(1))
    return found


def family_of(connection: Connection, entry: int) -> str | None:
    """The family of the cohort an entry's key lies in; None if it has none."""
    e, c = t.entry.c, t.cohort.c
    query = select(c.family).where(e.seq == entry, c.number == e.key_cohort)
    found: str | None = connection.scalar(query)
    return found


def gone_from(connection: Connection, entries: Collection[int]) -> set[int]:
    """Those of the entries that have no key here: quarantined or destroyed."""
    e, c, found, ordered = t.entry.c, t.cohort.c, set[int](), sorted(entries)
    for start in range(0, len(ordered), _IN_AT_MOST):
        query = (
            select(e.seq)
            .join(t.cohort, c.number == e.key_cohort, isouter=True)
            .where(e.seq.in_(ordered[start : start + _IN_AT_MOST]), e.cohort.is_not(None))
            .where(or_(e.key_cohort.is_(None), c.family == "quarantine"))
        )
        found.update(connection.scalars(query))
    return found


def lying_in(connection: Connection, cohort: int) -> list[int]:
    """Entries whose keys lie in a cohort's file, in order."""
    e = t.entry.c
    return list(connection.scalars(select(e.seq).where(e.key_cohort == cohort).order_by(e.seq)))


def _row(row: tuple[object, ...]) -> ApartRow:
    made = ApartRow(*row)  # type: ignore[arg-type]
    return made._replace(state=ApartState(made.state))

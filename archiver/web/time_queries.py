"""The SQL behind what is shown over time: when a list was looked at, and a thread as it once was.

Like `queries`: what starts from rows that were found with the viewer's authorities needs no second
look. Each statement is bounded by a channel and a period, or by the records of one page.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from archiver.core.observation import REVISION
from archiver.db import tables as t
from archiver.db.apart import ApartState
from archiver.web.rows import LookRow, Place, RecordRow, TransitionRow, VersionRow

# Not a parameter: PostgreSQL would take two of them for two different groups.
_HOUR = literal_column("3600000", BigInteger)  # milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Which looks: of a channel, at one of these lists wholly, far enough back to hold what was
    created then (None: not known), that ended in [since, until), milliseconds UTC."""

    channel: int
    collections: Collection[str]
    created: int | None
    since: int
    until: int


class RunEnd(NamedTuple):
    """A run: its seq, when it began and ended (milliseconds UTC), and its outcome."""

    seq: int
    started: int
    ended: int
    outcome: str


class Then(NamedTuple):
    """Of one record, the version that held at an instant, and when the next one was seen."""

    version: VersionRow
    next_at: int | None


def _columns(table: Any, row: type[Any]) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in row._fields]


def _looks(of: Looked) -> tuple[ColumnElement[bool], ...]:
    r, c = t.run.c, t.coverage.c
    reached = [c.scope == "all", and_(c.scope == "threads", r.scope == "full")]
    if of.created is not None:
        reached.append(and_(c.scope == "recent", c.window <= of.created))
    held = select(c.run).where(
        c.run == r.seq,
        c.collection.in_(sorted(of.collections)),
        c.status == "complete",
        or_(*reached),
    )
    return r.channel == of.channel, r.ended >= of.since, r.ended < of.until, held.exists()


def looks_by_hour(connection: Connection, of: Looked) -> list[LookRow]:
    """Looks at any of the lists, counted by the hour of UTC."""
    r = t.run.c
    hour = (r.ended // _HOUR).label("hour")
    query = (
        select(func.min(r.ended), func.max(r.ended), func.count(), func.max(r.seq), hour)
        .where(*_looks(of))
        .group_by(hour)
        .order_by(hour)
    )
    return [LookRow(*map(int, row[:4])) for row in connection.execute(query)]


def looks(connection: Connection, of: Looked, *, limit: int) -> list[LookRow]:
    """The same, each by itself."""
    r = t.run.c
    query = select(r.ended, r.seq).where(*_looks(of)).order_by(r.ended).limit(limit)
    return [LookRow(row.ended, row.ended, 1, row.seq) for row in connection.execute(query)]


# --- a thread as it was --------------------------------------------------------------------------


def run_before(connection: Connection, channel: int, at: int, *, seen: bool) -> RunEnd | None:
    """The channel's newest run that had ended at an instant; with `seen`, that saw anything."""
    r = t.run
    query = select(*_columns(r, RunEnd)).where(r.c.channel == channel, r.c.ended <= at)
    return _run(connection, query, r.c.ended.desc(), seen)


def run_after(connection: Connection, channel: int, at: int, *, seen: bool) -> RunEnd | None:
    """Its first run that ended later."""
    r = t.run
    query = select(*_columns(r, RunEnd)).where(r.c.channel == channel, r.c.ended > at)
    return _run(connection, query, r.c.ended, seen)


def _run(connection: Connection, query: Any, order: Any, seen: bool) -> RunEnd | None:
    if seen:
        query = query.where(t.run.c.outcome != "gap")
    row = connection.execute(query.order_by(order).limit(1)).one_or_none()
    return RunEnd(*row) if row else None


def _in_thread(r: Any, channel: int, top: bytes) -> tuple[ColumnElement[bool], ...]:
    return (r.channel == channel, r.root == top, r.kind != REVISION)


def answers_then(
    connection: Connection,
    channel: int,
    top: bytes,
    *,
    at: int,
    without: Collection[int],
    after: Place | None,
    limit: int,
) -> list[RecordRow]:
    """The answers of a thread that had been captured at an instant, by date, after that place;
    earlier states that a platform told of are not among them, nor those of `without`."""
    r = t.record.c
    query = select(*_columns(t.record, RecordRow)).where(
        *_in_thread(r, channel, top), r.captured_at <= at
    )
    if without:
        query = query.where(r.seq.not_in(sorted(without)))
    if after is not None:
        query = query.where(tuple_(r.legal_at, r.seq) > tuple_(after.at, after.seq))
    query = query.order_by(r.legal_at, r.seq).limit(limit)
    return [RecordRow(*row) for row in connection.execute(query)]


def count_then(connection: Connection, channel: int, top: bytes, *, at: int) -> int:
    """How many answers of a thread had been captured at an instant."""
    r = t.record.c
    query = select(func.count()).where(*_in_thread(r, channel, top), r.captured_at <= at)
    return connection.scalar(query) or 0


def unseen_then(
    connection: Connection, channel: int, top: bytes, *, at: int, limit: int
) -> list[int]:
    """Records of a thread that by the platform's own time were there at an instant, and that
    nobody had captured."""
    r = t.record.c
    query = select(r.seq).where(
        *_in_thread(r, channel, top), r.captured_at > at, r.created_at <= at
    )
    return list(connection.scalars(query.order_by(r.created_at, r.seq).limit(limit)))


def apart_in_thread(connection: Connection, channel: int, top: bytes, *, at: int) -> list[int]:
    """Records of a thread that had been captured at an instant and are kept apart now."""
    r, a = t.record.c, t.apart.c
    query = (
        select(r.seq)
        .join(t.apart, a.record == r.seq)
        .where(r.channel == channel, or_(r.root == top, r.native == top), r.kind != REVISION)
        .where(r.captured_at <= at, a.state != ApartState.OPEN.value)
    )
    return list(connection.scalars(query.order_by(r.seq)))


def versions_then(connection: Connection, records: Collection[int], at: int) -> dict[int, Then]:
    """Record → the version that held at an instant; those without one are left out."""
    v = t.version.c
    newest = (
        select(v.record, func.max(v.n).label("n"))
        .where(v.record.in_(records), v.captured_at <= at)
        .group_by(v.record)
        .subquery()
    )
    query = select(*_columns(t.version, VersionRow)).join(
        newest, and_(newest.c.record == v.record, newest.c.n == v.n)
    )
    found = {row.record: VersionRow(*row) for row in connection.execute(query)}
    later = (
        select(v.record, func.min(v.captured_at))
        .where(v.record.in_(records), v.captured_at > at)
        .group_by(v.record)
    )
    nexts = {row[0]: row[1] for row in connection.execute(later)}
    return {seq: Then(version, nexts.get(seq)) for seq, version in found.items()}


def transitions_of(
    connection: Connection, records: Collection[int], *, limit: int
) -> dict[int, list[TransitionRow]]:
    """Record → states it was observed in without a version, oldest first; of each the newest
    `limit`."""
    s = t.transition
    place = func.row_number().over(partition_by=s.c.record, order_by=s.c.seq.desc())
    ranked = (
        select(s.c.record, place.label("place"), *_columns(s, TransitionRow))
        .where(s.c.record.in_(records))
        .subquery()
    )
    query = (
        select(ranked.c.record, *_columns(ranked, TransitionRow))
        .where(ranked.c.place <= limit)
        .order_by(ranked.c.record, ranked.c.seq)
    )
    found: dict[int, list[TransitionRow]] = {}
    for row in connection.execute(query):
        found.setdefault(row[0], []).append(TransitionRow(*row[1:]))
    return found


def told_then(
    connection: Connection, channel: int, natives: Collection[bytes], at: int
) -> dict[bytes, tuple[int, int]]:
    """Item → (record, time) of the newest earlier state that the platform itself dates no later
    than an instant."""
    r = t.record.c
    query = (
        select(r.parent, r.seq, r.created_at)
        .where(r.channel == channel, r.kind == REVISION, r.parent.in_(natives))
        .where(r.root.in_(natives), r.created_at <= at)
        .order_by(r.created_at, r.seq)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

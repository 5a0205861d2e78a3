"""Reads behind gaps and acknowledgements: by channel and period, never over the whole archive.

A stretch of looks that were not complete is found by walking back from its newest look along the
index (channel, collection, status, run): a few seeks for each stretch, however many looks it has.
Only the reasons in it are gathered over its own lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from archiver.db import tables as t

_FAILED = ("gap", "partial")
_COMPLETE = "complete"


class RunRow(NamedTuple):
    """A run: its seq, when it began by the wall clock, the instant of its entry, and that of the
    channel's run before it (None for the first). Milliseconds UTC."""

    run: int
    started: int
    logged: int
    before: int | None


class Stretch(NamedTuple):
    """Looks at one collection in a row that were not complete: the first and last run, how many,
    their reasons; the complete look before them, and the one after that ended it (None = none)."""

    collection: str
    first: int
    last: int
    runs: int
    reasons: frozenset[str]
    before: int | None
    after: int | None


class AcknowledgedRow(NamedTuple):
    """One acknowledgement, without its words: `reasons` are joined by commas."""

    seq: int
    channel: int
    collection: str
    since: int
    reasons: str


def collections_of(connection: Connection, channel: int) -> list[str]:
    """Names of the collections that any run of the channel has named, by seeking from one to the
    next."""
    c, names = t.coverage.c, list[str]()
    while True:
        query = select(func.min(c.collection)).where(c.channel == channel)
        found = connection.scalar(query.where(c.collection > names[-1]) if names else query)
        if found is None:
            return names
        names.append(found)


def stretches(
    connection: Connection, channel: int, collection: str, *, since: int
) -> Iterator[Stretch]:
    """Stretches of a collection that reach beyond `since` (milliseconds UTC), newest first."""
    below: int | None = None
    while True:
        last = _edge(connection, channel, collection, failed=True, below=below)
        if last is None:
            return
        before = _edge(connection, channel, collection, failed=False, below=last)
        after = _edge(connection, channel, collection, failed=False, above=last)
        if after is not None and run_row(connection, after).started < since:
            return
        yield _stretch(connection, channel, collection, last, before, after)
        if before is None:
            return
        below = before


def next_complete(connection: Connection, channel: int, collection: str, run: int) -> int | None:
    """The first run after `run` that saw the collection wholly."""
    return _edge(connection, channel, collection, failed=False, above=run)


def _edge(
    connection: Connection,
    channel: int,
    collection: str,
    *,
    failed: bool,
    below: int | None = None,
    above: int | None = None,
) -> int | None:
    """The newest such run below a run, or the oldest above one."""
    c, pick = t.coverage.c, min if above is not None else max
    found = []
    for status in _FAILED if failed else (_COMPLETE,):  # one seek each: a list would be a scan
        of = func.min if above is not None else func.max
        query = select(of(c.run)).where(*_is(channel, collection), c.status == status)
        if below is not None:
            query = query.where(c.run < below)
        if above is not None:
            query = query.where(c.run > above)
        run = connection.scalar(query)
        if run is not None:
            found.append(int(run))
    return pick(found, default=None)


def _stretch(
    connection: Connection,
    channel: int,
    collection: str,
    last: int,
    before: int | None,
    after: int | None,
) -> Stretch:
    c = t.coverage.c
    first, runs, reasons = last, 0, set[str]()
    for status in _FAILED:
        query = (
            select(c.reason, func.min(c.run), func.count())
            .where(*_is(channel, collection), c.status == status, c.run > (before or -1))
            .where(c.run <= last)
            .group_by(c.reason)
        )
        for reason, oldest, count in connection.execute(query):
            reasons.add(reason)
            first, runs = min(first, oldest), runs + count
    return Stretch(collection, first, last, runs, frozenset(reasons), before, after)


def _is(channel: int, collection: str) -> tuple[ColumnElement[bool], ...]:
    return (t.coverage.c.channel == channel, t.coverage.c.collection == collection)


def run_row(connection: Connection, run: int) -> RunRow:
    """One run, with the instant of the channel's run before it."""
    r, e = t.run.c, t.entry.c
    row = connection.execute(
        select(r.seq, r.channel, r.started, e.at).join(t.entry, e.seq == r.seq).where(r.seq == run)
    ).one()
    older = select(func.max(r.seq)).where(r.channel == row.channel, r.seq < run)
    before = connection.scalar(select(e.at).where(e.seq == older.scalar_subquery()))
    return RunRow(row.seq, row.started, row.at, before)


def logged_at(connection: Connection, seq: int) -> int:
    """The instant of an entry, milliseconds UTC."""
    found: int = connection.execute(select(t.entry.c.at).where(t.entry.c.seq == seq)).scalar_one()
    return found


def runs_since(connection: Connection, channel: int, since: int) -> list[RunRow]:
    """A channel's runs that ended at `since` (milliseconds UTC) or later, in their order; if there
    is none, its newest run."""
    r, e = t.run.c, t.entry.c
    ended = select(func.min(r.seq)).where(r.channel == channel, r.ended >= since)
    newest = select(func.max(r.seq)).where(r.channel == channel)
    start = connection.scalar(
        select(func.coalesce(ended.scalar_subquery(), newest.scalar_subquery()))
    )
    if start is None:
        return []
    query = (
        select(r.seq, r.started, e.at)
        .join(t.entry, e.seq == r.seq)
        .where(r.channel == channel, r.seq >= start)
        .order_by(r.seq)
    )
    rows, before = list[RunRow](), run_row(connection, start).before
    for row in connection.execute(query):
        rows.append(RunRow(row.seq, row.started, row.at, before))
        before = row.at
    return rows


def last_seen(connection: Connection, channel: int) -> int | None:
    """When the channel's newest run that saw anything at all ended, milliseconds UTC."""
    r = t.run.c
    query = select(r.ended).where(r.channel == channel, r.outcome != "gap")
    found: int | None = connection.scalar(query.order_by(r.ended.desc()).limit(1))
    return found


def acknowledgements(connection: Connection, channel: int, since: int) -> list[AcknowledgedRow]:
    """Acknowledgements of a channel's gaps that began at `since` (milliseconds UTC) or later."""
    a = t.gap_acknowledged.c
    query = (
        select(a.seq, a.channel, a.collection, a.since, a.reasons)
        .where(a.channel == channel, a.since >= since)
        .order_by(a.seq)
    )
    return [AcknowledgedRow._make(row) for row in connection.execute(query)]


def freeze_lifted(connection: Connection, channel: int) -> int | None:
    """Seq of the newest decision that accepts a mass disappearance on the channel; None if there is
    none. It lifts a freeze that began before it."""
    f = t.freeze_lifted.c
    found: int | None = connection.scalar(select(func.max(f.seq)).where(f.channel == channel))
    return found

"""Reads behind gaps and acknowledgements: by channel and period, never over the whole archive.

A stretch of looks that were not complete is found by walking back from its newest look along the
index (channel, collection, status, run): a few seeks for each stretch, however many looks it has.
Only the reasons in it are gathered over its own lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from archiver.core.plan import Scope
from archiver.db import tables as t

_FAILED = ("gap", "partial")
_COMPLETE = ("complete",)
# A look at everything: all of a list, or a run that was to read everything.
_WHOLE = or_(t.coverage.c.scope == "all", t.run.c.scope == Scope.FULL.value)


class RunRow(NamedTuple):
    """A run: its seq, when it began by the wall clock, the instant of its entry, and that of the
    channel's run before it (None for the first). Milliseconds UTC."""

    run: int
    started: int
    logged: int
    before: int | None


class Stretch(NamedTuple):
    """Looks at one collection that were not complete and belong together: the first and last run,
    how many, whether one of them was to see everything, their reasons; the complete look before
    them, and the one after that made it good (None = none)."""

    collection: str
    first: int
    last: int
    runs: int
    whole: bool
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


def stretches(
    connection: Connection, channel: int, collection: str, *, since: int
) -> Iterator[Stretch]:
    """Stretches of a collection that reach beyond `since` (milliseconds UTC), newest first."""
    edge = _Edge(connection, channel, collection)
    below: int | None = None
    while (last := edge.newest(_FAILED, below=below)) is not None:
        # If a look at everything has failed and none has succeeded since, then from the first such
        # look on it is one stretch, whatever looks at a part have seen.
        good = edge.newest(_COMPLETE, below=last, whole=True)
        first = edge.oldest(_FAILED, above=-1 if good is None else good, whole=True)
        whole = first is not None and first <= last
        before = edge.newest(_COMPLETE, below=first if whole else last)
        after = edge.oldest(_COMPLETE, above=last, whole=whole)
        if after is not None and run_row(connection, after).started < since:
            return
        yield _stretch(connection, channel, collection, last, whole, before, after)
        if before is None:
            return
        below = before


def next_complete(
    connection: Connection, channel: int, collection: str, run: int, *, whole: bool
) -> int | None:
    """The first run after `run` that saw the collection wholly (all of it, if `whole`)."""
    return _Edge(connection, channel, collection).oldest(_COMPLETE, above=run, whole=whole)


def is_whole(connection: Connection, collection: str, run: int) -> bool:
    """Whether a run's look at a collection was at everything."""
    c = t.coverage.c
    query = select(c.run).join(t.run, t.run.c.seq == c.run).where(c.run == run, _WHOLE)
    return connection.scalar(query.where(c.collection == collection)) is not None


class _Edge:
    """The newest or oldest look of a kind at one collection, each found by seeks."""

    def __init__(self, connection: Connection, channel: int, collection: str) -> None:
        self._connection = connection
        self._of = _is(channel, collection)

    def newest(
        self, statuses: Sequence[str], *, below: int | None = None, whole: bool = False
    ) -> int | None:
        """The newest look of one of these statuses, below a run; only at everything if `whole`."""
        run = t.coverage.c.run
        bound = () if below is None else (run < below,)
        return max(self._each(statuses, bound, run.desc(), whole), default=None)

    def oldest(self, statuses: Sequence[str], *, above: int, whole: bool = False) -> int | None:
        """The oldest one above a run."""
        run = t.coverage.c.run
        return min(self._each(statuses, (run > above,), run, whole), default=None)

    def _each(
        self,
        statuses: Sequence[str],
        bound: tuple[ColumnElement[bool], ...],
        order: ColumnElement[Any],
        whole: bool,
    ) -> Iterator[int]:
        c = t.coverage.c
        for status in statuses:  # one seek each: a list of them would be a scan
            query = select(c.run).where(*self._of, c.status == status, *bound)
            if whole:
                query = query.join(t.run, t.run.c.seq == c.run).where(_WHOLE)
            found = self._connection.scalar(query.order_by(order).limit(1))
            if found is not None:
                yield int(found)


def _stretch(
    connection: Connection,
    channel: int,
    collection: str,
    last: int,
    whole: bool,
    before: int | None,
    after: int | None,
) -> Stretch:
    c = t.coverage.c
    first, runs, reasons = last, 0, set[str]()
    for status in _FAILED:
        query = (
            select(c.reason, func.min(c.run), func.count())
            .where(*_is(channel, collection), c.status == status, c.run <= last)
            .where(c.run > (-1 if before is None else before))
            .group_by(c.reason)
        )
        for reason, oldest, count in connection.execute(query):
            reasons.add(reason)
            first, runs = min(first, oldest), runs + count
    return Stretch(collection, first, last, runs, whole, frozenset(reasons), before, after)


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

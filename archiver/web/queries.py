"""Every SQL statement behind the screens.

The tables hold numbers, states and dates; what a person reads comes from frames (`reading`). What
starts from a number that somebody typed, or from nothing, takes the authorities it may be about and
finds nothing of others; what starts from rows so found needs no second look. Lists are paged by
keyset, never by offset, so that page 1,000 costs what page 1 does and a new record moves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, true

from archiver.core.access import HOME, Authorities
from archiver.db import tables as t
from archiver.web.rows import (
    NEVER_HIDDEN,
    NOT_VISIBLE,
    Counts,
    CoverageRow,
    EntryRow,
    Member,
    Place,
    RecordRow,
    RunRow,
    Selection,
    TransitionRow,
    VersionRow,
)

_EDITED = "%edited%"


def _columns(table: Any, row: type[Any]) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in row._fields]


def _pairs(connection: Connection, query: Select[Any]) -> dict[Any, Any]:
    """First column → second column."""
    return {row[0]: row[1] for row in connection.execute(query)}


def within(channel: ColumnElement[Any], authorities: Authorities) -> ColumnElement[bool]:
    """Whether the channel is one of these authorities'; None: whosever it is."""
    if authorities is None:
        return true()
    own = select(t.channel.c.seq).where(t.channel.c.authority.in_(sorted(authorities)))
    return channel.in_(own)


# --- channels and runs ---------------------------------------------------------------------------


def channel_counts(connection: Connection, authorities: Authorities) -> dict[int, Counts]:
    """Channel → its records, those whose content was edited, those not visible now."""
    r, v = t.record, t.version
    edited = _pairs(
        connection,
        select(r.c.channel, func.count(v.c.record.distinct()))
        .join(v, v.c.record == r.c.seq)
        .where(v.c.n > 1, v.c.changes.like(_EDITED), within(r.c.channel, authorities))
        .group_by(r.c.channel),
    )
    rows = connection.execute(
        select(r.c.channel, func.count(), func.count().filter(r.c.state != "visible"))
        .where(within(r.c.channel, authorities))
        .group_by(r.c.channel)
    )
    return {row[0]: Counts(row[1], edited.get(row[0], 0), row[2]) for row in rows}


def state_counts(connection: Connection, channel: int) -> dict[str, int]:
    """State → number of the channel's records in it."""
    query = (
        select(t.record.c.state, func.count())
        .where(t.record.c.channel == channel)
        .group_by(t.record.c.state)
    )
    return _pairs(connection, query)


def newest_runs(connection: Connection, authorities: Authorities) -> dict[int, RunRow]:
    """Channel → its newest run."""
    newest = (
        select(func.max(t.run.c.seq))
        .where(within(t.run.c.channel, authorities))
        .group_by(t.run.c.channel)
    )
    query = select(*_columns(t.run, RunRow)).where(t.run.c.seq.in_(newest))
    return {row[1]: RunRow(*row) for row in connection.execute(query)}


def runs(connection: Connection, channel: int, *, before: int | None, limit: int) -> list[RunRow]:
    """Runs of a channel, newest first, from before that seq."""
    query = select(*_columns(t.run, RunRow)).where(t.run.c.channel == channel)
    if before is not None:
        query = query.where(t.run.c.seq < before)
    query = query.order_by(t.run.c.seq.desc()).limit(limit)
    return [RunRow(*row) for row in connection.execute(query)]


def run(connection: Connection, authorities: Authorities, seq: int) -> RunRow | None:
    """One run."""
    query = select(*_columns(t.run, RunRow)).where(
        t.run.c.seq == seq, within(t.run.c.channel, authorities)
    )
    row = connection.execute(query).one_or_none()
    return RunRow(*row) if row else None


def transitions(connection: Connection, record: int) -> list[TransitionRow]:
    """States of a record that were observed without a version, newest first."""
    query = (
        select(*_columns(t.transition, TransitionRow))
        .where(t.transition.c.record == record)
        .order_by(t.transition.c.seq.desc())
    )
    return [TransitionRow(*row) for row in connection.execute(query)]


def coverage_of(connection: Connection, run_seqs: Collection[int]) -> dict[int, list[CoverageRow]]:
    """Run → what it could see of each collection."""
    query = (
        select(*_columns(t.coverage, CoverageRow))
        .where(t.coverage.c.run.in_(run_seqs))
        .order_by(t.coverage.c.run, t.coverage.c.collection)
    )
    found: dict[int, list[CoverageRow]] = {}
    for row in connection.execute(query):
        found.setdefault(row[0], []).append(CoverageRow(*row))
    return found


# --- records -------------------------------------------------------------------------------------


def _matches(r: Any, selection: Selection) -> ColumnElement[bool]:
    tests: list[ColumnElement[bool]] = []
    if selection.channel is not None:
        tests.append(r.c.channel == selection.channel)
    if selection.state == NOT_VISIBLE:
        tests.append(r.c.state.not_in(NEVER_HIDDEN))
    elif selection.state:
        tests.append(r.c.state == selection.state)
    if selection.origin:
        tests.append(r.c.origin == selection.origin)
    if selection.since is not None:
        tests.append(r.c.legal_at >= selection.since)
    if selection.until is not None:
        tests.append(r.c.legal_at < selection.until)
    if selection.edited:
        v = t.version
        tests.append(exists().where(v.c.record == r.c.seq, v.c.n > 1, v.c.changes.like(_EDITED)))
    return and_(True, *tests)


def _after(r: Any, place: Place | None) -> ColumnElement[bool]:
    if place is None:
        return and_(True)
    at, seq = place
    return or_(r.c.legal_at < at, and_(r.c.legal_at == at, r.c.seq < seq))


def listed(
    connection: Connection,
    authorities: Authorities,
    selection: Selection,
    *,
    after: Place | None,
    limit: int,
) -> list[RecordRow]:
    """Matching records by falling legal date."""
    r = t.record
    query = (
        select(*_columns(r, RecordRow))
        .where(within(r.c.channel, authorities), _matches(r, selection), _after(r, after))
        .order_by(r.c.legal_at.desc(), r.c.seq.desc())
        .limit(limit)
    )
    return [RecordRow(*row) for row in connection.execute(query)]


def threads(
    connection: Connection,
    authorities: Authorities,
    selection: Selection,
    *,
    after: Place | None,
    limit: int,
) -> list[RecordRow]:
    """Roots of threads in which the root or an answer matches, by falling legal date of the root.
    An answer whose post is not in the archive is a root itself: nothing drops out of the list."""
    root, other, answer = t.record.alias("root"), t.record.alias("other"), t.record.alias("answer")
    orphan = ~exists().where(other.c.channel == root.c.channel, other.c.native == root.c.root)
    answered = exists().where(
        answer.c.channel == root.c.channel,
        answer.c.root == root.c.native,
        _matches(answer, selection),
    )
    matches = _matches(root, selection)
    query = select(*_columns(root, RecordRow)).where(
        within(root.c.channel, authorities),
        or_(root.c.root.is_(None), orphan),
        or_(matches, answered) if selection.narrows else matches,
        _after(root, after),
    )
    query = query.order_by(root.c.legal_at.desc(), root.c.seq.desc()).limit(limit)
    return [RecordRow(*row) for row in connection.execute(query)]


def members(connection: Connection, roots: Collection[int], *, most: int) -> list[Member]:
    """The first `most` answers of each thread, by date."""
    root, answer = t.record.alias("root"), t.record.alias("answer")
    order = (answer.c.legal_at, answer.c.seq)
    ranked = (
        select(
            root.c.seq.label("thread"),
            func.count().over(partition_by=root.c.seq).label("total"),
            func.row_number().over(partition_by=root.c.seq, order_by=order).label("place"),
            *_columns(answer, RecordRow),
        )
        .join(
            answer,
            and_(answer.c.channel == root.c.channel, answer.c.root == root.c.native),
        )
        .where(root.c.seq.in_(roots))
        .subquery()
    )
    query = (
        select(ranked.c.thread, ranked.c.total, *_columns(ranked, RecordRow))
        .where(ranked.c.place <= most)
        .order_by(ranked.c.thread, ranked.c.place)
    )
    return [Member(row[0], row[1], RecordRow(*row[2:])) for row in connection.execute(query)]


def matching(connection: Connection, selection: Selection, seqs: Collection[int]) -> frozenset[int]:
    """Those of the records that match."""
    r = t.record
    query = select(r.c.seq).where(r.c.seq.in_(seqs), _matches(r, selection))
    return frozenset(connection.scalars(query))


def record(connection: Connection, authorities: Authorities, seq: int) -> RecordRow | None:
    """One record."""
    found = records(connection, authorities, [seq])
    return found.get(seq)


def records(
    connection: Connection, authorities: Authorities, seqs: Collection[int]
) -> dict[int, RecordRow]:
    """Records by seq."""
    query = select(*_columns(t.record, RecordRow)).where(
        t.record.c.seq.in_(seqs), within(t.record.c.channel, authorities)
    )
    return {row[0]: RecordRow(*row) for row in connection.execute(query)}


def by_native(connection: Connection, channel: int, native: bytes) -> RecordRow | None:
    """The channel's record with that native token."""
    query = select(*_columns(t.record, RecordRow)).where(
        t.record.c.channel == channel, t.record.c.native == native
    )
    row = connection.execute(query).one_or_none()
    return RecordRow(*row) if row else None


def versions(connection: Connection, record_seq: int) -> list[VersionRow]:
    """A record's versions in order."""
    query = (
        select(*_columns(t.version, VersionRow))
        .where(t.version.c.record == record_seq)
        .order_by(t.version.c.n)
    )
    return [VersionRow(*row) for row in connection.execute(query)]


def version_numbers(connection: Connection, seqs: Collection[int]) -> dict[int, int]:
    """Version → which one of its record's it is, from 1."""
    query = select(t.version.c.seq, t.version.c.n).where(t.version.c.seq.in_(seqs))
    return _pairs(connection, query)


def record_of_versions(connection: Connection, seqs: Collection[int]) -> dict[int, int]:
    """Version → its record."""
    query = select(t.version.c.seq, t.version.c.record).where(t.version.c.seq.in_(seqs))
    return _pairs(connection, query)


# --- evidence and media --------------------------------------------------------------------------


def exchange_of(connection: Connection, capture: int) -> int | None:
    """Seq of the exchange behind a capture."""
    found: int | None = connection.scalar(
        select(t.capture.c.exchange).where(t.capture.c.seq == capture)
    )
    return found


def whole_media(connection: Connection, version_seqs: Sequence[int]) -> list[tuple[int, int]]:
    """(version, number) of the media files that are wholly in the archive."""
    query = (
        select(t.media.c.version, t.media.c.number)
        .where(t.media.c.version.in_(version_seqs), t.media.c.component.is_not(None))
        .order_by(t.media.c.version, t.media.c.number)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


# --- the log -------------------------------------------------------------------------------------


def entry(connection: Connection, seq: int) -> EntryRow | None:
    """One entry."""
    e = t.entry
    row = connection.execute(select(e.c.seq, e.c.type, e.c.at).where(e.c.seq == seq)).one_or_none()
    return EntryRow(*row) if row else None


def entry_types(connection: Connection, authorities: Authorities) -> dict[str, int]:
    """Type → number of entries of these authorities and of the home itself."""
    query = select(t.entry.c.type, func.count()).group_by(t.entry.c.type)
    if authorities is not None:
        owners = sorted({HOME, *authorities})
        own = select(t.cohort.c.number).where(t.cohort.c.authority.in_(owners))
        query = query.where(or_(t.entry.c.cohort.is_(None), t.entry.c.cohort.in_(own)))
    return _pairs(connection, query)

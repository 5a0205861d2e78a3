"""Every SQL statement of the register. Whoever asks for several authorities' rows names them, None
for all there are: what somebody may not see is not fetched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from archiver.core.event import EventType
from archiver.db import register_tables as r
from archiver.db import retention_tables as k
from archiver.db import tables as t

Authorities = Collection[int] | None
SECRET_LEVEL = 4


class SeriesRow(NamedTuple):
    """What a series was set to, each time."""

    seq: int
    series: int
    authority: int
    year: int | None
    first: int | None


class EntryRow(NamedTuple):
    """An entry as the tables know it; `protected` is the log entry with its secret fields."""

    seq: int
    authority: int
    series: int
    year: int
    running: int
    case: int | None
    part: int | None
    direction: str
    day: int
    level: int
    class_code: str | None
    protected: int | None

    @property
    def date(self) -> str:
        """The day as YYYY-MM-DD."""
        return f"{self.day // 10_000:04}-{self.day // 100 % 100:02}-{self.day % 100:02}"


class CaseRow(NamedTuple):
    """A case as the tables know it."""

    seq: int
    authority: int
    series: int
    year: int
    running: int
    collective: int


class ChangeRow(NamedTuple):
    """Something that happened to an entry or a case; `protected`: what it says is secret."""

    seq: int
    of: int
    type: str
    protected: int


class ImportRow(NamedTuple):
    """A version of a scheme that an authority has imported, and how many classes it has."""

    seq: int
    authority: int
    scheme: str
    version: str
    classes: int


class ClassRow(NamedTuple):
    """A class of an import; days YYYYMMDD."""

    code: str
    entry: int
    valid_from: int
    valid_to: int


class RecordPlace(NamedTuple):
    """A record's authority, channel, legal date and newest version."""

    record: int
    authority: int
    channel: int
    origin: str
    legal_at: int
    legal_basis: str
    latest: int


def _columns(table: Any, row: type[Any]) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in row._fields]


def _of(column: Any, authorities: Authorities) -> ColumnElement[bool]:
    return and_(True) if authorities is None else column.in_(authorities)


def series(connection: Connection, authorities: Authorities = None) -> list[SeriesRow]:
    """Everything that series were set to, in order."""
    query = select(*_columns(r.series, SeriesRow)).where(_of(r.series.c.authority, authorities))
    return [SeriesRow(*row) for row in connection.execute(query.order_by(r.series.c.seq))]


def last_number(connection: Connection, series_seq: int, year: int) -> int:
    """The highest running number of a series in a year; 0 if it has none."""
    n = r.register_number
    query = select(func.max(n.c.running)).where(n.c.series == series_seq, n.c.year == year)
    return connection.scalar(query) or 0


def last_part(connection: Connection, case: int) -> int:
    """The highest document number of a case; 0 if it has none."""
    query = select(func.max(r.register_entry.c.part)).where(r.register_entry.c.case == case)
    return connection.scalar(query) or 0


def holder(connection: Connection, series_seq: int, year: int, running: int) -> int | None:
    """The entry or case that has a number."""
    n = r.register_number
    found: int | None = connection.scalar(
        select(n.c.holder).where(n.c.series == series_seq, n.c.year == year, n.c.running == running)
    )
    return found


def in_case(connection: Connection, case: int, part: int) -> int | None:
    """The entry that is document `part` of a case."""
    e = r.register_entry
    found: int | None = connection.scalar(select(e.c.seq).where(e.c.case == case, e.c.part == part))
    return found


def entry(connection: Connection, seq: int, authorities: Authorities = None) -> EntryRow | None:
    """One entry."""
    e = r.register_entry
    query = select(*_columns(e, EntryRow)).where(e.c.seq == seq, _of(e.c.authority, authorities))
    row = connection.execute(query).one_or_none()
    return EntryRow(*row) if row else None


def case(connection: Connection, seq: int, authorities: Authorities = None) -> CaseRow | None:
    """One case."""
    c = r.register_case
    query = select(*_columns(c, CaseRow)).where(c.c.seq == seq, _of(c.c.authority, authorities))
    row = connection.execute(query).one_or_none()
    return CaseRow(*row) if row else None


def entries(
    connection: Connection,
    authorities: Authorities,
    *,
    before: int | None,
    limit: int,
    since: int | None = None,
    until: int | None = None,
    case_seq: int | None = None,
    seqs: Collection[int] | None = None,
    authority: int | None = None,
    direction: str | None = None,
    level: int | None = None,
    class_code: str | None = None,
) -> list[EntryRow]:
    """Entries, newest first, from before that seq; `since` and `until` are days YYYYMMDD."""
    e = r.register_entry
    tests = [_of(e.c.authority, authorities)]
    wanted = {
        "case": case_seq,
        "authority": authority,
        "direction": direction,
        "level": level,
        "class_code": class_code,
    }
    tests += [e.c[name] == value for name, value in wanted.items() if value is not None]
    if before is not None:
        tests.append(e.c.seq < before)
    if since is not None:
        tests.append(e.c.day >= since)
    if until is not None:
        tests.append(e.c.day <= until)
    if seqs is not None:
        tests.append(e.c.seq.in_(seqs))
    query = select(*_columns(e, EntryRow)).where(*tests).order_by(e.c.seq.desc()).limit(limit)
    return [EntryRow(*row) for row in connection.execute(query)]


def cases(
    connection: Connection, authorities: Authorities, *, before: int | None, limit: int
) -> list[CaseRow]:
    """Cases, newest first, from before that seq."""
    c = r.register_case
    query = select(*_columns(c, CaseRow)).where(_of(c.c.authority, authorities))
    if before is not None:
        query = query.where(c.c.seq < before)
    query = query.order_by(c.c.seq.desc()).limit(limit)
    return [CaseRow(*row) for row in connection.execute(query)]


def changes(connection: Connection, of: Collection[int]) -> list[ChangeRow]:
    """What happened to these entries and cases, in order."""
    h = r.register_change
    query = select(*_columns(h, ChangeRow)).where(h.c.of.in_(of)).order_by(h.c.seq)
    return [ChangeRow(*row) for row in connection.execute(query)]


def closed_on(connection: Connection, cases_: Collection[int]) -> dict[int, int]:
    """Case → the day it was closed on (YYYYMMDD), of those that are closed."""
    c = k.case_state.c
    query = select(c.case, c.closed_on).where(c.case.in_(cases_), c.closed_on.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query)}


def newest_day(connection: Connection, case_seq: int) -> int:
    """The newest day of a case's documents (YYYYMMDD); 0 if it has none."""
    e = r.register_entry.c
    return connection.scalar(select(func.max(e.day)).where(e.case == case_seq)) or 0


def entries_of(connection: Connection, records: Collection[int]) -> dict[int, list[int]]:
    """Record → the entries it is registered in, oldest first."""
    e = r.entry_record
    query = select(e.c.record, e.c.entry).where(e.c.record.in_(records)).order_by(e.c.entry)
    found: dict[int, list[int]] = {}
    for record, seq in connection.execute(query):
        found.setdefault(record, []).append(seq)
    return found


def guarded(connection: Connection, records: Collection[int]) -> frozenset[int]:
    """Those of the records that are, or were once, registered as possibly secret."""
    e, held, h = r.register_entry.c, r.entry_record.c, r.register_change.c
    marked = select(h.of).where(h.of == held.entry, h.type == EventType.SECRECY_MARKED)
    query = (
        select(held.record)
        .join(r.register_entry, e.seq == held.entry)
        .where(held.record.in_(records), or_(e.level == SECRET_LEVEL, marked.exists()))
    )
    return frozenset(connection.scalars(query))


def all_guarded(connection: Connection, authorities: Authorities) -> list[int]:
    """Every record that is, or was once, registered as possibly secret by these authorities."""
    e, held, h = r.register_entry.c, r.entry_record.c, r.register_change.c
    marked = select(h.of).where(h.of == held.entry, h.type == EventType.SECRECY_MARKED)
    query = (
        select(held.record)
        .join(r.register_entry, e.seq == held.entry)
        .where(_of(e.authority, authorities), or_(e.level == SECRET_LEVEL, marked.exists()))
    )
    return list(connection.scalars(query.distinct()))


def places(connection: Connection, records: Collection[int]) -> dict[int, RecordPlace]:
    """Where records belong and when they came in."""
    query = (
        select(
            t.record.c.seq,
            t.channel.c.authority,
            *(t.record.c[name] for name in RecordPlace._fields[2:]),
        )
        .join(t.channel, t.channel.c.seq == t.record.c.channel)
        .where(t.record.c.seq.in_(records))
    )
    return {row[0]: RecordPlace(*row) for row in connection.execute(query)}


def sealed_drafts(connection: Connection, drafts: Sequence[bytes]) -> dict[bytes, int]:
    """Draft → the entry, decision or case that it was sealed as."""
    found: dict[bytes, int] = {}
    for table in (r.register_entry, r.triage, r.register_case):
        query = select(table.c.draft, table.c.seq).where(table.c.draft.in_(drafts))
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def instants(connection: Connection, seqs: Collection[int]) -> dict[int, int]:
    """Log entry → when it was written, milliseconds UTC."""
    query = select(t.entry.c.seq, t.entry.c.at).where(t.entry.c.seq.in_(seqs))
    return {row[0]: row[1] for row in connection.execute(query)}


def decisions(connection: Connection, record: int) -> list[int]:
    """The decisions on a record that are no entries, oldest first."""
    query = select(r.triage.c.seq).where(r.triage.c.record == record).order_by(r.triage.c.seq)
    return list(connection.scalars(query))


def decided(connection: Connection, seq: int, authorities: Authorities) -> bool:
    """Whether there is such a decision on records of these authorities."""
    d = r.triage
    query = (
        select(d.c.seq)
        .join(t.record, t.record.c.seq == d.c.record)
        .join(t.channel, t.channel.c.seq == t.record.c.channel)
        .where(d.c.seq == seq, _of(t.channel.c.authority, authorities))
    )
    return connection.scalar(query.limit(1)) is not None


def open_handovers(
    connection: Connection, authorities: Authorities, *, limit: int
) -> list[tuple[int, int, int | None, int | None]]:
    """(seq, authority, due, received) of handovers that wait, the most urgent first."""
    h = r.handover
    never = func.coalesce(h.c.due, 2**62)
    query = (
        select(h.c.seq, h.c.authority, h.c.due, h.c.received)
        .where(_of(h.c.authority, authorities), h.c.closed.is_(None))
        .order_by(never, h.c.seq)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def imports(connection: Connection, authorities: Authorities) -> list[ImportRow]:
    """The versions of schemes that hold, by authority, scheme and version."""
    i, c = r.class_import, r.scheme_class
    newest = select(func.max(i.c.seq)).group_by(i.c.authority, i.c.scheme, i.c.version)
    query = (
        select(i.c.seq, i.c.authority, i.c.scheme, i.c.version, func.count(c.c.code))
        .join(c, c.c.of == i.c.seq)
        .where(i.c.seq.in_(newest), _of(i.c.authority, authorities))
        .group_by(i.c.seq, i.c.authority, i.c.scheme, i.c.version)
        .order_by(i.c.authority, i.c.scheme, i.c.version)
    )
    return [ImportRow(*row) for row in connection.execute(query)]


def classes(
    connection: Connection,
    imports_: Collection[int],
    *,
    day: int | None = None,
    code: str | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[ClassRow]:
    """Classes of these imports by code: those valid on a day, of one code, from after that code."""
    c = r.scheme_class
    query = select(*_columns(c, ClassRow)).where(c.c.of.in_(imports_)).order_by(c.c.code)
    if day is not None:
        query = query.where(c.c.valid_from <= day, c.c.valid_to >= day)
    if code is not None:
        query = query.where(c.c.code == code)
    if after:
        query = query.where(c.c.code > after)
    return [ClassRow(*row) for row in connection.execute(query.limit(limit))]


def any_secret(connection: Connection, entries: Collection[int]) -> bool:
    """Whether one of these entries is at level 4, or was ever marked."""
    e, h = r.register_entry.c, r.register_change.c
    level = select(e.seq).where(e.seq.in_(entries), e.level == 4).limit(1)
    marked = select(h.seq).where(h.of.in_(entries), h.type == EventType.SECRECY_MARKED).limit(1)
    return any(connection.scalar(query) is not None for query in (level, marked))


def has_numbers(connection: Connection, series_seq: int, year: int | None) -> bool:
    """Whether a series has given a number of a year that another may not skip: none before a
    recovery, since what was given after the backup is lost."""
    e, n = t.entry.c, r.register_number.c
    recovered = select(func.max(e.seq)).where(e.type == EventType.LOG_RECOVERED.value)
    since = connection.scalar(recovered) or 0
    query = select(n.holder).where(n.series == series_seq, n.year == year, n.holder >= since)
    return year is not None and connection.scalar(query.limit(1)) is not None

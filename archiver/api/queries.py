"""Every SQL statement of the interface about records. Each is given the authorities whose records
may be read: what somebody may not see is not fetched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from archiver.db import tables as t

Authorities = frozenset[int] | None


class RecordRow(NamedTuple):
    """A record as the tables know it; instants are milliseconds UTC."""

    seq: int
    channel: int
    kind: str
    native: bytes
    root: bytes | None
    origin: str
    legal_at: int
    legal_basis: str
    captured_at: int
    state: str
    latest: int
    versions: int
    outcome: str | None


class VersionRow(NamedTuple):
    """A version as the tables know it."""

    seq: int
    n: int
    captured_at: int
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records; None and "" do not narrow. `since` and `until` bound the legal date,
    milliseconds UTC, the end excluded."""

    authority: int | None = None
    channel: int | None = None
    state: str = ""
    origin: str | None = None
    since: int | None = None
    until: int | None = None


def _records(authorities: Authorities) -> Select[Any]:
    r = t.record.c
    query = select(*(r[name] for name in RecordRow._fields))
    query = query.join(t.channel, t.channel.c.seq == r.channel)
    return query if authorities is None else query.where(t.channel.c.authority.in_(authorities))


def listed(
    connection: Connection,
    authorities: Authorities,
    selection: Selection,
    *,
    after: tuple[int, int] | None,
    limit: int,
) -> list[RecordRow]:
    """Matching records by falling legal date, after that (date, seq)."""
    r = t.record.c
    tests: list[ColumnElement[bool]] = []
    wanted = {"channel": selection.channel, "origin": selection.origin}
    tests += [r[name] == value for name, value in wanted.items() if value is not None]
    if selection.authority is not None:
        tests.append(t.channel.c.authority == selection.authority)
    if selection.state:
        tests.append(r.state == selection.state)
    if selection.since is not None:
        tests.append(r.legal_at >= selection.since)
    if selection.until is not None:
        tests.append(r.legal_at < selection.until)
    if after is not None:
        at, seq = after
        tests.append(or_(r.legal_at < at, and_(r.legal_at == at, r.seq < seq)))
    query = _records(authorities).where(*tests)
    query = query.order_by(r.legal_at.desc(), r.seq.desc()).limit(limit)
    return [RecordRow(*row) for row in connection.execute(query)]


def records(
    connection: Connection, authorities: Authorities, seqs: Collection[int]
) -> dict[int, RecordRow]:
    """Records by seq."""
    query = _records(authorities).where(t.record.c.seq.in_(seqs))
    return {row[0]: RecordRow(*row) for row in connection.execute(query)}


def root_of(connection: Connection, authorities: Authorities, row: RecordRow) -> RecordRow:
    """The root of a record's thread; the record itself where the root is not in the archive."""
    if row.root is None:
        return row
    r = t.record.c
    query = _records(authorities).where(r.channel == row.channel, r.native == row.root)
    found = connection.execute(query).one_or_none()
    return RecordRow(*found) if found else row


def answers(
    connection: Connection, authorities: Authorities, root: RecordRow, *, limit: int
) -> tuple[list[RecordRow], int]:
    """The first answers of a thread by date, and how many there are."""
    r = t.record.c
    query = _records(authorities).where(r.channel == root.channel, r.root == root.native)
    total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = connection.execute(query.order_by(r.legal_at, r.seq).limit(limit))
    return [RecordRow(*row) for row in rows], total


def versions(connection: Connection, seq: int) -> list[VersionRow]:
    """The versions of a record, in order."""
    v = t.version.c
    query = select(v.seq, v.n, v.captured_at, v.changes).where(v.record == seq).order_by(v.n)
    return [VersionRow(*row) for row in connection.execute(query)]

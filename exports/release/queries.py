"""Every read of releases' tables, and of the records that may be in one."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, func, or_, select

from archiver.core.access import Authorities
from archiver.db import release_tables as q
from archiver.db import request_tables as asked
from archiver.db import tables as t
from archiver.db.among import among
from archiver.db.apart import ApartState


class ReleaseRow(NamedTuple):
    """A release: the entry that began it, its request, whose it is, and the entry that says it was
    made (None: a draft)."""

    seq: int
    request: int
    authority: int
    made: int | None


class ItemRow(NamedTuple):
    """A version in a release and the newest entry that says something of it."""

    seq: int
    version: int
    record: int
    n: int
    decision: str | None


class RecordPlace(NamedTuple):
    """A record that may be released: whose it is, where it is from, its newest version, and
    whether it is kept apart as possibly secret."""

    record: int
    authority: int
    platform: str
    latest: int
    protected: bool


def release(connection: Connection, seq: int) -> ReleaseRow | None:
    """A release by the entry that began it, or by the one that says it was made."""
    c = q.release.c
    found = connection.execute(select(q.release).where(or_(c.seq == seq, c.made == seq)))
    row = found.one_or_none()
    return ReleaseRow(*row) if row else None


def releases(
    connection: Connection, authorities: Authorities, request: int | None = None
) -> list[ReleaseRow]:
    """Releases of these authorities (None: all), of one request or of all, in order."""
    c = q.release.c
    query = select(q.release).order_by(c.seq)
    if authorities is not None:
        query = query.where(c.authority.in_(authorities))
    if request is not None:
        query = query.where(c.request == request)
    return [ReleaseRow(*row) for row in connection.execute(query)]


def unsettled(connection: Connection, request: int | None = None) -> list[ReleaseRow]:
    """Releases that were made and after which their request, or any, has taken no step: what a
    crash left, or what goes on this moment. A release that was stopped since waits for a person."""
    c, s, e = q.release.c, asked.access_request_step.c, q.release_event.c
    later = exists().where(s.of == c.request, s.seq > c.made)
    stopped = exists().where(e.release == c.seq, e.what == "stopped", e.seq > c.made)
    query = select(q.release).where(c.made.is_not(None), ~later, ~stopped).order_by(c.made)
    if request is not None:
        query = query.where(c.request == request)
    return [ReleaseRow(*row) for row in connection.execute(query)]


def items(connection: Connection, release: int) -> list[ItemRow]:
    """What stands of each version in a release, in order of record and version."""
    c = q.release_item.c
    newest = (
        select(func.max(c.seq).label("seq"), c.version)
        .where(c.release == release)
        .group_by(c.version)
        .subquery()
    )
    query = (
        select(c.seq, c.version, c.record, c.n, c.decision)
        .join(newest, and_(newest.c.seq == c.seq, newest.c.version == c.version))
        .order_by(c.record, c.n)
    )
    return [ItemRow(*row) for row in connection.execute(query)]


def happened(connection: Connection, release: int, what: str) -> list[int]:
    """The entries that say so of a release, in order."""
    c = q.release_event.c
    query = select(c.seq).where(c.release == release, c.what == what).order_by(c.seq)
    return list(connection.scalars(query))


def places(connection: Connection, records: Collection[int]) -> dict[int, RecordPlace]:
    """The records that are there, whosever they are."""
    r, c, a = t.record.c, t.channel.c, t.apart.c
    query = (
        select(r.seq, c.authority, c.platform, r.latest, a.state)
        .join_from(t.record, t.channel, c.seq == r.channel)
        .join(t.apart, and_(a.record == r.seq, a.state != ApartState.OPEN.value), isouter=True)
        .where(among(r.seq, sorted(records)))
    )
    return {row[0]: RecordPlace(*row[:4], row[4] is not None) for row in connection.execute(query)}


class VersionRow(NamedTuple):
    """A version of a record: its entry and its number in the record, from 1."""

    seq: int
    record: int
    n: int


def versions(connection: Connection, records: Collection[int]) -> list[VersionRow]:
    """Every version of the records, record by record, first to last."""
    v = t.version.c
    query = select(v.seq, v.record, v.n).where(among(v.record, sorted(records)))
    return [VersionRow(*row) for row in connection.execute(query.order_by(v.record, v.n))]


def whole_files(connection: Connection, versions: Collection[int]) -> set[tuple[int, int]]:
    """(version, number) of every file that is held whole, of these versions."""
    m = t.media.c
    query = select(m.version, m.number).where(
        m.component.is_not(None), among(m.version, sorted(versions))
    )
    return {(row.version, row.number) for row in connection.execute(query)}

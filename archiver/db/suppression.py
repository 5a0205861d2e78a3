"""What a harvest and a reader must know of records that were disposed of."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver.db import disposal_tables as d

_IN_AT_MOST = 500


class Disposed(NamedTuple):
    """A record that was disposed of: its number, and when it was last captured (ms UTC)."""

    record: int
    last: int


def disposed_among(
    connection: Connection, channel: int, natives: Collection[bytes]
) -> dict[bytes, Disposed]:
    """Those of a channel's items, by native token, that were disposed of."""
    s, found, ordered = d.suppressed.c, dict[bytes, Disposed](), sorted(natives)
    for start in range(0, len(ordered), _IN_AT_MOST):
        part = ordered[start : start + _IN_AT_MOST]
        query = select(s.native, s.record, s.last).where(s.channel == channel, s.native.in_(part))
        found |= {row.native: Disposed(row.record, row.last) for row in connection.execute(query)}
    return found


class PurgeYear(NamedTuple):
    """That a disposal took something captured in a year: the event that says so."""

    seq: int
    year: int


def purged_years(connection: Connection, *, above: int) -> list[PurgeYear]:
    """Capture years that disposals took something of, by events above a number."""
    y = d.purge_year.c
    query = select(y.seq, y.year).where(y.seq > above).order_by(y.seq, y.year)
    return [PurgeYear(*row) for row in connection.execute(query)]


def disposal_of(connection: Connection, record: int) -> int | None:
    """The proposal under which a record was disposed of; None if it was not."""
    s = d.suppressed.c
    found: int | None = connection.scalar(select(s.proposal).where(s.record == record))
    return found


def seen_before(connection: Connection, records: Collection[int]) -> set[int]:
    """Those of the records of which it was said already that they are shown changed."""
    s, found, ordered = d.suppressed.c, set[int](), sorted(records)
    for start in range(0, len(ordered), _IN_AT_MOST):
        part = ordered[start : start + _IN_AT_MOST]
        query = select(s.record).where(s.record.in_(part), s.seen.is_not(None))
        found.update(connection.scalars(query))
    return found

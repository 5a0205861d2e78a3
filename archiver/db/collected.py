"""What has been collected for a request for public records while it is found out what it concerns.

Part of the operations database: a collection is a working list and holds nothing from disposal; a
search sets no hold. When a request is precise its records are sealed with their hold, and the list
is empty again. Numbers only: which records, for which request, by whom.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Index, Table, delete, insert, select

from archiver.core.ports import Clock
from archiver.db.operations import Operations, metadata
from archiver.errors import ConfigError

MOST = 10_000  # records of one request

collected_record = Table(
    "collected_record",
    metadata,
    Column("request", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", BigInteger, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Index("collected_record_order", "request", "added_at", "record"),
)


class CollectedRecord(NamedTuple):
    """A record in a request's list: who added it, and when (milliseconds UTC)."""

    record: int
    actor: int
    added_at: int


class Collected:
    """The lists of a home's requests. Whose they are, the caller has seen to."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations, self._clock = operations, clock

    def add(self, request: int, records: Collection[int], actor: int) -> list[int]:
        """Add records to a request's list; those that were not there. `ConfigError` if they would
        be more than `MOST`; then none is added."""
        c, now = collected_record.c, self._clock.now()
        with self._operations.database.write() as connection:
            there = set(connection.scalars(select(c.record).where(c.request == request)))
            new = sorted(set(records) - there)
            if len(there) + len(new) > MOST:
                raise ConfigError(
                    f"A request's list has at most {MOST} records.",
                    remedy="Make the request more precise, or answer it in parts.",
                )
            if new:
                fields = {"request": request, "actor": actor, "added_at": now}
                connection.execute(
                    insert(collected_record), [{"record": one, **fields} for one in new]
                )
        return new

    def remove(self, request: int, records: Collection[int]) -> int:
        """Take records away from a request's list; how many were there."""
        c, gone, left = collected_record.c, 0, sorted(records)
        with self._operations.database.write() as connection:
            for start in range(0, len(left), 500):
                part = c.record.in_(left[start : start + 500])
                done = connection.execute(
                    delete(collected_record).where(c.request == request, part)
                )
                gone += done.rowcount
        return gone

    def of(self, request: int) -> list[CollectedRecord]:
        """A request's list, in the order in which it was collected."""
        c = collected_record.c
        query = (
            select(c.record, c.actor, c.added_at)
            .where(c.request == request)
            .order_by(c.added_at, c.record)
        )
        with self._operations.database.read() as connection:
            return [CollectedRecord(*row) for row in connection.execute(query)]

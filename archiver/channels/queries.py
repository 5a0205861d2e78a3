"""SQL behind the channels' screens. Bounded by channel and time, never by the archive."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, func, literal_column, select

from archiver.db import tables as t
from archiver.web.rows import RunRow

# Not a parameter: PostgreSQL would take two of them for two different groups.
_HOUR = literal_column("3600000", BigInteger)  # milliseconds


def last_good(connection: Connection) -> dict[int, tuple[int, int]]:
    """Channel → (run, when it ended) of its newest complete run."""
    newest = (
        select(func.max(t.run.c.seq)).where(t.run.c.outcome == "complete").group_by(t.run.c.channel)
    )
    query = select(t.run.c.channel, t.run.c.seq, t.run.c.ended).where(t.run.c.seq.in_(newest))
    return {row.channel: (row.seq, row.ended) for row in connection.execute(query)}


class HourRow(NamedTuple):
    """Readings that began within one hour of UTC, of one status and reason."""

    hour: int
    status: str
    reason: str
    runs: int


def coverage_by_hour(connection: Connection, channel: int, since: int, until: int) -> list[HourRow]:
    """Coverage of a channel in [since, until), counted by the hour: every Swedish day is whole
    hours, whatever the season. `runs` counts runs, for each status and reason."""
    c = t.coverage.c
    hour = (c.until // _HOUR).label("hour")
    query = (
        select(hour, c.status, c.reason, func.count(c.run.distinct()))
        .where(c.channel == channel, c.until >= since, c.until < until)
        .group_by(hour, c.status, c.reason)
        .order_by(hour)
    )
    return [HourRow(int(row[0]), *row[1:]) for row in connection.execute(query)]


class RequestHour(NamedTuple):
    """Runs that began within one hour of UTC, and the requests they sent."""

    hour: int
    runs: int
    requests: int


def requests_by_hour(
    connection: Connection, channel: int, since: int, until: int
) -> list[RequestHour]:
    """Runs and requests of a channel in [since, until), counted by the hour."""
    c = t.run.c
    hour = (c.started // _HOUR).label("hour")
    query = (
        select(hour, func.count(), func.sum(c.requests))
        .where(c.channel == channel, c.started >= since, c.started < until)
        .group_by(hour)
        .order_by(hour)
    )
    return [RequestHour(*map(int, row)) for row in connection.execute(query)]


def runs_between(connection: Connection, channel: int, since: int, until: int) -> list[RunRow]:
    """Runs of a channel that began in [since, until), in order."""
    query = (
        select(*[t.run.c[name] for name in RunRow._fields])
        .where(t.run.c.channel == channel, t.run.c.started >= since, t.run.c.started < until)
        .order_by(t.run.c.seq)
    )
    return [RunRow(*row) for row in connection.execute(query)]

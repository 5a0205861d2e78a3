"""The facts that schedules need, from the tables."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver.db import queries
from archiver.db import tables as t
from archiver.jobs.due import ChannelFacts
from archiver.jobs.schedule import interval


class Known(NamedTuple):
    """Every channel's facts, and its platform by its number."""

    facts: list[ChannelFacts]
    platforms: dict[int, str]


def channel_facts(connection: Connection) -> Known:
    """What the tables say of every channel. A channel has an interval: each run is a full one."""
    ended = queries.last_runs(connection)
    query = select(t.channel.c.seq, t.channel.c.platform, t.channel.c.interval)
    rows = connection.execute(query.order_by(t.channel.c.seq)).all()
    facts = [
        ChannelFacts(
            channel=row.seq,
            schedule=interval(row.interval),
            last_full=ended.get(row.seq),
            last_ended=ended.get(row.seq),
        )
        for row in rows
    ]
    return Known(facts, {row.seq: row.platform for row in rows})

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
    """What the tables say of every channel that is harvested, each by its interval: each run is a
    full one. One that is closing is read as soon as may be."""
    ended = queries.last_runs(connection)
    settings = queries.channel_settings(connection)
    rows = connection.execute(select(t.channel.c.seq, t.channel.c.platform)).all()
    facts = [
        ChannelFacts(
            channel=channel,
            schedule=interval(one.interval),
            last_full=None if one.waits_for_last else ended.get(channel),
            last_ended=ended.get(channel),
        )
        for channel, one in settings.items()
        if one.harvested
    ]
    return Known(facts, {row.seq: row.platform for row in rows})

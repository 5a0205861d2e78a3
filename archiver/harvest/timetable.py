"""The facts of channels that are read by a schedule: their posts, and what must be asked for again.

What is read is bounded by the schedule: posts too old for its last tier wait for the next run that
reads everything.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, func, select

from archiver.core.changes import State
from archiver.core.disappearance import Policy, next_probe
from archiver.core.plan import Scope
from archiver.db import tables as t
from archiver.harvest import facts
from archiver.jobs.due import ChannelFacts
from archiver.jobs.facts import Known, channel_facts
from archiver.jobs.schedule import Schedule

_SUSPECTED = (State.MISSING_SUSPECTED.value,)


def scheduled_facts(
    connection: Connection, schedule: Schedule, *, now: int, crisis_until: int, policy: Policy
) -> Known:
    """What the tables say of every channel, each read by this schedule; instants are milliseconds
    UTC."""
    known = channel_facts(connection)
    full = _last_full(connection)
    oldest = now - max((tier.until for tier in schedule.tiers), default=0) * 1000

    def one(found: ChannelFacts) -> ChannelFacts:
        posts = facts.threads_since(connection, found.channel, created=oldest, active=oldest)
        return replace(
            found,
            schedule=schedule,
            last_full=full.get(found.channel),
            threads=tuple(posts),
            recheck_at=_recheck_at(connection, found.channel, policy),
            crisis_until=crisis_until,
        )

    return known._replace(facts=[one(found) for found in known.facts])


def _last_full(connection: Connection) -> dict[int, int]:
    """Channel → when its newest full run ended, ms UTC."""
    query = (
        select(t.run.c.channel, func.max(t.run.c.ended))
        .where(t.run.c.scope == Scope.FULL.value)
        .group_by(t.run.c.channel)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _recheck_at(connection: Connection, channel: int, policy: Policy) -> int | None:
    suspected = facts.doubted(connection, channel, _SUSPECTED)
    return min(
        (next_probe(one.absence, policy) for one in suspected if one.absence is not None),
        default=None,
    )

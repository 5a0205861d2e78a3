"""When channels are read, each by its own schedule: the facts that follow from the tables.

What is read is bounded by the schedule: posts too old for its last tier wait for the next run that
reads everything. Paused channels and those that were closed and read for the last time have none.
"""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.core.changes import State
from archiver.core.channel import INTERVAL, Channel, ChannelState
from archiver.core.disappearance import Policy, next_probe
from archiver.core.plan import ThreadFacts
from archiver.db import queries
from archiver.harvest import facts
from archiver.jobs.due import ChannelFacts, Known
from archiver.jobs.schedule import Schedule, interval, load

CRISIS = 900  # seconds between two runs that read everything, in crisis mode
RETRY = 6 * 3600  # seconds after a full run that broke off
_SUSPECTED = (State.MISSING_SUSPECTED.value,)


def schedule_of(name: str, seconds: int) -> Schedule:
    """A channel's schedule by its name; `seconds` count where that is "interval"."""
    return interval(seconds) if name == INTERVAL else load(name)


def longest_pause(channel: Channel) -> int | None:
    """Seconds that a channel's schedule leaves between two runs at most; None if it is not read."""
    if channel.state is not ChannelState.ACTIVE:
        return None
    schedule = schedule_of(channel.schedule, channel.interval)
    return max(schedule.head_day or schedule.deep, schedule.head_night or schedule.deep)


def timetable(connection: Connection, *, now: int, policy: Policy) -> Known:
    """What the tables say of every channel that is harvested; instants are milliseconds UTC."""
    settings = queries.channel_settings(connection)
    ended, whole = queries.last_runs(connection), facts.last_whole(connection)
    found = []
    for channel, one in settings.items():
        if not one.harvested:
            continue
        often = min(one.interval, CRISIS) if now < one.crisis_until else one.interval
        schedule = schedule_of(one.schedule, often)
        found.append(
            ChannelFacts(
                channel=channel,
                schedule=schedule,
                last_full=None if one.waits_for_last else _last_full(whole.get(channel), schedule),
                last_ended=ended.get(channel),
                threads=_threads(connection, channel, schedule, now),
                recheck_at=_recheck_at(connection, channel, policy),
                crisis_until=one.crisis_until,
            )
        )
    return Known(found, queries.platforms(connection))


def _threads(
    connection: Connection, channel: int, schedule: Schedule, now: int
) -> tuple[ThreadFacts, ...]:
    if not schedule.tiers:
        return ()
    oldest = now - max(tier.until for tier in schedule.tiers) * 1000
    return tuple(facts.threads_since(connection, channel, created=oldest, active=oldest))


def _last_full(whole: facts.Whole | None, schedule: Schedule) -> int | None:
    """When everything was last read (ms UTC). A full run that broke off does not count, but is not
    made again before `RETRY` either."""
    if whole is None:
        return None
    again = min(RETRY, schedule.deep) * 1000
    tried = whole.tried - schedule.deep * 1000 + again if whole.tried is not None else 0
    return max(whole.ended or 0, tried)


def _recheck_at(connection: Connection, channel: int, policy: Policy) -> int | None:
    suspected = facts.doubted(connection, channel, _SUSPECTED)
    return min(
        (next_probe(one.absence, policy) for one in suspected if one.absence is not None),
        default=None,
    )

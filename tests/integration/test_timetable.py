"""Days by the full schedule: a real site over real HTTP, and a clock that goes from one due run to
the next. What happens is found when the schedule says."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.channels.change import Change
from archiver.channels.service import Channels
from archiver.core.channel import ChannelState
from archiver.core.disappearance import Policy
from archiver.core.plan import RunPlan, Scope
from archiver.db import tables as t
from archiver.harvest.timetable import timetable
from archiver.jobs.due import ChannelFacts, Due, due, next_due
from archiver.jobs.schedule import load
from archiver.plugins import connectors
from tests.integration.test_harvest import Town, rows_of, town

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FULL = load("full")


def facts(it: Town) -> ChannelFacts:
    with it.home.ledger.database.read() as connection:
        (found,) = timetable(connection, now=it.clock.now(), policy=Policy()).facts
    return found


def until(it: Town, end: int) -> list[tuple[int, Due]]:
    """Run whatever is due until an instant: when, and what."""
    done = []
    while (at := next_due(it.clock.now(), facts(it))) is not None and at <= end:
        it.clock.advance(max(0, at - it.clock.now()))
        (one,) = due(it.clock.now(), [facts(it)])
        it.home.harvest(it.channel, one.plan)
        done.append((it.clock.now(), one))
    it.clock.advance(end - it.clock.now())
    return done


@pytest.mark.server  # half a minute
def test_days_by_the_full_schedule(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        it.home.channels.change(it.channel, Change(schedule="full"))
        post = it.post()
        begun = it.clock.now()
        ((_, first),) = until(it, begun + 10_000)
        assert (first.plan.scope, first.at) == (Scope.FULL, 0)
        assert facts(it).last_full == begun
        day = until(it, begun + DAY)
        assert {one.plan.scope for _, one in day} == {Scope.PART}
        assert 72 <= len(day) <= 100  # 72 looks at the head, and a few scans in between by night
        # 24 scans in six hours, then 18: half as many after three that brought nothing.
        assert 20 <= sum(bool(one.plan.threads) for _, one in day) <= 24
        comment = it.comment(post)
        posted = it.clock.now()
        until(it, posted + 70 * MINUTE)
        assert it.state("comment", comment) == "visible"
        hot = until(it, posted + 7 * HOUR)
        assert sum(bool(one.plan.threads) for _, one in hot) >= 10  # else three, every two hours
        it.site.delete_comment(comment, at=it.at)
        gone = it.clock.now()
        until(it, gone + 3 * DAY + 2 * HOUR)
        assert it.state("comment", comment) == "gone_confirmed"
        assert len(rows_of(it.home, t.version)) == 2


def test_a_missing_item_is_asked_for_when_the_policy_says(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        comment = it.comment(it.post())
        it.home.harvest(it.channel)
        assert facts(it).recheck_at is None
        it.site.delete_comment(comment, at=it.at)
        it.clock.advance(HOUR)
        it.home.harvest(it.channel)
        assert facts(it).recheck_at == it.clock.now() + Policy().waits[0]


def test_a_channel_keeps_its_own_schedule_and_crisis(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        channels = Channels(it.home.ledger, connectors(), it.home.credentials, ("eco", "interval"))
        now = channels.change(it.channel, Change(schedule="eco", crisis_until=it.clock.now() + DAY))
        found = facts(it)
        assert (found.schedule.name, found.crisis_until) == ("eco", now.crisis_until)
        it.home.harvest(it.channel)
        it.clock.advance(HOUR)
        channels.change(now, Change(state=ChannelState.CLOSING))
        (last,) = due(it.clock.now(), [facts(it)])
        assert last.plan.scope is Scope.FULL  # wholly, and at once
        it.home.harvest(it.channel, RunPlan(scope=Scope.PART, since=it.clock.now()))
        assert facts(it).last_full is None  # a part is not the last reading
        it.home.harvest(it.channel)
        with it.home.ledger.database.read() as connection:
            assert timetable(connection, now=it.clock.now(), policy=Policy()).facts == []


def test_a_full_run_that_broke_off_is_made_again_soon(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        it.home.channels.change(it.channel, Change(schedule="full"))
        it.post()
        it.refuse = "/comments"
        it.home.harvest(it.channel)
        at = next_due(it.clock.now(), facts(it))
        assert at is not None
        assert at - it.clock.now() <= 7 * HOUR
        it.refuse = ""
        it.clock.advance(7 * HOUR)
        (again,) = due(it.clock.now(), [facts(it)])
        assert again.plan.scope is Scope.FULL
        it.home.harvest(it.channel, again.plan)
        assert facts(it).last_full == it.clock.now()

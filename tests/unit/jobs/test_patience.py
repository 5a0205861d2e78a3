"""How patient the worker is: put off, taken up again, and not fooled by a clock."""

from __future__ import annotations

from dataclasses import replace

from archiver.core.ports import Harvested
from archiver.jobs.due import ChannelFacts
from archiver.jobs.patience import FAILURES, PARKED_UNTIL, Patience
from archiver.jobs.schedule import interval
from tests.build import NOVEMBER, FakeClock

BAD = Harvested(exit_code=4, counts={})
GOOD = Harvested(exit_code=0, counts={})
FACTS = ChannelFacts(channel=1, schedule=interval(3600))


def parked(patience: Patience) -> int:
    """Seconds that channel 1 is still put off."""
    (one,) = patience.with_what_was_seen([FACTS])
    now = patience._clock.now()
    return max(0, one.parked_until - now) // 1000


def test_failures_add_up_and_one_success_forgives() -> None:
    patience = Patience(FakeClock())
    waits = [patience.settle(1, BAD, ended=True)[PARKED_UNTIL] - NOVEMBER for _ in range(3)]
    assert waits == [60_000, 120_000, 240_000]
    assert patience.settle(1, GOOD, ended=True) == {FAILURES: 0, PARKED_UNTIL: 0}
    assert parked(patience) == 0
    assert patience.settle(1, BAD, ended=True)[FAILURES] == 1


def test_a_gap_is_a_failure_and_a_partial_run_is_none() -> None:
    patience = Patience(FakeClock())
    partial = Harvested(exit_code=1, counts={})
    assert patience.settle(1, partial, ended=True)[FAILURES] == 0
    asked = Harvested(exit_code=0, counts={}, retry_after=90.0)
    assert patience.settle(1, asked, ended=True)[PARKED_UNTIL] == NOVEMBER + 90_000


def test_the_next_worker_goes_on_with_it() -> None:
    clock = FakeClock()
    first = Patience(clock)
    first.settle(1, BAD, ended=False)
    note = first.settle(1, BAD, ended=False)
    clock.advance(30_000)
    second = Patience(clock)
    second.take_up([(1, {**note, "exit_code": 4}), (1, {PARKED_UNTIL: 0}), (2, {"skipped": 1})])
    assert parked(second) == 90
    assert second.settle(1, BAD, ended=False)[FAILURES] == 3


def test_a_clock_that_is_set_does_not_lengthen_the_wait() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    patience.settle(1, BAD, ended=False)
    clock.jump(-10 * 3_600_000)
    assert parked(patience) == 60
    clock.advance(60_000)
    assert parked(patience) == 0
    again = Patience(clock)
    again.take_up([(1, {FAILURES: 1, PARKED_UNTIL: NOVEMBER + 10**12})])
    assert parked(again) == 86_400


def test_what_the_process_saw_comes_before_the_tables() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    patience.settle(1, GOOD, ended=True)
    ahead = NOVEMBER + 10**9
    facts = replace(FACTS, last_full=NOVEMBER - 5, last_ended=ahead)
    (one,) = patience.with_what_was_seen([facts, replace(facts, channel=2)])[:1]
    assert (one.last_full, one.last_ended) == (NOVEMBER - 5, NOVEMBER)
    (one,) = patience.with_what_was_seen([replace(facts, last_full=ahead)])
    assert one.last_full == NOVEMBER
    (new,) = patience.with_what_was_seen([FACTS])
    assert new.last_full is None

"""When a channel is due, what is read of it, and how long a failing one waits."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core.plan import RunPlan, Scope, ThreadFacts
from archiver.jobs.due import (
    LONGEST_ASKED,
    LONGEST_WAIT,
    ChannelFacts,
    Due,
    due,
    next_due,
    overall,
    put_off,
)
from archiver.jobs.schedule import DAY, Schedule, interval, load

NOW = 1_795_000_000_000
MINUTE, HOUR = 60_000, 3_600_000
FULL, ECO = load("full"), load("eco")
instants = st.none() | st.integers(0, 2 * NOW)
posts = st.builds(
    ThreadFacts,
    record=st.integers(1, 10**6),
    created_at=st.integers(NOW - 200 * DAY * 1000, NOW + HOUR),
    scanned_at=st.none() | st.integers(NOW - 200 * DAY * 1000, NOW + HOUR),
    activity_at=st.none() | st.integers(NOW - 200 * DAY * 1000, NOW + HOUR),
    empty=st.integers(0, 5),
)
facts = st.lists(
    st.builds(
        ChannelFacts,
        channel=st.integers(1, 10**6),
        schedule=st.sampled_from([FULL, ECO, interval(60), interval(86_400)]),
        last_full=instants,
        last_ended=instants,
        threads=st.lists(posts, max_size=4).map(tuple),
        recheck_at=instants,
        parked_until=st.integers(0, 2 * NOW),
        crisis_until=st.sampled_from([0, NOW - 1, NOW + DAY * 1000]),
    ),
    max_size=5,
    unique_by=lambda one: one.channel,
)


def hourly(number: int, ago: int | None, *, parked: int = 0) -> ChannelFacts:
    """A channel with an interval of an hour whose last run ended `ago` seconds ago."""
    last = None if ago is None else NOW - ago * 1000
    return ChannelFacts(
        channel=number,
        schedule=interval(3600),
        last_full=last,
        last_ended=last,
        parked_until=NOW + parked * 1000 if parked else 0,
    )


def post(**values: int | None) -> ThreadFacts:
    given_ = {"record": 7, "created_at": NOW, "scanned_at": None, "activity_at": None, "empty": 0}
    return ThreadFacts(**(given_ | values))  # type: ignore[arg-type]


def read(schedule: Schedule = FULL, *, ago: int = 0, **values: object) -> ChannelFacts:
    """A channel of which everything was read `ago` milliseconds ago."""
    at = NOW - ago
    some = {"last_full": at, "last_ended": at, **values}
    return ChannelFacts(channel=1, schedule=schedule, **some)  # type: ignore[arg-type]


# --- who -----------------------------------------------------------------------------------------


def test_longest_due_first_and_new_ones_before_all() -> None:
    some = [
        hourly(1, 8000),
        hourly(2, None),
        hourly(3, 12000),
        hourly(4, 3000),
        hourly(5, None),
    ]
    found = due(NOW, some)
    assert [one.channel for one in found] == [2, 5, 3, 1]
    assert {one.plan for one in found} == {RunPlan(scope=Scope.FULL)}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (hourly(1, 3960), [1]),  # an hour and a tenth: never later
        (hourly(1, 3239), []),  # nine tenths: never earlier
        (hourly(1, 9000, parked=1), []),
        (hourly(1, 9000), [1]),
        (hourly(1, None, parked=1), []),
        (hourly(1, 9000, parked=2 * 86_400), [1]),  # nobody is put off for so long: a wrong clock
        (hourly(1, -10), []),  # a clock a little behind
        (hourly(1, -3601), [1]),  # a clock that was far ahead
    ],
)
def test_edges_of_an_interval(one: ChannelFacts, expected: list[int]) -> None:
    assert [found.channel for found in due(NOW, [one])] == expected


@given(facts)
def test_what_is_due_is_what_next_due_says(some: list[ChannelFacts]) -> None:
    found = due(NOW, some)
    assert found == due(NOW, reversed(some))
    numbers = [one.channel for one in found]
    for one in some:
        at = next_due(NOW, one)
        assert at is not None
        assert (at <= NOW) == (one.channel in numbers)
        if at > NOW:
            assert due(at - 1, [one]) == [] or next_due(at - 1, one) != at
            assert due(at, [one]) or (next_due(at, one) or 0) > at  # a clock that errs, a crisis
    for one in found:
        plan = one.plan
        assert (plan.since is None) == (plan.scope is Scope.FULL)


@given(facts)
def test_no_channel_is_forgotten(some: list[ChannelFacts]) -> None:
    late = 5 * NOW
    assert {one.channel for one in due(late, some)} == {one.channel for one in some}


@settings(deadline=None)
@given(st.lists(st.integers(60, 5000), min_size=2, max_size=8), st.integers(30, 300))
def test_nobody_starves_when_one_run_takes_longer_than_there_is_time(
    cadences: list[int], takes: int
) -> None:
    now, last = NOW, dict[int, int | None](dict.fromkeys(range(len(cadences))))
    waits = dict.fromkeys(last, 0)
    for _ in range(60):
        some = [
            ChannelFacts(channel=n, schedule=interval(cadences[n]), last_full=at, last_ended=at)
            for n, at in last.items()
        ]
        if found := due(now, some):
            one = found[0].channel
            now += takes * 1000
            waits[one] = max(waits[one], now - (last[one] or NOW))
            last[one] = now
        else:
            now += 1000
    # Who was due before me comes before me once: a round of all, and my own cadence.
    for n, cadence in enumerate(cadences):
        slowest = 1.1 * max(cadence, *cadences) + takes * (2 * len(cadences) + 1)
        assert max(waits[n], now - (last[n] or NOW)) <= slowest * 1000


# --- heads ---------------------------------------------------------------------------------------


def heads(schedule: Schedule, channel: int, days: int, takes: int, tick: int) -> list[int]:
    """When the head is read over that many days, if each run ends `takes` ms after a look."""
    now, found = NOW, list[int]()
    facts_ = ChannelFacts(channel=channel, schedule=schedule, last_full=NOW, last_ended=NOW)
    while (at := next_due(now, facts_)) is not None and at < NOW + days * DAY * 1000:
        now = max(now, at) + (tick - max(now, at) % tick) % tick
        assert [one.plan.scope for one in due(now, [facts_])] == [Scope.PART]
        found.append(now)
        now += takes
        facts_ = replace(facts_, last_ended=now)
    return found


@settings(deadline=None, max_examples=15)
@given(
    st.integers(1, 10**6),
    st.sampled_from([(FULL, 72), (ECO, 24)]),
    st.integers(0, 60_000),
    st.sampled_from([1, 5_000]),
)
def test_heads_per_day_and_apart(
    channel: int, expected: tuple[Schedule, int], takes: int, tick: int
) -> None:
    schedule, per_day = expected
    found = heads(schedule, channel, 10, takes, tick)
    assert abs(len(found) - 10 * per_day) <= 10  # at most one a day for the turn of day and night
    for before, after in pairwise(found):
        cadence = schedule.head_night if schedule.is_night(after) else schedule.head_day
        at_turn = schedule.is_night(before) != schedule.is_night(after)
        least = min(schedule.head_day or 0, cadence or 0) if at_turn else cadence or 0
        assert after - before >= 0.9 * least * 1000


def test_the_head_is_read_back_to_before_the_last_look() -> None:
    (one,) = due(NOW, [read(ago=2 * HOUR)])
    assert one == Due(
        channel=1,
        plan=RunPlan(scope=Scope.PART, since=NOW - 2 * HOUR - 2 * DAY * 1000),
        at=one.at,
    )


def test_everything_again_each_quarter() -> None:
    assert due(NOW, [read(ago=2 * HOUR, last_full=NOW - 80 * DAY * 1000)])[0].plan.scope == "part"
    assert due(NOW, [read(ago=2 * HOUR, last_full=NOW - 101 * DAY * 1000)])[0].plan == RunPlan()


# --- threads -------------------------------------------------------------------------------------


def alone(schedule: Schedule) -> Schedule:
    """The schedule's threads only."""
    return replace(schedule, head_day=None, head_night=None, deep=10**6 * DAY)


def life(
    schedule: Schedule, *, days: int = 400, record: int = 7, quiet: bool = False, late: int = 0
) -> list[int]:
    """When a post is scanned over its life, in milliseconds of its age."""
    now, one, found = NOW, post(record=record), list[int]()
    while now < NOW + days * DAY * 1000:
        facts_ = read(schedule, threads=(one,), last_ended=None)
        at = next_due(now, facts_)
        if at is None or at > NOW + days * DAY * 1000:
            break
        now = max(now, at) + late
        assert due(now, [facts_])[0].plan.threads == (record,)
        found.append(now - NOW)
        one = replace(one, scanned_at=now, empty=one.empty + quiet)
    return found


@given(st.sampled_from([(FULL, 130), (ECO, 29)]), st.integers(1, 10**9), st.integers(0, 5 * MINUTE))
def test_scans_over_a_life(expected: tuple[Schedule, int], record: int, late: int) -> None:
    schedule, scans = expected
    assert len(life(alone(schedule), record=record, late=late)) == scans


def test_scans_of_a_life_by_tier() -> None:
    found = [at / HOUR for at in life(alone(FULL))]
    ages = (0.5, 6.5, 50, 7.5 * 24, 31 * 24, 190 * 24)  # a little after each tier, for the jitter
    per_tier = [sum(a < at <= b for at in found) for a, b in pairwise(ages)]
    assert sum(per_tier) == 129  # the first at a quarter of an hour
    assert per_tier == [23, 42, 20, 23, 21]


def test_a_post_in_which_nothing_happens_is_scanned_half_as_often() -> None:
    assert len(life(alone(FULL), quiet=True)) == 65
    assert len(life(alone(ECO), quiet=True)) == 14


def test_with_heads_a_post_is_scanned_as_often_and_mostly_along_with_them() -> None:
    """Two days: 24 hot scans and 42 hourly ones, of which few need a run of their own."""
    now, facts_, one = NOW, read(), post()
    scans = runs = 0
    while now < NOW + 48 * HOUR + 6 * MINUTE:
        facts_ = replace(facts_, threads=(one,))
        now = max(now, next_due(now, facts_) or 0)
        (found,) = due(now, [facts_])
        runs += 1
        if found.plan.threads:
            scans += 1
            one = replace(one, scanned_at=now)
        facts_ = replace(facts_, last_ended=now)
    assert abs(scans - 66) <= 1
    assert runs < 2 * 72 + 66 / 2


@given(st.integers(1, 10**9))
def test_a_post_never_scanned_is_whatever_its_age(record: int) -> None:
    old = post(record=record, created_at=NOW - 4000 * DAY * 1000)
    (one,) = due(NOW, [read(alone(FULL), ago=HOUR, threads=(old,))])
    assert one.plan.threads == (record,)
    again = replace(old, scanned_at=NOW)
    assert next_due(NOW, read(alone(FULL), ago=HOUR, threads=(again,))) > NOW + 10**6 * DAY  # type: ignore[operator]


def test_a_new_comment_makes_a_post_hot_again() -> None:
    cold = post(created_at=NOW - 100 * DAY * 1000, scanned_at=NOW - HOUR, empty=9)
    facts_ = read(alone(FULL), ago=HOUR, threads=(cold,))
    assert next_due(NOW, facts_) > NOW + 3 * DAY * 1000  # type: ignore[operator]
    warm = replace(cold, activity_at=NOW - HOUR, empty=0)
    at = next_due(NOW, replace(facts_, threads=(warm,)))
    assert at is not None
    assert at < NOW


def test_a_hint_makes_a_post_due_and_keeps_it_hot() -> None:
    cold = post(created_at=NOW - 100 * DAY * 1000, scanned_at=NOW - HOUR)
    facts_ = read(alone(FULL), ago=HOUR, threads=(cold,), hints={7: NOW - 5_000})
    assert due(NOW, [facts_])[0].plan.threads == (7,)
    seen = replace(facts_, threads=(replace(cold, scanned_at=NOW),), last_ended=NOW)
    assert due(NOW, [seen]) == []
    assert 14 * MINUTE < (next_due(NOW, seen) or 0) - NOW < 17 * MINUTE


def test_a_hint_in_a_channel_reads_the_head_after_the_rest() -> None:
    facts_ = read(ago=30_000, hints={0: NOW - 10_000})
    assert due(NOW, [facts_]) == []
    assert next_due(NOW, facts_) == NOW + 30_000
    (one,) = due(NOW + 30_000, [facts_])
    assert one.plan.since is not None
    assert due(NOW, [read(ago=70_000, hints={0: NOW + 10_000})]) == []  # not yet


def test_hints_cannot_flood() -> None:
    facts_ = read(hints={0: NOW + 1, 7: NOW + 1}, threads=(post(scanned_at=NOW),))
    assert next_due(NOW + 2, facts_) == NOW + 60_000


def test_in_a_crisis_every_younger_post_is_hot_and_night_is_day() -> None:
    midnight = 1_796_166_000_000
    old = post(created_at=midnight - 20 * DAY * 1000, scanned_at=midnight, empty=9)
    calm = ChannelFacts(
        channel=1,
        schedule=FULL,
        last_full=midnight,
        last_ended=midnight,
        threads=(old,),
    )
    crisis = replace(calm, crisis_until=midnight + DAY * 1000)
    assert due(midnight + 23 * MINUTE, [calm]) == []
    (one,) = due(midnight + 23 * MINUTE, [crisis])
    assert one.plan.threads == (7,)
    assert one.plan.since is not None
    older = replace(old, created_at=midnight - 31 * DAY * 1000)
    (one,) = due(midnight + 23 * MINUTE, [replace(crisis, threads=(older,))])
    assert one.plan.threads == ()
    over = replace(crisis, crisis_until=midnight - 1)
    assert due(midnight + 23 * MINUTE, [over]) == []


def test_a_run_reads_so_many_threads_and_no_more() -> None:
    many = tuple(
        post(record=n, created_at=NOW - 1000 * HOUR, scanned_at=NOW - 999 * HOUR + n)
        for n in range(600)
    )
    (one,) = due(NOW, [read(alone(FULL), ago=HOUR, threads=many)])
    assert len(one.plan.threads) == 500


def test_what_a_wrong_clock_wrote_does_not_silence_a_post() -> None:
    ahead = post(created_at=NOW - HOUR, scanned_at=NOW + 400 * DAY * 1000)
    unborn = post(record=8, created_at=NOW + 400 * DAY * 1000)
    (one,) = due(NOW, [read(alone(FULL), ago=HOUR, threads=(ahead, unborn))])
    assert sorted(one.plan.threads) == [7, 8]


# --- confirming ----------------------------------------------------------------------------------


def test_a_missing_item_is_asked_for_again_when_it_is_time() -> None:
    facts_ = read(alone(FULL), ago=HOUR, recheck_at=NOW + 1)
    assert due(NOW, [facts_]) == []
    assert [one.plan.scope for one in due(NOW + 1, [facts_])] == [Scope.PART]
    failed = replace(facts_, last_ended=NOW + 10, schedule=FULL)
    assert next_due(NOW + 20, failed) > NOW + 13 * MINUTE  # type: ignore[operator]


# --- failing -------------------------------------------------------------------------------------


def test_putting_off_doubles_up_to_a_bound() -> None:
    assert [put_off(n, None) for n in range(6)] == [0, 60, 120, 240, 480, 960]
    assert put_off(10**9, None) == LONGEST_WAIT
    assert put_off(1, 900.0) == 900
    assert put_off(5, 10.0) == 960
    assert put_off(0, 30.0) == 30
    assert [put_off(1, odd) for odd in (math.nan, -5.0, 0.0)] == [60, 60, 60]
    assert put_off(1, math.inf) == LONGEST_ASKED


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), ([0, 0], 0), ([4, 4], 4), ([0, 4], 1), ([0, 1], 1), ([2, 2], 2), ([0, 5, 4], 5)],
)
def test_overall(codes: list[int], expected: int) -> None:
    assert overall(codes) == expected

"""Schedules as data: what they say, and the slots that follow from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import ConfigError
from archiver.jobs.schedule import (
    DAY,
    JITTER,
    Tier,
    interval,
    jitter,
    load,
    names,
    parse,
    slot_after,
)

NOW = 1_795_000_000_000
GOOD = """
head_day = "15m"
head_night = "1h"
night = [22, 6]
window = "2d"
crisis = "30d"
deep = "91d"
rest = "60s"
[[tiers]]
until = "6h"
every = "15m"
"""


@pytest.mark.parametrize(("name", "scans", "heads"), [("full", 130, 72), ("eco", 29, 24)])
def test_the_schedules_that_come_with_the_program(name: str, scans: int, heads: int) -> None:
    schedule = load(name)
    assert schedule.scans_per_post() == scans
    assert schedule.heads_per_day() == heads
    assert (schedule.name, schedule.deep) == (name, 91 * DAY)
    assert schedule.tiers[-1].until == 180 * DAY


def test_what_there_is() -> None:
    assert names() == ["eco", "full"]
    with pytest.raises(ConfigError, match=r"no schedule 'fast'.*eco, full"):
        load("fast")


def test_an_interval_is_a_schedule_without_heads_and_tiers() -> None:
    one = interval(3600)
    assert (one.heads_per_day(), one.scans_per_post(), one.deep) == (0, 0, 3600)
    assert interval(5).rest == 0


def test_reading() -> None:
    schedule = parse("own", GOOD)
    assert schedule.tiers == (Tier(until=6 * 3600, every=900),)
    assert (schedule.head_day, schedule.night, schedule.rest) == (900, (22, 6), 60)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("window", "windows", "'windows' in the schedule own is wrong: Extra|'window'"),
        ('every = "15m"', 'every = "15m"\nodd = 1', r"'tiers\.0\.odd'"),
        ('"15m"', "900", "a time is a number"),
        ('"15m"', '"0m"', "a time is a number"),
        ('"15m"', '"15 min"', "a time is a number"),
        ("[22, 6]", "[22, 24]", "night"),
        ('every = "15m"', 'every = "7h"', "do not follow"),
        ("[[tiers]]", "[[tiers", "no TOML"),
        ('[[tiers]]\nuntil = "6h"\nevery = "15m"\n', "", "tiers"),
    ],
)
def test_what_is_unknown_or_wrong_is_refused(old: str, new: str, why: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=why):
        parse("own", GOOD.replace(old, new))


def test_tiers_follow_each_other() -> None:
    with pytest.raises(ConfigError, match="do not follow"):
        parse("own", GOOD + '[[tiers]]\nuntil = "5h"\nevery = "1h"\n')


@pytest.mark.parametrize(
    ("utc", "night"),
    [  # 2026-07-01 and 2026-12-01: two hours and one hour before Sweden
        (1_782_936_000_000 - 60_000, False),  # 21:59 in summer
        (1_782_936_000_000, True),  # 22:00
        (1_782_964_800_000 - 60_000, True),  # 05:59
        (1_782_964_800_000, False),  # 06:00
        (1_796_158_800_000 - 60_000, False),  # 21:59 in winter
        (1_796_158_800_000, True),
    ],
)
def test_night_is_by_the_clock_in_sweden(utc: int, night: bool) -> None:
    assert load("full").is_night(utc) is night


def test_a_night_within_one_day() -> None:
    schedule = parse("own", GOOD.replace("[22, 6]", "[0, 6]"))
    assert schedule.is_night(1_796_166_000_000)  # 00:00
    assert not schedule.is_night(1_796_158_800_000)
    assert not interval(60).is_night(NOW)


everys = st.sampled_from([1_000, 900_000, 3_600_000, 86_400_000])


@given(st.integers(1, 10**6), everys, st.integers(0, 2 * NOW))
def test_slots_are_ahead_apart_and_repeatable(channel: int, every: int, last: int) -> None:
    first = slot_after(channel, every, last)
    assert last < first <= last + every * (1 + JITTER)
    assert slot_after(channel, every, last) == first
    assert slot_after(channel, every, first - 1) == first
    second = slot_after(channel, every, first)
    assert (1 - JITTER) * every <= second - first <= (1 + JITTER) * every


def test_channels_are_spread_over_the_cadence() -> None:
    hour = 3_600_000
    tenths = [0] * 10
    for channel in range(1000):
        tenths[(slot_after(channel, hour, NOW) - NOW) * 10 // hour % 10] += 1
    assert all(60 <= one <= 140 for one in tenths), tenths


def test_jitter_spreads_and_stays_small() -> None:
    found = [jitter(1, slot, 900_000) for slot in range(1000)]
    assert 0 <= min(found) < 2_000
    assert 88_000 < max(found) < JITTER * 900_000

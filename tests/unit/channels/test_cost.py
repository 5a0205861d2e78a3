"""Requests a day, against what a platform allows."""

from __future__ import annotations

from archiver.channels.cost import (
    BY_INTERVAL,
    Cadence,
    Reading,
    allowed_per_day,
    requests_per_day,
)
from archiver.core.connector import Rate

TIERS = ((21_600, 900), (172_800, 3600), (604_800, 21_600), (2_592_000, 86_400))
FULL = Cadence(
    name="full", heads_per_day=72, tiers=(*TIERS, (15_552_000, 604_800)), deep=91 * 86_400
)


def test_an_interval_reads_everything_each_time() -> None:
    assert requests_per_day(BY_INTERVAL, 3600, Reading(first=3, whole=10)) == 240
    assert requests_per_day(BY_INTERVAL, 86_400 * 3, Reading(first=3, whole=10)) == 4


def test_a_post_is_read_some_130_times_over_its_life() -> None:
    assert FULL.scans_per_post == 130
    assert BY_INTERVAL.scans_per_post == 0


def test_a_schedule_reads_heads_threads_and_now_and_then_all() -> None:
    reading = Reading(first=2, whole=91, posts_per_day=0.5)
    assert requests_per_day(FULL, 3600, reading) == 144 + 65 + 1
    quiet = Reading(first=2, whole=91)
    assert requests_per_day(FULL, 3600, quiet) == 144 + 1


def test_the_tightest_limit_counts() -> None:
    assert allowed_per_day(()) is None
    rates = (Rate(requests=300, seconds=300), Rate(requests=200, seconds=3600))
    assert allowed_per_day(rates) == 4800

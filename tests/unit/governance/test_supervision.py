"""Hours of a week, what of them nobody covers, and on which days somebody was to look."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import ConfigError
from archiver.governance.core.supervision import (
    DAYS,
    roster,
    spans,
    too_few,
    uncovered,
    watched_days,
)
from archiver.governance.core.upkeep import Supervised, Turn

TODAY = date(2026, 11, 23)  # a Monday
PLAN = Supervised(
    channels=(),
    hours=("mån-fre 08:00-17:00",),
    turns=(
        Turn(hours="mån-fre 08:00-12:00", who="U12", deputy="Kontaktcenter"),
        Turn(hours="mån-fre 12:00-17:00", who="Kontaktcenter", deputy="U13"),
    ),
    looks=3,
)


@pytest.mark.parametrize(
    ("there", "left"),
    [
        (["mån-fre 08:00-17:00"], 0),
        (["mån-sön 00:00-24:00"], 0),
        (["mån-fre 08:00-12:00", "mån-fre 13:00-17:00"], 5 * 60),
        (["mån-tor 08:00-17:00", "fre 08:00-16:30"], 30),
        (["lör 08:00-17:00"], 5 * 9 * 60),
        (["tis 08:00-17:00", "TIS 08:00-17:00 "], 4 * 9 * 60),
    ],
)
def test_what_nobody_covers(there: list[str], left: int) -> None:
    assert uncovered(spans(PLAN.hours), spans(there)) == left


@pytest.mark.parametrize(
    "line",
    ["", "mån", "mån 8:00-17:00", "man 08:00-17:00", "fre-mån 08:00-17:00", "mån 17:00-08:00",
     "mån 08:00-08:00", "mån 08:00-24:01", "mån 08:60-09:00", "mån 08:00-09:75", "mån 25:00-26:00",
     "2026-12-24 08:00-09:00"],
)  # fmt: skip
def test_what_is_no_hours(line: str) -> None:
    with pytest.raises(ConfigError):
        spans([line])


_line = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 23), st.integers(0, 23)).map(
    lambda one: (
        f"{DAYS[min(one[:2])]}-{DAYS[max(one[:2])]} {min(one[2:]):02}:00-{max(one[2:]):02}:30"
    )
)


@given(st.lists(_line, max_size=4), st.lists(_line, max_size=4))
def test_covered_and_uncovered_make_up_what_was_promised(a: list[str], b: list[str]) -> None:
    minutes = {m for one in spans(a) for m in range(*one)}
    held = {m for one in spans(b) for m in range(*one)}
    assert uncovered(spans(a), spans(b)) == len(minutes - held)


def test_a_roster_needs_people_who_are_there() -> None:
    noted = TODAY - timedelta(days=1)
    assert not roster(PLAN, noted, TODAY, {12, 13}).faults
    assert roster(PLAN, noted, TODAY, {12}).away == (13,)
    mine = Turn(hours="mån-fre 08:00-17:00", who="U12", deputy="U12")
    alone = Supervised(channels=(), hours=PLAN.hours, looks=1, turns=(mine,))
    assert roster(alone, noted, TODAY, {12}).alone == 1, "nobody is their own deputy"


def test_working_days_that_are_over_since_the_plan() -> None:
    assert watched_days(PLAN, date(2026, 11, 18), TODAY, 10) == [
        date(2026, 11, 20), date(2026, 11, 19)
    ]  # fmt: skip
    assert len(watched_days(PLAN, date(2025, 1, 1), TODAY, 10)) == 10
    christmas = watched_days(PLAN, date(2026, 12, 22), date(2026, 12, 29), 10)
    assert christmas == [date(2026, 12, 28), date(2026, 12, 23)]


def test_days_with_too_few_looks() -> None:
    first, second = date(2026, 11, 20), date(2026, 11, 19)
    looked = [first] * 3 + [second] * 2
    assert too_few([first, second], looked, 3) == [second]
    assert too_few([first, second], looked, 2) == []

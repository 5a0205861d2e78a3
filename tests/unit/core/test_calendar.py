"""Swedish days: dates from instants over both changes of the clock, working days, two laws."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.calendar import (
    HOUR,
    TimeLaw,
    Unit,
    add,
    add_working_days,
    day_begins,
    day_ends,
    deadline,
    hours_after,
    is_eve,
    is_public_holiday,
    is_working_day,
    roll,
    stockholm_date,
    working_days_between,
)
from archiver.core.record import milliseconds

DAYS = st.dates(date(1990, 1, 1), date(2080, 12, 31))
LAWS = st.sampled_from(TimeLaw)
EU, SWEDISH = TimeLaw.EU, TimeLaw.SWEDISH


def at(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-11-22T22:59:59", "2026-11-22"),
        ("2026-11-22T23:30:00", "2026-11-23"),  # winter: one hour before UTC
        ("2026-07-01T21:59:59", "2026-07-01"),
        ("2026-07-01T22:00:00", "2026-07-02"),  # summer: two hours
        ("2026-12-31T23:00:00", "2027-01-01"),
    ],
)
def test_an_instant_has_the_swedish_date(instant: str, day: str) -> None:
    assert stockholm_date(at(instant)) == date.fromisoformat(day)


def test_days_are_shorter_and_longer_when_the_clocks_change() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert day_ends(spring) - day_begins(spring) == 23 * HOUR
    assert day_ends(autumn) - day_begins(autumn) == 25 * HOUR


def test_the_ends_of_the_calendar_are_days_too() -> None:
    assert day_begins(date.min) < day_begins(date(1, 1, 2))
    assert day_ends(date(9999, 12, 30)) == day_begins(date.max) < day_ends(date.max)


@given(DAYS)
def test_a_day_holds_its_instants(day: date) -> None:
    assert stockholm_date(day_begins(day)) == day == stockholm_date(day_ends(day) - 1)
    assert stockholm_date(day_begins(day) - 1) == day - timedelta(days=1)


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",
        "2026-01-06",
        "2026-04-03",  # långfredagen
        "2026-04-06",
        "2026-05-01",
        "2026-05-14",  # Kristi himmelsfärdsdag
        "2025-06-06",  # nationaldagen, a Friday
        "2026-06-19",  # midsommarafton
        "2026-12-24",
        "2026-12-25",
        "2026-12-31",
        "2026-11-21",  # a Saturday
        "2026-11-22",  # a Sunday
    ],
)
def test_nobody_works(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-05",  # trettondagsafton
        "2026-04-02",  # skärtorsdagen
        "2026-04-30",  # valborgsmässoafton
        "2026-05-15",  # a klämdag
        "2026-05-25",  # annandag pingst, no holiday since 2005
        "2026-12-23",
    ],
)
def test_half_days_and_squeezed_days_are_working_days(day: str) -> None:
    assert is_working_day(date.fromisoformat(day))


def test_the_three_eves_are_no_public_holidays() -> None:
    for eve in (date(2026, 6, 19), date(2026, 12, 24), date(2026, 12, 31)):
        assert is_eve(eve)
        assert not is_public_holiday(eve)
    assert is_public_holiday(date(2026, 11, 22))
    assert not is_eve(date(2026, 4, 4))  # påskafton is a Saturday and needs no naming


@pytest.mark.parametrize(
    ("received", "today", "age"),
    [
        ("2026-11-20", "2026-11-20", 0),
        ("2026-11-20", "2026-11-23", 1),  # Friday to Monday
        ("2026-11-21", "2026-11-21", 0),
        ("2026-11-21", "2026-11-23", 0),  # Saturday counts from Monday
        ("2026-11-21", "2026-11-24", 1),
        ("2026-12-23", "2026-12-28", 1),  # over Christmas
        ("2026-12-24", "2026-12-28", 0),
        ("2026-12-30", "2027-01-04", 1),
        ("2026-11-20", "2026-11-19", 0),
        ("2026-11-20", "2025-01-01", 0),
    ],
)
def test_the_age_of_what_waits(received: str, today: str, age: int) -> None:
    assert working_days_between(date.fromisoformat(received), date.fromisoformat(today)) == age


@given(DAYS, st.integers(0, 400))
def test_the_age_is_what_counting_day_by_day_gives(received: date, days: int) -> None:
    first = received
    while not is_working_day(first):
        first += timedelta(days=1)
    today = received + timedelta(days=days)
    later = (first + timedelta(days=i) for i in range(1, max(0, (today - first).days) + 1))
    assert working_days_between(received, today) == sum(map(is_working_day, later))


@given(DAYS, st.integers(0, 60))
def test_adding_working_days_and_counting_them_agree(day: date, count: int) -> None:
    then = add_working_days(day, count)
    assert is_working_day(then)
    assert working_days_between(day, then) == count


@given(DAYS, LAWS)
def test_rolling_goes_to_the_next_day_that_counts_and_stays(day: date, law: TimeLaw) -> None:
    rolled = roll(day, law)
    assert day <= rolled <= day + timedelta(days=6)
    assert roll(rolled, law) == rolled
    if law is SWEDISH:
        assert is_working_day(rolled)
    if law is TimeLaw.EXACT:
        assert rolled == day


@pytest.mark.parametrize(
    ("start", "count", "unit", "law", "last"),
    [
        # FL 44 §: three weeks from the day of service; Thursday to julafton, and on to Monday.
        ("2026-12-03", 3, Unit.WEEKS, SWEDISH, "2026-12-28"),
        ("2026-11-02", 3, Unit.WEEKS, SWEDISH, "2026-11-23"),
        # GDPR art. 12.3: one month; julafton is no public holiday and does not move it.
        ("2026-11-24", 1, Unit.MONTHS, EU, "2026-12-24"),
        ("2026-11-25", 1, Unit.MONTHS, EU, "2026-12-28"),
        ("2026-01-31", 1, Unit.MONTHS, EU, "2026-03-02"),  # 28 February is a Saturday
        ("2026-01-31", 1, Unit.MONTHS, TimeLaw.EXACT, "2026-02-28"),
        ("2028-01-31", 1, Unit.MONTHS, TimeLaw.EXACT, "2028-02-29"),
        ("2028-02-29", 1, Unit.YEARS, TimeLaw.EXACT, "2029-02-28"),
        ("2026-06-12", 1, Unit.WEEKS, SWEDISH, "2026-06-22"),  # midsommarafton, to Monday
        ("2026-06-12", 1, Unit.WEEKS, EU, "2026-06-19"),
        # Art. 3.5: two days from Friday end on Sunday, roll to Monday, and must hold two.
        ("2026-11-20", 2, Unit.DAYS, EU, "2026-11-24"),
        ("2026-11-20", 2, Unit.DAYS, SWEDISH, "2026-11-23"),
        ("2026-11-23", 2, Unit.DAYS, EU, "2026-11-25"),
        ("2026-11-20", 2, Unit.WORKING_DAYS, SWEDISH, "2026-11-24"),
    ],
)
def test_the_last_day(start: str, count: int, unit: Unit, law: TimeLaw, last: str) -> None:
    assert deadline(date.fromisoformat(start), count, unit, law) == date.fromisoformat(last)


@given(DAYS, st.integers(0, 36), st.sampled_from(Unit), LAWS)
def test_a_deadline_never_lies_before_what_was_counted(
    start: date, count: int, unit: Unit, law: TimeLaw
) -> None:
    assert start <= add(start, count, unit) <= deadline(start, count, unit, law)


@given(DAYS, st.integers(0, 240))
def test_months_end_in_the_right_month_on_the_right_day_or_its_last(start: date, n: int) -> None:
    end = add(start, n, Unit.MONTHS)
    assert (end.year - start.year) * 12 + end.month - start.month == n
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


def test_hours_never_roll() -> None:
    friday = at("2026-12-24T22:30:00")
    assert hours_after(friday, 72) == at("2026-12-27T22:30:00")
    before_summer_time = at("2026-03-28T10:00:00")
    assert hours_after(before_summer_time, 24) == at("2026-03-29T10:00:00")


def test_time_is_counted_forward() -> None:
    for count in (
        lambda: add(date(2026, 1, 1), -1, Unit.DAYS),
        lambda: add_working_days(date(2026, 1, 1), -1),
        lambda: hours_after(0, -1),
    ):
        with pytest.raises(ValueError):
            count()

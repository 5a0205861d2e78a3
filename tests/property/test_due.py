"""Never due before the event and the whole period, on any calendar date; and what follows."""

from __future__ import annotations

from calendar import isleap
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.calendar import stockholm_date
from archiver.core.record import milliseconds
from retention.core.due import NEVER, cut_off, due_on, end_of
from retention.core.schedule import (
    AfterPeriod,
    Period,
    RetainPermanently,
    Retention,
    Rounding,
    WhenObsolete,
)

DAY = timedelta(days=1)
days = st.dates(date(1950, 1, 1), date(2150, 12, 31))
# Days that calendars are wrong on: ends of months and years, leap days, changes of the clock.
awkward = st.sampled_from(
    [date(y, m, d) for y in (2023, 2024, 2025) for m, d in ((1, 31), (2, 28), (12, 31), (1, 1))]
    + [date(2024, 2, 29), date(2000, 2, 29), date(2026, 3, 29), date(2026, 10, 25)]
)
periods = st.builds(
    Period,
    years=st.integers(0, 110),
    months=st.integers(0, 40),
    days=st.integers(0, 800),
)
roundings = st.sampled_from(Rounding)
retentions = st.one_of(st.builds(WhenObsolete, periods), st.builds(AfterPeriod, periods, roundings))


@given(st.one_of(days, awkward), periods, roundings)
def test_never_due_before_the_event_and_its_period(
    event: date, period: Period, rounding: Rounding
) -> None:
    due = due_on(AfterPeriod(period, rounding), event)
    whole = event + relativedelta(years=period.years, months=period.months)
    assert due is not None
    assert due >= whole + timedelta(days=period.days) >= event
    # A month that is too short does not shorten the period: the day before the one with that
    # number was not there, so the period has not passed while the month lasts.
    if period.days == 0 and whole.day < event.day:
        assert due > whole


def test_every_day_of_a_leap_cycle_and_every_usual_period() -> None:
    """Not a sample: each of 1,461 days and three centuries' leap rules at their edges."""
    first = [date(2023, 1, 1) + n * DAY for n in range(1461)]
    for event in [*first, date(1900, 2, 28), date(2000, 2, 29), date(2100, 2, 28)]:
        for years in (0, 1, 2, 5, 10):
            calendar = due_on(AfterPeriod(Period(years=years)), event)
            assert calendar == date(event.year + years + 1, 1, 1)
            exact = due_on(AfterPeriod(Period(years=years), Rounding.EXACT), event)
            there = event.month == 2 and event.day == 29 and not isleap(event.year + years)
            assert exact == (
                date(event.year + years, 3, 1) if there else event.replace(year=event.year + years)
            )
        for months in (1, 3, 18):
            end = due_on(AfterPeriod(Period(months=months), Rounding.MONTH_END), event)
            passed = event + relativedelta(months=months)
            after = passed.replace(day=1) + relativedelta(months=1)
            assert end in (after, after + relativedelta(months=1))  # the latter if it was too short
            assert (end == after) == (passed.day == event.day)


@pytest.mark.parametrize(
    ("event", "due"),
    [
        (date(2013, 1, 1), date(2016, 1, 1)),  # Örebro: received 2013, two years
        (date(2013, 12, 31), date(2016, 1, 1)),
        (date(2024, 2, 29), date(2027, 1, 1)),
    ],
)
def test_the_calendar_year_is_the_practice_of_archives(event: date, due: date) -> None:
    assert due_on(AfterPeriod(Period(years=2)), event) == due


def test_a_day_that_a_month_lacks() -> None:
    assert end_of(Period(years=1), date(2024, 2, 29)) == date(2025, 3, 1)
    assert end_of(Period(months=1), date(2025, 1, 31)) == date(2025, 3, 1)
    assert end_of(Period(months=1), date(2025, 1, 28)) == date(2025, 2, 28)
    assert due_on(WhenObsolete(Period(months=3)), date(2026, 11, 30)) == date(2027, 3, 1)


def test_kept_for_ever_and_the_end_of_the_calendar() -> None:
    assert due_on(RetainPermanently(), date(2026, 1, 1)) is None
    assert cut_off(RetainPermanently(), date(2026, 1, 1)) is None
    for rounding in Rounding:
        assert due_on(AfterPeriod(Period(years=9000), rounding), date(2026, 1, 1)) == NEVER
    assert due_on(AfterPeriod(Period(), Rounding.CALENDAR_YEAR), date(9999, 5, 1)) == NEVER
    assert cut_off(AfterPeriod(Period(years=9000)), date(2026, 1, 1)) is None


@given(retentions, days, days)
def test_a_later_event_is_never_due_earlier(retention: Retention, one: date, other: date) -> None:
    first, second = sorted([one, other])
    due, later = due_on(retention, first), due_on(retention, second)
    assert due is not None
    assert later is not None
    assert due <= later


@given(retentions, days, st.one_of(days, awkward))
def test_the_cut_off_is_just_the_days_that_are_due(
    retention: Retention, today: date, event: date
) -> None:
    edge = cut_off(retention, today)
    due = due_on(retention, event)
    assert due is not None
    assert (due <= today) == (edge is not None and event <= edge)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31)), st.sampled_from(Rounding))
def test_what_counts_is_the_day_in_sweden(instant: datetime, rounding: Rounding) -> None:
    """Across changes of the clock and new year's nights: never a day early for counting in UTC."""
    at = instant.replace(tzinfo=UTC)
    event = stockholm_date(milliseconds(at))
    assert event == at.astimezone(ZoneInfo("Europe/Stockholm")).date()
    due = due_on(AfterPeriod(Period(years=1), rounding), event)
    assert due is not None
    assert due >= at.date()
    assert due >= event + timedelta(days=365)

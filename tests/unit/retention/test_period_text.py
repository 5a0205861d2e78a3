"""Retentions as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.core.period_text import (
    MOST,
    read_period,
    read_retention,
    write_period,
    write_retention,
)
from retention.core.schedule import AfterPeriod, Period, RetainPermanently, WhenObsolete

COUNTS = st.integers(0, MOST)
PERIODS = st.builds(Period, years=COUNTS, months=COUNTS, days=COUNTS)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2 år", Period(years=2)),
        ("18 månader", Period(months=18)),
        ("18 mån.", Period(months=18)),
        ("1 år och 6 månader", Period(years=1, months=6)),
        ("1 year, 6 months and 10 days", Period(years=1, months=6, days=10)),
        ("30 dagar", Period(days=30)),
        ("P2Y6M", Period(years=2, months=6)),
        ("p90d", Period(days=90)),
        ("2ÅR", Period(years=2)),
    ],
)
def test_periods_are_read(text: str, period: Period) -> None:
    assert read_period(text) == period


@pytest.mark.parametrize(
    "text", ["", "P", "0 år", "två år", "2", "2 år 3 år", "-2 år", "2,5 år", "99999 dagar", "P2W"]
)
def test_what_is_no_period_is_not_guessed_at(text: str) -> None:
    assert read_period(text) is None


@pytest.mark.parametrize(
    ("text", "retention"),
    [
        ("Bevaras", RetainPermanently()),
        ("permanent", RetainPermanently()),
        ("vid inaktualitet", WhenObsolete(Period())),
        ("Gallras vid inaktualitet, karens 3 månader", WhenObsolete(Period(months=3))),
        ("when obsolete, grace 90 days", WhenObsolete(Period(days=90))),
        ("5 år", AfterPeriod(Period(years=5))),
    ],
)
def test_retentions_are_read(text: str, retention: object) -> None:
    assert read_retention(text) == retention


@pytest.mark.parametrize(
    "text", ["", "gallras", "vid inaktualitet, karens", "snarast", "bevaras 2 år"]
)
def test_what_is_no_retention_is_not_guessed_at(text: str) -> None:
    assert read_retention(text) is None


@given(PERIODS, st.sampled_from(["sv", "en"]))
def test_what_is_written_is_read_back(period: Period, language: str) -> None:
    if period == Period():
        assert write_period(period, language) == ""
        return
    assert read_period(write_period(period, language)) == period
    for one in (WhenObsolete(period), AfterPeriod(period)):
        assert read_retention(write_retention(one, language)) == one

"""Hits by month or year, empty ones included; the counts always add up."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from archiver.web.timeline import MOST_MONTHS, bars

MONTHS = st.dictionaries(
    st.tuples(st.integers(1970, 2100), st.integers(1, 12)).map(lambda ym: f"{ym[0]}-{ym[1]:02}"),
    st.integers(1, 10**6),
)


def test_months_with_the_empty_ones_between() -> None:
    made = bars([("2025-11", 3), ("2026-02", 6)])
    assert [(one.name, one.count, one.share) for one in made] == [
        ("2025-11", 3, 50),
        ("2025-12", 0, 0),
        ("2026-01", 0, 0),
        ("2026-02", 6, 100),
    ]
    assert (made[-1].first, made[-1].last) == (date(2026, 2, 1), date(2026, 2, 28))


def test_years_where_the_months_are_many() -> None:
    made = bars([("2021-12", 1), ("2023-01", 2), ("2026-02", 4)])
    assert [(one.name, one.count) for one in made] == [
        ("2021", 1), ("2022", 0), ("2023", 2), ("2024", 0), ("2025", 0), ("2026", 4),
    ]  # fmt: skip
    assert (made[0].first, made[0].last) == (date(2021, 1, 1), date(2021, 12, 31))
    assert bars([]) == ()


@given(MONTHS)
def test_every_hit_is_in_one_bar(months: dict[str, int]) -> None:
    made = bars(months.items())
    assert sum(one.count for one in made) == sum(months.values())
    assert len(made) <= max(MOST_MONTHS, 132)
    for one, following in pairwise(made):
        assert following.first == one.last + timedelta(days=1)
    assert all(0 <= one.share <= 100 and (one.share > 0) == (one.count > 0) for one in made)

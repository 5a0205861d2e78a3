"""When a channel is due, and how long a failing one waits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.jobs.schedule import LONGEST_ASKED, LONGEST_WAIT, ChannelFacts, due, overall, put_off

NOW = 1_795_000_000_000
instants = st.none() | st.integers(0, 2 * NOW)
facts = st.lists(
    st.builds(
        ChannelFacts,
        channel=st.integers(1, 10**6),
        interval=st.integers(60, 10**6),
        last_ended=instants,
        parked_until=st.integers(0, 2 * NOW),
    ),
    unique_by=lambda one: one.channel,
)


def channel(number: int, ago: int | None, *, interval: int = 3600, parked: int = 0) -> ChannelFacts:
    """A channel whose last run ended `ago` seconds ago."""
    last = None if ago is None else NOW - ago * 1000
    return ChannelFacts(
        channel=number, interval=interval, last_ended=last, parked_until=NOW + parked * 1000
    )


def test_oldest_first_and_new_ones_before_all() -> None:
    some = [
        channel(1, 4000),
        channel(2, None),
        channel(3, 9000),
        channel(4, 3599),
        channel(5, None),
    ]
    assert due(NOW, some) == [2, 5, 3, 1]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (channel(1, 3600), [1]),
        (channel(1, 3599), []),
        (channel(1, 9000, parked=1), []),
        (channel(1, 9000, parked=0), [1]),
        (channel(1, None, parked=1), []),
        (channel(1, -10), []),  # a clock a little behind
        (channel(1, -3600), [1]),  # a clock that was far ahead
    ],
)
def test_edges(one: ChannelFacts, expected: list[int]) -> None:
    assert due(NOW, [one]) == expected


@given(facts)
def test_never_early_never_parked_and_no_channel_is_forgotten(some: list[ChannelFacts]) -> None:
    found = due(NOW, some)
    assert found == due(NOW, reversed(some))
    by_number = {one.channel: one for one in some}
    for number in found:
        one = by_number[number]
        assert one.parked_until <= NOW
        assert one.last_ended is None or abs(NOW - one.last_ended) >= one.interval * 1000
    for one in some:
        wait = one.interval * 1000
        late = max(NOW, one.parked_until) + (0 if one.last_ended is None else wait * 2)
        assert one.channel in due(max(late, (one.last_ended or 0) + wait), some)


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

"""Whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from archiver.core.plan import EVERYTHING
from archiver.jobs.due import Due
from archiver.jobs.turn import AHEAD, share_of, whose_turn


@dataclass(frozen=True)
class Waiting:
    channel: int
    platform: str = "feed"
    request: int | None = None
    waits: bool = True


def due(*channels: int) -> list[Due]:
    return [Due(channel=one, plan=EVERYTHING, at=at) for at, one in enumerate(channels)]


PLATFORMS = {n: "abc"[n % 3] for n in range(20)}


def test_longest_due_first_as_far_as_there_is_room() -> None:
    one_platform = dict.fromkeys(range(9), "feed")
    assert whose_turn(due(3, 1, 2), [], one_platform, 1) == [3, 1]
    assert whose_turn(due(3, 1, 2), [Waiting(9)], one_platform, 1) == [3]
    assert whose_turn(due(3, 1, 2), [Waiting(8), Waiting(9)], one_platform, 1) == []


def test_what_is_asked_for_comes_first() -> None:
    assert whose_turn(due(1), [Waiting(7, request=5)], PLATFORMS, 4) == []
    assert whose_turn(due(1), [Waiting(7, request=5, waits=False)], PLATFORMS, 4) == [1]


def test_a_channel_that_has_a_job_gets_no_other() -> None:
    assert whose_turn(due(1, 2), [Waiting(1)], PLATFORMS, 4) == [2]


def test_one_platform_leaves_room_for_the_others() -> None:
    platforms = {1: "slow", 2: "slow", 3: "slow", 4: "slow", 5: "feed"}
    assert whose_turn(due(1, 2, 3, 4, 5), [], platforms, 2) == [1, 2, 5]


@given(
    st.permutations(range(12)),
    st.lists(
        st.builds(
            Waiting,
            channel=st.integers(0, 19),
            platform=st.sampled_from("abc"),
            request=st.none() | st.just(1),
            waits=st.booleans(),
        ),
        max_size=6,
    ),
    st.integers(1, 5),
)
def test_never_too_many_never_twice(channels: list[int], jobs: list[Waiting], workers: int) -> None:
    chosen = whose_turn(due(*channels), jobs, PLATFORMS, workers)
    assert len(set(chosen)) == len(chosen)
    assert not set(chosen) & {job.channel for job in jobs}
    assert not chosen or len(chosen) + len(jobs) <= AHEAD * workers
    for platform in "abc":
        mine = sum(PLATFORMS[one] == platform for one in chosen)
        there = sum(job.platform == platform for job in jobs)
        assert not mine or mine + there <= AHEAD * share_of(workers)
    if not jobs:
        assert chosen[0] == channels[0]

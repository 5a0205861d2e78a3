"""What the schedules ask of the platforms, against what those allow."""

from __future__ import annotations

import pytest

from archiver.jobs.schedule import load
from tests.bench.bench_requests import per_day, platforms

FULL, ECO = load("full"), load("eco")


@pytest.mark.parametrize(("posts", "full", "eco"), [(0.7, 163, 44), (0.15, 92, 28), (0.4, 124, 36)])
def test_requests_per_account_and_day(posts: float, full: int, eco: int) -> None:
    """Looks at the head, and scans over a life times the posts of a day; the scans that go by
    themselves, mostly at night, look at the head too."""
    assert full - 10 <= per_day(FULL, posts, days=4) <= full * 1.25
    assert eco - 10 <= per_day(ECO, posts, days=4) <= eco * 1.25


def test_every_platform_has_room_for_its_accounts_also_in_a_crisis() -> None:
    for one in platforms():
        sharing = one.accounts if one.per == "project" else 1
        if one.limit:
            assert per_day(FULL, one.posts, crisis=True, days=1) * sharing < one.limit / 2, one.name

"""Rate limits: no window holds more than it may, over threads, processes, kills, wrong clocks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core.connector import Rate, Usage
from archiver.core.ports import Pace
from archiver.errors import SourceQuotaExhausted, StoreUnavailable
from archiver.harvest.pace import LONGEST_WAIT, MARGIN, Paces, TokenPace, windows
from tests.build import FakeClock

KEY = bytes(range(32))
OWNER = "social.testkoping.example/ada.almgren"
FEW = (Rate(requests=5, seconds=10),)
MASTODON = (Rate(requests=300, seconds=300),)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def paces(tmp_path: Path, clock: FakeClock) -> Iterator[Paces]:
    found = Paces(tmp_path / "db" / "pace.sqlite", KEY, clock)
    yield found
    found.close()


def most_in(instants: Sequence[int], milliseconds: int) -> int:
    """The most of them in any window of that length."""
    ordered = sorted(instants)
    return max(
        (sum(one <= at < one + milliseconds for at in ordered[n : n + 400]) for n, one in
         enumerate(ordered)),
        default=0,
    )  # fmt: skip


def send(pace: TokenPace, clock: FakeClock, times: int, *, waits: bool = True) -> list[int]:
    """Take that many rights, waiting as told; when each was used."""
    used = []
    for _ in range(times):
        wait = int(pace.before() * 1000)
        used.append(clock.now() + wait)
        if waits:
            clock.advance(wait)
    return used


def test_it_is_a_pace(paces: Paces) -> None:
    pace: Pace = paces.of("mastodon", OWNER, FEW)
    assert pace


def test_as_many_as_the_limit_at_once_then_they_wait(paces: Paces, clock: FakeClock) -> None:
    pace = paces.of("mastodon", OWNER, FEW)
    waits = [pace.before() for _ in range(7)]
    assert waits[:5] == [0.0] * 5
    assert all(10 <= wait <= 11 for wait in waits[5:])
    clock.advance(25_000)
    assert pace.before() == 0


rates = st.lists(
    st.builds(Rate, requests=st.integers(1, 30), seconds=st.sampled_from([1, 7, 60, 300, 3600])),
    min_size=1,
    max_size=3,
)


@settings(deadline=None, max_examples=30)
@given(rates, st.lists(st.integers(0, 20_000), min_size=1, max_size=60))
def test_no_window_holds_more_than_it_may(
    tmp_path_factory: pytest.TempPathFactory, limits: list[Rate], pauses: list[int]
) -> None:
    clock = FakeClock()
    folder = tmp_path_factory.mktemp("pace")
    used = []
    for pause in pauses:
        paces = Paces(folder / "pace.sqlite", KEY, clock)  # each time another process
        with suppress(SourceQuotaExhausted):
            wait = int(paces.of("mastodon", OWNER, limits).before() * 1000)
            assert wait <= LONGEST_WAIT * 1000
            used.append(clock.now() + wait)
            clock.advance(wait)
        paces.close()
        clock.advance(pause)
    for rate in limits:
        assert most_in(used, int(rate.seconds * 1000)) <= rate.requests


def test_windows_are_those_that_matter() -> None:
    def plain(*limits: tuple[int, float]) -> list[tuple[int, int]]:
        found = windows([Rate(requests=n, seconds=s) for n, s in limits])
        return [(one.limit, one.interval - MARGIN) for one in found]

    assert plain((300, 300)) == [(300, 300_000)]
    assert plain((4800, 86_400), (200, 3600)) == [(200, 3_600_000)]  # the day follows from it
    assert plain((4000, 86_400), (200, 3600)) == [(200, 3_600_000), (4000, 86_400_000)]
    assert plain((5, 7), (8, 10)) == [(5, 7000), (7, 10_000)]  # 8 would be denser
    assert plain((100, 60), (50, 3600)) == [(50, 3_600_000)]
    assert plain((10, 1), (1000, 10)) == [(10, 1000)]
    with pytest.raises(ValueError, match="needs a limit"):
        windows([])


def test_a_wait_that_is_too_long_is_no_wait(paces: Paces, clock: FakeClock) -> None:
    pace = paces.of("facebook", OWNER, (Rate(requests=2, seconds=3600),))
    assert [pace.before(), pace.before()] == [0, 0]
    clock.advance(600_000)
    with pytest.raises(SourceQuotaExhausted) as full:
        pace.before()
    assert 3000 <= (full.value.retry_after or 0) <= 3001
    clock.advance(3_000_600)
    assert pace.before() == 0  # the refused one has not counted


def test_tokens_and_platforms_have_limits_of_their_own(paces: Paces) -> None:
    full = paces.of("mastodon", OWNER, FEW)
    for _ in range(5):
        full.before()
    assert paces.of("mastodon", OWNER, FEW).before() > 0
    assert paces.of("mastodon", "another", FEW).before() == 0
    assert paces.of("bluesky", OWNER, FEW).before() == 0


# --- what the platform says ----------------------------------------------------------------------


def test_from_three_quarters_on_every_interval_counts_double(
    paces: Paces, clock: FakeClock
) -> None:
    pace = paces.of("mastodon", OWNER, FEW)
    pace.heed(Usage(limit=300, remaining=75, reset_at=clock.now() + 60_000))
    used = send(pace, clock, 11)
    assert most_in(used[:10], 20_000) <= 5
    clock.advance(60_000)
    assert max(b - a for a, b in pairwise(used)) >= 20_000
    assert used[10] - used[0] < 60_000  # and no longer than the platform's own time


def test_below_three_quarters_all_is_as_before(paces: Paces, clock: FakeClock) -> None:
    pace = paces.of("facebook", OWNER, FEW)
    pace.heed(Usage(percent=80.0))
    pace.heed(Usage(percent=20.0))
    used = send(pace, clock, 6)
    assert 10_000 <= used[5] - used[0] < 11_000


@pytest.mark.parametrize(
    ("usage", "seconds"),
    [
        (Usage(limit=300, remaining=15, reset_at=FakeClock().wall + 90_000), 90),  # Mastodon
        (Usage(percent=96.0, pause=100.0), 100),  # Meta
        (Usage(percent=100.0), 10),  # says no time: the limit's own
        (Usage(pause=40.0), 40),
        (Usage(percent=94.0, reset_at=FakeClock().wall + 90_000), 0),
        (Usage(limit=300, remaining=15, reset_at=FakeClock().wall - 1000), 0),  # past
    ],
)
def test_from_95_per_cent_on_nothing_until_the_platforms_own_time(
    paces: Paces, usage: Usage, seconds: float
) -> None:
    pace = paces.of("mastodon", OWNER, FEW)
    pace.heed(usage)
    assert abs(pace.before() - seconds) <= 1


def test_a_pause_outlives_the_process_and_a_wrong_header_does_not_silence(
    paces: Paces, clock: FakeClock, tmp_path: Path
) -> None:
    paces.of("mastodon", OWNER, FEW).heed(Usage(percent=99.0, reset_at=clock.now() + 10**12))
    paces.close()
    again = Paces(tmp_path / "db" / "pace.sqlite", KEY, clock).of("mastodon", OWNER, FEW)
    with pytest.raises(SourceQuotaExhausted) as full:
        again.before()
    assert full.value.retry_after == 86_400
    clock.advance(86_400_000)
    assert again.before() == 0


def test_a_clock_set_back_stops_nothing_for_long(paces: Paces, clock: FakeClock) -> None:
    pace = paces.of("mastodon", OWNER, FEW)
    send(pace, clock, 5)
    pace.heed(Usage(percent=99.0))
    clock.jump(-400 * 86_400_000)
    assert pace.before() <= 11


# --- threads, processes, disks -------------------------------------------------------------------


def test_threads_share_a_limit(paces: Paces, clock: FakeClock) -> None:
    pace = paces.of("mastodon", OWNER, (Rate(requests=10, seconds=5),))
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: pace.before(), range(60)))
    assert most_in([int(wait * 1000) for wait in waits], 5000) <= 10


SENDER = """
import os, sys, time
from pathlib import Path
from archiver.clock import SystemClock
from archiver.core.connector import Rate
from archiver.harvest.pace import Paces
pace = Paces(Path(sys.argv[1]), bytes(range(32)), SystemClock()).of(
    "mastodon", "x", [Rate(requests=20, seconds=1)])
while True:
    time.sleep(pace.before())
    os.write(1, f"{time.time_ns() // 1000000}\\n".encode())
"""


def test_kill_9_does_not_win_a_limit_anew(tmp_path: Path) -> None:
    sent: list[int] = []
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", SENDER, str(tmp_path / "pace.sqlite")],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout
        sent.append(int(process.stdout.readline()))
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        sent += [int(line) for line in process.stdout.read().split()]
        process.wait()
        process.stdout.close()
    assert most_in(sent, 1000) <= 20
    assert len(sent) > 20


def test_the_file_names_nobody(paces: Paces, tmp_path: Path) -> None:
    paces.of("mastodon", OWNER, FEW).before()
    paces.close()
    path = tmp_path / "db" / "pace.sqlite"
    assert b"ada" not in path.read_bytes()
    assert b"mastodon_" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "key" not in repr(paces).lower()


def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "pace.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnavailable, match="rate limits"):
        Paces(tmp_path / "pace.sqlite", KEY, clock).of("x", OWNER, FEW).before()

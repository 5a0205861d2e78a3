"""The demo's clock, and how other processes come to share it."""

from __future__ import annotations

from pathlib import Path

from archiver.clock import MovedClock, SystemClock
from archiver.demo.runner import MARKER, DemoClock, ahead_of, keep_ahead, prepare_home


def test_the_clock_moves_forward_only_and_tells(tmp_path: Path) -> None:
    told: list[int] = []
    clock = DemoClock(lambda: 100.0, told.append)
    begun = clock.now()
    clock.advance_to(begun + 5_000)
    assert (clock.now(), clock.monotonic()) == (begun + 5_000, 5.0)
    clock.advance_to(begun)
    assert told == [begun + 5_000, begun + 5_000]


def test_a_demos_home_keeps_its_time_and_no_other_has_one(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    assert ahead_of(home) is None
    with prepare_home(home) as marker:
        assert ahead_of(home) is None, "it has not begun"
        keep_ahead(marker, -86_400_000)
        keep_ahead(marker, 3_600_000)
        assert ahead_of(home) == 3_600_000
    assert (home / MARKER).exists()
    moved = MovedClock(3_600_000).now() - SystemClock().now()
    assert 3_599_000 < moved < 3_601_000

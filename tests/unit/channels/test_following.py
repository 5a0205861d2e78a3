"""A request that is followed beside the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from archiver.channels.following import Followed, Following
from archiver.core.ports import RequestProgress
from archiver.errors import StoreUnavailable


def ended(following: Following, request: int) -> Followed:
    for _ in range(500):
        state = following.state(request, 9)
        assert state is not None
        if not state.going_on:
            return state
        time.sleep(0.01)
    raise AssertionError("it never ended")


def test_steps_are_seen_from_another_thread() -> None:
    go = threading.Event()
    counts = {"run": 9, "seen": 4, "exit_code": 1}

    def follow(request: int, tell: Callable[[RequestProgress], None]) -> int:
        tell(RequestProgress(request=request, channels=(5,), results={}, exit_code=None))
        go.wait(5)
        tell(RequestProgress(request=request, channels=(5,), results={5: counts}, exit_code=1))
        return 1

    following = Following(follow)
    following.begin(3, 9)
    state = following.state(3, 9)
    assert state is not None
    assert state.going_on
    go.set()
    assert ended(following, 3) == Followed(seen=4, run=9, exit_code=1)
    assert following.state(4, 9) is None


def test_what_goes_wrong_is_a_state_and_says_no_words(capfd: pytest.CaptureFixture[str]) -> None:
    def lonely(_request: int, _tell: object) -> int:
        raise StoreUnavailable("No worker.")

    def broken(_request: int, _tell: object) -> int:
        raise RuntimeError("KANARIE")

    for follow, code in ((lonely, "store-unavailable"), (broken, "unexpected")):
        following = Following(follow)
        following.begin(1, 9)
        assert ended(following, 1).problem == code
    out = capfd.readouterr()
    assert "KANARIE" not in out.out + out.err


def test_old_requests_are_forgotten() -> None:
    following = Following(lambda _request, _tell: 0)
    for request in range(60):
        following.begin(request, 9)
    assert following.state(0, 9) is None
    assert following.state(59, 9) is not None

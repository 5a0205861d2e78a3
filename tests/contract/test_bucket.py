"""The contract of `Bucket` (store/replica.py): what locks and legal holds do, over every adapter.

A real server's locks end by the real clock: there these tests wait for a few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.clock import SystemClock
from archiver.errors import AlreadyExists, LockInForce, NotFound
from archiver.store.replica import Bucket, Kept, Lock, Mode
from tests.buckets import FolderBucket
from tests.build import FakeClock

PACK = "packs/1-0.pack"
both = pytest.mark.parametrize("mode", list(Mode))


class RealTime(SystemClock):
    def wait_past(self, at: int) -> None:
        time.sleep(max(0, at - self.now()) / 1000 + 0.2)


class SetTime(FakeClock):
    def wait_past(self, at: int) -> None:
        self.advance(max(0, at - self.now()) + 200)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.server)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock(kind: str) -> RealTime | SetTime:
    return SetTime() if kind == "folder" else RealTime()


@pytest.fixture
def bucket(
    request: pytest.FixtureRequest, kind: str, clock: RealTime | SetTime, tmp_path: Path
) -> Bucket:
    if kind == "folder":
        return FolderBucket(tmp_path / "bucket", clock)
    opened: Callable[[str], Bucket] = request.getfixturevalue("weed_bucket")
    return opened(tmp_path.name)


@pytest.fixture
def later(clock: RealTime | SetTime) -> Callable[[float], int]:
    """The whole second that is so many seconds ahead."""

    def at(seconds: float) -> int:
        now = clock.now() + int(seconds * 1000)
        return now - now % 1000

    return at


@both
def test_a_new_object_is_locked_from_its_first_instant(
    bucket: Bucket, later: Callable[[float], int], mode: Mode
) -> None:
    until = later(60)
    bucket.put_locked(PACK, b"x", Lock(mode, until))
    assert bucket.kept(PACK) == Kept(1, until)
    with pytest.raises(LockInForce) as caught:
        bucket.delete(PACK)
    assert " UTC" in caught.value.message
    assert bucket.get(PACK) == b"x"
    bucket.put_locked(PACK, b"x", Lock(mode, later(90)))  # there already: left as it is
    assert bucket.kept(PACK) == Kept(1, until)
    with pytest.raises(AlreadyExists):
        bucket.put_locked(PACK, b"y", None)


@both
def test_a_lock_is_extended_and_ends_by_itself(
    bucket: Bucket, later: Callable[[float], int], clock: RealTime | SetTime, mode: Mode
) -> None:
    bucket.put_locked(PACK, b"x", Lock(mode, later(2)))
    until = later(4)
    bucket.lock(PACK, Lock(mode, until))
    assert bucket.kept(PACK) == Kept(1, until)
    with pytest.raises(LockInForce):
        bucket.delete(PACK)
    clock.wait_past(until)
    bucket.delete(PACK)
    assert bucket.kept(PACK) is None
    assert list(bucket.names("packs")) == []
    bucket.put_locked(PACK, b"other", None)
    assert bucket.kept(PACK) == Kept(5)


def test_a_hold_goes_before_everything(bucket: Bucket) -> None:
    bucket.put(PACK, b"x")
    for _ in range(2):
        bucket.hold(PACK, on=True)
    assert bucket.kept(PACK) == Kept(1, held=True)
    with pytest.raises(LockInForce):
        bucket.delete(PACK)
    bucket.hold(PACK, on=False)
    bucket.delete(PACK)
    assert bucket.kept(PACK) is None


def test_objects_with_their_sizes(bucket: Bucket) -> None:
    for name, data in {"packs/2-0.pack": b"22", PACK: b"1", "log/vkey": b""}.items():
        bucket.put(name, data)
    assert list(bucket.sizes("packs")) == [(PACK, 1), ("packs/2-0.pack", 2)]
    assert list(bucket.sizes("keys")) == []


def test_what_is_not_there(bucket: Bucket, later: Callable[[float], int]) -> None:
    assert bucket.kept(PACK) is None
    with pytest.raises(NotFound):
        bucket.lock(PACK, Lock(Mode.GOVERNANCE, later(60)))
    with pytest.raises(NotFound):
        bucket.delete(PACK)

"""Buckets for tests: a folder that behaves as a bucket with Object Lock, and one for key files.

`tests/contract/test_bucket.py` holds the first to what a real S3 does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from archiver.core.ports import Clock
from archiver.errors import NotFound, StoreUnavailable
from archiver.store.filesystem import FilesystemStore
from archiver.store.replica import Kept, Lock, refuse_removal


class Cut(StrEnum):
    """How a connection is cut: before a write was done, or after it and before the answer."""

    LOST = "lost"
    LANDED = "landed"


class Cuts:
    """What goes wrong: the write of number `strike` (from 0, counted since it was set)."""

    def __init__(self) -> None:
        self.strike: int | None = None
        self.how = Cut.LOST
        self.writes: list[tuple[str, str]] = []

    def arm(self, strike: int | None, how: Cut) -> None:
        self.strike, self.how, self.writes = strike, how, []

    def do(self, call: str, name: str, write: Callable[[], None]) -> None:
        struck = len(self.writes) == self.strike
        self.writes.append((call, name))
        if not struck or self.how is Cut.LANDED:
            write()
        if struck:
            raise StoreUnavailable(f"write {self.strike}, {name}: {self.how}")


class FolderBucket(FilesystemStore):
    """Objects as files, locks in memory; what is written stands in `cuts.writes`."""

    def __init__(self, root: Path, clock: Clock, cuts: Cuts | None = None) -> None:
        super().__init__(root)
        self._clock = clock
        self.locks: dict[str, Lock] = {}
        self.held: set[str] = set()
        self.cuts = cuts or Cuts()

    def put(self, name: str, data: bytes) -> None:
        self.put_locked(name, data, None)

    def put_locked(self, name: str, data: bytes, lock: Lock | None) -> None:
        def do() -> None:
            new = self.size(name) is None
            super(FolderBucket, self).put(name, data)
            if new and lock:
                self.locks[name] = lock

        self.cuts.do("put", name, do)

    def swap(self, name: str, data: bytes, *, expect: bytes | None) -> None:
        def do() -> None:
            super(FolderBucket, self).swap(name, data, expect=expect)

        self.cuts.do("swap", name, do)

    def delete(self, name: str) -> None:
        def do() -> None:
            if kept := self.kept(name):
                refuse_removal(name, kept, self._clock.now())
            super(FolderBucket, self).delete(name)
            self.locks.pop(name, None)

        self.cuts.do("delete", name, do)

    def kept(self, name: str) -> Kept | None:
        size = self.size(name)
        lock = self.locks.get(name)
        return None if size is None else Kept(size, lock and lock.until, name in self.held)

    def lock(self, name: str, lock: Lock) -> None:
        def do() -> None:
            old = self.locks.get(name)
            if self.size(name) is None:
                raise NotFound(f"The bucket has no object {name}.")
            assert old is None or old.until <= lock.until, "a lock was shortened"
            self.locks[name] = lock

        self.cuts.do("lock", name, do)

    def hold(self, name: str, *, on: bool) -> None:
        def do() -> None:
            (self.held.add if on else self.held.discard)(name)

        self.cuts.do("hold", name, do)

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        for name in self.names(prefix):
            yield name, self.size(name) or 0


class FolderKeys(FilesystemStore):
    """A bucket for key files; with `versioned`, one that is not fit for them."""

    def __init__(self, root: Path, cuts: Cuts | None = None, *, versioned: bool = False) -> None:
        super().__init__(root)
        self._versioned = versioned
        self.cuts = cuts or Cuts()

    def replace(self, name: str, data: bytes) -> None:
        def do() -> None:
            path = self.path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

        self.cuts.do("replace", name, do)

    def delete(self, name: str) -> None:
        self.cuts.do("delete", name, lambda: super(FolderKeys, self).delete(name))

    def is_versioned(self) -> bool:
        return self._versioned

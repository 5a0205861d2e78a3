"""Shards on disk: one folder per capture year, and a small file that says which index in it counts.

    index/lock                      flock of the one process that writes
    index/<year>/shard.json         {"folder":"1","indexed":4711,"schema":1,"years":[2025,2026]}
    index/<year>/<folder>/…         tantivy's own files

`shard.json` is replaced atomically after tantivy's commit, so it is what makes a commit count:
`indexed` is how far in the log the shard has got, `folder` the index that readers open (a shard
that is made anew gets the next number beside the old one), `years` every shard there should be.
After a crash between the two, the same documents are deleted and added again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson
from tantivy import Index

from archiver.errors import HomeBusy, StoreUnavailable
from archiver.search.schema import SCHEMA, open_index

_STATE = "shard.json"
_PANIC = "PanicException"  # tantivy's own failed assertions; not an `Exception`


class ShardBroken(Exception):
    """A shard cannot be used; the remedy is to make it anew. Never leaves this package."""


class ShardState(NamedTuple):
    """The content of `shard.json`."""

    folder: str
    indexed: int
    years: tuple[int, ...]


def year_of(at: int) -> int:
    """The UTC year of an instant in milliseconds."""
    return datetime.fromtimestamp(at / 1000, UTC).year


def year_span(year: int) -> tuple[int, int]:
    """A UTC year as [start, end) in milliseconds."""
    return tuple(int(datetime(y, 1, 1, tzinfo=UTC).timestamp() * 1000) for y in (year, year + 1))  # type: ignore[return-value]


def years_on_disk(folder: Path) -> list[int]:
    """Years that have a folder, sorted; none if the index is missing."""
    try:
        found = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return []
    return sorted(int(name) for name in found if len(name) == 4 and name.isdecimal())


@contextmanager
def guarded() -> Iterator[None]:
    """Tantivy's errors as ours: a taken lock is `HomeBusy`, a full disk `StoreUnavailable`, any
    other means that the shard is broken."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError) and "LockBusy" in str(error):
            raise busy() from error
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise full(error) from error
        if isinstance(error, ValueError | OSError) or type(error).__name__ == _PANIC:
            raise ShardBroken(type(error).__name__) from error
        raise


def busy() -> HomeBusy:
    """Somebody else writes the index."""
    return HomeBusy(
        "Another process is writing this home's search index.",
        remedy="Let the worker do it, or stop the worker first.",
    )


def full(error: OSError) -> StoreUnavailable:
    """The disk does not take the index."""
    return StoreUnavailable(
        f"The search index cannot be written: {error.strerror}.",
        remedy="Free some disk space or give this user access to the home's index folder; "
        "nothing but the index is affected.",
    )


class Shard:
    """One year's folder. Reading needs no lock; everything that writes belongs to the holder of
    `index/lock`."""

    def __init__(self, index: Path, year: int) -> None:
        self.year = year
        self.path = index / str(year)

    def signature(self) -> tuple[int, int, int] | None:
        """Changes whenever `shard.json` is replaced; None if there is none."""
        try:
            found = os.stat(self.path / _STATE)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def state(self) -> ShardState | None:
        """What counts now; None if the file is missing, damaged or of another schema."""
        try:
            found = orjson.loads((self.path / _STATE).read_bytes())
            if found["schema"] != SCHEMA:
                return None
            years = tuple(map(int, found["years"]))
            return ShardState(str(int(found["folder"])), int(found["indexed"]), years)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def open(self, folder: str) -> Index:
        """The tantivy index in a folder of this shard that exists. `ShardBroken` if it cannot."""
        with guarded():
            if not (self.path / folder / "meta.json").exists():
                raise ShardBroken("no index")
            index = open_index(str(self.path / folder))
            index.reload()
            return index

    def make(self) -> str:
        """A new empty index beside what is there; its folder."""
        with guarded():
            self.path.mkdir(parents=True, exist_ok=True)
            numbers = [int(e.name) for e in os.scandir(self.path) if e.name.isdecimal()]
            folder = str(max(numbers, default=0) + 1)
            (self.path / folder).mkdir()
            open_index(str(self.path / folder))
            return folder

    def switch(self, state: ShardState) -> None:
        """Make `state` what counts, durably."""
        value = {**state._asdict(), "folder": int(state.folder), "schema": SCHEMA}
        with guarded():
            temporary = self.path / f"{_STATE}.new"
            with open(temporary, "wb") as file:
                file.write(orjson.dumps(value))
                file.flush()
                os.fdatasync(file.fileno())
            os.replace(temporary, self.path / _STATE)
            folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def tidy(self) -> None:
        """Remove every index but the one that counts: the index is plain text and forgets only
        by being gone."""
        state = self.state()
        with guarded():
            for entry in list(os.scandir(self.path)) if self.path.exists() else []:
                if entry.is_dir() and (state is None or entry.name != state.folder):
                    shutil.rmtree(entry.path)

    def remove(self) -> None:
        """Remove the whole year. `shard.json` goes first, so that a reader does not open ruins."""
        with guarded():
            (self.path / _STATE).unlink(missing_ok=True)
            if self.path.exists():
                shutil.rmtree(self.path)


def lock(index: Path) -> int:
    """The descriptor of the index's write lock; `HomeBusy` if another process has it."""
    try:
        index.mkdir(parents=True, exist_ok=True)
        index.chmod(0o700)  # plain text of everything that was captured
        file = os.open(index / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise full(error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        raise busy() from error
    return file

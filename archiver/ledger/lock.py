"""The writer's lock of a home: flock on `lock/writer`, freed by the system if the process dies.

The file is empty unless a writer is at work, or did not finish: the next one then starts from what
is on disk.

The file excludes whoever shares the folder. Where several machines share the database, the lock on
it is taken too. That one can be lost without the process noticing: the server frees it when the
connection breaks, and another writer may then be at work. So the holder checks it before the
entries are written, before the tables are committed and before a head is signed; a writer that has
lost it leaves everything as a crash would, for the next one to put right.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from archiver.db.engine import Guard
from archiver.errors import StoreUnavailable


class Held:
    """The lock while it is held."""

    def __init__(self, file: int, guard: Guard | None) -> None:
        self._file = file
        self._guard = guard

    def check(self) -> None:
        """`StoreUnavailable` if the lock on the database was lost: nothing more may be written."""
        if self._guard:
            self._guard.check()

    @property
    def abandoned(self) -> bool:
        """Whether the last writer, in whatever process, did not finish."""
        return os.fstat(self._file).st_size > 0

    def begin(self) -> None:
        """Say that a writer is at work."""
        try:
            os.pwrite(self._file, b"1", 0)
        except OSError as error:
            raise StoreUnavailable(
                f"The home cannot be written to: {error.strerror}.",
                remedy="Free some disk space and run the command again; nothing was lost.",
            ) from error

    def finish(self) -> None:
        """Say that the writer has finished."""
        os.ftruncate(self._file, 0)


@contextmanager
def writer_lock(
    home: Path, alone: Callable[[], AbstractContextManager[Guard]] | None = None
) -> Iterator[Held]:
    """Hold the lock; waits for whoever has it, thread or process. `alone` locks the database that
    other machines may share (`Database.alone`)."""
    folder = home / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / "writer", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"The home cannot be locked for writing: {error.strerror}.",
            remedy="Give this user write access to the home folder.",
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        with ExitStack() as stack:
            yield Held(file, stack.enter_context(alone()) if alone else None)
    finally:
        os.close(file)

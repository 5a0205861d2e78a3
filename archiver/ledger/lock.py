"""The writer's lock of a home: flock on `lock/writer`, freed by the system if the process dies.

The file is empty unless a writer is at work, or did not finish: the next one then starts from what
is on disk.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archiver.errors import StoreUnavailable


class Held:
    """The lock while it is held."""

    def __init__(self, file: int) -> None:
        self._file = file

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
def writer_lock(home: Path) -> Iterator[Held]:
    """Hold the lock; waits for whoever has it, thread or process."""
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
        yield Held(file)
    finally:
        os.close(file)

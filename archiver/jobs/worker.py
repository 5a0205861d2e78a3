"""Who is the home's worker, and when it stops: the lock on `lock/worker`, and the signals.

Invariants: whoever works holds the lock, which the system frees however the process ends; looking
whether there is a worker does not keep one from starting.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path
from threading import Event
from types import FrameType

from archiver.errors import HomeBusy, StoreUnavailable

_TRIES, _BETWEEN_TRIES = 10, 0.05


class WorkerLock:
    """`lock/worker`, held until `release` or the end of the process, however it ends."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file

    def __enter__(self) -> WorkerLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let another process be the worker."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def try_worker_lock(home: Path) -> WorkerLock | None:
    """Become the home's worker; None if there is one. Tries for half a second, since somebody who
    only looks (`worker_runs`) holds the lock for an instant."""
    file = _open_lock(home)
    for n in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if n + 1 < _TRIES:
                time.sleep(_BETWEEN_TRIES)
        else:
            return WorkerLock(file)
    os.close(file)
    return None


def worker_lock(home: Path) -> WorkerLock:
    """Become the home's worker; `HomeBusy` if there is one."""
    lock = try_worker_lock(home)
    if lock is None:
        raise HomeBusy(
            "This home has a worker already.",
            remedy="`diarkiv harvest` leaves it a request; or stop it first.",
        )
    return lock


def worker_runs(home: Path) -> bool:
    """Whether some process is the home's worker right now."""
    file = _open_lock(home)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _open_lock(home: Path) -> int:
    try:
        (home / "lock").mkdir(parents=True, exist_ok=True)
        return os.open(home / "lock" / "worker", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"The worker's lock cannot be opened: {error.strerror}.",
            remedy="Give this user write access to the home folder.",
        ) from error


def stop_on_signals(stop: Event) -> None:
    """SIGTERM and SIGINT set `stop`; the second one ends the process at once. What is in the log by
    then is whole, whatever was going on. Main thread only."""

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)

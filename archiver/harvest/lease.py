"""A channel's lease: one harvest of it at a time, held by flock so that a dead process frees it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archiver.errors import HomeBusy


@contextmanager
def channel_lease(home: Path, channel: int) -> Iterator[None]:
    """Hold the lease of a channel; `HomeBusy` if another process or thread holds it."""
    folder = home / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / f"channel-{channel}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeBusy(
                f"Channel C{channel} is being harvested already.",
                remedy="Wait until that has ended.",
            ) from error
        yield
    finally:
        os.close(file)

"""The system's clock: the one place that reads the time."""

from __future__ import annotations

import time


class SystemClock:
    """Wall time in milliseconds since 1970 UTC, and monotonic seconds."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class MovedClock(SystemClock):
    """The system's clock with its wall time moved by so many milliseconds: a demo's home has a time
    of its own, which every process that opens it shares."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead

    def now(self) -> int:
        return super().now() + self._ahead

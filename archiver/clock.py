"""The system's clock: the one place that reads the time."""

from __future__ import annotations

import time


class SystemClock:
    """Wall time in milliseconds since 1970 UTC, and monotonic seconds."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

"""What one run is to read, and what is known of the posts it may read under. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """How much of a channel a run reads."""

    FULL = "full"
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What one run reads. `FULL`: every list to its end. `PART`: what was created since `since`
    (milliseconds UTC), and everything under the posts in `threads` (record numbers)."""

    scope: Scope = Scope.FULL
    since: int | None = None
    threads: tuple[int, ...] = ()


EVERYTHING = RunPlan()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadFacts:
    """A post and how its thread has been read: instants in milliseconds UTC, None = never.
    `activity_at`: when something under it was last new; `empty`: scans in a row since then that
    brought nothing."""

    record: int
    created_at: int
    scanned_at: int | None
    activity_at: int | None
    empty: int = 0

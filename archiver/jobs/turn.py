"""Whose turn it is: which of the channels that are due become jobs now. Pure.

The journal holds no backlog of scheduled work: only as many jobs as keep the workers busy are in
it, so that the schedule, not the queue, says who comes next, also after a crisis has begun or a
clock was set. Invariants: a channel has one scheduled job at most; while something waits that a
person asked for, nothing that is scheduled is added; a platform that is slow keeps the others from
no more than its share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

from archiver.jobs.due import Due

AHEAD = 2  # jobs in the journal for each worker: one runs, one is ready when it ends


class Open(Protocol):
    """What this file needs to know of a job that waits or runs."""

    @property
    def channel(self) -> int: ...

    @property
    def request(self) -> int | None: ...

    @property
    def platform(self) -> str: ...

    @property
    def waits(self) -> bool: ...


def share_of(workers: int) -> int:
    """How many of so many workers one platform may keep busy."""
    return max(1, workers - 1)


def whose_turn(
    found: Iterable[Due], jobs: Iterable[Open], platforms: Mapping[int, str], workers: int
) -> list[int]:
    """Channels of `found` (longest due first) to make jobs of, beside the `jobs` there are."""
    there = list(jobs)
    if any(job.waits and job.request is not None for job in there):
        return []
    busy = {job.channel for job in there}
    of_platform = Counter(job.platform for job in there)
    room, most = AHEAD * workers - len(there), AHEAD * share_of(workers)
    chosen: list[int] = []
    for one in found:
        platform = platforms.get(one.channel, "")
        if room <= len(chosen):
            break
        if one.channel not in busy and of_platform[platform] < most:
            of_platform[platform] += 1
            chosen.append(one.channel)
    return chosen

"""How patient the worker is with each channel: failures in a row, and until when it is put off.

Kept in memory, since it is nothing that the archive must know, and told in each job's result, from
which the next worker takes it up. Waiting is measured by the clock that nobody sets: a wall clock
that is set back must not silence a channel. Safe for several threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import Lock

from archiver.core.ports import Clock, Harvested
from archiver.jobs.due import LONGEST_ASKED, ChannelFacts, put_off

FAILURES, PARKED_UNTIL = "failures", "parked_until"  # names in a job's result
_FAILED = frozenset({2, 3, 4, 5})  # exit codes


class Patience:
    """What this worker, and the one before, saw of each channel."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: dict[int, int] = {}
        self._parked: dict[int, float] = {}  # seconds of the monotonic clock
        self._ended: dict[int, int] = {}

    def settle(self, channel: int, harvested: Harvested, *, ended: bool) -> Mapping[str, int]:
        """Take note of a harvest that is over; what its job's result says of it. A run that
        `ended`, badly or not, has its cadence to wait as well; an attempt that came to no run has
        only the time it is put off for."""
        with self._lock:
            failed = harvested.exit_code in _FAILED
            self._failures[channel] = self._failures.get(channel, 0) + 1 if failed else 0
            wait = put_off(self._failures[channel], harvested.retry_after)
            self._parked[channel] = self._clock.monotonic() + wait
            now = self._clock.now()
            if ended:
                self._ended[channel] = now
            return {
                FAILURES: self._failures[channel],
                PARKED_UNTIL: now + int(wait * 1000) if wait else 0,
            }

    def take_up(self, results: Iterable[tuple[int, Mapping[str, int]]]) -> None:
        """Go on from (channel, result) of jobs that are done, newest first."""
        with self._lock:
            now, monotonic = self._clock.now(), self._clock.monotonic()
            for channel, result in results:
                if PARKED_UNTIL in result and channel not in self._parked:
                    left = min((result[PARKED_UNTIL] - now) / 1000, LONGEST_ASKED)
                    self._failures[channel] = result.get(FAILURES, 0)
                    self._parked[channel] = monotonic + left

    def with_what_was_seen(self, facts: Iterable[ChannelFacts]) -> list[ChannelFacts]:
        """The facts, corrected by what this process saw: a clock that is set back leaves newer ends
        in the tables, and going by those would read a channel again and again."""
        with self._lock:
            now, monotonic = self._clock.now(), self._clock.monotonic()
            return [self._corrected(one, now, monotonic) for one in facts]

    def _corrected(self, one: ChannelFacts, now: int, monotonic: float) -> ChannelFacts:
        left = self._parked.get(one.channel, monotonic) - monotonic
        parked = now + int(left * 1000) if left > 0 else 0
        ended = self._ended.get(one.channel)
        return replace(
            one,
            parked_until=max(parked, one.parked_until),
            last_ended=one.last_ended if ended is None else ended,
            last_full=_no_later(one.last_full, ended),
        )


def _no_later(at: int | None, ended: int | None) -> int | None:
    return at if at is None or ended is None else min(at, ended)

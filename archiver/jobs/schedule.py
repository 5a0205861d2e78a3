"""When a channel is due, and how long one that fails is put off. Pure: time is a parameter."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

FIRST_WAIT = 60.0  # seconds after the first failure; doubled with each further one
LONGEST_WAIT = 6 * 3600.0
LONGEST_ASKED = 24 * 3600.0
_DOUBLINGS = 16
_INTEGRITY = 5
_PARTIAL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """What decides when a channel is harvested. `interval` in seconds; `last_ended`: end of its
    newest run, None if there was none; `parked_until`: not before this instant, after
    a failure or because the platform said so. Instants are milliseconds UTC."""

    channel: int
    interval: int
    last_ended: int | None
    parked_until: int = 0


def due(now: int, facts: Iterable[ChannelFacts]) -> list[int]:
    """Channels to harvest at `now` (milliseconds UTC), longest waiting first, new ones before all.

    An end that lies more than an interval ahead comes from a clock that was wrong: waiting for it
    would leave a channel unharvested without a word, so it counts as past.
    """
    waiting = []
    for one in facts:
        last = one.last_ended
        if one.parked_until <= now and (last is None or abs(now - last) >= one.interval * 1000):
            waiting.append((-1 if last is None else last, one.channel))
    return [channel for _, channel in sorted(waiting)]


def put_off(failures: int, retry_after: float | None) -> float:
    """Seconds to leave a channel alone after its `failures`-th failure in a row: doubling, at most
    six hours; and no less than the platform asked for, up to a day (a wrong header must not
    silence a channel). No failure and no such wish: 0."""
    wait = FIRST_WAIT * 2.0 ** min(failures - 1, _DOUBLINGS) if failures else 0.0
    asked = retry_after if retry_after is not None and retry_after > 0 else 0.0
    return max(min(wait, LONGEST_WAIT), min(asked, LONGEST_ASKED))


def overall(codes: Collection[int]) -> int:
    """One exit code for several channels: integrity before all, the common one if they agree, and
    partial if some were harvested and some not."""
    if _INTEGRITY in codes:
        return _INTEGRITY
    return next(iter(codes), 0) if len(set(codes)) <= 1 else _PARTIAL

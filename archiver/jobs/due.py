"""When a channel is due, what is then read of it, and how long one that fails is put off. Pure:
time is a parameter.

For each thing that is read again there is one instant from which it is due, which follows from what
was read last; a channel is due when the earliest of them has come. Invariants: no channel is read
before it is due, while it is put off, or within its schedule's rest after a run; who has been due
longest comes first, so that nobody starves; an instant that lies further ahead than it could if the
clock had been right counts as past, since waiting for it would silence a channel without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archiver.core.plan import RunPlan, Scope, ThreadFacts
from archiver.jobs.schedule import Schedule, jitter, slot_after

FIRST_WAIT = 60.0  # seconds after the first failure; doubled with each further one
LONGEST_WAIT = 6 * 3600.0
LONGEST_ASKED = 24 * 3600.0
MOST_THREADS = 500  # in one run: a crisis must not make it endless
QUIET = 3  # scans in a row that brought nothing, after which a thread's cadence is halved
APART = 0.9  # of a cadence, the least between two looks
_AHEAD = 0.5  # of a cadence: so much before its slot a thread is taken along by a run that is made
_DOUBLINGS = 16
_INTEGRITY = 5
_PARTIAL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """What decides when a channel is read; instants are milliseconds UTC, None: never.

    `last_full`: end of the newest full run, `last_ended` of the newest of any kind, however they
    went (each reads the head of the lists); `threads`: its posts young enough to matter;
    `recheck_at`: when a missing item is to be asked for again; `parked_until`: not before, after a
    failure or because the platform said so; `crisis_until`: end of crisis mode; `hints`: post →
    when something was announced there (0: in the channel).
    """

    channel: int
    schedule: Schedule
    last_full: int | None = None
    last_ended: int | None = None
    threads: tuple[ThreadFacts, ...] = ()
    recheck_at: int | None = None
    parked_until: int = 0
    crisis_until: int = 0
    hints: Mapping[int, int] = field(default_factory=dict)


class Known(NamedTuple):
    """Every channel's facts, and its platform by its number."""

    facts: list[ChannelFacts]
    platforms: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A channel that is due since `at` (milliseconds UTC; 0: it was never read), and what to
    read."""

    channel: int
    plan: RunPlan
    at: int


def due(now: int, facts: Iterable[ChannelFacts]) -> list[Due]:
    """Who is due at `now` (milliseconds UTC), longest due first, new channels before all."""
    found = [one for each in facts if (one := _due(now, each))]
    return sorted(found, key=lambda one: (one.at, one.channel))


def next_due(now: int, facts: ChannelFacts) -> int | None:
    """When a channel is due next if nothing happens till then (milliseconds UTC; past: it is due);
    None if never."""
    times = [
        _full(now, facts),
        _head(now, facts),
        _recheck(now, facts),
        *(_thread(now, facts, thread) for thread in facts.threads),
    ]
    first = min((at for at in times if at is not None), default=None)
    return None if first is None else max(first, _floor(now, facts))


def _due(now: int, facts: ChannelFacts) -> Due | None:
    at = next_due(now, facts)
    if at is None or at > now:
        return None
    if _full(now, facts) <= now:
        return Due(channel=facts.channel, plan=RunPlan(), at=at)
    since = min(facts.last_ended or now, now) - facts.schedule.window * 1000
    waiting = []
    for thread in facts.threads:
        ready = _thread(now, facts, thread, ahead=True)
        if ready is not None and ready <= now:
            waiting.append((ready, thread.record))
    threads = tuple(record for _, record in sorted(waiting)[:MOST_THREADS])
    plan = RunPlan(scope=Scope.PART, since=since, threads=threads)
    return Due(channel=facts.channel, plan=plan, at=at)


# --- one instant each ----------------------------------------------------------------------------


def _floor(now: int, facts: ChannelFacts) -> int:
    """Before this nothing is read, however urgent."""
    parked = facts.parked_until
    if parked > now + LONGEST_ASKED * 1000:
        parked = 0
    ended = _past(now, facts.last_ended, facts.schedule.rest * 1000)
    return max(parked, 0 if ended is None else ended + facts.schedule.rest * 1000)


def _past(now: int, at: int | None, longest: int) -> int | None:
    """An end of a run, unless it lies so far ahead that a wrong clock wrote it."""
    return None if at is None or at > now + longest else at


def _full(now: int, facts: ChannelFacts) -> int:
    every = facts.schedule.deep * 1000
    last = _past(now, facts.last_full, every)
    if last is None:
        return 0
    return max(slot_after(facts.channel, every, last), last + int(every * APART))


def _head(now: int, facts: ChannelFacts) -> int | None:
    schedule = facts.schedule
    if schedule.head_day is None or schedule.head_night is None:
        return None
    day, night = schedule.head_day * 1000, schedule.head_night * 1000
    if now < facts.crisis_until:
        night = day
    last = _past(now, facts.last_ended, max(day, night))
    if last is None:
        return 0
    at, every = last, day
    while True:
        by_day = slot_after(facts.channel, day, at)
        by_night = slot_after(facts.channel, night, at)
        at = min(by_day, by_night)
        dark = schedule.is_night(at)
        if at == (by_night if dark else by_day):
            every = night if dark else day
            break
    ready = max(at, last + int(every * APART))
    hint = facts.hints.get(0, 0)
    return min(ready, hint) if last < hint <= now else ready


def _recheck(now: int, facts: ChannelFacts) -> int | None:
    """A confirmation is tried when it is time, and then no more often than the head is read."""
    at = facts.recheck_at
    ended = _past(now, facts.last_ended, facts.schedule.deep * 1000)
    if at is None or ended is None or ended < at:
        return at
    return ended + (facts.schedule.head_day or facts.schedule.deep) * 1000


def _thread(
    now: int, facts: ChannelFacts, thread: ThreadFacts, *, ahead: bool = False
) -> int | None:
    """When a post's thread is to be scanned; with `ahead`, from when on it may be taken along."""
    hint = facts.hints.get(thread.record, 0)
    signs = (thread.created_at, thread.activity_at or 0, hint)  # of life; a platform's clock errs
    hot_since = max((at for at in signs if at <= now), default=0)
    tiers, crisis = facts.schedule.tiers, now < facts.crisis_until
    scanned = _past(now, thread.scanned_at, max((tier.every for tier in tiers), default=0) * 2000)
    if 0 < hint <= now and (scanned or 0) < hint:
        return hint
    factor = 2 if thread.empty >= QUIET and not crisis else 1
    age = 0
    for tier in tiers:
        every = tier.every * 1000 * factor
        first, last = hot_since + age * 1000, hot_since + tier.until * 1000
        if crisis and not age:
            last = min(facts.crisis_until, hot_since + facts.schedule.crisis * 1000)
        early = int(every * _AHEAD)
        # The first slot that no scan stands for: one shortly before a slot does.
        turn = 1 if scanned is None else max(1, (scanned + early - first) // every + 1)
        slot = first + turn * every
        if slot <= last:
            spread = jitter(thread.record, slot // every, every)
            return slot - early if ahead else slot + spread
        age = tier.until
    return None


# --- failing -------------------------------------------------------------------------------------


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

"""Gaps: the stretches of time in which something could not be seen. Pure.

Promise 1 of the archive is that nothing is lost silently: what was not seen is a record with a
beginning, an end and a reason. Two kinds of gap, decided here:

- Of one collection: from its last complete look (or, if there was none, the first look that failed)
  until the next complete one. Looks in between that were not complete join. A look at everything
  that failed is made good only by a look at everything, not by one at what is new.
- Of a whole channel (collection ""): nobody looked for longer than its schedule promised
  (`not_looked`), or the clock stood behind the log, so that the times mean nothing (`clock_skew`).

Invariants: gaps of one channel and collection never overlap; none is empty; each look that failed
is in just one; what is appended never changes a gap that has ended. They hold whatever the wall
clock does, because an instant is taken as the log has it: a look began no earlier than the entry of
the run before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from archiver.core.reason import CLOCK_SKEW, NOT_LOOKED

WHOLE_CHANNEL = ""
LATE = 15 * 60_000  # milliseconds a look may be late beyond twice its interval
SKEW = 5_000  # milliseconds a clock may be put right without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTime:
    """When a run began by the wall clock (`started`) and when its entry was logged (`logged`),
    milliseconds UTC; `logged` never goes back."""

    run: int
    started: int
    logged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One collection in one run, or several looks in a row that were not complete taken together
    (`run` and `last_run` are the first and the last of them, `runs` how many). `at` is the instant
    that counts (`instant_of`); `whole`: the look was to see everything, not a part."""

    run: int
    last_run: int
    collection: str
    at: int
    complete: bool
    whole: bool = True
    reasons: frozenset[str] = frozenset()
    runs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """That somebody saw a gap and did something about it; `seq` is its number in the log."""

    seq: int
    collection: str
    since: int
    reasons: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which nobody saw a collection wholly; instants in milliseconds UTC.

    `until` is None while it is open. `reasons` are codes in order of the alphabet; `first_run`,
    `last_run` and `runs` the looks that failed (None and 0 where nobody looked). `acknowledged` is
    the seq of the newest acknowledgement that names all its reasons.
    """

    channel: int
    collection: str
    since: int
    until: int | None
    reasons: tuple[str, ...]
    first_run: int | None = None
    last_run: int | None = None
    runs: int = 0
    acknowledged: int | None = None

    @property
    def is_open(self) -> bool:
        return self.until is None


def instant_of(started: int, before: int | None, logged: int) -> int:
    """The instant a look counts from: its start, but neither before the entry of the run before it
    (`before`, None for the first) nor after its own."""
    return min(max(started, before or 0), max(logged, before or 0))


def promised(interval: int) -> int:
    """Milliseconds that may pass from the end of a run to the start of the next, by the seconds
    that its schedule leaves between them: twice that, and a quarter of an hour."""
    return 2 * interval * 1000 + LATE


def collection_gaps(channel: int, looks: Iterable[Look]) -> list[Gap]:
    """Gaps of a channel's collections, oldest first. `looks` in the order of the runs; looks that
    are complete and follow on a complete one may be left out."""
    complete: dict[str, int] = {}
    opened: dict[str, Gap] = {}
    ended: list[Gap] = []
    wants_whole: set[str] = set()
    for look in looks:
        name, gap = look.collection, opened.get(look.collection)
        if not look.complete:
            begun = gap or Gap(
                channel=channel,
                collection=name,
                since=complete.get(name, look.at),
                until=None,
                reasons=(),
                first_run=look.run,
            )
            if look.whole:
                wants_whole.add(name)
            opened[name] = replace(
                begun,
                reasons=tuple(sorted({*begun.reasons, *look.reasons})),
                last_run=look.last_run,
                runs=begun.runs + look.runs,
            )
        elif gap is None:
            complete[name] = look.at
        elif look.at > gap.since and (look.whole or name not in wants_whole):
            # Not at the same instant: the clock stood still or went back, nothing new was seen.
            complete[name] = look.at
            wants_whole.discard(name)
            ended.append(replace(opened.pop(name), until=look.at))
    return _ordered([*ended, *opened.values()])


def channel_gaps(
    channel: int, runs: Sequence[RunTime], *, before: int, promise: int, now: int
) -> list[Gap]:
    """Gaps in which nobody looked at the channel, oldest first. `runs` in their order, without any
    left out; `before`: the instant of the entry of the run before the first of them, or, where
    there was none, of the channel's own; `promise`: milliseconds that may pass between two runs."""
    found: list[Gap] = []
    skewed: int | None = None
    for run in runs:
        at = instant_of(run.started, before, run.logged)
        if skewed is not None:
            if at > skewed:
                late = at - before > promise
                found.append(_nobody(channel, skewed, at, skew=True, late=late))
                skewed = None
        elif run.started < before - SKEW:
            skewed = before
        elif at - before > promise:
            found.append(_nobody(channel, before, at, late=True))
        before = max(before, run.logged)
    if skewed is None and now < before - SKEW:
        skewed = before
    late = now - before > promise
    if skewed is not None or late:
        begin = before if skewed is None else skewed
        found.append(_nobody(channel, begin, None, skew=skewed is not None, late=late))
    return found


def _nobody(
    channel: int, since: int, until: int | None, *, skew: bool = False, late: bool = False
) -> Gap:
    reasons = ((CLOCK_SKEW,) if skew else ()) + ((NOT_LOOKED,) if late else ())
    return Gap(channel=channel, collection=WHOLE_CHANNEL, since=since, until=until, reasons=reasons)


def acknowledged(gaps: Iterable[Gap], told: Iterable[Acknowledgement]) -> list[Gap]:
    """The gaps, with who acknowledged them: a reason that came later is not acknowledged yet."""
    by_gap: dict[tuple[str, int], list[Acknowledgement]] = {}
    for one in told:
        by_gap.setdefault((one.collection, one.since), []).append(one)
    return [replace(gap, acknowledged=_newest(gap, by_gap)) for gap in gaps]


def _newest(gap: Gap, by_gap: Mapping[tuple[str, int], Sequence[Acknowledgement]]) -> int | None:
    fitting = [
        one.seq
        for one in by_gap.get((gap.collection, gap.since), ())
        if set(gap.reasons) <= one.reasons
    ]
    return max(fitting, default=None)


def shouting(gaps: Iterable[Gap]) -> list[Gap]:
    """Those that are open and that nobody has acknowledged."""
    return [gap for gap in gaps if gap.is_open and gap.acknowledged is None]


def _ordered(gaps: Iterable[Gap]) -> list[Gap]:
    return sorted(gaps, key=lambda gap: (gap.since, gap.collection, gap.first_run or 0))

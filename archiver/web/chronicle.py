"""A record's time as a line to look at and rows to read: looks, versions, states, gaps, entries.

Pure. The drawing and the table are made from the same parts, so that neither says more than the
other. However many looks there were, what is drawn and listed is bounded: they are taken together
by the day, or by the week. Where nobody looked is part of the answer: a stretch between two looks
with a whole Swedish day in it, and every gap that is known of the lists the record stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from archiver.web.dates import day
from archiver.web.rows import LookRow, TransitionRow, VersionRow

EACH = 60  # looks that are shown one by one
BY_DAY = 92  # days whose looks are shown day by day; beyond it by the week
WIDTH = 1000  # of the drawing, in its own units
_NARROWEST = 2  # of a stretch, so that it is seen at all
_UNSEEN_STATES = frozenset(
    {"missing_suspected", "gone_confirmed", "author_gone", "platform_removed", "unknown_access"}
)


class By(StrEnum):
    """How looks are taken together."""

    EACH = "each"
    DAY = "day"
    WEEK = "week"


class Happened(StrEnum):
    """What a row of the table tells of."""

    LOOKS = "looks"
    NOBODY = "nobody"
    VERSION = "version"
    STATE = "state"
    ENTERED = "entered"
    CORRECTED = "corrected"
    MARKED = "marked"
    UNMARKED = "unmarked"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nobody:
    """A stretch nobody saw, in milliseconds UTC; `until` None: it goes on. `reasons`: codes, none
    where no look was made and none was promised."""

    since: int
    until: int | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something in the register about the record: what, when, the entry's seq and its number."""

    what: Happened
    at: int
    entry: int
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the drawing, in its units."""

    x: int
    width: int
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table, at the instant it is sorted by; the rest depends on `what`."""

    what: Happened
    at: int
    looks: LookRow | None = None
    nobody: Nobody | None = None
    version: VersionRow | None = None
    state: TransitionRow | None = None
    noted: Noted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicle:
    """A record's time in [since, until]: rows newest first, and the drawing's parts. `states` has
    the state as its code; `unsure-` stands before one that came at some time in the stretch."""

    since: int
    until: int
    by: By
    looks: int
    nobody: tuple[Nobody, ...]
    rows: tuple[Row, ...]
    ticks: tuple[int, ...]
    states: tuple[Stretch, ...]
    hatched: tuple[Stretch, ...]
    versions: tuple[int, ...]
    noted: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a chronicle is made from. `hours`: looks taken together by the hour; `singly`: the same
    one by one, where they are few enough. All in their order."""

    since: int
    until: int
    hours: Sequence[LookRow]
    singly: Sequence[LookRow] = ()
    gaps: Sequence[Nobody] = ()
    versions: Sequence[VersionRow] = ()
    transitions: Sequence[TransitionRow] = ()
    noted: Sequence[Noted] = ()
    watched: bool = True


def chronicle(known: Known) -> Chronicle:
    """The chronicle of what is known. What was captured by hand is not `watched`: nobody was to
    look, so that nothing is missing."""
    total = sum(one.number for one in known.hours)
    by = _by(known, total)
    grouped = known.singly if by is By.EACH else together(known.hours, by)
    nobody = unlooked(known) if known.watched else ()
    rows = [
        *(Row(what=Happened.LOOKS, at=one.last, looks=one) for one in grouped),
        *(Row(what=Happened.NOBODY, at=one.since, nobody=one) for one in nobody),
        *(Row(what=Happened.VERSION, at=v.captured_at, version=v) for v in known.versions),
        *(Row(what=Happened.STATE, at=one.at, state=one) for one in known.transitions),
        *(Row(what=one.what, at=one.at, noted=one) for one in known.noted),
    ]
    inside = [row for row in rows if known.since <= row.at <= known.until or row.nobody]
    scale = _Scale(known.since, known.until)
    return Chronicle(
        since=known.since,
        until=known.until,
        by=by,
        looks=total,
        nobody=nobody,
        rows=tuple(sorted(inside, key=lambda row: row.at, reverse=True)),
        ticks=tuple(dict.fromkeys(scale.x(one.last) for one in grouped)),
        states=tuple(_states(known, scale)),
        hatched=tuple(scale.stretch(one.since, one.until) for one in nobody),
        versions=tuple(
            scale.x(v.captured_at) for v in known.versions if scale.holds(v.captured_at)
        ),
        noted=tuple(scale.x(one.at) for one in known.noted if scale.holds(one.at)),
    )


def _by(known: Known, total: int) -> By:
    if total <= EACH and len(known.singly) == total:
        return By.EACH
    days = (day(known.until) - day(known.since)).days + 1
    return By.DAY if days <= BY_DAY else By.WEEK


def together(hours: Iterable[LookRow], by: By) -> list[LookRow]:
    """Looks by the Swedish day, or by the week from Monday."""
    found: dict[date, LookRow] = {}
    for one in hours:
        on = day(one.last)
        if by is By.WEEK:
            on -= timedelta(days=on.weekday())
        before = found.get(on)
        found[on] = (
            one
            if before is None
            else before._replace(last=one.last, number=before.number + one.number, run=one.run)
        )
    return list(found.values())


def unlooked(known: Known) -> tuple[Nobody, ...]:
    """The stretches that nobody saw, oldest first, none touching another: the gaps that are known,
    and those between two looks (versions and states are looks too) with a whole day in them."""
    spans = [(one.first, one.last) for one in known.hours]
    spans += [(v.captured_at, v.captured_at) for v in known.versions]
    spans += [(one.at, one.at) for one in known.transitions]
    # Before the first and after the last there was nobody either, as far as the line reaches.
    spans = sorted({*spans, (known.since, known.since), (known.until, known.until)})
    found = list(known.gaps)
    end = spans[0][1]
    for first, last in spans:
        if (day(first) - day(end)).days > 1:
            found.append(Nobody(since=end, until=first))
        end = max(end, last)
    cut = [
        Nobody(
            since=max(one.since, known.since),
            until=one.until if one.until is None or one.until <= known.until else known.until,
            reasons=one.reasons,
        )
        for one in found
        if one.since < known.until and (one.until is None or one.until > known.since)
    ]
    return tuple(_joined(sorted(cut, key=lambda one: one.since)))


def _joined(gaps: Iterable[Nobody]) -> list[Nobody]:
    found: list[Nobody] = []
    for one in gaps:
        before = found[-1] if found else None
        if before is None or (before.until is not None and before.until <= one.since):
            found.append(one)
            continue
        ends = [before.until, one.until]
        until = None if None in ends else max(end for end in ends if end is not None)
        reasons = tuple(dict.fromkeys([*before.reasons, *one.reasons]))
        found[-1] = Nobody(since=before.since, until=until, reasons=reasons)
    return found


class _Scale:
    """Instants to places in the drawing."""

    def __init__(self, since: int, until: int) -> None:
        self._since, self._until = since, until
        self._span = max(1, until - since)

    def holds(self, at: int) -> bool:
        return self._since <= at <= self._until

    def x(self, at: int) -> int:
        """0 to `WIDTH`."""
        return (min(max(at, self._since), self._until) - self._since) * WIDTH // self._span

    def stretch(self, since: int, until: int | None, code: str = "") -> Stretch:
        x = self.x(since)
        width = max(_NARROWEST, (WIDTH if until is None else self.x(until)) - x)
        return Stretch(x=min(x, WIDTH - _NARROWEST), width=width, code=code)


def _states(known: Known, scale: _Scale) -> Iterable[Stretch]:
    """The states one after the other, as they are known now: what was found to be gone is drawn
    from when it was missed, and before that as unsure from when it was last seen."""
    turns: list[tuple[int, int, str, TransitionRow | None]] = [
        (v.seq, v.captured_at, v.moderation, None) for v in known.versions
    ]
    turns += [(one.seq, one.at, one.state, one) for one in known.transitions]
    turns.sort(key=lambda turn: turn[0])
    points: list[tuple[int, str]] = []
    for _, at, state, seen in turns:
        if seen is not None and state in _UNSEEN_STATES and seen.first_missed is not None:
            while points and points[-1][0] > (seen.last_seen or seen.first_missed):
                points.pop()
            if seen.last_seen is not None:
                points.append((seen.last_seen, f"unsure-{state}"))
            points.append((seen.first_missed, state))
        else:
            points.append((at, state))
    for number, (at, state) in enumerate(points):
        until = points[number + 1][0] if number + 1 < len(points) else known.until
        if at < known.until and until > known.since:
            yield scale.stretch(at, until, state)

"""Supervision (uppsikt) of channels: whether somebody is there at the hours that were promised.

Whoever provides a board supervises it as far as its use demands (BBS-lagen 4 §). The authority says
at which hours of the week, who does it then, and who steps in; and how often a working day somebody
looks. Hours are Swedish wall-clock time, "mån-fre 08:00-17:00"; a range ends on the day it begins.

Pure. Minutes are counted from Monday 00:00.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from archiver.core.calendar import is_working_day
from archiver.errors import ConfigError
from archiver.governance.core.upkeep import Supervised, outdated

DAYS = ("mån", "tis", "ons", "tor", "fre", "lör", "sön")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_HOURS = re.compile(
    r"(?P<first>[a-zåäö]{3})(?:-(?P<last>[a-zåäö]{3}))?"
    r" (?P<h1>\d\d):(?P<m1>\d\d)-(?P<h2>\d\d):(?P<m2>\d\d)"
)
_USER = re.compile(r"U([1-9]\d*)")


class Span(NamedTuple):
    """From one minute of the week to another, which it does not hold."""

    start: int
    end: int


class Roster(NamedTuple):
    """What a roster lacks. `uncovered`: promised minutes of the week when nobody is there;
    `alone`: turns that nobody steps in for; `away`: users in it who have left."""

    uncovered: int
    alone: int
    away: tuple[int, ...]
    old: bool

    @property
    def faults(self) -> bool:
        """Whether it does not hold."""
        return bool(self.uncovered or self.alone or self.away)


def spans(hours: Iterable[str]) -> list[Span]:
    """The spans of a week that such lines name. `ConfigError` for a line that is none."""
    return [span for line in hours for span in _spans(line)]


def _spans(line: str) -> Iterator[Span]:
    found = _HOURS.fullmatch(line.strip().casefold())
    days = (found["first"], found["last"] or found["first"]) if found else ()
    if not found or any(day not in DAYS for day in days):
        raise ConfigError(f'{line} is no hours of a week; write them as "mån-fre 08:00-17:00".')
    first, last = (DAYS.index(day) for day in days)
    start, end = (int(found[f"h{n}"]) * 60 + int(found[f"m{n}"]) for n in (1, 2))
    if last < first or not start < end <= _DAY or max(found["m1"], found["m2"]) >= "60":
        raise ConfigError(f"{line}: a day and an hour come before the ones they end with.")
    for day in range(first, last + 1):
        yield Span(day * _DAY + start, day * _DAY + end)


def uncovered(promised: Iterable[Span], there: Collection[Span]) -> int:
    """How many promised minutes of the week nobody is there."""
    wanted, held = bytearray(_WEEK), bytearray(_WEEK)
    for spans_, minutes in ((promised, wanted), (there, held)):
        for one in spans_:
            minutes[one.start : one.end] = b"\x01" * (one.end - one.start)
    return sum(1 for asked, got in zip(wanted, held, strict=True) if asked and not got)


def roster(said: Supervised, noted: date, today: date, active: Collection[int]) -> Roster:
    """What a roster lacks today. `active`: the users who may sign in."""
    named = [
        int(found[1])
        for turn in said.turns
        for who in (turn.who, turn.deputy)
        if (found := _USER.fullmatch(who))
    ]
    return Roster(
        uncovered=uncovered(spans(said.hours), spans(turn.hours for turn in said.turns)),
        alone=sum(not turn.deputy or turn.deputy == turn.who for turn in said.turns),
        away=tuple(sorted({user for user in named if user not in active})),
        old=outdated(noted, today),
    )


def watched_days(said: Supervised, noted: date, today: date, most: int) -> list[date]:
    """The newest working days on which somebody was to look: over by today, after the plan was
    noted, and with promised hours. At most `most`, looked for among four weeks."""
    weekdays = {one.start // _DAY for one in spans(said.hours)}
    days = [today - timedelta(days=back) for back in range(1, 29)]
    asked = [
        one for one in days if one > noted and one.weekday() in weekdays and is_working_day(one)
    ]
    return asked[:most]


def too_few(days: Iterable[date], looked: Iterable[date], looks: int) -> list[date]:
    """The days on which somebody looked less often than was promised."""
    counted = Counter(looked)
    return [day for day in days if counted[day] < looks]

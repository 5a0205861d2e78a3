"""When the hits of a search fall: months, or years where the months are many. Pure.

The counts come from the index query itself, so they are of what the viewer may read and add up to
the total. There is no count by person, and none by anything that is said about one
(dataskyddslag 3:3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MOST_MONTHS = 36  # beyond it, years


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One month or year: its name ("2026-11" or "2026"), first and last day, and hits. `share` is
    of the highest bar, 0 to 100."""

    name: str
    first: date
    last: date
    count: int
    share: int


def bars(months: Iterable[tuple[str, int]]) -> tuple[Bar, ...]:
    """A bar for every month or year from the first with a hit to the last, empty ones included:
    where nothing was found is part of the answer."""
    counts = {_number(name): count for name, count in months}
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    if last - first < MOST_MONTHS:
        return _shared([(n, n, counts.get(n, 0)) for n in range(first, last + 1)])
    years = range(first // 12, last // 12 + 1)
    return _shared(
        [(12 * y, 12 * y + 11, sum(counts.get(12 * y + m, 0) for m in range(12))) for y in years]
    )


def _shared(spans: Sequence[tuple[int, int, int]]) -> tuple[Bar, ...]:
    highest = max(count for _, _, count in spans)
    return tuple(
        Bar(
            name=f"{first // 12:04}" + ("" if last > first else f"-{first % 12 + 1:02}"),
            first=_day(first),
            last=_day(last + 1) - timedelta(days=1),
            count=count,
            share=-(-100 * count // highest),
        )
        for first, last, count in spans
    )


def _number(name: str) -> int:
    year, _, month = name.partition("-")
    return int(year) * 12 + int(month) - 1


def _day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)

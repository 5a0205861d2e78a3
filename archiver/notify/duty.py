"""Who is on duty: a weekly rota and dated exceptions, in Swedish wall-clock time. Pure.

A line of the roster is `from;to;address`; in place of an address it may name a user by number
(`U12`), whose address is looked up when something is sent. Where both ends name a weekday
(`mån 16:00`) it comes back each week; where both are dates (`2026-12-24 16:00`) it holds once, and
goes before the week's lines. A dated line without an address says that nobody is on duty.
Invariant: an hour that happens twice or not at all when the clocks change belongs to every line
that touches it, so that lines that meet leave no moment uncovered.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from archiver.errors import ConfigError

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HEADER = ("from", "to", "address")
MAX_LINES = 2000
_WEEKDAYS = (("mån", "mon"), ("tis", "tue"), ("ons", "wed"), ("tor", "thu"),
             ("fre", "fri"), ("lör", "sat"), ("sön", "sun"))  # fmt: skip
_WEEKLY = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})[:.](\d{2})\Z")
_ADDRESS = re.compile(r"[^\s@<>,;:\"\\\x00-\x1f]+@[^\s@<>,;:\"\\\x00-\x1f]+\Z")
_USER = re.compile(r"U([1-9]\d{0,14})\Z")
_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """On duty each week, from a weekday (0 = Monday) and time to another; a whole week if both are
    the same."""

    start_day: int
    start: time
    end_day: int
    end: time
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """On duty once, from and to (Swedish wall-clock time); nobody if `address` is empty."""

    start: datetime
    end: datetime
    address: str


Line: TypeAlias = Weekly | Dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The whole roster."""

    weekly: tuple[Weekly, ...] = ()
    dated: tuple[Dated, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        return (*self.weekly, *self.dated)


def on_duty(now: int, roster: Roster) -> tuple[str, ...]:
    """Addresses or users of those on duty at `now` (milliseconds UTC), each once; empty if nobody
    is."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    dated = [one for one in roster.dated if _first(one.start) <= at < _last(one.end)]
    if dated:
        found = [one.address for one in dated]
    else:
        found = [one.address for one in roster.weekly if _is_on(at, one)]
    return tuple(dict.fromkeys(address for address in found if address))


def _is_on(at: datetime, one: Weekly) -> bool:
    """Whether one of the line's turns around `at` holds it."""
    today = at.astimezone(STOCKHOLM).date()
    for back in range(-1, _WEEK + 2):
        begin = today - timedelta(days=back)
        if begin.weekday() != one.start_day:
            continue
        days = (one.end_day - one.start_day) % _WEEK
        if days == 0 and one.end <= one.start:
            days = _WEEK
        end = begin + timedelta(days=days)
        if _first(datetime.combine(begin, one.start)) <= at < _last(datetime.combine(end, one.end)):
            return True
    return False


def _first(local: datetime) -> datetime:
    """The earlier of the instants that a wall clock shows so."""
    both = (local.replace(tzinfo=STOCKHOLM, fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(both)


def _last(local: datetime) -> datetime:
    """The later of them."""
    both = (local.replace(tzinfo=STOCKHOLM, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(both)


# --- as text -------------------------------------------------------------------------------------


def parse(text: str) -> Roster:
    """The roster in a table of `from;to;address` (or with commas), with or without that heading.
    `ConfigError` names the line that is wrong, and nothing of what stands in it."""
    weekly, dated = list[Weekly](), list[Dated]()
    for number, cells in _rows(text):
        try:
            line = parse_line(*cells)
        except (ValueError, TypeError):
            raise ConfigError(
                f"Line {number} of the duty roster is not FROM;TO;ADDRESS.",
                remedy="Write `mån 16:00;tis 07:30;jour@testkoping.example` (weekly), or dates as "
                "`2026-12-24 16:00`; a dated line without an address says that nobody is on duty.",
            ) from None
        if isinstance(line, Weekly):
            weekly.append(line)
        else:
            dated.append(line)
    if len(weekly) + len(dated) > MAX_LINES:
        raise ConfigError(f"A duty roster may have at most {MAX_LINES} lines.")
    return Roster(weekly=tuple(weekly), dated=tuple(dated))


def _rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    text = text.removeprefix("\ufeff")
    delimiter = ";" if ";" in text else ","
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if number == 1 and cells[0].casefold() in ("from", "från"):
            continue
        yield number, cells


def parse_line(start: str, end: str, address: str = "") -> Line:
    """One line; `ValueError` if it is none."""
    if address and user_of(address) is None:
        address = checked_address(address)
    weekly = _WEEKLY.match(start), _WEEKLY.match(end)
    if weekly[0] and weekly[1]:
        if not address:
            raise ValueError("a weekly line needs an address")
        (from_day, from_time), (to_day, to_time) = _moment(weekly[0]), _moment(weekly[1])
        return Weekly(
            start_day=from_day, start=from_time, end_day=to_day, end=to_time, address=address
        )
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    if first.tzinfo or last.tzinfo or first >= last:
        raise ValueError("dates are in Swedish time, the first before the second")
    return Dated(start=first, end=last, address=address)


def user_of(address: str) -> int | None:
    """The user's number that stands in place of an address; None for an address."""
    found = _USER.match(address)
    return int(found[1]) if found else None


def reached(named: Sequence[str], find: Callable[[int], str]) -> tuple[tuple[str, ...], int]:
    """Addresses of those named in a roster, each once, and how many users are passed over because
    `find` knows no address that may be written to now ("")."""
    addresses, missed = list[str](), 0
    for one in named:
        number = user_of(one)
        address = one if number is None else find(number)
        missed += not address
        addresses += [address] if address else []
    return tuple(dict.fromkeys(addresses)), missed


def checked_address(text: str) -> str:
    """An e-mail address; `ValueError` if it is none that a mail server could take."""
    if not _ADDRESS.match(text) or len(text) > 254 or not text.isascii():
        raise ValueError("not an e-mail address")
    return text


def _moment(found: re.Match[str]) -> tuple[int, time]:
    name = found[1].casefold()[:3]
    day = next((n for n, names in enumerate(_WEEKDAYS) if name in names), None)
    if day is None:
        raise ValueError("no weekday")
    return day, time(int(found[2]), int(found[3]))


def render(roster: Roster) -> str:
    """The roster as text that `parse` reads."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\n")
    table.writerow(HEADER)
    table.writerows(cells(line) for line in roster.lines)
    return out.getvalue()


def cells(line: Line) -> tuple[str, str, str]:
    """A line's three cells."""
    if isinstance(line, Weekly):
        return (
            f"{_WEEKDAYS[line.start_day][0]} {line.start:%H:%M}",
            f"{_WEEKDAYS[line.end_day][0]} {line.end:%H:%M}",
            line.address,
        )
    return (f"{line.start:%Y-%m-%d %H:%M}", f"{line.end:%Y-%m-%d %H:%M}", line.address)

"""Instants as people read them: Swedish dates and times, the zone on hover.

Instants are milliseconds since 1970 UTC; legal dates are dates in Europe/Stockholm.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from markupsafe import Markup

from archiver.web.i18n import chosen, gettext

STOCKHOLM = ZoneInfo("Europe/Stockholm")
_SECOND = 1000
_CLOCK = re.compile(r"([0-9]{1,2})[.:]([0-9]{2})(?:[.:]([0-9]{2}))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1990, 2999


def local(at: int) -> datetime:
    """The instant on Swedish clocks."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(STOCKHOLM)


def day(at: int) -> date:
    """The Swedish date of an instant."""
    return local(at).date()


def start_of(value: date) -> int:
    """The first instant of a Swedish date."""
    return int(datetime.combine(value, time.min, STOCKHOLM).timestamp() * 1000)


def end_of(value: date) -> int:
    """The first instant after a Swedish date."""
    return start_of(value + timedelta(days=1))


def moment(at: int) -> Markup:
    """Date and time as a `time` element: `2026-11-22 14.05`."""
    return _element(at, f"{local(at):%Y-%m-%d %H.%M}")


def moment_exact(at: int) -> Markup:
    """As `moment`, with seconds."""
    return _element(at, f"{local(at):%Y-%m-%d %H.%M.%S}")


def day_of(at: int) -> Markup:
    """Only the date, as a `time` element."""
    return _element(at, f"{local(at):%Y-%m-%d}")


def weekday_of(at: int, now: int) -> Markup:
    """The date as one speaks of a day that is near, as a `time` element: `tis 24 nov`, with the
    year where it is another than now."""
    return _element(at, _spoken(at, now))


def hour_of(at: int, now: int) -> Markup:
    """As `weekday_of`, with the time of day."""
    return _element(at, f"{_spoken(at, now)} {local(at):%H.%M}")


def _spoken(at: int, now: int) -> str:
    form = "EEE d MMM" if day(at).year == day(now).year else "EEE d MMM y"
    return str(format_date(day(at), form, locale=chosen())).replace(".", "")


def _element(at: int, shown: str) -> Markup:
    swedish = local(at)
    offset = int((swedish.utcoffset() or timedelta()).total_seconds()) // 3600
    hover = gettext(
        "%(time)s svensk tid (%(zone)s, UTC+%(offset)s)",
        time=f"{swedish:%Y-%m-%d %H.%M.%S}",
        zone=swedish.tzname() or "",
        offset=offset,
    )
    utc = datetime.fromtimestamp(at / 1000, UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{utc:%Y-%m-%dT%H:%M:%SZ}", hover, shown
    )


def parse_day(text: str) -> date | None:
    """A date someone typed; None if it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def parse_clock(text: str) -> tuple[int, int, int | None] | None:
    """Hour, minute and perhaps second that someone typed (14.05, 14:05:33); None if it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    second = int(found[3]) if found[3] else None
    fits = hour < 24 and minute < 60 and (second or 0) < 60
    return (hour, minute, second) if fits else None


def end_of_moment(on: date, clock: tuple[int, int, int | None], *, later: bool = False) -> int:
    """The last millisecond of a Swedish second or minute: what was seen within it had been seen.
    An hour that comes twice is the first one, or the second if `later`."""
    hour, minute, second = clock
    first = datetime.combine(on, time(hour, minute, second or 0), STOCKHOLM)
    start = int(first.replace(fold=int(later)).timestamp() * _SECOND)
    return start + (_SECOND if second is not None else 60 * _SECOND) - 1


def parse_moment(text: str) -> int | None:
    """An instant as `moment_text` writes it, to its end; None if it is none."""
    day_text, _, clock_text = text.strip().partition("T")
    later = clock_text.endswith("b")
    on, clock = parse_day(day_text), parse_clock(clock_text.removesuffix("b"))
    if on is None or clock is None or not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        return None
    return end_of_moment(on, clock, later=later)


def moment_text(at: int) -> str:
    """An instant for an address: `2026-11-22T14.05.33` in Swedish time. In the hour that comes
    twice, the second one has a `b` at its end."""
    swedish = local(at)
    twice = swedish.fold and swedish.replace(fold=0).utcoffset() != swedish.utcoffset()
    return f"{swedish:%Y-%m-%dT%H.%M.%S}" + ("b" if twice else "")

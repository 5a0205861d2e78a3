"""Instants as people read them: Swedish dates and times, the zone on hover.

Instants are milliseconds since 1970 UTC; legal dates are dates in Europe/Stockholm.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from markupsafe import Markup

from archiver.web.i18n import chosen, gettext

STOCKHOLM = ZoneInfo("Europe/Stockholm")


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

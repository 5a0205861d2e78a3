"""Instants in a terminal: Swedish time, to the minute."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from archiver.core.record import instant

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def swedish_time(at: int | None) -> str:
    """Milliseconds UTC as `2026-11-22 14:05` in Europe/Stockholm; "" for None."""
    if at is None:
        return ""
    try:
        return f"{instant(at).astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"
    except OverflowError:  # the last hour of the year 9999, as some platforms say "never"
        return f"{instant(at):%Y-%m-%d %H:%M} UTC"

"""Instants in a terminal: Swedish time, to the minute."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from archiver.core.record import instant

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def swedish_time(at: int | None) -> str:
    """Milliseconds UTC as `2026-11-22 14:05` in Europe/Stockholm; "" for None."""
    return "" if at is None else f"{instant(at).astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"

"""Days as they are given to commands."""

from __future__ import annotations

from datetime import date

from archiver.registry.core.entry import day_number


def day_of(text: str | None) -> date | None:
    """A day written as 2026-11-23; None if none was given, `ConfigError` for what is no day."""
    if not text:
        return None
    day_number(text)
    return date.fromisoformat(text)

"""What an address asks for, read strictly: a parameter that makes no sense is as if left out."""

from __future__ import annotations

from flask import request

from archiver.core.changes import State
from archiver.core.record import Origin
from archiver.web.dates import end_of, parse_day, start_of
from archiver.web.rows import NOT_VISIBLE, Place, Selection

_MOST_DIGITS = 20  # more are not even read as a number
_MAX_SEQ = 10**15


def number(name: str) -> int | None:
    """A sequence number in the address's query."""
    text = request.args.get(name, "").strip().upper().lstrip("CR")
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        return None
    return int(text) if int(text) < _MAX_SEQ else None


def word(name: str, allowed: frozenset[str]) -> str:
    """One of the allowed words, or ""."""
    found = request.args.get(name, "")
    return found if found in allowed else ""


STATE_CHOICES = (NOT_VISIBLE, *(state.value for state in State))
_STATES = frozenset(STATE_CHOICES)
_ORIGINS = frozenset(origin.value for origin in Origin)


def selection() -> Selection:
    """The filters of a list: konto, tillstand, riktning, andrade, fran, till (dates, inclusive)."""
    since, until = (parse_day(request.args.get(name, "")) for name in ("fran", "till"))
    return Selection(
        channel=number("konto"),
        state=word("tillstand", _STATES),
        origin=word("riktning", _ORIGINS),
        edited=bool(request.args.get("andrade")),
        since=start_of(since) if since else None,
        until=end_of(until) if until else None,
    )


def place() -> Place | None:
    """Where in a list the page begins: `efter=<milliseconds>-<seq>`."""
    at, _, seq = request.args.get("efter", "").rpartition("-")
    try:
        return Place(int(at), int(seq))
    except ValueError:
        return None


def kept(*without: str) -> dict[str, str]:
    """The present filters for a link to another page of the list."""
    return {name: value for name, value in request.args.items() if value and name not in without}

"""Cursors: where the next page of a list begins, as one opaque word.

A cursor holds numbers and, for classes, a code; nothing secret. It is read strictly: what is none
of ours is refused and never guessed at.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from archiver.errors import ConfigError

_MOST = 10**15


class BadCursor(ConfigError):
    """What was given as a cursor is none of this list."""

    code = "bad-cursor"


def written(*places: int | str) -> str:
    """A cursor of these places."""
    return urlsafe_b64encode(json.dumps(places).encode()).rstrip(b"=").decode()


def numbers(cursor: str, count: int) -> Sequence[int] | None:
    """The numbers of a cursor; None for an empty one, `BadCursor` for anything else."""
    found = _read(cursor)
    if found is None:
        return None
    places = [one for one in found if type(one) is int and 0 <= one < _MOST]
    if not len(found) == len(places) == count:
        raise _bad()
    return places


def text(cursor: str) -> str:
    """The word of a cursor; "" for an empty one."""
    found = _read(cursor)
    if found is None:
        return ""
    if len(found) != 1 or not isinstance(found[0], str) or "\x00" in found[0]:
        raise _bad()
    return found[0]


def _read(cursor: str) -> Sequence[object] | None:
    if not cursor:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise _bad() from None
    if not isinstance(found, list) or written(*found) != cursor:
        raise _bad()
    return found


def _bad() -> BadCursor:
    return BadCursor("The cursor is none of this list.", remedy="Begin again without one.")

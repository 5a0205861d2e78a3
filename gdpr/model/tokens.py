"""Cuts a text into the tokens the name model reads. Pure.

A token is a word (with its hyphens and apostrophes), a run of digits with what stands between them,
or one other character; an address, a handle and a hashtag are one token each, since nothing within
them is read as running text. White space is no token. Tokens are ordered, never overlap, and never
reach over white space.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]*\w"
    r"|[@#]\w[\w.]*\w"
    r"|\d+(?:[.,:/+-]+\d+)*"
    r"|[^\W\d_]+(?:['’`´-][^\W\d_]+)*"
    r"|\S"
)


class Token(NamedTuple):
    """A piece of a text, with its offsets there."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of a text, in order."""
    return [Token(one[0], one.start(), one.end()) for one in _TOKEN.finditer(text)]

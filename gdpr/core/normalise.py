"""A copy of a text that patterns can be plain about, with the way back to the captured one. Pure.

In the copy every dash is "-", every space that is not a line break is " ", every digit is 0-9,
full-width and mathematical letters are plain ones, what is composed of letter and accents is one
letter, and what has no width is gone. Most texts need none of it: then the copy is the text. In
others each character of the copy stands for one or more of the text, next to each other, and every
character of the text that has a width is stood for: no offset is lost.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_DASHES = "‐‑‒–—―−⁃﹘﹣－˗➖"
_SPACES = "\t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufe00-\ufe0f]"
)
_PLAIN_TABLES = ((0xFF01, 0xFF5E), (0x1D400, 0x1D7FF), (0x2100, 0x214F), (0x24B6, 0x24E9))


@dataclass(frozen=True, slots=True)
class Copy:
    """The plain copy. `starts` and `ends`: of each of its characters, where in the text what it
    stands for begins and ends; None where the offsets are the same."""

    plain: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text of `plain[start:end]`, which is not empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalised(text: str) -> Copy:
    """The plain copy of a text."""
    if text.isascii():
        return Copy(text.replace("\t", " "))
    if not _NO_WIDTH.search(text) and unicodedata.is_normalized("NFC", text):
        return Copy(text.translate(_table()))
    return _composed(text)


@cache
def _table() -> Mapping[int, str]:
    """Code point → the one character it is in the copy."""
    found = {ord(one): "-" for one in _DASHES} | {ord(one): " " for one in _SPACES}
    for code in range(0x80, sys.maxunicode):
        one = chr(code)
        if unicodedata.category(one) == "Nd":
            found[code] = str(unicodedata.decimal(one))
    for first, last in _PLAIN_TABLES:
        for code in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isascii():
                found.setdefault(code, plain)
    return found


def _composed(text: str) -> Copy:
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, one in enumerate(text):
        if _NO_WIDTH.match(one):
            continue
        if plain and unicodedata.combining(one):
            made = unicodedata.normalize("NFC", plain[-1] + one)
            if len(made) == 1:
                plain[-1], ends[-1] = made, at + 1
                continue
        plain.append(one)
        starts.append(at)
        ends.append(at + 1)
    copy = "".join(plain).translate(_table())
    return Copy(copy, tuple(starts), tuple(ends))

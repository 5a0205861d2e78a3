"""Texts made alike, so that a value is found however it is written. Pure.

`Folded.plain` is the text in NFKC, lines kept, without what has no width, with look-alikes of
Latin letters as Latin ones and all digits as 0-9; `low` is the same in small letters, as long as
`plain`. `compact` keeps only letters and digits of `low`, so that a value cut in pieces by spaces,
dashes, line breaks or other separators is whole again, and `bare` takes the accents from that, as
addresses on the web do. Invariant: `place` leads each character of `compact` and `bare` back to
one of `plain`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, cached_property
from itertools import chain

# Code points that are not seen, from and with.
_NO_WIDTH = (
    (0xAD, 0xAD),
    (0x300, 0x36F),  # strokes and accents that no letter is composed with
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xE0000, 0xE01EF),
)
# Characters of most texts here, which stand for themselves.
_LATIN_1 = frozenset(map(chr, range(0x100))) - {"\u00ad", "ß"} | set("–—−‑“”’‘…•→")
_SEPARATORS = re.compile(r"[\W_]+")
_HYPHENATED = re.compile(r"(?<=\w)[-‐­][ \t]*\r?\n[ \t>]*(?=\w)")
# Letters of other alphabets that look like Latin ones (Unicode TS 39, the common part).
_CYRILLIC = "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝ"
_CYRILLIC_AS = "ABESIJKMHOPCTYXaesijopcyxhdqw"
_GREEK = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναικρυχ"
_GREEK_AS = "ABEZHIKMNOPTYXovaikpux"
_LATIN = "ıȷɑɡɩⅼ∕⁄"
_LATIN_AS = "ijagil//"
_OTHER = {"ß": "ss", "ẞ": "SS"}
# … and Latin ones in another shape, which no normalisation leads back, by their Unicode names.
_SHAPED = re.compile(
    r"(?:LATIN LETTER SMALL CAPITAL|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER"
    r"|REGIONAL INDICATOR SYMBOL LETTER) ([A-Z])"
)
_SHAPED_IN = (
    range(0x250, 0x2B0),
    range(0x1D00, 0x1D80),
    range(0xA720, 0xA800),
    range(0x1F100, 0x1F200),
)
_SWEDISH = (("å", "a"), ("ä", "a"), ("ö", "o"), ("é", "e"))  # quicker than a table
# What has no accent that NFD takes away, in addresses on the web.
_BARE = {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t"}


class Folded:
    """A text, ready to be searched."""

    def __init__(self, text: str) -> None:
        self.plain = plain(text)

    @cached_property
    def low(self) -> str:
        """`plain` in small letters; the same offsets."""
        return lowered(self.plain)

    @cached_property
    def compact(self) -> str:
        """Letters and digits only."""
        return _SEPARATORS.sub("", self.low)

    @cached_property
    def bare(self) -> str:
        """`compact` without accents; the same offsets."""
        return bared(self.compact)

    @cached_property
    def joined(self) -> Folded | None:
        """The text with words that a line break divides made whole; None if there are none."""
        if not _HYPHENATED.search(self.plain):
            return None
        whole = Folded("")
        whole.plain = _HYPHENATED.sub("", self.plain)
        return whole

    @cached_property
    def _kept(self) -> list[int]:
        kept: list[int] = []
        at = 0
        for gap in _SEPARATORS.finditer(self.low):
            kept += range(at, gap.start())
            at = gap.end()
        kept += range(at, len(self.low))
        return kept

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where in `plain` a part of `compact` begins and ends; the part is not empty."""
        return self._kept[start], self._kept[end - 1] + 1


def plain(text: str) -> str:
    """The text as `Folded.plain` has it."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text if _LATIN_1.issuperset(text) else text.translate(_alike())


def lowered(text: str) -> str:
    """Small letters, one for each."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(map(_lower, text))


def words(text: str) -> list[str]:
    """The words of a value, folded as `Folded.low`, without what stands between."""
    return [one for one in re.split(r"[\W_]+", lowered(plain(text))) if one]


def bared(text: str) -> str:
    """Without accents; the same offsets."""
    for accented, letter in _SWEDISH:
        text = text.replace(accented, letter)
    return text if text.isascii() else text.translate(_bare())


def spaced(text: str) -> str:
    """One space for each run of space; empty if there is nothing else."""
    return " ".join(text.split())


def _lower(one: str) -> str:
    low = one.lower()
    return low if len(low) == 1 else one


@cache
def _alike() -> Mapping[int, str | None]:
    table = dict(_OTHER)
    for there, here in ((_CYRILLIC, _CYRILLIC_AS), (_GREEK, _GREEK_AS), (_LATIN, _LATIN_AS)):
        table.update(zip(there, here, strict=True))
    for code in range(0x80, 0x20000):
        if unicodedata.category(chr(code)) == "Nd":
            table[chr(code)] = str(unicodedata.decimal(chr(code)))
    for code in chain.from_iterable(_SHAPED_IN):
        if shaped := _SHAPED.fullmatch(unicodedata.name(chr(code), "")):
            table[chr(code)] = shaped[1]
    nothing = dict.fromkeys(code for start, end in _NO_WIDTH for code in range(start, end + 1))
    return {ord(one): other for one, other in table.items()} | nothing


@cache
def _bare() -> Mapping[int, str]:
    table = dict(_BARE)
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))
        if len(base) > 1 and base[0].isascii():
            table[chr(code)] = base[0]
    return {ord(one): other for one, other in table.items()}

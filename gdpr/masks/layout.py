"""A text with its masks, cut into pieces for a reader; what is left of it when they hide. Pure.

A piece belongs to the mask that counts most there: one in force before a suggestion, a suggestion
before a mere flag. Joined, the pieces are the text. What stands for hidden words in a view has no
length of its own; in what is given out a release's own token stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from gdpr.core.mask import Cut, MaskState, TextSpan, WholeField, masked
from gdpr.core.place import only_flags
from gdpr.core.pseudonym import word
from gdpr.masks.reading import Kept

_WORD = re.compile(r"\S+")
_MOST_WORDS = 1_000  # offered one by one; a longer text is marked by selecting in it


class Piece(NamedTuple):
    """A part of a text from `start`, and the mask it belongs to, if any; `begins`: whether that
    mask begins here."""

    start: int
    text: str
    kept: Kept | None
    begins: bool


class Word(NamedTuple):
    """A word of a text, from `start` to before `end`; `number` from 1."""

    number: int
    start: int
    end: int
    text: str


def of_field(masks: Iterable[Kept], path: str) -> list[Kept]:
    """The masks over a field or a part of it, rejected ones left out, in order of place."""
    found = [
        one
        for one in masks
        if isinstance(one.mask.target, TextSpan | WholeField)
        and one.mask.target.path == path
        and one.mask.state is not MaskState.REJECTED
    ]
    return sorted(found, key=lambda one: (_span(one, 0), one.seq))


def pieces(text: str, masks: Sequence[Kept]) -> list[Piece]:
    """The text in pieces; `masks`: those of its field."""
    spans = [(*_span(one, len(text)), one) for one in masks]
    edges = sorted({0, len(text), *(at for start, end, _ in spans for at in (start, end))})
    found: list[Piece] = []
    for start, end in pairwise(edges):
        over = [one for first, last, one in spans if first <= start and end <= last]
        kept = min(over, key=_rank, default=None)
        known = {piece.kept.seq for piece in found if piece.kept}
        begins = kept is not None and kept.seq not in known
        found.append(Piece(start, text[start:end], kept, begins))
    return found


def left(text: str, masks: Sequence[Kept]) -> str:
    """What is left of a text under the masks of its field that are in force."""
    hiding = [one for one in masks if one.mask.hides]
    whole = next((one for one in hiding if isinstance(one.mask.target, WholeField)), None)
    if whole is not None:
        return token(whole.mask.category)
    cuts = [Cut(*_span(one, len(text)), token(one.mask.category)) for one in hiding]
    return masked(text, cuts)


def token(category: str) -> str:
    """What stands for hidden words in a view."""
    return f"[{word(category)}]"


def words(text: str) -> list[Word]:
    """The words of a text, to choose the first and the last of a mask from; none of a text that
    has too many."""
    found = [
        Word(number, *match.span(), match[0])
        for number, match in enumerate(_WORD.finditer(text), 1)
    ]
    return found if len(found) <= _MOST_WORDS else []


def _span(one: Kept, length: int) -> tuple[int, int]:
    target = one.mask.target
    if isinstance(target, TextSpan):
        return target.start, target.end
    return 0, length


def _rank(one: Kept) -> tuple[bool, bool, int]:
    return not one.mask.hides, only_flags(one.mask.category), one.seq

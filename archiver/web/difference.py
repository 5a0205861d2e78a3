"""Word for word: what differs between two texts. Pure.

The pieces of either side, in order, give that side back exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

_WORDS = re.compile(r"\s+|\w+|[^\w\s]+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
# difflib may need the square of this many steps; longer texts are compared line by line.
MAX_WORDS = 3000


class Kind(StrEnum):
    """What a piece is."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Piece(NamedTuple):
    """A stretch of text that is in both, only in the newer, or only in the older."""

    kind: Kind
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """The pieces that lead from `old` to `new`; a removal stands before what replaces it."""
    before, after = _split(old, new)
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Kind.SAME, "".join(before[i:j])))
            continue
        if j > i:
            pieces.append(Piece(Kind.REMOVED, "".join(before[i:j])))
        if m > k:
            pieces.append(Piece(Kind.ADDED, "".join(after[k:m])))
    return pieces


def _split(old: str, new: str) -> tuple[Sequence[str], Sequence[str]]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > MAX_WORDS:
        return _LINES.findall(old), _LINES.findall(new)
    return before, after


def older(pieces: Iterable[Piece]) -> list[Piece]:
    """The older side: what is the same and what was removed."""
    return [piece for piece in pieces if piece.kind is not Kind.ADDED]


def newer(pieces: Iterable[Piece]) -> list[Piece]:
    """The newer side: what is the same and what was added."""
    return [piece for piece in pieces if piece.kind is not Kind.REMOVED]


def counts(pieces: Iterable[Piece]) -> tuple[int, int]:
    """(words added, words removed)."""
    totals = {Kind.ADDED: 0, Kind.REMOVED: 0, Kind.SAME: 0}
    for piece in pieces:
        totals[piece.kind] += len(re.findall(r"\w+", piece.text))
    return totals[Kind.ADDED], totals[Kind.REMOVED]

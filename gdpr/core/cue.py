"""Words beside a number that say what it is, also when they are misspelt. Pure.

Some numbers are nothing by themselves: four digits, a dash and four more are a giro account only
where somebody wrote so. A cue of five letters or more counts with one letter wrong, lost, too many
or exchanged with its neighbour: people write in haste, on telephones.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+")
_FUZZY_FROM = 5


def words(text: str) -> frozenset[str]:
    """The words of a text, as cues."""
    return frozenset(text.split())


def cued(
    folded: str, start: int, end: int, cues: frozenset[str], before: int = 30, after: int = 0
) -> bool:
    """Whether one of the cues stands among the `before` characters before, or the `after` after,
    `folded[start:end]`. Words that the window cuts through do not count."""
    return _within(folded, max(0, start - before), start, cues) or bool(
        after and _within(folded, end, min(len(folded), end + after), cues)
    )


def _within(folded: str, start: int, end: int, cues: frozenset[str]) -> bool:
    for word in _WORD.finditer(folded, start, end):
        if word.start() == start > 0 and folded[start - 1].isalpha():
            continue
        if word[0] in cues or any(alike(word[0], cue) for cue in _long(cues, word[0][0])):
            return True
    return False


@lru_cache(maxsize=4096)
def _long(cues: frozenset[str], letter: str) -> tuple[str, ...]:
    """The cues that begin with a letter and may be misspelt."""
    return tuple(cue for cue in sorted(cues) if cue[0] == letter and len(cue) >= _FUZZY_FROM)


def alike(word: str, cue: str) -> bool:
    """Whether a word is the cue, or one slip of the finger away from it."""
    if word == cue:
        return True
    if len(cue) < _FUZZY_FROM or abs(len(word) - len(cue)) > 1 or word[0] != cue[0]:
        return False
    at = 0
    while at < min(len(word), len(cue)) and word[at] == cue[at]:
        at += 1
    left, right = word[at:], cue[at:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )

"""Looks for masked values in what was read from pixels, where a letter may be taken for another.

A reader of pixels takes ö for o or k, @ for Q. So a value is looked for by its parts: with one
letter in seven read wrongly one of them is whole, and then all of it is compared. What is alike
only is a suspect, which a person can waive (an Ekberg is no Ekborg). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ahocorasick_rs import AhoCorasick

from gdpr.leak.fold import Folded, bared, words
from gdpr.leak.matcher import Hit
from gdpr.leak.secret import Secret

_SHORTEST = 8  # letters or digits; fewer are looked for as they are
_ALIKE = 0.84  # of the letters of both
_LONGEST = 60  # letters of a value that are compared


class Blurred:
    """All values that are long enough, by their parts."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._whole: list[tuple[int, str, int]] = []
        parts: list[str] = []
        for index, secret in enumerate(secrets):
            text = bared("".join(words(secret.value)))[:_LONGEST]
            if len(text) == 12 and text.isdigit():
                text = text[2:]  # a personal number without its century
            if len(text) < _SHORTEST:
                continue
            count = max(2, len(text) // 6)
            step = -(-len(text) // count)
            for at in range(0, len(text), step):
                if len(text[at : at + step]) >= 3:
                    parts.append(text[at : at + step])
                    self._whole.append((index, text, at))
        self._parts = AhoCorasick(parts) if parts else None

    def find(self, folded: Folded) -> Iterator[Hit]:
        """Where something stands that is like a value."""
        if self._parts is None or not folded.bare:
            return
        told: set[int] = set()
        found = self._parts.find_matches_as_indexes(folded.bare, overlapping=True)
        for part, start, _ in found:
            index, text, at = self._whole[part]
            begin = max(0, start - at)
            window = folded.bare[begin : begin + len(text)]
            if index not in told and _is_alike(text, window):
                told.add(index)
                yield Hit(index, folded.place(begin, begin + 1)[0], certain=False)


def _is_alike(one: str, other: str) -> bool:
    compared = SequenceMatcher(None, one, other, autojunk=False)
    return compared.quick_ratio() >= _ALIKE and compared.ratio() >= _ALIKE

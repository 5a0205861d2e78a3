"""Word patterns and an index that tells quickly which of many may occur in a text.

A pattern is words with spaces between; in it

- `ord*` is a word that begins so (Swedish inflections and compounds: `lamp*` = lampa, lamporna),
- `a|b` is one of several words, each with or without a star,
- `a_b|c` is "a b" or "c": a choice of several words in a row,
- `…` lets up to five words stand between.

Case, punctuation and repeated spaces do not matter; a hyphen is a space (`e post` is "e-post").

The index knows each pattern by its longest word and looks each word of a text up once, so that the
cost follows the text and not the number of patterns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_BETWEEN = r"[\W_]{1,4}"
_GAP = rf"(?:{_BETWEEN}[^\W_]+){{0,5}}"
_CHOICE = r"[^\W_]+\*?(?:_[^\W_]+\*?)*"
_FORM = re.compile(rf"(?:{_CHOICE}(?:\|{_CHOICE})*|…)")
SHORTEST_STEM = 3


class PatternWrong(ValueError):
    """A pattern that is not of the form above."""


def folded(text: str) -> str:
    """A text as patterns see it: lower case, composed, without web addresses."""
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _ADDRESS.sub(" ", text) if "//" in text or "www." in text else text


def words_of(text: str) -> list[str]:
    """The words of a folded text."""
    return _WORD.findall(text)


class Pattern:
    """One pattern: the words to find it by, and the whole of it."""

    __slots__ = ("anchors", "source", "whole")

    def __init__(self, source: str) -> None:
        self.source = source
        parts = source.lower().split()
        if not parts or parts[0] == "…" or parts[-1] == "…":
            raise PatternWrong(source)
        if any(not _FORM.fullmatch(part) for part in parts):
            raise PatternWrong(source)
        choices = [[one.split("_") for one in part.split("|")] for part in parts if part != "…"]
        every = [word for choice in choices for one in choice for word in one]
        if any(word.endswith("*") and len(word) <= SHORTEST_STEM for word in every):
            raise PatternWrong(source)
        anchors = [tuple(max(one, key=len) for one in choice) for choice in choices]
        self.anchors = max(anchors, key=lambda words: min(map(len, words)))
        self.whole = re.compile(_expression(parts)) if len(parts) > 1 or "_" in source else None


def _expression(parts: Sequence[str]) -> str:
    found, gap = "", False
    for part in parts:
        if part == "…":
            gap = True
            continue
        group = "|".join(
            _BETWEEN.join(
                re.escape(word[:-1]) + r"[^\W_]*" if word.endswith("*") else re.escape(word)
                for word in choice.split("_")
            )
            for choice in part.split("|")
        )
        if found:
            found += (_GAP if gap else "") + _BETWEEN
        found += f"(?:{group})(?![^\\W_])"
        gap = False
    return r"(?<![^\W_])" + found


class WordIndex:
    """Many patterns, each under a number, looked up in a text at once."""

    __slots__ = ("_lengths", "_patterns", "_stems", "_words")

    def __init__(self, patterns: Mapping[int, Pattern]) -> None:
        self._patterns = dict(patterns)
        self._words: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        for number, pattern in patterns.items():
            for anchor in pattern.anchors:
                place = self._stems if anchor.endswith("*") else self._words
                place.setdefault(anchor.rstrip("*"), []).append(number)
        self._lengths = tuple(sorted({len(stem) for stem in self._stems}))

    def find(self, text: str, words: Iterable[str]) -> dict[int, str]:
        """The numbers of the patterns that a folded text holds, each with the words that match.
        `words` are the text's own."""
        found: dict[int, str] = {}
        missed: set[int] = set()
        for word in words:
            hits = self._words.get(word, ())
            if hits:
                self._check(hits, word, text, found, missed)
            size = len(word)
            for length in self._lengths:
                if length > size:
                    break
                stem_hits = self._stems.get(word[:length])
                if stem_hits:
                    self._check(stem_hits, word, text, found, missed)
        return found

    def _check(
        self,
        numbers: Iterable[int],
        word: str,
        text: str,
        found: dict[int, str],
        missed: set[int],
    ) -> None:
        for number in numbers:
            if number in found or number in missed:
                continue
            whole = self._patterns[number].whole
            if whole is None:
                found[number] = word
            elif match := whole.search(text):
                found[number] = match[0]
            else:
                missed.add(number)

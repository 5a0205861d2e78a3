"""What a person typed, as clauses that must all hold. Nothing typed is an error.

`"…"` is an exact phrase, `ord*` the beginning of a word, the rest are words; what was typed
without a space (`KS/2026-123`) is a phrase too. An open quote or a lone star is ignored.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from archiver.core.record import clean
from archiver.search.language import plain, words

MAX_QUERY = 1000  # characters
MAX_CLAUSES = 24
_SHORTEST_PREFIX = 2
_PART = re.compile(r'["“”„]([^"“”„]*)["“”„]|([^\s"“”„]+)')


class Word(NamedTuple):
    """A word in any inflection, alone or inside a compound."""

    text: str


class Prefix(NamedTuple):
    """The beginning of a word."""

    text: str


class Phrase(NamedTuple):
    """One or more words, just so and in this order."""

    words: tuple[str, ...]


Clause: TypeAlias = Word | Prefix | Phrase


def parse(query: str) -> tuple[Clause, ...]:
    """The clauses of a query; none if it holds no letter or digit."""
    found: dict[Clause, None] = {}
    for match in _PART.finditer(plain(clean(query[:MAX_QUERY]))):
        quoted, bare = match.groups()
        if quoted is not None:
            tokens = tuple(words(quoted))
            found.update({Phrase(tokens): None} if tokens else {})
        else:
            found.update(dict.fromkeys(_bare(bare)))
    return tuple(found)[:MAX_CLAUSES]


def _bare(part: str) -> list[Clause]:
    tokens = tuple(words(part))
    if part.endswith("*") and tokens and len(tokens[-1]) >= _SHORTEST_PREFIX:
        before: list[Clause] = [Phrase(tokens[:-1])] if tokens[:-1] else []
        return [*before, Prefix(tokens[-1])]
    if len(tokens) > 1:
        return [Phrase(tokens)]
    return [Word(token) for token in tokens]

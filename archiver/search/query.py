"""What a person typed, as clauses that must all hold. Nothing typed is an error.

`"…"` is an exact phrase, `ord*` the beginning of a word, `*ord` its end, `*ord*` any part of it;
the rest are words. What was typed without a space (`KS/2026-123`) is a phrase too. A quote that
nobody closed reaches to the end; a lone star is ignored. `notes` says what was taken otherwise
than it was typed, so that a person need not guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from archiver.core.record import clean
from archiver.core.search import Note
from archiver.search.language import SHORTEST_PART, plain, words

MAX_QUERY = 1000  # characters
MAX_CLAUSES = 24
_SHORTEST_PREFIX = 2
_PART = re.compile(r'["“”„]([^"“”„]*)(["“”„]|$)|([^\s"“”„]+)')


class Word(NamedTuple):
    """A word in any inflection, alone or inside a compound."""

    text: str


class Prefix(NamedTuple):
    """The beginning of a word."""

    text: str


class Ending(NamedTuple):
    """The end of a word."""

    text: str


class Inside(NamedTuple):
    """Letters anywhere in a word."""

    text: str


class Phrase(NamedTuple):
    """One or more words, just so and in this order."""

    words: tuple[str, ...]


Clause: TypeAlias = Word | Prefix | Ending | Inside | Phrase


def parse(query: str) -> tuple[Clause, ...]:
    """The clauses of a query; none if it holds no letter or digit."""
    return _read(query)[0][:MAX_CLAUSES]


def notes(query: str) -> tuple[Note, ...]:
    """What in a query was taken otherwise than it was typed."""
    found, said = _read(query)
    if len(found) > MAX_CLAUSES or len(query) > MAX_QUERY:
        said[Note.SHORTENED] = None
    if query.strip() and not found:
        said[Note.NO_WORD] = None
    return tuple(said)


def _read(query: str) -> tuple[tuple[Clause, ...], dict[Note, None]]:
    found, said = dict[Clause, None](), dict[Note, None]()
    for match in _PART.finditer(plain(clean(query[:MAX_QUERY]))):
        quoted, closed, bare = match.groups()
        if quoted is None:
            clauses = list(_bare(bare))
            if "*" in bare and all(isinstance(one, Word | Phrase) for one in clauses):
                said[Note.STAR_IGNORED] = None
            found.update(dict.fromkeys(clauses))
        elif tokens := tuple(words(quoted)):
            found[Phrase(tokens)] = None
            if not closed:
                said[Note.OPEN_QUOTE] = None
    return tuple(found), said


def _bare(part: str) -> Iterator[Clause]:
    """What was typed between two spaces. A star within it stands for what is between its sides."""
    pieces = [(place, tuple(words(text))) for place, text in enumerate(part.split("*"))]
    last = len(pieces) - 1
    held = [(place, tokens) for place, tokens in pieces if tokens]
    for place, tokens in held:
        before, after = place > 0, place < last
        if len(tokens) == 1:
            yield _starred(tokens[0], before, after)
        elif after and len(tokens[-1]) >= _SHORTEST_PREFIX:
            yield Phrase(tokens[:-1])
            yield Prefix(tokens[-1])
        else:
            yield Phrase(tokens)


def _starred(token: str, before: bool, after: bool) -> Clause:
    if before and len(token) >= SHORTEST_PART:
        return Inside(token) if after else Ending(token)
    if after and not before and len(token) >= _SHORTEST_PREFIX:
        return Prefix(token)
    return Word(token)

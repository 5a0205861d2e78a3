"""How text becomes words: one rule for the index, the query and the highlights.

Words are runs of letters and digits in lower case, in Unicode's composed form (NFC), so that an
ö typed as o and two dots is an ö. å, ä and ö stay letters of their own: "lån" is not "lan".
Inflection is left to the Swedish Snowball stemmer, which keeps a word's beginning; the definite
form in -an, which it leaves alone, is added when asking (`stems`).
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

LONGEST = 128  # bytes of a word; beyond it is no word
LONGEST_COMPOUND = 64  # characters of a word that is searched from within
SHORTEST_PART = 3  # characters that are searched for inside words
SHORTEST_HALF = 3  # … of each half of a compound that was written as two words
_SHORTEST_STEM = 4  # … of a stem that stands for its word inside compounds
_SHORTEST_DEFINITE = 5
_OF_WORDS_IN_A = frozenset({"a", "an", "or", "orna"})
_LINKS = "aou"  # what a word in -a ends with before the next part


def words_analyzer() -> TextAnalyzer:
    """Text to words."""
    return _lower().build()


def stems_analyzer() -> TextAnalyzer:
    """Text to Swedish stems."""
    return _lower().filter(Filter.stemmer("swedish")).build()


def parts_analyzer() -> TextAnalyzer:
    """The list that `compound_parts` makes, to its parts."""
    return TextAnalyzerBuilder(Tokenizer.whitespace()).build()


def _lower() -> TextAnalyzerBuilder:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    return builder.filter(Filter.remove_long(LONGEST)).filter(Filter.lowercase())


_words = cache(words_analyzer)
_stems = cache(stems_analyzer)


def plain(text: str) -> str:
    """Text as it is indexed and quoted: composed, each run of white space one space."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def words(text: str) -> list[str]:
    """The words of a text, in order. No lone surrogates (see `core.record.clean`)."""
    return _words().analyze(text)


@lru_cache(8192)
def stem(word: str) -> str:
    """A word's stem; always a beginning of the word."""
    found = _stems().analyze(word)
    return found[0] if found else word


def stems(word: str) -> frozenset[str]:
    """The stems that count as the same word: skola, skolor, skolan → skol, skolan."""
    found = {stem(word), stem(word) + "an"}
    if len(word) >= _SHORTEST_DEFINITE and word.endswith("an"):
        found.add(stem(word[:-1]))
    return frozenset(found)


def parts(word: str) -> tuple[str, ...]:
    """What to look for inside longer words: the stem if it is long enough to mean something; of a
    short word in -a its forms in compounds (gata: gatukontor, bakgator); else the word. Nothing if
    that is too short as well."""
    shortest = min(stems(word), key=len)
    if len(shortest) >= _SHORTEST_STEM:
        return (shortest,)
    if len(shortest) == SHORTEST_PART and word.removeprefix(shortest) in _OF_WORDS_IN_A:
        return tuple(shortest + vowel for vowel in _LINKS)
    return (word,) if len(word) >= SHORTEST_PART else ()


def compound_parts(found: list[str]) -> str:
    """Every ending of every word, space-separated: a part of a word is the beginning of an ending,
    so that "röjning" finds "snöröjningen" exactly, as a pile of n-grams would only guess."""
    return " ".join(
        word[start:]
        for word in set(found)
        if len(word) <= LONGEST_COMPOUND
        for start in range(len(word) - SHORTEST_PART + 1)
    )

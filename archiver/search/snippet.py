"""Where a query's words stand in a text, and the piece of the text that shows it best. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from archiver.search.language import SHORTEST_HALF, parts, stem, stems
from archiver.search.query import Clause, Ending, Inside, Phrase, Prefix, Word

Span: TypeAlias = tuple[int, int]

WIDTH = 220  # characters of a snippet
_LEAD = 60  # … of them before the first word found
_MOST = 500  # words found that are looked at
_ELLIPSIS = "…"
_GAP = r"[\W_]+"
_GAP_AT = re.compile(_GAP)


def mark(text: str, clauses: Iterable[Clause]) -> list[Span]:
    """Spans of `text` (code points) that the clauses find, in order, merged where they touch."""
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals grow in lower case (İ): those stay as they are
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    found = sorted(span for clause in clauses for span in _spans(lower, clause))
    merged: list[Span] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _spans(lower: str, clause: Clause) -> Iterator[Span]:
    match clause:
        case Phrase(words):
            yield from _whole(lower, _GAP.join(map(re.escape, words)))
        case Prefix(text):
            words_found = (_word(lower, at, at + len(text)) for at in _finds(lower, text))
            yield from (span for span in words_found if lower.startswith(text, span[0]))
        case Inside(text):
            yield from ((at, at + len(text)) for at in _finds(lower, text))
        case Ending(text):
            spans = ((at, at + len(text)) for at in _finds(lower, text))
            yield from (span for span in spans if _word(lower, *span)[1] == span[1])
        case Word(text):
            yield from _inflected(lower, text)
            yield from _apart(lower, text)


def _inflected(lower: str, text: str) -> Iterator[Span]:
    """The word in any inflection, alone or inside a longer one."""
    same, within = stems(text), parts(text)
    shortest = min((text, *within, *same), key=len)
    for at in _finds(lower, shortest):
        start, end = _word(lower, at, at + len(shortest))
        word = lower[start:end]
        if word == text or stem(word) in same:
            yield start, end
        elif lower.startswith(within, at):
            # with its own ending where it is the last part: "grundskolan" for "skola"
            shown = max((one for one in (text, *within) if lower.startswith(one, at)), key=len)
            yield at, end if stem(lower[at:end]) in same else at + len(shown)


def _apart(lower: str, word: str) -> Iterator[Span]:
    """Where the word was written as two: its letters with one gap, the ending left free."""
    first, half = word[:SHORTEST_HALF], len(word) - SHORTEST_HALF
    if half < SHORTEST_HALF:
        return
    wanted = {(stem(word[:at]), stem(word[at:])) for at in range(SHORTEST_HALF, half + 1)}
    for at in _finds(lower, first):
        start, end = _word(lower, at, at + len(first))
        gap = _GAP_AT.match(lower, end)
        if start == at and gap and gap.end() < len(lower):
            last = _word(lower, gap.end(), gap.end() + 1)[1]
            if (stem(lower[start:end]), stem(lower[gap.end() : last])) in wanted:
                yield start, last


def _whole(lower: str, pattern: str) -> Iterator[Span]:
    """Where the pattern fills whole words."""
    for found in islice(re.finditer(pattern, lower), _MOST):
        if _word(lower, *found.span()) == found.span():
            yield found.span()


def _finds(lower: str, needle: str) -> Iterator[int]:
    at, count = lower.find(needle), 0
    while at >= 0 and count < _MOST:
        yield at
        at, count = lower.find(needle, at + len(needle)), count + 1


def _word(text: str, start: int, end: int) -> Span:
    """The whole word or words around a span."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end


def snippet(texts: Sequence[str], clauses: Sequence[Clause]) -> tuple[str, tuple[Span, ...]]:
    """The best piece of the first of `texts` that has most of the words, about `WIDTH` characters,
    and where they stand in it. `texts` are in `language.plain` form; without a word found, the
    beginning of the first that is not empty."""
    marked = [(text, mark(text, clauses)) for text in texts if text]
    if not marked:
        return "", ()
    text, spans = max(marked, key=lambda one: len({text_of(one[0], s) for s in one[1]}))
    start, end = _window(text, spans)
    lead = _ELLIPSIS if start else ""
    piece = lead + text[start:end] + (_ELLIPSIS if end < len(text) else "")
    shift = len(lead) - start
    inside = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
    return piece, tuple((a + shift, b + shift) for a, b in inside)


def text_of(text: str, span: Span) -> str:
    """What stands in a span, for telling different words from the same one again."""
    return text[span[0] : span[1]].lower()


def _window(text: str, spans: Sequence[Span]) -> Span:
    """The stretch of `WIDTH` characters with most spans, cut at spaces where there are any."""
    if len(text) <= WIDTH:
        return 0, len(text)
    best, most, last = 0, 0, 0
    for first, (start, _end) in enumerate(spans):
        last = max(last, first)
        while last + 1 < len(spans) and spans[last + 1][1] <= start - _LEAD + WIDTH:
            last += 1
        if last - first + 1 > most:
            best, most = start, last - first + 1
    begin = max(0, min(best - _LEAD, len(text) - WIDTH))
    end = begin + WIDTH
    if begin and (space := text.find(" ", begin, min(best, end))) >= 0:
        begin = space + 1
    if end < len(text) and (space := text.rfind(" ", best, end)) > best:
        end = space
    return begin, end

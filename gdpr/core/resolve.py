"""Of what several recognisers found, what stands: spans in order that do not overlap. Pure.

1. What lies within something else gives way to it: a name within an address, digits within an IBAN.
2. Of two over the same characters, or partly over each other, the surer kind stands: a valid
   personal number before an IBAN, an account, a giro, a telephone number, a plate (`_RANK`).
3. What gave way in part keeps its rest where nothing may leak, and where it is a name; where we
   suggest, others go.
4. A span begins and ends where a reader sees a character begin and end.
5. Flags (GDPR art. 9 and 10) mask nothing and compete with nobody: they stand beside the others.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

from gdpr.core.recognizer import Mode
from gdpr.core.span import Label, Span

_RANK: dict[str, int] = {
    label: rank
    for rank, label in enumerate(
        (
            Label.PERSONAL_NUMBER,
            Label.COORDINATION_NUMBER,
            Label.IBAN,
            Label.ACCOUNT,
            Label.BANKGIRO,
            Label.PLUSGIRO,
            Label.EMAIL,
            Label.URL,
            Label.PHONE,
            Label.ADDRESS,
            Label.PROPERTY,
            Label.PLATE,
            Label.IP,
            Label.HANDLE,
            Label.PERSON,
        )
    )
}
_JOINER, _KEYCAP = "\u200d", "\u20e3"


def resolved(text: str, spans: Iterable[Span], mode: Mode) -> tuple[Span, ...]:
    """The spans that stand, ordered by where they begin."""
    found = [whole(text, one) for one in spans]
    masks = _not_held([one for one in found if not one.flags_only])
    kept: list[Span] = []  # ordered, apart from each other
    for span in sorted(masks, key=_order):
        rivals = _meeting(kept, span)
        if not rivals:
            insort(kept, span, key=_start)
        elif mode is Mode.LEAK_CHECK or span.label == Label.PERSON:
            for rest in _rest(text, span, rivals):
                if not _meeting(kept, rest):
                    insort(kept, rest, key=_start)
    flags = _once([one for one in found if one.flags_only])
    return tuple(sorted((*kept, *flags), key=lambda one: (one.start, one.end, one.label)))


def _start(span: Span) -> int:
    return span.start


def _order(span: Span) -> tuple[float, ...]:
    """The surer kind first; of one kind, the longer, the better, the earlier."""
    return (_RANK.get(span.label, len(_RANK)), span.start - span.end, -span.score, span.start)


def _not_held(spans: Sequence[Span]) -> Iterator[Span]:
    """Without those that lie within another which is more, and no mere guess at a name."""
    before = reach = 0  # how far those that began earlier, and those that begin here too, reach
    at = -1
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.start > at:
            at, before, reach = span.start, max(before, reach), 0
        if before < span.end and reach <= span.end:
            yield span
        if span.label != Label.PERSON:
            reach = max(reach, span.end)


def _once(flags: Sequence[Span]) -> Iterator[Span]:
    """Of flags of one label over each other, the first."""
    reach: dict[str, int] = {}
    for flag in sorted(flags, key=lambda one: (one.start, -one.end)):
        if flag.start >= reach.get(flag.label, 0):
            reach[flag.label] = flag.end
            yield flag


def _meeting(kept: Sequence[Span], span: Span) -> Sequence[Span]:
    """Those of the kept that have a character in common with the span."""
    first = bisect_left(kept, span.start, key=_start)
    if first and kept[first - 1].end > span.start:
        first -= 1
    last = bisect_left(kept, span.end, lo=first, key=_start)
    return kept[first:last]


def _rest(text: str, span: Span, rivals: Sequence[Span]) -> Iterator[Span]:
    """What of a span lies outside its rivals, without what is no letter or digit at the edges."""
    at = span.start
    for start, end in (*((one.start, one.end) for one in rivals), (span.end, span.end)):
        first, last = at, min(start, span.end)
        while first < last and not text[first].isalnum():
            first += 1
        while last > first and not text[last - 1].isalnum():
            last -= 1
        if first < last:
            yield whole(text, dataclasses.replace(span, start=first, end=last))
        at = max(at, end)


def whole(text: str, span: Span) -> Span:
    """The span, widened to where characters as a reader sees them begin and end."""
    start, end = span.start, min(span.end, len(text))
    while start > 0 and _continues(text, start):
        start -= 1
    while end < len(text) and _continues(text, end):
        end += 1
    if (start, end) == (span.start, span.end):
        return span
    return dataclasses.replace(span, start=start, end=end)


def _continues(text: str, at: int) -> bool:
    """Whether `text[at]` belongs to the character before it."""
    one = text[at]
    if one.isascii() and text[at - 1].isascii():
        return one == "\n" and text[at - 1] == "\r"
    if text[at - 1] == _JOINER or one in (_JOINER, _KEYCAP):
        return True
    if unicodedata.category(one) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= one <= "\U0001f3ff":
        return True
    if _flag(one) and _flag(text[at - 1]):
        run = at
        while run > 0 and _flag(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1
    return False


def _flag(one: str) -> bool:
    return "\U0001f1e6" <= one <= "\U0001f1ff"

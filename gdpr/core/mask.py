"""Masks: what is hidden of a record, why, and on whose word. Pure.

A mask is data beside the record; the record itself never changes. It says where (a target), what
for (a category) and by which law (citations), and it moves from suggested to accepted or rejected,
and from accepted to confirmed by the person who releases.
Rules, each of which holds for every set of masks that leaves:

* a mask of an official document cites at least one full clause of secrecy (TF 2:1, OSL);
* targets lie inside what they mask, and no two of a text overlap;
* what replaces hidden text has no length of its own: it tells nothing of what it hides.

Offsets are code points of the text as captured. Masking is idempotent and does not depend on order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from archiver.core.commitment import tokens
from gdpr.core.ground import Citation

MAX_NOTE = 2_000  # characters


@dataclass(frozen=True, slots=True, order=True)
class TextSpan:
    """Code points `start` up to, not including, `end` of a record's text field `path`."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class WholeField:
    """All of a record's field `path`, of whatever type."""

    path: str


@dataclass(frozen=True, slots=True, order=True)
class ImageBox:
    """Pixels of a stored picture, from its upper left corner; `media` is its place among the
    record's components, from 0."""

    media: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, order=True)
class PageBox:
    """A part of a page of a stored PDF: `page` from 0, the rest in hundredths of a point from the
    upper left corner of the page as it is shown."""

    media: int
    page: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """Milliseconds of stored sound or film."""

    media: int
    start: int
    end: int


Target: TypeAlias = TextSpan | WholeField | ImageBox | PageBox | TimeRange


class MaskState(StrEnum):
    """How far a mask has come."""

    SUGGESTED = "suggested"  # by a recogniser, or carried over from an earlier release
    ACCEPTED = "accepted"  # by a person, with its grounds
    REJECTED = "rejected"  # by a person: nothing is hidden
    CONFIRMED = "confirmed"  # part of a set that was released


_NEXT: Mapping[MaskState, frozenset[MaskState]] = {
    MaskState.SUGGESTED: frozenset({MaskState.ACCEPTED, MaskState.REJECTED}),
    MaskState.ACCEPTED: frozenset({MaskState.REJECTED, MaskState.CONFIRMED}),
    MaskState.REJECTED: frozenset({MaskState.ACCEPTED}),
    # What was released stays in its release; the next request looks at it anew.
    MaskState.CONFIRMED: frozenset({MaskState.SUGGESTED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A part of one version of a record that is to be hidden, or was thought to be.

    `record` and `version` are entry numbers. `category` is what it hides (`name`,
    `personal_number` …). `source` is who found it: `person`, or a recogniser with its version.
    """

    record: int
    version: int
    target: Target
    category: str
    citations: tuple[Citation, ...] = ()
    source: str = "person"
    state: MaskState = MaskState.SUGGESTED
    note: str = ""

    @property
    def hides(self) -> bool:
        """Whether it is in force: a suggestion hides nothing until somebody accepts it."""
        return self.state in (MaskState.ACCEPTED, MaskState.CONFIRMED)


class Component(NamedTuple):
    """What is known of a stored component: pixels of a picture; pages of a PDF, each in hundredths
    of a point; length of sound or film in milliseconds. Zero and empty where it has none."""

    width: int = 0
    height: int = 0
    pages: tuple[tuple[int, int], ...] = ()
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What masks of a record's version must lie inside: its fields (text fields by their text, the
    others by None), and its stored components in order."""

    fields: Mapping[str, str | None]
    components: Sequence[Component] = ()


def may_become(mask: Mask, state: MaskState) -> bool:
    """Whether a mask in its state can go on to that one."""
    return state in _NEXT[mask.state]


def faults(masks: Sequence[Mask], measure: Measure) -> Iterator[str]:
    """What is wrong with the masks of one version, each as `where: rule`; rejected ones are left
    out. Nothing if the set can be applied. Names places, never what stands there."""
    counted = [mask for mask in masks if mask.state is not MaskState.REJECTED]
    for mask in counted:
        where = place(mask.target)
        if fault := _outside(mask.target, measure):
            yield f"{where}: {fault}"
        if mask.hides and not mask.citations:
            yield f"{where}: a mask rests on a section of law, and this one names none"
        if len(mask.note) > MAX_NOTE:
            yield f"{where}: the note is longer than {MAX_NOTE} characters"
    hiding = [mask.target for mask in counted if mask.hides]
    yield from _overlaps(hiding)


def place(target: Target) -> str:
    """A target in words for errors and logs: `text 12–20`, `media 0, page 3`."""
    match target:
        case TextSpan(path, start, end):
            return f"{path} {start}–{end}"
        case WholeField(path):
            return path
        case ImageBox(media=media):
            return f"media {media}"
        case PageBox(media=media, page=page):
            return f"media {media}, page {page + 1}"
        case TimeRange(media, start, end):
            return f"media {media}, {start}–{end} ms"


def _outside(target: Target, measure: Measure) -> str:
    """Why a target does not lie inside what it masks; empty if it does."""
    match target:
        case WholeField(path):
            return "" if path in measure.fields else "the record has no such field"
        case TextSpan(path, start, end):
            text = measure.fields.get(path)
            if text is None:
                return "the record has no such text"
            inside = 0 <= start < end <= len(text)
            return "" if inside else f"outside the text, which has {len(text)} characters"
    if not 0 <= target.media < len(measure.components):
        return f"the record has {len(measure.components)} components"
    component = measure.components[target.media]
    match target:
        case TimeRange(_, start, end):
            return "" if 0 <= start < end <= component.length else "outside the recording"
        case ImageBox(_, left, top, width, height):
            return _outside_box((left, top, width, height), (component.width, component.height))
        case PageBox(_, page, left, top, width, height):
            if not 0 <= page < len(component.pages):
                return f"the file has {len(component.pages)} pages"
            return _outside_box((left, top, width, height), component.pages[page])


def _outside_box(box: tuple[int, int, int, int], size: tuple[int, int]) -> str:
    left, top, width, height = box
    inside = left >= 0 and top >= 0 and width > 0 and height > 0
    inside = inside and left + width <= size[0] and top + height <= size[1]
    return "" if inside else "outside the picture"


def _overlaps(targets: Iterable[Target]) -> Iterator[str]:
    """Parts of a text or of a recording that two masks claim: whose ground would be told? Boxes may
    overlap, as faces do, and a field that is hidden whole needs no mask inside."""
    kept = list(targets)
    whole = [one.path for one in kept if isinstance(one, WholeField)]
    for path in sorted({path for path in whole if whole.count(path) > 1}):
        yield f"{path}: masked whole twice"
    spans = sorted(one for one in kept if isinstance(one, TextSpan))
    for span in spans:
        if span.path in whole:
            yield f"{place(span)}: lies in a field that is masked whole"
    for one, other in pairwise(spans):
        if one.path == other.path and other.start < one.end:
            yield f"{place(other)}: overlaps {place(one)}"
    ranges = sorted(one for one in kept if isinstance(one, TimeRange))
    for first, then in pairwise(ranges):
        if first.media == then.media and then.start < first.end:
            yield f"{place(then)}: overlaps {place(first)}"


class Cut(NamedTuple):
    """A part of a text to hide, and what stands there instead."""

    start: int
    end: int
    token: str


def masked(text: str, cuts: Iterable[Cut]) -> str:
    """The text with each cut replaced by its token. Cuts lie inside the text and do not overlap
    (`faults` says so); their order does not matter."""
    parts: list[str] = []
    at = 0
    for cut in sorted(cuts):
        parts += (text[at : cut.start], cut.token)
        at = cut.end
    return "".join([*parts, text[at:]])


def hidden_tokens(text: str, spans: Iterable[tuple[int, int]]) -> frozenset[int]:
    """Which of a text's committed tokens, by index, the spans touch: a mask that cuts a token hides
    all of it (`archiver.core.commitment`)."""
    wanted = sorted(spans)
    hidden: set[int] = set()
    start, next_span = 0, 0
    for index, token in enumerate(tokens(text)):
        end = start + len(token)
        while next_span < len(wanted) and wanted[next_span][1] <= start:
            next_span += 1
        if next_span < len(wanted) and wanted[next_span][0] < end:
            hidden.add(index)
        start = end
    return frozenset(hidden)

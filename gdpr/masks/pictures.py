"""Files under masks: how large they are, how they look, and what recognisers find in their words.

A file that cannot be dealt with (`CannotRedact`) measures nothing, shows nothing and suggests
nothing: it can be masked whole only. Words of a file are read in lines, and a finding is one box
for each line it stands on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archiver.errors import CannotRedact
from gdpr import redaction
from gdpr.core.mask import Component, ImageBox, PageBox
from gdpr.core.place import category_of, only_flags
from gdpr.core.recognizer import Mode
from gdpr.detector import Detector
from gdpr.masks.sealed import Suggestion
from gdpr.redaction import Word

_MARGIN = 2  # pixels, or hundredths of a point, that a box reaches beyond its words


def measured(content: bytes, mime: str) -> Component:
    """The measure of a file; nothing lies inside one that cannot be masked in part."""
    try:
        return redaction.measure(content, mime)
    except CannotRedact:
        return Component()


def picture(
    content: bytes, mime: str, page: int, targets: Sequence[ImageBox | PageBox] = ()
) -> bytes:
    """A page or a picture as PNG, with the targets as they would leave; empty for a file that
    cannot be shown."""
    try:
        return redaction.page_image(content, mime, page, targets=targets)
    except CannotRedact:
        return b""


def found_in(
    finder: Detector,
    content: bytes,
    mime: str,
    media: int,
    measure: Component,
    *,
    read: bool = True,
) -> Iterator[Suggestion]:
    """What recognisers find in the words of a file, as boxes inside it. `read`: those that must be
    read from pixels too, which takes seconds a page."""
    try:
        words = redaction.words(content, mime, media=media, read=read)
    except CannotRedact:
        return
    text, spans = "", list[tuple[int, int, Word]]()
    for _, line in groupby(words, key=_line):
        for word in line:
            spans.append((len(text), len(text) + len(word.text), word))
            text += word.text + " "
        text = text[:-1] + "\n"
    for span in finder.detect(text, Mode.SUGGEST):
        category = category_of(span.label)
        under = [one for start, end, one in spans if start < span.end and span.start < end]
        if only_flags(category):
            continue
        for _, line in groupby(under, key=_line):
            box = _around([one.box for one in line], measure)
            yield Suggestion(target=box, category=category, source=span.source)


def _line(word: Word) -> tuple[int, int]:
    page = word.box.page if isinstance(word.box, PageBox) else 0
    return page, word.line


def _around(boxes: Sequence[ImageBox | PageBox], measure: Component) -> ImageBox | PageBox:
    """The box that holds all of these, which are of one page, a little wider."""
    first = boxes[0]
    if isinstance(first, PageBox):
        width, height = measure.pages[first.page]
    else:
        width, height = measure.width, measure.height
    left = max(0, min(one.left for one in boxes) - _MARGIN)
    top = max(0, min(one.top for one in boxes) - _MARGIN)
    right = min(width, max(one.left + one.width for one in boxes) + _MARGIN)
    bottom = min(height, max(one.top + one.height for one in boxes) + _MARGIN)
    size = right - left, bottom - top
    if isinstance(first, PageBox):
        return PageBox(first.media, first.page, left, top, *size)
    return ImageBox(first.media, left, top, *size)

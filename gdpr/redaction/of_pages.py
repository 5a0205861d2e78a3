"""What the child answers of a PDF: one function for each thing that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pypdfium2

from gdpr.core.mask import PageBox
from gdpr.redaction import page, reading
from gdpr.redaction.answer import Limits, Refusal, Word, refused
from gdpr.redaction.form import Answer, png, row
from gdpr.redaction.grid import DPI, hidden
from gdpr.redaction.reader import reader

PDF = "application/pdf"


def answer(asked: Mapping[str, Any], content: bytes, limits: Limits) -> Answer:
    """What `asked["do"]` gives. Raises `CannotRedact`."""
    boxes = [PageBox(0, *one) for one in asked.get("boxes", ())]
    return _DO[asked["do"]](page.opened(content, limits), content, boxes, asked, limits)


def _measure(pdf: pypdfium2.PdfDocument, *_: Any) -> Answer:
    return {"pages": page.measured(pdf).pages}, b""


def _frames(pdf: pypdfium2.PdfDocument, *_: Any) -> Answer:
    return len(pdf), b""


def _image(
    pdf: pypdfium2.PdfDocument,
    _content: bytes,
    boxes: Sequence[PageBox],
    asked: dict[str, Any],
    limits: Limits,
) -> Answer:
    at = asked["page"]
    if not 0 <= at < len(pdf):
        raise refused(Refusal.OUTSIDE)
    component = page.measured(pdf)
    page.check(boxes, component)
    areas = [hidden(box, component) for box in boxes if box.page == at]
    # Drawn as it is released, then made smaller: what is looked at is what is given out.
    wanted = DPI if boxes else asked["dpi"]
    image, dpi = page.drawn(pdf, component.pages[at], at, areas, dpi=wanted, limits=limits)
    if boxes and asked["dpi"] < dpi:
        image = image.reduce(max(1, round(dpi / asked["dpi"])))
    return {}, png(image)


def _words(
    pdf: pypdfium2.PdfDocument, _content: bytes, _boxes: Any, asked: Any, limits: Limits
) -> Answer:
    component = page.measured(pdf)
    found: list[list[Any]] = []
    line = 0
    for at in range(len(pdf)) if asked["page"] is None else (asked["page"],):
        if not 0 <= at < len(pdf):
            raise refused(Refusal.OUTSIDE)
        with page.hurried(limits.page_seconds):
            by_file = page.told(pdf, at, component)
        by_pixels: list[Word] = []
        if asked["read"] and reader():
            size = component.pages[at]
            image, dpi = page.drawn(pdf, size, at, (), dpi=DPI, limits=limits)
            seen = reading.read(
                image, dpi=round(dpi), way=reading.PAGE, seconds=limits.reading_seconds
            )
            by_pixels = page.seen(seen or (), at, dpi, component)
        words = page.together(by_file, by_pixels)
        found += [row(word, line) for word in words]
        line += max((word.line for word in words), default=-1) + 1
    return found, b""


def _redact(
    pdf: pypdfium2.PdfDocument,
    content: bytes,
    boxes: Sequence[PageBox],
    _asked: Any,
    limits: Limits,
) -> Answer:
    from gdpr.redaction import traces
    from gdpr.redaction.paper import Paper

    traces.refuse_large(content, limits)
    paper = Paper()
    texts: list[str] = []
    unread: list[int] = []
    coarse: list[int] = []
    component = page.measured(pdf)
    page.check(boxes, component)
    for at, size in enumerate(component.pages):
        areas = [hidden(box, component) for box in boxes if box.page == at]
        image, dpi = page.drawn(pdf, size, at, areas, dpi=DPI, limits=limits)
        seen = reading.read(image, dpi=round(dpi), way=reading.PAGE, seconds=limits.reading_seconds)
        if seen is None:
            unread.append(at)
        if dpi < DPI:
            coarse.append(at)
        texts.append(reading.as_text(seen or ()))
        paper.add(image, dpi, seen or ())
        if paper.size > limits.content:
            raise refused(Refusal.TOO_LARGE)
    told = {"unread": unread, "coarse": coarse, "dropped": traces.dropped(content)}
    return {**told, "mime": PDF, "text": "\n\n".join(texts)}, paper.made()


_DO: Mapping[str, Callable[..., Answer]] = {
    "measure": _measure,
    "frames": _frames,
    "image": _image,
    "words": _words,
    "redact": _redact,
}

"""Received files by their bytes and kind: their measure, their pages, their words, and what leaves.

Every function reads the file in a child process (`contained`) and raises `CannotRedact`, with a
reason and a remedy, for a file that cannot be dealt with; the caller withholds it and goes on.
Coordinates: pictures in pixels of the picture as it is shown (turned as its camera says), pages in
hundredths of a point from the upper left of the page as it is shown. `media` of a box plays no part
in what is asked and is `media` in what is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archiver.errors import CannotRedact
from archiver.web.media import SNIFFED, UNKNOWN, sniff
from gdpr.core.mask import Component, ImageBox, PageBox, TimeRange
from gdpr.redaction.answer import Box, Limits, Redacted, Refusal, Word, refused
from gdpr.redaction.contained import ask
from gdpr.redaction.reader import reader
from gdpr.redaction.recording import length

PDF = "application/pdf"


def measure(content: bytes, mime: str, *, limits: Limits | None = None) -> Component:
    """Its size: what boxes must lie inside. Of sound and film the length, 0 where it is not told
    in a way known here."""
    kind = _kind(mime, content)
    if kind == "recording":
        return Component(length=length(content))
    said, _ = _ask("measure", content, kind, limits)
    pages = tuple((int(width), int(height)) for width, height in said.get("pages", ()))
    return Component(said.get("width", 0), said.get("height", 0), pages)


def measured(content: bytes, mime: str, *, limits: Limits | None = None) -> Component:
    """As `measure`, and nothing at all of a file that cannot be dealt with: no box fits on it."""
    try:
        return measure(content, mime, limits=limits)
    except CannotRedact:
        return Component()


def text_seen(content: bytes, mime: str = "image/png", *, limits: Limits | None = None) -> str:
    """What can be read in its pixels or, of a PDF, is told by it, as lines; "" where no reader is
    installed (`reads`) and the file tells nothing."""
    lines: dict[int, list[str]] = {}
    for word in words(content, mime, limits=limits):
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(line) for line in lines.values())


def frames(content: bytes, mime: str, *, limits: Limits | None = None) -> int:
    """How many pages or frames `page_image` can show."""
    kind = _drawable(mime, content)
    return int(_ask("frames", content, kind, limits)[0])


def page_image(
    content: bytes,
    mime: str,
    page: int = 0,
    dpi: int = 100,
    *,
    targets: Sequence[Box] = (),
    limits: Limits | None = None,
) -> bytes:
    """A page (drawn at `dpi`) or a frame of a picture (as large as it is) as PNG without metadata;
    with `targets` as it would leave."""
    kind = _drawable(mime, content)
    asked = {"page": page, "dpi": max(20, min(dpi, 200)), "boxes": _boxes(targets, kind)}
    return _ask("image", content, kind, limits, **asked)[1]


def words(
    content: bytes,
    mime: str,
    *,
    media: int = 0,
    read: bool = True,
    page: int | None = None,
    limits: Limits | None = None,
) -> list[Word]:
    """The words that stand in it, or on one `page` or frame of it, in reading order: those a PDF
    tells, and those read from pixels where tesseract is installed and `read` asks for it. Empty for
    sound and film."""
    kind = _kind(mime, content)
    if kind == "recording":
        return []
    said, _ = _ask("words", content, kind, limits, read=read, page=page)
    box = PageBox if kind == PDF else ImageBox
    return [Word(text, box(media, *place), line, seen) for text, place, line, seen in said]


def redact(
    content: bytes,
    mime: str,
    targets: Sequence[Box | TimeRange],
    *,
    limits: Limits | None = None,
) -> Redacted:
    """A new file of what is seen, without what the targets hide; none of the source's metadata,
    layers, text or scripts is left, with targets or without. The same input gives the same bytes.
    Sound and film are refused: they are withheld whole."""
    kind = _drawable(mime, content)
    said, made = _ask("redact", content, kind, limits, boxes=_boxes(targets, kind))
    return Redacted(
        content=made,
        mime=said["mime"],
        text=said["text"],
        unread=tuple(said["unread"]),
        dropped=tuple(said["dropped"]),
        coarse=tuple(said["coarse"]),
    )


def reads() -> bool:
    """Whether text can be read from pixels: tesseract is installed, with Swedish."""
    return reader() is not None


def _ask(
    do: str, content: bytes, kind: str, limits: Limits | None, **asked: Any
) -> tuple[Any, bytes]:
    return ask({"do": do, "mime": kind, **asked}, content, limits or Limits())


def _kind(mime: str, content: bytes) -> str:
    """How it is read: by the kind it was stored as, and only where it has none by its bytes."""
    name = mime.partition(";")[0].strip().lower()
    if name in ("", UNKNOWN):
        name = PDF if content.startswith(b"%PDF-") else sniff(content[:SNIFFED])
    if name == PDF:
        return PDF
    if name.startswith("image/") and not name.startswith("image/svg"):
        return "image"
    if name.startswith(("audio/", "video/")):
        return "recording"
    raise refused(Refusal.UNSUPPORTED)


def _drawable(mime: str, content: bytes) -> str:
    kind = _kind(mime, content)
    if kind == "recording":
        raise refused(Refusal.RECORDING)
    return kind


def _boxes(targets: Sequence[Box | TimeRange], kind: str) -> list[tuple[int, ...]]:
    """Boxes as numbers; one of another kind of file is refused, never left out."""
    paged = kind == PDF
    found: list[tuple[int, ...]] = []
    for one in targets:
        match one:
            case PageBox(_, page, left, top, width, height) if paged:
                found.append((page, left, top, width, height))
            case ImageBox(_, left, top, width, height) if not paged:
                found.append((left, top, width, height))
            case _:
                raise refused(Refusal.OUTSIDE)
    return found

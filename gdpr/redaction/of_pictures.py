"""What the child answers of a picture: one function for each thing that can be asked."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from gdpr.core.mask import ImageBox
from gdpr.redaction import picture, reading
from gdpr.redaction.answer import Limits, Refusal, Word, refused
from gdpr.redaction.form import Answer, png, row

_DPI = 96  # of a screen, where most of them were taken


def answer(asked: Mapping[str, Any], content: bytes, limits: Limits) -> Answer:
    """What `asked["do"]` gives. Raises `CannotRedact`."""
    boxes = [ImageBox(0, *one) for one in asked.get("boxes", ())]
    return _DO[asked["do"]](picture.opened(content, limits), content, boxes, asked, limits)


def _measure(image: Image.Image, *_: Any) -> Answer:
    found = picture.measured(image)
    image.load()
    return {"width": found.width, "height": found.height}, b""


def _frames(image: Image.Image, *_: Any) -> Answer:
    return picture.count(image), b""


def _image(
    image: Image.Image, _content: bytes, boxes: Sequence[ImageBox], asked: Any, _limits: Limits
) -> Answer:
    for at, (frame, _) in enumerate(picture.frames(image, boxes)):
        if at == asked["page"]:
            return {}, png(frame)
    raise refused(Refusal.OUTSIDE)


def _words(image: Image.Image, _content: bytes, _boxes: Any, asked: Any, limits: Limits) -> Answer:
    found: list[list[Any]] = []
    line = 0
    for at, (frame, _) in enumerate(picture.frames(image, ()) if asked["read"] else ()):
        if asked["page"] not in (None, at):
            continue
        words = _read(frame, limits) or ()
        for word in words:
            left, top = min(word.left, frame.width - 1), min(word.top, frame.height - 1)
            width = min(word.width, frame.width - left)
            box = ImageBox(0, left, top, width, min(word.height, frame.height - top))
            found.append(row(Word(word.text, box, word.line, True), line))
        line += max((word.line for word in words), default=-1) + 1
    return found, b""


def _redact(
    image: Image.Image, _content: bytes, boxes: Sequence[ImageBox], _asked: Any, limits: Limits
) -> Answer:
    dropped = picture.dropped(image)
    made, mime = picture.encoded(image, boxes)
    texts: list[str] = []
    unread: list[int] = []
    for at, (frame, _) in enumerate(picture.frames(Image.open(io.BytesIO(made)), ())):
        seen = _read(frame, limits)
        if seen is None:
            unread.append(at)
        texts.append(reading.as_text(seen or ()))
    told = {"unread": unread, "coarse": [], "dropped": dropped}
    return {**told, "mime": mime, "text": "\n\n".join(texts)}, made


def _read(frame: Image.Image, limits: Limits) -> Sequence[reading.Seen] | None:
    seconds = limits.reading_seconds
    return reading.read(frame, dpi=_DPI, way=reading.SCATTERED, seconds=seconds)


_DO: Mapping[str, Callable[..., Answer]] = {
    "measure": _measure,
    "frames": _frames,
    "image": _image,
    "words": _words,
    "redact": _redact,
}

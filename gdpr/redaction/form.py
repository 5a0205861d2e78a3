"""How the child writes what it found: words as rows of JSON, pictures as PNG."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from gdpr.core.mask import PageBox
from gdpr.redaction.answer import Word

Answer = tuple[Any, bytes]


def row(word: Word, line: int) -> list[Any]:
    box = word.box
    on_page = (box.page,) if isinstance(box, PageBox) else ()
    place = (*on_page, box.left, box.top, box.width, box.height)
    return [word.text, place, line + word.line, word.seen]


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()

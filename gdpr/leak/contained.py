"""Reads an output where its reader can do no harm: in the child that reads received files too.

A release may hold what strangers sent. What is only text is read here, since nothing but the
standard library's own parsers touch it; everything else goes to the child of `gdpr.redaction`, by
the same limits of memory, time and reach. A child that breaks down, hangs or grows makes the output
unread, which stops the release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from PIL import Image

from archiver.errors import CannotRedact
from gdpr.leak.markup import text_of
from gdpr.leak.piece import Gathered, Limits, Piece, Raw, Unread
from gdpr.leak.reader import is_text, read
from gdpr.leak.unwrap import files
from gdpr.redaction.answer import Limits as Confines
from gdpr.redaction.contained import ask
from gdpr.redaction.reader import reader as ocr_program
from gdpr.redaction.reading import PAGE, SCATTERED, as_text
from gdpr.redaction.reading import read as read_pixels

LIMITS = Limits()
CONFINES = Confines(content=LIMITS.content)  # otherwise as what is masked
_PIXEL_SECONDS = 60


def read_contained(
    name: str, content: bytes, *, limits: Limits = LIMITS, confines: Confines = CONFINES
) -> Gathered:
    """Everything that can be read of an output; pixels too where a reader of them is installed."""
    if is_text(content) and not any(files(text_of(content) or "")):
        return read(name, content, limits)
    into = Gathered(limits)
    into.text("file name", name)
    try:
        said, blob = ask({"do": "leaks", "mime": "", "read": asdict(limits)}, content, confines)
    except CannotRedact as error:
        into.unread.append(Unread("file", str(error.reason)))
        return into
    at = 0
    for place, size in said["raw"]:
        into.raw.append(Raw(place, blob[at : at + size]))
        at += size
    # The file's own bytes are here already, and are searched whatever the child says.
    into.raw.append(Raw("bytes", content))
    into.pieces += [Piece(*one) for one in said["pieces"]]
    into.unread += [Unread(*one) for one in said["unread"]]
    into.pictures_unread = int(said["pictures_unread"])
    return into


def answer(asked: dict[str, Any], content: bytes, confines: Confines) -> tuple[Any, bytes]:
    """What the child says of an output (`gdpr.redaction.child`)."""
    limits = Limits(**asked["read"])
    within = min(_PIXEL_SECONDS, confines.reading_seconds)

    def ocr(picture: Image.Image, dpi: int) -> str | None:
        way = PAGE if dpi else SCATTERED
        found = read_pixels(picture, dpi=dpi or 100, way=way, seconds=within)
        return None if found is None else as_text(found)

    into = read("", content, limits, ocr if ocr_program() else None)
    raw = [one for one in into.raw if one.content != content]
    said: dict[str, Sequence[Any] | int] = {
        "pieces": [list(one) for one in into.pieces],
        "raw": [(one.place, len(one.content)) for one in raw],
        "unread": [list(one) for one in into.unread],
        "pictures_unread": into.pictures_unread,
    }
    return said, b"".join(one.content for one in raw)

"""What is asked of the reader of received files, what it answers, and why it may refuse.

A refusal is a `CannotRedact` with one of the reasons here, and a remedy in words; the file it is
about is withheld and whoever called goes on with the next. No reason repeats what a file holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from archiver.errors import CannotRedact
from gdpr.core.mask import ImageBox, PageBox

Box: TypeAlias = ImageBox | PageBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a received file may cost, masked or given out whole. More is refused, and the number
    told."""

    content: int = 200_000_000  # bytes, of the file and of what is made of it
    unfolded: int = 30_000_000  # bytes of what a PDF packs besides pictures
    pages: int = 500
    frames: int = 300  # of an animated picture
    pixels: int = 40_000_000  # of a picture; a page that has more is drawn coarser
    memory: int = 2_000_000_000  # bytes of the child
    page_seconds: int = 30  # to draw a page
    reading_seconds: int = 60  # to read the text of a page's pixels; 0: leave it unread
    seconds: int = 1_800  # in all


class Refusal(StrEnum):
    """Why a file cannot be redacted."""

    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    MANY_PAGES = "too-many-pages"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    RECORDING = "recording"
    OUTSIDE = "outside"
    TOO_SLOW = "too-slow"
    MEMORY = "memory"
    CRASHED = "crashed"


_WITHHOLD = "Withhold the file whole and say so, or mask a printed and scanned copy of it."
_MESSAGES: Mapping[Refusal, tuple[str, str]] = {
    Refusal.CORRUPT: ("The file is broken, or not what it is said to be.", _WITHHOLD),
    Refusal.ENCRYPTED: (
        "The file is locked by a password.",
        "Ask the sender for it without a password, or withhold it whole and say so.",
    ),
    Refusal.MANY_PAGES: (
        "The file has {number} pages, which is more than are masked.",
        "Divide it, or raise the limit of pages (redaction_pages).",
    ),
    Refusal.TOO_LARGE: ("The file, or what it unfolds to, is too large to mask.", _WITHHOLD),
    Refusal.UNSUPPORTED: ("Files of this kind cannot be masked.", _WITHHOLD),
    Refusal.RECORDING: (
        "Parts of sound and film cannot be masked so that nothing is left.",
        "Withhold the recording whole and say so, or give a transcript of it.",
    ),
    Refusal.OUTSIDE: (
        "A box does not lie on the page or picture it is to hide a part of.",
        "Draw the box anew on the file as it is shown.",
    ),
    Refusal.TOO_SLOW: ("The file took too long to read, and was left.", _WITHHOLD),
    Refusal.MEMORY: ("The file needs more memory than it may have.", _WITHHOLD),
    Refusal.CRASHED: ("What reads the file broke down over it.", _WITHHOLD),
}


def refused(reason: Refusal, number: int = 0) -> CannotRedact:
    """The error that says so."""
    message, remedy = _MESSAGES[reason]
    return CannotRedact(
        message.format(number=number), remedy=remedy, reason=reason.value, number=number
    )


class Word(NamedTuple):
    """A word that stands on a page or in a picture, and where. Words of one `line` follow each
    other; `seen` is whether it was read from the pixels, not told by the file."""

    text: str
    box: Box
    line: int
    seen: bool


# What a PDF may hold that does something when it is opened, or that is there and not seen.
ACTIVE = frozenset(
    (
        *("actions", "embedded-files", "form", "hidden-annotations", "import", "javascript"),
        *("launch", "layers", "media", "private-data", "revisions", "submit", "unexamined"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A file made anew. `text` is what can be read in it, read from its own pixels.

    `unread` are the pages (from 0) whose pixels could not be read for text, all of them where no
    reader is installed: nothing is known of their text, and the file cannot be searched there.
    `dropped` names what the source had besides what is seen, none of which is left; `coarse` are
    pages drawn at less than 200 dpi for their size.
    """

    content: bytes
    mime: str
    text: str
    unread: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()
    coarse: tuple[int, ...] = ()

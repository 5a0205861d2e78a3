"""What the readers of outputs hand over: texts with their places, within limits. Pure.

A place is in words and numbers ("page 2", "member 3, name"); nothing of what was read is in it.
Invariants: what was not read is told (`unreadable`), never passed over; the limits bound time and
memory whatever a file unfolds to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL import Image


class Piece(NamedTuple):
    """A text found in an output. `prose`: recognisers look at it too. `noisy`: it may be chance
    that it can be read. `seen`: it was read from pixels, and a letter may be wrong."""

    place: str
    text: str
    prose: bool = True
    noisy: bool = False
    seen: bool = False


class Raw(NamedTuple):
    """Bytes that are searched as they are."""

    place: str
    content: bytes


class Unread(NamedTuple):
    """What nobody can say anything about, and why. `seen_by_eye`: a person can look at it or listen
    to it, and answer for it. `digest`: SHA-256 of what the
    waiver is about."""

    place: str
    reason: str
    seen_by_eye: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an output may unfold to. More is `Unread`."""

    content: int = 400_000_000  # bytes of an output
    unfolded: int = 1_000_000_000  # bytes of all that is in it
    ratio: int = 1_000  # bytes out of one in, above the first 10 MB
    depth: int = 8  # containers within each other
    parts: int = 200_000
    pages: int = 2_000
    revisions: int = 30
    pixels: int = 100_000_000


class TooMuch(Exception):
    """A limit was passed; the message says which one."""


# The text in a picture (at so many dots an inch; 0 if it is no page); None if it took too long.
Ocr = Callable[[Image.Image, int], str | None]


@dataclass(slots=True)
class Gathered:
    """What has been read of one output. `ocr`: None where there is no reader of pixels."""

    limits: Limits
    ocr: Ocr | None = None
    pieces: list[Piece] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    unfolded: int = 0
    pictures_unread: int = 0

    def text(
        self, place: str, text: str, *, prose: bool = True, noisy: bool = False, seen: bool = False
    ) -> None:
        """A text that stands there."""
        if not text.strip():
            return
        if len(self.pieces) >= self.limits.parts:
            raise TooMuch(f"more than {self.limits.parts} parts")
        self.pieces.append(Piece(place, text, prose, noisy, seen))

    def pixels(self, place: str, picture: Image.Image, dpi: int = 0) -> None:
        """What can be read of a picture; `dpi` where it is a page."""
        text = self.ocr(picture, dpi) if self.ocr else None
        if text is None:
            self.pictures_unread += 1
        else:
            self.text(place, text, seen=True)

    def spend(self, size: int, of: int = 0) -> None:
        """Counts unfolded bytes, made of `of` bytes; raises `TooMuch`."""
        self.unfolded += size
        if self.unfolded > self.limits.unfolded:
            raise TooMuch(f"unfolds to more than {self.limits.unfolded} bytes")
        if of and size > 10_000_000 and size > of * self.limits.ratio:
            raise TooMuch(f"unfolds to more than {self.limits.ratio} times its size")

    def left(self) -> int:
        """How many bytes may still be unfolded."""
        return self.limits.unfolded - self.unfolded

"""Reading frames out of packs in large pieces. The byte form is in `core.layout`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archiver.core.layout import FRAME_HEADER, frame_length
from archiver.core.ports import BlobStore
from archiver.errors import IntegrityError

SEAL_AT = 64 * 2**20
_READ = 4 * 2**20


class FrameSpan(NamedTuple):
    """Where a frame lies in its pack: byte offset and whole length."""

    offset: int
    length: int


def read_frames(
    store: BlobStore, name: str, start: int, end: int
) -> Iterator[tuple[FrameSpan, bytes]]:
    """Frames of a pack between two offsets in order, read in large pieces."""
    buffer, base, at = b"", start, start
    while at < end:
        have = base + len(buffer)
        if have - at < FRAME_HEADER.size and have < end:
            buffer, base = buffer[at - base :], at
            buffer += store.get(name, base + len(buffer), _READ)
        length = frame_length(buffer[at - base : at - base + FRAME_HEADER.size])
        if at + length > end:
            raise IntegrityError(f"A frame in {name} is cut off.")
        if at + length > base + len(buffer):
            buffer, base = buffer[at - base :], at
            buffer += store.get(name, base + len(buffer), max(_READ, length))
        frame = buffer[at - base : at - base + length]
        if len(frame) != length:
            raise IntegrityError(f"A frame in {name} is cut off.")
        yield FrameSpan(at, length), frame
        at += length

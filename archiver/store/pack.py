"""Packs: self-describing, append-only files of frames, one open pack per cohort.

    header   "DIARKIVP" ‖ u16 version ‖ u32 cohort ‖ u16 number              16 bytes
    frames   as `seal` makes them
    footer   (16-byte id ‖ u64 offset) per frame, sorted by id ‖ u32 count ‖ "DIARKIVF"

The header follows from the pack's name, so a verifier compares it; the footer is written when the
pack is sealed, and then the log holds the whole file's digest (`pack_sealed`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archiver.core.ports import BlobStore
from archiver.errors import IntegrityError
from archiver.store.seal import HEADER, LENGTH_BYTES, MAX_LENGTH, MIN_LENGTH

MAGIC = b"DIARKIVP"
FOOTER_MAGIC = b"DIARKIVF"
FORMAT = 1
SEAL_AT = 64 * 2**20
_HEADER = struct.Struct(">8sHIH")
HEADER_BYTES = _HEADER.size
_INDEX = struct.Struct(">16sQ")
_FOOTER = struct.Struct(">I8s")
_READ = 4 * 2**20


class FrameSpan(NamedTuple):
    """Where a frame lies in its pack: byte offset and whole length."""

    offset: int
    length: int


def pack_name(cohort: int, number: int) -> str:
    """Object name of a pack; cohort numbers say nothing by themselves."""
    return f"packs/{cohort}-{number}.pack"


def pack_header(cohort: int, number: int) -> bytes:
    """The 16 bytes every pack begins with."""
    return _HEADER.pack(MAGIC, FORMAT, cohort, number)


def pack_footer(frames: Iterable[tuple[bytes, int]]) -> bytes:
    """The footer index over (id, offset) pairs."""
    rows = sorted(frames)
    return b"".join(_INDEX.pack(*row) for row in rows) + _FOOTER.pack(len(rows), FOOTER_MAGIC)


def frame_length(header: bytes) -> int:
    """Whole length of the frame that begins with these bytes; bounded before anything is read."""
    length = int.from_bytes(header[:LENGTH_BYTES], "big")
    if len(header) < HEADER.size or not MIN_LENGTH <= length <= MAX_LENGTH:
        raise IntegrityError("A frame's length is out of bounds.")
    return length + LENGTH_BYTES


def read_frames(
    store: BlobStore, name: str, start: int, end: int
) -> Iterator[tuple[FrameSpan, bytes]]:
    """Frames of a pack between two offsets in order, read in large pieces."""
    buffer, base, at = b"", start, start
    while at < end:
        have = base + len(buffer)
        if have - at < HEADER.size and have < end:
            buffer, base = buffer[at - base :], at
            buffer += store.get(name, base + len(buffer), _READ)
        length = frame_length(buffer[at - base : at - base + HEADER.size])
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

"""How long sound and film last, as the file's own head tells it: MP4 and its kin, and WAV.

Only numbers are read, at places that are checked first; nothing is decoded. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

_INSIDE = b"moov"
_TELLS = b"mvhd"
_LONGEST = 7 * 24 * 3600 * 1000  # a week in milliseconds: more is no length


def length(content: bytes) -> int:
    """Milliseconds; 0 if it is not told in a way known here."""
    found = _wave(content) if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else _mp4(content)
    return found if 0 < found <= _LONGEST else 0


def _mp4(content: bytes) -> int:
    """`mvhd` of ISO 14496-12: duration over ticks a second."""
    for kind, start, end in _parts(content, 0, len(content)):
        if kind == _INSIDE:
            for inner, at, stop in _parts(content, start, end):
                if inner == _TELLS and stop - at >= 20:
                    wide = content[at] == 1
                    first = at + (20 if wide else 12)
                    ticks = _number(content, first, 4)
                    lasts = _number(content, first + 4, 8 if wide else 4)
                    return lasts * 1000 // ticks if ticks else 0
    return 0


def _parts(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two places: kind, and where what is inside begins and ends."""
    while start + 8 <= end:
        size, head = _number(content, start, 4), 8
        if size == 1:
            size, head = _number(content, start + 8, 8), 16
        size = size or end - start
        if size < head or start + size > end:
            return
        yield content[start + 4 : start + 8], start + head, start + size
        start += size


def _wave(content: bytes) -> int:
    """Bytes of sound over bytes a second."""
    at, rate = 12, 0
    while at + 8 <= len(content):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind == b"fmt ":
            rate = int.from_bytes(content[at + 16 : at + 20], "little")
        if kind == b"data":
            return min(size, len(content) - at - 8) * 1000 // rate if rate else 0
        at += 8 + size + size % 2
    return 0


def _number(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], "big")

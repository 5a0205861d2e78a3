"""A pack made anew without the frames whose keys are destroyed, and what the log says of it.

    {"at":…,"cohort":3,"pack":0,"revision":1,"sha256":"…64…","t":"pack_compacted","v":1}

Pack:  "DIARKIVP" ‖ u16 2 ‖ u32 cohort ‖ u16 number ‖ u16 revision ‖ u32 count of holes
       (u64 offset ‖ u64 length) per hole
       frames that are left, footer as in any sealed pack (offsets in this file)

Offsets that tables hold are those of the pack as it was first written: a *hole* says where there is
nothing any more, so that nothing else has to change. Holes rise and do not touch. Frames that are
left are the old bytes. Which frames are gone follows from the log: those whose keys were destroyed
by an entry before this one. Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from archiver.core.canonical import Json
from archiver.core.layout import PACK_HEADER_BYTES, PACK_MAGIC
from archiver.errors import IntegrityError, NotCanonical

FORMAT = 2
_HEADER = struct.Struct(">8sHIHHI")
_HOLE = struct.Struct(">QQ")
MAX_HOLES = 2**22


class Compacted(NamedTuple):
    """A pack's newest revision: 1 for the first time it was made anew; the whole file's digest."""

    cohort: int
    pack: int
    revision: int
    sha256: str

    def facts(self) -> dict[str, Json]:
        """The clear facts of the entry."""
        return dict(self._asdict())

    @classmethod
    def parse(cls, facts: Mapping[str, Json]) -> Compacted:
        """What an entry's facts say; `NotCanonical` if it is not just what `facts` writes."""
        cohort, pack, revision = (facts.get(name) for name in ("cohort", "pack", "revision"))
        digest = facts.get("sha256")
        numbers = [one for one in (cohort, pack, revision) if type(one) is int and 0 <= one < 2**32]
        if len(numbers) != 3 or numbers[2] < 1 or not isinstance(digest, str):
            raise NotCanonical("An entry about a compacted pack holds something else than a count.")
        found = cls(numbers[0], numbers[1], numbers[2], digest)
        if found.facts() != facts or len(digest) != 64:
            raise NotCanonical("An entry about a compacted pack is not of its form.")
        return found


class Holes:
    """Where a pack has nothing any more: (offset, length) in the pack as first written."""

    def __init__(
        self, spans: Iterable[tuple[int, int]] = (), header_bytes: int = PACK_HEADER_BYTES
    ):
        self.spans = tuple(spans)
        self.header_bytes = header_bytes
        self._starts = [offset for offset, _ in self.spans]
        self._lost = [0, *accumulate(length for _, length in self.spans)]

    @property
    def lost(self) -> int:
        """Bytes that are gone."""
        return self._lost[-1]

    def physical(self, offset: int) -> int:
        """Where the byte at an old offset now stands; of one in a hole, where the hole was."""
        number = bisect_right(self._starts, offset)
        if number and offset < sum(self.spans[number - 1]):
            offset = self._starts[number - 1]
            number -= 1
        return offset - PACK_HEADER_BYTES - self._lost[number] + self.header_bytes

    def after(self, offset: int) -> int:
        """The old offset itself, or the end of the hole it lies in."""
        number = bisect_right(self._starts, offset)
        return max(offset, sum(self.spans[number - 1])) if number else offset

    def encode(self, cohort: int, pack: int, revision: int) -> bytes:
        """The bytes the pack begins with."""
        head = _HEADER.pack(PACK_MAGIC, FORMAT, cohort, pack, revision, len(self.spans))
        return head + b"".join(_HOLE.pack(*span) for span in self.spans)


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch made one."""
    found: list[tuple[int, int]] = []
    for offset, length in sorted(spans):
        if found and sum(found[-1]) >= offset:
            first = found[-1][0]
            found[-1] = (first, max(sum(found[-1]), offset + length) - first)
        else:
            found.append((offset, length))
    return found


def header_length(start: bytes) -> int:
    """Whole length of a compacted pack's header, from its first bytes; `IntegrityError` if they
    are not such."""
    if len(start) < _HEADER.size:
        raise IntegrityError("A compacted pack is cut off.")
    magic, form, *_, count = _HEADER.unpack_from(start)
    if magic != PACK_MAGIC or form != FORMAT or not 0 < count <= MAX_HOLES:
        raise IntegrityError("A compacted pack does not begin as one does.")
    return _HEADER.size + int(count) * _HOLE.size


HEADER_START_BYTES = _HEADER.size


def parse_header(header: bytes, cohort: int, pack: int, revision: int) -> Holes:
    """The holes of a pack of that name; `IntegrityError` if the header is another's, or the holes
    overlap, touch, or do not rise."""
    spans = list(_HOLE.iter_unpack(header[_HEADER.size : header_length(header)]))
    holes = Holes(spans, len(header))
    if holes.encode(cohort, pack, revision) != header or merged(spans) != spans:
        raise IntegrityError("A compacted pack's header contradicts its name or itself.")
    if spans[0][0] < PACK_HEADER_BYTES or not all(length for _, length in spans):
        raise IntegrityError("A compacted pack's holes are out of bounds.")
    return holes

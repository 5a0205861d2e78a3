"""Reading frames out of packs in large pieces. The byte form is in `core.layout`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from archiver.core.compaction import (
    HEADER_START_BYTES,
    Holes,
    header_length,
    merged,
    parse_header,
)
from archiver.core.layout import (
    FOOTER_END_BYTES,
    FRAME_HEADER,
    FRAME_ID,
    PACK_HEADER_BYTES,
    footer_bytes,
    frame_length,
    pack_footer,
    pack_name,
)
from archiver.core.ports import AppendStore, BlobStore
from archiver.errors import IntegrityError

SEAL_AT = 64 * 2**20
_READ = 4 * 2**20


class Store(BlobStore, AppendStore, Protocol):
    """Where packs are written."""


class FrameSpan(NamedTuple):
    """Where a frame lies in its pack: byte offset and whole length."""

    offset: int
    length: int


def read_frames(
    store: BlobStore,
    name: str,
    start: int,
    end: int,
    following: Callable[[int], int] = lambda at: at,
) -> Iterator[tuple[FrameSpan, bytes]]:
    """Frames of a pack between two offsets in order, read in large pieces. `following`: where the
    next one begins, of where one ended; what is passed over is not looked at."""
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
        at = following(at + length)
        if at > base + len(buffer):
            buffer, base = b"", at


class Pack:
    """A pack as it lies there now, in whichever revision: offsets are those it was first written
    with. `NotFound` if there is no such file."""

    def __init__(self, store: BlobStore, cohort: int, number: int, revision: int = 0) -> None:
        self.name = pack_name(cohort, number, revision)
        self.cohort, self.number, self.revision = cohort, number, revision
        self.holes = Holes()
        self._store = store
        if revision:
            start = store.get(self.name, 0, HEADER_START_BYTES)
            header = store.get(self.name, 0, header_length(start))
            self.holes = parse_header(header, cohort, number, revision)

    def get(self, offset: int, length: int) -> bytes:
        """A frame's bytes; fewer if the pack is cut off."""
        return self._store.get(self.name, self.holes.physical(offset), length)

    def sealed_end(self) -> int:
        """Where the frames of a sealed pack end, in the file."""
        size = self._store.size(self.name) or 0
        end = self._store.get(self.name, max(0, size - FOOTER_END_BYTES))
        return size - footer_bytes(end)

    def frames(
        self, start: int, end: int, holes: Holes | None = None
    ) -> Iterator[tuple[FrameSpan, bytes]]:
        """Frames from an old offset to an end in the file, in order, each with its old offset;
        without what lies in other `holes`, of which its own are part."""
        holes = holes or self.holes
        at = holes.after(start)

        def following(_end: int) -> int:
            return self.holes.physical(at)

        first = self.holes.physical(at)
        for span, frame in read_frames(self._store, self.name, first, end, following):
            yield FrameSpan(at, span.length), frame
            at = holes.after(at + span.length)


def rewrite(store: Store, old: Pack, gone: Collection[tuple[int, int]], revision: int) -> str:
    """Write a sealed pack's next revision, durably, without the frames at these old (offset,
    length): the others' bytes as they were. The whole file's SHA-256. What an interrupted write
    left under the name is overwritten."""
    holes = Holes(merged([*old.holes.spans, *gone]))
    header = holes.encode(old.cohort, old.number, revision)
    name = pack_name(old.cohort, old.number, revision)
    store.cut(name, 0)
    digest, at, index = sha256(), 0, list[tuple[bytes, int]]()
    waiting, size = [header], len(header)
    for _, frame in old.frames(PACK_HEADER_BYTES, old.sealed_end(), holes):
        index.append((frame[FRAME_ID], at + size))
        waiting.append(frame)
        size += len(frame)
        if size >= _READ:
            at = _flush(store, name, at, waiting, digest)
            waiting, size = [], 0
    waiting.append(pack_footer(index))
    _flush(store, name, at, waiting, digest)
    store.sync(name)
    return digest.hexdigest()


def _flush(store: Store, name: str, at: int, waiting: list[bytes], digest: Any) -> int:
    data = b"".join(waiting)
    store.append(name, at, data)
    digest.update(data)
    return at + len(data)

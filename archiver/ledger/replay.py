"""Reading a log from its start: each entry with its frame and its key, without any index.

Entries of a cohort stand in the log in the order of its frames in the packs and of its lines in
the key file. So a replay walks the log and takes the next frame and the next key line of the
entry's cohort, and refuses if their ids differ. Where keys have left a file since, the walker knows
from the entries ahead (`Whereabouts`): a void line means that the key is sought by the frame's id
in the file it went to last, or that nobody here can open the frame. A void line that no entry
explains is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from archiver.core.event import ClearEntry, EventType, SealedEntry, parse
from archiver.core.layout import (
    FRAME_HEADER,
    FRAME_ID,
    KEY_LINE_BYTES,
    is_void,
    key_file,
    key_line_is_whole,
    pack_name,
)
from archiver.core.ports import BlobStore
from archiver.core.rewrap import Whereabouts
from archiver.errors import DigestMismatch, IntegrityError
from archiver.ledger.projection import Cohort, Content, Projection
from archiver.store.keys import KeyRing, unwrap_line
from archiver.store.pack import FrameSpan, Pack
from archiver.store.seal import unseal

_KEY_LINES_READ = 2048


class Replay:
    """Applies entries to a projection, from where its cohorts stand. `ahead` is every entry that
    will be stepped through, from number `first` on."""

    def __init__(
        self,
        store: BlobStore,
        keys: KeyRing,
        projection: Projection,
        ahead: Iterable[bytes],
        first: int = 0,
    ) -> None:
        self._store = store
        self._keys = keys
        self._projection = projection
        self._where = Whereabouts(ahead, first)
        self._frames: dict[tuple[int, int], Iterator[tuple[FrameSpan, bytes]]] = {}
        self._lines: dict[int, Iterator[bytes]] = {}
        self._closed: dict[int, bool] = {}
        self._moved: dict[int, dict[bytes, bytes]] = {}

    def step(self, seq: int, data: bytes) -> None:
        """Apply one entry. `IntegrityError` if its frame or key is not what the log says; then
        nothing of it was applied."""
        entry = parse(data)
        if isinstance(entry, ClearEntry):
            self._projection.apply(seq, entry, None, None)
            self._forget(entry)
            return
        cohort = self._projection.cohorts.get(entry.cohort)
        if cohort is None:
            raise IntegrityError(f"Entry {seq} is in a cohort that was never opened.")
        if self._where.is_absent(entry.cohort, cohort.pack, seq):
            self._step_absent(seq, entry, cohort)
            return
        frame, line = self._next_frame(cohort), self._next_line(cohort)
        frame_id = frame[FRAME_ID]
        if frame_id.hex() != entry.id or sha256(frame).hexdigest() != entry.x:
            raise DigestMismatch(f"The frame of entry {seq} is not the one the log names.")
        content = self._open(seq, entry, frame, line)
        self._projection.apply(seq, entry, cohort.advance(len(frame)), content)

    def _step_absent(self, seq: int, entry: SealedEntry, cohort: Cohort) -> None:
        """An entry whose key was destroyed, and whose pack was made anew without its frame."""
        line = self._next_line(cohort)
        if not is_void(line) or line[:32] != entry.id.encode():
            raise DigestMismatch(f"The key line of entry {seq} is not what the log says of it.")
        self._projection.apply(seq, entry, cohort.skip(), None)

    def _forget(self, entry: ClearEntry) -> None:
        """What was read ahead of a file that is done with, or goes on elsewhere than it did."""
        if entry.type == EventType.PACK_SEALED:
            cohort, pack = (int(str(entry.facts[name])) for name in ("cohort", "pack"))
            self._frames.pop((cohort, pack), None)
            self._lines.pop(cohort, None)  # what it has read ahead would add up over years
        elif entry.type == EventType.KEYS_REWRAPPED:
            self._lines.clear()

    def _open(self, seq: int, entry: SealedEntry, frame: bytes, line: bytes) -> Content | None:
        """The content of a frame; None if its key is out of reach by what the log says."""
        holder = entry.cohort
        if is_void(line) != (seq in self._where.ends):
            raise DigestMismatch(f"The key line of entry {seq} is not what the log says of it.")
        if is_void(line):
            if line[:32] != entry.id.encode():
                raise DigestMismatch(f"The key line of entry {seq} is another frame's.")
            end = self._where.ends[seq]
            if end is None or self._is_closed(end):
                return None
            holder = end
            line = self._moved_to(holder).get(frame[FRAME_ID], b"")
        dek = unwrap_line(self._keys.kek(holder, self._generation(holder)), frame[FRAME_ID], line)
        opened = unseal(frame, dek)
        return Content(opened.envelope, opened.raw, dek)

    def _is_closed(self, cohort: int) -> bool:
        if cohort not in self._closed:
            self._closed[cohort] = self._keys.is_closed(cohort, self._generation(cohort))
        return self._closed[cohort]

    def _generation(self, cohort: int) -> int:
        """Of the key file as it lies there now."""
        known = self._projection.cohorts.get(cohort)
        return self._where.generations.get(cohort, known.generation if known else 1)

    def _moved_to(self, cohort: int) -> dict[bytes, bytes]:
        """Lines by frame id of the keys that ended in a cohort's file."""
        found = self._moved.get(cohort)
        if found is None:
            found = self._moved[cohort] = {}
            for line in _key_lines(self._store, key_file(cohort, self._generation(cohort)), 0):
                frame_id = line[:32].decode("ascii", "replace")
                if not is_void(line) and key_line_is_whole(line, frame_id):
                    found[bytes.fromhex(frame_id)] = line
        return found

    def _next_frame(self, cohort: Cohort) -> bytes:
        key = (cohort.number, cohort.pack)
        frames = self._frames.get(key)
        if frames is None:
            pack = Pack(self._store, *key, self._where.revision(*key))
            size = self._store.size(pack.name) or 0
            if size < pack.holes.physical(cohort.pack_end) + FRAME_HEADER.size:
                raise IntegrityError(f"The pack {pack.name} is shorter than the log says.")
            frames = pack.frames(cohort.pack_end, size)
            self._frames[key] = frames
        found = next(frames, None)
        if found is None:
            raise IntegrityError(f"The pack {pack_name(*key)} is shorter than the log says.")
        cohort.pack_end = found[0].offset  # behind what was left out, if anything was
        return found[1]

    def _next_line(self, cohort: Cohort) -> bytes:
        lines = self._lines.get(cohort.number)
        if lines is None:
            name = key_file(cohort.number, self._generation(cohort.number))
            lines = self._lines[cohort.number] = _key_lines(self._store, name, cohort.key_lines)
        line = next(lines, b"")
        if len(line) != KEY_LINE_BYTES:
            raise IntegrityError("A key file is shorter than the log says.")
        return line


def _key_lines(store: BlobStore, name: str, start: int) -> Iterator[bytes]:
    """Lines of a key file from line `start`, read in blocks."""
    block = KEY_LINE_BYTES * _KEY_LINES_READ
    at = start * KEY_LINE_BYTES
    while data := store.get(name, at, block):
        for i in range(0, len(data), KEY_LINE_BYTES):
            yield data[i : i + KEY_LINE_BYTES]
        at += len(data) - len(data) % KEY_LINE_BYTES
        if len(data) < block:
            return

"""From log entries to table rows: one path for the live writer, for recovery and for rebuild.

Entries of a cohort stand in the log in the order of its frames in the packs and of its lines in
the key file. So a replay needs no index: it walks the log and takes the next frame and the next
key line of the entry's cohort, and refuses if their ids differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from archiver.core.canonical import Json
from archiver.core.event import ClearEntry, Entry, EventType, SealedEntry, parse, upcast
from archiver.core.layout import (
    FRAME_HEADER,
    FRAME_ID,
    KEY_LINE_BYTES,
    PACK_HEADER_BYTES,
    key_file,
    pack_name,
)
from archiver.core.ports import BlobStore
from archiver.db import tables as t
from archiver.db.rows import Rows
from archiver.errors import DigestMismatch, IntegrityError
from archiver.store.keys import KeyRing, unwrap_line
from archiver.store.pack import FrameSpan, read_frames
from archiver.store.seal import unseal

HOME_COHORT = 0
_KEY_LINES_READ = 2048
_META = text(
    "INSERT INTO meta (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_BELONG = text(
    "INSERT INTO log (origin, root) VALUES (:origin, :root)"
    " ON CONFLICT (origin) DO UPDATE SET root = excluded.root"
)


class Event(NamedTuple):
    """One log entry with its content, as projectors see it. A clear entry's facts stand in
    `payload`; `raw` is a sealed frame's raw part; `generation` is its cohort's key generation."""

    seq: int
    type: str
    at: int
    cohort: int
    generation: int
    payload: Mapping[str, Json]
    raw: bytes


class Projector(Protocol):
    """A feature's tables from its events. `project` may only add rows: what it writes follows
    from the event alone."""

    types: frozenset[str]

    def project(self, event: Event, rows: Rows) -> None: ...


class Location(NamedTuple):
    """Where a sealed entry's frame and key lie."""

    pack: int
    offset: int
    length: int
    key_line: int


@dataclass(slots=True)
class Cohort:
    """One key and pack segment: (authority, family, month), and where its next frame goes."""

    number: int
    authority: int
    family: str
    month: str
    generation: int = 1
    pack: int = 0
    pack_end: int = PACK_HEADER_BYTES
    key_lines: int = 0

    def advance(self, length: int) -> Location:
        """Take the next place for a frame of `length` bytes."""
        place = Location(self.pack, self.pack_end, length, self.key_lines)
        self.pack_end += length
        self.key_lines += 1
        return place

    def next_pack(self) -> None:
        """Go on in a new pack after the present one was sealed."""
        self.pack += 1
        self.pack_end = PACK_HEADER_BYTES


class Projection:
    """Turns entries into rows and keeps the cohorts' positions that follow from them."""

    def __init__(self, projectors: Iterable[Projector]) -> None:
        self._by_type: dict[str, list[Projector]] = {}
        for projector in projectors:
            for type_ in projector.types:
                self._by_type.setdefault(type_, []).append(projector)
        self.cohorts: dict[int, Cohort] = {}
        self.rows = Rows()
        self._touched: set[int] = set()

    def load(self, connection: Connection) -> None:
        """Take the cohorts' positions from the tables."""
        self.cohorts = {
            row.number: Cohort(
                row.number,
                row.authority,
                row.family,
                row.month,
                row.generation,
                row.pack,
                row.pack_end,
                row.key_lines,
            )
            for row in connection.execute(select(t.cohort))
        }
        self._touched.clear()

    def open_cohort(self, cohort: Cohort) -> None:
        """Add a cohort and its row."""
        self.cohorts[cohort.number] = cohort
        self.rows.add(
            "cohort",
            cohort.number,
            cohort.authority,
            cohort.family,
            cohort.month,
            cohort.generation,
            cohort.pack,
            cohort.pack_end,
            cohort.key_lines,
        )

    def apply(
        self,
        seq: int,
        entry: Entry,
        place: Location | None,
        content: Mapping[str, Json],
        raw: bytes,
    ) -> None:
        """Add the rows that one entry gives rise to."""
        if isinstance(entry, SealedEntry):
            cohort, generation = entry.cohort, self.cohorts[entry.cohort].generation
            self._touched.add(cohort)
            self.rows.add("entry", seq, entry.type, entry.at, cohort, *(place or ()))
        else:
            cohort, generation = HOME_COHORT, 0
            self.rows.add("entry", seq, entry.type, entry.at, None, None, None, None, None)
        self._structure(entry, content)
        projectors = self._by_type.get(entry.type)
        if projectors:
            payload = upcast(entry.type, entry.version, content)
            event = Event(seq, entry.type, entry.at, cohort, generation, payload, raw)
            for projector in projectors:
                projector.project(event, self.rows)

    def _structure(self, entry: Entry, content: Mapping[str, Json]) -> None:
        """The two types that change where frames go."""
        if entry.type == EventType.COHORT_OPENED:
            self.open_cohort(
                Cohort(
                    int(str(content["number"])),
                    int(str(content["authority"])),
                    str(content["family"]),
                    str(content["month"]),
                )
            )
        elif entry.type == EventType.PACK_SEALED:
            number = int(str(content["cohort"]))
            self.cohorts[number].next_pack()
            self._touched.add(number)

    def write(self, connection: Connection, size: int) -> None:
        """Write the waiting rows and the cohorts' positions; `size` entries are then projected."""
        for number in sorted(self._touched):
            cohort = self.cohorts[number]
            self.rows.add("cohort_end", cohort.pack, cohort.pack_end, cohort.key_lines, number)
        self._touched.clear()
        self.rows.flush(connection)
        connection.execute(_META, {"name": "projected", "value": size})


def belong(connection: Connection, origin: str, root: bytes) -> None:
    """Note whose log the tables were made from, and its root at their size."""
    connection.execute(_BELONG, {"origin": origin, "root": root})


def belongs(connection: Connection) -> tuple[str, bytes] | None:
    """The log the tables were made from: its name, and its root at their size. None if they hold
    nothing yet."""
    row = connection.execute(select(t.log)).one_or_none()
    return (row.origin, row.root) if row else None


def projected_size(connection: Connection) -> int:
    """How many entries the tables hold."""
    return _meta(connection, "projected")


def _meta(connection: Connection, name: str) -> int:
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.name == name)) or 0


def make_tables(connection: Connection) -> None:
    """Make the tables that are missing, and note of which form they all are."""
    t.metadata.create_all(connection)
    connection.execute(_META, {"name": "form", "value": _form()})


def is_outdated(connection: Connection) -> bool:
    """Whether another release made the tables, in another form."""
    if not inspect(connection).has_table(t.meta.name):
        return False
    return projected_size(connection) > 0 and _meta(connection, "form") != _form()


@cache
def _form() -> int:
    """A number (63 bits) that tells one form of all tables and indexes from another."""
    parts = [
        str(statement)
        for table in t.metadata.sorted_tables
        for statement in (
            CreateTable(table),
            *map(CreateIndex, sorted(table.indexes, key=lambda one: str(one.name))),
        )
    ]
    return int.from_bytes(sha256("\n".join(parts).encode()).digest()[:8]) >> 1


class Replay:
    """Reads entries with their frames and keys in log order, from where the cohorts stand."""

    def __init__(self, store: BlobStore, keys: KeyRing, projection: Projection) -> None:
        self._store = store
        self._keys = keys
        self._projection = projection
        self._frames: dict[tuple[int, int], Iterator[tuple[FrameSpan, bytes]]] = {}
        self._lines: dict[int, Iterator[bytes]] = {}

    def step(self, seq: int, data: bytes) -> None:
        """Apply one entry. `IntegrityError` if its frame or key is not what the log says; then
        nothing of it was applied."""
        entry = parse(data)
        if isinstance(entry, ClearEntry):
            self._projection.apply(seq, entry, None, entry.facts, b"")
            if entry.type == EventType.PACK_SEALED:
                cohort_, pack_ = (int(str(entry.facts[name])) for name in ("cohort", "pack"))
                self._frames.pop((cohort_, pack_), None)
                self._lines.pop(cohort_, None)  # what it has read ahead would add up over years
            return
        cohort = self._projection.cohorts.get(entry.cohort)
        if cohort is None:
            raise IntegrityError(f"Entry {seq} is in a cohort that was never opened.")
        frame, line = self._next_frame(cohort), self._next_line(cohort)
        frame_id = frame[FRAME_ID]
        if frame_id.hex() != entry.id or sha256(frame).hexdigest() != entry.x:
            raise DigestMismatch(f"The frame of entry {seq} is not the one the log names.")
        dek = unwrap_line(self._keys.kek(cohort.number, cohort.generation), frame_id, line)
        opened = unseal(frame, dek)
        place = cohort.advance(len(frame))
        self._projection.apply(seq, entry, place, opened.envelope, opened.raw)

    def _next_frame(self, cohort: Cohort) -> bytes:
        key = (cohort.number, cohort.pack)
        frames = self._frames.get(key)
        if frames is None:
            name = pack_name(*key)
            size = self._store.size(name) or 0
            if size < cohort.pack_end + FRAME_HEADER.size:
                raise IntegrityError(f"The pack {name} is shorter than the log says.")
            frames = read_frames(self._store, name, cohort.pack_end, size)
            self._frames[key] = frames
        found = next(frames, None)
        if found is None:
            raise IntegrityError(f"The pack {pack_name(*key)} is shorter than the log says.")
        return found[1]

    def _next_line(self, cohort: Cohort) -> bytes:
        lines = self._lines.get(cohort.number)
        if lines is None:
            name = key_file(cohort.number, cohort.generation)
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

"""From log entries to table rows: one path for the live writer, for recovery and for rebuild.

A sealed entry whose key is gone (quarantined, destroyed) can no longer be read when the tables are
made anew. So its only row is its own in `entry`: when its key goes, its rows in the other tables
go. What is to be known of it from then on, the event that took the key says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import NamedTuple, Protocol, TypeAlias

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from archiver.core.canonical import Json
from archiver.core.compaction import Compacted
from archiver.core.event import ClearEntry, Entry, EventType, upcast
from archiver.core.layout import PACK_HEADER_BYTES
from archiver.core.rewrap import Rewrap
from archiver.db import tables as t
from archiver.db.rows import GONE, Rows
from archiver.errors import IntegrityError
from archiver.store.keys import lookup_key

HOME_COHORT = 0
PROTECTED = "protected"  # the family of what may be secret
QUARANTINE = "quarantine"  # of keys that no application can open; no frame is sealed in it
_META = text(
    "INSERT INTO meta (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_BELONG = text(
    "INSERT INTO log (origin, root) VALUES (:origin, :root)"
    " ON CONFLICT (origin) DO UPDATE SET root = excluded.root"
)


class Content(NamedTuple):
    """What is in a frame, and its key."""

    envelope: Mapping[str, Json]
    raw: bytes
    dek: bytes


class Event(NamedTuple):
    """One log entry with its content, as projectors see it. A clear entry's facts stand in
    `payload`; `raw` is a sealed frame's raw part; `lookup` is the HMAC key for digests of this
    content (empty for a clear entry)."""

    seq: int
    type: str
    at: int
    cohort: int
    lookup: bytes
    payload: Mapping[str, Json]
    raw: bytes


class Projector(Protocol):
    """A feature's tables from its events. `project` may only add rows: what it writes follows
    from the event alone. Rows that follow from what is in a record's frames are to be deleted when
    the keys go (`keys_rewrapped`, `db.rows.GONE`): a rebuild cannot make them."""

    types: frozenset[str]

    def project(self, event: Event, rows: Rows) -> None: ...


class Location(NamedTuple):
    """Where a sealed entry's frame and key lie."""

    pack: int
    offset: int
    length: int
    key_line: int


# Of an entry whose frame a compaction left out: where its void key line lies.
Absent: TypeAlias = tuple[None, None, None, int]


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

    def skip(self) -> Absent:
        """The place of an entry whose frame was left out when its pack was made anew."""
        self.key_lines += 1
        return None, None, None, self.key_lines - 1

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
        self.revisions: dict[tuple[int, int], int] = {}  # of packs that were made anew
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
        self.revisions = {row[:2]: row.revision for row in connection.execute(select(t.compacted))}
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
        place: Location | Absent | None,
        content: Content | None,
    ) -> None:
        """Add the rows that one entry gives rise to. `content` is None if its key is gone; of a
        clear entry it is not looked at."""
        if isinstance(entry, ClearEntry):
            cohort, content = HOME_COHORT, Content(entry.facts, b"", b"")
            self.rows.add("entry", seq, entry.type, entry.at, *(None,) * 6)
        else:
            cohort = entry.cohort
            self._touched.add(cohort)
            self.rows.add("entry", seq, entry.type, entry.at, cohort, *(place or ()), cohort)
        if content is None:
            return
        self._structure(entry, content.envelope)
        projectors = self._by_type.get(entry.type)
        if projectors:
            payload = upcast(entry.type, entry.version, content.envelope)
            lookup = lookup_key(content.dek) if content.dek else b""
            event = Event(seq, entry.type, entry.at, cohort, lookup, payload, content.raw)
            for projector in projectors:
                projector.project(event, self.rows)

    def _structure(self, entry: Entry, content: Mapping[str, Json]) -> None:
        """The four types that change where frames and keys go."""
        if isinstance(entry, ClearEntry) and entry.type == EventType.KEYS_REWRAPPED:
            self._rewrapped(Rewrap.parse(entry.facts))
        elif entry.type == EventType.COHORT_OPENED:
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
        elif isinstance(entry, ClearEntry) and entry.type == EventType.PACK_COMPACTED:
            self._compacted(Compacted.parse(entry.facts))

    def _compacted(self, made: Compacted) -> None:
        """A pack lies there without what was destroyed, which the keys' rows tell."""
        if made.revision != self.revisions.get(made[:2], 0) + 1:
            raise IntegrityError("A pack was made anew out of order.")
        self.revisions[made[:2]] = made.revision
        self.rows.barrier()
        if made.revision == 1:
            self.rows.add("compacted", *made[:3])
        else:
            self.rows.add("compacted_again", made.revision, *made[:2])
        self.rows.add("frames_gone", *made[:2])
        self.rows.barrier()

    def _rewrapped(self, rewrap: Rewrap) -> None:
        """Keys have left a cohort: those that went to another stand at the end of its key file."""
        source = self.cohorts.get(rewrap.cohort)
        if source is None or rewrap.generation not in (source.generation, source.generation + 1):
            raise IntegrityError("Keys were moved from a cohort or generation there is not.")
        source.generation = rewrap.generation
        self._touched.add(rewrap.cohort)
        for run in rewrap.runs:
            if run.to is None or self.cohorts[run.to].family == QUARANTINE:
                for statement in GONE:
                    self.rows.add(statement, run.first, run.seqs.stop - 1)
            if run.to is None:
                self.rows.add("key_gone", run.first, run.seqs.stop - 1)
                continue
            cohort = self.cohorts[run.to]
            for seq in run.seqs:
                self.rows.add("key_place", cohort.key_lines, run.to, seq)
                cohort.key_lines += 1
            self._touched.add(run.to)

    def write(self, connection: Connection, size: int) -> None:
        """Write the waiting rows and the cohorts' positions; `size` entries are then projected."""
        for number in sorted(self._touched):
            cohort = self.cohorts[number]
            end = (cohort.generation, cohort.pack, cohort.pack_end, cohort.key_lines)
            self.rows.add("cohort_end", *end, number)
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

"""The one writer of a home: every append runs inside `with ledger.writer() as w:`.

Order of writing: frames, packs made anew → wrapped keys → new key generations → batch announced →
entries and tiles → projection → head persisted → signed → published → old key generations and packs
destroyed; only then is the append acknowledged (the `with` block ends). A batch counts whole or not
at all: what a crash leaves is adopted if it is just the batch that was announced, and cut
otherwise. Rules run inside, where the tables are caught up with the log. Of moved keys:
`ledger.generation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from archiver.core.canonical import Json, JsonObject
from archiver.core.compaction import Compacted
from archiver.core.event import ClearEntry, Entry, EventType, SealedEntry
from archiver.core.layout import (
    FRAME_ID,
    KEY_LINE_BYTES,
    PACK_HEADER_BYTES,
    key_file,
    pack_footer,
    pack_header,
    pack_name,
)
from archiver.core.rewrap import split
from archiver.db import tables as t
from archiver.db.among import among
from archiver.errors import ConfigError
from archiver.ledger.generation import part
from archiver.ledger.projection import (
    HOME_COHORT,
    PROTECTED,
    QUARANTINE,
    Cohort,
    Content,
    Location,
    belong,
)
from archiver.store.box import seal_box
from archiver.store.keys import kek_name, new_keys, quarantine_name, wrap_line
from archiver.store.pack import SEAL_AT, Pack, read_frames, rewrite
from archiver.store.seal import FrameKind, Sealed, seal

if TYPE_CHECKING:
    from archiver.ledger.service import Ledger

FAMILIES = ("content", "media", "register", "access", PROTECTED)
_MAX_EVENT = 4096
_READ = 4 * 2**20


class Staged(NamedTuple):
    """One entry waiting to be written."""

    seq: int
    entry: Entry
    place: Location | None
    sealed: Sealed | None


class Writer:
    """Collects entries; `Ledger.writer` writes them when its block ends without an exception.

    `at` is the instant all entries of the block carry (milliseconds UTC, never going back).
    `connection` sees the tables as of the log's head.
    """

    def __init__(self, ledger: Ledger, connection: Connection, at: int) -> None:
        self._ledger = ledger
        self.connection = connection
        self.at = at
        self._staged: list[Staged] = []
        self._next = ledger.log.size
        self._new_secrets: dict[str, bytes] = {}
        self._packs: dict[str, tuple[int, list[bytes]]] = {}
        self._lines: dict[str, tuple[int, list[bytes]]] = {}
        self._begun: set[str] = set()
        self._generations: dict[str, bytes] = {}
        self._closed: dict[int, AESGCM] = {}
        self._compacted: set[tuple[int, int]] = set()

    @property
    def next_seq(self) -> int:
        """The seq the next entry will get."""
        return self._next

    def cohort(self, authority: int, family: str) -> int:
        """The number of the open cohort of this month, opened now if there is none. Opening a new
        month's cohort seals the older months' packs of the same authority and family."""
        if family not in FAMILIES:
            raise ConfigError(f"There is no cohort family {family!r}.")
        month = datetime.fromtimestamp(self.at / 1000, UTC).strftime("%Y-%m")
        cohorts = self._ledger.projection.cohorts
        same = [c for c in cohorts.values() if (c.authority, c.family) == (authority, family)]
        found = next((c.number for c in same if c.month == month), None)
        if found is not None:
            return found
        for older in same:
            if older.number and older.pack_end > PACK_HEADER_BYTES:
                self._seal_pack(older)
        number = max(cohorts) + 1
        self.new_secret(kek_name(number, 1))
        return self._open_cohort(number, authority, family, month)

    def _open_cohort(self, number: int, authority: int, family: str, month: str) -> int:
        payload: dict[str, Json] = {
            "number": number,
            "authority": authority,
            "family": family,
            "month": month,
        }
        self.append_event(EventType.COHORT_OPENED, payload, cohort=HOME_COHORT)
        return number

    def quarantine(self, authority: int, public: bytes) -> int:
        """Open a cohort that keys can be moved into, in this block, and that nobody opens without
        the private half of `public` (X25519). No frame is ever sealed in it. Its number."""
        number = max(self._ledger.projection.cohorts) + 1
        kek, name = self._ledger.random(32), quarantine_name(number, 1)
        box = seal_box(public, kek, name, self._ledger.random)
        self._ledger.keys.secrets.add({name: box})
        self._closed[number] = AESGCM(kek)
        month = datetime.fromtimestamp(self.at / 1000, UTC).strftime("%Y-%m")
        return self._open_cohort(number, authority, QUARANTINE, month)

    def rewrap(self, cohort: int, away: Mapping[int, int | None]) -> None:
        """Give a cohort a new key generation without the keys of some entries. `away`: entry →
        the cohort its key goes to, or None: it is destroyed. The old KEK and key file are destroyed
        when the block has ended; the frames stay where they are.

        Only keys that lay there when the block began, once per cohort and block; `ConfigError`
        otherwise. Of a quarantine, all keys are destroyed at once."""
        held = self._ledger.projection.cohorts.get(cohort)
        old_name = key_file(cohort, held.generation) if held else ""
        if not held or cohort == HOME_COHORT or not away or old_name in self._generations:
            raise ConfigError("Keys are moved once in a block, and from a cohort there is.")
        if not set(away.values()) <= {None, *self._ledger.projection.cohorts} - {cohort, 0}:
            raise ConfigError("Keys are moved to a cohort there is, and not to their own.")
        numbers = self._key_lines(cohort, away)
        keys, generation = self._ledger.keys, held.generation + 1
        lines = self._key_file(cohort, held)
        shut = keys.is_closed(cohort, held.generation)
        old = None if shut else keys.kek(cohort, held.generation)
        if old:
            self.new_secret(kek_name(cohort, generation))
        new = keys.kek(cohort, generation) if old else None
        wanted = {number: away[seq] is not None for number, seq in numbers.items()}
        parted = part(lines, wanted, old, new)
        for number, seq in sorted(numbers.items(), key=lambda one: one[1]):
            if (to := away[seq]) is not None:
                self._add_line(to, *parted.left[number])
        self._lines.pop(old_name, None)
        self._generations[key_file(cohort, generation)] = parted.lines
        for rewrap in split(cohort, generation, away):
            self.append_clear(EventType.KEYS_REWRAPPED, rewrap.facts())

    def _key_lines(self, cohort: int, away: Mapping[int, int | None]) -> dict[int, int]:
        """Line number → entry of the keys that are to go, all of which must lie there."""
        e = t.entry.c
        query = select(e.key_line, e.seq).where(e.key_cohort == cohort, among(e.seq, away))
        found = dict(self.connection.execute(query).all())
        if len(found) != len(away):
            raise ConfigError(f"Not all of the keys to be moved lie in cohort {cohort}.")
        return found

    def _key_file(self, cohort: int, held: Cohort) -> bytes:
        """A cohort's key file as the block so far has it."""
        name = key_file(cohort, held.generation)
        offset, staged = self._lines.get(name, (held.key_lines * KEY_LINE_BYTES, []))
        return self._ledger.store.get(name, 0, offset) + b"".join(staged)

    def _add_line(self, cohort: int, frame_id: bytes, dek: bytes) -> None:
        """Stage a moved key's line behind those of its new cohort."""
        held = self._ledger.projection.cohorts[cohort]
        kek = self._closed.get(cohort) or self._ledger.keys.kek(cohort, held.generation)
        name = key_file(cohort, held.generation)
        lines = self._lines.setdefault(name, (held.key_lines * KEY_LINE_BYTES, []))[1]
        lines.append(wrap_line(kek, frame_id, dek))

    @property
    def has_superseded(self) -> bool:
        """Whether a key generation or a pack before this one's is to be destroyed."""
        return bool(self._generations or self._compacted)

    def close_pack(self, cohort: int) -> None:
        """Seal a cohort's open pack, if it holds anything: only sealed packs are made anew."""
        held = self._ledger.projection.cohorts[cohort]
        if held.pack_end > PACK_HEADER_BYTES:
            self._seal_pack(held)

    def compact(self, cohort: int, pack: int) -> int:
        """Make a sealed pack anew without the frames whose keys were destroyed in an earlier block;
        how many bytes they were. The old file is deleted when the block has ended. 0 if nothing of
        the pack was destroyed; `ConfigError` if it is not sealed, or made anew in this block."""
        held = self._ledger.projection.cohorts.get(cohort)
        if not held or pack >= held.pack or (cohort, pack) in self._compacted:
            raise ConfigError("A pack is made anew once in a block, and when it is sealed.")
        e, c = t.entry.c, t.compacted.c
        gone = select(e.offset, e.length).where(
            e.cohort == cohort, e.pack == pack, e.key_cohort.is_(None)
        )
        spans = [(offset, length) for offset, length in self.connection.execute(gone).all()]
        if not spans:
            return 0
        at = select(c.revision).where(c.cohort == cohort, c.pack == pack)
        old = Pack(self._ledger.store, cohort, pack, self.connection.scalar(at) or 0)
        revision = old.revision + 1
        digest = rewrite(self._ledger.store, old, spans, revision)
        self._compacted.add((cohort, pack))
        facts = Compacted(cohort, pack, revision, digest).facts()
        self.append_clear(EventType.PACK_COMPACTED, facts)
        return sum(length for _, length in spans)

    def new_secret(self, name: str) -> bytes:
        """Make a 32-byte secret, durable before anything that needs it."""
        secret = new_keys([name], self._ledger.random)
        self._ledger.keys.secrets.add(secret)
        return secret[name]

    def append(self, type_: str, sealed: Sealed, cohort: int, version: int = 1) -> int:
        """Stage a sealed frame; its seq."""
        held = self._ledger.projection.cohorts[cohort]
        if held.pack_end + len(sealed.frame) > SEAL_AT and held.pack_end > PACK_HEADER_BYTES:
            self._seal_pack(held)
        entry = SealedEntry(type_, version, self.at, cohort, sealed.id.hex(), sealed.c, sealed.x)
        kek = self._ledger.keys.kek(cohort, held.generation)
        place = held.advance(len(sealed.frame))
        name = pack_name(cohort, place.pack)
        self._packs.setdefault(name, (place.offset, []))[1].append(sealed.frame)
        if place.offset == PACK_HEADER_BYTES:
            self._begun.add(name)
        keys = key_file(cohort, held.generation)
        line = wrap_line(kek, sealed.id, sealed.dek)
        self._lines.setdefault(keys, (place.key_line * KEY_LINE_BYTES, []))[1].append(line)
        return self._stage(entry, place, sealed, Content(sealed.envelope, sealed.raw, sealed.dek))

    def append_event(
        self, type_: str, payload: Mapping[str, Json], *, cohort: int, version: int = 1
    ) -> int:
        """Seal a small event payload (≤ 4 KiB) here and stage it; its seq."""
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        if len(sealed.frame) > _MAX_EVENT:
            raise ConfigError(f"A {type_} event is too large to be sealed inside the writer.")
        return self.append(type_, sealed, cohort, version)

    def append_clear(self, type_: str, facts: JsonObject) -> int:
        """Stage an entry without a frame; `facts` name no person and no content. Its seq."""
        return self._stage(ClearEntry(type_, 1, self.at, facts), None, None, None)

    def _stage(
        self,
        entry: Entry,
        place: Location | None,
        sealed: Sealed | None,
        content: Content | None,
    ) -> int:
        seq = self._next
        self._next += 1
        self._staged.append(Staged(seq, entry, place, sealed))
        self._ledger.projection.apply(seq, entry, place, content)
        return seq

    def _seal_pack(self, cohort: Cohort) -> None:
        """Write the footer and log the whole file's digest. What is staged for the pack is
        written first, so that the digest is over what will lie on disk."""
        self._write_frames()
        name, store = pack_name(cohort.number, cohort.pack), self._ledger.store
        frames = read_frames(store, name, PACK_HEADER_BYTES, cohort.pack_end)
        footer = pack_footer((frame[FRAME_ID], span.offset) for span, frame in frames)
        store.append(name, cohort.pack_end, footer)
        store.sync(name)
        digest, at = sha256(), 0
        while piece := store.get(name, at, _READ):
            digest.update(piece)
            at += len(piece)
        facts: dict[str, Json] = {
            "cohort": cohort.number,
            "pack": cohort.pack,
            "sha256": digest.hexdigest(),
        }
        self.append_clear(EventType.PACK_SEALED, facts)

    def _write_frames(self) -> None:
        store = self._ledger.store
        for name, (offset, frames) in self._packs.items():
            if name in self._begun:
                cohort, _, number = name.removeprefix("packs/").removesuffix(".pack").partition("-")
                store.cut(name, 0)
                store.append(name, 0, pack_header(int(cohort), int(number)))
            store.append(name, offset, b"".join(frames))
        for name in self._packs:
            store.sync(name)
        self._packs.clear()
        self._begun.clear()

    def write(self) -> None:
        """Make everything staged durable, in the order the module's docstring gives."""
        if not self._staged:
            return
        self._write_frames()
        store = self._ledger.store
        for name, data in self._generations.items():
            store.put(name, data)
        for name, (offset, lines) in self._lines.items():
            if not offset:
                store.cut(name, 0)  # a writer that died may have begun a cohort of this number
            store.append(name, offset, b"".join(lines))
        for name in self._lines:
            store.sync(name)
        entries = [staged.entry.encode() for staged in self._staged]
        self._ledger.log.append(entries, self._ledger.announce)
        self._ledger.projection.write(self.connection, self._next)
        belong(self.connection, self._ledger.origin, self._ledger.log.frontier.root())

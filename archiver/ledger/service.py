"""The ledger of a home: its writer, its readers and its proofs.

Invariants: the log is never shorter than a head that was signed; the tables never know more than
the log; a signature exists only over a head that is durable. A contradiction is refused
(`CheckpointForked`, exit 5) and nothing is repaired silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from archiver.core import merkle
from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from archiver.core.event import EventType, parse, upcast
from archiver.core.layout import (
    CHECKPOINT,
    INTENT,
    KEY_LINE_BYTES,
    VKEY,
    dictionary_name,
    key_file,
    pack_name,
    parse_intent,
    render_intent,
)
from archiver.core.ports import Clock, Random
from archiver.db.engine import Database
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    DigestMismatch,
    IntegrityError,
    NotFound,
    SignatureInvalid,
    StoreUnavailable,
)
from archiver.ledger.frames import FrameReader
from archiver.ledger.generation import Remains, remains
from archiver.ledger.lock import Held, writer_lock
from archiver.ledger.log import Log, Store
from archiver.ledger.projection import (
    HOME_COHORT,
    Cohort,
    Projection,
    Projector,
    belong,
    belongs,
    is_outdated,
    make_tables,
    projected_size,
)
from archiver.ledger.replay import Replay
from archiver.ledger.writer import Writer
from archiver.store.keys import (
    KeyRing,
    kek_name,
    new_keys,
    signing_key_name,
)
from archiver.store.seal import DICTIONARY, Opened, dictionary_bytes, unseal

JUMP = 5_000  # milliseconds
REBUILD_BATCH = 4096


class Proofs(NamedTuple):
    """Inclusion proofs by seq, (entry, audit path) each, under one signed note."""

    note: bytes
    entries: dict[int, tuple[bytes, list[bytes]]]


class Ledger:
    """One home's log, packs, keys and projection tables, seen as one thing."""

    def __init__(
        self,
        *,
        home: Path,
        store: Store,
        keys: KeyRing,
        database: Database,
        clock: Clock,
        random: Random,
        projectors: Iterable[Projector],
    ) -> None:
        self.store = store
        self.keys = keys
        self.database = database
        self.random = random
        self.log = Log(store)
        self.folder = home
        self._clock = clock
        self._projectors = tuple(projectors)
        self.projection = Projection(self._projectors)
        self._frames = FrameReader(store, keys, database)
        self._origin = ""
        self._caught_up = False
        self._older: Remains | None = None
        self._database_identity: tuple[int, int] | None = None
        self._last_at = 0
        self._wall_minus_monotonic: float | None = None

    # --- the writer --------------------------------------------------------------------------

    @contextmanager
    def writer(self, *, recovering: bool = False) -> Iterator[Writer]:
        """Hold the home's one writer's lock; what was appended is durable, projected and signed
        when the block ends. After an exception nothing of the block counts, and the next writer
        starts from what is on disk. `recovering`: a recovery that was begun may write."""
        with self.locked() as lock:
            if not recovering:
                self.log.refuse_forked()
            if lock.abandoned:
                self._caught_up = False
            lock.begin()
            try:
                if self._is_outdated():
                    self._rebuild(lock, lambda _done, _all: None)
                with self.database.write() as connection:
                    self._catch_up(connection)
                    drift, base = self._clock_drift()
                    writer = Writer(self, connection, self._instant())
                    if drift and not recovering:  # its own entry comes first
                        writer.append_clear(EventType.CLOCK_JUMPED, {"ms": drift})
                    yield writer
                    lock.check()
                    writer.write()
                    lock.check()
                if writer.next_seq > self._published_size():
                    lock.check()
                    self._sign()
                if self._older or writer.has_superseded:
                    lock.check()
                    self._destroy_older()
                self._last_at, self._wall_minus_monotonic = writer.at, base
            except BaseException:
                self._caught_up = False
                raise
            lock.finish()

    def _destroy_older(self) -> None:
        """Key generations and packs no longer in force, now that a signed head says so."""
        self._remains()[1].remove(self.store, self.keys)
        self._older = None

    def _remains(self) -> tuple[Remains, Remains]:
        return remains(self.store, self.keys, self.projection.cohorts, self.projection.revisions)

    def locked(self) -> AbstractContextManager[Held]:
        """The writer's lock by itself, for what is not an append."""
        return writer_lock(self.folder, self.database.alone)

    def _instant(self) -> int:
        return max(self._clock.now(), self._last_at)

    def _clock_drift(self) -> tuple[int, float]:
        """Milliseconds the wall clock jumped since the last batch, 0 if less than five seconds,
        and wall minus monotonic time to compare with next time. This process's first batch is
        compared with the newest entry, later ones with the monotonic clock: one event per jump."""
        now = self._clock.now()
        base = now - self._clock.monotonic() * 1000
        known = self._wall_minus_monotonic
        drift = min(0, now - self._last_at) if known is None else int(base - known)
        return (drift if abs(drift) > JUMP else 0), base

    def _signed_size(self) -> int:
        signed = self.log.signed()
        return signed.size if signed else 0

    def _published_size(self) -> int:
        published = self.log.published()
        return published.size if published else 0

    def _sign(self) -> None:
        head = Checkpoint(self.origin, self.log.size, self.log.frontier.root())
        self.log.persist_head(head)
        signer = self.keys.signer(self.origin)
        self.log.publish(head.signed(self.verifier_key, signer.sign))

    def announce(self, size: int, root: bytes) -> None:
        """Make durable, under a MAC, which head the batch about to be written leads to."""
        body = Checkpoint(self.origin, size, root).body()
        old = self.store.get(INTENT) if self.store.size(INTENT) is not None else None
        mac = self.keys.intent_mac(self.origin, body.encode())
        self.store.swap(INTENT, render_intent(body, mac), expect=old)

    def _is_announced(self) -> bool:
        """Whether the log as it stands is just what its newest batch was announced to lead to."""
        try:
            body, mac = parse_intent(self.store.get(INTENT))
        except (NotFound, DigestMismatch):
            return False
        head = Checkpoint(self.origin, self.log.size, self.log.frontier.root())
        genuine = compare_digest(mac, self.keys.intent_mac(self.origin, body.encode()))
        return genuine and body == head.body()

    # --- start and recovery ------------------------------------------------------------------

    def taken_over(self, size: int) -> None:
        """The log's name has changed (`ledger.recovery`), and its first `size` entries count: make
        its signed head and its tables anew under that name. The caller holds the lock."""
        self._origin, self._caught_up = "", False
        self.keys.reload()
        self._check_signer()
        self.log.load()
        signed = self.log.signed()
        if signed and signed.origin != self.origin:
            root = self.log.frontier_at(size).root()
            self.log.persist_head(Checkpoint(self.origin, size, root))
        of = self.known()[1]
        if of is None or of[0] != self.origin:
            with self.database.replaced() as fresh:
                self._fill(fresh, lambda _done, _all: None)

    def counted(self) -> int:
        """How many entries of the log as it lies there count: the signed ones, or the batch that
        was announced too, if it is whole. Nothing is written."""
        self.log.load()
        return self.log.size if self._is_announced() else self._signed_size()

    def _catch_up(self, connection: Connection) -> None:
        """Bring log, packs, keys and tables into one state. Cheap when nobody else has written and
        the tables are still those we know."""
        known = self._caught_up and self._database_identity == self.database.identity
        if not (known and self.log.fresh() and projected_size(connection) == self.log.size):
            self.store.clear_temporary()
            self.keys.reload()
            self._check_signer()
            self.log.load()
            make_tables(connection)
            self.projection = Projection(self._projectors)
            self.projection.load(connection)
            self._replay(connection)
            self._cut_surplus()
            if self.log.size > self._signed_size():
                self.log.settle()
            self._last_at = self._newest_at()
            self._caught_up, self._database_identity = True, self.database.identity

    def _check_signer(self) -> None:
        """Refuse before anything is written if the root key does not open this home's signing key,
        or `log/vkey` is not its public half."""
        public = self.keys.signer(self.origin).public_key().public_bytes_raw()
        if VerifierKey(self.origin, public) != self.verifier_key:
            raise SignatureInvalid(
                "log/vkey is not the public half of this home's signing key.",
                remedy="Nothing was changed. Restore log/vkey from a backup.",
            )

    def _replay(self, connection: Connection) -> None:
        """Project what the tables lack. Unsigned entries count only as the whole batch that was
        announced; otherwise a crash struck within it, or they are nobody's, and they are cut."""
        done, signed = projected_size(connection), self._signed_size()
        if self.log.size > signed and not self._is_announced():
            if signed < self.log.first:
                raise CheckpointForked(
                    "The log holds tiles beyond its signed head that no writer announced.",
                    remedy="Nothing was changed. Restore the log folder from a backup.",
                )
            self.log.cut(signed)
        self._refuse_other_log(done, belongs(connection))
        if done == 0 and HOME_COHORT not in self.projection.cohorts:
            self.projection.open_cohort(Cohort(HOME_COHORT, 0, "register", ""))
        ahead = self.log.entries(done, self.log.size)
        replay = Replay(self.store, self.keys, self.projection, ahead, done)
        for seq, data in enumerate(self.log.entries(done, self.log.size), done):
            replay.step(seq, data)
            if (seq + 1) % REBUILD_BATCH == 0:
                self.projection.write(connection, seq + 1)
        self.log.cut(self.log.size)
        self.projection.write(connection, self.log.size)
        belong(connection, self.origin, self.log.frontier.root())

    def _refuse_other_log(self, known: int, of: tuple[str, bytes] | None) -> None:
        """The tables remember which log they are of and how long it was: an older or another copy
        of it must not be gone on with, or two heads of one size would be signed that contradict
        each other."""
        if of and of[0] != self.origin:
            raise ConfigError(
                f"The database belongs to the log {of[0]}, not to {self.origin}.",
                remedy="Nothing was changed. Give this home a database of its own.",
            )
        if known > self.log.size:
            raise CheckpointForked(
                f"The database holds {known} entries, the log only {self.log.size}.",
                remedy="Nothing was changed. Restore log/, packs/ and keys/ from a newer backup, "
                "or go on where they are newer: an older log must never be continued.",
            )
        if of and known and self.log.frontier_at(known).root() != of[1]:
            raise CheckpointForked(
                f"The database's {known} entries are not those of this folder's log.",
                remedy="Nothing was changed. Another copy of this home has written to the "
                "database: go on with that one, and never with both.",
            )

    def known(self) -> tuple[int, tuple[str, bytes] | None]:
        """How many entries the tables hold and of which log; none if they are gone or damaged."""
        if not self.database.exists():
            return 0, None
        try:
            with self.database.read() as connection:
                return projected_size(connection), belongs(connection)
        except (StoreUnavailable, IntegrityError):
            return 0, None

    def _cut_surplus(self) -> None:
        """Drop frames and key lines beyond the last entry of each open cohort, and what there is
        of key generations and packs made anew that never came into force."""
        newer, self._older = self._remains()
        newer.remove(self.store, self.keys)
        for cohort in self.projection.cohorts.values():
            ends = {
                pack_name(cohort.number, cohort.pack): cohort.pack_end,
                key_file(cohort.number, cohort.generation): cohort.key_lines * KEY_LINE_BYTES,
            }
            for name, end in ends.items():
                if (self.store.size(name) or 0) > end:
                    self.store.cut(name, end)

    def _newest_at(self) -> int:
        return parse(self.log.entry(self.log.size - 1)).at if self.log.size else 0

    def create(self, home_id: str, facts: Mapping[str, Json]) -> None:
        """The first entries of a new home: its keys, its dictionary, its creation. A creation that
        was cut short goes on with the keys it made; `ConfigError` if the home exists."""
        origin = f"diarkiv/{home_id}/1"
        names = [kek_name(HOME_COHORT, 1), signing_key_name(origin)]
        dictionary = dictionary_bytes(DICTIONARY)
        with writer_lock(self.folder):  # no other machine knows of a home that has no name yet
            if self._published_size():
                raise ConfigError("This home was created before.", remedy="Nothing was changed.")
            missing = [name for name in names if not self.keys.secrets.has(name)]
            if missing:
                self.keys.secrets.add(new_keys(missing, self.random))
            key = VerifierKey(origin, self.keys.signer(origin).public_key().public_bytes_raw())
            self.store.put(VKEY, f"{key}\n".encode())
            self.store.put(dictionary_name(DICTIONARY), dictionary)
        with self.writer() as writer:
            held = {parse(data).type for data in self.log.entries(0, self.log.size)}
            if EventType.DICTIONARY_ADDED not in held:
                digest = sha256(dictionary).hexdigest()
                facts_: dict[str, Json] = {"number": DICTIONARY, "sha256": digest}
                writer.append_clear(EventType.DICTIONARY_ADDED, facts_)
            if EventType.HOME_CREATED not in held:
                writer.append_event(EventType.HOME_CREATED, facts, cohort=HOME_COHORT)

    # --- reading -----------------------------------------------------------------------------

    @property
    def verifier_key(self) -> VerifierKey:
        """The log's public key, which outsiders pin."""
        return VerifierKey.parse(self.store.get(VKEY).decode())

    @property
    def origin(self) -> str:
        """Name of the log: home and generation."""
        if not self._origin:
            self._origin = self.verifier_key.name
        return self._origin

    def checkpoint(self) -> bytes:
        """The newest signed note."""
        return self.store.get(CHECKPOINT)

    def open(self, seqs: Sequence[int], *, protected: bool = False) -> dict[int, Opened]:
        """Content of sealed entries by seq. What is kept apart as possibly secret is left out
        unless `protected` asks for it; what is quarantined or destroyed always is.
        `DigestMismatch`/`SealBroken` if stored bytes are not what was sealed."""
        found = self.sealed(seqs, protected=protected)
        return {seq: unseal(frame, dek) for seq, frame, dek in found}

    def open_one(self, seq: int, *, protected: bool = False) -> Opened:
        """Content of one sealed entry; `NotFound` if there is none, or it is left out by `open`."""
        found = self.open([seq], protected=protected).get(seq)
        if found is None:
            raise NotFound(f"Entry {seq} has no content.")
        return found

    def event(self, seq: int) -> Mapping[str, Json]:
        """A sealed event's payload in the newest version of its type."""
        log = Log(self.store)
        log.load()
        entry = parse(log.entry(seq))
        return upcast(entry.type, entry.version, self.open_one(seq).envelope)

    def sealed(
        self, seqs: Sequence[int], *, protected: bool = False
    ) -> Iterator[tuple[int, bytes, bytes]]:
        """(seq, frame, data key) of sealed entries, in the order of the log; what is left out is
        as in `open`."""
        return self._frames.sealed(seqs, protected=protected)

    def lookups(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """The keys of the digests that the tables hold of these entries' content, protected ones
        too; without reading the frames."""
        return self._frames.lookups(seqs)

    def prove(self, seqs: Sequence[int], note: bytes | None = None) -> Proofs:
        """Inclusion proofs of entries under a signed head: the newest, unless another is given."""
        log = Log(self.store)
        note = note or self.checkpoint()
        head = open_checkpoint(note, self.verifier_key)
        log.load()
        proofs = {}
        for seq in seqs:
            if not 0 <= seq < head.size:
                raise NotFound(f"The log has no signed entry {seq}.")
            path = merkle.inclusion_proof(seq, head.size, log.node)
            proofs[seq] = (log.entry(seq), path)
        return Proofs(note, proofs)

    def renew(self) -> None:
        """Make tables that another release left in another form anew, before anybody reads them."""
        if self._is_outdated():
            with self.writer():
                pass

    def _is_outdated(self) -> bool:
        if self._caught_up or not self.database.exists():
            return False
        with self.database.read() as connection:
            return is_outdated(connection)

    def rebuild(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Make the tables anew from packs, log and keys, beside the old ones, and swap them in.
        Returns the number of entries. Readers keep the old ones until the swap."""
        with self.locked() as lock:
            return self._rebuild(lock, progress)

    def _rebuild(self, lock: Held, progress: Callable[[int, int], None]) -> int:
        self._caught_up = False
        self.log.load()
        self._refuse_other_log(*self.known())
        with self.database.replaced() as fresh:
            size = self._fill(fresh, progress)
            lock.check()
        return size

    def _fill(self, database: Database, progress: Callable[[int, int], None]) -> int:
        self.keys.reload()
        self.log.load()
        projection = Projection(self._projectors)
        size = self._signed_size()
        replay = Replay(self.store, self.keys, projection, self.log.entries(0, size))
        with database.write() as connection:
            make_tables(connection)
            projection.open_cohort(Cohort(HOME_COHORT, 0, "register", ""))
            for seq, data in enumerate(self.log.entries(0, size)):
                replay.step(seq, data)
                if (seq + 1) % REBUILD_BATCH == 0:
                    projection.write(connection, seq + 1)
                    progress(seq + 1, size)
            projection.write(connection, size)
            belong(connection, self.origin, self.log.frontier_at(size).root())
            progress(size, size)
        return size

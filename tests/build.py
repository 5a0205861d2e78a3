"""Builders for tests: a clock one sets by hand, a small home, batches of invented records, the book
of what was acknowledged, and proof bundles. Nothing here is taken from a real platform."""

from __future__ import annotations

import io
import os
import random as random_module
import re
import traceback
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from archiver.core import bundle, merkle
from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint
from archiver.core.commitment import hide, open_leaves
from archiver.core.event import EventType, SealedEntry, parse
from archiver.core.layout import CHECKPOINT, ROOT_KEY
from archiver.core.ports import Clock, Random
from archiver.core.tombstone import Confirmed, Interval, tombstones
from archiver.core.verdict import Report, Verdict
from archiver.db import tables as t
from archiver.db.engine import Database
from archiver.db.rows import Rows
from archiver.ledger.log import Store
from archiver.ledger.projection import HOME_COHORT, Event, Projector
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive
from archiver.ledger.writer import Writer
from archiver.store import root
from archiver.store.box import pair_of
from archiver.store.filesystem import FilesystemStore
from archiver.store.keys import KeyRing, Secrets
from archiver.store.seal import FrameKind, Opened, Sealed, content_leaves, seal, unseal
from tests.databases import projection_of, rows_of

ROOT = bytes(range(32))
HOME_ID = "testkommun"
NOVEMBER = 1_795_000_000_000  # milliseconds: 18 November 2026, 07:06:40 UTC
DAY = 86_400_000
WORDS = "kommunen vägen snö tack hej plogas när imorgon gatan lampa trasig 😀 cykel ö å"


@dataclass
class FakeClock:
    """Time that moves only when told: `advance` is time going by, `jump` somebody setting it."""

    wall: int = NOVEMBER
    seconds: float = 1000.0

    def now(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.seconds += milliseconds / 1000

    def jump(self, milliseconds: int) -> None:
        self.wall += milliseconds


_seeds = count()


def seeded(seed: int | None = None) -> Random:
    """Bytes that are the same in every run; without a seed, other ones at each call."""
    return random_module.Random(next(_seeds) if seed is None else seed).randbytes


class PlaceProjector:
    """Authorities and channels, as tables."""

    types = frozenset({EventType.AUTHORITY_ADDED.value, EventType.CHANNEL_ADDED.value})

    def project(self, event: Event, rows: Rows) -> None:
        if event.type == EventType.AUTHORITY_ADDED:
            rows.add("authority", event.seq)
        else:
            rows.add("channel", event.seq, event.payload["authority"], "feed", 3600)


def make_ledger(
    home: Path,
    *,
    clock: Clock | None = None,
    random: Random | None = None,
    projectors: Iterable[Projector] = (PlaceProjector(),),
    store: Store | None = None,
    database: Database | None = None,
    key: bytes = ROOT,
) -> Ledger:
    """Fresh objects over a home's files; nothing is read yet."""
    store = store or FilesystemStore(home)
    random = random or seeded()
    return Ledger(
        home=home,
        store=store,
        keys=KeyRing(Secrets(store, key, random)),
        database=database or projection_of(home),
        clock=clock or FakeClock(),
        random=random,
        projectors=projectors,
    )


def create_home(ledger: Ledger, home: Path | None = None) -> None:
    """Make the home; with `home`, its root.key too."""
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
        (home / ROOT_KEY).write_bytes(root.render(ROOT, None, seeded()))
    ledger.create(HOME_ID, {"name": "Testköpings kommun"})


def sealed_version(number: int, random: Random, *, padding: int = 0) -> Sealed:
    """A comment-like version with free text, made from its number alone but for its key."""
    words = random_module.Random(number).choices(WORDS.split(), k=6)
    envelope: dict[str, Json] = {
        "author_name": f"Person {number}",
        "created_at": NOVEMBER + number,
        "kind": "comment",
        "links": [f"https://exempel.test/{number}"],
        "native_id": str(number),
        "text": " ".join(words) + "!",
        "url": f"https://exempel.test/inlagg/{number}",
    }
    raw = f'{{"id":{number},"text":"{" ".join(words)}"}}'.encode() + random(padding)
    return seal(FrameKind.VERSION, envelope, raw, random=random)


@dataclass
class Book:
    """What was acknowledged, by seq: log entries and contents. The measure of every recovery."""

    entries: dict[int, bytes] = field(default_factory=dict)
    contents: dict[int, tuple[Mapping[str, Json], bytes]] = field(default_factory=dict)
    leaving: set[int] = field(default_factory=set)  # whose keys somebody began to destroy

    def copy(self) -> Book:
        return deepcopy(self)

    def note(self, ledger: Ledger) -> None:
        """Write down everything in the log that is new; call it after an acknowledged batch."""
        size = ledger.log.size
        new = range(len(self.entries), size)
        self.entries.update(zip(new, ledger.log.entries(new.start, size), strict=True))
        for seq, opened in ledger.open(list(new), protected=True).items():
            self.contents[seq] = (opened.envelope, opened.raw)

    def check(self, ledger: Ledger, newest: int | None = None) -> None:
        """Assert that all of it is there, and the same. The entries name each frame's digest, so
        where `rebuild` has opened every frame it is enough to compare the `newest` contents."""
        size = len(self.entries)
        assert list(ledger.log.entries(0, size)) == [self.entries[seq] for seq in range(size)]
        seqs = list(self.contents)[-newest if newest else 0 :]
        opened = ledger.open(seqs, protected=True)
        there = [seq for seq in seqs if seq in opened or seq not in self.leaving]
        assert {seq: (o.envelope, o.raw) for seq, o in opened.items()} == {
            seq: self.contents[seq] for seq in there
        }


def stage(
    writer: Writer,
    ledger: Ledger,
    number: int,
    *,
    authority: int = 1,
    family: str = "content",
    padding: int = 0,
) -> list[int]:
    """Append `number` versions inside an open writer; their seqs."""
    cohort = writer.cohort(authority, family)
    return [
        writer.append(
            EventType.VERSION,
            sealed_version(writer.next_seq, ledger.random, padding=padding),
            cohort,
        )
        for _ in range(number)
    ]


def add_batch(ledger: Ledger, number: int = 3, **where: Any) -> list[int]:
    """One acknowledged batch of versions in one cohort (`authority`, `family`, `padding`)."""
    with ledger.writer() as writer:
        return stage(writer, ledger, number, **where)


def add_mixed(ledger: Ledger, number: int = 2) -> None:
    """One acknowledged batch over four cohorts and three authorities, with events between."""
    with ledger.writer() as writer:
        stage(writer, ledger, number)
        stage(writer, ledger, number, authority=2)
        register = writer.cohort(2, "register")
        authority = writer.append_event(
            EventType.AUTHORITY_ADDED, {"name": "Snönämnden"}, cohort=register
        )
        writer.append_event(
            EventType.CHANNEL_ADDED, {"authority": authority, "name": "Snö"}, cohort=register
        )
        stage(writer, ledger, number, authority=3, family="media")
        stage(writer, ledger, 1)


def move_some(ledger: Ledger, choose: random_module.Random) -> list[int]:
    """One acknowledged batch that moves a few keys of a cohort, quarantines or destroys them, or
    destroys a whole quarantine; the entries that can no longer be opened."""
    with ledger.writer() as writer:
        cohorts = [c for c in ledger.projection.cohorts.values() if c.number]
        source = choose.choice(cohorts)
        query = select(t.entry.c.seq).where(t.entry.c.key_cohort == source.number)
        seqs = list(writer.connection.scalars(query.order_by(t.entry.c.seq)))
        if not seqs:
            return []
        if source.family == "quarantine":
            writer.rewrap(source.number, dict.fromkeys(seqs))
            explain_stop(writer)
            return seqs
        held = select(t.entry.c.seq).where(t.entry.c.seq.in_(seqs), t.entry.c.type == "version")
        seqs = sorted(writer.connection.scalars(held))
        if not seqs:
            return []
        some = choose.sample(seqs, min(len(seqs), choose.randint(1, 3)))
        to: int | None = None
        if choose.random() < 0.3:
            to = writer.quarantine(source.authority, pair_of(bytes(32)).public)
        elif choose.random() < 0.7:
            family = "content" if source.family == "protected" else "protected"
            to = writer.cohort(source.authority, family)
            writer.rewrap(source.number, dict.fromkeys(some, to))
            return []
        if to is None:
            explain(writer, some)
        writer.rewrap(source.number, dict.fromkeys(some, to))
        return some


def explain(writer: Writer, seqs: Collection[int]) -> None:
    """Say under which decision keys are about to be destroyed in this batch."""
    decision = writer.append_event(EventType.DISPOSAL_DECIDED, {}, cohort=HOME_COHORT)
    held = Interval(decision, 0)
    writer.append_clear(EventType.DECISION_INTERVAL, held.facts())
    proposal = writer.append_event(EventType.DISPOSAL_PROPOSED, {}, cohort=HOME_COHORT)
    by = writer.append_event(EventType.DISPOSAL_CONFIRMED, {}, cohort=HOME_COHORT)
    writer.append_clear(EventType.PROPOSAL_CONFIRMED, Confirmed(proposal, by).facts())
    for stone in tombstones(held, proposal, seqs):
        writer.append_clear(EventType.TOMBSTONE, stone.facts())


def explain_stop(writer: Writer) -> None:
    """Say in the same batch that what was destroyed had been stopped."""
    writer.append_event(EventType.RECORD_DESTROYED, {"record": 0, "actor": 0}, cohort=HOME_COHORT)


def compact_some(ledger: Ledger, choose: random_module.Random) -> int:
    """One acknowledged batch that makes a pack anew where something of it was destroyed; how many
    bytes went."""
    with ledger.writer() as writer:
        e = t.entry.c
        gone = select(e.cohort, e.pack).where(e.pack.is_not(None), e.key_cohort.is_(None))
        places = sorted({tuple(row) for row in writer.connection.execute(gone)})
        if not places:
            return 0
        cohort, pack = choose.choice(places)
        if pack == ledger.projection.cohorts[cohort].pack:
            writer.close_pack(cohort)
        return writer.compact(cohort, pack)


def tiled_home(home: Path) -> None:
    """A home of some 280 entries: one full tile, several cohorts; nothing of it is left open."""
    ledger = make_ledger(home)
    create_home(ledger, home)
    with ledger.writer() as writer:
        for number in range(250):
            writer.append_clear("marker", {"number": number})
    add_mixed(ledger)
    add_mixed(ledger)
    ledger.database.close()


def tables(ledger: Ledger) -> list[tuple[str, tuple[Any, ...]]]:
    """Every row of the projection, in key order."""
    return rows_of(ledger.database)


def pinned(home: Path) -> str:
    """The home's public key as an auditor would have written it down."""
    return (home / "log" / "vkey").read_text().strip()


def verify(home: Path) -> Report:
    return verify_archive(home, pinned(home))


def assert_whole(
    home: Path, ledger: Ledger, book: Book, *, leftovers: bool = False, newest: int | None = None
) -> None:
    """Everything acknowledged is there, the archive verifies, and rebuilt tables equal the live
    ones (so that every frame opens under its key). `leftovers` allows an interrupted end."""
    book.check(ledger, newest)
    report = verify(home)
    assert report.findings == []
    assert (report.verdict, report.unexplained) == (Verdict.PROVEN, 0)
    if leftovers:
        return
    assert report.entries == ledger.log.size
    assert [note for note in report.notes if "root.key" not in note] == []
    live = tables(ledger)
    assert ledger.rebuild() == ledger.log.size
    assert tables(ledger) == live


_WRAPPED = re.compile(rb"([0-9a-f]{32}) ([0-9a-f]{96}) ")
_SECRET = re.compile(rb"(?m)^(kek/[0-9.]+) ([0-9a-f]+)$")


def openable(home: Path) -> dict[str, bytes]:
    """Frame id → data key, of everything that the root key leads to by whatever lies in the home:
    every line that looks like a wrapped key in any file, under every KEK in any file."""
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    keks = [
        AESGCM(AESGCM(ROOT).decrypt(sealed[:12], sealed[12:], name))
        for data in files
        for name, text in _SECRET.findall(data)
        if (sealed := bytes.fromhex(text.decode()))
    ]
    found: dict[str, bytes] = {}
    for data in files:
        for frame_id, wrapped in _WRAPPED.findall(data):
            number = bytes.fromhex(frame_id.decode())
            for kek in keks:
                with suppress(InvalidTag):
                    dek = kek.decrypt(number[:12], bytes.fromhex(wrapped.decode()), number)
                    found[frame_id.decode()] = dek
    return found


def snapshot(home: Path) -> dict[str, bytes]:
    """Every byte of the archive, the tables and temporary files left out."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.relative_to(home).parts[0] not in ("db", "lock", "tmp")
    }


def head_in(note: bytes) -> Checkpoint:
    """The head in a signed note or a body, its signature not judged."""
    return Checkpoint.parse_body(note.decode().partition("\n\n")[0].removesuffix("\n") + "\n")


def assert_never_forked(ledger: Ledger, notes: Collection[bytes]) -> None:
    """Each head ever written is a prefix of the next and of the log as it is."""
    log = ledger.log
    heads = sorted({head_in(note) for note in notes}, key=lambda head: (head.size, head.root))
    for head in heads:
        assert log.frontier_at(head.size).root() == head.root
    for old, new in pairwise(heads):
        proof = merkle.consistency_proof(old.size, new.size, log.node)
        merkle.verify_consistency(old.size, old.root, new.size, new.root, proof)


def published(home: Path) -> bytes:
    return (home / CHECKPOINT).read_bytes()


# --- proof bundles ---------------------------------------------------------------------------


def bundle_files(
    ledger: Ledger, seqs: Sequence[int], hidden: Mapping[str, Collection[int] | None] | None = None
) -> dict[str, bytes]:
    """A genuine bundle's members over some entries. `hidden` maps a path to the tokens of it that
    are masked, or None for the whole leaf; where `raw` is not shown, no raw bytes go along."""
    hidden = hidden or {}
    proofs = ledger.prove(seqs)
    files = {"vkey": f"{ledger.verifier_key}\n".encode(), "LAS-MIG.txt": b"Kontrollera.\n"}
    for seq, frame, dek in ledger.sealed(seqs):
        opened: Opened = unseal(frame, dek)
        openings = [
            hide(opening, hidden[opening.path]) if opening.path in hidden else opening
            for opening in open_leaves(
                dek, content_leaves(opened.kind, opened.envelope, opened.raw)
            )
        ]
        entry, path = proofs.entries[seq]
        assert isinstance(parse(entry), SealedEntry)
        files[f"entries/{seq}.json"] = bundle.render_entry(entry, openings)
        files[f"proofs/{seq}.tlog-proof"] = bundle.render_proof(seq, path, proofs.note)
        if opened.raw and "raw" not in hidden:
            files[f"entries/{seq}.raw"] = opened.raw
    return with_manifest(files)


def with_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The members with a manifest that fits them: anyone can make one."""
    rest = {name: data for name, data in files.items() if name != bundle.MANIFEST}
    return {**rest, bundle.MANIFEST: bundle.render_manifest(rest)}


def zip_bytes(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file with these members in this order; a name may occur twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


# --- processes -------------------------------------------------------------------------------


def spawn(work: Callable[[], object]) -> int:
    """Run `work` in a child process, which ends with status 0 if it succeeds; the child's number.
    SQLite must not be carried across a fork: let no database that the child will open be open here,
    and make a home in a child of its own."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child must never go on in the parent's tests
        traceback.print_exc()
        os._exit(1)


def in_children(pieces: Iterable[Callable[[], object]]) -> None:
    """Run each piece in a process of its own; all of them must succeed."""
    children = [spawn(piece) for piece in pieces]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0 for _ in children]

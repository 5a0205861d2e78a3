"""The auditor's verifier: an archive folder without keys, a proof bundle, or a released PDF.

Standard library only, so that an outsider can read all of it and run it under `python3 -I -S`.
The duties are numbered in `core.verdict`. What this proves: the archive holds what it once
sealed. It does not prove that the platform said it, nor that nobody kept a copy of a key.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from archiver.core import compaction, layout, merkle
from archiver.core.bundle import Disclosed
from archiver.core.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from archiver.core.enclosed import VERIFIER, Own, none_own
from archiver.core.event import ClearEntry, EventType, SealedEntry, parse
from archiver.core.merkle import TILE_HEIGHT, TILE_WIDTH, Frontier
from archiver.core.rewrap import Rewrap, Whereabouts
from archiver.core.tombstone import Explanations
from archiver.core.verdict import Duty, Report, check_key, visible
from archiver.errors import CheckpointForked, DiarkivError, IntegrityError, ProofInvalid
from archiver.ledger.verify_copy import verify_copy
from archiver.ledger.verify_stamp import StampAudit, read_roots, shown

_PIECE = 2**18
_ATTEMPTS = 20
Progress = Callable[[int, int], None]


# --- an archive folder -----------------------------------------------------------------------


def verify_archive(
    folder: Path,
    pinned: str | None = None,
    progress: Progress = lambda _done, _all: None,
    earlier: bytes | None = None,
    roots: bytes | None = None,
) -> Report:
    """Audit an archive folder (a home, or a copy of log/, packs/, keys/, stamps/) without any key.

    `earlier` is a signed checkpoint the auditor kept from before: the log must extend it, which an
    older copy of the archive, put back in place of the newest, does not. `roots`: certificates
    (PEM) of the time-stamp authorities that are trusted.
    Memory is bounded: one entry bundle, and per cohort one frame and one key line at a time. A
    folder in which a writer replaced key files meanwhile is audited again.
    """
    for _ in range(_ATTEMPTS):
        report = _verify_once(folder, pinned, progress, earlier, roots)
        if report.intact or not report.head or _is_still(folder, report.head):
            break
    return report


def _is_still(folder: Path, head: Checkpoint) -> bool:
    """Whether the folder's head is that one."""
    try:
        return Checkpoint.parse_body(_read(folder / layout.SIGNED).decode("utf-8")) == head
    except (DiarkivError, UnicodeDecodeError):
        return True


def _verify_once(
    folder: Path,
    pinned: str | None,
    progress: Progress,
    earlier: bytes | None,
    roots: bytes | None,
) -> Report:
    report = Report(str(folder.name or folder))
    try:
        key = check_key(report, _read(folder / layout.VKEY), pinned)
        signed, note = _read_heads(folder)
        report.head = open_checkpoint(note, key)
        intent = Checkpoint.parse_body(signed.decode("utf-8", "replace"))
        announced = Checkpoint.parse_body(layout.parse_intent(_read(folder / layout.INTENT))[0])
        if announced.size == report.head.size and announced != report.head:
            raise CheckpointForked("log/intent contradicts the checkpoint.")
        kept = None if earlier is None else open_kept(folder, earlier, key)
        heads = [intent, *([kept.head] if kept and kept.key == key else [])]
        report.ok(Duty.HEAD)
    except DiarkivError as error:
        report.fail(Duty.HEAD, error.message)
        return report
    try:
        stamps = StampAudit(folder, report.head.size, roots)
        audit = _Audit(folder, report, report.head, heads, progress, stamps)
        audit.older = kept if kept and kept.key != key else None
        audit.run()
        stamps.finish(report, audit.origin_at)
    except Exception as error:  # noqa: BLE001 - hostile bytes end in a verdict, never a traceback
        report.fail(Duty.LOG, f"The folder cannot be read to its end ({type(error).__name__}).")
    report.duties.setdefault(Duty.STAMP, None)
    return report


class Kept(NamedTuple):
    """A signed head from before, and the key it is signed by: the log's, or an older one's."""

    head: Checkpoint
    key: VerifierKey


def open_kept(folder: Path, note: bytes, key: VerifierKey) -> Kept:
    """The head that somebody kept, its signature checked with the log's key, or with that of an
    older generation, which lies beside it; whose that was, the log says."""
    name = note.decode("utf-8", "replace").partition("\n")[0]
    if name != key.name:
        for path in sorted((folder / layout.VKEY).parent.glob("vkey.*")):
            older = VerifierKey.parse(_read(path).decode("utf-8", "replace"))
            if older.name == name:
                key = older
    return Kept(open_checkpoint(note, key), key)


def _read_heads(folder: Path) -> tuple[bytes, bytes]:
    """log/signed and log/checkpoint of one instant, also beside a writer at work."""
    for _ in range(1000):
        intent, note = _read(folder / layout.SIGNED), _read(folder / layout.CHECKPOINT)
        if intent == _read(folder / layout.SIGNED):
            break
    return intent, note


class _Audit:
    """One pass over the log, with a cursor into each cohort's packs and keys."""

    def __init__(
        self,
        folder: Path,
        report: Report,
        head: Checkpoint,
        others: Sequence[Checkpoint],
        progress: Progress,
        stamps: StampAudit,
    ) -> None:
        self._folder, self._report, self._head, self._stamps = folder, report, head, stamps
        self._heads, self._progress = (head, *others), progress
        self._cohorts: dict[int, _CohortCursor] = {}
        self._frontier = Frontier()
        self._tile: list[bytes] = []
        self._upper: dict[int, list[bytes]] = {}
        self._last_at = 0
        self._first, self._tail = self._read_tail()
        # Entries beyond the signed head do not count: neither do key generations they speak of.
        self._where = Whereabouts(islice(self._entries(quiet=True), head.size))
        self._explanations = Explanations()
        self.older: Kept | None = None  # a head of an older generation that somebody kept
        self._older_root: bytes | None = None
        self._ids: dict[int, str] = {}
        self._lies: dict[int, int | None] = {}

    def run(self) -> None:
        report = self._report
        for seq, data in enumerate(self._entries()):
            try:
                self._entry(seq, data)
            except DiarkivError as error:
                report.fail(Duty.LOG, f"Entry {seq}: {error.message}")
            if seq % 4096 == 0:
                self._progress(seq, self._head.size)
        self._check_heads()
        for cursor in self._cohorts.values():
            cursor.finish()
        self._check_generations()
        self._check_singletons()
        report.entries = min(self._frontier.size, self._head.size)  # what lies beyond is unsigned
        self._check_explanations()
        report.ok(Duty.LOG, Duty.FRAMES, Duty.KEYS, Duty.PACKS)
        if report.unexplained:
            report.fail(Duty.COMPLETE, f"{report.unexplained} entries are unexplained.")
        report.ok(Duty.COMPLETE)
        self._progress(self._head.size, self._head.size)

    def _read_tail(self) -> tuple[int, list[bytes]]:
        """Once: a writer may put another in its place."""
        report = self._report
        first, tail = 0, list[bytes]()
        try:
            data = _read(self._folder / layout.TAIL)
            first, tail, end = layout.read_tail(data)
            if end != len(data):
                report.notes.append("The log ends in a torn entry that was never acknowledged.")
            if first % TILE_WIDTH:
                raise IntegrityError("log/tail does not begin at a tile's edge.")
        except DiarkivError as error:
            report.fail(Duty.LOG, error.message)
        return first, tail

    def _entries(self, *, quiet: bool = False) -> Iterator[bytes]:
        """Duty 3, reading: full bundles first, then the tail."""
        for number in range(self._first // TILE_WIDTH):
            name = "log/" + merkle.entry_tile_name(number)
            try:
                bundle_ = merkle.unpack_entries(_read(self._folder / name))
                if len(bundle_) != TILE_WIDTH:
                    raise ProofInvalid(f"{name} does not hold {TILE_WIDTH} entries.")
            except DiarkivError as error:
                if not quiet:
                    self._report.fail(Duty.LOG, error.message)
                return
            yield from bundle_
        yield from self._tail

    def _entry(self, seq: int, data: bytes) -> None:
        """Duties 3 to 5 for one entry."""
        self._add_leaf(merkle.leaf_hash(data))
        for head in self._heads:
            if self._frontier.size == head.size and self._frontier.root() != head.root:
                self._report.fail(Duty.LOG, f"The first {head.size} entries do not give its root.")
        if self.older and self._frontier.size == self.older.head.size:
            self._older_root = self._frontier.root()
        entry = parse(data)
        self._stamps.entry(seq, entry, self._frontier)
        if entry.at < self._last_at:
            raise IntegrityError("its time lies before the one before it.")
        self._last_at = entry.at
        if seq >= self._head.size:
            return  # not signed: its frames and keys are what an interrupted write left
        self._explanations.take(seq, entry)
        if isinstance(entry, SealedEntry):
            if seq in self._where.ends:
                self._ids[seq], self._lies[seq] = entry.id, entry.cohort
            cursor = self._cursor(entry.cohort)
            if not self._where.is_absent(entry.cohort, cursor.number, seq):
                cursor.take(seq, entry)
            cursor.take_key(seq, entry.id, void=self._leaves(entry.cohort, seq))
        elif entry.type == EventType.KEYS_REWRAPPED:
            self._rewrapped(Rewrap.parse(entry.facts))
        elif entry.type == EventType.PACK_SEALED:
            cursor = self._cursor(_number(entry, "cohort"))
            cursor.seal(_number(entry, "pack"), str(entry.facts.get("sha256")))
        elif entry.type == EventType.DICTIONARY_ADDED:
            name = layout.dictionary_name(_number(entry, "number"))
            if sha256(_read(self._folder / name)).hexdigest() != entry.facts.get("sha256"):
                self._report.fail(Duty.PACKS, f"{name} is not the dictionary in the log.")

    def _leaves(self, cohort: int, seq: int) -> bool:
        """Whether the key line that comes next for this entry in the cohort is to be void."""
        left = self._where.leaves.get((cohort, seq), 0)
        if left:
            self._where.leaves[(cohort, seq)] = left - 1
        return left > 0

    def _rewrapped(self, rewrap: Rewrap) -> None:
        """Duties 5 and 7: keys have left a cohort, and those that went to another lie there."""
        cursor = self._cursor(rewrap.cohort)
        if rewrap.generation not in (cursor.generation, cursor.generation + 1):
            raise IntegrityError("a key generation was left out.")
        cursor.generation = rewrap.generation
        for seq, to in rewrap.places():
            if self._lies.get(seq) != rewrap.cohort:
                raise IntegrityError(f"the key of entry {seq} does not lie where it is taken from.")
            self._lies[seq] = to
            if to is not None:
                void = self._leaves(to, seq)
                self._cursor(to).take_key(seq, self._ids[seq], void=void)

    def _check_generations(self) -> None:
        """What was destroyed or moved, and what an interrupted write left of other generations."""
        ends = list(self._lies.values())
        self._report.destroyed = sum(end is None for end in ends)
        self._report.moved = len(ends) - self._report.destroyed
        for path in sorted((self._folder / "keys").glob("*.*")):
            held = layout.generation_of(f"keys/{path.name}")
            cursor = self._cohorts.get(held[0]) if held else None
            if held and (not cursor or cursor.generation != held[1]):
                self._report.notes.append(
                    f"keys/{path.name} is of a key generation that is not in force, from an "
                    "interrupted write; the next writer removes it."
                )

    def _check_explanations(self) -> None:
        """Duty 7: each destroyed key lies under a decision that held that day, or was stopped."""
        found, report = self._explanations, self._report
        found.end()
        for finding in found.findings:
            report.fail(Duty.COMPLETE, finding)
        report.unexplained += found.unexplained
        report.disposed, report.stopped = found.disposed, found.stopped
        report.repeated = found.repeated
        self._check_losses()

    def _check_losses(self) -> None:
        """Duty 7: what recoveries lost is unexplained until a person answers for it; duty 2: the
        generations follow one another, and an older head that was kept is in this log."""
        losses, report = self._explanations.losses, self._report
        report.lost, report.lost_unexplained = losses.lost, losses.unexplained
        report.unexplained += losses.unexplained
        if losses.unexplained:
            report.fail(
                Duty.COMPLETE, f"{losses.unexplained} entries were lost, and nobody answers for it."
            )
        for finding in losses.findings(self._head.origin):
            report.fail(Duty.HEAD, finding)
        if self.older:
            wrong = losses.judge(*self.older, self._older_root)
            if wrong:
                report.fail(Duty.HEAD, wrong)

    def origin_at(self, size: int) -> str:
        """The name of the log when it had so many entries and was signed; of more than one
        generation that could be, the older."""
        of = (r.origin for r in self._explanations.losses.recoveries.values() if size <= r.start)
        return next(of, self._head.origin)

    def _cursor(self, cohort: int) -> _CohortCursor:
        cursor = self._cohorts.get(cohort)
        if cursor is None:
            generation = self._where.generations.get(cohort, 1)
            cursor = _CohortCursor(self._folder, cohort, generation, self._report, self._where)
            self._cohorts[cohort] = cursor
        return cursor

    def _add_leaf(self, leaf: bytes) -> None:
        """Grow the tree; compare each tile on disk when its last hash is known."""
        self._frontier.append(leaf)
        self._tile.append(leaf)
        level, number = 0, self._frontier.size // TILE_WIDTH - 1
        hashes = self._tile
        while len(hashes) == TILE_WIDTH:
            if self._tile_is_due(level, number):
                name = "log/" + merkle.hash_tile_name(level, number)
                path = self._folder / name
                if not path.is_file() or path.read_bytes() != b"".join(hashes):
                    self._report.fail(Duty.LOG, f"{name} is not what the entries give.")
            row: list[bytes] = hashes
            while len(row) > 1:
                row = merkle.fold(row)
            hashes.clear()
            level, number = level + 1, (number + 1) // TILE_WIDTH - 1
            hashes = self._upper.setdefault(level, [])
            hashes.append(row[0])

    def _tile_is_due(self, level: int, number: int) -> bool:
        """Full tiles exist for every part of the log that the tail has left behind."""
        end = (number + 1) << (TILE_HEIGHT * (level + 1))
        name = self._folder / "log" / merkle.hash_tile_name(level, number)
        return end <= self._head.size or name.exists()

    def _check_heads(self) -> None:
        """Duty 3, ends: the log reaches the signed head, and the head about to be signed fits."""
        report, size = self._report, self._frontier.size
        for head in self._heads:
            if size < head.size:
                report.fail(Duty.LOG, f"The log ends at {size}, not at the signed {head.size}.")
        report.unexplained += max(0, self._head.size - size)
        if size > self._head.size:
            report.notes.append(f"{size - self._head.size} entries are not signed yet.")
        if any(head.size > self._head.size for head in self._heads[2:]):
            report.fail(Duty.HEAD, "The checkpoint is older than the one that was kept.")
        intent = self._heads[1]
        if intent.origin != self._head.origin or intent.size < self._head.size:
            report.fail(Duty.HEAD, "log/signed contradicts the checkpoint or the log.")

    def _check_singletons(self) -> None:
        """Duty 5, the two small secret files. A copy for outsiders may leave them out."""
        for name, check in (
            (layout.SECRETS, layout.parse_secrets),
            (layout.ROOT_KEY, layout.parse_root),
        ):
            path = self._folder / name
            if not path.exists():
                self._report.notes.append(f"{name} is not in this folder and was not checked.")
                continue
            try:
                found = check(_read(path))
            except DiarkivError as error:
                self._report.fail(Duty.KEYS, error.message)
            else:
                if name == layout.SECRETS:
                    self._check_cohort_keys(found)

    def _check_cohort_keys(self, names: Container[str]) -> None:
        """Duty 5: a cohort that holds keys has its own in the secret store (names are in clear), or
        it is a quarantine; else what lies in it is gone, whatever the log says."""
        keyless = {
            number: cursor.live
            for number, cursor in sorted(self._cohorts.items())
            if cursor.live
            and not any(f"{kind}/{number}.{cursor.held}" in names for kind in ("kek", "quarantine"))
        }
        if keyless:
            self._report.fail(Duty.KEYS, without_key(keyless))
            self._report.unexplained += sum(keyless.values())


def without_key(keyless: Mapping[int, int]) -> str:
    """What is said of cohorts whose own key is missing; cohort → entries whose keys lie there."""
    numbers = list(keyless)[:10]
    which = ", ".join(map(str, numbers)) + (" …" if len(keyless) > len(numbers) else "")
    one = len(keyless) == 1
    return (
        f"{len(keyless)} {'cohort has' if one else 'cohorts have'} no key ({which}): "
        f"{sum(keyless.values())} entries cannot be opened, and no decision explains that."
    )


class _Reader:
    """Reads a file in pieces without keeping it open: an archive has thousands of files, a process
    few descriptors. Holds at most a piece that is not used up."""

    def __init__(self, path: Path) -> None:
        self._path, self._at, self._held, self._used = path, 0, b"", 0
        self.size = path.stat().st_size if path.is_file() else 0

    def read(self, count: int) -> bytes:
        """The next bytes, fewer at the end."""
        if len(self._held) - self._used < count and self._at < self.size:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._at)
                more = file.read(max(count, _PIECE))
            self._held, self._used = self._held[self._used :] + more, 0
            self._at += len(more)
        data = self._held[self._used : self._used + count]
        self._used += len(data)
        if self._used == len(self._held):
            self._held, self._used = b"", 0
        return data


class _CohortCursor:
    """Duties 4 to 6 for one cohort: its packs and key lines in the order of the log."""

    def __init__(
        self, folder: Path, cohort: int, generation: int, report: Report, where: Whereabouts
    ) -> None:
        self._folder, self._cohort, self._report = folder, cohort, report
        self._where, self.number = where, 0
        self._pack: _PackReader | None = None
        self._keys = _Reader(folder / layout.key_file(cohort, generation))
        self.generation = 1  # as far as the log has been read
        self.held, self.live = generation, 0  # of the key file; keys that lie in it

    def take(self, seq: int, entry: SealedEntry) -> None:
        if self._pack is None:
            self._pack = self._open()
        frame = self._pack.next()
        if frame is None or sha256(frame).hexdigest() != entry.x:
            self._report.fail(Duty.FRAMES, f"Entry {seq}: its sealed bytes are missing or altered.")
            self._report.unexplained += 1
        elif frame[layout.FRAME_ID].hex() != entry.id:
            self._report.fail(Duty.FRAMES, f"Entry {seq}: the frame has another id.")

    def take_key(self, seq: int, frame_id: str, *, void: bool) -> None:
        """The next key line. A void one that no entry explains is a gap; a live one whose key is
        said to have left means that it did not."""
        line = self._keys.read(layout.KEY_LINE_BYTES)
        self.live += not void
        if not layout.key_line_is_whole(line, frame_id):
            self._report.fail(Duty.KEYS, f"Entry {seq}: its key line is missing or altered.")
        elif layout.is_void(line) and not void:
            self._report.fail(Duty.KEYS, f"Entry {seq}: its key is gone without an entry.")
            self._report.unexplained += 1
        elif void and not layout.is_void(line):
            self._report.fail(Duty.KEYS, f"Entry {seq}: its key lies where it was to be gone.")

    def seal(self, number: int, digest: str) -> None:
        """The pack was sealed with this digest; the next frames stand in the next pack. One that
        was made anew since has the digest that its newest entry says."""
        made = self._where.packs.get((self._cohort, number))
        if number != self.number or (self._pack is None and made is None):
            self._report.fail(Duty.PACKS, f"Pack {self._cohort}-{number} was sealed out of order.")
            return
        pack = self._pack or self._open()  # nothing may be left in it
        pack.check_sealed(made.sha256 if made else digest)
        self._pack, self.number = None, number + 1

    def _open(self) -> _PackReader:
        revision = self._where.revision(self._cohort, self.number)
        return _PackReader(self._folder, self._cohort, self.number, revision, self._report)

    def finish(self) -> None:
        """What lies beyond the last entry was never acknowledged: said, not counted."""
        surplus = self._pack.surplus() if self._pack else 0
        surplus += len(self._keys.read(self._keys.size))
        if surplus:
            self._report.notes.append(
                f"Cohort {self._cohort}: {surplus} bytes beyond the last entry, from an "
                "interrupted write; the next writer removes them."
            )


class _PackReader:
    """Frames of one pack in order, its header, and its digest when it is sealed."""

    def __init__(
        self, folder: Path, cohort: int, number: int, revision: int, report: Report
    ) -> None:
        self._report, self._name = report, layout.pack_name(cohort, number, revision)
        self._file = _Reader(folder / self._name)
        self._index: list[tuple[bytes, int]] = []
        header = self._read_header(cohort, number, revision)
        self._at = len(header)
        self._digest = sha256(header)
        if self._broken:
            report.fail(Duty.PACKS, f"{self._name} is missing or does not begin as a pack does.")

    def _read_header(self, cohort: int, number: int, revision: int) -> bytes:
        if not revision:
            header = self._file.read(layout.PACK_HEADER_BYTES)
            self._broken = header != layout.pack_header(cohort, number)
            return header
        header = self._file.read(compaction.HEADER_START_BYTES)
        self._broken = False
        try:
            header += self._file.read(compaction.header_length(header) - len(header))
            compaction.parse_header(header, cohort, number, revision)
        except IntegrityError:
            self._broken = True
        return header

    def next(self) -> bytes | None:
        """The next frame; None if the pack is cut off or a length is impossible, and ever after."""
        if self._broken:
            return None
        header = self._file.read(layout.FRAME_HEADER.size)
        try:
            length = layout.frame_length(header)
        except IntegrityError:
            length = self._file.size + 1
        if self._at + length > self._file.size:
            self._broken = True
            return None
        frame = header + self._file.read(length - len(header))
        self._digest.update(frame)
        self._index.append((frame[layout.FRAME_ID], self._at))
        self._at += length
        return frame

    def check_sealed(self, digest: str) -> None:
        rest = self._file.read(self._file.size)
        self._digest.update(rest)
        if self._digest.hexdigest() != digest or rest != layout.pack_footer(self._index):
            self._report.fail(Duty.PACKS, f"{self._name} is not as it was sealed.")

    def surplus(self) -> int:
        """Bytes beyond the last frame that an entry names."""
        return 0 if self._broken else self._file.size - self._at


# --- what somebody was given -----------------------------------------------------------------


def verify_bundle(
    path: Path, pinned: str | None = None, roots: bytes | None = None, own: Own = none_own
) -> tuple[Report, list[Disclosed]]:
    """Check a proof bundle or a released PDF; the report and what it discloses."""
    try:
        with path.open("rb") as file:
            return verify_copy(path.name, file, pinned, roots, own=own)
    except OSError as error:
        report = Report(path.name)
        report.fail(Duty.CONTENT, f"The file cannot be read: {error.strerror}.")
        return report, []


def _number(entry: ClearEntry, name: str) -> int:
    value = entry.facts.get(name)
    if not isinstance(value, int):
        raise IntegrityError(f"its field {name} is not a number.")
    return value


def _read(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise IntegrityError(f"{path.name} is not a file.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise IntegrityError(f"{path.name} cannot be read: {error.strerror}.") from error


# --- the command -----------------------------------------------------------------------------


def verify_path(
    path: Path,
    pinned: str | None = None,
    progress: Progress = lambda _done, _all: None,
    earlier: bytes | None = None,
    roots: bytes | None = None,
    own: Own = none_own,
) -> tuple[Report, list[Disclosed]]:
    """Check whatever lies at `path`: an archive folder, or a bundle or released PDF (then with what
    it discloses). `own`: which files enclosed in a bundle are the reader's own."""
    if path.is_dir():
        return verify_archive(path, pinned, progress, earlier, roots), []
    return verify_bundle(path, pinned, roots, own)


def _running(name: str, data: bytes) -> bool:
    """Whether an enclosed file is this very program, run as verify.pyz."""
    program = Path(__file__).parents[2]
    return name == VERIFIER and program.is_file() and program.read_bytes() == data


def _instant(path: str, text: str) -> str:
    """What an instant is called, beside its number."""
    return f" ({shown(int(text))})" if path.endswith("_at") and text.isdecimal() else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """`python3 verify.pyz PATH --key VKEY`; ends with `Report.exit_code`, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="verify.pyz",
        description="Kontrollerar ett Diarkiv-arkiv, ett bevispaket eller en utlämnad PDF, utan "
        "nät och andra program än Python (och openssl, för tidsstämplarnas underskrifter). "
        "Exempel: python3 verify.pyz bevis.zip --key arkivets.vkey",
    )
    add = parser.add_argument
    add("path", type=Path, help="arkivmapp, bevispaket (zip) eller utlämnad PDF")
    add("--key", metavar="VKEY", help="arkivets publika nyckel (text eller fil), från myndigheten")
    add(
        "--since", metavar="CHECKPOINT", help="huvud som sparats tidigare och som arkivet ska följa"
    )
    add(
        "--tsa-roots", type=Path, metavar="FIL", help="tidsstämplingstjänsternas rotcertifikat, PEM"
    )
    add("--json", action="store_true", help="svara med JSON")
    asked = parser.parse_args(arguments)
    if asked.since is not None and not asked.path.is_dir():
        parser.error("--since gäller arkivmappar, inte bevispaket och utlämnade filer")
    try:
        earlier = Path(asked.since).read_bytes() if asked.since else None
        pinned = asked.key if "+" in (asked.key or "+") else Path(asked.key).read_text("utf-8")
        asked.path.stat()
        roots = read_roots(asked.tsa_roots) if asked.tsa_roots else None
    except OSError as error:
        parser.error(f"{error.filename} kan inte läsas")
    except DiarkivError as error:
        parser.error(str(error))
    report, disclosed = verify_path(asked.path, pinned, earlier=earlier, roots=roots, own=_running)
    if asked.json:
        content = [{"seq": one.seq, "type": one.type, "fields": one.fields} for one in disclosed]
        print(json.dumps({**report.as_json(), "content": content}, ensure_ascii=False))
        return report.exit_code
    for one in disclosed:
        print(
            f"[{one.seq} {one.type}]",
            *(f"  {path}: {visible(text)}{_instant(path, text)}" for path, text in one.fields),
            sep="\n",
        )
    print(*report.lines(), sep="\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())

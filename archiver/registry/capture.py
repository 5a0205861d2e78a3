"""Manual capture: what came in beside the harvested lists becomes a record like any other.

A version with its files, exactly as a harvest makes them, and beside it an event of its own that
says who captured it, how it came, when according to whom, and why (`manual_capture`, register
family). The sender's words are in the version's frame only. A correction is a new version with an
event of its own; nothing is overwritten and no file is taken away.

The version, its event and what the scanner said are one batch; the files follow, a few MiB at a
time. A crash in between leaves a record that says which files it lacks, and `correct` adds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import func, select

from archiver.channels.service import Channels
from archiver.connectors.markup import read_html
from archiver.core.canonical import Json
from archiver.core.channel import MANUAL, Authority, Channel
from archiver.core.event import EventType
from archiver.core.ports import Clock, Scanner
from archiver.core.record import Origin, milliseconds
from archiver.core.scan import Scan, ScanVerdict
from archiver.db import queries
from archiver.db import tables as t
from archiver.db.apart import family_of
from archiver.errors import ConfigError, NotFound, SourceChanged
from archiver.harvest.media import store_file
from archiver.ledger.projection import PROTECTED, QUARANTINE
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry import capture_version as versions
from archiver.registry.capture_files import Duplicate, Measured, Upload, duplicates, from_bytes
from archiver.registry.capture_files import measure as measured
from archiver.registry.core import capture as rules
from archiver.registry.core.capture import Received, Way
from archiver.registry.core.letter import MAX_BYTES, Letter, read_letter
from archiver.store.seal import FrameKind, seal

# Told as files go in: bytes done, bytes in all.
Progress: TypeAlias = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """A `Progress` that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What became of a capture or a correction. `seq` is the version's; `scans` are in the order of
    the new files; `problem` says what of a letter could not be read (a code, empty: nothing)."""

    record: int
    seq: int
    duplicates: tuple[Duplicate, ...]
    scans: tuple[Scan, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What goes into a version: cleaned words, and the files in their order."""

    title: str
    sender: str
    text: str
    raw: bytes
    uploads: tuple[Upload, ...]
    sent_at: int | None = None
    problem: str = ""


class Captures:
    """Manual capture of one home. `cap`: the largest file, in bytes. Who may do it is asked where
    they ask; `actor` is their number."""

    def __init__(
        self, ledger: Ledger, channels: Channels, scanner: Scanner, clock: Clock, *, cap: int
    ) -> None:
        self._ledger, self._channels = ledger, channels
        self._scanner, self._clock, self._cap = scanner, clock, cap

    @property
    def cap(self) -> int:
        """The largest file, in bytes."""
        return self._cap

    def capture(
        self,
        authority: Authority,
        *,
        way: Way,
        received: Received,
        why: str,
        text: str = "",
        title: str = "",
        sender: str = "",
        origin: Origin | None = None,
        files: Sequence[Upload] = (),
        actor: int,
        tell: Progress = silent,
    ) -> Captured:
        """File one document. A letter (`.eml`) captured as e-mail gives title, sender, text and
        enclosures itself, where nothing else is stated; its exact bytes are its first file.
        `ConfigError` says what cannot be; the same bytes again are told, never refused."""
        why = rules.check_why(why)
        content = self._content(way, text, title, sender, files)
        found = self._measured(content.uploads)
        channel = self._channels.by_hand(authority)
        same = self._duplicates(authority.seq, content.raw, found)
        now = self._clock.now()
        envelope: dict[str, Json] = {
            "kind": rules.kind_of(way),
            "native_id": self._ledger.random(16).hex(),
            "n": 1,
            "changes": ["created"],
            "origin": (origin or rules.origin_of(way)).value,
            "legal_at": received.legal.at,
            "legal_basis": received.legal.basis.value,
            **versions.words(content.title, content.sender, content.text),
            **versions.circumstances(channel, now),
        }
        if content.sent_at is not None:
            envelope["created_at"] = content.sent_at
        envelope |= versions.with_files([], found)
        sealed = seal(FrameKind.VERSION, envelope, content.raw, random=self._ledger.random)
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority.seq, "content")
            seq = writer.append(EventType.VERSION, sealed, cohort)
            said = versions.said_of(channel, seq, seq, way, why, actor, content.problem)
            said |= {"received": received.stated, "according_to": received.according_to.value}
            _append(writer, authority.seq, said, found, 0)
        self._store(channel, seq, seq, found, 0, tell)
        return Captured(
            record=seq,
            seq=seq,
            duplicates=tuple(same),
            scans=tuple(one.scan for one in found),
            problem=content.problem,
        )

    def correct(
        self,
        record: int,
        *,
        why: str,
        text: str | None = None,
        title: str | None = None,
        sender: str | None = None,
        received: Received | None = None,
        files: Sequence[Upload] = (),
        actor: int,
        tell: Progress = silent,
    ) -> Captured:
        """Add a version of a record that was captured by hand: None leaves a field as it is, files
        come after those there are. `ConfigError` if nothing differs; `NotFound` if there is no
        such record, or it was harvested: what a platform showed is corrected by nobody; or it was
        stopped. What is kept apart stays so, with its new words: whoever asks may read them."""
        why = rules.check_why(why)
        row, channel = self._by_hand(record)
        before, way = self._ledger.open_one(row.latest, protected=True), self._way(record)
        envelope, raw = versions.corrected(before, text, title, sender)
        if received is not None and (received.at, received.legal.basis.value) != (
            row.legal_at,
            row.legal_basis,
        ):
            envelope["legal_at"] = received.legal.at
            envelope["legal_basis"] = received.legal.basis.value
        old = versions.attachments_of(before)
        if len(old) + len(files) > rules.MAX_FILES:
            raise ConfigError(f"A record has at most {rules.MAX_FILES} files.")
        found = self._measured(files)
        if not found and not versions.differs(envelope, before):
            raise ConfigError("Nothing differs from before.", remedy="Nothing was recorded.")
        same = self._duplicates(channel.authority, b"", found)
        envelope |= {"record": record, "n": row.versions + 1, "changes": ["corrected"]}
        envelope |= versions.circumstances(channel, self._clock.now())
        envelope |= versions.with_files(old, found)
        sealed = seal(FrameKind.VERSION, envelope, raw, random=self._ledger.random)
        with self._ledger.writer() as writer:
            known = queries.record_row(writer.connection, record)
            if known is None or known.latest != row.latest:
                raise ConfigError(
                    f"R{record} was corrected by somebody else just now.", remedy="Look at it."
                )
            family = family_of(writer.connection, known.latest)
            if family in (None, QUARANTINE):
                raise NotFound(f"R{record} was stopped just now.", remedy="Nothing was recorded.")
            shut = PROTECTED if family == PROTECTED else "content"
            seq = writer.append(EventType.VERSION, sealed, writer.cohort(channel.authority, shut))
            said = versions.said_of(channel, record, seq, way, why, actor, "")
            if received is not None:
                said |= {"received": received.stated, "according_to": received.according_to.value}
            _append(writer, channel.authority, said, found, len(old))
        self._store(channel, record, seq, found, len(old), tell)
        scans = tuple(one.scan for one in found)
        return Captured(record=record, seq=seq, duplicates=tuple(same), scans=scans)

    def authority_of(self, record: int) -> int:
        """The authority that a record captured by hand belongs to; `NotFound` as in `correct`."""
        return self._by_hand(record)[1].authority

    def lacking(self) -> dict[int, int]:
        """Record → how many of its captured files are not whole in the archive."""
        query = (
            select(t.version.c.record, func.count())
            .join(t.media, t.media.c.version == t.version.c.seq)
            .join(t.captured_file, t.captured_file.c.version == t.version.c.seq)
            .where(t.captured_file.c.number == t.media.c.number, t.media.c.component.is_(None))
            .group_by(t.version.c.record)
        )
        with self._ledger.database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def unscanned(self) -> int:
        """How many captured files nobody could look at yet."""
        return len(self._unscanned(False))

    # --- looks for malware -------------------------------------------------------------------

    def scan(self, *, everything: bool = False, tell: Progress = silent) -> list[ScanVerdict]:
        """Look at the captured files that nobody could look at, or at every one of them; each look
        is recorded. The verdicts, in the order of the log."""
        waiting = self._unscanned(everything)
        verdicts = []
        for done, (version, number, authority) in enumerate(waiting):
            tell(done, len(waiting))
            scan = self._scanner.scan(self._chunks(version, number))
            verdicts.append(scan.verdict)
            if scan.verdict is not ScanVerdict.NOT_SCANNED or everything:
                with self._ledger.writer() as writer:
                    _append_scan(writer, authority, version, number, scan)
        return verdicts

    def _unscanned(self, everything: bool) -> list[tuple[int, int, int]]:
        file, scan = t.captured_file.c, t.file_scan.c
        newest = (
            select(scan.verdict)
            .where(scan.version == file.version, scan.number == file.number)
            .order_by(scan.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = (
            select(file.version, file.number, t.channel.c.authority, newest)
            .join(t.version, t.version.c.seq == file.version)
            .join(t.record, t.record.c.seq == t.version.c.record)
            .join(t.channel, t.channel.c.seq == t.record.c.channel)
            .join(t.media, t.media.c.version == file.version)
            .where(t.media.c.number == file.number, t.media.c.component.is_not(None))
            .order_by(file.version, file.number)
        )
        looked_at = {ScanVerdict.CLEAN.value, ScanVerdict.INFECTED.value}
        with self._ledger.database.read() as connection:
            rows = connection.execute(query).all()
        return [(row[0], row[1], row[2]) for row in rows if everything or row[3] not in looked_at]

    def _chunks(self, version: int, number: int) -> Iterator[bytes]:
        with self._ledger.database.read() as connection:
            seqs = queries.media_parts(connection, version, number)
        return (self._ledger.open_one(seq).raw for seq in seqs)

    # --- inside ------------------------------------------------------------------------------

    def _content(
        self, way: Way, text: str, title: str, sender: str, files: Sequence[Upload]
    ) -> _Content:
        title = rules.check_line(title, "title")
        sender = rules.check_line(sender, "sender")
        text = rules.check_text(text)
        letters = [one for one in files if rules.is_letter(one.name)]
        if not text and not files:
            raise ConfigError("There is nothing to capture.", remedy="Give a text or a file.")
        if way is not Way.EMAIL or len(letters) != 1:
            self._check_number(files)
            return _Content(
                title=title, sender=sender, text=text, raw=text.encode(), uploads=tuple(files)
            )
        if text:
            raise ConfigError(
                "The letter's own text is read from its file.",
                remedy="Leave the text out, and say what you want to add under why.",
            )
        letter = self._read(letters[0])
        enclosed = [from_bytes(one.name, one.data, one.mime) for one in letter.enclosures]
        enclosed = [one for one in enclosed if next(one.chunks(), b"")]
        uploads = (*letters, *enclosed, *(one for one in files if one is not letters[0]))
        self._check_number(uploads)
        words = letter.text or rules.check_text(read_html(letter.html).text[: rules.MAX_TEXT])
        return _Content(
            title=title or letter.title,
            sender=sender or letter.sender,
            text=words,
            raw=b"",
            uploads=uploads,
            sent_at=None if letter.sent_at is None else milliseconds(letter.sent_at),
            problem=letter.problem,
        )

    def _read(self, upload: Upload) -> Letter:
        held = bytearray()
        for piece in upload.chunks():
            held += piece
            if len(held) > MAX_BYTES:
                return Letter(problem="too_large")
        return read_letter(bytes(held))

    def _check_number(self, files: Sequence[Upload]) -> None:
        if len(files) > rules.MAX_FILES:
            raise ConfigError(f"A record has at most {rules.MAX_FILES} files.")

    def _measured(self, uploads: Sequence[Upload]) -> list[Measured]:
        return [measured(one, self._scanner, self._cap) for one in uploads]

    def _duplicates(
        self, authority: int, text: bytes, files: Sequence[Measured]
    ) -> list[Duplicate]:
        digests = [one.digest for one in files]
        with self._ledger.database.read() as connection:
            return duplicates(connection, self._ledger.lookups, authority, text, digests)

    def _by_hand(self, record: int) -> tuple[queries.RecordRow, Channel]:
        with self._ledger.database.read() as connection:
            row = queries.record_row(connection, record)
        channels = {one.seq: one for one in self._channels.all() if one.platform == MANUAL}
        if row is None or row.channel not in channels:
            raise NotFound(f"There is no record R{record} that was captured by hand.")
        return row, channels[row.channel]

    def _way(self, record: int) -> Way:
        c = t.manual_capture.c
        with self._ledger.database.read() as connection:
            query = select(c.way).where(c.record == record).order_by(c.seq).limit(1)
            return Way(connection.scalars(query).one())

    def _store(
        self,
        channel: Channel,
        record: int,
        version: int,
        files: Sequence[Measured],
        first: int,
        tell: Progress,
    ) -> None:
        """Seal the files, after their version."""
        total, done = sum(one.size for one in files), 0

        def counted(pieces: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal done
            for piece in pieces:
                done += len(piece)
                tell(done, total)
                yield piece

        for number, one in enumerate(files, first):
            try:
                pieces = counted(one.upload.chunks())
                place = (version, number)
                store_file(self._ledger, channel, place, one.upload.mime, pieces, one.digest)
            except (SourceChanged, ConfigError) as error:
                raise ConfigError(
                    f"A file changed while it was captured: R{record} lacks its file {number}.",
                    remedy=f"Add it with `diarkiv capture correct R{record} FILE --why TEXT`.",
                ) from error


def _append(
    writer: Writer,
    authority: int,
    said: Mapping[str, Json],
    files: Sequence[Measured],
    first: int,
) -> None:
    """The capture's own event, and one for each look for malware."""
    writer.append_event(EventType.MANUAL_CAPTURE, said, cohort=writer.cohort(authority, "register"))
    for number, one in enumerate(files, first):
        _append_scan(writer, authority, int(str(said["version"])), number, one.scan)


def _append_scan(writer: Writer, authority: int, version: int, number: int, scan: Scan) -> None:
    payload: dict[str, Json] = {
        "version": version,
        "number": number,
        "verdict": scan.verdict.value,
        "engine": scan.engine,
        "found": scan.found,
    }
    cohort = writer.cohort(authority, "register")
    writer.append_event(EventType.FILE_SCANNED, payload, cohort=cohort)

"""Manual capture as records: sealed, dated, corrected, told apart, rebuilt; and never harvested."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.core.access import LOCAL
from archiver.core.channel import MANUAL
from archiver.core.disappearance import Policy
from archiver.core.record import DateBasis
from archiver.core.scan import ScanVerdict
from archiver.db import queries
from archiver.db import tables as t
from archiver.errors import ConfigError, NotFound, StoreUnavailable
from archiver.harvest.deep import verify_deep
from archiver.harvest.media import CHUNK
from archiver.harvest.timetable import timetable
from archiver.ledger.apart import Apart
from archiver.plugins import connectors
from archiver.registry.capture_files import TEXT, Duplicate, Upload, from_bytes, from_path
from archiver.registry.core.capture import AccordingTo, Way, received
from archiver.registry.core.triage import Decision, Outcome
from archiver.registry.inbox import Inbox, Why
from archiver.registry.service import Register
from archiver.store.filesystem import FilesystemStore
from tests.build import tables, verify
from tests.unit.registry.desk import ENGINE, CaptureDesk, make_desk
from tests.unit.scan.clamds import EICAR

LARGE = bytes(range(256)) * 4096 * 2 + b"slut"  # two chunks and four bytes


@pytest.fixture
def desk(tmp_path: Path) -> CaptureDesk:
    return make_desk(tmp_path / "home")


def rows(desk: CaptureDesk, table: Any) -> list[Any]:
    with desk.home.ledger.database.read() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def whole(desk: CaptureDesk, version: int, number: int) -> bytes:
    with desk.home.ledger.database.read() as connection:
        seqs = queries.media_parts(connection, version, number)
    opened = [desk.home.ledger.open_one(seq) for seq in seqs]
    assert all(len(one.raw) <= CHUNK for one in opened)
    return b"".join(one.raw for one in opened)


def assert_whole(desk: CaptureDesk) -> None:
    """The archive verifies, and what is rebuilt from it equals the live tables."""
    ledger = desk.home.ledger
    report = verify(desk.home.path)
    assert (report.verdict.value, report.findings) == ("Styrkt", [])
    assert verify_deep(ledger, connectors(), lambda _done, _all: None) == []
    live = tables(ledger)
    ledger.rebuild()
    assert tables(ledger) == live


def test_a_message_becomes_a_record(desk: CaptureDesk) -> None:
    done = desk.capture("Lampan är trasig.\r\nHälsningar", sender="Eva Ek", title="Lampan")
    (row,) = rows(desk, t.record)
    said = milliseconds_of("2026-11-20 14:05", desk)
    assert (row.seq, row.kind, row.origin, row.state) == (
        done.record,
        "message",
        "received",
        "captured",
    )
    assert (row.legal_at, row.legal_basis) == (said, DateBasis.STATED)
    assert row.captured_at == desk.clock.now()
    opened = desk.home.ledger.open_one(done.seq)
    assert opened.raw == "Lampan är trasig.\nHälsningar".encode()
    assert opened.envelope["text"] == opened.raw.decode()
    assert (opened.envelope["author_name"], opened.envelope["title"]) == ("Eva Ek", "Lampan")
    (event,) = rows(desk, t.manual_capture)
    assert (event.record, event.version, event.way, event.actor) == (
        done.record,
        done.seq,
        "direct_message",
        17,
    )
    payload = desk.home.ledger.event(event.seq)
    assert payload == {
        "channel": row.channel,
        "record": done.record,
        "version": done.seq,
        "actor": 17,
        "way": "direct_message",
        "why": "Hör till ärendet om Ängsgatan.",
        "received": "2026-11-20 14:05",
        "according_to": "capturer",
    }
    assert "Eva" not in str(payload)  # the sender's words are in the version's frame only
    with desk.home.ledger.database.read() as connection:
        family = connection.scalar(
            select(t.cohort.c.family)
            .join(t.entry, t.entry.c.cohort == t.cohort.c.number)
            .where(t.entry.c.seq == event.seq)
        )
    assert family == "register"
    assert_whole(desk)


def milliseconds_of(stated: str, desk: CaptureDesk) -> int:
    return received(stated, AccordingTo.CAPTURER, now=desk.clock.now()).at


def test_a_note_of_a_call_is_drawn_up(desk: CaptureDesk) -> None:
    done = desk.capture("Ringde om lampan.", way=Way.PHONE)
    (row,) = rows(desk, t.record)
    assert (row.seq, row.kind, row.origin) == (done.record, "call_note", "drawn_up")


def test_files_are_kept_in_chunks_under_their_own_names(desk: CaptureDesk, tmp_path: Path) -> None:
    path = tmp_path / "hemlig mapp" / "bild ett.png"
    path.parent.mkdir()
    path.write_bytes(LARGE)
    told: list[tuple[int, int]] = []
    done = desk.capture(
        way=Way.SCREENSHOT,
        files=[from_path(path, "image/png"), from_bytes("a.txt", b"abc")],
        tell=lambda a, b: told.append((a, b)),
    )
    envelope = desk.envelope(done.seq)
    assert envelope["attachments"] == [
        {
            "alt": "",
            "digest": sha256(LARGE).hexdigest(),
            "mime": "image/png",
            "name": "bild ett.png",
            "size": len(LARGE),
            "url": "fil:0",
        },
        {
            "alt": "",
            "digest": sha256(b"abc").hexdigest(),
            "mime": "application/octet-stream",
            "name": "a.txt",
            "size": 3,
            "url": "fil:1",
        },
    ]
    assert "hemlig mapp" not in str(envelope)
    assert (whole(desk, done.seq, 0), whole(desk, done.seq, 1)) == (LARGE, b"abc")
    assert told[-1] == (len(LARGE) + 3, len(LARGE) + 3)
    assert desk.captures.lacking() == {}
    assert_whole(desk)


def letter() -> bytes:
    made = EmailMessage()
    made["From"] = "Åsa Öberg <asa@testkoping.example>"
    made["Subject"] = "Hål i Ängsgatan"
    made["Date"] = "Fri, 20 Nov 2026 08:00:00 +0100"
    made.set_content("<p>Det är <b>hål</b>.</p>", subtype="html")
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="kvitto.pdf")
    made.add_attachment(b"", maintype="image", subtype="png", filename="tom.png")
    return made.as_bytes()


def test_a_letter_is_read_and_kept_byte_for_byte(desk: CaptureDesk) -> None:
    data = letter()
    extra = from_bytes("karta.png", b"png")
    done = desk.capture(way=Way.EMAIL, files=[extra, from_bytes("brev.EML", data)])
    envelope = desk.envelope(done.seq)
    assert (envelope["title"], envelope["text"]) == ("Hål i Ängsgatan", "Det är hål.")
    assert envelope["author_name"] == "Åsa Öberg <asa@testkoping.example>"
    assert envelope["created_at"] == milliseconds_of("2026-11-20 08:00", desk)
    names = [one["name"] for one in envelope["attachments"]]
    assert names == ["brev.EML", "kvitto.pdf", "karta.png"]
    assert whole(desk, done.seq, 0) == data
    assert (whole(desk, done.seq, 1), done.problem) == (b"%PDF-1.7", "")
    assert_whole(desk)


def test_what_is_stated_goes_before_what_a_letter_says(desk: CaptureDesk) -> None:
    brev = from_bytes("brev.eml", letter())
    done = desk.capture(way=Way.EMAIL, files=[brev], title="Om gatan", sender="Åsa")
    envelope = desk.envelope(done.seq)
    assert (envelope["title"], envelope["author_name"]) == ("Om gatan", "Åsa")
    with pytest.raises(ConfigError, match="own text"):
        desk.capture("Egen text", way=Way.EMAIL, files=[brev])


def test_a_letter_that_cannot_be_read_is_kept_all_the_same(desk: CaptureDesk) -> None:
    data = b"Content-Type: " + b";a=b" * 20_000 + b"\n\nx"
    done = desk.capture(way=Way.EMAIL, files=[from_bytes("elak.eml", data)])
    assert done.problem == "unreadable"
    assert whole(desk, done.seq, 0) == data
    (event,) = rows(desk, t.manual_capture)
    assert desk.home.ledger.event(event.seq)["problem"] == "unreadable"


def test_a_letter_captured_as_a_file_is_a_file(desk: CaptureDesk) -> None:
    done = desk.capture("Se filen.", way=Way.FILE, files=[from_bytes("brev.eml", letter())])
    assert len(desk.envelope(done.seq)["attachments"]) == 1


# --- corrections ---------------------------------------------------------------------------------


def test_a_correction_is_a_new_version(desk: CaptureDesk) -> None:
    first = desk.capture("Lamppan", sender="Eva", files=[from_bytes("a.txt", b"abc")])
    desk.clock.advance(60_000)
    when = received("2026-11-19", AccordingTo.SENDER, now=desk.clock.now())
    done = desk.captures.correct(
        first.record,
        why="Kom dagen innan.",
        text="Lampan",
        received=when,
        files=[from_bytes("b.txt", b"def")],
        actor=18,
    )
    (row,) = rows(desk, t.record)
    assert (row.latest, row.versions, row.legal_at) == (done.seq, 2, when.at)
    old, new = desk.envelope(first.seq), desk.envelope(done.seq)
    assert (old["text"], new["text"], new["author_name"]) == ("Lamppan", "Lampan", "Eva")
    assert old["legal_at"] == milliseconds_of("2026-11-20 14:05", desk)
    assert (new["changes"], new["n"], new["record"]) == (["corrected"], 2, first.record)
    assert [one["url"] for one in new["attachments"]] == ["fil:0", "fil:1"]
    assert (new["media"], whole(desk, done.seq, 1)) == ([1], b"def")
    assert desk.home.ledger.open_one(done.seq).raw == b"Lampan"
    events = [desk.home.ledger.event(row.seq) for row in rows(desk, t.manual_capture)]
    assert [(e["actor"], e["why"], e.get("received")) for e in events] == [
        (17, "Hör till ärendet om Ängsgatan.", "2026-11-20 14:05"),
        (18, "Kom dagen innan.", "2026-11-19"),
    ]
    desk.captures.correct(first.record, why="Inte Eva.", sender="", actor=18)
    (row,) = rows(desk, t.record)
    assert (row.versions, row.legal_at) == (3, when.at)
    assert "author_name" not in desk.envelope(row.latest)
    assert_whole(desk)


def test_a_correction_must_correct_something(desk: CaptureDesk) -> None:
    done = desk.capture("Lampan", files=[from_bytes("a.txt", b"abc")])
    size = desk.home.ledger.log.size
    when = received("2026-11-20 14:05", AccordingTo.CAPTURER, now=desk.clock.now())
    with pytest.raises(ConfigError, match="Nothing differs"):
        desk.captures.correct(done.record, why="x", text="Lampan", received=when, actor=1)
    with pytest.raises(ConfigError, match="why"):
        desk.captures.correct(done.record, why="", text="Lampan 2", actor=1)
    with pytest.raises(NotFound):
        desk.captures.correct(done.record + 1, why="x", text="Lampan 2", actor=1)
    assert desk.home.ledger.log.size == size
    assert desk.captures.authority_of(done.record) == desk.authority.seq


def test_what_is_kept_apart_stays_so_when_it_is_corrected(desk: CaptureDesk) -> None:
    home = desk.home
    done = desk.capture("Lampan vid skyddet", files=[from_bytes("a.txt", b"abc")])
    apart = Apart(home.ledger, home.path, [])
    apart.protect(done.record, reason="Skyddad adress")
    again = desk.captures.correct(
        done.record,
        why="Fel ord.",
        text="Lyktan vid skyddet",
        files=[from_bytes("b.txt", b"def")],
        actor=18,
    )
    assert home.ledger.open([again.seq]) == {}
    shown = home.ledger.open_one(again.seq, protected=True)
    assert shown.envelope["text"] == "Lyktan vid skyddet"
    parts = [row.seq for row in rows(desk, t.component)]
    assert (len(parts), home.ledger.open(parts)) == (2, {})
    assert_whole(desk)
    apart.stop(done.record, reason="Otillåten bild")
    size = home.ledger.log.size
    with pytest.raises(NotFound):
        desk.captures.correct(done.record, why="x", text="Lampan", actor=18)
    assert home.ledger.log.size == size


def test_what_came_in_waits_in_the_inbox_and_again_when_it_is_corrected(desk: CaptureDesk) -> None:
    done = desk.capture("Lampan")
    desk.capture("Ringde om lampan.", way=Way.PHONE)  # drawn up: not something that came in
    inbox = Inbox(desk.home.ledger.database)
    (thread,) = inbox.page(LOCAL).threads
    (item,) = thread.items
    assert (item.seq, item.why, item.legal_basis) == (done.record, Why.NEW, DateBasis.STATED)
    seen = Decision(
        authority=desk.authority.seq, records=(done.record,), outcome=Outcome.KEPT_IN_ORDER
    )
    Register(desk.home.ledger).decide(LOCAL, seen)
    assert inbox.page(LOCAL).threads == ()
    desk.captures.correct(done.record, why="Fel lampa.", text="Lyktan", actor=17)
    (thread,) = inbox.page(LOCAL).threads
    assert [one.why for one in thread.items] == [Why.CHANGED]
    assert_whole(desk)


# --- the same again ------------------------------------------------------------------------------


def test_the_same_bytes_are_pointed_out_within_an_authority(desk: CaptureDesk) -> None:
    first = desk.capture("Lampan", files=[from_bytes("a.txt", b"abc")])
    desk.clock.advance(40 * 86_400_000)  # another month: another key
    again = desk.capture("Lampan", files=[from_bytes("c", b"x"), from_bytes("b.txt", b"abc")])
    assert again.duplicates == (
        Duplicate(what=TEXT, record=first.record),
        Duplicate(what=1, record=first.record),
    )
    assert again.record != first.record
    other = desk.home.channels.add_authority("KFN", "Kultur- och fritidsnämnden")
    apart = desk.capture("Lampan", authority=other, files=[from_bytes("a.txt", b"abc")])
    assert apart.duplicates == ()
    tokens = {row.digest for row in rows(desk, t.captured_file)}
    assert len(tokens) == 4  # no two months, and no two authorities, give one file one token
    assert sha256(b"abc").digest()[:16] not in tokens
    assert_whole(desk)


# --- malware -------------------------------------------------------------------------------------


def verdicts(desk: CaptureDesk) -> list[tuple[int, str]]:
    return [(row.number, row.verdict) for row in rows(desk, t.file_scan)]


def test_what_a_scanner_says_is_recorded_and_nothing_is_dropped(desk: CaptureDesk) -> None:
    desk.scanner.on = True
    files = [from_bytes("a.txt", b"abc"), from_bytes("elak.com", EICAR)]
    done = desk.capture("Se filerna", files=files)
    assert [one.verdict for one in done.scans] == [ScanVerdict.CLEAN, ScanVerdict.INFECTED]
    assert verdicts(desk) == [(0, "clean"), (1, "infected")]
    assert whole(desk, done.seq, 1) == EICAR
    newest = rows(desk, t.file_scan)[-1]
    assert desk.home.ledger.event(newest.seq) == {
        "version": done.seq,
        "number": 1,
        "verdict": "infected",
        "engine": ENGINE,
        "found": "Eicar-Signature",
    }
    assert_whole(desk)


def test_files_nobody_looked_at_are_looked_at_later(desk: CaptureDesk) -> None:
    done = desk.capture("Se filerna", files=[from_bytes("a", b"abc"), from_bytes("b", EICAR)])
    assert [one.verdict for one in done.scans] == [ScanVerdict.NOT_SCANNED] * 2
    size = desk.home.ledger.log.size
    assert desk.captures.scan() == [ScanVerdict.NOT_SCANNED] * 2
    assert desk.home.ledger.log.size == size  # still nobody: said once
    desk.scanner.on = True
    assert desk.captures.scan() == [ScanVerdict.CLEAN, ScanVerdict.INFECTED]
    assert desk.captures.scan() == []
    assert desk.captures.scan(everything=True) == [ScanVerdict.CLEAN, ScanVerdict.INFECTED]
    said = ["not_scanned", "not_scanned", *("clean", "infected") * 2]
    assert [verdict for _, verdict in verdicts(desk)] == said
    assert_whole(desk)


# --- limits and breaks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "nothing to capture"),
        ([from_bytes("tom", b"")], "empty"),
        ([from_bytes("stor", b"x" * (8 * 2**20 + 1))], "larger than 8 MiB"),
        ([from_bytes("många", b"x")] * 51, "at most 50 files"),
    ],
)
def test_what_cannot_be_captured_leaves_nothing(
    desk: CaptureDesk, files: list[Upload], words: str
) -> None:
    size = desk.home.ledger.log.size
    with pytest.raises(ConfigError, match=words):
        desk.capture(files=files)
    assert desk.home.ledger.log.size == size


def test_a_file_that_changes_meanwhile_is_not_made_whole(desk: CaptureDesk) -> None:
    turns = iter([b"abc", b"abd"])

    def chunks() -> Iterator[bytes]:
        yield next(turns)

    with pytest.raises(ConfigError, match="lacks its file 0"):
        desk.capture("x", files=[Upload(name="a", chunks=chunks)])
    (row,) = rows(desk, t.record)
    assert desk.captures.lacking() == {row.seq: 1}
    assert_whole(desk)
    desk.captures.correct(row.seq, why="Filen igen.", files=[from_bytes("a", b"abd")], actor=1)
    (row,) = rows(desk, t.record)
    assert whole(desk, row.latest, 1) == b"abd"
    assert_whole(desk)


class Full:
    """A disk that takes so many writes and no more."""

    def __init__(self, writes: int) -> None:
        self._left, self._append = writes, FilesystemStore.append

    def append(self, store: FilesystemStore, name: str, offset: int, data: bytes) -> None:
        if not self._left:
            raise StoreUnavailable("The disk is full.")
        self._left -= 1
        self._append(store, name, offset, data)


def test_a_disk_that_fills_up_loses_nothing_silently(tmp_path: Path) -> None:
    """However far a capture gets: the archive is whole, and a record says which files it lacks."""
    outcomes = set[tuple[int, int]]()
    for writes in range(60):
        desk, full, done = make_desk(tmp_path / str(writes)), Full(writes), True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FilesystemStore, "append", lambda *given, f=full: f.append(*given))
            try:
                desk.capture("x", files=[from_bytes("a", b"xyz"), from_bytes("b", b"abc")])
            except StoreUnavailable:
                done = False
        with desk.home.ledger.writer():
            pass  # recovers
        report = verify(desk.home.path)
        assert (report.verdict.value, report.findings) == ("Styrkt", [])
        lacking = sum(desk.captures.lacking().values())
        outcomes.add((len(rows(desk, t.record)), lacking))
        if done:
            assert lacking == 0
            break
    assert outcomes == {(0, 0), (1, 2), (1, 1), (1, 0)}


# --- never harvested -----------------------------------------------------------------------------


def test_the_place_of_manual_capture_is_no_account(desk: CaptureDesk) -> None:
    channels = desk.home.channels
    desk.capture("ett")
    desk.capture("två")
    (place,) = [one for one in channels.all() if one.platform == MANUAL]
    assert (place.title, place.authority) == ("Manuell fångst KS", desk.authority.seq)
    assert channels.channels() == []
    with pytest.raises(NotFound, match="no account"):
        channels.channel(f"C{place.seq}")
    account = desk.home.add_channel("feed", "https://nyheter.testkoping.example/f", "10.0.0.1:80")
    assert [one.seq for one in channels.channels()] == [account.seq]
    with desk.home.ledger.database.read() as connection:
        assert set(queries.channel_settings(connection)) == {account.seq}
        known = timetable(connection, now=desk.clock.now(), policy=Policy())
    assert [one.channel for one in known.facts] == [account.seq]

"""Zip files and archive folders in the hands of someone who may write everything but cannot sign.

The attacker recomputes all that is unsigned: manifests, tiles, intents, digest lines. At the end
stands what such an attacker *can* do, and what tells, so that nobody believes otherwise.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archiver.core import bundle, layout, merkle
from archiver.core.bundle import parse_entry, render_entry
from archiver.core.checkpoint import Checkpoint, VerifierKey
from archiver.core.commitment import Hidden, Opening
from archiver.core.event import ClearEntry, SealedEntry, parse
from archiver.core.verdict import Report, Verdict
from archiver.errors import CheckpointForked, SealBroken
from archiver.ledger import writer as writer_module
from archiver.ledger.log import Log
from archiver.ledger.verify import verify_archive, verify_bundle
from archiver.store.filesystem import FilesystemStore
from archiver.store.pack import read_frames
from archiver.store.seal import FrameKind, seal
from tests.build import (
    DAY,
    FakeClock,
    add_batch,
    add_mixed,
    bundle_files,
    create_home,
    head_in,
    make_ledger,
    pinned,
    published,
    seeded,
    verify,
    with_manifest,
    zip_bytes,
)

Files = dict[str, bytes]
OWN = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a full tile, a sealed pack and, in `old/`, its log as it was some time ago."""
    home = tmp_path_factory.mktemp("tampering") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer_module, "SEAL_AT", 8_000)
        clock = FakeClock()
        ledger = make_ledger(home, clock=clock)
        create_home(ledger, home)
        add_mixed(ledger)
        shutil.copytree(home, home.parent / "old")
        add_batch(ledger, 40)
        with ledger.writer() as writer:
            for number in range(220):
                writer.append_clear("marker", {"number": number})
        clock.advance(DAY)
        add_mixed(ledger)
        ledger.database.close()
    return home


@pytest.fixture
def home(original: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(original, tmp_path / "home"))


@pytest.fixture(scope="module")
def key(original: Path) -> str:
    return pinned(original)


@pytest.fixture(scope="module")
def files(original: Path) -> Files:
    """A genuine bundle over one version, with masks."""
    ledger = make_ledger(original)
    return bundle_files(ledger, [30], {"raw": None, "author_name": None, "text": [1, 3]})


# --- zip files -------------------------------------------------------------------------------


def _judge(data: bytes, key: str, folder: Path) -> tuple[Verdict, list[str]]:
    path = folder / "bevis.zip"
    path.write_bytes(data)
    report, _ = verify_bundle(path, key)
    return report.verdict, report.findings


def test_the_genuine_bundle(files: Files, key: str, tmp_path: Path) -> None:
    assert _judge(zip_bytes(files.items()), key, tmp_path) == (Verdict.PROVEN_MASKED, [])


def test_a_name_that_occurs_twice(files: Files, key: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zip_bytes([*files.items(), ("entries/30.json", b"{}")])
    assert _judge(data, key, tmp_path)[0] is Verdict.UNPROVEN


def test_a_zip_bomb_is_not_unpacked(key: str, tmp_path: Path) -> None:
    """A small file that says it unpacks to more than a bundle may hold."""
    whole = bytearray(zip_bytes([("manifest.json", bytes(1000)), ("vkey", b"x")]))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = whole.index(mark) + at
        whole[place : place + 4] = (600 * 2**20).to_bytes(4, "little")
    verdict, findings = _judge(bytes(whole), key, tmp_path)
    assert verdict is Verdict.UNPROVEN
    assert "too large" in findings[0]


def test_a_manifest_that_does_not_fit(files: Files, key: str, tmp_path: Path) -> None:
    manifest = files[bundle.MANIFEST]
    for forged in (
        {**files, "LAS-MIG.txt": b"Lita inte.\n"},
        {name: data for name, data in files.items() if name != bundle.MANIFEST},
        {**files, bundle.MANIFEST: manifest + b"\n"},
        {**files, bundle.MANIFEST: b"{}"},
    ):
        assert _judge(zip_bytes(forged.items()), key, tmp_path)[0] is Verdict.UNPROVEN


def test_a_damaged_zip_file_is_a_verdict_and_not_a_crash(
    files: Files, key: str, tmp_path: Path
) -> None:
    """Proven only where what was changed is no part of any member."""
    data = zip_bytes(files.items())
    for place in range(0, len(data), 11):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        if _judge(bytes(broken), key, tmp_path)[0] is not Verdict.UNPROVEN:
            with zipfile.ZipFile(io.BytesIO(bytes(broken))) as archive:
                assert {name: archive.read(name) for name in archive.namelist()} == files
    for length in range(0, len(data), 97):
        assert _judge(data[:length], key, tmp_path)[0] is Verdict.UNPROVEN


def test_what_a_bundle_does_not_prove(files: Files, key: str, tmp_path: Path) -> None:
    """Whoever holds a bundle may hide more of it, rename what is hidden, and replace the two files
    that explain it: what is shown is still what was sealed."""
    entry, openings = parse_entry(files["entries/30.json"])
    hidden = [Opening(f"x{i}", Hidden(o.digest())) for i, o in enumerate(openings)]
    for forged in (
        {**files, "entries/30.json": render_entry(entry, hidden)},
        {**files, "LAS-MIG.txt": b"annat", "verify.pyz": b"annat"},
    ):
        data = zip_bytes(with_manifest(forged).items())
        assert _judge(data, key, tmp_path)[0] is Verdict.PROVEN_MASKED


# --- archive folders -------------------------------------------------------------------------


def _entries(home: Path) -> list[bytes]:
    log = Log(FilesystemStore(home))
    log.load()
    return list(log.entries(0, log.size))


def _write_log(home: Path, entries: list[bytes], head: str = "genuine") -> None:
    """A whole log over other entries: tiles, tail and intent anew; the checkpoint stays, or is
    signed by the attacker in the log's `name`, or under his `own` public key."""
    note, origin = published(home), head_in(published(home)).origin
    shutil.rmtree(home / "log" / "tile", ignore_errors=True)
    for name in ("tail", "signed", "checkpoint"):
        (home / "log" / name).unlink()
    log = Log(FilesystemStore(home))
    log.load()
    log.cut(0)
    log.append(entries)
    new = Checkpoint(origin, log.size, log.frontier.root())
    log.persist_head(new)
    if head != "genuine":
        own = VerifierKey(origin, OWN.public_key().public_bytes_raw())
        named = own if head == "own" else VerifierKey.parse(pinned(home))
        note = new.signed(named, OWN.sign).encode()
        if head == "own":
            (home / "log" / "vkey").write_text(f"{own}\n")
    (home / "log" / "checkpoint").write_bytes(note)


def _sealed_at(entries: list[bytes], nth: int = 0) -> tuple[int, SealedEntry]:
    """The nth version in cohort 1."""
    found = [
        (seq, entry)
        for seq, data in enumerate(entries)
        if isinstance(entry := parse(data), SealedEntry) and entry.cohort == 1
    ]
    return found[nth]


def _backdated(home: Path) -> list[bytes]:
    """The log with all times a day earlier: as well-formed as the genuine one."""
    entries = [parse(data) for data in _entries(home)]
    return [entry._replace(at=entry.at - DAY).encode() for entry in entries]


def _other_content(home: Path) -> list[bytes]:
    """The first version replaced by an invented one: frame, key line and entry all fit."""
    entries = _entries(home)
    seq, entry = _sealed_at(entries)
    pack = home / layout.pack_name(1, 0)
    whole = pack.read_bytes()
    end = 16 + layout.frame_length(whole[16:64])
    random = seeded(99)
    new = seal(FrameKind.VERSION, {"kind": "comment", "text": "x"}, random(500), random=random)
    pack.write_bytes(whole[:16] + new.frame + whole[end:])
    keys = home / layout.key_file(1, 1)
    lines = keys.read_bytes()
    keys.write_bytes(layout.key_line(new.id, bytes(48)) + lines[layout.KEY_LINE_BYTES :])
    entries[seq] = entry._replace(id=new.id.hex(), c=new.c, x=new.x).encode()
    return entries


def _swapped(home: Path) -> list[bytes]:
    entries = _entries(home)
    entries[40], entries[41] = entries[41], entries[40]
    return entries


def _odd(facts: bytes) -> Callable[[Path], list[bytes]]:
    """The last entry replaced by one that no writer would make."""
    return lambda home: [*_entries(home)[:-1], facts.replace(b"AT", b"1795086400000")]


_HEX = b'"' + b"0" * 64 + b'"'
LOGS: dict[str, Callable[[Path], list[bytes]]] = {
    "every time a day earlier": _backdated,
    "one record replaced, all digests right": _other_content,
    "two entries in another order": _swapped,
    "the last entry left out": lambda home: _entries(home)[:-1],
    "an entry in the middle left out": lambda home: [*_entries(home)[:60], *_entries(home)[61:]],
    "an entry twice": lambda home: [*_entries(home)[:61], *_entries(home)[60:]],
    "no entries": lambda _: [],
    "a cohort number beyond all bounds": _odd(
        b'{"at":AT,"c":' + _HEX + b',"co":999999999999999,"id":"' + b"0" * 32
        + b'","t":"version","v":1,"x":' + _HEX + b"}"
    ),
    "a sealed pack without its digest": _odd(
        b'{"at":AT,"cohort":1,"pack":1,"t":"pack_sealed","v":1}'
    ),
    "a sealed pack of no number": _odd(
        b'{"at":AT,"cohort":"1","pack":-1,"sha256":"","t":"pack_sealed","v":1}'
    ),
    "a dictionary out of the folder": _odd(
        b'{"at":AT,"number":99999999999999,"sha256":"","t":"dictionary_added","v":1}'
    ),
    "an entry that is no JSON": _odd(b"\xff\xfe{}"),
}  # fmt: skip


@pytest.mark.parametrize("head", ["genuine", "name", "own"])
@pytest.mark.parametrize("kind", LOGS)
def test_a_forged_log(home: Path, key: str, kind: str, head: str) -> None:
    """Whatever the entries say: under the genuine head, a head signed by another in the log's
    name, or another public key, nothing is proven."""
    _write_log(home, LOGS[kind](home), head)
    report = verify_archive(home, key)
    assert report.verdict is Verdict.UNPROVEN
    assert report.findings


def test_a_head_with_a_second_signature(home: Path, key: str) -> None:
    path = home / "log" / "checkpoint"
    own = VerifierKey("vittne.exempel", OWN.public_key().public_bytes_raw())
    line = head_in(path.read_bytes()).signed(own, OWN.sign).encode().partition(b"\n\n")[2]
    path.write_bytes(path.read_bytes() + line)
    assert verify_archive(home, key).verdict is Verdict.UNPROVEN


def test_a_sealed_pack_with_its_footer_made_anew(home: Path, key: str) -> None:
    """A frame left out of a sealed pack, the footer recomputed."""
    name = layout.pack_name(1, 0)
    whole = (home / name).read_bytes()
    assert whole.endswith(layout.FOOTER_MAGIC)
    end = len(whole) - 12 - 24 * int.from_bytes(whole[-12:-8], "big")
    frames = [frame for _, frame in read_frames(FilesystemStore(home), name, 16, end)][1:]
    body, index = whole[:16], []
    for frame in frames:
        index.append((frame[layout.FRAME_ID], len(body)))
        body += frame
    (home / name).write_bytes(body + layout.pack_footer(index))
    assert verify_archive(home, key).verdict is Verdict.UNPROVEN


def _told(report: Report) -> list[str]:
    return [note for note in report.notes if "signed" in note]


def test_a_rollback_of_everything_is_seen_by_whoever_kept_a_head(
    original: Path, tmp_path: Path, key: str
) -> None:
    """An older genuine state of the whole folder proves itself: it is what was once signed. What
    tells is a head that somebody kept."""
    old = Path(shutil.copytree(original.parent / "old", tmp_path / "old"))
    report = verify_archive(old, key)
    assert report.verdict is Verdict.PROVEN
    assert report.head is not None
    assert report.entries == report.head.size < head_in(published(original)).size
    assert verify_archive(old, key, earlier=published(original)).verdict is Verdict.UNPROVEN
    assert verify_archive(original, key, earlier=published(old)).verdict is Verdict.PROVEN
    forged = head_in(published(old)).signed(VerifierKey.parse(key), OWN.sign).encode()
    assert verify_archive(original, key, earlier=forged).verdict is Verdict.UNPROVEN


def test_a_rollback_is_refused_by_the_writer_whose_tables_know_more(
    original: Path, home: Path
) -> None:
    for name in ("log", "packs", "keys"):
        shutil.rmtree(home / name)
        shutil.copytree(original.parent / "old" / name, home / name)
    with pytest.raises(CheckpointForked) as caught:
        add_batch(make_ledger(home), 1)
    assert caught.value.exit_code == 5


def test_a_forged_end_under_an_older_head_is_not_counted_as_proven(
    original: Path, home: Path, key: str
) -> None:
    """An older genuine head with invented entries after it: only what the head covers is reported,
    and a note says how much lies beyond."""
    entries = _entries(home)
    old = (original.parent / "old" / "log" / "checkpoint").read_bytes()
    size = head_in(old).size
    clear = ClearEntry("marker", 1, parse(entries[-1]).at, {"number": 7}).encode()
    _write_log(home, [*entries[:size], clear])
    (home / "log" / "checkpoint").write_bytes(old)
    report = verify_archive(home, key)
    assert report.entries == size
    assert _told(report) == ["1 entries are not signed yet."]


def test_what_only_the_keys_can_tell(home: Path, key: str) -> None:
    """A wrapped key replaced, its line's digest recomputed: a keyless audit cannot know that, for
    the lines have no place in the log (disposal rewrites them). Whoever has the keys can."""
    path = home / layout.key_file(1, 1)
    lines = path.read_bytes()
    frame_id = bytes.fromhex(lines[:32].decode())
    path.write_bytes(layout.key_line(frame_id, bytes(48)) + lines[layout.KEY_LINE_BYTES :])
    assert verify_archive(home, key).verdict is Verdict.PROVEN
    with pytest.raises(SealBroken):
        make_ledger(home).rebuild()


def test_an_entry_put_behind_the_signed_head_is_not_signed_by_the_next_writer(
    home: Path, key: str
) -> None:
    """Recovery adopts what a crash left. A sealed entry proves itself by its key; a clear one,
    forged by someone without any key, is adopted and then signed."""
    tail = home / "log" / "tail"
    forged = ClearEntry("marker", 1, parse(_entries(home)[-1]).at, {"forged": True}).encode()
    tail.write_bytes(tail.read_bytes() + merkle.pack_entries([forged]))
    ledger = make_ledger(home)
    add_batch(ledger, 1)
    assert verify(home).verdict is Verdict.PROVEN
    assert forged not in list(ledger.log.entries(0, ledger.log.size))


def test_a_sealed_entry_put_behind_the_signed_head_is_cut(home: Path) -> None:
    """Its frame and key line are there and well-formed, but nobody without the key wrapped it."""
    entries = _entries(home)
    random = seeded(98)
    new = seal(FrameKind.VERSION, {"kind": "comment", "text": "x"}, random=random)
    cohort = SealedEntry("version", 1, parse(entries[-1]).at, 3, new.id.hex(), new.c, new.x)
    for name, more in (
        (layout.pack_name(3, 0), new.frame),
        (layout.key_file(3, 1), layout.key_line(new.id, bytes(48))),
        (layout.TAIL, merkle.pack_entries([cohort.encode()])),
    ):
        with (home / name).open("ab") as file:
            file.write(more)
    ledger = make_ledger(home)
    add_mixed(ledger, 1)
    assert cohort.encode() not in list(ledger.log.entries(0, ledger.log.size))
    report = verify(home)
    assert (report.verdict, report.notes) == (Verdict.PROVEN, [])


def test_the_home_that_was_tampered_with_was_genuine(original: Path) -> None:
    report = verify(original)
    assert (report.verdict, report.findings, report.notes) == (Verdict.PROVEN, [], [])

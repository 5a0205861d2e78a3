"""Rot in storage: whatever changes in an archive folder at rest, a keyless audit finds it.

The one home of this file has open and sealed packs in several cohorts, two full tiles, a tail, the
dictionary, the secret store and the root key file. Each test changes it and puts it back.
"""

from __future__ import annotations

import random as random_module
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import pytest

from archiver.core.verdict import Report, Verdict
from archiver.ledger import writer as writer_module
from archiver.ledger.verify import verify_archive
from tests.build import DAY, FakeClock, add_batch, add_mixed, create_home, make_ledger, pinned

FLIPS = 1000
MAY_BE_LEFT_OUT = ["keys/secrets", "root.key"]  # a copy for outsiders may be without them
GROWING = ("log/tail", "packs/", "keys/")  # an interrupted write may stand at their end


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    shm = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(writer_module, "SEAL_AT", 12_000)
        place, clock = Path(folder) / "home", FakeClock()
        ledger = make_ledger(place, clock=clock)
        create_home(ledger, place)
        add_mixed(ledger, 5)
        add_batch(ledger, 40)
        with ledger.writer() as writer:
            for number in range(440):
                writer.append_clear("marker", {"number": number})
        clock.advance(30 * DAY)
        add_mixed(ledger, 10)
        ledger.database.close()
        yield place


@pytest.fixture(scope="module")
def key(home: Path) -> str:
    return pinned(home)


@pytest.fixture(scope="module")
def files(home: Path) -> list[Path]:
    """Every file an archive consists of."""
    folders = [home / name for name in ("log", "packs", "keys")]
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [*found, home / "root.key"]


def _name(home: Path, path: Path) -> str:
    return path.relative_to(home).as_posix()


@contextmanager
def _changed(path: Path, data: bytes | None) -> Iterator[None]:
    """The file with other bytes, or without the file; it is put back at the end."""
    before = path.read_bytes()
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)


def _found(report: Report) -> bool:
    """Whether the audit says that something is wrong, in words."""
    return report.verdict is Verdict.UNPROVEN and report.findings != []


def test_the_home_is_what_these_tests_need(home: Path, key: str, files: list[Path]) -> None:
    report = verify_archive(home, key)
    assert (report.verdict, report.findings, report.notes) == (Verdict.PROVEN, [], [])
    names = [_name(home, path) for path in files]
    packs = [name for name in names if name.endswith(".pack")]
    sealed = [n for n in packs if (home / n).read_bytes().endswith(b"DIARKIVF")]
    assert len(sealed) >= 3
    assert len(packs) - len(sealed) >= 3
    assert {"log/tile/0/001", "log/tile/entries/001", "packs/dictionary-1"} < set(names)
    assert {"log/tail", "log/signed", "log/checkpoint", "log/vkey"} < set(names)
    assert sum(name.startswith("keys/") for name in names) >= 6


@pytest.mark.server  # half a minute
def test_every_flipped_bit_is_found(home: Path, key: str, files: list[Path]) -> None:
    """A thousand times: one random bit of a random byte of a random file."""
    choose, missed = random_module.Random(20261118), []
    for number in range(FLIPS):
        path = files[number % len(files)]
        data = bytearray(path.read_bytes())
        place, bit = choose.randrange(len(data)), choose.randrange(8)
        data[place] ^= 1 << bit
        with _changed(path, bytes(data)):
            if not _found(verify_archive(home, key)):
                missed.append((_name(home, path), place, bit))
    assert missed == []
    assert verify_archive(home, key).verdict is Verdict.PROVEN


@pytest.mark.server  # half a minute
def test_every_bit_of_the_small_clear_files(home: Path, key: str) -> None:
    """Heads and the public key, bit for bit (a signature is only judged when the text parses)."""
    missed = []
    for name in ("log/signed", "log/checkpoint", "log/vkey"):
        path = home / name
        whole = path.read_bytes()
        for place in range(len(whole)):
            data = bytearray(whole)
            data[place] ^= 1 << (place % 8)
            with _changed(path, bytes(data)):
                if not _found(verify_archive(home, key)):
                    missed.append((name, place))
    assert missed == []


def test_a_missing_file_is_found(home: Path, key: str, files: list[Path]) -> None:
    for path in files:
        name = _name(home, path)
        with _changed(path, None):
            report = verify_archive(home, key)
        if name in MAY_BE_LEFT_OUT:
            assert report.verdict is Verdict.PROVEN
            assert any(name in note for note in report.notes), name
        else:
            assert _found(report), name


def test_a_cut_off_file_is_found(home: Path, key: str, files: list[Path]) -> None:
    choose, missed = random_module.Random(1), []
    for path in files:
        whole = path.read_bytes()
        lengths = {0, 1, len(whole) // 2, len(whole) - 1, *choose.sample(range(len(whole)), 4)}
        for length in sorted(lengths):
            with _changed(path, whole[:length]):
                if not _found(verify_archive(home, key)):
                    missed.append((_name(home, path), length))
    assert missed == []


def test_the_tail_cut_at_an_entry(home: Path, key: str) -> None:
    """Whole entries are missing: what is left is well-formed, but not what was signed."""
    path = home / "log" / "tail"
    whole, at = path.read_bytes(), 16
    while at < len(whole):
        with _changed(path, whole[:at]):
            report = verify_archive(home, key)
        assert _found(report)
        assert report.unexplained > 0
        at += 2 + int.from_bytes(whole[at : at + 2], "big")


def test_bytes_at_the_end_are_found(home: Path, key: str, files: list[Path]) -> None:
    """More bytes than were written: a failure, or, where an interrupted write may have left them,
    a note that names the place. What was signed is proven either way."""
    for path in files:
        name, whole = _name(home, path), path.read_bytes()
        sealed = whole.endswith(b"DIARKIVF")
        for more in (b"\x00", b"\n", b"junk" * 50, whole[-200:], whole):
            with _changed(path, whole + more):
                report = verify_archive(home, key)
            if name.startswith(GROWING) and not sealed and report.verdict is Verdict.PROVEN:
                place = "log" if name == "log/tail" else f"Cohort {name.split('/')[1][0]}"
                assert any(place in note for note in report.notes), (name, more[:4])
                assert "secrets" not in name
                assert "dictionary" not in name
            else:
                assert _found(report), (name, more[:4])


def test_swapped_files_are_found(home: Path, key: str, files: list[Path]) -> None:
    """Each pair of files of one kind changes places."""
    kinds = ("packs/", "keys/", "log/tile/entries/", "log/tile/0/", "log/")
    pairs = 0
    for kind in kinds:
        same = [p for p in files if _name(home, p).startswith(kind)]
        if kind == "log/":
            same = [p for p in same if p.parent.name == "log"]
        for one, two in combinations(same, 2):
            first, second = one.read_bytes(), two.read_bytes()
            with _changed(one, second), _changed(two, first):
                assert _found(verify_archive(home, key)), (one.name, two.name)
            pairs += 1
    assert pairs > 30


def test_a_file_that_is_none(home: Path, key: str, files: list[Path]) -> None:
    """A folder, or a link to nowhere, in a file's place ends in a verdict, not in a crash."""
    for path in files:
        if _name(home, path) in MAY_BE_LEFT_OUT:
            continue
        with _changed(path, None):
            path.mkdir()
            try:
                assert _found(verify_archive(home, key)), path.name
            finally:
                path.rmdir()
            path.symlink_to("nowhere")
            try:
                assert _found(verify_archive(home, key)), path.name
            finally:
                path.unlink()


def test_two_frames_or_two_keys_change_places(home: Path, key: str) -> None:
    """Within one file, where lengths and digests of the parts stay right."""
    keys = home / "keys" / "1.1"
    lines = keys.read_bytes().splitlines(keepends=True)
    lines[0], lines[3] = lines[3], lines[0]
    with _changed(keys, b"".join(lines)):
        assert _found(verify_archive(home, key))
    pack = next(p for p in sorted((home / "packs").glob("1-*.pack")))
    whole = pack.read_bytes()
    first = 16 + 4 + int.from_bytes(whole[16:20], "big")
    second = first + 4 + int.from_bytes(whole[first : first + 4], "big")
    moved = whole[:16] + whole[first:second] + whole[16:first] + whole[second:]
    with _changed(pack, moved):
        assert _found(verify_archive(home, key))


def test_after_all_that_the_home_is_whole(home: Path, key: str) -> None:
    assert verify_archive(home, key).verdict is Verdict.PROVEN

"""verify.pyz as an outsider runs it: `python3 -I -S`, a pinned key, nothing of ours installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.core import bundle
from archiver.ledger.proof import build_bundle, build_zip, verifier, whole_openings
from tests.build import add_batch, add_mixed, create_home, make_ledger, pinned

Files = dict[str, bytes]


class Kit:
    """An archive of some 300 entries, a bundle from it, the program, and the key."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "arkiv"
        ledger = make_ledger(self.home)
        create_home(ledger, self.home)
        add_mixed(ledger)
        add_batch(ledger, 280)
        shutil.rmtree(self.home / "db")
        self.bundle = folder / "b.zip"
        fresh = make_ledger(self.home)
        with fresh.writer():
            pass
        seqs = [seq for seq in range(fresh.log.size) if b'"version"' in fresh.log.entry(seq)]
        self.bundle.write_bytes(build_bundle(fresh, whole_openings(fresh, seqs[:3]), "b.zip"))
        self.program = folder / "verify.pyz"
        self.program.write_bytes(verifier())
        self.key = pinned(self.home)

    def run(self, subject: Path, *words: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", str(self.program), str(subject), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return Kit(tmp_path_factory.mktemp("kit"))


def flip(name: str, at: int) -> Callable[[Path], None]:
    def tamper(home: Path) -> None:
        data = bytearray((home / name).read_bytes())
        data[at % len(data)] ^= 1
        (home / name).write_bytes(data)

    return tamper


def cut(name: str, keep: float) -> Callable[[Path], None]:
    def tamper(home: Path) -> None:
        data = (home / name).read_bytes()
        (home / name).write_bytes(data[: int(len(data) * keep)])

    return tamper


def remove(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).unlink()


def copy(source: str, target: str) -> Callable[[Path], None]:
    return lambda home: (home / target).write_bytes((home / source).read_bytes())


ARCHIVE: dict[str, Callable[[Path], None]] = {
    "a letter of an entry": flip("log/tile/entries/000", 60),
    "an entry's bundle gone": remove("log/tile/entries/000"),
    "an entry's bundle cut": cut("log/tile/entries/000", 0.5),
    "a hash": flip("log/tile/0/000", 1000),
    "a tile gone": remove("log/tile/0/000"),
    "the tail": flip("log/tail", -40),
    "the tail gone": remove("log/tail"),
    "the tail cut": cut("log/tail", 0.3),
    "the root": flip("log/checkpoint", 40),
    "the signature": flip("log/checkpoint", -10),
    "the checkpoint gone": remove("log/checkpoint"),
    "the head to be signed": flip("log/signed", 30),
    "the announcement": flip("log/intent", 30),
    "another key": flip("log/vkey", -10),
    "a pack's header": flip("packs/1-0.pack", 9),
    "a frame": flip("packs/1-0.pack", 500),
    "a frame's length": flip("packs/1-0.pack", 19),
    "a pack cut": cut("packs/1-0.pack", 0.7),
    "a pack gone": remove("packs/1-0.pack"),
    "a pack for another": copy("packs/0-0.pack", "packs/1-0.pack"),
    "a wrapped key": flip("keys/1.1", 60),
    "keys gone": remove("keys/1.1"),
    "keys for others": copy("keys/0.1", "keys/1.1"),
    "the secret store": flip("keys/secrets", 100),
    "the root key": flip("root.key", 20),
    "the dictionary": flip("packs/dictionary-1", 77),
}


def _entries(files: Files) -> list[str]:
    return sorted(n for n in files if n.startswith("entries/") and n.endswith(".json"))


def shown_text(files: Files) -> None:
    name = _entries(files)[0]
    document = json.loads(files[name])
    opening = next(o for o in document["openings"] if "t" in o)
    opening["t"][0][1] = "Lögn "
    files[name] = json.dumps(
        document, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()


def other_proof(files: Files) -> None:
    proofs = sorted(n for n in files if n.startswith("proofs/"))
    files[proofs[0]] = files[proofs[1]]


def other_entry(files: Files) -> None:
    one, two, *_ = _entries(files)
    files[one], files[two] = files[two], files[one]


def other_raw(files: Files) -> None:
    name = next(n for n in files if n.endswith(".raw"))
    files[name] += b" "


def dropped_leaf(files: Files) -> None:
    name = _entries(files)[0]
    document = json.loads(files[name])
    document["openings"].pop()
    files[name] = json.dumps(
        document, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()


def rider(files: Files) -> None:
    files["entries/999999.raw"] = b"bilaga"


def no_entries(files: Files) -> None:
    for name in [n for n in files if n.startswith(("entries/", "proofs/"))]:
        del files[name]


BUNDLE: dict[str, Callable[[Files], None]] = {
    "a word": shown_text,
    "another's proof": other_proof,
    "another's entry": other_entry,
    "other raw bytes": other_raw,
    "a field left out": dropped_leaf,
    "a file that rides along": rider,
    "nothing in it": no_entries,
    "no key": lambda files: files.update(vkey=b""),
}


def test_what_is_genuine_is_proven_only_under_the_pinned_key(kit: Kit) -> None:
    for subject in (kit.home, kit.bundle):
        code, said = kit.run(subject, "--key", kit.key)
        assert (code, said.rstrip().endswith(": Styrkt")) == (0, True), said
        code, said = kit.run(subject)
        assert (code, "nyckeln inte jämförd" in said) == (1, True), said


def test_many_cohorts_need_few_open_files(tmp_path: Path) -> None:
    """Three years of ten authorities are a thousand packs; a process may open a thousand files."""
    ledger = make_ledger(tmp_path)
    create_home(ledger)
    for authority in range(2, 60):
        with ledger.writer() as writer:
            cohort = writer.cohort(authority, "content")
            writer.append_event("version", {"text": "Snö"}, cohort=cohort)
    program = tmp_path / "verify.pyz"
    program.write_bytes(verifier())
    command = f"ulimit -n 32; {sys.executable} -I -S {program} {tmp_path} --key {pinned(tmp_path)}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.rstrip()[-6:]) == (0, "Styrkt"), done.stdout


@pytest.mark.parametrize("name", ARCHIVE)
def test_a_tampered_archive_is_rejected(kit: Kit, tmp_path: Path, name: str) -> None:
    home = tmp_path / "kopia"
    shutil.copytree(kit.home, home)
    ARCHIVE[name](home)
    code, said = kit.run(home, "--key", kit.key)
    assert (code, "Kan inte styrkas" in said) == (5, True), said


@pytest.mark.parametrize("name", BUNDLE)
def test_a_tampered_bundle_is_rejected(kit: Kit, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(kit.bundle) as archive:
        files = {n: archive.read(n) for n in archive.namelist() if n != bundle.MANIFEST}
    BUNDLE[name](files)
    files[bundle.MANIFEST] = bundle.render_manifest(files)  # what is unsigned, anyone can redo
    forged = tmp_path / "b.zip"
    forged.write_bytes(build_zip(files))
    code, said = kit.run(forged, "--key", kit.key)
    assert (code, "Kan inte styrkas" in said) == (5, True), said

"""Duty 9: what is wrong with a stamp is named, and a check that was not made is never green."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_certificates

from archiver.clock import SystemClock
from archiver.core import bundle
from archiver.core.anchor import note_name, reply_name
from archiver.core.checkpoint import Checkpoint
from archiver.core.event import EventType
from archiver.core.timestamp import TOLERANCE, read_reply
from archiver.core.verdict import Duty, Report, Verdict
from archiver.errors import ConfigError
from archiver.ledger.anchor_projector import AnchorProjector
from archiver.ledger.proof import build_bundle, build_zip, verifier, whole_openings
from archiver.ledger.service import Ledger
from archiver.ledger.stamping import Stamping
from archiver.ledger.timestamp import HttpTimestamper
from archiver.ledger.verify import verify_archive, verify_bundle
from archiver.ledger.verify_stamp import is_signed, read_roots
from tests.build import PlaceProjector, add_batch, create_home, make_ledger, pinned
from tests.tsa import Authority, granting, serving

DAY = 86_400_000
Tamper = Callable[["Kit"], None]


class Kit:
    """A home with two stamps over two heads, and a bundle of what the first covers."""

    def __init__(self, home: Path, authority: Authority) -> None:
        self.home, self.authority = home, authority

    def ledger(self) -> Ledger:
        return make_ledger(
            self.home,
            clock=SystemClock(),
            random=os.urandom,
            projectors=(PlaceProjector(), AnchorProjector()),
        )

    def report(self, roots: bytes | None = None) -> Report:
        return verify_archive(self.home, pinned(self.home), roots=roots)

    def anchor(self, make: Callable[[bytes], tuple[bytes, int]]) -> None:
        """Anchor whatever `make` gives of the newest head: a reply, and the instant that the
        anchor tells. Nobody checks: this is a dishonest operator at work."""
        ledger = self.ledger()
        with ledger.writer() as writer:
            size = writer.next_seq
        note = ledger.checkpoint()
        reply, time = make(note)
        ledger.store.put(note_name(size), note)
        ledger.store.put(reply_name(size, 1), reply)
        digest = sha256(reply).hexdigest()
        facts = {"number": 1, "sha256": digest, "size": size, "time": time}
        with ledger.writer() as writer:
            writer.append_clear(EventType.ANCHOR, facts)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Kit:
    kit = Kit(tmp_path_factory.mktemp("stamped") / "home", authority)
    ledger = kit.ledger()
    create_home(ledger, kit.home)
    with serving(granting(authority)) as tsa:
        asked = HttpTimestamper([tsa.url], roots=authority.roots, clock=SystemClock())
        stamping = Stamping(ledger, asked, SystemClock(), interval=1)
        for _ in range(2):
            seqs = add_batch(ledger)
            stamping.stamp_now()
    add_batch(ledger)
    first = [3, 4, 5]
    data = build_bundle(ledger, whole_openings(ledger, first), "b.zip")
    (kit.home.parent / "b.zip").write_bytes(data)
    newest = build_bundle(ledger, whole_openings(ledger, [*first, *seqs]), "n.zip")
    (kit.home.parent / "n.zip").write_bytes(newest)
    return kit


@pytest.fixture
def kit(made: Kit, tmp_path: Path) -> Kit:
    shutil.copytree(made.home, tmp_path / "home")
    return Kit(tmp_path / "home", made.authority)


def test_what_is_genuine_is_green_only_when_signatures_were_checked(
    made: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = made.authority.roots
    report = made.report(roots)
    assert (report.duties[Duty.STAMP], report.verdict) == (True, Verdict.PROVEN)
    assert any("Tidsstämplar: 2." in note for note in report.notes)
    without = made.report()
    assert (without.duties[Duty.STAMP], without.verdict) == (None, Verdict.PROVEN)
    assert any("--tsa-roots" in note for note in without.notes)
    monkeypatch.setenv("PATH", "/nowhere")
    without = made.report(roots)
    assert (without.duties[Duty.STAMP], without.verdict) == (None, Verdict.PROVEN)
    assert any("openssl" in note for note in without.notes)


def test_a_home_without_stamps_says_nothing_of_them(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path)
    create_home(ledger, tmp_path)
    report = verify_archive(tmp_path, pinned(tmp_path), roots=b"")
    assert (report.duties[Duty.STAMP], report.verdict) == (None, Verdict.PROVEN)
    assert not [note for note in report.notes if "tämp" in note]


def test_roots_of_somebody_else(made: Kit, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    report = made.report(stranger.roots)
    assert (report.duties[Duty.STAMP], report.verdict) == (False, Verdict.UNPROVEN)
    assert report.exit_code == 5
    assert "under the given roots" in report.findings[0]


def _swap(one: str, other: str) -> Tamper:
    def tamper(kit: Kit) -> None:
        first, second = kit.home / one, kit.home / other
        held = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(held)

    return tamper


def _flip(name: str, at: int) -> Tamper:
    def tamper(kit: Kit) -> None:
        data = bytearray((kit.home / name).read_bytes())
        data[at] ^= 1
        (kit.home / name).write_bytes(data)

    return tamper


def _another_head(kit: Kit) -> None:
    kit.anchor(lambda note: (reply := kit.authority.stamp(note + b"x"), read_reply(reply).time))


def _another_logs_head(kit: Kit) -> None:
    """A fork: a second head of the same size, signed by the same key."""
    ledger = kit.ledger()
    with ledger.writer() as writer:
        size = writer.next_seq
    forked = Checkpoint(ledger.origin, size, bytes(32))
    signer = ledger.keys.signer(ledger.origin)
    note = forked.signed(ledger.verifier_key, signer.sign).encode()
    reply = kit.authority.stamp(note)
    ledger.store.put(note_name(size), note)
    ledger.store.put(reply_name(size, 1), reply)
    facts = {
        "number": 1,
        "sha256": sha256(reply).hexdigest(),
        "size": size,
        "time": read_reply(reply).time,
    }
    with ledger.writer() as writer:
        writer.append_clear(EventType.ANCHOR, facts)


def _said(kit: Kit, ago: int) -> Callable[[bytes], tuple[bytes, int]]:
    """A properly signed stamp of an instant so long ago (milliseconds)."""
    at = (SystemClock().now() - ago) // 1000 * 1000
    return lambda note: (kit.authority.says(note, at), at)


def _told_other(kit: Kit) -> None:
    kit.anchor(lambda note: (reply := kit.authority.stamp(note), read_reply(reply).time - 1000))


def _no_facts(kit: Kit) -> None:
    ledger = make_ledger(kit.home, clock=SystemClock(), projectors=())  # none that reads anchors
    with ledger.writer() as writer:
        writer.append_clear(EventType.ANCHOR, {"size": 3})


WRONG: dict[str, tuple[str, Tamper]] = {
    "no reply": ("reply is missing", lambda kit: (kit.home / "stamps/6-1.tsr").unlink()),
    "no head": (
        "the head it is over is missing",
        lambda kit: (kit.home / "stamps/6.note").unlink(),
    ),
    "no folder": ("reply is missing", lambda kit: shutil.rmtree(kit.home / "stamps")),
    "another reply": ("not the reply", _swap("stamps/6-1.tsr", "stamps/10-1.tsr")),
    "a damaged reply": ("not the reply", _flip("stamps/6-1.tsr", 300)),
    "another head": ("a head that this log did not have", _swap("stamps/6.note", "stamps/10.note")),
    "a damaged head": ("", _flip("stamps/6.note", 30)),
    "over something else": ("over another head", _another_head),
    "over a fork": ("a head that this log did not have", _another_logs_head),
    "back-dated": ("back-dated: what it covers", lambda kit: kit.anchor(_said(kit, DAY))),
    "before the stamp": ("the log is back-dated", lambda kit: kit.anchor(_said(kit, -DAY))),
    "another time": ("its time is not", _told_other),
    "an anchor that says nothing": ("does not say what it must", _no_facts),
    "garbage": ("", lambda kit: kit.anchor(lambda _note: (b"garbage", 0))),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(kit: Kit, name: str) -> None:
    told, tamper = WRONG[name]
    tamper(kit)
    for roots in (None, kit.authority.roots):
        report = kit.report(roots)
        assert report.duties[Duty.STAMP] is False
        assert (report.verdict, report.exit_code) == (Verdict.UNPROVEN, 5)
        assert any(told in finding for finding in report.findings), report.findings
        others = {d for d, v in report.duties.items() if v is False} - {Duty.STAMP}
        assert others == set()


def test_a_stamp_older_than_one_before_it(kit: Kit) -> None:
    """The stamps before are an hour ahead (an authority's clock was wrong): then the next, though
    right by the log's own time, is of an earlier time than they say."""
    hour = 3_600_000
    kit.anchor(_said(kit, -hour))
    kit.anchor(_said(kit, 0))
    report = kit.report(kit.authority.roots)
    told = "it is back-dated: an earlier anchor's stamp is of a later time."
    assert report.findings[1:] == [f"Time stamp {reply_name(15, 1)}: {told}"]
    assert reply_name(14, 1) in report.findings[0]


def test_two_clocks_may_differ_a_little(kit: Kit) -> None:
    kit.anchor(_said(kit, TOLERANCE - 60_000))
    assert kit.report(kit.authority.roots).findings == []


def test_a_reply_that_no_anchor_names_is_a_note(kit: Kit) -> None:
    (kit.home / "stamps/12-1.tsr").write_bytes(b"left by a process that died")
    (kit.home / "stamps/readme").write_bytes(b"not ours")
    report = kit.report(kit.authority.roots)
    assert (report.duties[Duty.STAMP], report.verdict) == (True, Verdict.PROVEN)
    assert [note for note in report.notes if "12-1.tsr is named by no entry" in note]


def test_a_certificate_that_ran_out_since_was_good_then(tmp_path: Path) -> None:
    """As of the instant in the stamp; and no longer for a stamp made today."""
    ended = Authority(tmp_path, ended=True)
    now = SystemClock().now()
    for ago, good in ((10 * DAY, True), (0, False)):
        reply = ended.says(b"head", now - ago)
        found = is_signed(reply, sha256(b"head").digest(), read_reply(reply).time, ended.roots)
        assert found is good


def test_roots_in_a_file_or_a_folder(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_bytes(b"Subject: Testrot\n" + authority.roots)
    (tmp_path / "two.crt").write_bytes(authority.roots)
    (tmp_path / "key.txt").write_bytes(authority.roots)
    assert read_roots(tmp_path / "one.pem") == authority.roots
    assert read_roots(tmp_path) == authority.roots * 2
    der = load_pem_x509_certificate(authority.roots).public_bytes(Encoding.DER)
    (tmp_path / "three.cer").write_bytes(der)
    read = load_pem_x509_certificates(read_roots(tmp_path / "three.cer"))
    assert [one.public_bytes(Encoding.DER) for one in read] == [der]
    for wrong in (tmp_path / "none", authority.folder / "tsa.key"):
        with pytest.raises(ConfigError):
            read_roots(wrong)


# --- bundles and the program -----------------------------------------------------------------


@pytest.mark.parametrize(("name", "size"), [("b.zip", 6), ("n.zip", 10)])
def test_a_bundle_carries_the_first_stamp_over_all_of_it(made: Kit, name: str, size: int) -> None:
    path, key = made.home.parent / name, pinned(made.home)
    report, _ = verify_bundle(path, key, made.authority.roots)
    assert (report.duties[Duty.STAMP], report.verdict) == (True, Verdict.PROVEN)
    assert report.head is not None
    assert report.head.size == size
    assert any("Enligt tidsstämpeln fanns det senast" in note for note in report.notes)
    report, _ = verify_bundle(path, key)
    assert (report.duties[Duty.STAMP], report.verdict) == (None, Verdict.PROVEN)


def test_a_bundle_of_what_is_not_stamped_has_none(kit: Kit) -> None:
    ledger = kit.ledger()
    seqs = add_batch(ledger)
    path = kit.home.parent / "u.zip"
    path.write_bytes(build_bundle(ledger, whole_openings(ledger, seqs), "u.zip"))
    assert bundle.STAMP not in zipfile.ZipFile(path).namelist()
    report, _ = verify_bundle(path, pinned(kit.home), kit.authority.roots)
    assert (report.duties[Duty.STAMP], report.verdict) == (None, Verdict.PROVEN)


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n) for n in archive.namelist() if n != bundle.MANIFEST}


@pytest.mark.parametrize("name", ["another's", "back-dated", "garbage", "forged"])
def test_a_forged_stamp_in_a_bundle(made: Kit, tmp_path: Path, name: str) -> None:
    files = _members(made.home.parent / "b.zip")
    note = (made.home / "stamps/6.note").read_bytes()
    ago = SystemClock().now() - DAY
    stamps = {
        "another's": _members(made.home.parent / "n.zip")[bundle.STAMP],
        "back-dated": made.authority.says(note, ago),
        "garbage": b"garbage",
        "forged": Authority(tmp_path / "stranger").stamp(note),
    }
    files[bundle.STAMP] = stamps[name]
    path = tmp_path / "b.zip"
    path.write_bytes(build_zip({bundle.MANIFEST: bundle.render_manifest(files), **files}))
    report, _ = verify_bundle(path, pinned(made.home), made.authority.roots)
    assert (report.duties[Duty.STAMP], report.exit_code) == (False, 5)
    assert report.duties[Duty.CONTENT] is True


def test_the_program_as_an_outsider_runs_it(made: Kit, tmp_path: Path) -> None:
    program, key = tmp_path / "verify.pyz", pinned(made.home)
    program.write_bytes(verifier())
    roots = str(made.authority.roots_file)

    def run(*words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-I", "-S", str(program), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    for subject in (made.home, made.home.parent / "b.zip"):
        code, said, _ = run(str(subject), "--key", key, "--tsa-roots", roots)
        assert (code, "✓ Tidsstämpel från utomstående" in said) == (0, True), said
        code, said, _ = run(str(subject), "--key", key)
        assert (code, "– Tidsstämpel från utomstående" in said) == (0, True), said
    code, _, wrong = run(str(made.home), "--key", key, "--tsa-roots", str(program))
    assert (code, "holds no certificate" in wrong) == (2, True)

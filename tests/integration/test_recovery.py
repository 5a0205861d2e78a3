"""A home restored from a backup, at any moment, goes on under another name and loses nothing else.

The lost home goes on after the backup with whatever may happen; then only the backup is there, and
what is known of the lost one: a newer copy of the log, a signed head, its tables on a server, or
nothing.
"""

from __future__ import annotations

import json
import random as random_module
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.core.layout import CHECKPOINT, RECOVERY, VKEY, render_secrets
from archiver.core.recovery import successor
from archiver.core.verdict import Duty, Verdict
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    DiarkivError,
    DigestMismatch,
    IntegrityError,
    RuleViolation,
    SealBroken,
    SignatureInvalid,
)
from archiver.ledger.proof import verifier
from archiver.ledger.recovery import Plan, Recovery
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive
from archiver.ledger.writer import Writer
from archiver.store.filesystem import FilesystemStore
from retention.disposal.again import dispose_again
from retention.disposal.recovery import Restoration
from tests.build import (
    FakeClock,
    add_batch,
    add_mixed,
    compact_some,
    create_home,
    head_in,
    make_ledger,
    move_some,
    openable,
    pinned,
    seeded,
    tables,
    verify,
)
from tests.databases import copy, used
from tests.integration.test_faults import Fault, FaultyDatabase, FaultyStore, Mode

pytestmark = pytest.mark.usefixtures("each_database")


class Pair:
    """A home that is lost, and the backup of it; both may be written to."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.lost, self.backup = folder / "lost", folder / "backup"
        self.clock, self.random = FakeClock(), seeded(seed)
        self.live = make_ledger(self.lost, clock=self.clock, random=self.random)
        create_home(self.live, self.lost)
        add_mixed(self.live)

    def back_up(self) -> None:
        copy(self.lost, self.backup)

    def restored(self, store: FilesystemStore | None = None) -> Ledger:
        return make_ledger(self.backup, clock=self.clock, random=self.random, store=store)


def restoration(ledger: Ledger) -> Restoration:
    return Restoration(ledger, worker_runs=lambda: False, forget=lambda: None)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A backup, after which the home went on with ten entries."""
    pair = Pair(tmp_path)
    pair.back_up()
    add_batch(pair.live, 10)
    return pair


def entries(ledger: Ledger) -> list[bytes]:
    ledger.log.load()
    return list(ledger.log.entries(0, ledger.log.size))


def assert_recovered(pair: Pair, ledger: Ledger) -> None:
    """It verifies but for the loss, and, once that is answered for, wholly; a rebuild equals."""
    add_mixed(ledger)
    report = verify(pair.backup)
    assert report.unexplained == report.lost == report.lost_unexplained
    assert len(report.findings) == 2 * (report.lost > 0)
    if report.lost:
        restoration(ledger).attest("Säkerhetskopian var gammal")
    report = verify(pair.backup)
    assert (report.findings, report.verdict, report.unexplained) == ([], Verdict.PROVEN, 0)
    live = tables(ledger)
    ledger.rebuild()
    assert tables(ledger) == live


@pytest.mark.parametrize("seed", range(6))
def test_any_backup_and_whatever_came_after(tmp_path: Path, seed: int) -> None:
    pair, choose = Pair(tmp_path, seed), random_module.Random(seed)

    def live(rounds: int) -> None:
        for _ in range(rounds):
            act = choose.choice((add_batch, add_mixed, move_some, move_some, compact_some))
            act(pair.live, choose) if act in (move_some, compact_some) else act(pair.live)  # type: ignore[operator]
            pair.clock.advance(choose.choice((1000, 20 * 86_400_000)))

    live(choose.randrange(8))
    pair.back_up()
    before = entries(pair.live)
    live(choose.randrange(1, 8))
    gone = openable(pair.backup).keys() - openable(pair.lost).keys()
    restored = pair.restored()
    how = restoration(restored)
    outlook = how.look(log=pair.lost / "log")
    assert outlook.recovered.start == len(before)
    assert outlook.recovered.lost == len(entries(pair.live)) - len(before)
    done = how.recover(outlook, reason="Disken gick sönder")
    assert done.entries + len(done.left) <= len(outlook.repeat)
    assert entries(restored)[: len(before)] == before
    apart = {json.loads(before[seq])["id"] for seq in (*outlook.apart, *done.left)}
    assert not openable(pair.backup).keys() & gone - apart
    assert_recovered(pair, restored)


def test_without_knowing_more_only_the_name_changes(pair: Pair) -> None:
    restored = pair.restored()
    size = len(entries(restored))
    outlook = restoration(restored).look()
    assert (outlook.source, outlook.recovered.lost) == ("home", 0)
    old = restored.origin
    restoration(restored).recover(outlook, reason="Maskinen är borta")
    assert restored.origin == successor(old)
    assert len(entries(restored)) == size + 2
    assert (pair.backup / f"{VKEY}.1").read_text() == (pair.lost / VKEY).read_text()
    with pytest.raises(SealBroken):
        restored.keys.signer(old)
    assert_recovered(pair, restored)
    restoration(restored).attest("Inget mer är känt")
    with pytest.raises(RuleViolation):
        restoration(restored).attest("En gång till")


def test_a_kept_checkpoint_says_how_much_is_lost(pair: Pair) -> None:
    restored = pair.restored()
    note = (pair.lost / CHECKPOINT).read_bytes()
    outlook = restoration(restored).look(checkpoint=note)
    assert (outlook.source, outlook.recovered.lost) == ("checkpoint", 10)
    assert outlook.types is None
    restoration(restored).recover(outlook, reason="Disken")
    assert_recovered(pair, restored)


def test_tables_on_a_server_remember_and_keep_the_backup_from_writing(pair: Pair) -> None:
    if not used():
        pytest.skip("the tables of a home in a folder are restored with it")
    size = len(entries(pair.live))
    shutil.rmtree(pair.lost)
    shutil.copytree(pair.backup, pair.lost)
    pair.backup = pair.lost
    restored = pair.restored()
    with pytest.raises(CheckpointForked), restored.writer():
        pass
    outlook = restoration(restored).look()
    assert (outlook.source, outlook.recovered.size) == ("database", size)
    restoration(restored).recover(outlook, reason="Disken")
    assert_recovered(pair, restored)


def test_a_head_in_the_bucket_counts_too(pair: Pair) -> None:
    restored = pair.restored()
    restored.store.put("log/forked", (pair.lost / CHECKPOINT).read_bytes())
    with pytest.raises(CheckpointForked), restored.writer():
        pass
    outlook = restoration(restored).look()
    assert (outlook.source, outlook.recovered.lost) == ("bucket", 10)
    restoration(restored).recover(outlook, reason="Disken")
    assert_recovered(pair, restored)


def test_a_home_may_be_recovered_again(pair: Pair) -> None:
    restored = pair.restored()
    outlook = restoration(restored).look(log=pair.lost / "log")
    restoration(restored).recover(outlook, reason="Disken")
    with pytest.raises(ConfigError, match="older generation"):
        restoration(restored).look(log=pair.lost / "log")
    again = restoration(restored).look()
    restoration(restored).recover(again, reason="Igen")
    assert restored.origin.endswith("/3")
    assert_recovered(pair, restored)
    assert verify(pair.backup).lost == 10


# --- what is refused -------------------------------------------------------------------------


def refused(pair: Pair, error: type[DiarkivError], match: str, **known: object) -> None:
    """It is refused by its name, and nothing was changed."""
    before = {p: p.read_bytes() for p in (pair.backup / "log").rglob("*") if p.is_file()}
    with pytest.raises(error, match=match):
        restoration(pair.restored()).look(**known)  # type: ignore[arg-type]
    assert before == {p: p.read_bytes() for p in (pair.backup / "log").rglob("*") if p.is_file()}


def test_a_foreign_log_and_a_foreign_checkpoint(pair: Pair, tmp_path: Path) -> None:
    other = make_ledger(tmp_path / "other", random=seeded(99))
    create_home(other, tmp_path / "other")
    add_batch(other, 40)
    refused(pair, SignatureInvalid, "not signed by this home", log=tmp_path / "other" / "log")
    note = (tmp_path / "other" / CHECKPOINT).read_bytes()
    refused(pair, SignatureInvalid, "not signed by this home", checkpoint=note)
    refused(pair, ConfigError, "holds no log", log=tmp_path)


def test_a_forked_log(pair: Pair) -> None:
    """The backup was gone on with under the old name: two logs by one key."""
    add_batch(pair.restored(), 3)
    refused(pair, CheckpointForked, "does not begin with", log=pair.lost / "log")


def test_a_truncated_log(pair: Pair) -> None:
    tail = pair.lost / "log" / "tail"
    tail.write_bytes(tail.read_bytes()[:-40])
    refused(pair, CheckpointForked, "was signed at", log=pair.lost / "log")


def test_an_older_log(pair: Pair) -> None:
    older = pair.lost.parent / "older"
    shutil.copytree(pair.backup, older)
    with pair.restored().writer() as writer:
        writer.append_clear("marker", {"number": 1})
    refused(pair, ConfigError, "ends at", log=older / "log")


def test_a_log_with_an_altered_entry(pair: Pair) -> None:
    with pair.live.writer() as writer:
        for number in range(300):
            writer.append_clear("marker", {"number": number})
    tile = next((pair.lost / "log" / "tile" / "entries").rglob("000"))
    data = bytearray(tile.read_bytes())
    data[-2] ^= 1
    tile.write_bytes(data)
    refused(pair, CheckpointForked, "do(es)? not", log=pair.lost / "log")


def test_a_backup_that_is_not_of_one_instant(pair: Pair) -> None:
    """Keys that are newer than its log, and packs that are cut, could not be read again."""
    move_some(pair.live, random_module.Random(1))
    for what in ("keys", "packs"):
        shutil.copytree(pair.backup / what, pair.backup / "tmp" / what)
    shutil.rmtree(pair.backup / "keys")
    shutil.copytree(pair.lost / "keys", pair.backup / "keys")
    refused(pair, IntegrityError, "(not whole|does not open)")
    shutil.rmtree(pair.backup / "keys")
    shutil.copytree(pair.backup / "tmp" / "keys", pair.backup / "keys")
    (pair.backup / "packs" / "1-0.pack").write_bytes(b"DIARKIVP")
    refused(pair, IntegrityError, "not whole")
    secrets = pair.backup / "keys" / "secrets"
    shutil.copytree(pair.backup / "tmp" / "packs", pair.backup / "packs", dirs_exist_ok=True)
    lines = [one for one in secrets.read_text().splitlines() if not one.startswith("sha256")]
    kept = dict(one.split() for one in lines if not one.startswith("kek/1."))
    secrets.write_bytes(render_secrets(kept))
    refused(pair, IntegrityError, "not whole: 1 cohort has no key")


def test_a_worker_at_work(pair: Pair) -> None:
    how = Restoration(pair.restored(), worker_runs=lambda: True, forget=lambda: None)
    with pytest.raises(ConfigError, match="worker"):
        how.look()


def test_a_reason_is_needed(pair: Pair) -> None:
    how = restoration(pair.restored())
    with pytest.raises(ConfigError, match="reason"):
        how.recover(how.look(), reason=" ")
    assert not (pair.backup / RECOVERY).exists()


# --- cut short -------------------------------------------------------------------------------


class Died(Exception):
    pass


def dying(_writer: Writer, _seq: int) -> None:
    raise Died


def test_nobody_else_writes_while_one_is_under_way_and_a_damaged_plan_is_refused(
    pair: Pair,
) -> None:
    restored = pair.restored()
    outlook = restoration(restored).look(log=pair.lost / "log")
    with pytest.raises(Died):
        Recovery(restored).recover(Plan(recovered=outlook.recovered), dying)
    other = pair.restored()
    with pytest.raises(CheckpointForked, match="recovery"), other.writer():
        pass
    plan = pair.backup / RECOVERY
    whole = plan.read_bytes()
    for wrong in (whole.replace(b'"repeat":[]', b'"repeat":[[0,4,1]]'), whole[:-9], b"", b"{}"):
        plan.write_bytes(wrong)
        with pytest.raises(DigestMismatch):
            restoration(other).look()
    plan.write_bytes(whole)
    again = restoration(other).look()
    assert (again.resumed, again.recovered) == (True, outlook.recovered)
    restoration(other).recover(again, reason="Disken")
    assert not plan.exists()
    assert_recovered(pair, other)


@pytest.fixture(scope="module")
def memory(each_database: str) -> Iterator[Path]:
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.parametrize("mode", Mode)
def test_a_fault_at_any_write(memory: Path, mode: Mode) -> None:
    """What is cut short anywhere is gone on with; nothing is signed by the old name after its plan
    is there, and what was destroyed stays so."""
    base = memory / f"base-{mode}"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir()
    pair = Pair(base)
    pair.back_up()
    choose = random_module.Random(3)
    move_some(pair.live, choose)
    while not restoration(pair.restored()).look(log=pair.lost / "log").repeat:
        move_some(pair.live, choose)
    gone = openable(pair.backup).keys() - openable(pair.lost).keys()
    kept, pair.backup, strike = pair.backup, memory / f"work-{mode}", 0
    while strike < 200:
        copy(kept, pair.backup)
        heads: list[bytes] = []
        faulty = FaultyStore(FilesystemStore(pair.backup), heads)
        ledger = pair.restored(faulty)  # type: ignore[arg-type]
        how = restoration(ledger)
        outlook = how.look(log=pair.lost / "log")
        faulty.arm(strike, mode)
        try:
            how.recover(outlook, reason="Disken")
            break
        except Fault:
            faulty.inner.close()
        fresh = pair.restored()
        again = outlook
        if (pair.backup / RECOVERY).exists() or not (pair.backup / f"{VKEY}.1").exists():
            again = restoration(fresh).look(log=pair.lost / "log")
            restoration(fresh).recover(again, reason="Disken")
        assert {head_in(note).origin for note in heads} <= {fresh.origin}
        apart = {
            json.loads(one)["id"] for n, one in enumerate(entries(fresh)) if n in outlook.apart
        }
        assert not openable(pair.backup).keys() & gone - apart
        report = verify(pair.backup)
        assert report.unexplained == report.lost
        assert len(report.findings) == 2
        fresh.database.close()
        strike += 1 if not used() else 5
    faulty.strike = None
    assert strike > 10
    assert_recovered(pair, ledger)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_that_fails(pair: Pair, when: str) -> None:
    """The batch of the recovery is in the log, and the tables may lack it."""
    restored = pair.restored()
    outlook = restoration(restored).look(log=pair.lost / "log")
    database = FaultyDatabase(restored.database)

    def failing(_writer: Writer, _seq: int) -> None:
        raise Died

    with pytest.raises(Died):
        Recovery(restored).recover(Plan(recovered=outlook.recovered), failing)
    restored.database = database  # type: ignore[assignment]
    database.when = when
    with pytest.raises(Fault):
        restoration(restored).recover(restoration(restored).look(), reason="Disken")
    fresh = pair.restored()
    again = restoration(fresh).look()
    assert again.resumed
    restoration(fresh).recover(again, reason="Disken")
    types = [json.loads(one)["t"] for one in entries(fresh)]
    assert types.count("log_recovered") == types.count("recovery_noted") == 1
    assert_recovered(pair, fresh)


# --- what an outsider sees -------------------------------------------------------------------


def test_checkpoints_that_were_kept(pair: Pair) -> None:
    """One from before the backup is a prefix; one from after it lies in the lost range."""
    early = (pair.backup / CHECKPOINT).read_bytes()
    late = (pair.lost / CHECKPOINT).read_bytes()
    add_batch(pair.live, 2)
    latest = (pair.lost / CHECKPOINT).read_bytes()
    restored = pair.restored()
    outlook = restoration(restored).look(checkpoint=late)
    restoration(restored).recover(outlook, reason="Disken")
    restoration(restored).attest("Känt")
    key = pinned(pair.backup)
    assert verify_archive(pair.backup, key, earlier=early).findings == []
    (said,) = verify_archive(pair.backup, key, earlier=late).findings
    assert "declared lost range" in said
    (said,) = verify_archive(pair.backup, key, earlier=latest).findings
    assert "more is lost" in said
    old = (pair.lost / VKEY).read_text()
    report = verify_archive(pair.backup, old.strip())
    assert report.duties[Duty.KEY] is False
    assert "/2" in report.findings[0]
    (pair.backup / f"{VKEY}.1").unlink()
    assert verify_archive(pair.backup, key, earlier=early).duties[Duty.HEAD] is False


def test_another_key_in_place_of_the_old_one_is_found(pair: Pair, tmp_path: Path) -> None:
    """Somebody signs a head of the old name with a key of their own and puts that beside."""
    restored = pair.restored()
    restoration(restored).recover(restoration(restored).look(), reason="Disken")
    forger = make_ledger(tmp_path / "forger", random=seeded(55))
    create_home(forger, tmp_path / "forger")
    shutil.copy(tmp_path / "forger" / VKEY, pair.backup / f"{VKEY}.1")
    note = (tmp_path / "forger" / CHECKPOINT).read_bytes()
    report = verify_archive(pair.backup, pinned(pair.backup), earlier=note)
    assert report.duties[Duty.HEAD] is False


def test_the_keyless_program_says_it_too(pair: Pair, tmp_path: Path) -> None:
    early, program = tmp_path / "early", tmp_path / "verify.pyz"
    early.write_bytes((pair.backup / CHECKPOINT).read_bytes())
    restored = pair.restored()
    outlook = restoration(restored).look(log=pair.lost / "log")
    restoration(restored).recover(outlook, reason="Disken")
    program.write_bytes(verifier())

    def run(*words: str) -> tuple[int, str]:
        start = [sys.executable, "-I", "-S", str(program), str(pair.backup)]
        command = [*start, "--key", pinned(pair.backup), "--since", str(early), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout

    code, said = run()
    assert (code, "10 poster, ej intygat" in said) == (5, True), said
    restoration(restored).attest("Känt")
    code, said = run()
    assert (code, "förlorade: 10 poster, intygat" in said) == (0, True), said
    code, said = run("--json")
    found = json.loads(said)
    assert (found["lost"], found["lost_unexplained"], found["unexplained"]) == (10, 0, 0)


def test_a_disposal_cannot_be_repeated_once_the_loss_is_answered_for(pair: Pair) -> None:
    """A repetition is no way to destroy later on: an outsider sees that it explains nothing."""
    restored = pair.restored()
    outlook = restoration(restored).look(log=pair.lost / "log")
    seq = restoration(restored)._recovery.recover(Plan(recovered=outlook.recovered))
    restoration(restored).attest("Känt")
    version = next(n for n, one in enumerate(entries(restored)) if b'"t":"version"' in one)
    with restored.writer() as writer:
        dispose_again(restored, writer, seq, {version: 0}, 0)
    report = verify(pair.backup)
    assert report.unexplained == 1
    assert any("no open recovery" in one for one in report.findings)

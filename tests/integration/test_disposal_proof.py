"""What an outsider is told of disposals: proved, or named for what is wrong with it.

Here the one who writes the log has its keys: an insider, who destroys what no decision lets go.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.core.bundle import MANIFEST, render_manifest
from archiver.core.event import EventType, parse
from archiver.core.layout import CHECKPOINT
from archiver.core.tombstone import Confirmed, Interval, Tombstone, tombstones
from archiver.core.verdict import Verdict
from archiver.errors import NotFound
from archiver.ledger.account import account
from archiver.ledger.disposed_proof import disposed_openings
from archiver.ledger.log import Log
from archiver.ledger.proof import build_bundle, build_zip, whole_openings
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive, verify_bundle
from archiver.ledger.writer import Writer
from tests.build import (
    DAY,
    FakeClock,
    add_batch,
    create_home,
    explain,
    explain_stop,
    make_ledger,
    pinned,
    verify,
)
from tests.integration.test_disposal import Office, planted
from tests.integration.test_harvest import town


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    ledger = make_ledger(home)
    create_home(ledger, home)
    add_batch(ledger, 6)
    ledger.database.close()
    return home


def said(writer: Writer, kind: EventType) -> int:
    return writer.append_event(kind, {"authority": 1}, cohort=0)


def destroy(
    ledger: Ledger,
    seqs: list[int],
    *,
    interval: Callable[[int, int], Interval] = lambda decision, at: Interval(decision, at - DAY),
    forged: Callable[[Interval], Interval] = lambda interval: interval,
    is_confirmed: bool = True,
    is_tombed: bool = True,
    then: Callable[[Writer, int], object] = lambda _writer, _decision: None,
    last: Callable[[Writer, int], object] = lambda _writer, _decision: None,
) -> None:
    """Destroy keys as the log of a disposal has it, but for what is bent."""
    with ledger.writer() as writer:
        decision = said(writer, EventType.DISPOSAL_DECIDED)
        held = interval(decision, writer.at)
        writer.append_clear(EventType.DECISION_INTERVAL, held.facts())
        proposal = said(writer, EventType.DISPOSAL_PROPOSED)
        by = said(writer, EventType.DISPOSAL_CONFIRMED)
        if is_confirmed:
            writer.append_clear(EventType.PROPOSAL_CONFIRMED, Confirmed(proposal, by).facts())
        then(writer, decision)
        if is_tombed:
            for stone in tombstones(forged(held), proposal, seqs):
                writer.append_clear(EventType.TOMBSTONE, stone.facts())
        last(writer, decision)
    with ledger.writer() as writer:
        writer.rewrap(1, dict.fromkeys(seqs))


def revoke(writer: Writer, decision: int) -> None:
    ended = Interval(decision, writer.at - DAY, writer.at)
    writer.append_clear(EventType.DECISION_INTERVAL, ended.facts())


def test_under_a_decision_in_force_it_is_explained(home: Path) -> None:
    ledger = make_ledger(home)
    before = account(ledger)
    assert (before.unexplained, before.disposed, before.entries) == (0, 0, 9)
    destroy(ledger, [4, 5, 7])
    after = account(ledger)
    assert (after.unexplained, after.disposed, after.live) == (0, 3, before.live)
    report = verify(home)
    assert (report.verdict, report.unexplained, report.findings) == (Verdict.PROVEN, 0, [])
    assert (report.destroyed, report.disposed, report.stopped) == (3, 3, 0)


BENT = {
    "no tombstone": ({"is_tombed": False}, "no decision explains it"),
    "not yet in force": (
        {"interval": lambda decision, at: Interval(decision, at + DAY)},
        "under a decision that was not in force",
    ),
    "no longer in force": (
        {"interval": lambda decision, at: Interval(decision, at - 2 * DAY, at - DAY)},
        "under a decision that was not in force",
    ),
    "revoked before": ({"then": revoke}, "gives its decision another time"),
    "revoked behind the tombstone": ({"last": revoke}, "no longer in force"),
    "another interval": (
        {"forged": lambda held: held._replace(start=held.start - DAY)},
        "gives its decision another time",
    ),
    "another decision": (
        {"forged": lambda held: held._replace(decision=1)},
        "names no decision in the log",
    ),
    "not confirmed": ({"is_confirmed": False}, "that nobody confirmed"),
}


@pytest.mark.parametrize("name", BENT)
def test_an_insider_who_destroys_more_is_named(home: Path, name: str) -> None:
    how, finding = BENT[name]
    destroy(make_ledger(home), [4, 5], **how)  # type: ignore[arg-type]
    report = verify(home)
    assert report.verdict is Verdict.UNPROVEN
    assert report.unexplained == 2
    assert account(make_ledger(home)).unexplained == 2
    assert any(finding in one for one in report.findings), report.findings


def test_only_what_was_stopped_and_captured_goes_without_more(home: Path) -> None:
    """One `record_destroyed` explains no key that was not set apart before, and no tombstone covers
    what is no captured content."""
    ledger = make_ledger(home)
    with ledger.writer() as writer:
        writer.rewrap(1, {4: None})
        explain_stop(writer)
    assert (verify(home).unexplained, verify(home).stopped) == (1, 0)
    with ledger.writer() as writer:
        register = writer.cohort(1, "register")
        event = writer.append_event(EventType.TRIAGED, {}, cohort=register)
    with ledger.writer() as writer:
        explain(writer, [event])
        writer.rewrap(register, {event: None})
    assert any("no captured content" in one for one in verify(home).findings)


def test_an_aborted_disposal_lets_nothing_go(home: Path) -> None:
    ledger = make_ledger(home)
    with ledger.writer() as writer:
        decision = said(writer, EventType.DISPOSAL_DECIDED)
        held = Interval(decision, writer.at - DAY)
        writer.append_clear(EventType.DECISION_INTERVAL, held.facts())
        proposal = said(writer, EventType.DISPOSAL_PROPOSED)
        by = said(writer, EventType.DISPOSAL_CONFIRMED)
        writer.append_clear(EventType.PROPOSAL_CONFIRMED, Confirmed(proposal, by).facts())
        for stone in tombstones(held, proposal, [4]):
            writer.append_clear(EventType.TOMBSTONE, stone.facts())
        writer.append_clear(EventType.DISPOSAL_ABORTED, {"proposal": proposal})
    assert verify(home).unexplained == 0
    with ledger.writer() as writer:
        writer.rewrap(1, {4: None})
    assert verify(home).unexplained == 1


def test_a_tombstone_taken_out_of_the_log_and_a_forked_head_are_found(home: Path) -> None:
    ledger = make_ledger(home)
    fork = home.parent / "fork"
    shutil.copytree(home, fork)
    destroy(ledger, [4, 5])
    kept = (home / CHECKPOINT).read_bytes()
    tail = (home / "log/tail").read_bytes()
    at = tail.index(b'"t":"tombstone"')
    start = tail.rindex(b'{"', 0, at) - 2
    size = int.from_bytes(tail[start : start + 2], "big") + 2
    (home / "log/tail").write_bytes(tail[:start] + tail[start + size :])
    report = verify(home)
    assert report.verdict is Verdict.UNPROVEN
    assert report.findings
    (home / "log/tail").write_bytes(tail)
    assert verify(home).verdict is Verdict.PROVEN
    # The same home, gone on without the disposal: its head does not extend the one that was kept.
    add_batch(make_ledger(fork), 9)
    report = verify_archive(fork, pinned(fork), earlier=kept)
    assert report.verdict is Verdict.UNPROVEN
    assert report.findings


def test_a_disposal_is_proved_to_an_outsider_and_a_tampered_certificate_is_named(
    tmp_path: Path,
) -> None:
    with town(tmp_path / "home") as it:
        office = Office(it)
        office.adopt()
        office.decide()
        _, _, record = planted(it)
        with pytest.raises(NotFound):
            disposed_openings(it.home.ledger, record)
        it.clock.advance(40 * DAY)
        row = office.dispose()
        ledger, key = it.home.ledger, pinned(it.home.path)
        path = tmp_path / "gallrad.zip"
        path.write_bytes(build_bundle(ledger, disposed_openings(ledger, record), path.name))
        report, found = verify_bundle(path, key)
        assert (report.verdict, report.disposed) == (Verdict.DISPOSED, 1)
        assert [one.fields for one in found] == [[]] * 5
        for left_out in [one.seq for one in found if one.clear]:
            _without(path, left_out)
            report, _ = verify_bundle(tmp_path / "bent.zip", key)
            assert report.verdict is Verdict.UNPROVEN
        assert row.certificate is not None
        proof = tmp_path / "protokoll.zip"
        openings = whole_openings(ledger, [row.certificate])
        proof.write_bytes(build_bundle(ledger, openings, proof.name))
        assert verify_bundle(proof, key)[0].verdict is Verdict.PROVEN
        _bent(proof, b'\\"records\\":3', b'\\"records\\":2')
        report, _ = verify_bundle(tmp_path / "bent.zip", key)
        assert report.verdict is Verdict.UNPROVEN
        assert "what is shown is not what was sealed" in " ".join(report.findings)


def _explained(home: Path, ledger: Ledger, gone: int) -> tuple[Verdict, str]:
    """What the verifier says of a bundle with an entry and every entry that may explain its end."""
    wanted = (
        EventType.DECISION_INTERVAL,
        EventType.PROPOSAL_CONFIRMED,
        EventType.TOMBSTONE,
        EventType.KEYS_REWRAPPED,
    )
    log = Log(ledger.store)
    log.load()
    kinds = [parse(log.entry(seq)).type for seq in range(log.size)]
    seqs = [max(n for n, kind in enumerate(kinds) if kind == one) for one in wanted]
    path = home.parent / "visad.zip"
    path.write_bytes(build_bundle(ledger, {n: ([], b"") for n in (gone, *seqs)}, path.name))
    report, _ = verify_bundle(path, pinned(home))
    return report.verdict, " ".join(report.findings)


def test_a_bundle_is_judged_as_the_log_is(home: Path) -> None:
    """A decision that ended between the tombstone and the key's end explains nothing."""
    clock = FakeClock()
    clock.advance(400 * DAY)
    ledger = make_ledger(home, clock=clock)
    destroy(ledger, [4, 5])
    assert _explained(home, ledger, 4)[0] is Verdict.DISPOSED
    ends = {"interval": lambda decision, at: Interval(decision, at - DAY, at + 1)}
    destroy(ledger, [7], **ends, last=lambda *_: clock.advance(DAY))  # type: ignore[arg-type]
    assert verify(home).unexplained == 1
    verdict, why = _explained(home, ledger, 7)
    assert verdict is Verdict.UNPROVEN
    assert "had ended when its key was destroyed" in why


def test_a_tombstone_over_everything_there_will_ever_be_is_not_counted_through(home: Path) -> None:
    """Anybody can make a log of their own and sign it: the verifier is not kept busy by it."""
    ledger = make_ledger(home)

    def endless(writer: Writer, decision: int) -> None:
        held = Interval(decision, writer.at - DAY)
        facts = Tombstone(held, writer.next_seq - 3, ((4, 10**14),)).facts()
        writer.append_clear(EventType.TOMBSTONE, facts)

    destroy(ledger, [4], is_tombed=False, last=endless)
    assert _explained(home, ledger, 4)[0] is Verdict.DISPOSED
    assert verify(home).verdict is Verdict.UNPROVEN


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(path: Path, files: dict[str, bytes]) -> None:
    rest = {name: data for name, data in files.items() if name != MANIFEST}
    path.write_bytes(build_zip({**rest, MANIFEST: render_manifest(rest)}))


def _without(path: Path, seq: int) -> None:
    files = _members(path)
    gone = (f"entries/{seq}.json", f"proofs/{seq}.tlog-proof")
    _write(path.with_name("bent.zip"), {n: d for n, d in files.items() if n not in gone})


def _bent(path: Path, old: bytes, new: bytes) -> None:
    files = _members(path)
    assert any(old in data for data in files.values())
    changed = {n: d.replace(old, new) if n.startswith("entries/") else d for n, d in files.items()}
    _write(path.with_name("bent.zip"), changed)

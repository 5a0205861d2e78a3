"""What was disposed of after a backup does not come back with it: from comments that were really
harvested, over the disposal, the loss and the recovery, to the next harvest of the same site."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archiver.core.bundle import (
    MANIFEST,
    STAMP,
    parse_entry,
    parse_proof,
    render_entry,
    render_manifest,
    render_proof,
)
from archiver.core.checkpoint import VerifierKey, open_checkpoint
from archiver.core.commitment import Opening, Shown, ShownText, hide
from archiver.core.event import EventType
from archiver.core.form import as_json
from archiver.core.layout import CHECKPOINT
from archiver.core.merkle import leaf_hash
from archiver.core.verdict import Verdict
from archiver.db import disposal_tables as d
from archiver.db import tables as t
from archiver.errors import (
    ConfigError,
    DigestMismatch,
    DocumentInvalid,
    NotFound,
    RuleViolation,
    SignatureInvalid,
)
from archiver.ledger.apart import Apart
from archiver.ledger.disposed_proof import disposed_openings
from archiver.ledger.proof import build_bundle, build_zip, whole_openings
from archiver.ledger.verify import verify_bundle
from retention.core.certificate import Certificate, Head, SeqRange, disposed_root
from retention.core.disposal import State
from retention.disposal.recovery import Outlook, Restoration
from tests.build import DAY, openable, verify
from tests.databases import copy
from tests.homes import TestHome, make_home
from tests.integration.test_apart import record_of
from tests.integration.test_disposal import CANARY, EVA, MARK, Office, plaintext, planted
from tests.integration.test_harvest import Town, archived, rows_of, town

pytestmark = pytest.mark.usefixtures("each_database")
WHY = "Disken gick sönder den 22 november"


class Loss:
    """A town whose home goes on after a backup and is lost; `restored` is the backup, opened."""

    def __init__(self, it: Town, folder: Path) -> None:
        self.town, self.folder, self.lost = it, folder, it.home.path
        self.office = Office(it)
        self.office.adopt()
        self.office.decide()
        self.post, self.canary, self.record = planted(it)
        it.clock.advance(40 * DAY)
        it.harvest()

    def back_up(self) -> None:
        copy(self.lost, self.folder / "backup")

    def certificate(self, seq: int) -> Path:
        """The proof of a disposal's certificate, in a folder of its own."""
        folder = self.folder / "certificates"
        folder.mkdir(exist_ok=True)
        (folder / "G1.zip").write_bytes(self.office.disposals.proof(EVA, seq, "G1.zip"))
        return folder

    def wrong_certificate(self, seq: int, certificate: Certificate) -> Path:
        """… of another one that the lost home really sealed and signed."""
        ledger = self.office.town.home.ledger
        row = self.office.disposals.row(EVA, seq)
        assert row.certificate is not None
        said = {**ledger.open_one(row.certificate).envelope}
        said["certificate"] = as_json(certificate).decode()
        with ledger.writer() as writer:
            cohort = writer.cohort(row.authority, "register")
            writer.append_event(EventType.DISPOSAL_COMPLETED, said, cohort=cohort)
        return self.certificate(seq)

    def restored(self) -> TestHome:
        return make_home(self.folder / "backup", clock=self.town.clock, create=False)

    def recover(self, home: TestHome, **known: object) -> Outlook:
        """Recover it, answer for the loss, and put it in the lost one's place."""
        how = restoration(home)
        outlook = how.look(**known)  # type: ignore[arg-type]
        how.recover(outlook, reason=WHY)
        if outlook.recovered.lost:
            assert verify(home.path).verdict is Verdict.UNPROVEN
            how.attest(WHY)
        old = self.town.channel.seq
        self.town.home = home
        self.town.channel = next(c for c in home.channels.channels() if c.seq == old)
        home.credentials = self.office.town.home.credentials
        return outlook

    def assert_gone(self) -> None:
        """No byte of it in any file or under any key, and a harvest does not bring it back."""
        it = self.town
        assert MARK not in plaintext(it)
        it.comment(self.post, "En helt ny kommentar efteråt")
        for _ in range(2):
            it.harvest()
        assert MARK not in plaintext(it)
        kept = archived(it.home)
        assert ("comment", self.canary) not in kept
        assert ("post", self.post) in kept
        report = verify(it.home.path)
        assert (report.verdict, report.unexplained) == (Verdict.PROVEN, 0)
        assert report.repeated


def restoration(home: TestHome) -> Restoration:
    return Restoration(
        home.ledger,
        worker_runs=lambda: False,
        forget=lambda: shutil.rmtree(home.path / "index", ignore_errors=True),
    )


def test_with_the_newer_log(tmp_path: Path) -> None:
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        loss.back_up()
        loss.office.dispose()
        it.comment(loss.post, "Den här kom efter säkerhetskopian")
        it.harvest()
        gone = openable(tmp_path / "backup").keys() - openable(loss.lost).keys()
        home = loss.restored()
        assert MARK in b"".join(
            one.raw for one in home.ledger.open(range(30), protected=True).values()
        )
        outlook = loss.recover(home, log=loss.lost / "log")
        assert outlook.types is not None
        assert outlook.types[EventType.DISPOSAL_EXECUTED] == 1
        assert not gone & openable(home.path).keys()
        loss.assert_gone()
        assert [row.record for row in rows_of(home, d.suppressed)].count(loss.record) == 1


def test_with_certificates_only(tmp_path: Path) -> None:
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        loss.back_up()
        row = loss.office.dispose()
        folder = loss.certificate(row.seq)
        outlook = loss.recover(loss.restored(), certificates=folder)
        assert [one.compared for one in outlook.certificates] == [True]
        assert outlook.source == "G1.zip"
        assert outlook.recovered.lost > 0
        loss.assert_gone()


def test_certificates_that_are_found_later(tmp_path: Path) -> None:
    """The home was recovered without them, and gone on with: another generation disposes again. One
    that names lost entries is refused then, since their numbers are others' now."""
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        loss.back_up()
        row = loss.office.dispose()
        beyond = loss.office.disposals.certificate(EVA, row.seq)
        last = beyond.tombstone.size - 1
        ranges = (*beyond.ranges, SeqRange(first=last, last=last))
        folder = loss.certificate(row.seq)
        whole = (folder / "G1.zip").read_bytes()
        loss.wrong_certificate(row.seq, replace(beyond, ranges=ranges))
        home = loss.restored()
        loss.recover(home)
        it.harvest()
        assert MARK in plaintext(it)
        with pytest.raises((DocumentInvalid, DigestMismatch)):
            restoration(home).look(certificates=folder)
        (folder / "G1.zip").write_bytes(whole)
        kept = home.path / "log" / "vkey.1"
        ours = kept.read_bytes()
        planted_key = _signed_anew(folder / "G1.zip", VerifierKey.parse(kept.read_text()))
        kept.write_text(f"{planted_key}\n")  # not the one that the log names
        with pytest.raises(DocumentInvalid, match="not proven"):
            restoration(home).look(certificates=folder)
        kept.write_bytes(ours)
        (folder / "G1.zip").write_bytes(whole)
        loss.recover(home, certificates=folder)
        assert home.ledger.origin.endswith("/3")
        loss.assert_gone()


def test_a_disposal_that_was_under_way_in_the_backup(tmp_path: Path) -> None:
    """The backup was made between intent and destruction: the old disposal ends, and does not take
    back the list that the recovery made."""
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        office = loss.office
        seq = office.propose()
        office.confirm(seq)
        it.clock.advance(8 * DAY)

        def none() -> None:
            raise RuleViolation("No stamp can be had.")

        office.execution._stamp = none
        with pytest.raises(RuleViolation):
            office.execution.execute(EVA, seq)
        assert office.disposals.get(EVA, seq).row.state is State.INTENDED
        loss.back_up()
        office.execution._stamp = office.stamp
        office.execution.execute(EVA, seq)
        loss.recover(loss.restored(), log=loss.lost / "log")
        (row,) = rows_of(it.home, d.disposal)
        assert row.state == State.ABORTED.value
        assert rows_of(it.home, d.tombstone) == []
        with pytest.raises(NotFound, match="after a recovery"):
            disposed_openings(it.home.ledger, loss.record)
        loss.assert_gone()


def test_a_confirmed_disposal_in_the_backup_is_not_carried_out(tmp_path: Path) -> None:
    """It may have been withdrawn since, or a hold been placed: it is to be proposed anew."""
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        seq = loss.office.propose()
        loss.office.confirm(seq)
        it.clock.advance(8 * DAY)
        loss.back_up()
        loss.recover(loss.restored())
        after = Office(it)
        assert after.execution.due() == []
        assert after.disposals.get(EVA, seq).row.state is State.ABORTED
        assert after.propose() > seq
        assert MARK in plaintext(it)


def test_what_was_stopped_after_the_backup(tmp_path: Path) -> None:
    """Destroyed after a stop: destroyed again. Stopped only: it lies open, and is said to."""
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        other = it.comment(loss.post, "Den här ska bara stoppas, inte förstöras")
        it.harvest()
        loss.back_up()
        apart = Apart(it.home.ledger, loss.lost)
        stopped = record_of(it, "Den här ska bara")
        del other
        apart.set_contact(bytes(range(32)), contact="Alva Ekbacke")
        for record in (loss.record, stopped):
            apart.stop(record, reason="Misstänkt brott")
        apart.destroy(loss.record, instruction="Beslut 1")
        home = loss.restored()
        outlook = loss.recover(home, log=loss.lost / "log")
        versions = [row.seq for row in rows_of(home, t.version) if row.record == stopped]
        assert set(versions) <= set(outlook.apart)
        loss.assert_gone()


# --- certificates that are refused -----------------------------------------------------------


@pytest.fixture
def disposed(tmp_path: Path) -> Loss:
    with town(tmp_path / "lost") as it:
        loss = Loss(it, tmp_path)
        loss.back_up()
        loss.office.dispose()
        return loss


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _seq(loss: Loss) -> int:
    (row,) = rows_of(loss.town.home, d.disposal)
    return int(row.seq)


def test_certificates_that_compare_with_nothing(disposed: Loss) -> None:
    """Signed by the lost home, and yet wrong: what they say is compared all the same."""
    seq, home = _seq(disposed), disposed.restored()
    how = restoration(home)
    whole = disposed.office.disposals.certificate(EVA, seq)
    other = replace(whole.tombstone, origin="diarkiv/x/1")
    register = (SeqRange(first=4, last=4), *whole.ranges[1:])
    folder = disposed.certificate(seq)
    honest = (folder / "G1.zip").read_bytes()
    refused: list[tuple[Certificate, type[Exception], str]] = [
        (replace(whole, merkle_root="0" * 64), DigestMismatch, "Merkle root"),
        (replace(whole, ranges=register), DocumentInvalid, "nothing that was captured"),
        (replace(whole, tombstone=other, completion=None), SignatureInvalid, "diarkiv/x/1"),
    ]
    for certificate, error, match in refused:
        with pytest.raises(error, match=match):
            how.look(certificates=disposed.wrong_certificate(seq, certificate))
    (folder / "G1.zip").write_bytes(honest)
    note = (disposed.lost / CHECKPOINT).read_bytes()
    outlook = how.look(checkpoint=note, certificates=folder)
    assert (outlook.source, len(outlook.repeat)) == ("checkpoint", whole.entries)
    home.ledger.database.close()


def test_a_forged_certificate_destroys_nothing(disposed: Loss) -> None:
    """Numbers and public leaves make a document without faults, whose root fits a record that is to
    be kept. Nobody signed it."""
    seq, home = _seq(disposed), disposed.restored()
    how, ledger, before = restoration(home), home.ledger, openable(home.path)
    ledger.log.load()
    kept = [row.seq for row in rows_of(home, t.version) if row.record != disposed.record]
    head = Head(
        origin=ledger.origin,
        size=ledger.log.size,
        root=ledger.log.frontier_at(ledger.log.size).root().hex(),
    )
    forged = replace(
        disposed.office.disposals.certificate(EVA, seq),
        ranges=tuple(SeqRange(first=one, last=one) for one in kept),
        merkle_root=disposed_root(leaf_hash(ledger.log.entry(one)) for one in kept),
        tombstone=head,
        completion=None,
    )
    folder = disposed.certificate(seq)
    honest = (folder / "G1.zip").read_bytes()
    (folder / "G2.json").write_bytes(as_json(forged))
    with pytest.raises(DocumentInvalid, match=r"G2\.json is no proof") as refused:
        how.look(certificates=folder)
    assert "--proof FILE" in refused.value.remedy
    (folder / "G2.json").unlink()
    members = members_of(folder / "G1.zip")
    (name,) = (one for one in members if one.startswith("entries/"))
    entry, openings = parse_entry(members[name])
    place = next(i for i, one in enumerate(openings) if one.path == "certificate")
    text = openings[place].content
    assert isinstance(text, Shown | ShownText)
    put = Shown(text.salt, as_json(forged).decode())
    openings[place] = Opening("certificate", put)
    _assert_refused(how, folder, members | {name: render_entry(entry, openings)}, "not proven")
    _, openings = parse_entry(members[name])
    openings[place] = hide(openings[place])
    hidden = members | {name: render_entry(entry, openings)}
    _assert_refused(how, folder, hidden, "no whole disposal certificate")
    other = disposed.office.town.home.ledger
    record = build_bundle(other, whole_openings(other, [disposed.office.authority]), "G1.zip")
    (folder / "G1.zip").write_bytes(record)
    with pytest.raises(DocumentInvalid, match="no whole disposal certificate"):
        how.look(certificates=folder)
    (folder / "G1.zip").write_bytes(honest[:-40])
    with pytest.raises(DocumentInvalid, match=r"G1\.zip is not proven"):
        how.look(certificates=folder)
    (folder / "G1.zip").unlink()
    with pytest.raises(ConfigError, match="no proof bundle"):
        how.look(certificates=folder)
    assert openable(home.path) == before
    ledger.database.close()


def _signed_anew(path: Path, old: VerifierKey) -> VerifierKey:
    """A proof's head signed by a key of one's own that has the log's name; that key."""
    secret = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key, members = VerifierKey(old.name, secret.public_key().public_bytes_raw()), members_of(path)
    members["vkey"] = f"{key}\n".encode()
    (name,) = (one for one in members if one.startswith("proofs/"))
    index, hashes, note = parse_proof(members[name])
    signed = open_checkpoint(note, old).signed(key, secret.sign).encode()
    members[name] = render_proof(index, hashes, signed)
    members.pop(STAMP, None)
    rest = {name: data for name, data in members.items() if name != MANIFEST}
    path.write_bytes(build_zip({MANIFEST: render_manifest(rest), **rest}))
    assert verify_bundle(path, str(key))[0].verdict is Verdict.PROVEN
    return key


def _assert_refused(how: Restoration, folder: Path, members: dict[str, bytes], why: str) -> None:
    rest = {name: data for name, data in members.items() if name != MANIFEST}
    (folder / "G1.zip").write_bytes(build_zip({MANIFEST: render_manifest(rest), **rest}))
    with pytest.raises(DocumentInvalid, match=why):
        how.look(certificates=folder)


def test_a_certificate_of_another_home(disposed: Loss, tmp_path: Path) -> None:
    with town(tmp_path / "other") as it:
        other = Loss(it, tmp_path / "elsewhere")
        other.folder.mkdir()
        folder = other.certificate(other.office.dispose().seq)
        home = disposed.restored()
        with pytest.raises(DocumentInvalid, match="not proven under this home's public key"):
            restoration(home).look(certificates=folder)
        home.ledger.database.close()


def test_nothing_is_said_in_clear_of_what_was_disposed_of(disposed: Loss) -> None:
    home = disposed.restored()
    disposed.recover(home, certificates=disposed.certificate(_seq(disposed)))
    home.ledger.log.load()
    new = list(home.ledger.log.entries(0, home.ledger.log.size))
    assert not any(CANARY.encode()[:7] in one for one in new)
    assert all(len(one) <= 420 for one in new)

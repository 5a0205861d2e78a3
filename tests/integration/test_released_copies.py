"""A release, made and given out: its PDF and its bundle prove themselves, and only as they went."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest

from archiver.core.access import LOCAL
from archiver.core.egress import Purpose
from archiver.core.verdict import Duty, Report, Verdict
from archiver.ledger.verify_copy import verify_copy
from exports.release.document import BUNDLE, CSV, JSON, PDF
from exports.release.neighbours import Neighbours
from exports.release.prover import Prover
from exports.release.receipt import digest
from exports.release.service import Releases
from exports.release.told import ToldByReleases
from gdpr.core.recognizer import Mode
from gdpr.core.span import Span
from gdpr.detector import detector
from gdpr.leak import check
from tests.build import with_manifest, zip_bytes
from tests.integration.test_releases import CANARY, Office, office
from tests.unit.exports.given_out import members
from tests.unit.exports.neighbours import detect, redact

__all__ = ["office"]

_EVERY = detector(2026)
_SURE = replace(
    _EVERY,
    recognizers=[one for one in _EVERY.recognizers if one.name in {"email", "personal-number"}],
)


def _certain(text: str) -> Sequence[Span]:
    return _SURE.detect(text, Mode.LEAK_CHECK)


@pytest.fixture
def proving(office: Office) -> Office:
    """The office with the proofs that a home has."""
    ledger = office.desk.home.ledger
    beside = Neighbours(
        masks=office.masks,
        redact=redact,
        check=check,
        detect=detect,
        certain=_certain,
        prover=Prover(ledger, Purpose.DISCLOSURE),
        authority=lambda _seq: "Kommunstyrelsen i Testköping",
    )
    clock = office.desk.clock
    office.releases = Releases(ledger, office.requests, office.drafts, beside, clock)
    return office


def checked(office: Office, data: bytes) -> Report:
    key = str(office.desk.home.ledger.verifier_key)
    return verify_copy("fil", io.BytesIO(data), key)[0]


def test_what_was_given_out_proves_itself_and_only_as_it_went(proving: Office) -> None:
    made = proving.make(proving.masked_draft())
    files = {one.name: one.content for one in made.outputs}
    for name in (PDF, BUNDLE):
        report = checked(proving, files[name])
        assert (report.verdict, report.findings) == (Verdict.PROVEN_MASKED, []), name
        assert CANARY.encode() not in files[name]
    notes = checked(proving, files[PDF]).notes  # what sha256sum says, and what the log says
    assert sha256(files[PDF]).hexdigest() in notes[1]
    assert digest(files[PDF]) in notes[2]
    named = dict(proving.desk.home.ledger.open_one(made.seq).envelope["files"])  # type: ignore
    assert named[PDF] == digest(files[PDF])
    for name in (JSON, CSV):
        assert named[name] == sha256(files[name]).hexdigest()
    assert set(named) == set(files)
    again = proving.releases.render(LOCAL, _made_of(proving, made.seq))
    assert digest(again.outputs[0].content) == named[PDF]
    _changed_copies_do_not(proving, files)


def _changed_copies_do_not(proving: Office, files: dict[str, bytes]) -> None:
    """Something after the PDF's end, and an entry of the bundle taken away."""
    report = checked(proving, files[PDF] + b"\n")
    assert (report.verdict, report.duties[Duty.CONTENT]) == (Verdict.UNPROVEN, False)
    inside = members(files[BUNDLE])
    entries = [name for name in inside if name.startswith("entries/")]
    for gone in entries:
        seq = gone[8:-5]
        rest = {name: data for name, data in inside.items() if f"/{seq}." not in name}
        document = json.loads(inside[gone])
        is_release = '"t":"release_made"' in document["entry"]
        found = checked(proving, zip_bytes(with_manifest(rest).items()))
        # Without the release the rest is still true of what it shows, and says no more than that.
        assert (found.verdict is Verdict.PROVEN_MASKED) is is_release
        assert any("Utlämnandet är post" in note for note in found.notes) is False


def _made_of(office: Office, seq: int) -> int:
    """The release that an entry says was made."""
    said = office.desk.home.ledger.open_one(seq).envelope["of"]
    assert isinstance(said, int)
    return said


def test_what_a_court_gets_is_the_same_twice_however_far_the_log_goes_on(proving: Office) -> None:
    release = proving.masked_draft()
    made = proving.make(release)
    told = ToldByReleases(proving.desk.home.ledger, proving.releases)
    request = made.set.request
    first = [*told.masked(LOCAL, request), *told.whole(LOCAL, request)]
    proving.desk.clock.advance(86_400_000)
    proving.desk.capture("Senare", when="2026-11-04 10:00", title="Annat")
    assert [*told.masked(LOCAL, request), *told.whole(LOCAL, request)] == first
    files = {one.name: one.content for one in first}
    for name in (PDF, BUNDLE):
        report = checked(proving, files[f"{release}-{name}"])
        assert report.verdict is Verdict.PROVEN_MASKED

"""Proofs as a release asks for them: kept apart or not, only what the purpose lets out."""

from __future__ import annotations

from pathlib import Path

from archiver.core.access import LOCAL
from archiver.core.egress import Purpose
from archiver.core.verdict import Verdict
from archiver.document.parts import as_pdf
from exports.release.bundle import Disclosed
from exports.release.prover import Prover
from tests.unit.exports.given_out import document, give_out, make_desk, members


def test_a_release_in_two_steps(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "home")
    prover = Prover(desk.ledger, Purpose.INDEX, LOCAL)
    with desk.ledger.writer() as writer:
        apart = writer.cohort(1, "protected")
        held = desk.ledger.projection.cohorts
        source = next(n for n, one in held.items() if one.family == "content")
        writer.rewrap(source, {desk.post: apart})
    plain = document("Handlingar")
    assert plain.attached[-1] is prover.attachment
    pdf = prover.prepared(as_pdf(plain))
    chosen = [Disclosed(desk.post, {"text": [(0, 12)]})]
    before = prover.bundle(chosen, None, "bevis.zip")
    named = [("u.pdf", prover.digest(pdf)), ("bevis.zip", prover.selection(chosen))]
    entry = give_out(desk.ledger, named)
    after = prover.bundle(chosen, entry, "bevis.zip")
    for data in (before, after, prover.sealed(pdf, entry)):
        assert desk.check(data).verdict is Verdict.PROVEN_MASKED
    name = f"entries/{desk.post}.json"
    assert members(before)[name] == members(after)[name]
    assert b"Ekstr" in after  # the author's name, which is not masked here
    assert b"nativ-1" not in after

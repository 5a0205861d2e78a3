"""A release over both databases: chosen, decided, frozen, checked, made once, made again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlalchemy import select

from archiver.core.access import LOCAL, Role, Viewer, viewer_of
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.errors import (
    AccessRefused,
    ConfigError,
    DigestMismatch,
    NotFound,
    RenderFailed,
    RuleViolation,
    SetChanged,
)
from archiver.ledger.apart import Apart
from archiver.registry.capture_files import from_bytes
from exports.core.access_request import Answer, State, Step, Taken
from exports.core.received import Manner, Received
from exports.core.release import Because, Delivery, ItemDecision
from exports.release import frozen, rendering, service
from exports.release.drafts import Drafts
from exports.release.neighbours import Neighbours
from exports.release.service import Releases
from exports.requests.service import Requests
from gdpr.core import subject_request as gdpr
from gdpr.core.asked import Asked
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import ImageBox, MaskState, TextSpan, WholeField
from gdpr.core.subject_request import Right
from gdpr.leak import suspect
from gdpr.subjects.service import Subjects
from retention.holds.service import Holds
from retention.schedule.service import Retention
from tests.databases import rows_of
from tests.unit.exports.neighbours import (
    AnyGround,
    PlainProver,
    SetMasks,
    certain,
    detect,
    plain_check,
    redact,
    streams,
)
from tests.unit.registry.desk import CaptureDesk, make_desk

pytestmark = pytest.mark.usefixtures("each_database")
CANARY = "Zorkelby"
PNG = b"\x89PNG\r\n\x1a\n Zorkelby in the metadata"
TEXT = f"Min granne Petra {CANARY} på Ängsgatan 5 eldar. #set text(red) $x$ *fet*"
SECRET = (Citation(clause=Clause(21, 1)),)


@dataclass
class Office:
    """A home with two records of a request, and what releases need beside it."""

    desk: CaptureDesk
    requests: Requests
    releases: Releases
    masks: SetMasks
    prover: PlainProver
    one: int
    two: int

    @property
    def drafts(self) -> Drafts:
        return self.releases.drafts

    def versions(self, record: int) -> list[int]:
        with self.desk.home.ledger.database.read() as connection:
            v = t.version.c
            return list(connection.scalars(select(v.seq).where(v.record == record).order_by(v.n)))

    def fields(self, version: int) -> Any:
        return self.desk.home.ledger.open_one(version, protected=True).envelope

    def asked(self, *records: int) -> int:
        seq = self.requests.receive(
            LOCAL,
            Received(
                authority=self.desk.authority.seq,
                on=self.requests.today(),
                manner=Manner.ORAL,
                text="Allt om Ängsgatan",
            ),
        )
        if records:
            self.step(seq, Step.MAKE_PRECISE, *records)
        return seq

    def step(self, seq: int, name: Step, *records: int, **more: Any) -> State:
        taken = Taken(step=name, day=self.requests.today(), actor=0, **more)
        return self.requests.take(LOCAL, seq, taken, records=records).state

    def mask(self, record: int, word: str, path: str = "text", n: int = -1, **more: Any) -> int:
        version = self.versions(record)[n]
        text = self.fields(version)[path]
        start = text.index(word)
        return self.masks.add(record, version, TextSpan(path, start, start + len(word)), **more)

    def masked_draft(self) -> int:
        """Record one masked, record two given out whole."""
        request = self.asked(self.one, self.two)
        release = self.drafts.add(LOCAL, request, [self.one, self.two])
        self.mask(self.one, f"Petra {CANARY}")
        self.masks.add(self.one, self.versions(self.one)[-1], WholeField("author_name"))
        self.masks.add(self.one, self.versions(self.one)[-1], WholeField("attachments/0/name"))
        self.drafts.decide(LOCAL, release, ItemDecision.MASKED, records=[self.one])
        self.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[self.two])
        return release

    def make(self, release: int, step: Step = Step.ANSWER, **more: Any) -> service.Released:
        given = {"digest": self.releases.preview(LOCAL, release).digest, "told": True, **more}
        return self.releases.make(LOCAL, release, step=step, **given)

    def types(self) -> list[str]:
        with self.desk.home.ledger.database.read() as connection:
            return list(connection.scalars(select(t.entry.c.type).order_by(t.entry.c.seq)))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    desk = make_desk(tmp_path)
    ledger = desk.home.ledger
    requests = Requests(ledger, Holds(ledger, Retention(ledger, desk.clock)), desk.clock)
    masks, prover = SetMasks(), PlainProver()
    releases = Releases(
        ledger,
        requests,
        Drafts(ledger, requests, AnyGround()),
        Neighbours(
            masks=masks,
            redact=redact,
            check=plain_check,
            detect=detect,
            certain=certain,
            prover=prover,
            authority=lambda _seq: "Kommunstyrelsen i Testköping",
        ),
        desk.clock,
    )
    one = desk.capture(
        TEXT,
        when="2026-11-02 10:00",
        title="=Röken",
        sender=f"Bo {CANARY}",
        files=[from_bytes(f"{CANARY}.png", PNG)],
    ).record
    two = desk.capture("När plogas gatan?", when="2026-11-03 10:00", title="Snö").record
    return Office(desk, requests, releases, masks, prover, one, two)


def test_given_out_masked_and_answered(office: Office) -> None:
    release = office.masked_draft()
    shown = office.releases.preview(LOCAL, release)
    assert shown.problems == ()
    assert CANARY not in str([one.fields for one in shown.given])
    checked = office.releases.check(LOCAL, release)
    assert (checked.leaks, checked.digest) == ((), shown.digest)
    made = office.make(release)
    assert made.untaken == ""
    names = [one.name for one in made.outputs]
    assert names == [
        "utlamnande.pdf", "utlamnande.json", "utlamnande.csv", "bilaga-001.png", "bevis.zip",
    ]  # fmt: skip
    for output in made.outputs:  # nothing planted is in any of it
        for place, text in streams(output):
            assert CANARY not in text, (output.name, place)
    request = office.requests.get(LOCAL, made.set.request)
    assert request.standing.state is State.REFUSED
    assert request.standing.answer is Answer.MASKED
    assert request.steps[-1].reason == f"Utlämnande {release}"
    assert {seq for seq, _ in office.masks.confirmed} == {1, 2, 3}
    assert office.releases.clauses(LOCAL, release) == ["21:1"]
    assert office.prover.asked[-1] == made.seq
    office.drafts.deliver(LOCAL, release, Delivery.EMAIL)
    assert office.types()[-1] == EventType.RELEASE_DELIVERED


def test_the_files_say_the_same(office: Office) -> None:
    made = office.make(office.masked_draft())
    files = {one.name: one.content for one in made.outputs}
    said = json.loads(files["utlamnande.json"])
    first, second = said["records"]
    token = first["fields"]["author_name"]
    assert token.startswith("[NAMN-")
    assert first["fields"]["text"].startswith("Min granne [NAMN-")
    assert first["files"][0]["redacted"] is True
    assert second["fields"]["text"] == "När plogas gatan?"
    assert said["clauses"][0]["clause"] == "21:1"
    table = files["utlamnande.csv"].decode()
    assert "'=Röken" in table
    assert token in table
    pdf = " ".join(
        next(text for place, text in streams(made.outputs[0]) if place == "text").split()
    )
    for words in (
        token,
        "#set text(red) $x$ *fet*",  # data, never markup
        "21 kap. 1 §",
        "Så kontrollerar du",
        second["leaf"][:20],
        "skriftligt beslut",
    ):
        assert words in pdf, words
    disclosed = json.loads(files["bevis.zip"])[0]
    assert {"attachments", "author_name", "native_id", "text"} <= set(disclosed[0][1])
    assert "text" not in disclosed[1][1]


def test_the_same_files_again_bit_for_bit(office: Office) -> None:
    release = office.masked_draft()
    made = office.make(release)
    before = len(office.types())
    office.desk.clock.advance(86_400_000)
    for seq in (release, made.seq):
        assert office.releases.render(LOCAL, seq).outputs == made.outputs
    assert len(office.types()) == before  # and nothing is taken or said twice
    office.masks.held.clear()  # whatever becomes of the masks
    assert office.releases.render(LOCAL, release).outputs == made.outputs


def test_another_program_or_another_result_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = office.masked_draft()
    office.make(release)
    with monkeypatch.context() as patched:
        patched.setattr(rendering, "as_pdf", lambda _document: b"another")
        with pytest.raises(DigestMismatch, match=r"utlamnande\.pdf"):
            office.releases.render(LOCAL, release)
        patched.setattr(rendering, "renderer", lambda: "diarkiv 9")
        with pytest.raises(RenderFailed, match="another release of the program"):
            office.releases.render(LOCAL, release)


def test_what_is_gone_cannot_be_made_again(office: Office) -> None:
    release = office.masked_draft()
    office.make(release)
    Apart(office.desk.home.ledger, office.desk.home.path).stop(office.two, reason="Misstänkt")
    with pytest.raises(NotFound, match=f"no record R{office.two}"):
        office.releases.render(LOCAL, release)


def test_what_was_changed_since_it_was_reviewed_does_not_leave(office: Office) -> None:
    release = office.masked_draft()
    digest = office.releases.preview(LOCAL, release).digest
    office.mask(office.one, "Ängsgatan 5", category="address")
    with pytest.raises(SetChanged, match="since it was reviewed"):
        office.make(release, digest=digest)
    digest = office.releases.preview(LOCAL, release).digest
    office.desk.captures.correct(office.two, text="När plogas gatan nu?", why="Fel", actor=0)
    with pytest.raises(SetChanged):
        office.make(release, digest=digest)
    assert EventType.RELEASE_MADE not in office.types()


def test_a_change_in_the_last_moment_stops_it(office: Office) -> None:
    release = office.masked_draft()
    asked = office.prover.bundle

    def meanwhile(*given: Any) -> bytes:
        office.masks.become(1, MaskState.REJECTED)
        return asked(*given)

    office.prover.bundle = meanwhile  # type: ignore[method-assign]
    with pytest.raises(SetChanged):
        office.make(release)
    assert EventType.RELEASE_MADE not in office.types()


@pytest.mark.parametrize("state", [MaskState.ACCEPTED, MaskState.SUGGESTED])
def test_a_mask_of_the_last_moment_on_what_is_given_whole_stops_it(
    office: Office, state: MaskState
) -> None:
    release = office.masked_draft()
    asked = office.prover.bundle

    def meanwhile(*given: Any) -> bytes:
        office.mask(office.two, "gatan", state=state)
        return asked(*given)

    office.prover.bundle = meanwhile  # type: ignore[method-assign]
    with pytest.raises(RuleViolation):
        office.make(release)
    assert EventType.RELEASE_MADE not in office.types()


def test_whatever_it_rests_on_that_is_changed_while_files_are_rendered_stops_it(
    office: Office,
) -> None:
    release = office.masked_draft()
    request = office.drafts.get(LOCAL, release).request
    asked = office.prover.bundle
    apart = Apart(office.desk.home.ledger, office.desk.home.path)
    for change, named in (
        (lambda: apart.protect(office.two, reason="Adress"), "kept apart"),
        (lambda: office.mask(office.two, "gatan", state=MaskState.REJECTED), "not masked"),
        (lambda: office.step(request, Step.ASSESS), "the request's steps"),
        (
            lambda: office.step(request, Step.ANSWER, answer=Answer.REFUSED, told=True),
            "the request's steps",
        ),
    ):

        def meanwhile(*given: Any, change: Callable[[], object] = change) -> bytes:
            change()
            return asked(*given)

        office.prover.bundle = meanwhile  # type: ignore[method-assign]
        with pytest.raises(SetChanged, match=named):
            office.make(release, Step.RELEASE_PART)
        office.prover.bundle = asked  # type: ignore[method-assign]
    assert EventType.RELEASE_MADE not in office.types()


def test_suggestions_that_nobody_looked_at(office: Office) -> None:
    release = office.masked_draft()
    office.mask(office.two, "gatan", state=MaskState.SUGGESTED)
    (problem,) = office.releases.preview(LOCAL, release).problems
    assert problem == f"R{office.two} version 1: 1 suggestions wait to be looked at (text 11–16)."
    with pytest.raises(RuleViolation, match="wait to be looked at"):
        office.releases.check(LOCAL, release)
    with pytest.raises(RuleViolation, match="wait to be looked at"):
        office.make(release)


def test_overlapping_and_outlying_masks_are_named(office: Office) -> None:
    release = office.masked_draft()
    office.mask(office.one, f"{CANARY} på")
    assert "overlaps text 11–25" in str(office.releases.preview(LOCAL, release).problems)


def test_a_leak_stops_it_and_is_told_by_its_place(office: Office) -> None:
    release = office.masked_draft()
    office.masks.become(2, MaskState.REJECTED)  # the author's name stands open again
    office.mask(office.one, "Ängsgatan 5", category="address")
    office.desk.captures.correct(office.two, title="Om Ängsgatan 5", why="Rubrik", actor=0)
    office.drafts.add(LOCAL, office.releases.preview(LOCAL, release).set.request, [office.two])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    found = office.releases.check(LOCAL, release).leaks
    assert {(one.output, one.ref) for one in found if one.kind == "value"} >= {
        ("utlamnande.pdf", "mask 4"),
        ("utlamnande.json", "mask 4"),
        ("utlamnande.csv", "mask 4"),
    }
    with pytest.raises(RuleViolation, match="mask 4") as stopped:
        office.make(release)
    assert "Ängsgatan" not in str(stopped.value)
    assert EventType.RELEASE_MADE not in office.types()
    assert office.types().count(EventType.RELEASE_STOPPED) == 2
    (value,) = {one.digest for one in found if one.kind == "value"}
    with pytest.raises(NotFound):
        office.releases.waive(LOCAL, release, value or "ab", "Syns ändå")


def test_a_suspect_is_masked_or_waived_by_name(office: Office) -> None:
    request = office.asked(office.two)
    office.desk.captures.correct(
        office.two, text="Skriv till bo@testkoping.example", why="Fel", actor=0
    )
    release = office.drafts.add(LOCAL, request, [office.two])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    (found,) = office.releases.check(LOCAL, release).leaks
    assert (found.kind, found.ref, found.output) == (
        "suspect",
        "EMAIL",
        f"R{office.two} version 2, text",
    )
    assert "bo@" not in found.words
    with pytest.raises(RuleViolation, match="leak check"):
        office.make(release)
    with pytest.raises(ConfigError):
        office.releases.waive(LOCAL, release, found.digest, " ")
    with pytest.raises(NotFound):
        office.releases.waive(LOCAL, release, "0" * 16, "Finns inte")
    office.releases.waive(LOCAL, release, found.digest, "Myndighetens egen adress")
    made = office.make(release)
    assert office.requests.get(LOCAL, request).standing.answer is Answer.RELEASED
    assert office.releases.render(LOCAL, release).outputs == made.outputs
    with pytest.raises(RuleViolation, match="has been made"):
        office.releases.waive(LOCAL, release, found.digest, "Igen")


def test_what_was_looked_at_and_let_be_is_no_suspect(office: Office) -> None:
    request = office.asked(office.two)
    office.desk.captures.correct(office.two, text="Skriv till bo@kom.example", why="Fel", actor=0)
    release = office.drafts.add(LOCAL, request, [office.two])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    office.mask(office.two, "bo@kom.example", category="email", state=MaskState.REJECTED)
    assert office.releases.check(LOCAL, release).leaks == ()


def test_a_leak_in_the_last_proof_gives_nothing(office: Office) -> None:
    release = office.masked_draft()
    asked = office.prover.bundle

    def late(*given: Any) -> bytes:
        return asked(*given) + (f"Petra {CANARY}".encode() if given[1] else b"")

    office.prover.bundle = late  # type: ignore[method-assign]
    with pytest.raises(RuleViolation, match=r"bevis\.zip"):
        office.make(release)
    assert office.types()[-1] == EventType.RELEASE_STOPPED
    request = office.drafts.get(LOCAL, release).request
    assert office.requests.get(LOCAL, request).standing.state is State.PRECISE


def test_every_version_of_what_was_edited(office: Office) -> None:
    office.desk.captures.correct(office.two, text=f"{CANARY} var här i förrgår", why="Fel", actor=0)
    office.desk.captures.correct(office.two, text="Ingenting", why="Fel", actor=0)
    request = office.asked(office.two)
    release = office.drafts.add(LOCAL, request, [office.two])
    assert [one.n for one in office.drafts.get(LOCAL, release).items] == [3]
    assert office.drafts.add(LOCAL, request, [office.two], every_version=True) == release
    items = office.drafts.get(LOCAL, release).items
    assert [one.n for one in items] == [1, 2, 3]
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, versions=[items[0].version])
    office.drafts.decide(LOCAL, release, ItemDecision.NOT_ASKED, versions=[items[2].version])
    assert "version 2: nothing is decided" in str(office.releases.preview(LOCAL, release).problems)
    office.drafts.decide(
        LOCAL, release, ItemDecision.WITHHELD, versions=[items[1].version], citations=SECRET
    )
    made = office.make(release, Step.RELEASE_PART)
    assert [one.n for one in made.set.leaving] == [1]
    assert office.releases.clauses(LOCAL, release) == ["21:1"]
    for output in made.outputs:
        assert all(CANARY not in text for _, text in streams(output))
    request_ = office.requests.get(LOCAL, request)
    assert (request_.standing.state, request_.standing.parts) == (State.PRECISE, 1)
    another = office.drafts.add(LOCAL, request, [office.two])
    assert another != release  # a part may be followed by another


def test_withheld_text_that_is_quoted_elsewhere_stops_it(office: Office) -> None:
    request = office.asked(office.one, office.two)
    office.desk.captures.correct(office.two, text=f"Svar på: {TEXT}", why="Fel", actor=0)
    release = office.drafts.add(LOCAL, request, [office.one, office.two])
    office.drafts.decide(
        LOCAL, release, ItemDecision.WITHHELD, records=[office.one], citations=SECRET
    )
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    with pytest.raises(RuleViolation, match=f"R{office.one} version 1"):
        office.make(release)


def test_files_are_made_anew_or_held_back(office: Office) -> None:
    release = office.masked_draft()
    version = office.versions(office.one)[-1]
    box = office.masks.add(office.one, version, ImageBox(0, 1, 2, 3, 4))
    made = office.make(release)
    assert dict(made.outputs)["bilaga-001.png"] == b"anew 1"
    assert box in {seq for seq, _ in office.masks.confirmed}
    request = office.asked(office.one)
    again = office.drafts.add(LOCAL, request, [office.one])
    office.masks.become(3, MaskState.REJECTED)
    office.masks.add(office.one, version, WholeField("attachments"))
    office.drafts.decide(LOCAL, again, ItemDecision.MASKED, records=[office.one])
    held = office.make(again)
    assert [one.name for one in held.outputs][3:] == ["bevis.zip"]
    said = json.loads(dict(held.outputs)["utlamnande.json"])
    assert said["records"][0]["files_withheld"] == 1
    (kept,) = said["records"][0]["withheld_files"]
    assert (kept["attachment"], kept["kind"]) == (1, "picture")
    pdf = pypdf.PdfReader(io.BytesIO(dict(held.outputs)["utlamnande.pdf"]))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "Bilaga 1: bilden lämnas inte ut, enligt 21 kap. 1 §" in text
    assert kept["clauses"] == ["21 kap. 1 § offentlighets- och sekretesslagen (2009:400)"]


def test_what_may_not_be_chosen_or_decided(office: Office) -> None:
    drafts = office.drafts
    early = office.asked()
    with pytest.raises(RuleViolation, match="request is received"):
        drafts.add(LOCAL, early, [office.one])
    request = office.asked(office.one)
    with pytest.raises(ConfigError):
        drafts.add(LOCAL, request, [])
    with pytest.raises(NotFound, match="R99999"):
        drafts.add(LOCAL, request, [office.one, 99999])
    other = office.desk.home.channels.add_authority("BUN", "Barn- och utbildningsnämnden")
    theirs = office.desk.capture("Brev", authority=other).record
    with pytest.raises(NotFound, match=f"R{theirs}"):
        drafts.add(LOCAL, request, [theirs])
    release = drafts.add(LOCAL, request, [office.one])
    with pytest.raises(RuleViolation, match="none is named"):
        drafts.decide(LOCAL, release, ItemDecision.WITHHELD, records=[office.one])
    with pytest.raises(RuleViolation, match="masks name their own"):
        drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.one], citations=SECRET)
    with pytest.raises(RuleViolation, match="libraries"):
        drafts.decide(
            LOCAL, release, ItemDecision.WITHHELD, records=[office.one],
            citations=(Citation(clause=Clause(40, 3)),),
        )  # fmt: skip
    with pytest.raises(NotFound, match="chosen"):
        drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    drafts.decide(
        LOCAL, release, ItemDecision.WITHHELD, records=[office.one], because=Because.NOT_OFFICIAL
    )
    with pytest.raises(RuleViolation, match="a refusal is an answer"):
        office.make(release)
    with pytest.raises(RuleViolation, match="not been made"):
        office.releases.render(LOCAL, release)
    with pytest.raises(RuleViolation, match="not been made"):
        drafts.deliver(LOCAL, release, Delivery.POST)
    drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.one])
    with pytest.raises(ConfigError, match="gives out a part"):
        office.make(release, Step.CLOSE)


def test_a_refusal_in_part_is_told_of_before_anything_leaves(office: Office) -> None:
    release = office.masked_draft()
    with pytest.raises(RuleViolation, match="6:3"):
        office.make(release, told=False)
    assert EventType.RELEASE_MADE not in office.types()


def test_it_is_made_once(office: Office) -> None:
    release = office.masked_draft()
    digest = office.releases.preview(LOCAL, release).digest
    office.make(release, Step.RELEASE_PART, digest=digest)
    with pytest.raises(RuleViolation, match="has been made"):
        office.make(release, Step.RELEASE_PART, digest=digest)
    with pytest.raises(RuleViolation, match="has been made"):
        office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.one])


def killed(office: Office, release: int, monkeypatch: pytest.MonkeyPatch, *, where: str) -> int:
    """Make a release as a part and die between its entry and what follows from it; the request."""

    def cut(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*{"step": (Requests, "take"), "masks": (SetMasks, "confirm")}[where], cut)
        with pytest.raises(KeyboardInterrupt):
            office.make(release, Step.RELEASE_PART)
    assert EventType.RELEASE_MADE in office.types()
    return office.drafts.get(LOCAL, release).request


@pytest.mark.parametrize("where", ["masks", "step"])
def test_what_a_crash_left_after_it_was_made_is_settled_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    release = office.masked_draft()
    request = killed(office, release, monkeypatch, where=where)
    assert "within a minute" in office.releases.untaken(LOCAL, release)
    before = office.types()
    made = office.releases.render(LOCAL, release)  # reading takes no step
    assert "within a minute" in made.untaken
    assert (office.types(), office.requests.get(LOCAL, request).standing.parts) == (before, 0)
    assert office.releases.settling.settle() == 1
    assert office.requests.get(LOCAL, request).standing.parts == 1
    assert {seq for seq, _ in office.masks.confirmed} == {1, 2, 3}
    assert office.releases.untaken(LOCAL, release) == ""
    before = office.types()
    assert (office.releases.settling.settle(), office.types()) == (0, before)


def test_no_step_is_taken_where_the_request_went_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = office.masked_draft()
    request = killed(office, release, monkeypatch, where="step")
    office.step(request, Step.ANSWER, answer=Answer.MASKED, told=True)
    office.step(request, Step.CLOSE)
    office.step(request, Step.REOPEN)
    before = office.types()
    assert office.releases.settling.settle() == 0
    assert office.releases.render(LOCAL, release).untaken == "The request went on without it."
    assert office.types() == before
    assert office.requests.get(LOCAL, request).standing.parts == 0


def in_parts(office: Office) -> tuple[int, int]:
    """Record one withheld and record two given, as a part; a draft that gives two alone again."""
    request = office.asked(office.one, office.two)
    part = office.drafts.add(LOCAL, request, [office.one, office.two])
    withheld = {"records": [office.one], "citations": SECRET}
    office.drafts.decide(LOCAL, part, ItemDecision.WITHHELD, **withheld)  # type: ignore[arg-type]
    office.drafts.decide(LOCAL, part, ItemDecision.GIVEN, records=[office.two])
    office.make(part, Step.RELEASE_PART, told=False)
    again = office.drafts.add(LOCAL, request, [office.two])
    office.drafts.decide(LOCAL, again, ItemDecision.GIVEN, records=[office.two])
    return request, again


def test_what_a_part_withheld_makes_the_answer_a_refusal_in_part(office: Office) -> None:
    request, again = in_parts(office)
    with pytest.raises(RuleViolation, match="right to a written decision"):
        office.make(again, told=False)
    for answer in (Answer.RELEASED, Answer.REFERRED):
        with pytest.raises(RuleViolation, match=f"R{office.one}: masked or withheld"):
            office.step(request, Step.ANSWER, answer=answer)
    office.make(again, told=True)
    standing = office.requests.get(LOCAL, request).standing
    assert (standing.answer, standing.state) == (Answer.MASKED, State.REFUSED)
    # A written decision is asked for at once: nothing has to be opened again.
    assert office.step(request, Step.ASK_FOR_DECISION) is State.DECISION_ASKED


def test_no_answer_is_whole_while_a_record_is_in_no_release(office: Office) -> None:
    request = office.asked(office.one, office.two)
    release = office.drafts.add(LOCAL, request, [office.two])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[office.two])
    assert office.releases.preview(LOCAL, release).extent.left == (office.one,)
    with pytest.raises(RuleViolation, match=f"no whole answer. R{office.one}: in no release"):
        office.make(release)
    office.make(release, Step.RELEASE_PART)
    with pytest.raises(RuleViolation, match=f"R{office.one}: in no release"):
        office.step(request, Step.ANSWER, answer=Answer.RELEASED)
    rest = office.drafts.add(LOCAL, request, [office.one])
    office.drafts.decide(LOCAL, rest, ItemDecision.GIVEN, records=[office.one])
    office.make(rest, Step.RELEASE_PART)
    assert office.step(request, Step.ANSWER, answer=Answer.RELEASED) is State.ANSWERED
    assert office.step(request, Step.CLOSE) is State.CLOSED


def test_nothing_released_is_no_answer_that_it_was(office: Office) -> None:
    for records in ((), (office.one,)):
        request = office.asked(*records)
        with pytest.raises(RuleViolation, match=r"Nothing was given out|in no release"):
            office.step(request, Step.ANSWER, answer=Answer.RELEASED)
        told = office.step(request, Step.ANSWER, answer=Answer.NOT_HELD, told=True)
        assert told is State.REFUSED


def test_two_that_settle_take_one_step(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker comes while whoever made it is about to take the step."""
    release = office.masked_draft()
    request = killed(office, release, monkeypatch, where="step")
    asked = office.masks.confirm

    def meanwhile(*given: Any) -> None:
        monkeypatch.setattr(office.masks, "confirm", asked)
        assert office.releases.settling.settle() == 1
        asked(*given)

    monkeypatch.setattr(office.masks, "confirm", meanwhile)
    office.releases.settling.settle()
    assert office.requests.get(LOCAL, request).standing.parts == 1


def test_another_release_begins_with_what_the_last_one_left(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = killed(office, office.masked_draft(), monkeypatch, where="step")
    another = office.drafts.add(LOCAL, request, [office.two])
    office.drafts.decide(LOCAL, another, ItemDecision.GIVEN, records=[office.two])
    office.make(another, Step.RELEASE_PART)
    assert office.requests.get(LOCAL, request).standing.parts == 2


def test_a_step_that_cannot_be_taken_any_more_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = office.masked_draft()
    request = office.drafts.get(LOCAL, release).request
    with monkeypatch.context() as patched:
        patched.setattr(Releases, "_follow", lambda *_given: None)
        office.make(release)
    office.step(request, Step.ANSWER, answer=Answer.MASKED, told=True)
    assert "cannot follow" in office.releases.render(LOCAL, release).untaken


def test_who_may(office: Office) -> None:
    release = office.masked_draft()
    authority = office.desk.authority.seq

    def viewer(role: Role, of: int = authority) -> Viewer:
        return viewer_of(17, [(role, of)])

    elsewhere, auditor = viewer(Role.LAWYER, authority + 999), viewer(Role.AUDITOR)
    with pytest.raises(NotFound):
        office.drafts.get(elsewhere, release)
    assert office.drafts.all(elsewhere) == []
    assert [one.seq for one in office.drafts.all(auditor)] == [release]
    for what in (office.releases.preview, office.releases.check, office.releases.render):
        with pytest.raises(AccessRefused):
            what(auditor, release)  # type: ignore[operator]
    with pytest.raises(AccessRefused):
        office.drafts.decide(auditor, release, ItemDecision.GIVEN, records=[office.one])
    Apart(office.desk.home.ledger, office.desk.home.path).protect(office.one, reason="Adress")
    archivist = viewer(Role.ARCHIVIST)  # may disclose, and may not read what is protected
    with pytest.raises(AccessRefused, match="possibly secret"):
        office.releases.preview(archivist, release)
    request = office.drafts.get(LOCAL, release).request
    with pytest.raises(AccessRefused, match="possibly secret"):
        office.drafts.add(archivist, request, [office.one])
    assert office.releases.preview(viewer(Role.LAWYER), release).problems == ()
    assert office.make(release).outputs


def test_the_log_has_it_all_and_the_tables_no_word_of_it(office: Office) -> None:
    release = office.masked_draft()
    made = office.make(release)
    ledger = office.desk.home.ledger
    before = rows_of(ledger.database)
    assert CANARY not in str(before)
    ledger.rebuild()
    assert rows_of(ledger.database) == before
    assert office.releases.render(LOCAL, release).outputs == made.outputs
    said = ledger.open_one(made.seq).envelope
    assert CANARY not in str(said)
    assert said["masks"] == made.set.digest
    assert frozen.renderer() == said["renderer"]


def test_a_rectification_goes_along_and_nothing_that_is_hidden_in_it(office: Office) -> None:
    release = office.masked_draft()
    seen = office.releases.preview(LOCAL, release)
    said = f"Det var inte petra {CANARY.lower()}, utan torget."
    note = _rectify(office, office.one, said)
    assert seen.digest != office.releases.preview(LOCAL, release).digest
    with pytest.raises(SetChanged):  # a note that came after the review was not reviewed
        office.make(release, digest=seen.digest)
    before = [frame for _, frame, _ in office.desk.home.ledger.sealed(office.versions(office.one))]
    made = office.make(release)
    assert made.set.notes == {office.one: (note,)}
    data = json.loads(next(one.content for one in made.outputs if one.name.endswith(".json")))
    by = {one["record"]: one for one in data["records"]}
    (told,) = by[f"R{office.one}"]["rectifications"]
    assert told["text"].endswith(", utan torget.")
    assert CANARY.lower() not in told["text"].lower()
    assert "rectifications" not in by[f"R{office.two}"]
    assert office.releases.render(LOCAL, release).outputs[1:-1] == made.outputs[1:-1]
    _rectify(office, office.one, "En senare anteckning.")
    assert office.releases.render(LOCAL, release).outputs[1:-1] == made.outputs[1:-1]
    after = [frame for _, frame, _ in office.desk.home.ledger.sealed(office.versions(office.one))]
    assert after == before
    assert said.encode() in b"".join(
        one.content for one in office.releases.whole(LOCAL, release) if one.name.endswith(".json")
    )


def _rectify(office: Office, record: int, text: str) -> int:
    """Note a rectification beside a record; its entry."""
    ledger, day = office.desk.home.ledger, office.requests.today()
    holds = Holds(ledger, Retention(ledger, office.desk.clock))
    subjects = Subjects(ledger, holds, office.desk.clock)
    asked = Asked(
        authority=office.desk.authority.seq, right=Right.RECTIFICATION, on=day, text="Fel"
    )
    seq = subjects.receive(LOCAL, asked)
    known = gdpr.Taken(step=gdpr.Step.CONFIRM_IDENTITY, day=day, actor=0, how=gdpr.Identified.E_ID)
    subjects.take(LOCAL, seq, known)
    named = gdpr.Taken(step=gdpr.Step.COLLECT, day=day, actor=0, records=(record,))
    subjects.take(LOCAL, seq, named)
    subjects.rectify(LOCAL, seq, record=record, text=text)
    return subjects.notes(LOCAL, [record])[record][-1].seq


def test_who_decides_on_a_finding_sees_what_it_points_at(office: Office) -> None:
    apart = office.desk.capture("Fråga bo.ek@testkoping.example i stället.", title="Svar").record
    request = office.asked(apart)
    release = office.drafts.add(LOCAL, request, [apart])
    office.drafts.decide(LOCAL, release, ItemDecision.GIVEN, records=[apart])
    key = bytes.fromhex(str(office.desk.home.ledger.open_one(release).envelope["key"]))
    address = "bo.ek@testkoping.example"
    (label,) = [one.label for one in detect(address)]
    assert office.releases.suspected(LOCAL, release) == {suspect(key, label, address): address}

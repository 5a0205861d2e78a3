"""The steps in their order, and everything that is refused: by name, with nothing changed."""

from __future__ import annotations

import json
from datetime import date

import pytest

from archiver.errors import DigestMismatch, RuleViolation, SecondPersonNeeded
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import Kind, Outcome
from archiver.governance.core.checklist import UnknownRow
from archiver.governance.core.form import read, write
from archiver.governance.core.gate import before_decision
from archiver.governance.core.lifecycle import GateNotPassed, SkippedStep, step_remains, take
from archiver.governance.core.snapshot import freeze, opened, refuse_changed
from archiver.governance.core.standing import Standing
from archiver.governance.core.steps import STEPS
from tests.unit.governance.initiatives import (
    BO,
    DAY,
    DIGEST,
    EVA,
    GOAL,
    PAGE,
    a_decision,
    act,
    answered,
    approved,
    at_step,
    bearings,
    new,
    notes,
    sent,
)

FILE = a.Evidenced(row="1.1", name="riktlinje.pdf", sha256=DIGEST)


def through(standing: Standing) -> Standing:
    """From a ready underlag to the end of step 8."""
    one = approved(sent(standing))
    one = take(one, act(a.Weighed(holder="Ordf.", reason="Inga hinder")), bearings())
    one = take(one, act(a.Completed(step=5)), bearings())
    if PAGE not in one.channels:
        one = take(one, act(a.Linked(channel=PAGE, platform="facebook")), bearings())
    for step in (6, 7, 8):
        for said in notes(step):
            one = take(one, act(said), bearings())
        one = take(one, act(a.Completed(step=step)), bearings())
    return one


def test_the_eight_steps_are_those_of_the_model() -> None:
    assert [one.number for one in STEPS] == list(range(1, 9))
    assert STEPS[4].name.sv == "Införskaffa politiskt godkännande"


@pytest.mark.parametrize("channels", [(), (PAGE,)])
def test_from_the_first_step_to_the_next_cycle(channels: tuple[int, ...]) -> None:
    """A channel that is not there yet, and one that has been in use since 2014."""
    since = date(2014, 5, 1) if channels else None
    one = through(answered(at_step(new(channels=channels, live_since=since), 5)))
    assert one.finished
    said = a.Deviated(text="Uppsikten brast i juli", category=a.Category.RESOURCES)
    one = take(one, act(said), bearings())
    two = take(one, act(a.NextCycle()), bearings())
    assert (two.cycle, two.step, two.finished, two.goals) == (2, 1, False, ())
    assert two.answers == one.answers
    assert [each.number for each in two.deviations if each.is_open] == [1]
    assert two.decision is None, "a cycle has an approval of its own"
    later = date(2027, 9, 2)
    stale = [each.words.sv for each in before_decision(two, bearings(later))]
    assert len(stale) == 2
    assert all("intyga på nytt" in each for each in stale)


@pytest.mark.parametrize("step", [2, 5, 6, 8])
def test_no_step_is_skipped(step: int) -> None:
    with pytest.raises(SkippedStep, match=f"Step {step} cannot be completed"):
        take(new(), act(a.Completed(step=step)), bearings())


def test_a_step_is_completed_when_it_has_what_it_asks_for() -> None:
    with pytest.raises(GateNotPassed) as caught:
        take(new(), act(a.Completed(step=1)), bearings())
    assert [one.what.sv for one in caught.value.remaining] == [
        "saknas: stöd i uppdraget (reglemente)",
        "saknas: målgrupp",
        "facebook saknar mätbart mål",
    ]


def test_a_test_capture_that_failed_does_not_complete_step_3() -> None:
    one = at_step(new(), 3)
    for good in (True, False):
        said = a.Noted(step=3, kind="archive_test", subject="facebook", text="Prov", good=good)
        one = take(one, act(said), bearings())
    assert "inte godkänt" in [each.what.sv for each in step_remains(one, bearings())][1]


def test_step_6_is_not_entered_with_an_open_row() -> None:
    one = approved(sent(answered(at_step(new(), 5))))
    said = a.Answered(row="1.1", state=AnswerState.NOT_MET, motivation="Rutinen drogs tillbaka.")
    one = take(one, act(said), bearings())
    with pytest.raises(GateNotPassed, match=r"1\.1: it is not met"):
        take(one, act(a.Completed(step=5)), bearings())
    assert one.decision is not None, "the approval stays what it was"


def test_step_6_is_not_entered_without_an_approval() -> None:
    with pytest.raises(GateNotPassed, match="no decision to approve"):
        take(answered(at_step(new(), 5)), act(a.Completed(step=5)), bearings())


def test_an_underlag_is_not_sent_with_an_open_row() -> None:
    with pytest.raises(GateNotPassed, match=r"1\.2: it is not answered"):
        sent(new())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (a.Answered(row="1.1", state=AnswerState.MET, motivation=" "), "1.1: an answer is moti"),
        (a.Answered(row="1.1", state=AnswerState.UNANSWERED, motivation="Nej"), "says something"),
        (a.Attested(row="1.2"), "1.2: there is no answer"),
        (a.Evidenced(row="1.1", name="x", sha256="abc"), "has a SHA-256"),
        (
            a.Evidenced(row="1.1", name="x", sha256=DIGEST, valid_until=date(2026, 8, 31)),
            "x was valid until 2026-08-31",
        ),
        (
            a.Conditioned(row="1.2", text="Ja", owner="DSO", due=date(2026, 12, 1)),
            "answer it with villkorat first",
        ),
        (a.ConditionMet(row="1.1", text="Ja"), "no condition"),
        (a.Deviated(text="", category=a.Category.LAW), "what deviates"),
        (a.Handled(number=7, holder="A", mandate="B", reason="C"), "no open deviation 7"),
        (a.Linked(channel=3, platform="x"), "not the initiative's"),
        (a.Goal(text="Ja", purpose=a.Purpose.CRISIS, channels=(99,)), "C99"),
        (a.Noted(step=4, kind="staffing", text="Ja"), "the initiative is in step 1"),
        (a.NextCycle(), "when step 8 is completed"),
        (a.Closed(reason=""), "why it ends"),
        (a.Weighed(holder="A", reason="B"), "no approval"),
        (a_decision(paragraph=""), "paragraph"),
        (a_decision(kind=Kind.DELEGATED), "delegation"),
        (a_decision(kind=Kind.EXECUTION), "policy"),
        (a_decision(snapshot=DIGEST), "No underlag of that digest"),
        (a_decision(valid_to=date(2026, 1, 1)), "before valid_from"),
    ],
)
def test_what_is_refused_says_why(said: a.Said, told: str) -> None:
    one = take(
        new(), act(a.Answered(row="1.1", state=AnswerState.MET, motivation="Ja")), bearings()
    )
    with pytest.raises(RuleViolation, match=told):
        take(one, act(said), bearings())


def test_who_recorded_an_answer_does_not_attest_it() -> None:
    said = a.Answered(row="1.1", state=AnswerState.MET, motivation="Ja")
    one = take(new(), act(said), bearings())
    with pytest.raises(SecondPersonNeeded, match=r"1\.1"):
        take(one, act(a.Attested(row="1.1"), actor=EVA), bearings())
    assert take(one, act(a.Attested(row="1.1"), actor=BO), bearings()).answer("1.1").attester == BO


def test_evidence_past_its_date_is_not_attested() -> None:
    one = take(
        new(), act(a.Answered(row="1.1", state=AnswerState.MET, motivation="Ja")), bearings()
    )
    said = a.Evidenced(row="1.1", name="r.pdf", sha256=DIGEST, valid_until=date(2026, 9, 30))
    one = take(one, act(said), bearings())
    later = date(2026, 10, 1)
    with pytest.raises(RuleViolation, match=r"past its date \(r\.pdf\)"):
        take(one, act(a.Attested(row="1.1"), later, BO), bearings(later))


def test_new_evidence_and_a_new_answer_are_attested_anew() -> None:
    one = take(answered(new()), act(FILE), bearings())
    assert one.answer("1.1").attested is None
    assert one.answer("1.2").attested == DAY


@pytest.mark.parametrize(
    "said", [a.Attested(row="8.9"), FILE.__class__(row="8.9", name="x", sha256=DIGEST)]
)
def test_a_row_there_is_not_is_refused_by_name(said: a.Said) -> None:
    with pytest.raises(UnknownRow, match=r"no row 8\.9"):
        take(new(), act(said), bearings())


def test_a_closed_initiative_takes_no_more() -> None:
    said = a.Closed(reason="Nej, används inte", unused=True)
    one = take(new(), act(said), bearings())
    with pytest.raises(RuleViolation, match="closed"):
        take(one, act(GOAL), bearings())


def test_what_was_sent_back_is_sent_anew() -> None:
    one = sent(answered(at_step(new(), 5)))
    old = one.sent[-1].digest
    one = approved(one, outcome=Outcome.REMITTED)
    with pytest.raises(RuleViolation, match="does not wait"):
        take(one, act(a_decision(snapshot=old)), bearings())
    one = approved(sent(one))
    assert take(one, act(a.Completed(step=5)), bearings()).step == 6


def test_the_underlag_is_the_same_byte_for_byte_whatever_comes_after() -> None:
    one = take(answered(at_step(new(), 5)), act(FILE), bearings())
    one = take(one, act(a.Attested(row="1.1"), actor=BO), bearings())
    frozen = freeze(9, one, bearings())
    assert freeze(9, one, bearings()) == frozen
    one = sent(one)
    assert one.pending is not None
    assert (one.pending.snapshot, one.pending.digest) == frozen
    later = a.Answered(row="1.1", state=AnswerState.NOT_MET, motivation="Ändrat")
    two = approved(take(one, act(later), bearings()))
    assert two.sent == one.sent
    content = opened(two.sent[0].snapshot, two.sent[0].digest)
    (row,) = [each for each in content["rows"] if each["id"] == "1.1"]
    assert row["answer"]["state"] == "uppfyllt"
    assert row["answer"]["evidence"] == [{"name": "riktlinje.pdf", "sha256": DIGEST}]
    assert content["remaining"] == []


def test_an_underlag_of_another_digest_is_not_opened() -> None:
    frozen = freeze(9, new(), bearings())
    other = json.dumps({**json.loads(frozen.text), "cycle": 2})
    with pytest.raises(DigestMismatch):
        opened(other, frozen.digest)


def test_evidence_under_a_frozen_underlag_is_not_changed() -> None:
    one = take(answered(at_step(new(), 5)), act(FILE), bearings())
    one = sent(take(one, act(a.Attested(row="1.1"), actor=BO), bearings()))
    changed = a.Evidenced(row="1.1", name="riktlinje.pdf", sha256="cd" * 32)
    with pytest.raises(RuleViolation, match=r"riktlinje\.pdf is in the underlag"):
        take(one, act(changed), bearings())
    content = opened(one.sent[0].snapshot, one.sent[0].digest)
    refuse_changed(content, "1.1", "riktlinje.pdf", DIGEST)
    with pytest.raises(DigestMismatch, match=r"1\.1: riktlinje\.pdf is not the evidence"):
        refuse_changed(content, "1.1", "riktlinje.pdf", "cd" * 32)
    assert take(approved(one), act(changed), bearings()).sent == one.sent


@pytest.mark.parametrize(
    "said",
    [GOAL, FILE, a_decision(), a.Closed(reason="Ja", unused=True), a.NextCycle(), *notes(3)],
)
def test_what_is_said_comes_back_as_it_was(said: a.Said) -> None:
    assert read(a.NAMES[a.name_of(said)], write(said)) == said

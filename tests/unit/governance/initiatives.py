"""Initiatives for tests: a small checklist, bearings, and the way to a ready underlag."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from archiver.core.reason import Wording
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import Kind, Outcome, PoliticalApproval, Scope
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.check import Result
from archiver.governance.core.checklist import Checklist, Confidence, read
from archiver.governance.core.gate import Bearings
from archiver.governance.core.lifecycle import take
from archiver.governance.core.snapshot import freeze
from archiver.governance.core.standing import Standing, opened

DAY = date(2026, 9, 1)
KS, PAGE = 1, 17
EVA, BO = 101, 102  # records, attests
DIGEST = "ab" * 32


def a_row(id_: str, gate: str = "M", **more: object) -> dict[str, object]:
    """A row of a checklist file."""
    return {
        "id": id_,
        "question": f"Fråga {id_}?",
        "question_en": f"Question {id_}?",
        "now": "RF 1:9",
        "gate": gate,
        "phase": "plan",
        "evidence": "Rutin",
        "evidence_en": "Routine",
        "provenance": "omformulerad",
        "confidence": [Confidence.SECONDARY.value],
        **more,
    }


def a_file(*rows: Mapping[str, object]) -> dict[str, object]:
    """A checklist file's tables; two rows, one of them mandatory and checked, if none is given."""
    return {
        "version": "prov-1",
        "title": "Prov",
        "title_en": "Trial",
        "section": {"1": {"sv": "Ett", "en": "One"}},
        "row": list(rows) or [a_row("1.1", checks=["A-PROV"]), a_row("1.2", "V")],
    }


SMALL: Checklist = read("small", a_file())


def found(outcome: Found) -> dict[str, Result]:
    """The one check of the small checklist."""
    return {"A-PROV": Result(check="A-PROV", outcome=outcome, reason=Wording("Skäl.", "Why."))}


def bearings(day: date = DAY, outcome: Found = Found.PASS, of: Checklist = SMALL) -> Bearings:
    """What the gate judges by on a day."""
    return Bearings(checklist=of, results=found(outcome), today=day)


def act(said: a.Said, day: date = DAY, actor: int = EVA) -> a.Act:
    return a.Act(day=day, actor=actor, said=said)


def new(*, channels: tuple[int, ...] = (), live_since: date | None = None) -> Standing:
    """An initiative on Facebook; without an account of its own if no channel is given."""
    said = a.Opened(
        authority=KS,
        title="Kommunens sida",
        platforms=("facebook",),
        day=DAY,
        channels=channels,
        live_since=live_since,
    )
    return opened(said, dict.fromkeys(channels, "facebook"))


GOAL = a.Goal(
    text="Fler når rätt tjänst",
    purpose=a.Purpose.SERVICES,
    metric="klick till e-tjänst",
    baseline="100",
    target="200",
    by=date(2027, 9, 1),
)


def notes(step: int) -> list[a.Noted]:
    """What a step asks for."""
    kinds = {
        1: ["mandate", "audience"],
        2: ["platform"],
        3: ["tool", "archive_test"],
        4: ["staffing"],
        6: ["account", "live_texts", "baseline", "recovery_test"],
        7: ["control"],
        8: ["evaluation"],
    }.get(step, [])
    whole = [a.Noted(step=step, kind=k, subject="facebook", text="Gjort.") for k in kinds]
    more = [a.Noted(step=8, kind="outcome", subject="1", text="Nått.")] if step == 8 else []
    return [*whole, *more]


def at_step(standing: Standing, step: int, day: date = DAY) -> Standing:
    """… brought to a step before the gate."""
    at = bearings(day)
    while standing.step < step:
        for said in [*([GOAL] if standing.step == 1 else []), *notes(standing.step)]:
            standing = take(standing, act(said, day), at)
        standing = take(standing, act(a.Completed(step=standing.step), day), at)
    return standing


def answered(standing: Standing, at: Bearings | None = None) -> Standing:
    """… with every row met, and attested by another person."""
    at = at or bearings()
    for row in at.checklist.rows:
        said = a.Answered(row=row.id, state=AnswerState.MET, motivation="Beslutad rutin.")
        standing = take(standing, act(said, at.today), at)
        standing = take(standing, act(a.Attested(row=row.id), at.today, BO), at)
    return standing


def sent(standing: Standing, at: Bearings | None = None) -> Standing:
    """… with its underlag sent."""
    at = at or bearings()
    frozen = freeze(9, standing, at)
    said = a.Sent(digest=frozen.digest, snapshot=frozen.text)
    return take(standing, act(said, at.today), at)


def a_decision(
    outcome: Outcome = Outcome.APPROVED, snapshot: str = "", **more: object
) -> a.Decided:
    """KS decides."""
    fields: dict[str, object] = {
        "outcome": outcome,
        "kind": Kind.POLITICAL,
        "scope": Scope(authority=KS),
        "body": "KS",
        "held_on": DAY,
        "paragraph": "§ 201",
        "valid_from": DAY,
        "snapshot": snapshot,
        **more,
    }
    return a.Decided(approval=PoliticalApproval(**fields))  # type: ignore[arg-type]


def approved(standing: Standing, **more: object) -> Standing:
    """… decided on what was sent."""
    pending = standing.pending
    said = a_decision(snapshot=pending.digest if pending else "", **more)
    return take(standing, act(said), bearings())

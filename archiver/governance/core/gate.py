"""The gate at step 5: what remains before a decision may be asked for, and before going live.

Inte klar för beslut → Klar för beslut → Beslutad → Klar för driftsättning. A mandatory row is met,
or not applicable, and attested; a conditional one may instead have a condition with somebody who
sees to it and a day within twelve months. A check that contradicts a mandatory row stops the gate
although a person attested, until the fact changes or somebody with the mandate has recorded the
deviation as handled. Confirmation by a check opens nothing.

The gate permits or stops the next step of an initiative. It never decides (KL 6:38), never stops a
fact from being recorded, and never stops a harvest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from archiver.core.reason import Wording
from archiver.governance.core.answers import (
    Answer,
    AnswerState,
    expired,
    latest_due,
)
from archiver.governance.core.approval import Decision, covering, flaws, opens_nothing
from archiver.governance.core.check import Outcome, Result
from archiver.governance.core.checklist import Checklist, GateClass, Row
from archiver.governance.core.standing import GATE, Standing


class GateState(StrEnum):
    """Where an initiative stands before the gate."""

    NOT_READY = "inte_klar_for_beslut"
    READY = "klar_for_beslut"
    DECIDED = "beslutad"
    CLEARED = "klar_for_driftsattning"


GATE_STATES: Mapping[GateState, Wording] = {
    GateState.NOT_READY: Wording("Inte klar för beslut", "Not ready for a decision"),
    GateState.READY: Wording("Klar för beslut", "Ready for a decision"),
    GateState.DECIDED: Wording("Beslutad", "Decided"),
    GateState.CLEARED: Wording("Klar för driftsättning", "Ready to go live"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearings:
    """What the gate judges by: the checklist with the authority's own classes, what the checks
    found just now, and the day."""

    checklist: Checklist
    results: Mapping[str, Result]
    today: date


class Remaining(NamedTuple):
    """One thing that is left to do, and of which row (empty: of none)."""

    row: str
    what: Wording

    @property
    def words(self) -> Wording:
        """The row and what is left of it."""
        if not self.row:
            return self.what
        return Wording(f"{self.row}: {self.what.sv}", f"{self.row}: {self.what.en}")


class Verdict(NamedTuple):
    """The gate's state and what remains until the next one."""

    state: GateState
    remaining: tuple[Remaining, ...]


def verdict(standing: Standing, bearings: Bearings) -> Verdict:
    """Where it stands, and what is left."""
    if effective(standing, bearings.today) is None:
        left = tuple(before_decision(standing, bearings))
        return Verdict(GateState.NOT_READY if left else GateState.READY, left)
    left = tuple(before_going_live(standing, bearings))
    return Verdict(GateState.DECIDED if left else GateState.CLEARED, left)


def effective(standing: Standing, today: date) -> Decision | None:
    """This cycle's approval that opens step 6: its underlag was fully answered, it covers every
    channel and platform and every purpose, who decided it could, it is valid and not annulled.
    None if there is none."""
    decision = standing.decision
    return decision if decision and not any(_faults(standing, decision, today)) else None


def _faults(standing: Standing, decision: Decision, today: date) -> Iterator[Wording]:
    approval = decision.approval
    yield from opens_nothing(decision)
    if decision.annulled:
        yield Wording("beslutet är upphävt av domstol", "a court has annulled the decision")
    if not approval.is_valid(today):
        yield Wording("beslutet gäller inte i dag", "the decision is not valid today")
    authority = standing.opened.authority
    for channel, platform in standing.places:
        if not approval.scope.covers(authority, platform, channel):
            what = f"C{channel}" if channel is not None else platform
            yield Wording(f"beslutet omfattar inte {what}", f"the decision does not cover {what}")
    purposes = {goal.purpose.value for goal in standing.goals}
    if approval.scope.purposes:
        for one in sorted(purposes - approval.scope.purposes):
            yield Wording(
                f"beslutet omfattar inte ändamålet {one}",
                f"the decision does not cover the purpose {one}",
            )


def before_decision(standing: Standing, bearings: Bearings) -> Iterator[Remaining]:
    """What remains before a decision may be asked for: nothing, and it is fully answered."""
    for row in bearings.checklist.rows:
        yield from (Remaining(row.id, one) for one in row_remains(standing, row, bearings))


def before_step_6(standing: Standing, bearings: Bearings) -> Iterator[Remaining]:
    """What remains before step 5 is completed: an approval in scope that rests on a fully answered
    underlag, and no row that has come open since."""
    decision = standing.decision
    if decision is None:
        yield Remaining(
            "", Wording("ett beslut om bifall saknas", "there is no decision to approve")
        )
    else:
        yield from (Remaining("", one) for one in _faults(standing, decision, bearings.today))
    yield from before_decision(standing, bearings)


def before_going_live(standing: Standing, bearings: Bearings) -> Iterator[Remaining]:
    """What remains before step 6 is completed and the channel is used."""
    decision = effective(standing, bearings.today)
    if decision is None:
        yield from before_step_6(standing, bearings)
        return
    yield from (Remaining("", one) for one in decision.not_executable(bearings.today))
    for row in bearings.checklist.rows:
        condition = standing.answer(row.id).condition
        first = condition and (condition.before_go_live or row.before_go_live)
        if condition and first and condition.met is None:
            yield Remaining(
                row.id,
                Wording(
                    f"villkoret ska vara uppfyllt före drift: {condition.text}",
                    f"the condition is to be met before going live: {condition.text}",
                ),
            )
        yield from (Remaining(row.id, one) for one in _contradicted(standing, row, bearings))


def row_remains(standing: Standing, row: Row, bearings: Bearings) -> Iterator[Wording]:
    """What is left to do with one row; nothing if it does not stop a decision."""
    answer = standing.answer(row.id)
    yield from _state_remains(answer, row, bearings.today)
    if answer.state is not AnswerState.UNANSWERED and answer.attested is None:
        yield Wording("svaret är inte intygat av en annan person", "it is not attested by another")
    yield from expired(answer, bearings.today, standing.terms_changed)
    yield from _contradicted(standing, row, bearings)


def _state_remains(answer: Answer, row: Row, today: date) -> Iterator[Wording]:
    match answer.state:
        case AnswerState.UNANSWERED:
            yield Wording("raden är obesvarad", "it is not answered")
        case AnswerState.NOT_MET:
            yield Wording("kravet är inte uppfyllt", "it is not met")
        case AnswerState.CONDITIONAL if row.gate is GateClass.MANDATORY:
            yield Wording(
                "raden är obligatorisk och kan inte godkännas med villkor",
                "it is mandatory and cannot be approved on a condition",
            )
        case AnswerState.CONDITIONAL:
            condition = answer.condition
            if condition is None:
                yield Wording(
                    "villkoret saknar ansvarig och datum", "its condition has no owner and no day"
                )
            elif condition.met is None and condition.due < today:
                yield Wording(
                    f"villkoret skulle ha varit uppfyllt {condition.due}",
                    f"its condition was due on {condition.due}",
                )
            elif condition.due > latest_due(condition.set_on):
                yield Wording(
                    "villkoret ligger mer än tolv månader fram",
                    "its condition lies more than twelve months ahead",
                )


def _contradicted(standing: Standing, row: Row, bearings: Bearings) -> Iterator[Wording]:
    """Failed checks of a mandatory row that nobody with the mandate has answered for."""
    if row.gate is not GateClass.MANDATORY:
        return
    for check in row.checks:
        result = bearings.results.get(check)
        if result is None or result.outcome is not Outcome.FAIL:
            continue
        if standing.handled(row.id, check) is None:
            yield Wording(
                f"kontrollen {check} motsäger svaret: {result.reason.sv} Rätta förhållandet, eller "
                "låt den som har mandat anteckna en hanterad avvikelse.",
                f"the check {check} contradicts it: {result.reason.en} Put it right, or let "
                "somebody with the mandate record a handled deviation.",
            )


def drift(standing: Standing, bearings: Bearings) -> Iterator[tuple[Row, Result]]:
    """What checks contradict after the approval, and is no deviation yet: each becomes one, and
    the approval stays what it was."""
    if standing.decision is None or standing.closed is not None:
        return
    known = {(one.said.row, one.said.check) for one in standing.deviations if one.is_open}
    for row in bearings.checklist.rows:
        for check in row.checks:
            result = bearings.results.get(check)
            if result and result.outcome is Outcome.FAIL and (row.id, check) not in known:
                yield row, result


def observed(standing: Standing, today: date) -> Iterator[Wording]:
    """Deviations that follow from how it stands, without anybody recording them."""
    if standing.closed is not None:
        return
    live = standing.opened.live_since
    used = live is not None or standing.step > GATE + 1 or standing.cycle > 1
    for channel, platform in standing.places if used else ():
        covered = covering(
            standing.decisions,
            authority=standing.opened.authority,
            platform=platform,
            channel=channel,
            day=today,
        )
        if covered is None:
            what = f"C{channel}" if channel is not None else platform
            since = f" sedan {live}" if live else ""
            since_en = f" since {live}" if live else ""
            yield Wording(
                f"{what} är i drift{since} utan godkännande",
                f"{what} is in use{since_en} without an approval",
            )
    for decision in standing.decisions:
        now = _faults(standing, decision, today) if decision is standing.decision else ()
        yield from dict.fromkeys([*flaws(decision), *now])
    for answer in standing.answers.values():
        condition = answer.condition
        if condition and condition.met is None and condition.due < today:
            yield Wording(
                f"{answer.row}: villkoret skulle ha varit uppfyllt {condition.due}",
                f"{answer.row}: its condition was due on {condition.due}",
            )

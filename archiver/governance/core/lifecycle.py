"""Which act may follow: the steps in their order, and what else is refused.

The steps (`steps`) are taken in order, none is skipped; step 5 is completed, and step 6 opened,
only through the gate (`gate`). What was in use before anybody asked enters like the rest, and is
shown as a deviation until it is approved.

A refusal says why, and nothing is changed. Facts are never refused for what they say of the
authority: a decision taken while the gate was closed is recorded as what it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from archiver.core.reason import Wording
from archiver.errors import RuleViolation, SecondPersonNeeded
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState, latest_due
from archiver.governance.core.approval import Outcome, missing
from archiver.governance.core.gate import (
    Bearings,
    Remaining,
    before_decision,
    before_going_live,
    before_step_6,
)
from archiver.governance.core.snapshot import evidence_of, opened
from archiver.governance.core.standing import LAST, Standing, apply
from archiver.governance.core.steps import STEPS


class SkippedStep(RuleViolation):
    """A step is completed that the initiative is not in."""

    code = "skipped-step"


class GateNotPassed(RuleViolation):
    """Something remains before the next step; `remaining` says what."""

    code = "gate-not-passed"

    def __init__(self, words: str, remaining: tuple[Remaining, ...]) -> None:
        self.remaining = remaining
        told = "; ".join(one.words.en for one in remaining)
        super().__init__(f"{words}: {told}.", remedy="Nothing was changed. Do what remains first.")


def step_remains(standing: Standing, bearings: Bearings) -> list[Remaining]:
    """What remains before the step an initiative is in is completed."""
    found = [Remaining("", one) for one in _asked(standing)]
    match standing.step:
        case 1:
            found += [Remaining("", one) for one in _goals_missing(standing)]
        case 5:
            found += before_step_6(standing, bearings)
        case 6:
            found += [
                Remaining("", Wording(f"{p} har inget konto", f"{p} has no account"))
                for channel, p in standing.places
                if channel is None
            ]
            found += before_going_live(standing, bearings)
        case 7:
            found += [
                Remaining(
                    one.said.row,
                    Wording(
                        f"avvikelse {one.number} är inte hanterad",
                        f"deviation {one.number} is not handled",
                    ),
                )
                for one in standing.deviations
                if one.is_open and not one.handled
            ]
        case 8:
            found += [Remaining("", one) for one in _outcomes_missing(standing)]
    return found


def _asked(standing: Standing) -> Iterator[Wording]:
    for ask in STEPS[standing.step - 1].asks:
        held = [one for one in standing.notes if (one.step, one.kind) == (standing.step, ask.kind)]
        chosen = _chosen(standing) if standing.step > 2 else standing.opened.platforms
        for subject in chosen if ask.per_platform else ("",):
            mine = [one for one in held if not subject or one.subject == subject]
            of = f" ({subject})" if subject else ""
            if not mine:
                yield Wording(f"saknas: {ask.words.sv}{of}", f"missing: {ask.words.en}{of}")
            elif ask.good and not mine[-1].good:
                yield Wording(
                    f"inte godkänt: {ask.words.sv}{of}", f"not passed: {ask.words.en}{of}"
                )


def _chosen(standing: Standing) -> list[str]:
    """The platforms that step 2 did not say no to."""
    said = {one.subject: one.good for one in standing.notes if one.kind == "platform"}
    return [one for one in standing.opened.platforms if said.get(one, True)]


def _goals_missing(standing: Standing) -> Iterator[Wording]:
    for channel, platform in standing.places:
        if not any(one.measurable and one.is_for(channel, platform) for one in standing.goals):
            what = f"C{channel}" if channel is not None else platform
            yield Wording(f"{what} saknar mätbart mål", f"{what} has no measurable goal")


def _outcomes_missing(standing: Standing) -> Iterator[Wording]:
    """Every goal by its number, from 1: the outcome, and where it was missed the text is why."""
    said = {one.subject for one in standing.notes if (one.step, one.kind) == (LAST, "outcome")}
    for number, goal in enumerate(standing.goals, 1):
        if str(number) not in said:
            yield Wording(
                f"utfall saknas för mål {number}: {goal.text}",
                f"goal {number} has no outcome: {goal.text}",
            )


def take(standing: Standing, act: a.Act, bearings: Bearings) -> Standing:
    """Where an initiative stands after one more act. `RuleViolation` that says why it cannot be
    taken; nothing is then changed."""
    refuse(standing, act, bearings)
    return apply(standing, act)


def refuse(standing: Standing, act: a.Act, bearings: Bearings) -> None:
    """`RuleViolation` unless the act may follow."""
    if standing.closed is not None:
        raise RuleViolation("The initiative is closed.", remedy="Open a new one.")
    _refuse_gate(standing, act.said, bearings)
    _refuse_person(standing, act)
    for fault in refusals(standing, act, bearings):
        raise RuleViolation(fault, remedy="Nothing was changed. Say what is missing.")


def _refuse_gate(standing: Standing, said: a.Said, bearings: Bearings) -> None:
    if isinstance(said, a.Completed):
        if said.step != standing.step or standing.finished:
            at = "finished" if standing.finished else f"in step {standing.step}"
            raise SkippedStep(
                f"Step {said.step} cannot be completed: the initiative is {at}.",
                remedy="Nothing was changed. Steps are taken in order.",
            )
        left = tuple(step_remains(standing, bearings))
        if left:
            raise GateNotPassed(f"Step {said.step} is not completed", left)
    elif isinstance(said, a.Sent):
        left = tuple(before_decision(standing, bearings))
        if left:
            raise GateNotPassed("The underlag is not sent", left)


def _refuse_person(standing: Standing, act: a.Act) -> None:
    if isinstance(act.said, a.Attested):
        answer = standing.answer(act.said.row)
        if answer.state is not AnswerState.UNANSWERED and answer.recorder == act.actor:
            raise SecondPersonNeeded(
                f"{act.said.row}: whoever recorded an answer does not attest it.",
                remedy="Nothing was changed. Let another person attest it.",
            )


def refusals(standing: Standing, act: a.Act, bearings: Bearings) -> Iterator[str]:
    """Why an act cannot be taken; nothing if it can. `UnknownRow` for a row there is not."""
    said = act.said
    row = getattr(said, "row", "")
    if row:
        bearings.checklist.row(row)
    match said:
        case a.Answered():
            yield from _of_answer(said)
        case a.Attested():
            yield from _of_attestation(standing, said, bearings)
        case a.Evidenced():
            yield from _of_evidence(standing, said, act)
        case a.Conditioned() | a.ConditionMet():
            yield from _of_condition(standing, said, act)
        case a.Deviated() | a.Handled() | a.Resolved():
            yield from _of_deviation(standing, said)
        case a.Goal() | a.Noted():
            yield from _of_record(standing, said)
        case a.Linked() if said.platform not in standing.opened.platforms:
            yield f"C{said.channel} is on {said.platform}, which is not the initiative's."
        case a.Linked() if said.channel in standing.channels:
            yield f"C{said.channel} is the initiative's already."
        case a.Decided():
            yield from _of_decision(standing, said)
        case a.MinutesNoticed() | a.Reported() | a.Weighed() | a.Appealed() | a.Judged():
            yield from _of_what_followed(standing, said)
        case a.NextCycle() | a.Closed():
            yield from _of_an_end(standing, said)


def _of_an_end(standing: Standing, said: a.NextCycle | a.Closed) -> Iterator[str]:
    if isinstance(said, a.Closed):
        if not said.reason.strip():
            yield "Say why it ends."
    elif not standing.finished:
        yield "The next cycle begins when step 8 is completed."


def _of_answer(said: a.Answered) -> Iterator[str]:
    if said.state is AnswerState.UNANSWERED:
        yield f"{said.row}: an answer says something."
    elif not said.motivation.strip():
        yield f"{said.row}: an answer is motivated."


def _of_attestation(standing: Standing, said: a.Attested, bearings: Bearings) -> Iterator[str]:
    answer = standing.answer(said.row)
    if answer.state is AnswerState.UNANSWERED:
        yield f"{said.row}: there is no answer to attest."
    past = [e.name for e in answer.evidence if e.valid_until and e.valid_until < bearings.today]
    if past:
        yield f"{said.row}: the evidence is past its date ({', '.join(past)})."


def _of_evidence(standing: Standing, said: a.Evidenced, act: a.Act) -> Iterator[str]:
    if not said.name.strip():
        yield f"{said.row}: evidence has a name."
    if len(said.sha256) != 64 or not set(said.sha256) <= set("0123456789abcdef"):
        yield f"{said.row}: evidence has a SHA-256."
    if said.valid_until is not None and said.valid_until < act.day:
        yield f"{said.row}: {said.name} was valid until {said.valid_until}."
    if standing.pending is not None:
        frozen = evidence_of(
            opened(standing.pending.snapshot, standing.pending.digest), said.row
        ).get(said.name)
        if frozen is not None and frozen != said.sha256:
            yield (
                f"{said.row}: {said.name} is in the underlag that waits for a decision, as another "
                "file. Give the new one another name."
            )


def _of_condition(
    standing: Standing, said: a.Conditioned | a.ConditionMet, act: a.Act
) -> Iterator[str]:
    answer = standing.answer(said.row)
    if isinstance(said, a.ConditionMet):
        if answer.condition is None or answer.condition.met is not None:
            yield f"{said.row}: there is no condition that is to be met."
        elif not said.text.strip():
            yield f"{said.row}: say how the condition was met."
        return
    if answer.state is not AnswerState.CONDITIONAL:
        yield f"{said.row}: answer it with {AnswerState.CONDITIONAL} first."
    if not (said.text.strip() and said.owner.strip()):
        yield f"{said.row}: a condition says what, and who sees to it."
    if not act.day <= said.due <= latest_due(act.day):
        yield f"{said.row}: a condition is due within twelve months, by {latest_due(act.day)}."


def _of_deviation(standing: Standing, said: a.Deviated | a.Handled | a.Resolved) -> Iterator[str]:
    if isinstance(said, a.Deviated):
        if not said.text.strip():
            yield "Say what deviates."
        return
    if not any(one.number == said.number and one.is_open for one in standing.deviations):
        yield f"There is no open deviation {said.number}."
    if not said.reason.strip():
        yield f"Deviation {said.number}: say why."
    if isinstance(said, a.Handled) and not (said.holder.strip() and said.mandate.strip()):
        yield f"Deviation {said.number}: say who answers for it, and under which mandate."


def _of_record(standing: Standing, said: a.Goal | a.Noted) -> Iterator[str]:
    if not said.text.strip():
        yield "Say something."
    if isinstance(said, a.Goal):
        strange = [f"C{one}" for one in said.channels if one not in standing.channels]
        strange += [one for one in said.platforms if one not in standing.opened.platforms]
        if strange:
            yield f"Not the initiative's: {', '.join(strange)}."
    elif said.step != standing.step:
        yield f"It is recorded in step {said.step}; the initiative is in step {standing.step}."


def _of_decision(standing: Standing, said: a.Decided) -> Iterator[str]:
    approval = said.approval
    if lacks := list(missing(approval)):
        yield f"A decision says: {'; '.join(lacks)}."
    if approval.scope.authority != standing.opened.authority:
        yield "The decision is another authority's."
    known = {one.digest for one in standing.sent}
    if approval.snapshot and approval.snapshot not in known:
        yield "No underlag of that digest was sent."
    pending = standing.pending
    if approval.snapshot in known and (not pending or pending.digest != approval.snapshot):
        yield "That underlag does not wait for a decision any longer; send a new one."


_FOLLOWS = a.MinutesNoticed | a.Reported | a.Weighed | a.Appealed | a.Judged


def _of_what_followed(standing: Standing, said: _FOLLOWS) -> Iterator[str]:
    approved = [o for o in standing.decisions if o.approval.outcome is Outcome.APPROVED]
    if not approved:
        yield "There is no approval that it could be about."
        return
    decision = approved[-1]
    match said:
        case a.MinutesNoticed() if said.noticed < said.adjusted:
            yield "The minutes are announced after they are approved."
        case a.MinutesNoticed() if said.adjusted < decision.approval.held_on:
            yield "The minutes are approved after the meeting."
        case a.MinutesNoticed() if said.taken_down and said.taken_down < said.noticed:
            yield "The notice was taken down before it went up."
        case a.Reported() if not said.reference.strip():
            yield "Say at which meeting it was reported."
        case a.Weighed() if not (said.holder.strip() and said.reason.strip()):
            yield "A weighing under KL 13:14 says who weighed it, and how."
        case a.Appealed() if not said.case_number.strip():
            yield "An appeal has a case number."
        case a.Judged() if not any(one.upheld is None for one in decision.appeals):
            yield "There is no appeal that waits for a judgment."

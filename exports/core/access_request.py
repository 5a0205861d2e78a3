"""The request for a public record (begäran om allmän handling), from the first word to the last.

A request is the steps that were taken, in order; where it stands, what may follow and by when all
follow from them. The law it follows:

* tried at once by whoever holds the record, copies without delay (TF 2:15–16; JO: normally the same
  day). The colour of the clock is a yardstick (riktmärke) in working days, not law;
* nobody is asked who they are or why (TF 2:18), unless the test of a section needs it;
* a refusal, also in part or with a condition, tells of the right to a written decision, which is
  what can be appealed (OSL 2009:400 6:3). A decision by somebody without the mandate is none;
* an appeal goes to the authority within three weeks from the day the applicant got the decision (FL
  2017:900 44 §); the authority tries only whether it came in time (45 §), and hands it on (46 §).

Pure: days are parameters, and a step that cannot follow is refused with what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import reduce

from archiver.core.calendar import working_days_between
from archiver.core.procedure import Appealable, Procedure
from archiver.core.reason import Wording


class State(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    CLARIFYING = "clarifying"  # the applicant is helped to say what is meant (FL 6 §)
    PRECISE = "precise"  # it is known which records it concerns: they are held
    ASSESSING = "assessing"
    ANSWERED = "answered"  # given out whole, or nothing to give
    REFUSED = "refused"  # all or part of it, by word; a written decision may be asked for
    DECISION_ASKED = "decision_asked"
    DECIDED = "decided"
    SERVED = "served"  # the time for appeal runs
    APPEALED = "appealed"
    IN_TIME = "in_time"
    IN_COURT = "in_court"
    JUDGED = "judged"
    CLOSED = "closed"


class Step(StrEnum):
    """What was done."""

    ASK_BACK = "ask_back"
    MAKE_PRECISE = "make_precise"
    ASSESS = "assess"
    RELEASE_PART = "release_part"
    READ_ON_SITE = "read_on_site"  # free, and whoever read is not written down (TF 2:15, 2:18)
    ANSWER = "answer"
    ASK_FOR_DECISION = "ask_for_decision"
    DECIDE = "decide"
    SERVE = "serve"
    APPEAL = "appeal"
    FIND_IN_TIME = "find_in_time"
    DISMISS_AS_LATE = "dismiss_as_late"
    HAND_TO_COURT = "hand_to_court"
    JUDGE = "judge"
    CHANGE_DECISION = "change_decision"  # FL 38 §: the authority itself changes what it decided
    CLOSE = "close"
    REOPEN = "reopen"


class Answer(StrEnum):
    """What the answer to a request was."""

    RELEASED = "released"
    MASKED = "masked"  # in part: the rest is refused
    CONDITION = "condition"  # with a condition on its use (OSL 10:14)
    REFUSED = "refused"
    REFERRED = "referred"  # to the authority that holds it
    NOT_HELD = "not_held"
    NOT_OFFICIAL = "not_official"  # no official document (TF 2:4, 2:12 …)
    CANNOT_COMPILE = "cannot_compile"  # no routine measure, or no legal power (TF 2:6–7)


# What is a refusal, in part at least: the applicant is told of the right to a written decision.
REFUSALS = frozenset(
    {
        Answer.MASKED,
        Answer.CONDITION,
        Answer.REFUSED,
        Answer.NOT_HELD,
        Answer.NOT_OFFICIAL,
        Answer.CANNOT_COMPILE,
    }
)

_EARLY = frozenset({State.RECEIVED, State.CLARIFYING, State.PRECISE, State.ASSESSING})
EARLY = _EARLY  # no answer is given yet
_PROCEDURE = Procedure(
    {
        Step.ASK_BACK: (_EARLY, State.CLARIFYING),
        Step.MAKE_PRECISE: (_EARLY, State.PRECISE),
        Step.ASSESS: ({State.PRECISE, State.JUDGED}, State.ASSESSING),  # anew, after a judgment
        Step.RELEASE_PART: ({State.PRECISE, State.ASSESSING}, None),
        Step.READ_ON_SITE: ({State.PRECISE, State.ASSESSING, State.ANSWERED}, None),
        Step.ANSWER: (_EARLY, None),  # ANSWERED or REFUSED, by the answer
        Step.ASK_FOR_DECISION: ({State.REFUSED}, State.DECISION_ASKED),
        Step.DECIDE: ({State.REFUSED, State.DECISION_ASKED}, State.DECIDED),
        Step.SERVE: ({State.DECIDED}, State.SERVED),
        Step.APPEAL: ({State.DECIDED, State.SERVED}, State.APPEALED),
        Step.FIND_IN_TIME: ({State.APPEALED}, State.IN_TIME),
        Step.DISMISS_AS_LATE: ({State.APPEALED}, State.SERVED),
        Step.HAND_TO_COURT: ({State.IN_TIME}, State.IN_COURT),
        Step.JUDGE: ({State.IN_COURT}, State.JUDGED),
        Step.CHANGE_DECISION: (
            {State.DECIDED, State.SERVED, State.APPEALED, State.IN_TIME},
            State.ASSESSING,
        ),
        Step.CLOSE: (
            {State.CLARIFYING, State.ANSWERED, State.REFUSED, State.SERVED, State.JUDGED},
            State.CLOSED,
        ),
        Step.REOPEN: ({State.CLOSED, State.ANSWERED}, State.ASSESSING),
    },
    remedy="Take the steps in their order.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step as it was taken, on a Swedish day, by a user.

    `answer`: of ANSWER. `told`: that the applicant was told of the right to a written decision, of
    a refusal. `mandate`: by which provision of the delegation a decision was made; `body`: or which
    decision of the authority's own body it is.
    `excused`: why a late appeal is in time all the same (FL 45 §: misled by our notice, or the
    court had it in time), of FIND_IN_TIME. `reason`: why, where somebody must be able to ask.
    """

    step: Step
    day: date
    actor: int
    answer: Answer | None = None
    told: bool = False
    mandate: str = ""
    body: str = ""
    excused: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Appealable):
    """Where a request stands after its steps. `received`: the day it came in, which the clock runs
    from; `answered`: the day of the first whole answer."""

    received: date
    state: State = State.RECEIVED
    answer: Answer | None = None
    answered: date | None = None
    parts: int = 0
    decided: date | None = None

    @property
    def holds(self) -> bool:
        """Whether what it concerns is held from disposal: from when it is precise enough until it
        is finally closed; a search holds nothing."""
        return self.state not in (State.RECEIVED, State.CLARIFYING, State.CLOSED)


class Light(StrEnum):
    """The colour of the clock."""

    GREEN = "green"  # the working day it came in
    AMBER = "amber"  # the next
    RED = "red"  # from the second
    OUT = "out"  # it is answered


def light(standing: Standing, today: date) -> Light:
    """How urgent it is: a yardstick in working days, which the Ombudsman's practice suggests."""
    if standing.state not in _EARLY:
        return Light.OUT
    match working_days_between(standing.received, today):
        case 0:
            return Light.GREEN
        case 1:
            return Light.AMBER
    return Light.RED


def after(received: date, steps: Iterable[Taken]) -> Standing:
    """Where a request that came in on a day stands after its steps.

    Raises `RuleViolation` for a step that could not be taken, with what is missing.
    """
    return reduce(take, steps, Standing(received=received))


def take(standing: Standing, taken: Taken) -> Standing:
    """Where it stands after one more step. `RuleViolation` that says why it cannot be taken."""
    _PROCEDURE.refuse(faults(standing, taken))
    went = replace(standing, state=leads_to(taken.step, taken.answer) or standing.state)
    match taken.step:
        case Step.RELEASE_PART | Step.READ_ON_SITE:
            return replace(went, parts=standing.parts + 1)
        case Step.ANSWER:
            return replace(went, answer=taken.answer, answered=standing.answered or taken.day)
        case Step.DECIDE:
            return replace(went, decided=taken.day, served=None, appealed=None, late=False)
        case Step.SERVE:
            return replace(went, served=taken.day)
        case Step.APPEAL:
            return replace(went, appealed=taken.day)
        case Step.DISMISS_AS_LATE:
            return replace(went, late=True)
        case Step.CHANGE_DECISION | Step.REOPEN | Step.ASSESS:
            return replace(went, decided=None, served=None, appealed=None, late=False)
    return went


def leads_to(step: Step, answer: Answer | None) -> State | None:
    """Where a step leads; None if it leaves a request where it is."""
    if step is Step.ANSWER:
        return State.REFUSED if answer in REFUSALS else State.ANSWERED
    return _PROCEDURE.leads_to(step)


def possible(standing: Standing) -> list[Step]:
    """The steps that may follow, in the order of the list above."""
    return _PROCEDURE.possible(standing.state)


def faults(standing: Standing, taken: Taken) -> Iterator[str]:
    """Why a step cannot be taken; nothing if it can."""
    if taken.step not in possible(standing):
        yield f"{taken.step} cannot follow while the request is {standing.state}."
        return
    if taken.day < standing.received:
        yield f"{taken.step} lies before the day the request came in, {standing.received}."
    match taken.step:
        case Step.ANSWER if taken.answer is None:
            yield "An answer says what it was: given out, masked, refused …"
        case Step.ANSWER if taken.answer in REFUSALS and not taken.told:
            yield (
                "A refusal, also in part, tells of the right to a written decision that can be "
                "appealed (OSL 6:3)."
            )
        case Step.DECIDE if not (taken.mandate.strip() or taken.body.strip()):
            yield (
                "A refusal is decided by somebody whom the delegation names, or by the authority's "
                "body itself; neither a mandate nor the body's decision is given."
            )
        case Step.SERVE if standing.decided and taken.day < standing.decided:
            yield f"Nobody was served before the decision of {standing.decided}."
        case Step.DISMISS_AS_LATE:
            yield from standing.dismissal_faults()
        case Step.FIND_IN_TIME if standing.came_late and not taken.excused.strip():
            yield (
                f"The appeal came {standing.appealed}, after {standing.appeal_until}. Dismiss it "
                "as late, or say why it is in time: our notice was wrong, or the court had it in "
                "time."
            )
        case Step.CLOSE if standing.state is State.SERVED and standing.may_be_appealed(taken.day):
            yield f"An appeal is in time until {standing.appeal_until}; close it after that day."
        case Step.CLOSE if standing.state is State.CLARIFYING and not taken.reason.strip():
            yield "A request that was never made precise is closed with a reason."


STATES: Mapping[State, Wording] = {
    State.RECEIVED: Wording("inkommen", "received"),
    State.CLARIFYING: Wording("preciseras", "being made precise"),
    State.PRECISE: Wording("söks fram", "being collected"),
    State.ASSESSING: Wording("prövas", "being assessed"),
    State.ANSWERED: Wording("besvarad", "answered"),
    State.REFUSED: Wording("besked om avslag lämnat", "refused by word"),
    State.DECISION_ASKED: Wording("beslut begärt", "decision asked for"),
    State.DECIDED: Wording("beslut fattat", "decided"),
    State.SERVED: Wording("delgivet, överklagandetid löper", "served, time for appeal runs"),
    State.APPEALED: Wording("överklagad, rättidsprövas", "appealed, timeliness is tried"),
    State.IN_TIME: Wording("överklagad i rätt tid", "appealed in time"),
    State.IN_COURT: Wording("överlämnad till domstol", "handed to the court"),
    State.JUDGED: Wording("dom meddelad", "judged"),
    State.CLOSED: Wording("avslutad", "closed"),
}
DONE: Mapping[Step, Wording] = {
    Step.ASK_BACK: Wording("Bad om precisering", "Asked what is meant"),
    Step.MAKE_PRECISE: Wording("Preciserad", "Made precise"),
    Step.ASSESS: Wording("Prövning påbörjad", "Assessment begun"),
    Step.RELEASE_PART: Wording("En del lämnad ut", "A part given out"),
    Step.READ_ON_SITE: Wording("Läst på stället", "Read on the spot"),
    Step.ANSWER: Wording("Besvarad", "Answered"),
    Step.ASK_FOR_DECISION: Wording("Skriftligt beslut begärt", "Written decision asked for"),
    Step.DECIDE: Wording("Beslut fattat", "Decided"),
    Step.SERVE: Wording("Delgivet", "Served"),
    Step.APPEAL: Wording("Överklagande inkommet", "Appeal received"),
    Step.FIND_IN_TIME: Wording("Prövat som inkommet i rätt tid", "Found to be in time"),
    Step.DISMISS_AS_LATE: Wording("Avvisat som för sent inkommet", "Dismissed as late"),
    Step.HAND_TO_COURT: Wording(
        "Överlämnat till kammarrätten", "Handed to the administrative court of appeal"
    ),
    Step.JUDGE: Wording("Dom meddelad", "Judged"),
    Step.CHANGE_DECISION: Wording("Beslutet ändras", "The decision is changed"),
    Step.CLOSE: Wording("Slutligt avslutad", "Finally closed"),
    Step.REOPEN: Wording("Öppnad igen", "Opened again"),
}
ANSWERS: Mapping[Answer, Wording] = {
    Answer.RELEASED: Wording("lämnas ut", "given out"),
    Answer.MASKED: Wording("lämnas ut i maskat skick", "given out masked"),
    Answer.CONDITION: Wording("lämnas ut med förbehåll", "given out with a condition"),
    Answer.REFUSED: Wording("lämnas inte ut", "refused"),
    Answer.REFERRED: Wording("hänvisas till annan myndighet", "referred to another authority"),
    Answer.NOT_HELD: Wording("finns inte hos myndigheten", "not held"),
    Answer.NOT_OFFICIAL: Wording("är inte en allmän handling", "not an official document"),
    Answer.CANNOT_COMPILE: Wording("kan inte sammanställas", "cannot be compiled"),
}


class Court(StrEnum):
    """Where a refusal is appealed."""

    APPEAL_COURT = "kammarrätten"  # TF 2:19
    ADMINISTRATIVE_COURT = "förvaltningsrätten"  # dataskyddslagen 7:2; öppna data-lagen 5:4


class Matter(StrEnum):
    """Under which law something was refused."""

    PUBLIC_RECORD = "public_record"
    DATA_SUBJECT = "data_subject"  # GDPR arts. 12.5, 15–21
    OPEN_DATA = "open_data"  # form and fees under lag 2022:818


def court(matter: Matter) -> Court:
    """Where a refusal in such a matter is appealed."""
    if matter is Matter.PUBLIC_RECORD:
        return Court.APPEAL_COURT
    return Court.ADMINISTRATIVE_COURT

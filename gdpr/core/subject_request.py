"""A data subject's request (GDPR arts. 15–21), from the day it came in to its end.

A request is the steps that were taken, in order; where it stands, what may follow and by when all
follow from them. The law it follows:

* answered within one month of receipt; where it is needed, two months more, told with reasons
  within the first (GDPR art. 12.3). Times run by Regulation 1182/71 (`archiver.core.calendar`).
  Asking who somebody is does not stop the clock here: a day shown is never later than the true one;
* who cannot be told from others may be asked for more (art. 12.6): what is recorded is *how*
  somebody was identified, never what was shown;
* a refusal, also in part, gives its reasons and how to complain and appeal (art. 12.4). It is
  decided by somebody with the mandate, and appealed to förvaltningsrätten within three weeks
  (dataskyddslagen 7:2, FL 44 §), also where the request was unfounded (art. 12.5);
* an objection is answered after its grounds were weighed against the authority's (art. 21.1);
* erasure is answered for the platform, the register and the archive apart: what an authority holds
  is disposed of under a decision only (art. 17.3 b and d, arkivlagen 10 §);
* a restriction lasts until it is lifted, of which the data subject is told first (art. 18.3).

Pure: days are parameters, and a step that cannot follow is refused with what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import reduce

from archiver.core.calendar import TimeLaw, Unit, deadline
from archiver.core.procedure import Appealable, Procedure
from gdpr.core.erasure import Part
from gdpr.core.erasure import faults as split_faults

MONTHS, MORE_MONTHS = 1, 2  # GDPR art. 12.3
SOON = 7  # days before the last one, when the clock turns amber


class Right(StrEnum):
    """Which right is claimed."""

    ACCESS = "access"  # art. 15
    RECTIFICATION = "rectification"  # 16
    ERASURE = "erasure"  # 17
    RESTRICTION = "restriction"  # 18
    PORTABILITY = "portability"  # 20
    OBJECTION = "objection"  # 21


class State(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    IDENTIFYING = "identifying"  # more was asked for, to tell who it is
    IDENTIFIED = "identified"
    COLLECTED = "collected"  # the records that it concerns are named
    ANSWERED = "answered"  # as was asked
    REFUSED = "refused"  # all or part of it, by a decision
    SERVED = "served"  # the time for appeal runs
    APPEALED = "appealed"
    IN_TIME = "in_time"
    IN_COURT = "in_court"
    JUDGED = "judged"
    CLOSED = "closed"


class Step(StrEnum):
    """What was done."""

    ASK_IDENTITY = "ask_identity"
    CONFIRM_IDENTITY = "confirm_identity"
    COLLECT = "collect"
    EXTEND = "extend"
    RECTIFY = "rectify"
    WEIGH = "weigh"
    ANSWER = "answer"
    SERVE = "serve"
    APPEAL = "appeal"
    FIND_IN_TIME = "find_in_time"
    DISMISS_AS_LATE = "dismiss_as_late"
    HAND_TO_COURT = "hand_to_court"
    JUDGE = "judge"
    LIFT = "lift"
    CLOSE = "close"
    REOPEN = "reopen"


class Identified(StrEnum):
    """How somebody was told from others. No number, copy or picture of what was shown is kept."""

    E_ID = "e_id"
    SHOWN_DOCUMENT = "shown_document"
    KNOWN_ACCOUNT = "known_account"  # wrote from the very account that the records are by
    REGISTERED_ADDRESS = "registered_address"
    AGENT = "agent"  # an agent with a power of attorney
    NOT_NEEDED = "not_needed"


class Answer(StrEnum):
    """What the answer was."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    NOT_HELD = "not_held"  # nothing about the person is processed: art. 15.1 is answered by that
    NOT_APPLICABLE = "not_applicable"  # the right is not there for this processing (art. 20.3)
    UNFOUNDED = "unfounded"  # manifestly unfounded or excessive (art. 12.5)


# What is a refusal, in part at least: decided, with reasons, and open to appeal.
REFUSALS = frozenset({Answer.PARTLY, Answer.REFUSED, Answer.NOT_APPLICABLE, Answer.UNFOUNDED})

_OPEN = frozenset({State.RECEIVED, State.IDENTIFYING, State.IDENTIFIED, State.COLLECTED})
_ANSWERED = frozenset({State.ANSWERED, State.REFUSED, State.SERVED, State.JUDGED})
_PROCEDURE = Procedure(
    {
        Step.ASK_IDENTITY: ({State.RECEIVED, State.IDENTIFYING}, State.IDENTIFYING),
        Step.CONFIRM_IDENTITY: (
            {State.RECEIVED, State.IDENTIFYING, State.IDENTIFIED},
            State.IDENTIFIED,
        ),
        Step.COLLECT: ({State.IDENTIFIED, State.COLLECTED}, State.COLLECTED),
        Step.EXTEND: (_OPEN, None),
        Step.RECTIFY: ({State.COLLECTED}, None),
        Step.WEIGH: ({State.IDENTIFIED, State.COLLECTED}, None),
        Step.ANSWER: (_OPEN, None),  # ANSWERED or REFUSED, by the answer
        Step.SERVE: ({State.REFUSED}, State.SERVED),
        Step.APPEAL: ({State.REFUSED, State.SERVED}, State.APPEALED),
        Step.FIND_IN_TIME: ({State.APPEALED}, State.IN_TIME),
        Step.DISMISS_AS_LATE: ({State.APPEALED}, State.SERVED),
        Step.HAND_TO_COURT: ({State.IN_TIME}, State.IN_COURT),
        Step.JUDGE: ({State.IN_COURT}, State.JUDGED),
        Step.LIFT: (_ANSWERED, None),
        Step.CLOSE: (_ANSWERED, State.CLOSED),
        Step.REOPEN: ({State.CLOSED, State.JUDGED, State.ANSWERED}, State.COLLECTED),
    },
    remedy="Take the steps in their order.",
)
# Steps of one right only.
_OF_RIGHT = {Step.WEIGH: Right.OBJECTION, Step.RECTIFY: Right.RECTIFICATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step as it was taken, on a Swedish day, by a user.

    `how`: of CONFIRM_IDENTITY. `answer`, `reason`, `told` (of reasons, of complaint to IMY and of
    appeal) and `split` (of an erasure): of ANSWER. A decision rests on a provision of the
    delegation (`mandate`) or is the authority's own body's (`body`). `reason` also of EXTEND,
    where `told` says that the person was told. `ours` and `theirs`: the two sides of WEIGH.
    `excused`: why a late appeal is in time (FL 45 §). `records`: of COLLECT; `digest`: SHA-256 of
    an extract that was given, hex.
    """

    step: Step
    day: date
    actor: int
    how: Identified | None = None
    answer: Answer | None = None
    told: bool = False
    mandate: str = ""
    body: str = ""
    reason: str = ""
    excused: str = ""
    ours: str = ""
    theirs: str = ""
    digest: str = ""
    split: tuple[Part, ...] = ()
    records: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Appealable):
    """Where a request stands after its steps. `received`: the day it came in; `restricts`: a
    restriction was granted and is not `lifted`; `records`: what it concerns."""

    right: Right
    received: date
    state: State = State.RECEIVED
    how: Identified | None = None
    extended: bool = False
    weighed: bool = False
    rectified: int = 0
    restricts: bool = False
    lifted: bool = False
    answer: Answer | None = None
    answered: date | None = None
    records: tuple[int, ...] = field(default=())

    @property
    def first_month_ends(self) -> date:
        """The last day of the first month: for an answer, or to tell that it takes longer."""
        return deadline(self.received, MONTHS, Unit.MONTHS, TimeLaw.EU)

    @property
    def due(self) -> date:
        """The last day for an answer."""
        months = MONTHS + MORE_MONTHS if self.extended else MONTHS
        return deadline(self.received, months, Unit.MONTHS, TimeLaw.EU)

    @property
    def waits(self) -> bool:
        """Whether no answer was given yet."""
        return self.state in _OPEN

    @property
    def holds(self) -> bool:
        """Whether what it concerns is held from disposal: once it is named, until all is over; a
        search holds nothing."""
        over = self.lifted or self.state is State.CLOSED
        return self.restricts or (bool(self.records) and not over)


class Light(StrEnum):
    """The colour of the clock."""

    GREEN = "green"
    AMBER = "amber"  # a week or less is left
    RED = "red"  # the time has run out
    OUT = "out"  # it is answered


def light(standing: Standing, today: date) -> Light:
    """How urgent it is."""
    if not standing.waits:
        return Light.OUT
    left = (standing.due - today).days
    if left < 0:
        return Light.RED
    return Light.AMBER if left <= SOON else Light.GREEN


def after(right: Right, received: date, steps: Iterable[Taken]) -> Standing:
    """Where a request that came in on a day stands after its steps. `RuleViolation` for a step
    that could not be taken, with what is missing."""
    return reduce(take, steps, Standing(right=right, received=received))


def take(standing: Standing, taken: Taken) -> Standing:
    """Where it stands after one more step. `RuleViolation` that says why it cannot be taken."""
    _PROCEDURE.refuse(faults(standing, taken))
    went = replace(standing, state=leads_to(taken.step, taken.answer) or standing.state)
    match taken.step:
        case Step.CONFIRM_IDENTITY:
            return replace(went, how=taken.how)
        case Step.COLLECT:
            return replace(went, records=taken.records)
        case Step.EXTEND:
            return replace(went, extended=True)
        case Step.RECTIFY:
            return replace(went, rectified=standing.rectified + 1)
        case Step.WEIGH:
            return replace(went, weighed=True)
        case Step.ANSWER:
            granted = taken.answer in (Answer.GRANTED, Answer.PARTLY)
            return replace(
                went,
                answer=taken.answer,
                answered=standing.answered or taken.day,
                restricts=granted and standing.right is Right.RESTRICTION,
                served=None,
                appealed=None,
                late=False,
            )
        case Step.SERVE:
            return replace(went, served=taken.day)
        case Step.APPEAL:
            return replace(went, appealed=taken.day)
        case Step.DISMISS_AS_LATE:
            return replace(went, late=True)
        case Step.LIFT:
            return replace(went, restricts=False, lifted=True)
        case Step.REOPEN:
            return replace(went, lifted=False, answer=None, served=None, appealed=None, late=False)
    return went


def is_decided(taken: Taken) -> bool:
    """Whether a step is a decision, which needs the mandate for it."""
    return taken.step is Step.DISMISS_AS_LATE or taken.answer in REFUSALS


def leads_to(step: Step, answer: Answer | None) -> State | None:
    """Where a step leads; None if it leaves a request where it is."""
    if step is Step.ANSWER:
        return State.REFUSED if answer in REFUSALS else State.ANSWERED
    return _PROCEDURE.leads_to(step)


def possible(standing: Standing) -> list[Step]:
    """The steps that may follow, in the order of the list above."""
    left_out = {step for step, right in _OF_RIGHT.items() if right is not standing.right}
    if not standing.restricts:
        left_out.add(Step.LIFT)
    if standing.extended:
        left_out.add(Step.EXTEND)
    return [one for one in _PROCEDURE.possible(standing.state) if one not in left_out]


def faults(standing: Standing, taken: Taken) -> Iterator[str]:
    """Why a step cannot be taken; nothing if it can."""
    if taken.step not in possible(standing):
        yield f"{taken.step} cannot follow while the request is {standing.state}."
        return
    if taken.day < standing.received:
        yield f"{taken.step} lies before the day the request came in, {standing.received}."
    match taken.step:
        case Step.CONFIRM_IDENTITY if taken.how is None:
            yield "Say how the person was identified."
        case Step.COLLECT if not taken.records:
            yield "Name the records that the request concerns, or answer that nothing is held."
        case Step.EXTEND:
            yield from _extension_faults(standing, taken)
        case Step.RECTIFY if not taken.records:
            yield "A rectification names the record that its note stands beside."
        case Step.WEIGH if not (taken.ours.strip() and taken.theirs.strip()):
            yield "A weighing has two sides: the authority's grounds and the person's (art. 21.1)."
        case Step.ANSWER:
            yield from _answer_faults(standing, taken)
        case Step.SERVE if standing.answered and taken.day < standing.answered:
            yield f"Nobody was served before the decision of {standing.answered}."
        case Step.DISMISS_AS_LATE | Step.FIND_IN_TIME:
            yield from _time_faults(standing, taken)
        case Step.LIFT if not (taken.told and taken.reason.strip()):
            yield "Before a restriction is lifted the person is told, with why (GDPR art. 18.3)."
        case Step.CLOSE:
            yield from _closing_faults(standing, taken)


def _extension_faults(standing: Standing, taken: Taken) -> Iterator[str]:
    if not (taken.reason.strip() and taken.told):
        yield "More time needs a reason, and the person is told of both (GDPR art. 12.3)."
    if taken.day > standing.first_month_ends:
        yield f"More time could be taken until {standing.first_month_ends}; it is too late."


def _answer_faults(standing: Standing, taken: Taken) -> Iterator[str]:
    answer = taken.answer
    if answer is None:
        yield "An answer says what it was: granted, partly, refused …"
        return
    if standing.right is Right.PORTABILITY and answer is Answer.GRANTED:
        yield "There is no right to portability where neither consent nor a contract is the basis."
    if answer in (Answer.GRANTED, Answer.PARTLY):
        if standing.how is None:
            yield "Say how the person was identified before anything is given or done."
        if not standing.records:
            yield "Name the records that it concerns first."
        if standing.right is Right.RECTIFICATION and not standing.rectified:
            yield "Note what is rectified first: a granted rectification stands beside a record."
    if standing.right is Right.OBJECTION and answer is not Answer.NOT_HELD and not standing.weighed:
        yield "Weigh the grounds of both sides first (GDPR art. 21.1)."
    if standing.right is Right.ERASURE and answer not in (Answer.NOT_HELD, Answer.UNFOUNDED):
        yield from split_faults(taken.split, granted=answer is Answer.GRANTED)
    if answer in REFUSALS:
        if not taken.reason.strip():
            yield "A refusal gives its reasons (GDPR art. 12.4)."
        if not (taken.mandate.strip() or taken.body.strip()):
            yield "A refusal is decided by whom the delegation names; no mandate is given."
        if not taken.told:
            yield "A refusal tells of complaint to IMY and of appeal (GDPR art. 12.4)."


def _time_faults(standing: Standing, taken: Taken) -> Iterator[str]:
    """What speaks against trying an appeal as in time, or as late (FL 45 §)."""
    if taken.step is Step.DISMISS_AS_LATE:
        yield from standing.dismissal_faults()
        if not (taken.mandate.strip() or taken.body.strip()):
            yield "An appeal is dismissed by whom the delegation names; no mandate is given."
    elif standing.came_late and not taken.excused.strip():
        came, until = standing.appealed, standing.appeal_until
        yield f"The appeal came {came}, after {until}. Dismiss it as late, or say why it is not."


def _closing_faults(standing: Standing, taken: Taken) -> Iterator[str]:
    if standing.restricts:
        yield "The restriction is in force: lift it first, and tell the person before."
    if standing.state is State.REFUSED:
        yield "The decision is not served: nobody knows yet until when it can be appealed."
    if standing.state is State.SERVED and standing.may_be_appealed(taken.day):
        yield f"An appeal is in time until {standing.appeal_until}; close it after that day."

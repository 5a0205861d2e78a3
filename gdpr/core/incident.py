"""A personal data breach (personuppgiftsincident): what is recorded, the 72 hours, the phases.

Every breach is recorded, also one that is not notified (GDPR art. 33.5). The law it follows:

* notified to IMY within 72 hours of becoming known, unless a risk is unlikely; later than that,
  with the reason for the delay (art. 33.1). Hours are elapsed time: they roll past no holiday and
  know no summer time (Regulation 1182/71 art. 3.4);
* the notification says what art. 33.3 lists; what is not known yet follows in phases
  (GDPR art. 33.4);
* where the risk is high the data subjects are told, unless one of art. 34.3's reasons holds.

Pure: instants are parameters, in milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from archiver.core.calendar import HOUR, hours_after
from archiver.core.procedure import Procedure
from archiver.core.reason import Wording

HOURS = 72
SOON = 24  # hours left when the clock turns amber


class Risk(StrEnum):
    """How likely harm is to people's rights and freedoms."""

    UNLIKELY = "unlikely"  # not notified; recorded with why
    RISK = "risk"
    HIGH = "high"


class State(StrEnum):
    """Whether it is worked on."""

    OPEN = "open"
    CLOSED = "closed"


class Step(StrEnum):
    """What was done."""

    ASSESS = "assess"
    NOTIFY = "notify"  # IMY was notified: the first phase
    SUPPLEMENT = "supplement"  # … and told more
    TELL = "tell"  # the data subjects were told
    DECIDE_NOT_TO_TELL = "decide_not_to_tell"  # by one of art. 34.3's reasons
    MEASURE = "measure"
    CLOSE = "close"
    REOPEN = "reopen"


_OPEN = {State.OPEN}
_PROCEDURE = Procedure(
    {
        Step.ASSESS: (_OPEN, None),
        Step.NOTIFY: (_OPEN, None),
        Step.SUPPLEMENT: (_OPEN, None),
        Step.TELL: (_OPEN, None),
        Step.DECIDE_NOT_TO_TELL: (_OPEN, None),
        Step.MEASURE: (_OPEN, None),
        Step.CLOSE: (_OPEN, State.CLOSED),
        Step.REOPEN: ({State.CLOSED}, State.OPEN),
    },
    remedy="Say what is missing.",
)
leads_to = _PROCEDURE.leads_to


class NotTold(StrEnum):
    """Why data subjects need not be told (GDPR art. 34.3)."""

    PROTECTED = "protected"  # a: what leaked cannot be read
    AVERTED = "averted"  # b: the high risk is over
    DISPROPORTIONATE = "disproportionate"  # c: told publicly instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What art. 33.3 asks for. `subjects` and `records` are approximate numbers, None: not known
    yet. Categories are named, never persons."""

    nature: str = ""
    subject_categories: str = ""
    subjects: int | None = None
    record_categories: str = ""
    records: int | None = None
    contact: str = ""
    consequences: str = ""
    measures: str = ""

    def missing(self) -> list[str]:
        """The points of art. 33.3 that nothing is said of, by name."""
        needed = {
            "nature": self.nature,
            "subject_categories": self.subject_categories,
            "subjects": "" if self.subjects is None else "known",
            "record_categories": self.record_categories,
            "records": "" if self.records is None else "known",
            "contact": self.contact,
            "consequences": self.consequences,
            "measures": self.measures,
        }
        return [name for name, said in needed.items() if not said.strip()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step as it was taken, at an instant, by a user. `risk`: of ASSESS. `content`, `reference`
    (IMY's number) and `delay` (why it was late): of NOTIFY and SUPPLEMENT. `not_told`: of
    DECIDE_NOT_TO_TELL. `reason`: why, or what was done, in words."""

    step: Step
    at: int
    actor: int
    risk: Risk | None = None
    content: Content | None = None
    reference: str = ""
    delay: str = ""
    not_told: NotTold | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an incident stands. `known_at`: when the authority became aware, which the hours run
    from; `notified_at`: when IMY was."""

    known_at: int
    state: State = State.OPEN
    risk: Risk | None = None
    content: Content = Content()
    notified_at: int | None = None
    phases: int = 0
    delay: str = ""
    subjects_told: bool | None = None  # False: decided not to

    @property
    def closed(self) -> bool:
        """Whether nothing is done about it any more."""
        return self.state is State.CLOSED

    @property
    def due_at(self) -> int:
        """The instant the 72 hours are over."""
        return hours_after(self.known_at, HOURS)

    @property
    def clock_runs(self) -> bool:
        """Whether IMY waits for a notification that may have to come."""
        return self.notified_at is None and self.risk is not Risk.UNLIKELY and not self.closed

    def hours_left(self, now: int) -> int:
        """Whole hours left, rounded down; negative once the time is over."""
        return (self.due_at - now) // HOUR


class Light(StrEnum):
    """The colour of the clock."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    OUT = "out"  # no clock runs


def light(standing: Standing, now: int) -> Light:
    """How urgent it is."""
    if not standing.clock_runs:
        return Light.OUT
    if now > standing.due_at:
        return Light.RED
    return Light.AMBER if standing.due_at - now <= SOON * HOUR else Light.GREEN


def after(known_at: int, steps: Iterable[Taken]) -> Standing:
    """Where an incident stands after its steps; `RuleViolation` for one that cannot be taken."""
    return reduce(take, steps, Standing(known_at=known_at))


def take(standing: Standing, taken: Taken) -> Standing:
    """Where it stands after one more step. `RuleViolation` that says why it cannot be taken."""
    _PROCEDURE.refuse(faults(standing, taken))
    went = replace(standing, state=leads_to(taken.step) or standing.state)
    match taken.step:
        case Step.ASSESS:
            return replace(went, risk=taken.risk)
        case Step.NOTIFY | Step.SUPPLEMENT:
            assert taken.content is not None
            return replace(
                went,
                content=taken.content,
                notified_at=taken.at if standing.notified_at is None else standing.notified_at,
                phases=standing.phases + 1,
                delay=standing.delay or taken.delay,
            )
        case Step.TELL:
            return replace(went, subjects_told=True)
        case Step.DECIDE_NOT_TO_TELL:
            return replace(went, subjects_told=False)
    return went


def possible(standing: Standing) -> list[Step]:
    """The steps that may follow."""
    other = Step.SUPPLEMENT if standing.notified_at is None else Step.NOTIFY
    return [step for step in _PROCEDURE.possible(standing.state) if step is not other]


def faults(standing: Standing, taken: Taken) -> Iterator[str]:
    """Why a step cannot be taken; nothing if it can."""
    if taken.step not in possible(standing):
        yield f"{taken.step} cannot follow here."
        return
    if taken.at < standing.known_at:
        yield f"{taken.step} lies before the authority became aware of the breach."
    match taken.step:
        case Step.ASSESS if taken.risk is None or not taken.reason.strip():
            yield "An assessment says how likely harm is, and why (GDPR art. 33.5)."
        case Step.NOTIFY | Step.SUPPLEMENT:
            yield from _notification_faults(standing, taken)
        case Step.DECIDE_NOT_TO_TELL if taken.not_told is None or not taken.reason.strip():
            yield "Say which of art. 34.3's reasons holds, and why."
        case Step.TELL | Step.MEASURE if not taken.reason.strip():
            yield "Say what was done, and how."
        case Step.CLOSE:
            yield from _closing_faults(standing)


def _notification_faults(standing: Standing, taken: Taken) -> Iterator[str]:
    content = taken.content
    if content is None or not (content.nature.strip() and content.contact.strip()):
        yield "A notification says at least what happened and who answers for it (art. 33.3 a, b)."
    late = taken.step is Step.NOTIFY and taken.at > standing.due_at
    if late and not taken.delay.strip():
        yield "The 72 hours are over: give the reason for the delay (GDPR art. 33.1)."


def _closing_faults(standing: Standing) -> Iterator[str]:
    if standing.risk is None:
        yield "Assess the risk first: also what is not notified is recorded with why."
    if standing.risk in (Risk.RISK, Risk.HIGH):
        if standing.notified_at is None:
            yield "There is a risk: notify IMY first, late if need be."
        elif missing := standing.content.missing():
            yield f"The notification says nothing yet of: {', '.join(missing)} (art. 33.3)."
    if standing.risk is Risk.HIGH and standing.subjects_told is None:
        yield "The risk is high: tell the data subjects, or decide why not (GDPR art. 34)."


RISKS: Mapping[Risk, Wording] = {
    Risk.UNLIKELY: Wording("osannolik risk", "a risk is unlikely"),
    Risk.RISK: Wording("risk", "a risk"),
    Risk.HIGH: Wording("hög risk", "a high risk"),
}
STEPS: Mapping[Step, Wording] = {
    Step.ASSESS: Wording("Bedöm risken", "assess the risk"),
    Step.NOTIFY: Wording("Anteckna anmälan till IMY", "note the notification to IMY"),
    Step.SUPPLEMENT: Wording("Komplettera anmälan", "supplement the notification"),
    Step.TELL: Wording("Anteckna att de registrerade informerats", "data subjects were told"),
    Step.DECIDE_NOT_TO_TELL: Wording("Besluta att inte informera", "decide not to tell them"),
    Step.MEASURE: Wording("Anteckna åtgärd", "note a measure"),
    Step.CLOSE: Wording("Avsluta", "close"),
    Step.REOPEN: Wording("Öppna igen", "reopen"),
}
NOT_TOLD: Mapping[NotTold, Wording] = {
    NotTold.PROTECTED: Wording("uppgifterna är oläsbara (34.3 a)", "unreadable (34.3 a)"),
    NotTold.AVERTED: Wording("risken är undanröjd (34.3 b)", "the risk is over (34.3 b)"),
    NotTold.DISPROPORTIONATE: Wording(
        "oproportionerligt, allmänheten informeras (34.3 c)", "told publicly instead (34.3 c)"
    ),
}

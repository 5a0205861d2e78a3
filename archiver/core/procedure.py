"""A matter (a request, an incident) is the steps that were taken: a table says which may follow.

Each kind of matter has its table and what each of its steps needs; where a matter stands is its
steps, folded. What cannot follow is refused with what is missing, and nothing is changed. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from archiver.core.calendar import TimeLaw, Unit, deadline
from archiver.core.canonical import Json
from archiver.errors import RuleViolation

APPEAL_WEEKS = 3  # FL 44 §
Step = TypeVar("Step", bound=StrEnum)
State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Procedure(Generic[Step, State]):
    """`ways`: from which states each step may be taken, and where it leads; None: it stays where it
    is, or what was said with the step decides. `remedy`: what to do about a step that cannot."""

    ways: Mapping[Step, tuple[Collection[State], State | None]]
    remedy: str

    def possible(self, state: State) -> list[Step]:
        """The steps that may follow, in the table's order."""
        return [step for step, (states, _) in self.ways.items() if state in states]

    def leads_to(self, step: Step) -> State | None:
        """Where a step leads; None if the table leaves a matter where it is."""
        return self.ways[step][1]

    def refuse(self, faults: Iterable[str]) -> None:
        """`RuleViolation` with the first of the faults, if there is one."""
        for fault in faults:
            raise RuleViolation(fault, remedy=f"Nothing was changed. {self.remedy}")


def step_fields(
    of: int,
    authority: int,
    step: StrEnum,
    actor: int,
    *,
    codes: Mapping[str, StrEnum | None],
    words: Mapping[str, str],
) -> dict[str, Json]:
    """What every step is sealed with: the matter it is `of`, whose that is, who took it, and its
    codes and words; what is empty is left out."""
    said: dict[str, Json] = {"of": of, "authority": authority, "step": step.value, "actor": actor}
    said |= {name: code.value for name, code in codes.items() if code is not None}
    return said | {name: text for name, text in words.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealable:
    """What becomes of a decision: the day it was `served`, the day an appeal against it came in,
    and whether the last one was dismissed as `late` (FL 2017:900 44-45 §§)."""

    served: date | None = None
    appealed: date | None = None
    late: bool = False

    @property
    def appeal_until(self) -> date | None:
        """The last day on which an appeal is in time; None until the decision is served."""
        if self.served is None:
            return None
        return deadline(self.served, APPEAL_WEEKS, Unit.WEEKS, TimeLaw.SWEDISH)

    @property
    def came_late(self) -> bool:
        """Whether the appeal that came in did so after its last day."""
        until, came = self.appeal_until, self.appealed
        return until is not None and came is not None and came > until

    def may_be_appealed(self, day: date) -> bool:
        """Whether an appeal that comes in on a day is known to be in time."""
        return (until := self.appeal_until) is not None and day <= until

    def dismissal_faults(self) -> Iterable[str]:
        """What speaks against dismissing the appeal as late (FL 45 §)."""
        if self.appeal_until is None:
            yield "The day of service is not known: an appeal cannot be dismissed as late."
        elif not self.came_late:
            came, until = self.appealed, self.appeal_until
            yield f"The appeal came in time: {came}, and the last day was {until}."

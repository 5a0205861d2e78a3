"""What a registrar decides of something that came in: the outcomes, and what each one needs.

Levels (OSL 2009:400 5:1): 0 obviously of little importance, neither registered nor kept in order;
1 kept in order, the archive itself being the order; 2 registered; 3 registered in a case; 4 as 2 or
3, with what may be secret apart. Level 0 changes registration only: the bytes stay until a disposal
authority covers them (arkivlagen 1990:782 10 §). What is registered in another system, or handed
over, is decided on and takes no number here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from archiver.core.canonical import Json
from archiver.registry.core.entry import MAX_NAME, MAX_REASON, day_number, line

MAX_AT_ONCE = 200  # records in one decision
MAX_SYSTEM = 100


class Outcome(StrEnum):
    """What was decided."""

    MINOR = "minor"  # level 0
    KEPT_IN_ORDER = "kept_in_order"  # level 1
    REGISTERED = "registered"  # levels 2 to 4, here
    ELSEWHERE = "elsewhere"  # registered in another system
    HANDED_OVER = "handed_over"  # to somebody who answers


LEVELS: Mapping[Outcome, int] = {Outcome.MINOR: 0, Outcome.KEPT_IN_ORDER: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where a record was registered instead: the system, the number there, and the Swedish day."""

    system: str
    number: str
    day: str

    def checked(self) -> Elsewhere:
        """Made plain; `ConfigError` for what is missing."""
        day_number(self.day)
        return Elsewhere(
            system=line(self.system, "other system", MAX_SYSTEM),
            number=line(self.number, "number in the other system", MAX_SYSTEM),
            day=self.day,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """To whom records go, by which way, and when an answer is due (milliseconds UTC; None: none
    is expected). `to` names a unit or a function, and a person only where that is what it takes."""

    to: str
    way: str
    due: int | None = None

    def checked(self) -> Handover:
        """Made plain; `ConfigError` for what is missing."""
        return Handover(
            to=line(self.to, "recipient", MAX_NAME),
            way=line(self.way, "way it is handed over", MAX_SYSTEM),
            due=self.due,
        )


class HandoverStep(StrEnum):
    """What is noted of a handover afterwards."""

    RECEIVED = "received"  # the recipient has it
    ANSWERED = "answered"
    ESCALATED = "escalated"  # it was late, and somebody was told


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision on records of one authority. `trigger` is the suggestion that was followed, empty
    for none; `draft` (16 bytes) tells one asking from another."""

    authority: int
    records: tuple[int, ...]
    outcome: Outcome
    note: str = ""
    trigger: str = ""
    elsewhere: Elsewhere | None = None
    handover: Handover | None = None
    draft: bytes = b""


def payload(decision: Decision, *, actor: int) -> dict[str, Json]:
    """A decision as it is sealed; no empty fields."""
    fields: dict[str, Json] = {
        "authority": decision.authority,
        "records": list(decision.records),
        "outcome": decision.outcome.value,
        "actor": actor,
    }
    if decision.outcome in LEVELS:
        fields["level"] = LEVELS[decision.outcome]
    if decision.note:
        fields["note"] = line(decision.note, "note", MAX_REASON)
    if decision.trigger:
        fields["trigger"] = decision.trigger
    if decision.elsewhere is not None:
        there = decision.elsewhere.checked()
        fields["elsewhere"] = {"system": there.system, "number": there.number, "day": there.day}
    if decision.handover is not None:
        to = decision.handover.checked()
        due = {} if to.due is None else {"due": to.due}
        fields["handover"] = {"to": to.to, "way": to.way, **due}
    if decision.draft:
        fields["draft"] = decision.draft.hex()
    return fields


def decision(fields: Mapping[str, Any]) -> Decision:
    """A decision, from what was sealed."""
    there, to = fields.get("elsewhere"), fields.get("handover")
    return Decision(
        authority=fields["authority"],
        records=tuple(fields["records"]),
        outcome=Outcome(fields["outcome"]),
        note=fields.get("note", ""),
        trigger=fields.get("trigger", ""),
        elsewhere=Elsewhere(**there) if there else None,
        handover=Handover(**to) if to else None,
        draft=bytes.fromhex(fields.get("draft", "")),
    )

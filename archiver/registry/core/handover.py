"""How a handover stands: waiting for its receipt, for its answer, late, or done. Pure.

What is handed over is answered for by somebody else, but the authority still answers for that it
is dealt with (FL 2017:900 9 §, OSL 2009:400 5:1): so there is an internal deadline, a receipt to
wait for, and a reminder when either is late. A receipt closes a handover that expects no answer;
an answer closes every one. Times are instants in milliseconds UTC, waiting is in working days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from archiver.core.calendar import add_working_days, day_ends, stockholm_date
from archiver.registry.core.triage import Decision, HandoverStep

RECEIPT_DAYS = 2  # working days a receipt is waited for, unless set otherwise
MAX_NUMBER = 100  # characters of the recipient's number


class Standing(StrEnum):
    """How a handover stands."""

    RECEIPT = "receipt"  # nobody has said that they have it
    ANSWER = "answer"
    LATE = "late"  # either should have come by now
    DONE = "done"


class Cause(StrEnum):
    """What is late."""

    RECEIPT = "receipt"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was noted of a handover. `number`: the recipient's own; `manifest`: the digest
    of the package that they say they have; `stage`: which reminder an escalation was."""

    seq: int
    at: int
    actor: int
    step: HandoverStep
    note: str = ""
    number: str = ""
    manifest: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A handover as it stands, with what was noted of it, oldest first. `receipt_due`: when its
    receipt should have come; `closed`: when nothing more was waited for."""

    seq: int
    at: int
    actor: int
    authority: int
    decision: Decision
    received: int | None
    answered: int | None
    closed: int | None
    receipt_due: int
    standing: Standing
    notes: tuple[Note, ...] = ()

    @property
    def newest(self) -> int:
        """The newest thing known of it: tells whether it was changed since it was read."""
        return max([self.seq, *(one.seq for one in self.notes)])

    @property
    def due(self) -> int | None:
        """When its answer should be there; None if none is expected."""
        return self.decision.handover.due if self.decision.handover else None

    @property
    def number(self) -> str:
        """The recipient's number, as it was said last."""
        return next((one.number for one in reversed(self.notes) if one.number), "")

    @property
    def cause(self) -> Cause:
        """What is waited for next: what `late` is about."""
        return Cause.RECEIPT if self.received is None else Cause.ANSWER


def receipt_due(at: int, days: int) -> int:
    """When the receipt of what was handed over at an instant should have come: when so many working
    days are over, the day itself not counted."""
    return day_ends(add_working_days(stockholm_date(at), days))


def late_before(now: int, days: int) -> int:
    """The instant before which everything that was handed over should have its receipt by now."""
    day = stockholm_date(now)
    while day_ends(add_working_days(day, days)) > now:
        day -= timedelta(days=1)
    return day_ends(day)


def standing(
    now: int, *, at: int, due: int | None, received: int | None, closed: int | None, days: int
) -> Standing:
    """How a handover that was made at `at` stands at `now`."""
    if closed is not None:
        return Standing.DONE
    if due is not None and due <= now:
        return Standing.LATE
    if received is None:
        return Standing.LATE if receipt_due(at, days) <= now else Standing.RECEIPT
    return Standing.ANSWER


def late_since(*, at: int, due: int | None, received: int | None, days: int) -> tuple[Cause, int]:
    """What is late of a handover that is, and since when."""
    waited = receipt_due(at, days)
    if received is None and (due is None or waited <= due):
        return Cause.RECEIPT, waited
    if received is None:
        return Cause.RECEIPT, due if due is not None else waited
    assert due is not None
    return Cause.ANSWER, due

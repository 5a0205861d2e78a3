"""What is told of single matters: handovers that are late, and records that were stopped. Pure.

A late handover is told of in steps: first whoever is on duty (without anybody on duty the first
recipient), then the next recipient, then all of them. Each step is told of once, the next one when
so many working days have gone by since the one before was taken over; what ends it is the receipt
or the answer. A step that nobody takes over for a day goes to the addresses of the next one too.
What is late anew (the answer, after the receipt came) begins with the first step.
The emergency stop is told of once, to everybody. Of neither anything is said but its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archiver.core.alert import Kind, Severity
from archiver.core.calendar import add_working_days, stockholm_date
from archiver.notify.alert import Condition

STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """A handover that is late: of which authority (its code), of what (`cause`: "receipt" or
    "answer"), since when, and the reminders that were sent: (stage, instant)."""

    handover: int
    code: str
    cause: str
    since: int
    sent: tuple[tuple[str, int], ...] = ()


def stage(cause: str, step: int) -> str:
    """The code of a step."""
    return f"{cause}_{step}"


def of_handovers(now: int, overdue: Iterable[Overdue], *, step_days: int) -> list[Condition]:
    """What is to be said of late handovers at `now` (milliseconds UTC)."""
    found = []
    for one in overdue:
        mine = [at for name, at in one.sent if name.startswith(f"{one.cause}_")]
        step = len(mine) + 1
        if step > STEPS or (mine and not _is_over(now, mine[-1], step_days)):
            continue
        found.append(
            Condition(
                kind=Kind.HANDOVER,
                severity=Severity.ORDINARY,
                since=one.since,
                reasons=(stage(one.cause, step),),
                item=one.handover,
                step=step,
                code=one.code,
            )
        )
    return found


def _is_over(now: int, since: int, days: int) -> bool:
    """Whether it is as many working days later, at the same time of the day or later."""
    later = add_working_days(stockholm_date(since), days)
    return now - since >= (later - stockholm_date(since)).days * 86_400_000


def of_stopped(stopped: Iterable[tuple[int, str, int]]) -> list[Condition]:
    """What is to be said of stopped records: (record, its authority's code, since when)."""
    return [
        Condition(
            kind=Kind.STOPPED,
            severity=Severity.URGENT,
            since=at,
            reasons=(Kind.STOPPED.value,),
            item=record,
            code=code,
        )
        for record, code, at in stopped
    ]


def whom(step: int, duty: Sequence[str], recipients: Sequence[str]) -> tuple[str, ...]:
    """The addresses that a step goes to. Whoever is missing is passed over: as long as there is
    anybody at all, somebody is told."""
    first = tuple(duty) or tuple(recipients[:1])
    rest = [one for one in recipients if one not in first]
    match step:
        case 1:
            return first
        case 2:
            return tuple(rest[:1]) or first
    return tuple(dict.fromkeys([*first, *recipients]))

"""What is told of single matters: handovers that are late, records that were stopped, time
stamps that do not come, a store that is behind, disposals that cannot go on. Pure.

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
from archiver.notify.alert import HOUR, Condition

STEPS = 3
DAY = 24 * HOUR
LATE_STORE = HOUR // 4
_PASSING = frozenset({"store-unavailable", "already-exists"})


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


def of_store(
    now: int, *, shipped_at: int, failing_since: int, code: str, lapsing_since: int = 0
) -> list[Condition]:
    """What is to be said of the store at `now` (milliseconds UTC): that nothing has been shipped
    for a quarter of an hour, that what keeps it from being shipped will not pass by itself, or that
    its locks could not be renewed for a day. Urgent after a day. Instants: 0 = never; `code`: why
    it is not shipped, empty if it works."""
    since = shipped_at or failing_since
    late = bool(since) and now - since > LATE_STORE
    if not late and code in {"", *_PASSING}:
        if not lapsing_since or now - lapsing_since <= 24 * HOUR:
            return []
        since = lapsing_since
    urgent = now - (since or now) > 24 * HOUR
    return [
        Condition(
            kind=Kind.STORE,
            severity=Severity.URGENT if urgent else Severity.ORDINARY,
            since=since or now,
            reasons=(Kind.STORE.value,),
        )
    ]


def of_disposals(
    disposals: Iterable[tuple[int, str, str, int]], changed: Iterable[tuple[int, int]]
) -> list[Condition]:
    """What is to be said of disposals that do not go on or were ended, each (number, its
    authority's code, why, since when), and of channels that show what was disposed of with another
    text: (channel, when that was last seen), at most once a week for each; milliseconds UTC."""
    stuck = [
        Condition(
            kind=Kind.DISPOSAL,
            severity=Severity.ORDINARY,
            since=since,
            reasons=(why,),
            item=number,
            code=code,
        )
        for number, code, why, since in disposals
    ]
    shown = [
        Condition(
            kind=Kind.DISPOSED_CHANGED,
            severity=Severity.ORDINARY,
            since=at,
            reasons=(_of_week(Kind.DISPOSED_CHANGED, at),),
            channel=channel,
        )
        for channel, at in changed
    ]
    return [*stuck, *shown]


def _of_week(kind: Kind, at: int) -> str:
    year, week, _ = stockholm_date(at).isocalendar()
    return f"{kind.value}_{year}_{week}"


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


def of_stamps(now: int, since: int | None, *, interval: int) -> list[Condition]:
    """What is to be said where something waits since then to be stamped by an outside authority,
    which is asked every `interval`; milliseconds UTC, None: nothing waits. A day's delay is said,
    or four intervals'."""
    if since is None or now - since <= max(DAY, 4 * interval):
        return []
    return [
        Condition(
            kind=Kind.UNSTAMPED,
            severity=Severity.ORDINARY,
            since=since,
            reasons=(Kind.UNSTAMPED.value,),
        )
    ]

"""Which rows of a schedule a decision lets go today, and how many records each takes.

Arkivlag 10 § with 16 §: a row disposes of nothing before every level that the schedule demands has
decided on it; until then its records are kept, whatever the row says. Counts look at what a row
takes, not at whether anything is due.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from retention.core.binding import still_binds
from retention.core.decision import Decision
from retention.core.schedule import DecisionLevel, RetainPermanently, Schedule
from retention.schedule.reading import RetentionReader

_FIRST = date(1, 1, 2)  # the first day that begins after the calendar does, in every time zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """How a record class stands: the decisions in force that name it as
    its rows stand, and the levels that have not
    decided. `kept`: every row of it is kept for ever, so that no decision is asked for."""

    kept: bool
    decisions: tuple[Decision, ...]
    missing: frozenset[DecisionLevel]

    @property
    def may_go(self) -> bool:
        """Whether a decision of every level is in force."""
        return not self.kept and not self.missing


def coverage(
    schedule: Schedule, decisions: Collection[Decision], day: date
) -> Mapping[str, Covered]:
    """Record class → how it stands on a day. Pure."""
    disposed = {
        rule.code for rule in schedule.rules if not isinstance(rule.retention, RetainPermanently)
    }
    found = {}
    for code in schedule.codes():
        own = tuple(
            one
            for one in decisions
            if code in one.rules and one.is_in_force(day) and still_binds(one, code, schedule)
        )
        missing = schedule.required_levels - {one.level for one in own}
        found[code] = Covered(kept=code not in disposed, decisions=own, missing=missing)
    return found


def taken_today(plans: RetentionReader, schedule: Schedule, day: date) -> Mapping[str, int]:
    """Record class → how many records its rows take, of all the authority has; by the schedule in
    force on the day, so 0 for a class that it lacks."""
    everything = Decision(
        seq=0,
        authority=schedule.authority,
        number="",
        body="",
        level=DecisionLevel.AUTHORITY,
        decided_on=day,
        paragraph="",
        rules=schedule.codes(),
        records_from=_FIRST,
        valid_from=day,
    )
    return plans.scope_count(everything, day).by_code

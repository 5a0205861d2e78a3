"""What would be otherwise, before anything is decided: another schedule, other decisions, a later
day. Nothing is recorded, and the archive's own schedules stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from retention.core.decision import Decision
from retention.core.schedule import Schedule
from retention.due.counts import DueCount, due_counts
from retention.due.due_set import Found, due_set, gained
from retention.due.look import Look, Plans


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`becomes`: what may go under the proposal and may not as it is; `ceases`: the other way
    round; `all`: everything that may go under the proposal. As of `on`."""

    on: date
    becomes: tuple[DueCount, ...]
    ceases: tuple[DueCount, ...]
    all: tuple[DueCount, ...]


@dataclass(frozen=True, slots=True)
class Proposed:
    """An authority's plans with another schedule, or other decisions, in place of its own; None:
    its own. A schedule that is proposed holds on every day."""

    own: Plans
    authority: int
    proposal: Schedule | None = None
    instead: Sequence[Decision] | None = None

    def schedule_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> Schedule | None:
        """The proposal, or what another authority has."""
        if authority == self.authority and self.proposal is not None:
            return self.proposal
        return self.own.schedule_in_force(authority, day, connection)

    def decisions(self, authority: int, connection: Connection | None = None) -> Sequence[Decision]:
        """What is proposed instead, or what there is."""
        if authority == self.authority and self.instead is not None:
            return self.instead
        return self.own.decisions(authority, connection)


def as_decided(schedule: Schedule, day: date) -> list[Decision]:
    """Decisions as if every row were decided on at every level, for all records there are."""
    return [
        Decision(
            seq=0,
            authority=schedule.authority,
            number="",
            body="",
            level=level,
            decided_on=day,
            paragraph="",
            rules=schedule.codes(),
            records_from=date.min,
            valid_from=day,
        )
        for level in sorted(schedule.required_levels)
    ]


def simulate(connection: Connection, own: Plans, proposed: Proposed, on: date) -> Difference:
    """The difference that a proposal makes to what may be disposed of on a day, today or later."""
    there = Look(connection, own, on, everything=True)
    then = Look(connection, proposed, on, everything=True)
    mine = frozenset({proposed.authority})

    def counted(found: Iterator[Found]) -> tuple[DueCount, ...]:
        return tuple(due_counts(connection, found, there.channels, sizes=False))

    return Difference(
        on=on,
        becomes=counted(gained(then, there, mine)),
        ceases=counted(gained(there, then, mine)),
        all=counted(due_set(then, mine)),
    )

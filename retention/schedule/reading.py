"""Schedules, disposal decisions and record classes as they are read.

The schedule in force on a day is the version recorded last among those that have begun by then: a
later version replaces an earlier one from its own day, and one that never began can be replaced by
one of the same day. What a version's frame holds never changes, so it is opened once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.errors import NotFound
from archiver.ledger.service import Ledger
from archiver.registry.queries import instants
from retention.core.decision import Decision
from retention.core.schedule import RetainPermanently, Schedule
from retention.core.sealed import decision_of, schedule_of
from retention.schedule import queries
from retention.schedule.queries import DecisionRow, ScheduleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSchedule:
    """A version as it was recorded: its entry, when (milliseconds UTC), by whom."""

    seq: int
    at: int
    actor: int
    schedule: Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDecision:
    """A decision as it stands: when it was recorded (milliseconds UTC), and if it was revoked, by
    whom and why."""

    decision: Decision
    at: int
    revoked_by: int | None = None
    revoked_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeCount:
    """How many records a decision's scope takes: in all, by record class, and how many of them
    another rule of the schedule keeps for ever. A record may be in several classes. Whether they
    are due or held is not looked at."""

    total: int
    by_code: Mapping[str, int]
    kept: int


class RetentionReader:
    """Reads what authorities have adopted and decided."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._opened: dict[int, Schedule] = {}

    @contextmanager
    def _reading(self, connection: Connection | None) -> Iterator[Connection]:
        if connection is not None:
            yield connection
        else:
            with self._ledger.database.read() as own:
                yield own

    # --- schedules ---------------------------------------------------------------------------

    def schedules(self, viewer: Viewer, authority: int | None = None) -> list[HeldSchedule]:
        """Every version there is, as it was recorded, of the authorities whose records the viewer
        may read, or of one of them."""
        wanted: Collection[int] | None = viewer.authorities(Permission.READ)
        if authority is not None:
            viewer.require(Permission.READ, authority)
            wanted = [authority]
        with self._ledger.database.read() as connection:
            rows = queries.schedules(connection, wanted)
            at = instants(connection, [row.seq for row in rows])
        opened = self._ledger.open([row.seq for row in rows])
        return [
            HeldSchedule(
                seq=row.seq,
                at=at[row.seq],
                actor=int(str(opened[row.seq].envelope["actor"])),
                schedule=schedule_of(opened[row.seq].envelope),
            )
            for row in rows
        ]

    def schedule_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> Schedule | None:
        """The schedule that an authority has in force on a day; None if it has none then."""
        found = self.version_in_force(authority, day, connection)
        return found[1] if found else None

    def version_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> tuple[int, Schedule] | None:
        """The same with the entry that it was recorded in."""
        with self._reading(connection) as reading:
            rows = queries.schedules(reading, [authority], begun_by=queries.number_of(day))
        if not rows:
            return None
        schedule = self._schedule(rows[-1])
        return (rows[-1].seq, schedule) if schedule.holds(day) else None

    def versions(self, authority: int, connection: Connection | None = None) -> list[Schedule]:
        """Every version of an authority, as it was recorded."""
        with self._reading(connection) as reading:
            rows = queries.schedules(reading, [authority])
        return [self._schedule(row) for row in rows]

    def _schedule(self, row: ScheduleRow) -> Schedule:
        if row.seq not in self._opened:
            self._opened[row.seq] = schedule_of(self._ledger.open_one(row.seq).envelope)
        return self._opened[row.seq]

    # --- decisions ---------------------------------------------------------------------------

    def decisions(self, authority: int, connection: Connection | None = None) -> list[Decision]:
        """Every decision of an authority, in force or not, as it was recorded."""
        with self._reading(connection) as reading:
            rows = queries.decisions(reading, [authority])
        return [one.decision for one in self._held(rows)]

    def decision(self, viewer: Viewer, seq: int) -> HeldDecision:
        """One decision; `NotFound` if there is none that the viewer may read."""
        with self._ledger.database.read() as connection:
            row = queries.decision(connection, seq)
            if row is None or not viewer.may(Permission.READ, row.authority):
                raise no_decision()
            at = instants(connection, [seq])
        return self._held([row], at)[0]

    def held_decisions(self, viewer: Viewer, authority: int | None = None) -> list[HeldDecision]:
        """Decisions of the authorities whose records the viewer may read, or of one of them."""
        wanted: Collection[int] | None = viewer.authorities(Permission.READ)
        if authority is not None:
            viewer.require(Permission.READ, authority)
            wanted = [authority]
        with self._ledger.database.read() as connection:
            rows = queries.decisions(connection, wanted)
            at = instants(connection, [row.seq for row in rows])
        return self._held(rows, at)

    def _held(
        self, rows: Sequence[DecisionRow], at: Mapping[int, int] | None = None
    ) -> list[HeldDecision]:
        later = [seq for row in rows for seq in (row.revoked, row.confirmed) if seq is not None]
        opened = self._ledger.open([*(row.seq for row in rows), *later])
        sealed = {seq: frame.envelope for seq, frame in opened.items()}
        found = []
        for row in rows:
            confirmed = sealed[row.confirmed] if row.confirmed is not None else {}
            revoked = sealed[row.revoked] if row.revoked is not None else {}
            decision = decision_of(
                row.seq,
                sealed[row.seq],
                revoked_on=queries.day_of(row.revoked_on),
                confirmed_by=int(str(confirmed["actor"])) if confirmed else None,
            )
            found.append(
                HeldDecision(
                    decision=decision,
                    at=at[row.seq] if at else 0,
                    revoked_by=int(str(revoked["actor"])) if revoked else None,
                    revoked_why=str(revoked.get("reason", "")),
                )
            )
        return found

    def scope_count(self, decision: Decision, day: date) -> ScopeCount:
        """How many records a decision takes by the schedule in force on a day; the decision need
        not be recorded, nor in force."""
        with self._ledger.database.read() as connection:
            begins = max(day, decision.valid_from)
            schedule = self.schedule_in_force(decision.authority, begins, connection)
            rules = schedule.rules if schedule else ()
            covered = [one for one in rules if one.code in decision.rules]
            kept = [one for one in rules if isinstance(one.retention, RetainPermanently)]
            by_code = {
                code: queries.count(
                    connection,
                    decision,
                    queries.taken([one for one in covered if one.code == code]),
                )
                for code in sorted({one.code for one in covered})
            }
            takes = queries.taken(covered)
            return ScopeCount(
                total=queries.count(connection, decision, takes),
                by_code=by_code,
                kept=queries.count(connection, decision, takes, queries.taken(kept)),
            )

    # --- record classes ----------------------------------------------------------------------

    def classes_of(
        self, records: Sequence[int], connection: Connection | None = None
    ) -> dict[int, frozenset[str]]:
        """Record → the record classes that a person has put it in, where there is any."""
        with self._reading(connection) as reading:
            return queries.classes_of(reading, records)


def no_decision() -> NotFound:
    """What is said of a decision that is not there, or not for who asks."""
    return NotFound(
        "There is no such disposal decision.", remedy="`diarkiv retention decision list` has them."
    )

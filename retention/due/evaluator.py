"""Evaluation for those who dispose: what may go of some records, and what holds them.

For callers inside the ledger's writer, with its connection. Reading is bounded by the records that
are asked about and what answers them. A record that was stopped, disposed of or destroyed has no
evaluation: nothing may become of it by a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from sqlalchemy import Connection

from archiver.core.access import Authorities
from retention.core.evaluate import Evaluation
from retention.due.due_set import due_set, newly_due
from retention.due.look import Judged, Look, Plans
from retention.due.subjects import subjects
from retention.holds import reading as hold_reading
from retention.links import in_parts


class Evaluator:
    """Evaluates by the schedules and decisions of `plans`, as of days that are given. It remembers
    nothing: each call reads what is in force."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def look(self, connection: Connection, today: date, *, everything: bool = False) -> Look:
        """A look as of a day; `everything` for one at a whole set."""
        return Look(connection, self._plans, today, everything=everything)

    def evaluate_records(
        self, connection: Connection, records: Collection[int], today: date, *, whole: bool = False
    ) -> dict[int, Evaluation]:
        """What becomes of each of the records as of a day (a Swedish date), by number. With
        `whole`, the trace names kept answers also where something else keeps the record."""
        found = self.evaluations(connection, records, today, whole=whole)
        return {one.record: one for one in found}

    def evaluations(
        self, connection: Connection, records: Collection[int], today: date, *, whole: bool = False
    ) -> Iterator[Evaluation]:
        """As `evaluate_records`, one after the other as it is asked for."""
        look = self.look(connection, today)
        for part in in_parts(records):
            judged = look.judged(subjects(connection, part))
            yield from (one for _, one in look.evaluations(judged, whole=whole))

    def holds_over(
        self, connection: Connection, records: Collection[int], today: date
    ) -> dict[int, tuple[int, ...]]:
        """Record → the holds over it as of a day, by their entries; automatic ones too (the case
        that is open, the handover, the stop). A record that nothing holds is left out."""
        found = dict[int, tuple[int, ...]]()
        for seq, stop in hold_reading.stopped(connection, records).items():
            found[seq] = (stop,)
        look = self.look(connection, today)
        for part in in_parts(records):
            for one in look.judged(subjects(connection, part)):
                if one.holds:
                    found[one.subject.record] = tuple(hold.seq for hold in one.holds)
        return found

    def due_set(
        self,
        connection: Connection,
        today: date,
        authorities: Authorities = None,
        *,
        kept: bool = False,
    ) -> Iterator[tuple[Judged, Evaluation]]:
        """What may be disposed of as of a day, with `kept` also what nothing but a hold or a kept
        answer keeps; read as it is asked for, in no order."""
        return due_set(self.look(connection, today, everything=True), authorities, kept=kept)

    def newly_due(
        self, connection: Connection, since: date, today: date, authorities: Authorities = None
    ) -> Iterator[tuple[Judged, Evaluation]]:
        """What may be disposed of today and might not on the day `since`, by the facts as they are
        now."""
        now = self.look(connection, today, everything=True)
        return newly_due(now, self.look(connection, since, everything=True), authorities)

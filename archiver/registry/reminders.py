"""What the alerts are told of the register: late handovers, and records that were stopped.

Read anew each minute, by index: it costs as much as there are open handovers and stopped records,
and not more with what the archive holds. What cannot be read makes the facts less than whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from archiver.db import apart
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger
from archiver.notify.alert import Facts
from archiver.notify.matter import Overdue, of_handovers, of_stopped
from archiver.registry.core.handover import late_since
from archiver.registry.handovers import Handovers


class Reminders:
    """The matters of one home. `codes`: authority → its code; `step_days`: working days between
    two reminders."""

    def __init__(
        self,
        ledger: Ledger,
        handovers: Handovers,
        codes: Callable[[], Mapping[int, str]],
        step_days: int = 1,
    ) -> None:
        self._ledger, self._handovers = ledger, handovers
        self._codes, self._step_days = codes, step_days

    def added_to(self, facts: Facts, now: int) -> Facts:
        """These facts, with what is to be said of handovers and stopped records at `now`."""
        if not self._ledger.database.exists():
            return facts
        try:
            overdue = self._overdue(now)
            with self._ledger.database.read() as connection:
                rows = apart.stopped(connection)
            codes = self._codes() if rows else {}
        except DiarkivError as error:
            return replace(facts, whole=False, integrity=facts.integrity or error.code)
        stopped = of_stopped((row.record, codes.get(row.authority, ""), row.at) for row in rows)
        said = of_handovers(now, overdue, step_days=self._step_days)
        late = frozenset(one.handover for one in overdue)
        return replace(facts, matters=(*said, *stopped), late=late)

    def _overdue(self, now: int) -> list[Overdue]:
        late = self._handovers.late(now)
        codes = self._codes() if late else {}
        found = []
        for row, sent in late:
            cause, since = late_since(
                at=row.at,
                due=row.due,
                received=row.received,
                days=self._handovers.receipt_days,
            )
            found.append(
                Overdue(
                    handover=row.seq,
                    code=codes.get(row.authority, ""),
                    cause=cause.value,
                    since=since,
                    sent=tuple(sent),
                )
            )
        return found

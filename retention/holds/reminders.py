"""What the alerts are told of holds: those that should have been reviewed.

A hold that nobody looks at any more keeps records for ever. It is told of once, to the recipients,
when its day has passed, and again when the next one has. Nothing of it is said but its number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from archiver.core.alert import Kind, Severity
from archiver.core.calendar import day_begins, stockholm_date
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger
from archiver.notify.alert import Condition, Facts
from retention.holds.service import Holds


class HoldReminders:
    """The holds of one home that are overdue. `codes`: authority → its code."""

    def __init__(
        self, ledger: Ledger, holds: Holds, codes: Callable[[], Mapping[int, str]]
    ) -> None:
        self._ledger, self._holds, self._codes = ledger, holds, codes

    def added_to(self, facts: Facts, now: int) -> Facts:
        """These facts, with what is to be said of holds at `now` (milliseconds UTC)."""
        if not self._ledger.database.exists():
            return facts
        try:
            overdue = self._holds.overdue(stockholm_date(now))
            codes = self._codes() if overdue else {}
        except DiarkivError as error:
            return replace(facts, whole=False, integrity=facts.integrity or error.code)
        said = [
            Condition(
                kind=Kind.HOLD_REVIEW,
                severity=Severity.ORDINARY,
                since=day_begins(hold.review_on + timedelta(days=1)),
                reasons=(f"review_{hold.review_on.isoformat()}",),
                item=hold.seq,
                code=codes.get(hold.authority, ""),
            )
            for hold in overdue
        ]
        return replace(facts, matters=(*facts.matters, *said))

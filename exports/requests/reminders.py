"""What the alerts are told of requests: those that wait for an answer since an earlier day.

The colours are those of the clock (`exports.core.access_request.light`): amber on the next working
day, red from the second. Each is told of once. Nothing of a request is said but its number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from archiver.core.access import LOCAL
from archiver.core.alert import Kind, Severity
from archiver.core.calendar import day_begins, stockholm_date
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger
from archiver.notify.alert import Condition, Facts
from exports.core.access_request import Light, Standing, light
from exports.requests.service import Requests

_TOLD = frozenset({Light.AMBER, Light.RED})


class RequestReminders:
    """The requests of one home that wait. `codes`: authority → its code."""

    def __init__(
        self, ledger: Ledger, requests: Requests, codes: Callable[[], Mapping[int, str]]
    ) -> None:
        self._ledger, self._requests, self._codes = ledger, requests, codes

    def added_to(self, facts: Facts, now: int) -> Facts:
        """These facts, with what is to be said of requests at `now` (milliseconds UTC)."""
        if not self._ledger.database.exists():
            return facts
        today = stockholm_date(now)
        try:
            waiting = [
                (row, colour)
                for row in self._requests.list(LOCAL)
                if (colour := light(Standing(received=row.received, state=row.state), today))
                in _TOLD
            ]
            codes = self._codes() if waiting else {}
        except DiarkivError as error:
            return replace(facts, whole=False, integrity=facts.integrity or error.code)
        said = [
            Condition(
                kind=Kind.REQUEST_WAITS,
                severity=Severity.ORDINARY,
                since=day_begins(row.received),
                reasons=(colour.value,),
                item=row.seq,
                code=codes.get(row.authority, ""),
            )
            for row, colour in waiting
        ]
        return replace(facts, matters=(*facts.matters, *said))

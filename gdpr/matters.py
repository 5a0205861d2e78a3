"""What the alerts are told of personal data: incidents whose 72 hours run, requests that grow old.

Read anew each minute from the log's tables. Nothing is said of either but its number, whose it is
and how much time is left: not what happened, not which right, not who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from archiver.core.alert import Kind, Severity
from archiver.core.calendar import day_begins, stockholm_date
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger
from archiver.notify.alert import Condition, Facts
from gdpr.core import incident as rules
from gdpr.core.subject_request import SOON, State
from gdpr.incidents.service import INCIDENTS, IncidentRow
from gdpr.subjects import queries
from gdpr.subjects.queries import RequestRow

_WAITING = frozenset({State.RECEIVED, State.IDENTIFYING, State.IDENTIFIED, State.COLLECTED})


class ProtectionMatters:
    """The incidents and requests of one home, as alerts tell of them. `codes`: authority → its
    code."""

    def __init__(self, ledger: Ledger, codes: Callable[[], Mapping[int, str]]) -> None:
        self._ledger, self._codes = ledger, codes

    def added_to(self, facts: Facts, now: int) -> Facts:
        """These facts, with what is to be said of personal data at `now` (milliseconds UTC)."""
        if not self._ledger.database.exists():
            return facts
        try:
            with self._ledger.database.read() as connection:
                broken = INCIDENTS.rows(connection, states=[rules.State.OPEN])
                asked = queries.requests(connection, states=_WAITING)
            codes = self._codes() if broken or asked else {}
        except DiarkivError as error:
            return replace(facts, whole=False, integrity=facts.integrity or error.code)
        said = [*of_incidents(now, broken, codes), *of_requests(now, asked, codes)]
        return replace(facts, matters=(*facts.matters, *said))


def of_incidents(
    now: int, rows: Iterable[IncidentRow], codes: Mapping[int, str]
) -> list[Condition]:
    """What is to be said of incidents at `now`: at once, again when a day is left, and when the
    time is over."""
    found = []
    for row in rows:
        standing = row.standing
        if not standing.clock_runs:
            continue
        light = rules.light(standing, now)
        found.append(
            Condition(
                kind=Kind.INCIDENT,
                severity=Severity.URGENT,
                since=row.known_at,
                reasons=(f"clock_{light.value}",),
                hours=max(0, standing.hours_left(now)),
                item=row.seq,
                code=codes.get(row.authority, ""),
            )
        )
    return found


def of_requests(now: int, rows: Iterable[RequestRow], codes: Mapping[int, str]) -> list[Condition]:
    """What is to be said of requests at `now`: when a week is left, and when the time is over."""
    today = stockholm_date(now)
    return [
        Condition(
            kind=Kind.SUBJECT_REQUEST,
            severity=Severity.URGENT if row.standing.due < today else Severity.ORDINARY,
            since=day_begins(row.received),
            reasons=(_reason(row.standing.due, today),),
            days=max(0, (row.standing.due - today).days),
            item=row.seq,
            code=codes.get(row.authority, ""),
        )
        for row in rows
        if row.standing.due - today <= timedelta(days=SOON)
    ]


def _reason(due: date, today: date) -> str:
    """Told once for each last day there is, and once more when it has passed."""
    return f"{'late' if due < today else 'soon'}_{due.isoformat()}"

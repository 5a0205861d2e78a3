"""Alerts of personal data: numbers only, when there is something to do."""

from __future__ import annotations

from datetime import date

from archiver.core.calendar import HOUR, day_begins
from gdpr.core.incident import Risk
from gdpr.core.subject_request import Right, State
from gdpr.incidents.service import IncidentRow
from gdpr.matters import of_incidents, of_requests
from gdpr.subjects.queries import RequestRow

CODES = {1: "KS"}


def test_an_incident_is_told_of_while_its_clock_runs() -> None:
    row = IncidentRow(8, 1, 1_000, False, None, None)
    told = [of_incidents(1_000 + h * HOUR, [row], CODES)[0] for h in (0, 50, 73)]
    assert [one.hours for one in told] == [72, 22, 0]
    assert [one.reasons for one in told] == [("clock_green",), ("clock_amber",), ("clock_red",)]
    assert {(one.item, one.code, one.channel) for one in told} == {(8, "KS", None)}
    for quiet in (
        row._replace(notified=2_000), row._replace(closed=True), row._replace(risk=Risk.UNLIKELY),
    ):  # fmt: skip
        assert of_incidents(1_000, [quiet], CODES) == []
    assert of_incidents(1_000, [row._replace(risk=Risk.HIGH)], CODES)


def test_a_request_is_told_of_when_a_week_is_left_and_when_it_is_late() -> None:
    row = RequestRow(9, 1, Right.ACCESS, date(2026, 3, 2), State.RECEIVED, 9, False)
    days = [date(2026, 3, 25), date(2026, 3, 26), date(2026, 4, 2), date(2026, 4, 3)]
    told = [of_requests(day_begins(day), [row], CODES) for day in days]
    assert [[one.days for one in some] for some in told] == [[], [7], [0], [0]]
    assert [some[0].reasons[0] for some in told[1:]] == [
        "soon_2026-04-02", "soon_2026-04-02", "late_2026-04-02",
    ]  # fmt: skip
    assert of_requests(day_begins(days[3]), [row._replace(extended=True)], CODES) == []

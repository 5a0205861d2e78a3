"""What an authority's archive has against a schedule: names it lacks, days that have been."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from retention.core.plan_check import Known, known_problems, meet, version_problems
from retention.core.schedule import Applies, Schedule
from tests.unit.retention.plans import KEPT, TIMED, a_schedule

TODAY = date(2026, 11, 22)
OLD = a_schedule(version="1", effective_from=date(2026, 1, 1))


def against(schedule: Schedule, *versions: Schedule) -> list[str]:
    known = Known(channels=frozenset(), versions=versions, today=TODAY)
    return [one.reason.code for one in version_problems(schedule, known)]


def test_names_that_the_authority_does_not_have() -> None:
    applies = Applies(channels=frozenset({3, 4}), class_codes=frozenset({"2.1", "9.9"}))
    rules = [(2, replace(KEPT, applies=applies)), (3, TIMED)]
    known = Known(
        channels=frozenset({3}),
        class_codes=frozenset({"2.1"}),
        record_classes=frozenset({"SM15"}),
        today=TODAY,
    )
    found = [(one.row, one.reason.code) for one in known_problems(rules, known)]
    assert found == [(2, "channel_unknown"), (2, "class_unknown"), (2, "record_class_unknown")]
    lenient = Known(channels=frozenset({3, 4}), today=TODAY)
    assert not list(known_problems(rules, lenient))


@pytest.mark.parametrize(
    ("day", "problems"),
    [
        (date(2027, 1, 1), []),
        (TODAY, []),
        (date(2026, 11, 21), ["effective_past"]),
        (date(2026, 1, 1), ["effective_overlaps"]),
        (date(2025, 1, 1), ["effective_overlaps"]),
    ],
)
def test_what_has_held_is_not_changed_afterwards(day: date, problems: list[str]) -> None:
    assert against(a_schedule(version="2", effective_from=day), OLD) == problems


def test_the_first_version_may_begin_before_today() -> None:
    assert against(OLD) == []


def test_a_version_that_never_began_may_be_replaced() -> None:
    planned = a_schedule(version="2", effective_from=date(2027, 1, 1))
    assert against(replace(planned, version="3"), OLD, planned) == []
    assert against(planned, OLD, planned) == ["version_known"]


def test_scopes_meet_where_a_record_fits_both() -> None:
    posts = Applies(kinds=frozenset({"post"}))
    assert meet(posts, Applies())
    assert not meet(posts, Applies(kinds=frozenset({"reply"})))
    assert not meet(Applies(moderated=True), Applies(moderated=False))
    assert meet(Applies(moderated=True), posts)
    early, late = Applies(until=date(2020, 12, 31)), Applies(since=date(2021, 1, 1))
    assert not meet(early, late)
    assert meet(early, Applies(since=date(2020, 12, 31)))

"""A row may go only where every level that the schedule demands has decided on it."""

from __future__ import annotations

from datetime import date

from retention.core.schedule import DecisionLevel
from retention.schedule.coverage import coverage
from tests.unit.retention.plans import a_decision, a_schedule

BOTH = frozenset({DecisionLevel.AUTHORITY, DecisionLevel.ARCHIVAL_AUTHORITY})
IN_FORCE, BEFORE = date(2026, 12, 1), date(2026, 11, 9)


def test_every_level_must_have_decided() -> None:
    schedule = a_schedule(required_levels=BOTH)
    own = a_decision(seq=7)
    one = coverage(schedule, [own], IN_FORCE)
    assert not one["SM05"].may_go
    assert one["SM05"].missing == {DecisionLevel.ARCHIVAL_AUTHORITY}
    archive = a_decision(seq=8, level=DecisionLevel.ARCHIVAL_AUTHORITY)
    two = coverage(schedule, [own, archive], IN_FORCE)
    assert two["SM05"].may_go
    assert [each.seq for each in two["SM05"].decisions] == [7, 8]


def test_what_is_kept_asks_for_no_decision_and_never_goes() -> None:
    found = coverage(a_schedule(), [a_decision()], IN_FORCE)
    assert found["SM01"].kept
    assert not found["SM01"].may_go
    assert not found["SM15"].may_go, "no decision names it"


def test_a_decision_counts_while_it_is_in_force() -> None:
    assert not coverage(a_schedule(), [a_decision()], BEFORE)["SM05"].may_go
    revoked = a_decision(revoked_on=IN_FORCE)
    assert not coverage(a_schedule(), [revoked], IN_FORCE)["SM05"].may_go

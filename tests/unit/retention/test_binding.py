"""A decision is bound to what its rows do: a change of the plan does not change the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from retention.core.binding import (
    bound_to,
    changed_codes,
    may_run,
    rule_digest,
    runs_under,
    still_binds,
)
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Rounding,
    Rule,
    TextStatus,
    TriggerName,
    WhenObsolete,
)
from retention.core.sealed import decision_of, decision_payload
from retention.schedule.coverage import coverage
from tests.unit.retention.plans import KEPT, MINOR, TIMED, a_decision, a_schedule

THEN = a_schedule()
BOUND = a_decision(rules=frozenset({"SM05", "SM15"}), bound=bound_to({"SM05", "SM15"}, THEN))


def plan_with(rule: Rule) -> tuple[Rule, ...]:
    return (KEPT, rule, TIMED)


@pytest.mark.parametrize(
    "changed",
    [
        replace(MINOR, retention=WhenObsolete(Period(months=1))),
        replace(MINOR, retention=RetainPermanently(), trigger=None),
        replace(MINOR, retention=AfterPeriod(Period(months=3))),
        replace(MINOR, retention=AfterPeriod(Period(months=3), Rounding.EXACT)),
        replace(MINOR, trigger=TriggerName.RECEIVED),
        replace(MINOR, inactive_days=1),
        replace(MINOR, applies=Applies()),
        replace(MINOR, applies=replace(MINOR.applies, kinds=frozenset({"post"}))),
        replace(MINOR, applies=replace(MINOR.applies, channels=frozenset({4}))),
        replace(MINOR, applies=replace(MINOR.applies, until=date(2030, 1, 1))),
    ],
)
def test_what_a_row_does_is_bound(changed: Rule) -> None:
    now = a_schedule(*plan_with(changed))
    assert not still_binds(BOUND, "SM05", now)
    assert still_binds(BOUND, "SM15", now)
    assert changed_codes(BOUND, now) == ("SM05",)
    assert rule_digest([changed]) != rule_digest([MINOR])


def test_words_and_order_are_free() -> None:
    worded = replace(MINOR, label="Fråga", note="Ny", grounds="Ny", text_status=TextStatus.DECIDED)
    now = a_schedule(TIMED, worded, KEPT, version="2027")
    assert changed_codes(BOUND, now) == ()
    assert rule_digest([MINOR, TIMED]) == rule_digest([TIMED, MINOR])


def test_another_row_of_the_class_or_none_is_a_change() -> None:
    more = replace(MINOR, applies=Applies(kinds=frozenset({"post"})))
    assert changed_codes(BOUND, a_schedule(KEPT, MINOR, more, TIMED)) == ("SM05",)
    assert changed_codes(BOUND, a_schedule(KEPT, TIMED)) == ("SM05",)
    assert changed_codes(BOUND, None) == ()


def test_a_decision_without_digests_is_not_bound() -> None:
    assert (
        changed_codes(a_decision(), a_schedule(*plan_with(replace(MINOR, inactive_days=1)))) == ()
    )
    assert bound_to({"SM05", "XX"}, THEN).keys() == {"SM05"}


def test_it_is_sealed_and_read_back() -> None:
    assert decision_of(0, {**decision_payload(BOUND), "actor": 0}) == BOUND
    assert "bound" not in decision_payload(a_decision())


def test_a_changed_row_counts_as_undecided() -> None:
    day = date(2026, 12, 1)
    assert coverage(THEN, [BOUND], day)["SM05"].may_go
    now = a_schedule(*plan_with(replace(MINOR, inactive_days=1)))
    assert not coverage(now, [BOUND], day)["SM05"].may_go


RUNNING = runs_under(
    a_decision(rules=frozenset({"SM05"}), bound=bound_to({"SM05"}, THEN), asks_running=True), THEN
)


def test_a_running_decision_rests_on_the_levels_and_the_other_rows() -> None:
    assert RUNNING.bound.keys() == THEN.codes()
    assert RUNNING.bound_levels == THEN.required_levels
    assert may_run(RUNNING, THEN)
    fewer = replace(THEN, required_levels=frozenset(list(THEN.required_levels)[1:]))
    assert not may_run(RUNNING, fewer)
    assert not may_run(RUNNING, a_schedule(MINOR, TIMED)), "a stronger row is gone"
    weaker = replace(KEPT, retention=TIMED.retention, trigger=TIMED.trigger)
    assert not may_run(RUNNING, a_schedule(weaker, MINOR, TIMED))
    assert not may_run(RUNNING, None)
    for now in (fewer, a_schedule(MINOR, TIMED), a_schedule(weaker, MINOR, TIMED)):
        assert changed_codes(RUNNING, now) == (), "it stands, and takes two persons each time"


def test_words_rows_and_levels_that_are_added_end_nothing() -> None:
    added = replace(KEPT, code="X1", applies=Applies(kinds=frozenset({"story"})))
    assert may_run(RUNNING, a_schedule(added, replace(KEPT, label="Annat"), MINOR, TIMED))
    assert may_run(RUNNING, replace(THEN, required_levels=frozenset(DecisionLevel)))
    assert may_run(BOUND, THEN), "one that was recorded without them is bound to its rows only"


def test_what_it_rests_on_is_written_and_read_back() -> None:
    payload = {**decision_payload(RUNNING), "actor": 3}
    back = decision_of(RUNNING.seq, payload)
    assert (back.bound, back.bound_levels) == (RUNNING.bound, RUNNING.bound_levels)
    assert "bound_levels" not in decision_payload(BOUND)

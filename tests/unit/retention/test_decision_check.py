"""What keeps a disposal decision from being recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.core.decision import Decision, MinorCondition
from retention.core.decision_check import decision_problems
from retention.core.schedule import DecisionLevel
from retention.core.sealed import decision_of, decision_payload
from tests.unit.retention.plans import a_decision, a_schedule

TODAY = date(2026, 11, 22)


def codes(decision: Decision, *held: Decision, schedule: Any = a_schedule()) -> list[str]:  # noqa: B008
    found = decision_problems(decision, schedule, channels={3}, held=held, today=TODAY)
    return [one.reason.code for one in found]


def test_a_sound_decision_has_nothing_against_it() -> None:
    assert codes(a_decision()) == []
    assert codes(a_decision(rules=frozenset({"SM15"}), conditions=frozenset())) == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"number": ""}, "decision_lacks"),
    ({"body": ""}, "decision_lacks"),
    ({"paragraph": ""}, "decision_lacks"),
    ({"number": "x" * 101}, "value_long"),
    ({"grounds": "rad\nrad"}, "control"),
    ({"decided_on": date(2026, 11, 23), "valid_from": date(2026, 11, 23)}, "decision_future"),
    ({"valid_from": date(2026, 11, 2)}, "decision_early"),
    ({"valid_until": date(2026, 11, 10)}, "day_order"),
    ({"records_from": date(2026, 2, 1), "records_until": date(2026, 1, 1)}, "day_order"),
    ({"rules": frozenset()}, "decision_no_rules"),
    ({"rules": frozenset({"SM05", "SM99"})}, "decision_rule_unknown"),
    ({"rules": frozenset({"SM01"})}, "decision_rule_kept"),
    ({"conditions": frozenset(MinorCondition) - {MinorCondition.NO_VALUE}}, "decision_conditions"),
    ({"channels": frozenset({3, 4})}, "channel_unknown"),
    ({"channels": frozenset()}, "decision_channels"),
    ({"keep_one_of": 1}, "decision_sample"),
    ({"keep_one_of": -2}, "decision_sample"),
    ({"waiting_days": 366}, "decision_waiting"),
    ({"replaces": 5}, "decision_replaces"),
]


@pytest.mark.parametrize(("changes", "code"), BAD)
def test_what_is_wrong_is_told(changes: dict[str, Any], code: str) -> None:
    assert codes(a_decision(**changes)) == [code]


def test_it_may_hold_from_before_it_was_made_with_a_reason() -> None:
    assert codes(a_decision(valid_from=date(2026, 1, 1), early_reason="Omprövat beslut")) == []


def test_without_a_schedule_there_is_nothing_to_decide_on() -> None:
    assert codes(a_decision(), schedule=None) == ["decision_no_schedule"]


def test_the_same_decision_is_recorded_once() -> None:
    held = a_decision(seq=40)
    assert codes(a_decision(), held) == ["decision_known"]
    assert codes(a_decision(), replace(held, revoked_on=TODAY)) == []
    assert codes(a_decision(level=DecisionLevel.COUNCIL), held) == []
    assert codes(a_decision(paragraph="§ 118", replaces=40), held) == []
    assert codes(a_decision(replaces=40, level=DecisionLevel.COUNCIL), held) == [
        "decision_replaces"
    ]


DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
DECISIONS = st.builds(
    Decision,
    seq=st.just(9),
    authority=st.integers(1, 99),
    number=st.text(min_size=1),
    body=st.text(min_size=1),
    level=st.sampled_from(DecisionLevel),
    decided_on=DAYS,
    paragraph=st.text(min_size=1),
    rules=st.frozensets(st.text(min_size=1, max_size=4), max_size=3),
    channels=st.none() | st.frozensets(st.integers(1, 99), max_size=3),
    records_from=st.none() | DAYS,
    records_until=st.none() | DAYS,
    grounds=st.text(),
    conditions=st.frozensets(st.sampled_from(MinorCondition)),
    valid_from=DAYS,
    valid_until=st.none() | DAYS,
    replaces=st.none() | st.integers(1, 8),
    early_reason=st.text(),
    asks_running=st.booleans(),
    recorded_by=st.integers(0, 9),
    accepts_key_destruction=st.booleans(),
    keep_one_of=st.integers(0, 9),
    waiting_days=st.integers(0, 9),
)


@given(DECISIONS)
def test_what_is_sealed_opens_as_the_same(decision: Decision) -> None:
    sealed = {**decision_payload(decision), "actor": decision.recorded_by}
    assert decision_of(9, sealed) == decision
    confirmed = decision_of(9, sealed, confirmed_by=4, revoked_on=TODAY)
    assert confirmed.running is decision.asks_running
    assert confirmed.revoked_on == TODAY

"""Schedules and decisions of Testköping, for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from retention.core.decision import Decision, MinorCondition
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Rule,
    Schedule,
    TriggerName,
    WhenObsolete,
)

NEW_YEAR = date(2026, 1, 1)
KEPT = Rule(
    code="SM01",
    label="Eget inlägg",
    retention=RetainPermanently(),
    trigger=None,
    applies=Applies(kinds=frozenset({"post"})),
)
MINOR = Rule(
    code="SM05",
    label="Enkel fråga",
    retention=WhenObsolete(Period(months=3)),
    trigger=TriggerName.THREAD_INACTIVE,
    applies=Applies(kinds=frozenset({"message"}), outcomes=frozenset({"kept_in_order"})),
    inactive_days=90,
    minor=True,
)
TIMED = Rule(
    code="SM15",
    label="Begäran som beviljats",
    retention=AfterPeriod(Period(years=2)),
    trigger=TriggerName.CASE_CLOSED,
    applies=Applies(explicit_only=True),
)


def a_schedule(*rules: Rule, **changes: Any) -> Schedule:
    """A schedule with some rules, the three above if none are given."""
    made = Schedule(
        authority=1,
        name="Informationshanteringsplan",
        version="2026",
        effective_from=NEW_YEAR,
        effective_until=None,
        required_levels=frozenset({DecisionLevel.AUTHORITY}),
        rules=rules or (KEPT, MINOR, TIMED),
    )
    return replace(made, **changes)


def a_decision(**changes: Any) -> Decision:
    """The board's decision on what is minor."""
    made = Decision(
        seq=0,
        authority=1,
        number="KS 2026/41",
        body="Kommunstyrelsen",
        level=DecisionLevel.AUTHORITY,
        decided_on=date(2026, 11, 3),
        paragraph="§ 117",
        rules=frozenset({"SM05"}),
        conditions=frozenset(MinorCondition),
        valid_from=date(2026, 11, 10),
    )
    return replace(made, **changes)

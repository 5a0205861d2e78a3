"""What becomes of a record: each rule of strength, coverage, threads and holds, by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from retention.core.binding import bound_to
from retention.core.decision import Decision
from retention.core.evaluate import Fate, Reason, RecordFacts, evaluate
from retention.core.hold import DisposalHold, HoldKind, HoldScope
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Rounding,
    Rule,
    Schedule,
    TriggerName,
    WhenObsolete,
)

TODAY = date(2026, 11, 22)
T = TriggerName
FACTS = RecordFacts(
    record=50,
    authority=1,
    channel=4,
    kind="comment",
    origin="received",
    outcome="kept_in_order",
    moderated=False,
    legal_on=date(2023, 5, 7),
    classes=frozenset(),
    class_codes=frozenset(),
    events={T.RECEIVED: date(2023, 5, 7)},
    root=40,
)
TWO_YEARS = Rule(
    code="SM05",
    label="Enkel fråga",
    retention=AfterPeriod(Period(years=2)),
    trigger=T.RECEIVED,
    applies=Applies(kinds=frozenset({"comment"})),
)
FOR_EVER = Rule(code="SM01", label="Unik", retention=RetainPermanently(), trigger=None)
DECISION = Decision(
    seq=91,
    authority=1,
    number="KS 2026/1",
    body="Kommunstyrelsen",
    level=DecisionLevel.ARCHIVAL_AUTHORITY,
    decided_on=date(2026, 1, 7),
    paragraph="7",
    rules=frozenset({"SM01", "SM05", "SM08"}),
    records_from=date(2015, 1, 1),
    valid_from=date(2026, 2, 1),
)
HOLD = DisposalHold(
    seq=120,
    authority=1,
    kind=HoldKind.ACCESS_REQUEST,
    scope=HoldScope(records=frozenset({50})),
    owner=3,
    placed_on=date(2026, 10, 1),
    review_on=date(2027, 1, 1),
)


def plan(*rules: Rule, levels: frozenset[DecisionLevel] | None = None) -> Schedule:
    return Schedule(
        authority=1,
        name="Sociala medier",
        version="1",
        effective_from=date(2026, 1, 1),
        effective_until=None,
        required_levels=frozenset({DECISION.level}) if levels is None else levels,
        rules=rules,
    )


def codes(found: object) -> list[str]:
    return [step.code for step in found.trace]  # type: ignore[attr-defined]


def test_what_is_due_and_decided_may_go_and_the_trace_says_why() -> None:
    found = evaluate(FACTS, plan(TWO_YEARS), [DECISION], [], TODAY)
    assert (found.fate, found.rule, found.due) == (Fate.TIMED, "SM05", date(2026, 1, 1))
    assert found.decisions == (91,)
    assert found.may_go
    assert codes(found) == [Reason.APPLIES, Reason.EVENT, Reason.DUE, Reason.DECIDED]


def test_without_a_schedule_or_a_rule_everything_is_kept() -> None:
    for schedule, reason in (
        (None, Reason.NO_SCHEDULE),
        (plan(), Reason.NO_RULE),
        (plan(replace(TWO_YEARS, applies=Applies(explicit_only=True))), Reason.NO_RULE),
    ):
        found = evaluate(FACTS, schedule, [DECISION], [], TODAY)
        assert (found.fate, found.due, found.may_go) == (Fate.UNRULED, None, False)
        assert codes(found) == [reason]


@pytest.mark.parametrize(
    ("applies", "fits"),
    [
        (Applies(), True),
        (Applies(kinds=frozenset({"post"})), False),
        (Applies(origins=frozenset({"received"})), True),
        (Applies(origins=frozenset({"drawn_up"})), False),
        (Applies(outcomes=frozenset({"minor"})), False),
        (Applies(moderated=True), False),
        (Applies(moderated=False), True),
        (Applies(channels=frozenset({4})), True),
        (Applies(channels=frozenset({5})), False),
        (Applies(class_codes=frozenset({"1.7"})), False),
        (Applies(since=date(2023, 5, 7), until=date(2023, 5, 7)), True),
        (Applies(since=date(2023, 5, 8)), False),
        (Applies(until=date(2023, 5, 6)), False),
    ],
)
def test_what_a_rule_takes(applies: Applies, fits: bool) -> None:
    found = evaluate(FACTS, plan(replace(TWO_YEARS, applies=applies)), [DECISION], [], TODAY)
    assert found.may_go == fits
    assert (found.fate is Fate.TIMED) == fits


WAITS = replace(TWO_YEARS, code="SM08", trigger=T.CASE_CLOSED)
LATER = replace(TWO_YEARS, code="SM08", retention=AfterPeriod(Period(years=5)))


@pytest.mark.parametrize(
    ("rules", "fate", "rule", "due"),
    [
        ((TWO_YEARS, FOR_EVER), Fate.PERMANENT, "SM01", None),
        ((WAITS, FOR_EVER), Fate.PERMANENT, "SM01", None),
        ((TWO_YEARS, WAITS), Fate.WAITING, "SM08", None),
        ((WAITS, TWO_YEARS), Fate.WAITING, "SM08", None),
        ((TWO_YEARS, LATER), Fate.TIMED, "SM08", date(2029, 1, 1)),
        ((LATER, TWO_YEARS), Fate.TIMED, "SM08", date(2029, 1, 1)),
    ],
)
def test_the_strongest_of_several_wins(
    rules: tuple[Rule, ...], fate: Fate, rule: str, due: date | None
) -> None:
    found = evaluate(FACTS, plan(*rules), [DECISION], [], TODAY)
    assert (found.fate, found.rule, found.due) == (fate, rule, due)
    assert not found.may_go
    assert Reason.STRONGEST in codes(found)


def test_a_persons_class_goes_before_what_rules_take() -> None:
    kept = replace(FACTS, classes=frozenset({"SM01"}))
    assert evaluate(kept, plan(TWO_YEARS, FOR_EVER), [DECISION], [], TODAY).fate is Fate.PERMANENT
    only = replace(FOR_EVER, applies=Applies(explicit_only=True))
    assert evaluate(FACTS, plan(TWO_YEARS, only), [DECISION], [], TODAY).may_go
    both = replace(FACTS, classes=frozenset({"SM01", "SM05"}))
    assert evaluate(both, plan(TWO_YEARS, only), [DECISION], [], TODAY).fate is Fate.PERMANENT
    post = replace(FACTS, kind="post", classes=frozenset({"SM05"}))  # the row takes comments only
    assert evaluate(post, plan(TWO_YEARS), [DECISION], [], TODAY).may_go


def test_a_class_the_schedule_does_not_know_is_kept() -> None:
    odd = replace(FACTS, classes=frozenset({"SM05", "SM99"}))
    found = evaluate(odd, plan(TWO_YEARS), [DECISION], [], TODAY)
    assert (found.fate, found.rule) == (Fate.UNRULED, "SM99")
    assert Reason.UNKNOWN_CLASS in codes(found)


def test_of_several_rows_of_a_class_those_for_its_channel_count() -> None:
    here = replace(TWO_YEARS, applies=Applies(explicit_only=True, channels=frozenset({4})))
    there = replace(FOR_EVER, code="SM05", applies=Applies(channels=frozenset({5})))
    classed = replace(FACTS, classes=frozenset({"SM05"}))
    assert evaluate(classed, plan(here, there), [DECISION], [], TODAY).may_go
    neither = replace(classed, channel=6)
    assert evaluate(neither, plan(here, there), [DECISION], [], TODAY).fate is Fate.PERMANENT


def test_an_event_that_has_not_happened_is_never_today() -> None:
    for events in ({}, {T.RECEIVED: TODAY + timedelta(days=1)}):
        found = evaluate(
            replace(FACTS, events=events),
            plan(replace(TWO_YEARS, retention=WhenObsolete(Period()))),
            [DECISION],
            [],
            TODAY,
        )
        assert (found.fate, found.due, found.may_go) == (Fate.WAITING, None, False)
    nameless = plan(replace(TWO_YEARS, trigger=None))
    assert evaluate(FACTS, nameless, [DECISION], [], TODAY).fate is Fate.WAITING


def test_no_period_runs_from_before_the_record_was_there() -> None:
    """A project that was closed in 2016, and a comment on its account in 2023."""
    rule = replace(TWO_YEARS, trigger=T.PROJECT_CLOSED)
    facts = replace(FACTS, events={T.PROJECT_CLOSED: date(2016, 1, 1)})
    assert evaluate(facts, plan(rule), [DECISION], [], TODAY).due == date(2026, 1, 1)


def test_a_thread_is_inactive_when_the_days_of_the_rule_have_gone_by() -> None:
    rule = replace(
        TWO_YEARS,
        trigger=T.THREAD_INACTIVE,
        inactive_days=90,
        retention=WhenObsolete(Period(months=3)),
    )
    facts = replace(FACTS, events={T.THREAD_INACTIVE: date(2026, 1, 1)})
    found = evaluate(facts, plan(rule), [DECISION], [], TODAY)
    assert found.due == date(2026, 7, 1)  # 1 April and three months
    assert found.may_go
    busy = replace(FACTS, events={T.THREAD_INACTIVE: TODAY - timedelta(days=89)})
    assert evaluate(busy, plan(rule), [DECISION], [], TODAY).fate is Fate.WAITING


def test_due_tomorrow_is_not_due() -> None:
    exact = replace(TWO_YEARS, retention=AfterPeriod(Period(years=2), Rounding.EXACT))
    facts = replace(FACTS, events={T.RECEIVED: date(2024, 11, 23)})
    schedule = plan(exact)
    assert not evaluate(facts, schedule, [DECISION], [], TODAY).may_go
    assert evaluate(facts, schedule, [DECISION], [], TODAY + timedelta(days=1)).may_go


APPLICATION = replace(DECISION, seq=95, level=DecisionLevel.APPLICATION)


def test_every_level_must_have_decided() -> None:
    both = plan(
        TWO_YEARS, levels=frozenset({DecisionLevel.ARCHIVAL_AUTHORITY, DecisionLevel.APPLICATION})
    )
    alone = evaluate(FACTS, both, [DECISION], [], TODAY)
    assert (alone.decisions, alone.may_go) == ((), False)
    missing = [step for step in alone.trace if step.code == Reason.LEVEL_MISSING]
    assert [step.detail for step in missing] == ["application"]
    assert evaluate(FACTS, both, [DECISION, APPLICATION], [], TODAY).decisions == (91, 95)


@pytest.mark.parametrize(
    "decision",
    [
        replace(DECISION, rules=frozenset({"SM01"})),
        replace(DECISION, channels=frozenset({5})),
        replace(DECISION, records_from=None),  # reaches back no further than it is valid
        replace(DECISION, records_until=date(2022, 12, 31)),
        replace(DECISION, valid_from=TODAY + timedelta(days=1)),
        replace(DECISION, valid_until=TODAY),
        replace(DECISION, revoked_on=TODAY),
        replace(DECISION, authority=2),
    ],
)
def test_a_decision_that_does_not_cover_it_lets_nothing_go(decision: Decision) -> None:
    for levels in (None, frozenset[DecisionLevel]()):
        found = evaluate(FACTS, plan(TWO_YEARS, levels=levels), [decision], [], TODAY)
        assert found.due == date(2026, 1, 1)
        assert (found.decisions, found.may_go) == ((), False)


def test_a_kept_answer_keeps_what_it_answers() -> None:
    found = evaluate(FACTS, plan(TWO_YEARS), [DECISION], [], TODAY, thread=(61, 77))
    assert not found.may_go
    assert [step.seq for step in found.trace if step.code == Reason.ANSWERED] == [61, 77]


SCOPES = [
    (HoldScope(), True),
    (HoldScope(records=frozenset({50, 51})), True),
    (HoldScope(records=frozenset({51})), False),
    (HoldScope(threads=frozenset({40})), True),
    (HoldScope(threads=frozenset({50})), True),
    (HoldScope(threads=frozenset({41})), False),
    (HoldScope(channels=frozenset({4})), True),
    (HoldScope(channels=frozenset({5})), False),
    (HoldScope(classes=frozenset({"SM05"})), True),
    (HoldScope(classes=frozenset({"SM06"})), False),
    (HoldScope(since=date(2023, 5, 7), until=date(2023, 5, 7)), True),
    (HoldScope(since=date(2023, 5, 8)), False),
    (HoldScope(until=date(2023, 5, 6)), False),
    (HoldScope(channels=frozenset({4}), records=frozenset({51})), False),
]


@pytest.mark.parametrize(("scope", "held"), SCOPES)
def test_what_a_hold_covers_stays(scope: HoldScope, held: bool) -> None:
    found = evaluate(FACTS, plan(TWO_YEARS), [DECISION], [replace(HOLD, scope=scope)], TODAY)
    assert found.may_go is not held
    assert found.holds == ((120,) if held else ())
    assert found.due == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        (replace(HOLD, placed_on=TODAY), True),
        (replace(HOLD, placed_on=TODAY + timedelta(days=1)), False),
        (replace(HOLD, lifted_on=TODAY + timedelta(days=1)), True),
        (replace(HOLD, lifted_on=TODAY), False),
        (replace(HOLD, review_on=TODAY - timedelta(days=30)), True),  # overdue: it still holds
        (replace(HOLD, authority=2), False),
    ],
)
def test_when_a_hold_holds(hold: DisposalHold, held: bool) -> None:
    assert evaluate(FACTS, plan(TWO_YEARS), [DECISION], [hold], TODAY).may_go is not held


def test_a_review_that_is_overdue() -> None:
    assert not HOLD.is_overdue(date(2027, 1, 1))
    assert HOLD.is_overdue(date(2027, 1, 2))
    assert not replace(HOLD, lifted_on=date(2026, 12, 1)).is_overdue(date(2027, 1, 2))


def test_a_decision_does_not_cover_a_row_that_says_another_thing_now() -> None:
    bound = replace(DECISION, bound=bound_to({"SM05"}, plan(TWO_YEARS)))
    assert evaluate(FACTS, plan(TWO_YEARS), [bound], [], TODAY).may_go
    shorter = plan(replace(TWO_YEARS, retention=AfterPeriod(Period(days=1))))
    found = evaluate(FACTS, shorter, [bound], [], TODAY)
    assert (found.may_go, found.decisions) == (False, ())
    (step,) = [one for one in found.trace if one.code == Reason.CHANGED_RULE]
    assert (step.rule, step.seq) == ("SM05", 91)
    assert Reason.LEVEL_MISSING in codes(found)

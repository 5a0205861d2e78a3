"""The gate: what stops a decision, what a decision opens, and when it can be executed."""

from __future__ import annotations

from datetime import date

import pytest

from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import Concern, Kind, Outcome, Scope, covering
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.gate import (
    GateState,
    before_step_6,
    drift,
    observed,
    verdict,
)
from archiver.governance.core.lifecycle import take
from archiver.governance.core.standing import Standing
from tests.unit.governance.initiatives import (
    BO,
    DAY,
    KS,
    PAGE,
    a_decision,
    act,
    answered,
    approved,
    at_step,
    bearings,
    new,
    sent,
)


def left(standing: Standing, **where: object) -> list[str]:
    return [one.words.sv for one in verdict(standing, bearings(**where)).remaining]  # type: ignore[arg-type]


def answer(standing: Standing, row: str, state: AnswerState, *, attest: bool = True) -> Standing:
    at = bearings()
    said = a.Answered(row=row, state=state, motivation="Skäl.")
    standing = take(standing, act(said), at)
    return take(standing, act(a.Attested(row=row), actor=BO), at) if attest else standing


def test_the_four_states_in_order() -> None:
    one = at_step(new(), 5)
    assert verdict(one, bearings()).state is GateState.NOT_READY
    one = answered(one)
    assert verdict(one, bearings()) == (GateState.READY, ())
    one = approved(sent(one))
    assert verdict(one, bearings()).state is GateState.DECIDED
    assert "anslagstavlan" in left(one)[0]
    one = take(one, act(a.Weighed(holder="Ordföranden", reason="Inga särskilda skäl.")), bearings())
    assert verdict(one, bearings()) == (GateState.CLEARED, ())


def test_an_unanswered_row_and_an_unattested_one_are_named() -> None:
    one = answer(new(), "1.1", AnswerState.MET, attest=False)
    assert left(one) == [
        "1.1: svaret är inte intygat av en annan person",
        "1.2: raden är obesvarad",
    ]


def test_a_mandatory_row_has_no_condition() -> None:
    one = answer(answered(new()), "1.1", AnswerState.CONDITIONAL)
    assert left(one)[0] == "1.1: raden är obligatorisk och kan inte godkännas med villkor"


def test_a_conditional_row_needs_somebody_and_a_day() -> None:
    one = answer(answered(new()), "1.2", AnswerState.CONDITIONAL)
    assert left(one) == ["1.2: villkoret saknar ansvarig och datum"]
    said = a.Conditioned(row="1.2", text="Avtal klart", owner="DSO", due=date(2026, 12, 1))
    one = take(one, act(said), bearings())
    one = take(one, act(a.Attested(row="1.2"), actor=BO), bearings())
    assert left(one) == []
    assert left(one, day=date(2026, 12, 2)) == [
        "1.2: villkoret skulle ha varit uppfyllt 2026-12-01"
    ]


def test_not_applicable_is_allowed_on_any_row_when_attested() -> None:
    assert left(answer(answered(new()), "1.1", AnswerState.INAPPLICABLE)) == []
    assert left(answer(answered(new()), "1.1", AnswerState.NOT_MET)) == [
        "1.1: kravet är inte uppfyllt"
    ]


def test_a_check_that_confirms_opens_nothing_by_itself() -> None:
    assert "1.1: raden är obesvarad" in left(new(), outcome=Found.PASS)


@pytest.mark.parametrize("silent", [Found.UNKNOWN, Found.STALE, Found.NOT_YET])
def test_a_check_that_is_silent_stops_nothing(silent: Found) -> None:
    assert left(answered(new()), outcome=silent) == []


def test_a_check_that_contradicts_stops_although_attested_until_it_is_handled() -> None:
    one = answered(new())
    assert left(one, outcome=Found.FAIL)[0].startswith("1.1: kontrollen A-PROV motsäger svaret")
    said = a.Deviated(
        text="Försvunna kommentarer sedan 2014", category=a.Category.LAW, row="1.1", check="A-PROV"
    )
    one = take(one, act(said), bearings())
    assert left(one, outcome=Found.FAIL), "a deviation that nobody answers for opens nothing"
    handled = a.Handled(number=1, holder="Förvaltningschefen", mandate="KS 3.2", reason="Rutin")
    one = take(one, act(handled), bearings())
    assert left(one, outcome=Found.FAIL) == []
    one = take(one, act(a.Resolved(number=1, reason="Klart")), bearings())
    assert left(one, outcome=Found.FAIL), "what is over answers for nothing new"


def test_an_attestation_holds_for_twelve_months_and_until_the_terms_change() -> None:
    one = answered(new())
    assert left(one, day=date(2027, 9, 1)) == []
    assert "tolv månader" in left(one, day=date(2027, 9, 2))[0]
    later = date(2026, 10, 1)
    one = take(one, act(a.TermsChanged(platform="facebook", text="v9"), later), bearings(later))
    assert "villkor ändrades 2026-10-01" in left(one, day=later)[0]


def test_a_decision_without_an_underlag_is_a_fact_that_opens_nothing() -> None:
    one = take(at_step(new(), 5), act(a_decision()), bearings())
    assert "utan ett fullständigt besvarat underlag" in next(observed(one, DAY)).sv
    one = answered(one)
    assert [one.what.sv for one in before_step_6(one, bearings())] == [
        "KS 2026-09-01 § 201: beslutet fattades utan ett fullständigt besvarat underlag"
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scope": Scope(authority=KS, platforms=frozenset({"x"}))}, "omfattar inte facebook"),
        ({"scope": Scope(authority=KS, channels=frozenset({PAGE}))}, "omfattar inte facebook"),
        ({"valid_from": date(2027, 1, 1)}, "gäller inte i dag"),
        ({"valid_to": date(2026, 9, 1)}, None),
        (
            {"scope": Scope(authority=KS, purposes=frozenset({"krishantering"}))},
            "omfattar inte ändamålet informera_om_tjanster",
        ),
        (
            {"kind": Kind.DELEGATED, "delegation": "3.2", "concerns": frozenset({Concern.GOALS})},
            "får inte delegeras",
        ),
    ],
)
def test_an_approval_opens_what_it_covers(changes: dict[str, object], told: str | None) -> None:
    one = approved(sent(answered(at_step(new(), 5))), **changes)
    found = [each.what.sv for each in before_step_6(one, bearings())]
    assert [told in each for each in found] == [True] if told else found == []  # type: ignore[operator]
    if told:
        assert any(told in each.sv for each in observed(one, DAY)), "and it is shown"


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.REMITTED, Outcome.TABLED])
def test_no_other_outcome_opens_anything(outcome: Outcome) -> None:
    one = approved(sent(answered(at_step(new(), 5))), outcome=outcome)
    assert verdict(one, bearings()).state is GateState.READY
    assert (one.pending is not None) == (outcome is Outcome.TABLED)


def test_final_three_weeks_after_the_notice_rolled_past_the_eve() -> None:
    one = approved(sent(answered(at_step(new(), 5))))
    said = a.MinutesNoticed(adjusted=date(2026, 12, 3), noticed=date(2026, 12, 3))
    one = take(one, act(said), bearings())
    decision = one.decision
    assert decision is not None
    # 24 December is julafton, then two holidays and a Sunday.
    assert decision.appeal_until == date(2026, 12, 28)
    assert decision.final_on == date(2026, 12, 29)
    assert "2026-12-29" in left(one, day=date(2026, 12, 28))[0]
    assert left(one, day=date(2026, 12, 29)) == []


def test_a_notice_that_came_down_early_lets_no_time_run() -> None:
    one = approved(sent(answered(at_step(new(), 5))))
    said = a.MinutesNoticed(adjusted=DAY, noticed=DAY, taken_down=date(2026, 9, 10))
    one = take(one, act(said), bearings())
    assert one.decision is not None
    assert one.decision.final_on is None
    assert "togs ned 2026-09-10" in left(one, day=date(2027, 1, 1))[0]


def test_an_appeal_keeps_it_open_an_inhibition_stops_a_weighing_and_a_judgment_ends_it() -> None:
    one = approved(sent(answered(at_step(new(), 5))))
    for said in (
        a.MinutesNoticed(adjusted=DAY, noticed=DAY),
        a.Weighed(holder="Ordföranden", reason="Inga särskilda skäl"),
        a.Appealed(case_number="1234-26", inhibited=True),
    ):
        one = take(one, act(said), bearings())
    assert left(one) == ["domstolen har beslutat om inhibition"]
    stands = take(one, act(a.Judged(upheld=True, final_on=date(2027, 3, 1))), bearings())
    assert stands.decision is not None
    assert stands.decision.final_on == date(2027, 3, 1)
    assert left(stands) == []
    falls = take(one, act(a.Judged(upheld=False, final_on=date(2027, 3, 1))), bearings())
    assert "beslutet är upphävt av domstol" in [
        each.what.sv for each in before_step_6(falls, bearings())
    ]


def test_a_delegates_decision_is_reported() -> None:
    one = approved(
        sent(answered(at_step(new(), 5))), kind=Kind.DELEGATED, delegation="KS 3.2", paragraph=""
    )
    assert "inte anmält (KL 6:40, 7:8)" in next(each.sv for each in observed(one, DAY))
    said = a.Reported(on=DAY, reference="KS 2026-09-15 § 3")
    assert list(observed(take(one, act(said), bearings()), DAY)) == []


def test_a_condition_before_going_live_stops_step_7_and_not_step_6() -> None:
    one = answer(answered(at_step(new(), 5)), "1.2", AnswerState.CONDITIONAL)
    said = a.Conditioned(
        row="1.2", text="Avtal", owner="DSO", due=date(2027, 1, 1), before_go_live=True
    )
    one = take(one, act(said), bearings())
    one = take(one, act(a.Attested(row="1.2"), actor=BO), bearings())
    one = approved(sent(one))
    one = take(one, act(a.Weighed(holder="Ordf.", reason="Ja")), bearings())
    assert list(before_step_6(one, bearings())) == []
    assert left(one) == ["1.2: villkoret ska vara uppfyllt före drift: Avtal"]
    one = take(one, act(a.ConditionMet(row="1.2", text="Avtal tecknat")), bearings())
    assert left(one) == []


def test_what_comes_undone_after_the_approval_is_a_deviation_and_undoes_nothing() -> None:
    one = approved(sent(answered(at_step(new(), 5))))
    at = bearings(outcome=Found.FAIL)
    assert [(row.id, result.check) for row, result in drift(one, at)] == [("1.1", "A-PROV")]
    assert one.decision is not None
    assert verdict(one, at).state is GateState.DECIDED
    said = a.Deviated(text="Avviker", category=a.Category.LAW, row="1.1", check="A-PROV")
    assert list(drift(take(one, act(said), at), at)) == []


def test_what_was_live_before_anybody_asked_is_a_deviation_until_it_is_approved() -> None:
    one = new(channels=(PAGE,), live_since=date(2014, 5, 1))
    assert [each.sv for each in observed(one, DAY)] == [
        "C17 är i drift sedan 2014-05-01 utan godkännande"
    ]
    one = approved(sent(answered(at_step(one, 5))))
    assert list(observed(one, DAY)) == []


def test_which_approval_covered_a_channel_on_a_day() -> None:
    one = approved(sent(answered(at_step(new(), 5))), valid_to=date(2026, 12, 31))
    one = approved(sent(one), valid_from=date(2026, 11, 1), paragraph="§ 240")

    def on(day: date, platform: str = "facebook") -> str | None:
        found = covering(one.decisions, authority=KS, platform=platform, channel=PAGE, day=day)
        return found.approval.paragraph if found else None

    assert on(date(2026, 8, 31)) is None
    assert on(date(2026, 9, 1)) == "§ 201"
    assert on(date(2026, 11, 1)) == "§ 240"
    assert on(date(2027, 6, 1), "x") == "§ 240"
    assert covering(one.decisions, authority=2, platform="x", channel=None, day=DAY) is None

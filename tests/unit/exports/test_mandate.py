"""No way leads to a decision but by a mandate in force, or by the body's own decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.errors import RuleViolation
from exports.core.access_request import Answer, Standing, State, Step, Taken, take
from exports.core.mandate import (
    KINDS,
    Competence,
    Mandate,
    MandateKind,
    NoMandate,
    competence,
    faults,
    kind_of,
)

MONDAY = date(2026, 11, 23)
HELD = Mandate(
    seq=5,
    authority=1,
    user=7,
    kinds=frozenset({MandateKind.REFUSAL}),
    provision="KS 3.2",
    decision="KS § 7",
    valid_from=MONDAY,
    valid_to=MONDAY + timedelta(days=1),
)


def test_a_fee_that_is_decided_lies_below_the_table() -> None:
    assert KINDS[MandateKind.FEE].sv == "lägre avgift än taxan"


@pytest.mark.parametrize(("day", "fits"), [(-1, False), (0, True), (1, True), (2, False)], ids=str)
def test_it_counts_from_its_first_day_to_its_last(day: int, fits: bool) -> None:
    on = MONDAY + timedelta(days=day)
    if fits:
        found = competence([HELD], user=7, kind=MandateKind.REFUSAL, day=on)
        assert found == Competence(5, "KS 3.2")
    else:
        with pytest.raises(NoMandate, match=str(on)):
            competence([HELD], user=7, kind=MandateKind.REFUSAL, day=on)


def test_nobody_signs_as_of_a_day_when_they_still_might() -> None:
    asked = {"user": 7, "kind": MandateKind.REFUSAL, "day": MONDAY}
    assert competence([HELD], signed=MONDAY, **asked).mandate == 5  # type: ignore[arg-type]
    later = MONDAY + timedelta(days=2)
    with pytest.raises(NoMandate, match=str(later)):
        competence([HELD], signed=later, **asked)  # type: ignore[arg-type]


def test_of_several_the_newest_counts_unless_one_is_named() -> None:
    newer = replace(HELD, seq=6, provision="KS 3.3")
    asked = {"user": 7, "kind": MandateKind.REFUSAL, "day": MONDAY}
    assert competence([HELD, newer], **asked).mandate == 6  # type: ignore[arg-type]
    assert competence([HELD, newer], provision="KS 3.2", **asked).mandate == 5  # type: ignore[arg-type]


def test_what_is_no_mandate_is_told() -> None:
    assert list(faults(HELD)) == []
    wrong = replace(HELD, user=0, kinds=frozenset(), provision="", decision="")
    wrong = replace(wrong, valid_to=MONDAY - timedelta(days=1))
    told = [fault.partition(":")[0] for fault in faults(wrong)]
    assert told == ["user", "kinds", "provision", "decision", "valid_to"]
    assert set(KINDS) == set(MandateKind)


_steps = st.tuples(
    st.sampled_from(Step),
    st.one_of(st.none(), st.sampled_from(Answer)),
    st.booleans(),
    st.integers(-2, 4),  # days from Monday
    st.sampled_from([7, 8]),
    st.sampled_from(["", "KS § 12"]),
)


@settings(deadline=None)
@given(st.lists(_steps, max_size=14), st.sets(st.sampled_from(MandateKind)))
def test_no_sequence_reaches_a_decision_without_one(
    steps: list[tuple[Step, Answer | None, bool, int, int, str]], kinds: set[MandateKind]
) -> None:
    """The rule as the service applies it, over any sequence of steps by anybody on any day."""
    held = replace(HELD, kinds=frozenset(kinds))
    standing = Standing(received=MONDAY - timedelta(days=3))
    rests: Competence | None = None
    for name, answer, told, days, user, body in steps:
        day, kind = MONDAY + timedelta(days=days), kind_of(name, standing.answer)
        taken = Taken(step=name, day=day, actor=user, answer=answer, told=told, reason="x")
        try:
            if kind is not None:
                rests = competence([held], user=user, kind=kind, day=day, body=body)
                taken = replace(taken, mandate=rests.provision, body=rests.body)
            standing = take(standing, taken)
        except RuleViolation:
            continue
        if name is Step.DECIDE:
            assert standing.state is State.DECIDED
            mine = user == 7 and kind in kinds and held.is_in_force(day)
            assert body or mine

"""A data subject's request: its clock, its steps, and what cannot follow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.calendar import SATURDAY, is_public_holiday
from archiver.errors import RuleViolation
from gdpr.core.erasure import ALLOWED, Outcome, Part, Place
from gdpr.core.erasure import faults as split_faults
from gdpr.core.subject_request import (
    REFUSALS,
    Answer,
    Identified,
    Light,
    Right,
    Standing,
    State,
    Step,
    Taken,
    after,
    light,
    possible,
    take,
)
from gdpr.core.subject_words import ANSWERS, RIGHTS, STATES, STEPS, WAYS

DAY = date(2026, 3, 2)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


def taken(step: Step, day: date = DAY, **more: object) -> Taken:
    return Taken(step=step, day=day, actor=7, **more)  # type: ignore[arg-type]


KNOWN = taken(Step.CONFIRM_IDENTITY, how=Identified.E_ID)
NAMED = taken(Step.COLLECT, records=(11, 12))
REFUSED = {"reason": "Därför.", "mandate": "KS 4.2", "told": True}
KEPT = (
    Part(Place.PLATFORM, Outcome.HIDDEN, "Döljs."),
    Part(Place.REGISTER, Outcome.NOT_THERE, ""),
    Part(Place.ARCHIVE, Outcome.KEPT, "Arkivlagen."),
)


def test_one_month_and_two_more_at_the_ends_of_months() -> None:
    for received, due, longer in (
        (date(2026, 1, 31), date(2026, 3, 2), date(2026, 4, 30)),  # 28 Feb is a Saturday
        (date(2028, 1, 31), date(2028, 2, 29), date(2028, 5, 2)),  # 30 Apr Sunday, 1 May holiday
        (date(2028, 2, 29), date(2028, 3, 29), date(2028, 5, 29)),
        (date(2026, 11, 23), date(2026, 12, 23), date(2027, 2, 23)),
        (date(2026, 11, 25), date(2026, 12, 28), date(2027, 2, 25)),  # Christmas, and a week-end
        (date(2026, 11, 24), date(2026, 12, 24), date(2027, 2, 24)),  # no eve moves an EU time
    ):
        standing = Standing(right=Right.ACCESS, received=received)
        assert standing.due == standing.first_month_ends == due
        told = taken(Step.EXTEND, received, reason="Många handlingar.", told=True)
        assert take(standing, told).due == longer


@given(DAYS)
def test_the_last_day_is_never_a_holiday_and_never_before_the_month(received: date) -> None:
    standing = Standing(right=Right.ERASURE, received=received)
    due = standing.due
    assert timedelta(28) <= due - received <= timedelta(31 + 6)
    assert due.weekday() < SATURDAY
    assert not is_public_holiday(due)
    told = taken(Step.EXTEND, due, reason="Komplext.", told=True)
    assert take(standing, told).due > due
    late = taken(Step.EXTEND, due + timedelta(1), reason="Komplext.", told=True)
    with pytest.raises(RuleViolation, match="too late"):
        take(standing, late)
    assert light(standing, due) is Light.AMBER
    assert light(standing, due + timedelta(1)) is Light.RED


def test_the_light_goes_out_when_it_is_answered() -> None:
    standing = after(Right.ACCESS, DAY, [KNOWN, NAMED])
    assert light(standing, DAY) is Light.GREEN
    done = take(standing, taken(Step.ANSWER, answer=Answer.GRANTED))
    assert light(done, DAY + timedelta(300)) is Light.OUT


def test_more_time_is_taken_once_with_a_reason_that_is_told() -> None:
    standing = Standing(right=Right.ACCESS, received=DAY)
    for bad in ({"reason": "Många."}, {"told": True}):
        with pytest.raises(RuleViolation, match="reason"):
            take(standing, taken(Step.EXTEND, **bad))
    longer = take(standing, taken(Step.EXTEND, reason="Många.", told=True))
    assert Step.EXTEND not in possible(longer)
    assert longer.state is State.RECEIVED


def test_nothing_is_given_to_somebody_who_is_not_identified() -> None:
    with pytest.raises(RuleViolation, match="identified"):
        take(Standing(right=Right.ACCESS, received=DAY), taken(Step.ANSWER, answer=Answer.GRANTED))
    with pytest.raises(RuleViolation, match="how the person"):
        take(Standing(right=Right.ACCESS, received=DAY), taken(Step.CONFIRM_IDENTITY))
    with pytest.raises(RuleViolation, match="Name the records"):
        after(Right.ACCESS, DAY, [KNOWN, taken(Step.ANSWER, answer=Answer.GRANTED)])


@pytest.mark.parametrize("answer", sorted(REFUSALS - {Answer.PARTLY}))
def test_a_refusal_has_reasons_a_mandate_and_a_notice(answer: Answer) -> None:
    standing = after(Right.ACCESS, DAY, [KNOWN, NAMED])
    for name in REFUSED:
        lacking = {key: value for key, value in REFUSED.items() if key != name}
        with pytest.raises(RuleViolation):
            take(standing, taken(Step.ANSWER, answer=answer, **lacking))
    assert take(standing, taken(Step.ANSWER, answer=answer, **REFUSED)).state is State.REFUSED


def test_a_refusal_is_served_appealed_and_tried() -> None:
    refused = after(Right.ACCESS, DAY, [taken(Step.ANSWER, answer=Answer.UNFOUNDED, **REFUSED)])
    with pytest.raises(RuleViolation, match="not served"):
        take(refused, taken(Step.CLOSE))
    served = take(refused, taken(Step.SERVE))
    assert served.appeal_until == DAY + timedelta(21)
    with pytest.raises(RuleViolation, match="in time until"):
        take(served, taken(Step.CLOSE, DAY + timedelta(21)))
    assert take(served, taken(Step.CLOSE, DAY + timedelta(22))).state is State.CLOSED
    late = take(served, taken(Step.APPEAL, DAY + timedelta(22)))
    with pytest.raises(RuleViolation, match="Dismiss"):
        take(late, taken(Step.FIND_IN_TIME))
    with pytest.raises(RuleViolation, match="no mandate"):
        take(late, taken(Step.DISMISS_AS_LATE))
    assert take(late, taken(Step.DISMISS_AS_LATE, body="KS § 3")).late
    in_time = take(served, taken(Step.APPEAL, DAY + timedelta(21)))
    with pytest.raises(RuleViolation, match="came in time"):
        take(in_time, taken(Step.DISMISS_AS_LATE))
    court = take(take(in_time, taken(Step.FIND_IN_TIME)), taken(Step.HAND_TO_COURT))
    assert take(court, taken(Step.JUDGE)).state is State.JUDGED


def test_erasure_is_answered_for_each_place_and_never_in_the_archive() -> None:
    standing = after(Right.ERASURE, DAY, [KNOWN, NAMED])
    with pytest.raises(RuleViolation, match="granted in part"):
        take(standing, taken(Step.ANSWER, answer=Answer.GRANTED, split=KEPT))
    with pytest.raises(RuleViolation, match="says once"):
        take(standing, taken(Step.ANSWER, answer=Answer.PARTLY, split=KEPT[:2], **REFUSED))
    done = take(standing, taken(Step.ANSWER, answer=Answer.PARTLY, split=KEPT, **REFUSED))
    assert done.state is State.REFUSED
    erased = (*KEPT[:2], Part(Place.ARCHIVE, Outcome.REMOVED, "Gärna."))
    assert "Nothing in the archive" in next(split_faults(erased, granted=False))
    unsaid = (*KEPT[:2], Part(Place.ARCHIVE, Outcome.KEPT, " "))
    assert list(split_faults(unsaid, granted=False)) == ["Say why for the archive."]
    gone = {Outcome.REMOVED, Outcome.HIDDEN}
    assert not gone & ALLOWED[Place.ARCHIVE]
    assert not gone & ALLOWED[Place.REGISTER]


def test_an_objection_is_weighed_before_it_is_answered() -> None:
    standing = after(Right.OBJECTION, DAY, [KNOWN, NAMED])
    with pytest.raises(RuleViolation, match="both sides"):
        take(standing, taken(Step.ANSWER, answer=Answer.GRANTED))
    with pytest.raises(RuleViolation, match="two sides"):
        take(standing, taken(Step.WEIGH, ours="Arkivet."))
    weighed = take(standing, taken(Step.WEIGH, ours="Arkivet.", theirs="Hotbild."))
    assert take(weighed, taken(Step.ANSWER, answer=Answer.GRANTED)).state is State.ANSWERED


def test_a_restriction_lasts_until_the_person_is_told() -> None:
    standing = after(
        Right.RESTRICTION, DAY, [KNOWN, NAMED, taken(Step.ANSWER, answer=Answer.GRANTED)]
    )
    assert standing.restricts
    assert standing.holds
    with pytest.raises(RuleViolation, match="lift it first"):
        take(standing, taken(Step.CLOSE))
    with pytest.raises(RuleViolation, match="told"):
        take(standing, taken(Step.LIFT, reason="Utrett."))
    lifted = take(standing, taken(Step.LIFT, reason="Utrett.", told=True))
    closed = take(lifted, taken(Step.CLOSE))
    assert (closed.state, closed.holds) == (State.CLOSED, False)


def test_portability_and_rectification() -> None:
    known = after(Right.PORTABILITY, DAY, [KNOWN, NAMED])
    with pytest.raises(RuleViolation, match="no right to portability"):
        take(known, taken(Step.ANSWER, answer=Answer.GRANTED))
    take(known, taken(Step.ANSWER, answer=Answer.NOT_APPLICABLE, **REFUSED))
    standing = after(Right.RECTIFICATION, DAY, [KNOWN, NAMED])
    with pytest.raises(RuleViolation, match="Note what is rectified"):
        take(standing, taken(Step.ANSWER, answer=Answer.GRANTED))
    noted = take(standing, taken(Step.RECTIFY, records=(11,)))
    assert take(noted, taken(Step.ANSWER, answer=Answer.GRANTED)).rectified == 1


def test_nothing_is_held_before_records_are_named() -> None:
    assert not after(Right.ACCESS, DAY, [KNOWN]).holds
    assert after(Right.ACCESS, DAY, [KNOWN, NAMED]).holds


@given(st.lists(st.sampled_from(list(Step)), max_size=8), st.sampled_from(list(Right)))
def test_a_step_that_is_not_possible_is_refused(steps: list[Step], right: Right) -> None:
    standing = Standing(right=right, received=DAY)
    for step in steps:
        everything = taken(
            step, how=Identified.E_ID, answer=Answer.PARTLY, split=KEPT, records=(3,),
            ours="A", theirs="B", excused="C", **REFUSED,
        )  # fmt: skip
        try:
            went = take(standing, everything)
        except RuleViolation:
            continue
        assert step in possible(standing)
        assert went.received == DAY
        standing = went


def test_everything_has_words() -> None:
    for kind, words in (
        (Right, RIGHTS), (State, STATES), (Step, STEPS), (Answer, ANSWERS), (Identified, WAYS),
    ):  # fmt: skip
        assert set(words) == set(kind)  # type: ignore[arg-type]

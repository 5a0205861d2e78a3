"""A request from the first word to the last: what may follow what, and by when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.errors import RuleViolation
from exports.core.access_request import (
    ANSWERS,
    REFUSALS,
    STATES,
    Answer,
    Court,
    Light,
    Matter,
    Standing,
    State,
    Step,
    Taken,
    after,
    court,
    faults,
    light,
    possible,
    take,
)

MONDAY = date(2026, 11, 23)


def step(name: Step, day: date = MONDAY, **more: object) -> Taken:
    return Taken(step=name, day=day, actor=7, **more)  # type: ignore[arg-type]


def refused(answer: Answer = Answer.MASKED) -> list[Taken]:
    return [
        step(Step.MAKE_PRECISE),
        step(Step.ASSESS),
        step(Step.RELEASE_PART),
        step(Step.ANSWER, answer=answer, told=True),
    ]


def decided(served: date | None) -> list[Taken]:
    found = [*refused(), step(Step.ASK_FOR_DECISION), step(Step.DECIDE, mandate="KS 4.2")]
    return found if served is None else [*found, step(Step.SERVE, served)]


def test_given_out_on_the_same_day() -> None:
    standing = after(MONDAY, [step(Step.MAKE_PRECISE), step(Step.ANSWER, answer=Answer.RELEASED)])
    assert (standing.state, standing.answered) == (State.ANSWERED, MONDAY)
    assert standing.holds
    assert not take(standing, step(Step.CLOSE)).holds


def test_a_search_holds_nothing_and_a_precise_request_does() -> None:
    assert not after(MONDAY, []).holds
    assert not after(MONDAY, [step(Step.ASK_BACK)]).holds
    assert after(MONDAY, [step(Step.ASK_BACK), step(Step.MAKE_PRECISE)]).holds


def test_a_refusal_tells_of_the_right_to_a_decision() -> None:
    standing = after(MONDAY, refused()[:-1])
    for answer in REFUSALS:
        with pytest.raises(RuleViolation, match="6:3"):
            take(standing, step(Step.ANSWER, answer=answer))
        assert take(standing, step(Step.ANSWER, answer=answer, told=True)).state is State.REFUSED
    with pytest.raises(RuleViolation, match="says what it was"):
        take(standing, step(Step.ANSWER))
    assert take(standing, step(Step.ANSWER, answer=Answer.REFERRED)).state is State.ANSWERED


def test_who_lacks_a_mandate_decides_nothing() -> None:
    standing = after(MONDAY, refused())
    with pytest.raises(RuleViolation, match="delegation"):
        take(standing, step(Step.DECIDE, mandate="  "))
    assert take(standing, step(Step.DECIDE, mandate="KS 4.2")).decided == MONDAY


@pytest.mark.parametrize(
    ("served", "last"),
    [
        (date(2026, 11, 23), date(2026, 12, 14)),
        (date(2026, 12, 4), date(2026, 12, 28)),  # Christmas Day is a Friday: Monday
        (date(2026, 12, 3), date(2026, 12, 28)),  # Christmas Eve counts as a Sunday
        (date(2026, 5, 29), date(2026, 6, 22)),  # midsommarafton is Friday 19 June
        (date(2025, 12, 10), date(2026, 1, 2)),  # New Year's Eve
    ],
)
def test_three_weeks_and_what_holidays_do(served: date, last: date) -> None:
    standing = Standing(received=served, state=State.SERVED, decided=served, served=served)
    assert standing.appeal_until == last
    with pytest.raises(RuleViolation, match="in time until"):
        take(standing, step(Step.CLOSE, last))
    assert take(standing, step(Step.CLOSE, last + timedelta(days=1))).state is State.CLOSED


def test_no_time_runs_before_the_day_of_service_is_known() -> None:
    standing = after(MONDAY, decided(None))
    assert standing.appeal_until is None
    appealed = take(standing, step(Step.APPEAL, date(2027, 6, 1)))
    with pytest.raises(RuleViolation, match="service is not known"):
        take(appealed, step(Step.DISMISS_AS_LATE, date(2027, 6, 1)))
    assert take(appealed, step(Step.FIND_IN_TIME, date(2027, 6, 1))).state is State.IN_TIME


def test_a_late_appeal_and_one_that_only_seems_so() -> None:
    standing = after(MONDAY, decided(MONDAY))
    last = standing.appeal_until
    assert last is not None
    in_time = take(standing, step(Step.APPEAL, last))
    with pytest.raises(RuleViolation, match="came in time"):
        take(in_time, step(Step.DISMISS_AS_LATE, last))
    day = last + timedelta(days=1)
    late = take(standing, step(Step.APPEAL, day))
    with pytest.raises(RuleViolation, match="our notice was wrong"):
        take(late, step(Step.FIND_IN_TIME, day))
    excused = take(late, step(Step.FIND_IN_TIME, day, excused="rätten hade det i tid"))
    assert excused.state is State.IN_TIME
    dismissed = take(late, step(Step.DISMISS_AS_LATE, day))
    assert (dismissed.state, dismissed.late) == (State.SERVED, True)


def test_to_the_court_and_back() -> None:
    steps = [
        *decided(MONDAY),
        step(Step.APPEAL),
        step(Step.FIND_IN_TIME),
        step(Step.HAND_TO_COURT),
    ]
    standing = after(MONDAY, steps)
    assert standing.holds
    with pytest.raises(RuleViolation, match="cannot follow"):
        take(standing, step(Step.CLOSE))
    judged = take(standing, step(Step.JUDGE))
    assert take(judged, step(Step.CLOSE)).state is State.CLOSED


def test_the_authority_may_change_what_it_decided() -> None:
    changed = take(after(MONDAY, decided(MONDAY)), step(Step.CHANGE_DECISION))
    assert (changed.state, changed.served, changed.appeal_until) == (State.ASSESSING, None, None)


def test_the_order_of_days() -> None:
    with pytest.raises(RuleViolation, match="before the day"):
        after(MONDAY, [step(Step.MAKE_PRECISE, MONDAY - timedelta(days=1))])
    standing = after(MONDAY - timedelta(days=5), decided(None))
    with pytest.raises(RuleViolation, match="before the decision"):
        take(standing, step(Step.SERVE, MONDAY - timedelta(days=1)))


def test_what_was_never_precise_is_closed_with_a_reason() -> None:
    standing = after(MONDAY, [step(Step.ASK_BACK)])
    with pytest.raises(RuleViolation, match="reason"):
        take(standing, step(Step.CLOSE))
    assert take(standing, step(Step.CLOSE, reason="hörde inte av sig")).state is State.CLOSED


@pytest.mark.parametrize(
    ("received", "today", "colour"),
    [
        (MONDAY, MONDAY, Light.GREEN),
        (MONDAY, date(2026, 11, 24), Light.AMBER),
        (MONDAY, date(2026, 11, 25), Light.RED),
        (date(2026, 11, 20), MONDAY, Light.AMBER),  # from a Friday
        (date(2026, 11, 21), MONDAY, Light.GREEN),  # what came on a Saturday
        (date(2026, 12, 23), date(2026, 12, 28), Light.AMBER),
    ],
)
def test_the_clock_counts_working_days(received: date, today: date, colour: Light) -> None:
    assert light(after(received, []), today) is colour


def test_the_clock_stops_with_the_answer() -> None:
    assert light(after(MONDAY, refused()), MONDAY + timedelta(days=9)) is Light.OUT


def test_which_court() -> None:
    assert court(Matter.PUBLIC_RECORD) is Court.APPEAL_COURT
    assert {court(Matter.DATA_SUBJECT), court(Matter.OPEN_DATA)} == {Court.ADMINISTRATIVE_COURT}


def test_every_state_and_outcome_has_its_words() -> None:
    assert set(STATES) == set(State)
    assert set(ANSWERS) == set(Answer)


@settings(deadline=None)
@given(st.data())
def test_any_walk_keeps_the_rules(data: st.DataObject) -> None:
    """What is offered can be taken or says why not; nobody is in court without a decision that was
    made with a mandate; nothing closed is held."""
    standing, day, mandates = after(MONDAY, []), MONDAY, 0
    for _ in range(data.draw(st.integers(0, 25))):
        offered = possible(standing)
        if not offered:
            break
        day += timedelta(days=data.draw(st.integers(0, 30)))
        taken = step(
            data.draw(st.sampled_from(offered)),
            day,
            answer=data.draw(st.sampled_from([None, *Answer])),
            told=data.draw(st.booleans()),
            mandate=data.draw(st.sampled_from(["", "KS 4.2"])),
            excused=data.draw(st.sampled_from(["", "rätten hade det i tid"])),
            reason="skäl",
        )
        if list(faults(standing, taken)):
            with pytest.raises(RuleViolation):
                take(standing, taken)
            continue
        standing = take(standing, taken)
        mandates += taken.step is Step.DECIDE
        if standing.state in (State.SERVED, State.APPEALED, State.IN_TIME, State.IN_COURT):
            assert mandates
        assert standing.holds == (
            standing.state not in (State.RECEIVED, State.CLARIFYING, State.CLOSED)
        )
        if standing.state is State.IN_COURT and standing.served:
            assert standing.appealed is not None

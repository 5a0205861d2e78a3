"""A breach: seventy-two hours whatever the clocks do, phases, and what must be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.calendar import HOUR
from archiver.core.record import instant, milliseconds
from archiver.errors import ConfigError, RuleViolation
from gdpr.core.incident import (
    NOT_TOLD,
    RISKS,
    STEPS,
    Content,
    Light,
    NotTold,
    Risk,
    Standing,
    Step,
    Taken,
    after,
    light,
    possible,
    take,
)
from gdpr.incidents.steps import Noticed, noticed_of, payload, taken_of

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WHOLE = Content(
    nature="Fel mottagare.",
    subject_categories="Kommentatorer",
    subjects=0,
    record_categories="Kommentarer",
    records=12,
    contact="dso@testkoping.example",
    consequences="Obehag.",
    measures="Återkallat.",
)


def at(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC))


KNOWN = at("2026-03-02 09:00")


def step(name: Step, when: int = KNOWN, **more: object) -> Taken:
    return Taken(step=name, at=when, actor=7, **more)  # type: ignore[arg-type]


def test_seventy_two_hours_roll_past_no_holiday_and_know_no_summer_time() -> None:
    for known, due in (
        ("2026-03-27 12:00", "2026-03-30 13:00"),  # the clocks go forward in between
        ("2026-10-23 12:00", "2026-10-26 11:00"),  # … and back
        ("2026-12-23 17:00", "2026-12-26 17:00"),  # Christmas
        ("2028-02-27 08:30", "2028-03-01 08:30"),  # 29 February
    ):
        standing = Standing(known_at=at(known))
        assert standing.due_at == at(due)
        assert standing.hours_left(at(due)) == 0
        assert standing.hours_left(at(due) + 1) == -1


@given(st.integers(0, 4_000_000_000_000))
def test_it_is_always_as_many_hours(known: int) -> None:
    standing = Standing(known_at=known)
    assert standing.due_at - known == 72 * HOUR
    local = instant(standing.due_at).astimezone(STOCKHOLM) - instant(known).astimezone(STOCKHOLM)
    assert local.total_seconds() == 72 * 3600
    assert [light(standing, known + h * HOUR) for h in (0, 47, 48, 72, 73)] == [
        Light.GREEN, Light.GREEN, Light.AMBER, Light.AMBER, Light.RED,
    ]  # fmt: skip


def test_what_is_late_needs_its_reason() -> None:
    standing = Standing(known_at=KNOWN)
    late = step(Step.NOTIFY, standing.due_at + 1, content=WHOLE)
    with pytest.raises(RuleViolation, match="reason for the delay"):
        take(standing, late)
    told = take(standing, replace(late, delay="Upptäckten utreddes."))
    assert (told.delay, told.phases) == ("Upptäckten utreddes.", 1)
    assert not told.clock_runs
    assert take(standing, replace(late, at=standing.due_at)).notified_at == standing.due_at


def test_a_first_phase_may_know_little_and_the_end_may_not() -> None:
    little = Content(nature="En fil gick fel.", contact="DSO")
    standing = after(
        KNOWN,
        [step(Step.ASSESS, risk=Risk.HIGH, reason="Hälsa."), step(Step.NOTIFY, content=little)],
    )
    with pytest.raises(RuleViolation, match="says nothing yet of: subject_categories, subjects"):
        take(standing, step(Step.CLOSE))
    whole = take(standing, step(Step.SUPPLEMENT, content=WHOLE))
    with pytest.raises(RuleViolation, match="tell the data subjects"):
        take(whole, step(Step.CLOSE))
    untold = take(
        whole, step(Step.DECIDE_NOT_TO_TELL, not_told=NotTold.PROTECTED, reason="Krypterat.")
    )
    assert take(untold, step(Step.CLOSE)).closed
    assert take(take(whole, step(Step.TELL, reason="Brev.")), step(Step.CLOSE)).closed
    with pytest.raises(RuleViolation, match="at least what happened"):
        take(Standing(known_at=KNOWN), step(Step.NOTIFY, content=replace(little, contact="")))


def test_what_is_not_notified_is_recorded_with_why() -> None:
    standing = Standing(known_at=KNOWN)
    with pytest.raises(RuleViolation, match="Assess the risk"):
        take(standing, step(Step.CLOSE))
    with pytest.raises(RuleViolation, match="how likely"):
        take(standing, step(Step.ASSESS, risk=Risk.UNLIKELY))
    unlikely = take(standing, step(Step.ASSESS, risk=Risk.UNLIKELY, reason="Krypterad."))
    assert light(unlikely, KNOWN + 99 * HOUR) is Light.OUT
    closed = take(unlikely, step(Step.CLOSE))
    assert possible(closed) == [Step.REOPEN]
    assert not take(closed, step(Step.REOPEN)).closed
    risky = take(standing, step(Step.ASSESS, risk=Risk.RISK, reason="Namn."))
    with pytest.raises(RuleViolation, match="notify IMY first"):
        take(risky, step(Step.CLOSE))
    with pytest.raises(RuleViolation, match="lies before"):
        take(standing, step(Step.MEASURE, KNOWN - 1, reason="Spärrat."))
    for name in (Step.TELL, Step.MEASURE, Step.DECIDE_NOT_TO_TELL):
        with pytest.raises(RuleViolation, match="Say "):
            take(standing, step(name))


def test_sealed_and_back() -> None:
    for one in (
        step(Step.NOTIFY, content=WHOLE, reference="IMY-2026-1", delay="Sent."),
        step(Step.ASSESS, risk=Risk.HIGH, reason="Namn."),
        step(Step.DECIDE_NOT_TO_TELL, not_told=NotTold.AVERTED, reason="Klart."),
    ):
        assert taken_of(payload(3, 1, one)) == one
    noticed = Noticed(authority=1, known_at=KNOWN, text="X", began_at=1, ended_at=2, records=(4,))
    assert noticed_of(noticed.payload(7)) == noticed
    for bad in (
        {"text": " "}, {"known_at": KNOWN + 1}, {"began_at": KNOWN + 1}, {"ended_at": 0},
        {"text": "x" * 5_000}, {"records": tuple(range(10_001))},
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            replace(noticed, **bad).checked(KNOWN)  # type: ignore[arg-type]


def test_everything_has_words() -> None:
    assert (set(RISKS), set(STEPS), set(NOT_TOLD)) == (set(Risk), set(Step), set(NotTold))

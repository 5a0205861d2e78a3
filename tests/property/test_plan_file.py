"""A schedule that is written in any form and language is read back as the very same."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archiver.core import canonical
from archiver.registry.core.phrase import Refused
from retention.core import vocabulary as words
from retention.core.plan_file import PlanForm, PlanRead, form_of, read_plan, write_plan
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Rounding,
    Rule,
    Schedule,
    TextStatus,
    TriggerName,
    WhenObsolete,
)
from retention.core.sealed import schedule_of, schedule_payload
from retention.schedule.shipped import proposal

DAYS = st.dates(date(1980, 1, 1), date(2100, 1, 1))
CODE = st.from_regex(r"[A-ZÅÄÖ]{1,3}[0-9]{1,4}", fullmatch=True)


def _plain(text: str) -> str:
    kept = (one for one in text if unicodedata.category(one) not in {"Cc", "Cs"})
    return "".join(kept).strip()


TEXT = st.text(max_size=60).map(_plain)
SOME_TEXT = TEXT.filter(bool)
PERIOD = st.builds(
    Period, years=st.integers(5, 90), months=st.integers(0, 40), days=st.integers(0, 40)
)


def _some(codes: Any) -> Any:
    return st.none() | st.frozensets(st.sampled_from(sorted(codes)), min_size=1, max_size=4)


APPLIES = st.builds(
    Applies,
    explicit_only=st.booleans(),
    kinds=_some(words.KINDS),
    origins=_some(words.ORIGINS),
    outcomes=_some(words.OUTCOMES),
    moderated=st.none() | st.booleans(),
    channels=st.none() | st.frozensets(st.integers(1, 10**9), min_size=1, max_size=3),
    class_codes=st.none()
    | st.frozensets(st.from_regex(r"[0-9]\.[0-9]", fullmatch=True), min_size=1, max_size=3),
    since=st.none() | st.dates(date(1980, 1, 1), date(2000, 1, 1)),
    until=st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)


@st.composite
def rules(draw: Any) -> Rule:
    retention = draw(
        st.just(RetainPermanently())
        | st.builds(AfterPeriod, PERIOD, st.sampled_from(Rounding))
        | st.builds(WhenObsolete, PERIOD | st.just(Period()))
    )
    permanent = isinstance(retention, RetainPermanently)
    trigger = None if permanent else draw(st.sampled_from(TriggerName))
    inactive = trigger is TriggerName.THREAD_INACTIVE
    return Rule(
        code=draw(CODE),
        label=draw(SOME_TEXT),
        retention=retention,
        trigger=trigger,
        applies=draw(APPLIES),
        inactive_days=draw(st.integers(1, 999)) if inactive else 0,
        minor=draw(st.booleans()) and not permanent,
        prescription_years=draw(st.integers(0, 5)),
        mandate=draw(SOME_TEXT),
        grounds=draw(TEXT),
        note=draw(TEXT),
        text_status=draw(st.sampled_from(TextStatus)),
    )


@st.composite
def schedules(draw: Any) -> Schedule:
    begins = draw(DAYS)
    return Schedule(
        authority=7,
        name=draw(SOME_TEXT),
        version=draw(SOME_TEXT),
        effective_from=begins,
        effective_until=draw(st.none() | DAYS.filter(lambda day: day > begins)),
        required_levels=draw(st.frozensets(st.sampled_from(DecisionLevel), min_size=1)),
        rules=tuple(draw(st.lists(rules(), min_size=1, max_size=4, unique_by=lambda r: r.code))),
    )


# Rules that contradict each other, or go against a floor, are refused: that is tested by itself.
RELATED = {
    "contradicts_other",
    "below_prescription",
}


def _related(refused: Refused) -> bool:
    return {one.reason.code for one in refused.problems} <= RELATED


@settings(max_examples=60, deadline=None)
@given(schedules(), st.sampled_from(PlanForm), st.sampled_from(["sv", "en"]))
def test_it_is_read_back_as_it_was_written(schedule: Schedule, form: Any, language: str) -> None:
    data = write_plan(schedule, form, language)
    assert form_of(data) is form
    read = read_plan(data, 7)
    if isinstance(read, Refused):
        assert _related(read), [one.say("en") for one in read.problems]
        assume(False)
    assert isinstance(read, PlanRead)
    assert read.schedule == schedule


@settings(max_examples=60, deadline=None)
@given(schedules())
def test_what_is_sealed_is_canonical_and_opens_as_the_same(schedule: Schedule) -> None:
    payload = {"authority": 7, **schedule_payload(schedule)}
    assert schedule_of(canonical.decode_object(canonical.encode(payload))) == schedule
    later = replace(schedule, version=schedule.version + "x")
    assert schedule_of({"authority": 7, **schedule_payload(later)}) != schedule


SOUND = [write_plan(proposal(date(2027, 1, 1), 7).schedule, form) for form in PlanForm]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SOUND), st.integers(0, 10**6), st.binary(max_size=40), st.integers(0, 60))
def test_a_damaged_file_is_refused_or_read_and_never_a_crash(
    data: bytes, at: int, put: bytes, gone: int
) -> None:
    at %= len(data)
    read = read_plan(data[:at] + put + data[at + gone :], 7)
    assert isinstance(read, Refused | PlanRead)
    if isinstance(read, Refused):
        assert read.problems
        assert all(one.say("sv") and one.say("en") for one in read.problems)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_what_is_no_plan_is_refused(data: bytes) -> None:
    assert isinstance(read_plan(data, 7), Refused)

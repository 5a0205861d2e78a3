"""Clocks that run for an item: the nearest first, late in working days, said in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.reason import Wording
from archiver.core.record import milliseconds
from archiver.registry.core.due import NEVER, leads_to, pace, running, what
from archiver.registry.core.phrase import Refused
from archiver.registry.core.routing import COUNTED, Clock, Pace, Route, Since
from archiver.registry.core.routing_file import override
from archiver.registry.shipped import routing_table

ROUTE = routing_table().routes["question"]
ACT = Wording("Svara", "Answer")


def at(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


TUESDAY = at("2026-11-17T12:00")


def with_clocks(*clocks: Clock) -> Route:
    return replace(ROUTE, clocks=clocks)


def one(pace_: Pace, count: int = 0) -> Clock:
    return Clock(pace=pace_, act=ACT, count=count)


def test_the_nearest_clock_leads_and_what_has_no_day_stands_last() -> None:
    route = with_clocks(
        one(Pace.WITHOUT_DELAY), one(Pace.MONTHS, 1), one(Pace.HOURS, 24), one(Pace.IMMEDIATELY)
    )
    found = running(route, received=TUESDAY, known=TUESDAY)
    assert [each.clock.pace for each in found] == [
        Pace.IMMEDIATELY,
        Pace.HOURS,
        Pace.MONTHS,
        Pace.WITHOUT_DELAY,
    ]
    assert found[-1].order == NEVER + TUESDAY
    assert found[-1].last is None
    assert not found[-1].late(NEVER)
    assert found[-1].late_days(NEVER) == 0


@pytest.mark.parametrize(
    ("clock", "now", "late", "days"),
    [
        (one(Pace.WORKING_DAYS, 2), "2026-11-19T22:59", False, 0),
        (one(Pace.WORKING_DAYS, 2), "2026-11-19T23:00", True, 1),
        (one(Pace.WORKING_DAYS, 2), "2026-11-23T09:00", True, 2),  # a weekend between
        (one(Pace.HOURS, 24), "2026-11-18T11:59", False, 0),
        (one(Pace.HOURS, 24), "2026-11-18T12:00", True, 0),
        (one(Pace.IMMEDIATELY), "2026-11-17T12:00", False, 0),
        (one(Pace.IMMEDIATELY), "2026-11-18T08:00", True, 1),
        (one(Pace.SAME_DAY), "2026-11-17T22:00", False, 0),
        (one(Pace.SAME_DAY), "2026-11-17T23:00", True, 1),
    ],
)
def test_late_is_told_in_working_days(clock: Clock, now: str, late: bool, days: int) -> None:
    (found,) = running(with_clocks(clock), received=TUESDAY, known=TUESDAY)
    assert found.late(at(now)) is late
    assert found.late_days(at(now)) == days


def test_what_is_known_later_is_counted_from_then() -> None:
    clock = Clock(pace=Pace.HOURS, act=ACT, count=72, since=Since.KNOWN)
    (found,) = running(with_clocks(clock), received=TUESDAY, known=TUESDAY + 1)
    assert found.due == TUESDAY + 1 + 72 * 3_600_000
    assert found.by_the_hour


@given(st.sampled_from(sorted(Pace)), st.integers(1, 9), st.integers(0, 10**6))
def test_every_pace_has_words_and_a_last_day_on_or_before_its_end(
    pace_: Pace, count: int, minutes: int
) -> None:
    received = TUESDAY + minutes * 60_000
    clock = one(pace_, count if pace_ in COUNTED else 0)
    (found,) = running(with_clocks(clock), received=received, known=received)
    for language in ("sv", "en"):
        assert pace(clock).code not in pace(clock).say(language)
        assert ("1" if count == 1 else str(count)) in found.pace.say(language) or not clock.count
    if found.due is not None:
        assert found.last is not None
        assert found.last <= found.due
        assert not found.late(found.last - 1)


def test_a_pace_is_in_the_singular_for_one() -> None:
    assert pace(one(Pace.DAYS, 1)).say("sv") == "inom 1 dag"
    assert pace(one(Pace.WORKING_DAYS, 2)).say("sv") == "inom 2 arbetsdagar"
    assert pace(one(Pace.MONTHS, 1)).say("en") == "within 1 month"


def test_what_the_act_says_is_not_said_twice() -> None:
    complaint = routing_table().routes["complaint"]
    (found,) = running(complaint, received=TUESDAY, known=TUESDAY)
    assert what(found, "sv") == "Svara utan onödigt dröjsmål"
    (found,) = running(with_clocks(one(Pace.WORKING_DAYS, 2)), received=TUESDAY, known=TUESDAY)
    assert what(found, "sv") == "Svara inom 2 arbetsdagar"


def test_whom_one_can_reach_comes_first() -> None:
    assert [each.key for each in leads_to(ROUTE, routing_table())] == ["contact_centre", "editor"]
    own = override(routing_table(), 'version = "1"\n[recipient.editor]\naddress = "redaktion"\n')
    assert not isinstance(own, Refused)
    assert [each.key for each in leads_to(ROUTE, own)] == ["editor", "contact_centre"]

"""What every matter taken through steps has in common: its table, and the time for an appeal."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.core.procedure import Appealable, Procedure
from archiver.errors import RuleViolation


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Step(StrEnum):
    NOTE = "note"
    CLOSE = "close"


PROCEDURE = Procedure(
    {Step.NOTE: (set(State), None), Step.CLOSE: ({State.OPEN}, State.CLOSED)}, remedy="Go on."
)
DAYS = st.dates(date(2000, 1, 1), date(2200, 1, 1))


def test_the_table_says_what_may_follow_and_where_it_leads() -> None:
    assert PROCEDURE.possible(State.OPEN) == [Step.NOTE, Step.CLOSE]
    assert PROCEDURE.possible(State.CLOSED) == [Step.NOTE]
    assert (PROCEDURE.leads_to(Step.NOTE), PROCEDURE.leads_to(Step.CLOSE)) == (None, State.CLOSED)


def test_the_first_fault_is_told_with_what_to_do() -> None:
    PROCEDURE.refuse([])
    with pytest.raises(RuleViolation, match=r"^one") as told:
        PROCEDURE.refuse(["one", "two"])
    assert told.value.remedy == "Nothing was changed. Go on."


@settings(deadline=None)  # the first day of a year reckons its holidays
@given(DAYS, st.integers(0, 60))
def test_an_appeal_is_in_time_or_late_and_never_both(served: date, after: int) -> None:
    came = served + timedelta(after)
    one = Appealable(served=served, appealed=came)
    until = one.appeal_until
    assert until is not None
    assert until >= served + timedelta(weeks=3)
    assert one.came_late == (came > until) == (not one.may_be_appealed(came))
    assert bool(list(one.dismissal_faults())) == (came <= until)


def test_what_was_not_served_is_never_late() -> None:
    one = Appealable(appealed=date(2026, 11, 23))
    assert (one.appeal_until, one.came_late) == (None, False)
    assert not one.may_be_appealed(date(2026, 11, 23))
    assert ["day of service" in fault for fault in one.dismissal_faults()] == [True]

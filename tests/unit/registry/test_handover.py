"""When a receipt or an answer is late, in Swedish working days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.registry.core.handover import (
    Cause,
    Standing,
    late_before,
    late_since,
    receipt_due,
    standing,
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


FRIDAY = at("2026-11-20T14:00:00+01:00")
OVER = at("2026-11-25T00:00:00+01:00")  # when Monday and Tuesday are over


def test_a_receipt_is_waited_for_in_working_days() -> None:
    assert receipt_due(FRIDAY, 2) == OVER
    assert receipt_due(at("2026-12-23T10:00:00+01:00"), 1) == at("2026-12-29T00:00:00+01:00")


@pytest.mark.parametrize(
    ("now", "due", "received", "closed", "expected"),
    [
        (OVER - 1, None, None, None, Standing.RECEIPT),
        (OVER, None, None, None, Standing.LATE),
        (OVER, None, FRIDAY, None, Standing.ANSWER),
        (OVER, OVER, FRIDAY, None, Standing.LATE),
        (OVER - 1, OVER, FRIDAY, None, Standing.ANSWER),
        (FRIDAY + 9, FRIDAY + 5, None, None, Standing.LATE),
        (OVER + 10**9, OVER, None, OVER, Standing.DONE),
    ],
)
def test_how_a_handover_stands(
    now: int, due: int | None, received: int | None, closed: int | None, expected: Standing
) -> None:
    found = standing(now, at=FRIDAY, due=due, received=received, closed=closed, days=2)
    assert found is expected


def test_what_is_late_and_since_when() -> None:
    assert late_since(at=FRIDAY, due=None, received=None, days=2) == (Cause.RECEIPT, OVER)
    assert late_since(at=FRIDAY, due=OVER - 5, received=None, days=2) == (Cause.RECEIPT, OVER - 5)
    assert late_since(at=FRIDAY, due=OVER, received=FRIDAY, days=2) == (Cause.ANSWER, OVER)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2030, 12, 31)),
    st.integers(0, 20 * 24 * 60),
    st.integers(1, 10),
)
def test_the_line_that_queries_draw_is_the_rule_s(made: datetime, minutes: int, days: int) -> None:
    start = int(made.replace(tzinfo=UTC).timestamp() * 1000)
    now = start + int(timedelta(minutes=minutes).total_seconds() * 1000)
    assert (start < late_before(now, days)) == (receipt_due(start, days) <= now)

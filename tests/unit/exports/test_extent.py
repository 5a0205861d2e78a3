"""What a request's releases amount to together."""

from __future__ import annotations

from datetime import date

import pytest

from archiver.errors import RuleViolation
from exports.core.access_request import Answer, Standing, State, Step, Taken
from exports.core.extent import Decided, Extent, answered, extent, faults, named
from exports.core.release import ItemDecision

DAY = date(2026, 11, 2)
GIVEN, MASKED = ItemDecision.GIVEN, ItemDecision.MASKED
WITHHELD, NOT_ASKED = ItemDecision.WITHHELD, ItemDecision.NOT_ASKED


def of(*decided: tuple[int, ItemDecision], steps: tuple[Step, ...] = ()) -> Extent:
    """Of records 1 and 2, each with one version; in the order of the releases."""
    said = [Decided(record, record * 10, decision) for record, decision in decided]
    return extent({1, 2}, said, [Taken(step=one, day=DAY, actor=1) for one in steps])


@pytest.mark.parametrize(
    ("decided", "answer"),
    [
        ([], None),
        ([(2, GIVEN)], None),
        ([(2, WITHHELD)], None),
        ([(1, GIVEN), (2, GIVEN)], Answer.RELEASED),
        ([(1, NOT_ASKED), (2, GIVEN)], Answer.RELEASED),
        ([(1, MASKED), (2, GIVEN)], Answer.MASKED),
        ([(1, MASKED), (2, MASKED)], Answer.MASKED),
        ([(1, WITHHELD), (2, GIVEN), (2, GIVEN)], Answer.MASKED),
        ([(1, WITHHELD), (2, WITHHELD)], Answer.REFUSED),
        ([(1, WITHHELD), (2, GIVEN), (1, GIVEN)], Answer.RELEASED),
        ([(1, NOT_ASKED), (2, NOT_ASKED)], None),
    ],
)
def test_the_answer_is_about_the_whole(
    decided: list[tuple[int, ItemDecision]], answer: Answer | None
) -> None:
    found = of(*decided)
    assert found.answer is answer
    if answer is None:
        with pytest.raises(RuleViolation, match="no whole answer"):
            answered(found)
    else:
        assert answered(found) is answer


def test_of_versions_that_differ_the_hidden_one_counts() -> None:
    found = extent({1}, [Decided(1, 10, MASKED), Decided(1, 11, GIVEN)], ())
    assert (found.given, found.refused, found.answer) == ((), (1,), Answer.MASKED)


def test_reading_on_the_spot_is_giving_out_what_no_release_decided_on() -> None:
    assert of(steps=(Step.MAKE_PRECISE, Step.READ_ON_SITE)).answer is Answer.RELEASED
    assert of((1, WITHHELD), steps=(Step.READ_ON_SITE,)).answer is Answer.MASKED
    # What was added after the reading was not read.
    assert of(steps=(Step.READ_ON_SITE, Step.MAKE_PRECISE)).answer is None


def test_what_was_recorded_as_given_out_is_not_closed_while_a_record_is_left() -> None:
    recorded = Standing(received=DAY, state=State.ANSWERED, answer=Answer.RELEASED)
    close = Taken(step=Step.CLOSE, day=DAY, actor=1)
    assert list(faults(of((2, GIVEN)), recorded, close)) == [
        "R1: in no release, so nothing is decided on it."
    ]
    assert list(faults(of((1, GIVEN), (2, GIVEN)), recorded, close)) == []
    told = Standing(received=DAY, state=State.REFUSED, answer=Answer.MASKED)
    assert list(faults(of((2, GIVEN)), told, close)) == []


def test_of_many_records_the_first_are_named() -> None:
    assert named((4, 7)) == "R4, R7"
    assert named(range(1, 31)).endswith("R20 … (30)")

"""What is asked again between a disposal's tombstones and its keys' end, and what need not be.

All in one execution: while it waits for its time stamp, something happens in the home.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import Connection

from archiver.core.event import EventType
from archiver.errors import DisposalNotAuthorised, HoldInForce, RuleViolation
from retention.core.disposal import State
from retention.core.evaluate import Evaluation
from retention.core.schedule import AfterPeriod, Period, Rounding
from retention.due.evaluator import Evaluator
from retention.schedule.reading import HeldSchedule
from tests.build import DAY
from tests.homes import TestHome
from tests.integration.test_disposal import COMMENTS, EVA, POSTS, Office, hold
from tests.integration.test_disposal_faults import Confirmed, confirmed, opened

__all__ = ["confirmed"]  # a fixture


class Counting(Evaluator):
    """Counts how often it is asked for a set."""

    asked = 0

    def evaluations(
        self, connection: Connection, records: Collection[int], today: date, *, whole: bool = False
    ) -> Iterator[Evaluation]:
        self.asked += 1
        return super().evaluations(connection, records, today, whole=whole)


class Waiting:
    """A confirmed disposal that is carried out, up to its time stamp."""

    def __init__(self, made: Confirmed, home: TestHome, office: Office) -> None:
        self.office, self.home = office, home
        self.proposal = office.disposals.get(EVA, made.seq).proposal


Meanwhile: TypeAlias = Callable[[Waiting], object]


def a_hold(it: Waiting) -> None:
    hold(it.office.town, it.office, min(it.proposal.newest))


def a_revoked_decision(it: Waiting) -> None:
    it.office.retention.revoke(EVA, it.proposal.decisions[0], reason="Upphävt")


def a_longer_period(it: Waiting) -> None:
    longer = replace(COMMENTS, retention=AfterPeriod(Period(days=3000), Rounding.EXACT))
    today, held = it.office.disposals.today(), it.office.retention
    plan = held.schedule_in_force(it.office.authority, today)
    assert plan is not None
    plan = replace(plan, version="2", effective_from=today, rules=(longer, POSTS))
    made = held.adopt(EVA, plan)
    assert isinstance(made, HeldSchedule), made


def a_class(it: Waiting) -> None:
    it.office.retention.classify(EVA, [min(it.proposal.newest)], "SM01")


def nothing(_it: Waiting) -> None:
    pass


def a_cohort(it: Waiting) -> None:
    with it.home.ledger.writer() as writer:
        writer.cohort(it.office.authority, "access")


def an_event(it: Waiting) -> None:
    with it.home.ledger.writer() as writer:
        writer.append_clear(EventType.CLOCK_JUMPED, {"ms": 6000})


def a_jump(it: Waiting) -> None:
    it.office.town.clock.jump(6000)  # the next block begins by saying so


def a_day(it: Waiting) -> None:
    it.office.town.clock.advance(DAY)


def carried_out(made: Confirmed, path: Path, meanwhile: Meanwhile) -> tuple[State, int]:
    """How the disposal stands in the end, and how often its set was judged."""
    shutil.copytree(made.path, path)
    home, office = opened(replace(made, clock=replace(made.clock)), path)
    it, judge = Waiting(made, home, office), Counting(office.retention)
    office.execution._evaluator = judge
    office.execution._stamp = lambda: meanwhile(it)
    try:
        office.execution.execute(EVA, made.seq)
    finally:
        state = office.disposals.get(EVA, made.seq).row.state
        home.ledger.database.close()
    return state, judge.asked


@pytest.mark.parametrize(
    ("meanwhile", "error"),
    [
        (a_hold, HoldInForce),
        (a_revoked_decision, DisposalNotAuthorised),
        (a_longer_period, DisposalNotAuthorised),
        (a_class, DisposalNotAuthorised),
    ],
)
def test_what_comes_meanwhile_aborts_it(
    confirmed: Confirmed, tmp_path: Path, meanwhile: Meanwhile, error: type[RuleViolation]
) -> None:
    with pytest.raises(error):
        carried_out(confirmed, tmp_path / "home", meanwhile)


@pytest.mark.parametrize("meanwhile", [nothing, a_cohort])
def test_what_changes_no_judgement_is_not_judged_again(
    confirmed: Confirmed, tmp_path: Path, meanwhile: Meanwhile
) -> None:
    assert carried_out(confirmed, tmp_path / "home", meanwhile) == (State.COMPLETED, 1)


@pytest.mark.parametrize("meanwhile", [an_event, a_jump, a_day])
def test_anything_else_is_judged_again(
    confirmed: Confirmed, tmp_path: Path, meanwhile: Meanwhile
) -> None:
    assert carried_out(confirmed, tmp_path / "home", meanwhile) == (State.COMPLETED, 2)

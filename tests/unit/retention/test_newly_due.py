"""What is new since a day, by example: each way in which something that could not go can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, create_engine

from archiver.db import rows
from archiver.db import tables as t
from retention.core.decision import Decision
from retention.core.hold import DisposalHold, HoldKind, HoldScope
from retention.core.schedule import (
    AfterPeriod,
    DecisionLevel,
    Period,
    Rounding,
    Rule,
    TriggerName,
    WhenObsolete,
)
from retention.due import due_set
from retention.due.evaluator import Evaluator
from tests.unit.retention.worlds import AUTHORITY, Made, Plans, World

assert rows.STATEMENTS  # every table is known
T = TriggerName
DAY = timedelta(days=1)
FIRST = date(2024, 6, 3)
POST = Made(
    seq=100,
    channel=2,
    kind="post",
    origin="received",
    on=FIRST,
    hour=9,
    parent=None,
    root=None,
    outcome=None,
    hidden=None,
    state_hidden=None,
    classes=frozenset(),
    entry=None,
    handed=False,
    notes={},
)
COMMENT = replace(POST, seq=101, kind="comment", parent=100, root=100, on=FIRST + 10 * DAY)
REPLY = replace(COMMENT, seq=102, parent=101, on=FIRST + 20 * DAY)
RULE = Rule(
    code="A",
    label="A",
    retention=AfterPeriod(Period(days=30), Rounding.EXACT),
    trigger=T.RECEIVED,
    inactive_days=5,
)
DECISION = Decision(
    seq=50,
    authority=AUTHORITY,
    number="KS 1",
    body="KS",
    level=DecisionLevel.AUTHORITY,
    decided_on=date(2020, 1, 1),
    paragraph="1",
    rules=frozenset({"A"}),
    valid_from=date(2020, 1, 1),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        t.metadata.create_all(connection)
        yield connection
    engine.dispose()


def a_world(*records: Made, rule: Rule = RULE) -> World:
    return World(
        records=list(records),
        cases={},
        closed={},
        channel_notes={},
        activity={},
        holds=[],
        rules=[rule],
        decisions=[DECISION],
    )


def new(connection: Connection, world: World, today: date, since: date | None = None) -> list[int]:
    """What is new on a day since the one before it (or `since`), held to the slow way."""
    since = since or today - DAY
    found = Evaluator(Plans(world)).newly_due(connection, since, today)
    numbers = sorted(evaluation.record for _, evaluation in found)
    assert numbers == sorted(world.due(today) - world.due(since))
    return numbers


def test_what_ripens_is_new_on_its_day_and_on_no_other(connection: Connection) -> None:
    world = a_world(POST)
    world.write(connection)
    due = FIRST + 30 * DAY
    assert new(connection, world, due - DAY) == []
    assert new(connection, world, due) == [100]
    assert new(connection, world, due + DAY) == []
    assert new(connection, world, due + 40 * DAY, since=FIRST) == [100]


def test_what_was_answered_is_new_with_the_last_of_its_answers(connection: Connection) -> None:
    world = a_world(POST, COMMENT, REPLY)
    world.write(connection)
    assert new(connection, world, FIRST + 30 * DAY) == []
    assert new(connection, world, FIRST + 40 * DAY) == []
    assert new(connection, world, FIRST + 50 * DAY) == [100, 101, 102]


def test_an_event_before_the_record_was_there(connection: Connection) -> None:
    rule = replace(RULE, trigger=T.PROJECT_CLOSED, retention=WhenObsolete(Period()))
    world = a_world(POST, rule=rule)
    world.channel_notes[2, T.PROJECT_CLOSED] = FIRST - 100 * DAY
    world.write(connection)
    assert new(connection, world, FIRST - DAY) == []
    assert new(connection, world, FIRST) == [100]


def test_a_thread_that_falls_silent(connection: Connection) -> None:
    rule = replace(RULE, trigger=T.THREAD_INACTIVE, retention=WhenObsolete(Period(days=10)))
    world = a_world(POST, COMMENT, rule=rule)
    world.activity[100] = COMMENT.on
    world.write(connection)
    assert new(connection, world, COMMENT.on + 14 * DAY) == []
    assert new(connection, world, COMMENT.on + 15 * DAY) == [100, 101]


@pytest.mark.parametrize(
    "scope",
    [
        HoldScope(records=frozenset({101})),
        HoldScope(threads=frozenset({100})),
        HoldScope(channels=frozenset({2})),
        HoldScope(classes=frozenset({"A"})),
        HoldScope(),
    ],
)
def test_what_a_hold_let_go_of_and_what_it_answered(
    connection: Connection, scope: HoldScope
) -> None:
    world = a_world(POST, COMMENT)
    lifted = FIRST + 60 * DAY
    world.holds.append(
        DisposalHold(
            seq=600,
            authority=AUTHORITY,
            kind=HoldKind.COURT,
            scope=scope,
            owner=1,
            placed_on=FIRST,
            review_on=lifted,
            lifted_on=lifted,
        )
    )
    world.write(connection)
    assert new(connection, world, lifted - DAY) == []
    assert new(connection, world, lifted) == [100, 101]


def test_a_decision_and_a_schedule_that_begin_to_hold(connection: Connection) -> None:
    world = a_world(POST)
    begins = FIRST + 90 * DAY
    world.decisions[0] = replace(DECISION, valid_from=begins, records_from=FIRST)
    world.write(connection)
    assert new(connection, world, begins) == [100]
    world.decisions[0] = DECISION
    world.replaced_on = begins
    assert new(connection, world, begins) == [100]


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_pages_lose_nothing_and_tell_nothing_twice(connection: Connection, at_once: int) -> None:
    """Many of one instant, and pages that end among them."""
    world = a_world(*(replace(POST, seq=100 + n, on=FIRST + n // 5 * DAY) for n in range(13)))
    world.write(connection)
    with patch.object(due_set, "AT_ONCE", at_once):
        found = Evaluator(Plans(world)).due_set(connection, FIRST + 60 * DAY)
        assert sorted(evaluation.record for _, evaluation in found) == list(range(100, 113))
        assert new(connection, world, FIRST + 31 * DAY) == list(range(105, 110))


def test_a_circle_of_answers_ends(connection: Connection) -> None:
    world = a_world(POST, replace(COMMENT, parent=102), REPLY)
    world.write(connection)
    assert new(connection, world, FIRST + 50 * DAY) == [100, 101, 102]

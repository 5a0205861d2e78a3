"""What is due, told in four ways that must agree: the whole set, what is new since a day, each
record by itself, and the slow way without tables. Holds only ever take away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool, StaticPool

from archiver.db import rows
from archiver.db import tables as t
from retention.core.hold import DisposalHold
from retention.due import due_set as due_module
from retention.due.evaluator import Evaluator
from retention.due.subjects import subjects
from retention.trigger import Span, triggers
from tests.postgres import Server
from tests.unit.retention.worlds import CHANNELS, START, TODAY, Plans, World, days, hold, worlds

assert rows.STATEMENTS  # every table is known


def _numbers(found: object) -> list[int]:
    return [evaluation.record for _, evaluation in found]  # type: ignore[attr-defined]


@cache
def _engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        t.metadata.create_all(connection)
    return engine


@contextmanager
def _tables() -> Iterator[Connection]:
    """Empty tables, made once."""
    with _engine().connect() as connection:
        connection.exec_driver_sql("BEGIN")
        yield connection
        connection.exec_driver_sql("ROLLBACK")


def agree(connection: Connection, world: World, since: date, today: date) -> None:
    world.write(connection)
    evaluator = Evaluator(Plans(world))
    every = [one.seq for one in world.records]
    known = evaluator.evaluate_records(connection, every, today, whole=True)
    for one in world.records:
        alone, slow = known[one.seq], world.alone(one, today)
        assert (alone.fate, alone.rule, alone.due) == (slow.fate, slow.rule, slow.due)
        assert alone.decisions == slow.decisions
        assert sorted(alone.holds) == sorted(slow.holds)
        by_itself = evaluator.evaluate_records(connection, [one.seq], today)[one.seq]
        assert by_itself.may_go == alone.may_go
    due = world.due(today)
    assert {seq for seq, found in known.items() if found.may_go} == due
    assert sorted(_numbers(evaluator.due_set(connection, today))) == sorted(due)
    kept = _numbers(evaluator.due_set(connection, today, kept=True))
    assert len(kept) == len(set(kept))
    assert set(kept) >= due
    new = _numbers(evaluator.newly_due(connection, since, today))
    assert sorted(new) == sorted(due - world.due(since))
    over = evaluator.holds_over(connection, every, today)
    assert over == {seq: found.holds for seq, found in known.items() if found.holds}


_lags = st.one_of(st.just(1), st.integers(1, 400))
_todays = st.one_of(st.just(TODAY), days)


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(worlds(), _todays, _lags, st.sampled_from([1, 2, 5000]))
def test_all_ways_to_tell_what_is_due_agree(
    world: World, today: date, lag: int, at_once: int
) -> None:
    with _tables() as connection, patch.object(due_module, "AT_ONCE", at_once):
        agree(connection, world, today - timedelta(days=lag), today)


@settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
@given(worlds(), _todays, _lags)
def test_they_agree_over_postgresql(postgres: Server, world: World, today: date, lag: int) -> None:
    url = postgres.url().replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA due_set"))
        connection.execute(text("SET search_path TO due_set"))
        t.metadata.create_all(connection)
        agree(connection, world, today - timedelta(days=lag), today)
        connection.rollback()


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(worlds(), _todays, _todays)
def test_every_trigger_says_the_same_of_one_record_and_of_many(
    world: World, until: date, other: date
) -> None:
    """The contract of `retention.trigger`, over every plug-in there is."""
    after = min(until, other) - timedelta(days=1)
    with _tables() as connection:
        world.write(connection)
        for name, trigger in triggers().items():
            assert trigger.name == name
            found = trigger.days(connection, subjects(connection, [m.seq for m in world.records]))
            assert found == {
                one.seq: day for one in world.records if (day := world.events(one)[name])
            }, name
            for span in (Span(None, until), Span(after, until)):
                assert _within(connection, trigger.within, span) == {
                    seq
                    for seq, day in found.items()
                    if day <= until and (span.after is None or day > span.after)
                }, name


def _within(connection: Connection, within: Callable[..., object], span: Span) -> set[int]:
    return {
        seq
        for channel in CHANNELS
        for seq in connection.scalars(
            t.record.select()
            .with_only_columns(t.record.c.seq)
            .where(t.record.c.channel == channel, within(channel, span))  # type: ignore[arg-type]
        )
    }


@settings(deadline=None, max_examples=60)
@given(worlds(), hold(777), _todays)
def test_a_hold_never_makes_anything_due_and_lifting_it_only_gives_back(
    world: World, another: DisposalHold, today: date
) -> None:
    before = world.due(today)
    world.holds.append(another)
    assert world.due(today) <= before
    for one in world.records:
        found = world.alone(one, today)
        assert not (found.holds and found.may_go)
    world.holds.pop()
    assert world.due(today) == before


def test_the_worlds_hold_something() -> None:
    """The properties above would say nothing of worlds in which nothing ever happens."""
    seen = {"due": 0, "new": 0, "held": 0}

    @settings(deadline=None, max_examples=150, database=None, derandomize=True)
    @given(worlds())
    def look(world: World) -> None:
        due = world.due(TODAY)
        seen["due"] += bool(due)
        seen["new"] += bool(due - world.due(START + timedelta(days=400)))
        seen["held"] += any(world.alone(one, TODAY).holds for one in world.records)

    look()
    assert min(seen.values()) >= 10, seen

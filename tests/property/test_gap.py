"""Gaps: whatever runs and clocks do, gaps never overlap, cover just what no two complete looks
enclose, and one that has ended never changes. The tables' walk finds what the definition finds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert, text
from sqlalchemy.pool import NullPool

from archiver.core.reason import CLOCK_SKEW, NOT_LOOKED
from archiver.db import tables as t
from archiver.harvest import gap_register
from archiver.harvest.gap import (
    Gap,
    Look,
    RunTime,
    channel_gaps,
    collection_gaps,
    instant_of,
)
from tests.postgres import Server

CHANNEL = 7
PROMISE = 50
REASONS = ("unreachable", "login_refused", "bad_items")
STATUS = {"": "complete", "unreachable": "gap", "login_refused": "gap", "bad_items": "partial"}
NAMES = ("comments", "posts")
# What one run does: how far the wall clock moves before it and during it, each list's outcome
# ("" = complete, None = the list was not read), and whether it reads everything or what is new.
_run = st.tuples(
    st.integers(-60, 120),
    st.integers(-10, 20),
    st.fixed_dictionaries({name: st.sampled_from(["", "", *REASONS, None]) for name in NAMES}),
    st.booleans(),
)
histories = st.lists(_run, max_size=25)
History = list[tuple[int, int, dict[str, str | None], bool]]
Line = tuple[RunTime, dict[str, str | None], bool]


def played(history: History) -> list[Line]:
    """Run times as a ledger would have logged them: `logged` never goes back."""
    wall, logged, found = 1000, 1000, []
    for number, (pause, took, lists, whole) in enumerate(history, 1):
        started = wall = max(1, wall + pause)
        wall = max(1, wall + took)
        logged = max(logged, wall)
        found.append((RunTime(run=number * 10, started=started, logged=logged), lists, whole))
    return found


def looks(lines: list[Line], name: str) -> list[Look]:
    before, found = None, []
    for run, lists, whole in lines:
        at = instant_of(run.started, before, run.logged)
        before = run.logged
        reason = lists[name]
        if reason is not None:
            found.append(
                Look(
                    run=run.run,
                    last_run=run.run,
                    collection=name,
                    at=at,
                    complete=not reason,
                    whole=whole,
                    reasons=frozenset({reason} - {""}),
                )
            )
    return found


def orderly(gaps: list[Gap]) -> None:
    assert all(gap.until is None or gap.since < gap.until for gap in gaps)
    for one, other in pairwise(gaps):
        assert one.until is not None
        assert one.until <= other.since


@given(histories)
def test_gaps_of_a_collection_are_what_no_two_complete_looks_enclose(
    history: History,
) -> None:
    seen = looks(played(history), "posts")
    gaps = collection_gaps(CHANNEL, seen)
    orderly(gaps)
    failed = [look for look in seen if not look.complete]
    assert sum(gap.runs for gap in gaps) == len(failed)
    for look in failed:  # each failed look is in just one gap, with its reason
        (around,) = [g for g in gaps if (g.first_run or 0) <= look.run <= (g.last_run or 0)]
        assert around.since <= look.at
        assert look.reasons <= set(around.reasons)
    for one, other in pairwise(seen):
        if one.complete and other.complete and one.at < other.at:
            inside = [g for g in gaps if g.since < other.at and (g.until or 10**9) > one.at]
            # Only where the first could end nothing: the clock stood still, or it was at a part.
            assert all(g.since == one.at or (not one.whole and g.since < one.at) for g in inside)
    for gap in gaps:
        if gap.until is not None:
            assert any(look.complete and look.at == gap.until for look in seen)


@given(histories, st.integers(0, 25))
def test_what_is_appended_never_changes_a_gap_that_has_ended(history: History, cut: int) -> None:
    lines = played(history)
    for name in NAMES:
        early = collection_gaps(CHANNEL, looks(lines[:cut], name))
        late = collection_gaps(CHANNEL, looks(lines, name))
        ended = [gap for gap in early if not gap.is_open]
        assert late[: len(ended)] == ended
        for gap in early[len(ended) :]:  # an open one goes on from where it began
            assert late[len(ended)].since == gap.since
            assert set(gap.reasons) <= set(late[len(ended)].reasons)


@given(histories, st.integers(0, 25), st.integers(-100, 300))
def test_nobody_looked(history: History, cut: int, later: int) -> None:
    runs = [run for run, *_ in played(history)]
    now = (runs[-1].logged if runs else 1000) + later
    gaps = channel_gaps(CHANNEL, runs, before=1000, promise=PROMISE, now=now)
    orderly(gaps)
    logged = [1000, *(run.logged for run in runs)]
    for before, run in zip(logged, runs, strict=False):
        at = instant_of(run.started, before, run.logged)
        late = [g for g in gaps if NOT_LOOKED in g.reasons and (g.since, g.until) == (before, at)]
        assert bool(late) == (at - before > PROMISE) or any(
            CLOCK_SKEW in g.reasons and g.since <= before and (g.until or 10**9) >= at for g in gaps
        )
    early = channel_gaps(CHANNEL, runs[:cut], before=1000, promise=PROMISE, now=now)
    ended = [gap for gap in early if not gap.is_open]
    assert gaps[: len(ended)] == ended


def test_what_failed_wholly_is_made_good_by_a_whole_look_only() -> None:
    def look(run: int, reason: str, *, whole: bool) -> Look:
        reasons = frozenset({reason} - {""})
        return Look(
            run=run, last_run=run, collection="posts", at=run, complete=not reason,
            whole=whole, reasons=reasons,
        )  # fmt: skip

    seen = [
        look(1, "", whole=True),
        look(2, "", whole=False),
        look(3, "list_short", whole=True),
        look(4, "", whole=False),
        look(5, "unreachable", whole=False),
    ]
    (gap,) = collection_gaps(CHANNEL, seen)
    assert (gap.since, gap.until) == (2, None)
    assert gap.reasons == ("list_short", "unreachable")
    seen += [look(6, "", whole=True), look(7, "unreachable", whole=False), look(8, "", whole=False)]
    assert [(g.since, g.until) for g in collection_gaps(CHANNEL, seen)] == [(2, 6), (6, 8)]


def test_a_clock_set_back_is_a_gap_until_time_has_caught_up() -> None:
    hour = 3_600_000
    times = [(10 * hour, 10 * hour), (3 * hour, 10 * hour), (11 * hour, 11 * hour)]
    runs = [RunTime(run=n, started=s, logged=at) for n, (s, at) in enumerate(times, 1)]
    found = channel_gaps(CHANNEL, runs[:2], before=9 * hour, promise=2 * hour, now=4 * hour)
    assert [(g.since, g.until, g.reasons) for g in found] == [(10 * hour, None, (CLOCK_SKEW,))]
    found = channel_gaps(CHANNEL, runs, before=9 * hour, promise=2 * hour, now=12 * hour)
    assert [(g.since, g.until, g.reasons) for g in found] == [(10 * hour, 11 * hour, (CLOCK_SKEW,))]
    found = channel_gaps(CHANNEL, runs[:1], before=9 * hour, promise=2 * hour, now=3 * hour)
    assert [(g.since, g.until, g.reasons) for g in found] == [(10 * hour, None, (CLOCK_SKEW,))]


def tables(connection: Connection, lines: list[Line]) -> None:
    """What the projector would have written, for this channel and for another."""
    for run, lists, whole in lines:
        for channel, seq in ((CHANNEL, run.run), (CHANNEL + 1, run.run + 1)):
            zeros = dict.fromkeys(("requests", "seen", "created", "changed", "unchanged"), 0)
            connection.execute(insert(t.entry).values(seq=seq, type="run", at=run.logged))
            connection.execute(
                insert(t.run).values(
                    seq=seq, channel=channel, started=run.started, ended=run.logged,
                    outcome="complete", missing=0, scope="full" if whole else "part", **zeros,
                )
            )  # fmt: skip
            for name, reason in lists.items():
                if reason is not None:
                    connection.execute(
                        insert(t.coverage).values(
                            run=seq, collection=name, channel=channel, until=run.started,
                            status=STATUS[reason],
                            reason=reason, seen=0, missing=0, scope="threads",
                        )
                    )  # fmt: skip


def walk(connection: Connection, lines: list[Line]) -> None:
    t.metadata.create_all(connection)
    tables(connection, lines)
    for name in NAMES:
        walked = gap_register._looks(connection, CHANNEL, name, 0)
        assert collection_gaps(CHANNEL, walked) == collection_gaps(CHANNEL, looks(lines, name))


@settings(deadline=None)
@given(histories)
def test_the_walk_over_the_tables_finds_the_same(history: History) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        walk(connection, played(history))
    engine.dispose()


@settings(max_examples=10, deadline=None)
@given(histories)
def test_the_walk_over_postgresql_finds_the_same(postgres: Server, history: History) -> None:
    url = postgres.url().replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA gap_walk"))
        connection.execute(text("SET search_path TO gap_walk"))
        walk(connection, played(history))
        connection.rollback()

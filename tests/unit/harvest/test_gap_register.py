"""Gaps of a real home: found from sealed runs, acknowledged as sealed events, and rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.errors import ConfigError, NotFound
from archiver.harvest.facts import freeze_lifted
from archiver.harvest.gap import shouting
from archiver.harvest.gap_register import MAX_MEASURE
from tests.build import DAY, tables
from tests.unit.harvest.desk import HOUR, Desk

DONE = "Nytt programlösenord inlagt av Ture Ekbacke."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


def test_a_gap_begins_with_the_last_complete_look_and_ends_with_the_next(desk: Desk) -> None:
    desk.run(posts="", comments="")
    seen = desk.clock.now()
    first = desk.run(posts="unreachable", comments="")
    last = desk.run(posts="login_refused", comments="")
    (gap,) = desk.gaps.open(desk.channel)
    assert (gap.collection, gap.since, gap.until) == ("posts", seen, None)
    assert gap.reasons == ("login_refused", "unreachable")
    assert (gap.first_run, gap.last_run, gap.runs) == (first, last, 2)
    desk.run(posts="", comments="")
    assert desk.gaps.open(desk.channel) == []
    (ended,) = desk.gaps.gaps(desk.channel)
    assert (ended.since, ended.until) == (seen, desk.clock.now())


def test_nobody_looked_is_a_gap_of_the_channel(desk: Desk) -> None:
    assert desk.gaps.gaps(desk.channel) == []
    desk.run(posts="")
    seen = desk.clock.now()
    desk.clock.advance(DAY)
    (gap,) = desk.gaps.open(desk.channel)
    assert (gap.collection, gap.since, gap.reasons) == ("", seen, ("not_looked",))
    desk.run(posts="")
    (gap,) = desk.gaps.gaps(desk.channel)
    assert (gap.since, gap.until) == (seen, seen + DAY + HOUR)


def test_a_channel_that_was_never_harvested_is_not_passed_over(desk: Desk) -> None:
    added = desk.clock.now()
    desk.clock.advance(DAY)
    (gap,) = desk.gaps.open(desk.channel)
    assert (gap.since, gap.reasons, gap.runs) == (added, ("not_looked",), 0)


def test_old_gaps_are_left_out_and_open_ones_never(desk: Desk) -> None:
    desk.run(posts="", media="")
    desk.run(posts="unreachable", media="media_missing")
    desk.run(posts="", media="media_missing")
    for _ in range(5):
        desk.clock.advance(30 * DAY)
        desk.run(posts="")  # the list of media is not read again
    names = {gap.collection for gap in desk.gaps.gaps(desk.channel)}
    assert names == {"", "media"}
    assert {g.collection for g in desk.gaps.gaps(desk.channel, period=365 * DAY)} >= {"posts"}
    assert [gap.collection for gap in desk.gaps.open(desk.channel)] == ["media"]


def test_an_acknowledged_gap_stays_and_is_quiet_until_a_new_reason_comes(desk: Desk) -> None:
    desk.run(posts="")
    desk.run(posts="login_refused")
    (gap,) = desk.gaps.acknowledge(desk.channel, DONE)
    desk.run(posts="login_refused")
    (found,) = desk.gaps.open(desk.channel)
    assert found.acknowledged is not None
    assert shouting([found]) == []
    sealed = desk.home.ledger.open_one(found.acknowledged).envelope
    assert sealed == {
        "actor": 0,
        "channel": desk.channel.seq,
        "collection": "posts",
        "measure": DONE,
        "reasons": ["login_refused"],
        "since": gap.since,
    }
    with pytest.raises(NotFound):
        desk.gaps.acknowledge(desk.channel, DONE)
    desk.run(posts="account_gone")
    (found,) = desk.gaps.open(desk.channel)
    assert shouting([found]) == [found]
    desk.run(posts="")
    desk.run(posts="login_refused")  # another gap: what was said of the first does not cover it
    assert len(shouting(desk.gaps.open(desk.channel))) == 1


def test_one_of_several_gaps_is_answered(desk: Desk) -> None:
    desk.run(posts="", comments="")
    desk.run(posts="unreachable", comments="unreachable")
    (gap,) = desk.gaps.acknowledge(desk.channel, DONE, collection="posts")
    assert [g.collection for g in shouting(desk.gaps.open(desk.channel))] == ["comments"]
    around = (gap.since, gap.since + 60_000)
    assert len(desk.gaps.acknowledge(desk.channel, DONE, between=around)) == 1
    with pytest.raises(NotFound):
        desk.gaps.acknowledge(desk.channel, DONE, between=(0, 60_000))


def test_a_disappearance_is_accepted_with_or_without_an_open_gap(desk: Desk) -> None:
    def is_lifted() -> bool:
        with desk.home.ledger.database.read() as connection:
            return freeze_lifted(connection, desk.channel.seq)

    desk.run(posts="", comments="")
    desk.run(posts="mass_disappearance", comments="unreachable")
    assert not is_lifted()
    (gap,) = desk.gaps.acknowledge(desk.channel, DONE, accept_disappearance=True)
    assert gap.collection == "posts"
    assert is_lifted()
    desk.run(posts="", comments="unreachable")
    assert is_lifted()  # what was meant was not met
    desk.run(posts="", comments="")
    assert not is_lifted()  # a decision is about what is gone now, not about what comes
    assert desk.gaps.acknowledge(desk.channel, DONE, accept_disappearance=True) == []
    assert is_lifted()


def test_what_was_done_must_be_said_shortly(desk: Desk) -> None:
    desk.run(posts="unreachable")
    for words in ("", "  ", "x" * (MAX_MEASURE + 1)):
        with pytest.raises(ConfigError):
            desk.gaps.acknowledge(desk.channel, words)
    desk.gaps.acknowledge(desk.channel, "å" * MAX_MEASURE)


def test_tables_are_rebuilt_and_hold_no_words(desk: Desk) -> None:
    desk.run(posts="mass_disappearance")
    desk.gaps.acknowledge(desk.channel, DONE, accept_disappearance=True)
    before = tables(desk.home.ledger)
    assert {name for name, _ in before} >= {"gap_acknowledged", "freeze_lifted"}
    assert "Ture" not in repr(before)
    desk.home.ledger.rebuild()
    assert tables(desk.home.ledger) == before

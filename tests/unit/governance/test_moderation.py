"""The moderation log's rules: episodes, their causes, what a block lacks, grounds."""

from __future__ import annotations

from datetime import date

import pytest

from archiver.core.changes import State
from archiver.core.disappearance import Why
from archiver.errors import ConfigError, NotCanonical
from archiver.governance.checks import block, modlogg
from archiver.governance.core import moderation as m
from archiver.governance.core.book import MAX_WORDS, Note
from archiver.governance.core.check import Outcome
from archiver.governance.moderation.grounds import grounds

DAY = 86_400_000
START = 1_795_305_600_000  # 2026-11-22, noon in Sweden and one hour more
FIRST = date(2026, 11, 22)


def looks(*states: State, why: Why | None = None) -> list[m.Seen]:
    """One look each day, from the 22nd."""
    return [m.Seen(7, 100 + n, START + n * DAY, state, why) for n, state in enumerate(states)]


def causes(*states: State, why: Why | None = None) -> list[m.Cause]:
    return [m.cause_of(one, (), ()) for one in m.episodes(looks(*states, why=why))]


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (State.HIDDEN, m.Cause.UNLOGGED),
        (State.TRASHED, m.Cause.UNLOGGED),
        (State.GONE_CONFIRMED, m.Cause.UNKNOWN),
        (State.AUTHOR_GONE, m.Cause.AUTHOR),
        (State.PLATFORM_REMOVED, m.Cause.PLATFORM),
    ],
)
def test_only_what_the_platform_names_ours_is_ours(state: State, cause: m.Cause) -> None:
    assert causes(State.VISIBLE, state) == [cause]


@pytest.mark.parametrize("state", [State.VISIBLE, State.MISSING_SUSPECTED, State.UNKNOWN_ACCESS])
def test_a_suspicion_is_no_episode(state: State) -> None:
    assert causes(State.VISIBLE, state) == []


@pytest.mark.parametrize("state", [State.HELD, State.SPAM])
def test_what_was_shown_and_is_put_back_is_our_measure_and_what_a_filter_held_is_not(
    state: State,
) -> None:
    assert causes(State.VISIBLE, state) == [m.Cause.UNLOGGED]
    assert causes(State.VISIBLE, state, State.VISIBLE, state) == [m.Cause.UNLOGGED] * 2
    assert causes(State.VISIBLE, State.TRASHED, state) == [m.Cause.UNLOGGED], "the same episode"
    assert causes(state) == causes(state, State.VISIBLE) == []
    assert causes(state, State.TRASHED) == [m.Cause.UNLOGGED], "a person emptied the queue"


def test_what_its_author_signed_is_their_own_doing() -> None:
    assert causes(State.VISIBLE, State.GONE_CONFIRMED, why=Why.PROOF) == [m.Cause.AUTHOR]


def test_an_emptied_bin_is_the_same_episode_and_still_ours() -> None:
    gone = (State.VISIBLE, State.TRASHED, State.MISSING_SUSPECTED, State.GONE_CONFIRMED)
    assert causes(*gone) == [m.Cause.UNLOGGED]


def test_each_time_asks_for_an_entry_of_its_own() -> None:
    """Hidden on the 23rd, shown on the 24th, hidden again on the 25th."""
    twice = m.episodes(looks(State.VISIBLE, State.HIDDEN, State.VISIBLE, State.HIDDEN))
    log = [m.Logged(date(2026, 11, 23), grounded=True)]
    assert [m.cause_of(one, log, ()) for one in twice] == [m.Cause.LOGGED, m.Cause.UNLOGGED]


@pytest.mark.parametrize(
    ("on", "grounded", "cause"),
    [
        (FIRST, True, m.Cause.LOGGED),
        (date(2026, 11, 23), True, m.Cause.LOGGED),
        (date(2026, 11, 21), True, m.Cause.UNLOGGED),  # it was still shown on the 22nd
        (date(2026, 11, 24), True, m.Cause.UNLOGGED),  # it was gone already
        (FIRST, False, m.Cause.UNLOGGED),
    ],
)
def test_an_entry_counts_with_its_ground_and_within_its_days(
    on: date, grounded: bool, cause: m.Cause
) -> None:
    [one] = m.episodes(looks(State.VISIBLE, State.HIDDEN))
    assert m.cause_of(one, [m.Logged(on, grounded)], ()) is cause


def test_what_was_hidden_at_first_sight_is_logged_with_any_day_before() -> None:
    [one] = m.episodes(looks(State.HIDDEN))
    assert m.cause_of(one, [m.Logged(date(2014, 5, 1), grounded=True)], ()) is m.Cause.LOGGED


def test_the_newest_attestation_counts_and_never_for_what_is_ours() -> None:
    vouched = [m.Vouched(99, m.Cause.PLATFORM), m.Vouched(200, m.Cause.ATTESTED)]
    [gone] = m.episodes(looks(State.VISIBLE, State.GONE_CONFIRMED))
    assert m.cause_of(gone, (), vouched[:1]) is m.Cause.UNKNOWN, "attested before it was gone"
    assert m.cause_of(gone, (), vouched) is m.Cause.ATTESTED
    later = [*vouched, m.Vouched(201, m.Cause.AUTHOR)]
    assert m.cause_of(gone, (), later) is m.Cause.AUTHOR
    [ours] = m.episodes(looks(State.VISIBLE, State.HIDDEN))
    assert m.cause_of(ours, (), later) is m.Cause.UNLOGGED


def test_modlogg_fails_only_for_what_is_ours() -> None:
    unknown = [m.Cause.UNKNOWN] * 3
    assert modlogg.judge(modlogg.Known(0, [], 0)).outcome is Outcome.UNKNOWN
    assert modlogg.judge(modlogg.Known(9, unknown, 3)).outcome is Outcome.PASS
    asked = modlogg.judge(modlogg.Known(9, unknown, 2))
    assert (asked.outcome, asked.data["okand"]) == (Outcome.UNKNOWN, 3)
    ours = modlogg.judge(modlogg.Known(9, [m.Cause.UNLOGGED], 99, (7,)))
    assert (ours.outcome, ours.data["unlogged"]) == (Outcome.FAIL, [7])


def test_a_block_is_whole_and_tried_again_in_time() -> None:
    whole = m.Block(1, ground=True, decider=True, review=FIRST)
    assert block.judge([], FIRST).outcome is Outcome.UNKNOWN
    assert block.judge([whole], FIRST).outcome is Outcome.PASS
    late = block.judge([whole], date(2026, 11, 23))
    assert (late.outcome, late.data["overdue"]) == (Outcome.FAIL, [1])
    bare = block.judge([whole, m.Block(2, ground=False, decider=False, review=None)], FIRST)
    assert bare.outcome is Outcome.FAIL
    assert [bare.data[name] for name in ("ground", "decider", "review")] == [[2]] * 3


def test_a_note_is_read_as_it_was_written() -> None:
    said = m.Taken(channel=3, measure=m.Measure.BLOCK, on=FIRST, account="@troll", review=FIRST)
    note: Note[m.Said] = Note(authority=1, day=FIRST, actor=2, said=said)
    payload = m.BOOK.payload(note)
    assert m.BOOK.note_of(payload) == note
    with pytest.raises(NotCanonical):
        m.BOOK.note_of({**payload, "act": "okänt"})
    long = m.Limited(most=1, decision="x" * (MAX_WORDS + 1))
    with pytest.raises(ConfigError):
        m.BOOK.payload(Note(authority=1, day=FIRST, actor=2, said=long))


def test_every_ground_of_bbs_5_is_a_duty_and_every_ground_names_its_law() -> None:
    duties = {code for code, one in grounds().items() if one.duty}
    assert duties == {code for code in grounds() if code.startswith("bbs-")}
    assert len(duties) == 8
    assert all(one.law and one.words.sv and one.words.en for one in grounds().values())

"""The state machine of disappearance: whatever is answered, no deletion is made up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.changes import State
from archiver.core.disappearance import (
    DAY,
    HOUR,
    Absence,
    Policy,
    Transition,
    Why,
    is_frozen,
    judge,
    next_probe,
    transition_line,
    transition_of,
)
from archiver.core.observation import Access

POLICY = Policy()
T0 = 1_795_000_000_000
waits = st.lists(st.integers(1, 5 * DAY), min_size=1, max_size=4).map(lambda w: tuple(sorted(w)))


def told(access: Access, known: Absence | None = None, at: int = T0) -> State | None:
    verdict = judge(access, known, at=at, last_seen=T0 - HOUR, policy=POLICY)
    return verdict.state if verdict else None


@pytest.mark.parametrize(
    ("access", "state"),
    [
        (Access.PRESENT, None),
        (Access.FAILED, None),
        (Access.HIDDEN, State.HIDDEN),
        (Access.NO_ACCESS, State.UNKNOWN_ACCESS),
        (Access.NOT_FOUND, State.MISSING_SUSPECTED),
        (Access.ABSENT, State.GONE_CONFIRMED),
        (Access.AUTHOR_GONE, State.AUTHOR_GONE),
        (Access.REMOVED, State.PLATFORM_REMOVED),
    ],
)
def test_one_answer_names_what_it_bears_and_no_more(access: Access, state: State | None) -> None:
    assert told(access) is state


def test_the_policy_confirms_after_an_hour_a_day_and_three_days() -> None:
    known, states = None, []
    for at in (0, HOUR // 2, HOUR, 2 * HOUR, DAY - 1, DAY, 3 * DAY - 1, 3 * DAY):
        verdict = judge(Access.NOT_FOUND, known, at=T0 + at, last_seen=T0 - HOUR, policy=POLICY)
        assert verdict is not None
        known = verdict.absence
        assert known is not None
        states.append((verdict.state is State.GONE_CONFIRMED, known.confirmed))
    assert states == [
        *((False, 0), (False, 0), (False, 1), (False, 1)),
        *((False, 1), (False, 2), (False, 2), (True, 3)),
    ]
    assert (known.last_seen, known.first_missed) == (T0 - HOUR, T0)  # an interval, no point


def test_probes_made_up_for_later_still_lie_apart() -> None:
    """The worker was away for a month: three answers within a second are not three looks."""
    known: Absence | None = Absence(last_seen=T0, first_missed=T0, asked=T0)
    for second in range(3):
        verdict = judge(
            Access.NOT_FOUND, known, at=T0 + 30 * DAY + second, last_seen=T0, policy=POLICY
        )
        assert verdict is not None
        known = verdict.absence
    assert known is not None
    assert known.confirmed == 1


answers = st.lists(
    st.tuples(
        st.sampled_from([a for a in Access if a is not Access.ABSENT]), st.integers(0, 2 * DAY)
    ),
    max_size=40,
)


@given(waits, answers)
def test_nothing_is_gone_before_every_probe_has_said_so(
    waits: tuple[int, ...], script: list[tuple[Access, int]]
) -> None:
    """Whatever comes in whatever order: gone only after `len(waits)` counted "not found" in a row,
    the last at least the longest wait after the first miss, each the first wait apart."""
    policy, at, known = Policy(waits=waits), T0, None
    row: list[int] = []
    for access, pause in script:
        at += pause
        verdict = judge(access, known, at=at, last_seen=at, policy=policy)
        if verdict is None and access is Access.FAILED:
            continue  # tells nothing, changes nothing
        if access is not Access.NOT_FOUND:
            known, row = None, []
            continue
        assert verdict is not None
        before, known = known, verdict.absence
        assert known is not None
        if before is None or known.asked != before.asked:
            row.append(at)
        if verdict.state is State.GONE_CONFIRMED:
            assert len(row) == len(waits) + 1
            assert row[-1] - row[0] >= waits[-1]
            assert all(b - a >= waits[0] for a, b in pairwise(row))
            assert known.first_missed == row[0]
            known, row = None, []


@given(waits)
def test_what_is_truly_gone_is_found_by_the_last_wait(waits: tuple[int, ...]) -> None:
    """Asked whenever a probe is due, it is confirmed within the policy's time and its spacing."""
    policy, at = Policy(waits=waits), T0
    verdict = judge(Access.NOT_FOUND, None, at=at, last_seen=at, policy=policy)
    for _ in waits:
        assert verdict is not None
        assert verdict.absence is not None
        assert verdict.state is State.MISSING_SUSPECTED
        at = next_probe(verdict.absence, policy)
        verdict = judge(Access.NOT_FOUND, verdict.absence, at=at, last_seen=at, policy=policy)
    assert verdict is not None
    assert (verdict.state, verdict.why) == (State.GONE_CONFIRMED, Why.PROBES)
    assert at - T0 <= waits[-1] + len(waits) * waits[0]


def test_a_signed_absence_needs_no_second_look() -> None:
    verdict = judge(Access.ABSENT, None, at=T0, last_seen=T0 - DAY, policy=POLICY)
    assert verdict is not None
    assert (verdict.state, verdict.why) == (State.GONE_CONFIRMED, Why.PROOF)
    assert verdict.absence == Absence(last_seen=T0 - DAY, first_missed=T0, asked=T0, confirmed=3)


@pytest.mark.parametrize(
    ("missing", "of", "frozen"),
    [
        (4, 4, False),
        (5, 5, True),
        (5, 25, False),
        (6, 25, True),
        (200, 1000, False),
        (201, 1000, True),
    ],
)
def test_a_large_part_of_an_account_is_a_fault(missing: int, of: int, frozen: bool) -> None:
    assert is_frozen(missing, 0, of, POLICY) is frozen


@given(
    st.builds(
        Transition,
        record=st.integers(1, 10**9),
        state=st.sampled_from(State),
        exchange=st.integers(1, 999),
        reason=st.text(max_size=9),
        why=st.none() | st.sampled_from(Why),
        absence=st.none()
        | st.builds(
            Absence,
            last_seen=st.integers(0, T0),
            first_missed=st.integers(0, T0),
            asked=st.integers(0, T0),
            confirmed=st.integers(0, 5),
        ),
    )
)
def test_a_transition_is_read_as_it_was_written(one: Transition) -> None:
    assert transition_of(transition_line(one)) == one


@pytest.mark.parametrize(("taken", "frozen"), [(40, False), (50, True), (99, True)])
def test_one_post_may_take_many_along_but_not_most_of_an_account(taken: int, frozen: bool) -> None:
    assert is_frozen(1, taken, 100, POLICY) is frozen

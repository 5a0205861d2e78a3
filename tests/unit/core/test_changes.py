"""Changes: every pair of known and observed gives exactly the changes there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.changes import (
    UNSEEN,
    Created,
    Edited,
    Hidden,
    Known,
    Restored,
    State,
    Unchanged,
    Unhidden,
    differences,
    needs_version,
)
from archiver.core.observation import Moderation

known = st.builds(Known, st.sampled_from(State), st.sampled_from(Moderation))
observed = st.sampled_from(Moderation)


def test_every_moderation_state_is_a_state_and_no_other_can_be_seen() -> None:
    assert {State(one.value) for one in Moderation} | UNSEEN == set(State)
    assert not {State(one.value) for one in Moderation} & UNSEEN


@given(observed, st.booleans())
def test_first_sight_is_created_whatever_it_shows(moderation: Moderation, same: bool) -> None:
    assert differences(None, same_content=same, moderation=moderation) == (Created(moderation),)


@given(known, st.booleans(), observed)
def test_each_half_that_differs_is_one_change(
    before: Known, same: bool, moderation: Moderation
) -> None:
    changes = differences(before, same_content=same, moderation=moderation)
    kinds = [type(change) for change in changes]
    assert len(kinds) == len(set(kinds)) > 0
    assert (Edited in kinds) is not same
    assert (Restored in kinds) is (before.state in UNSEEN)
    moved = moderation is not before.moderation
    assert (Hidden in kinds) is (moved and moderation is not Moderation.VISIBLE)
    assert (Unhidden in kinds) is (moved and moderation is Moderation.VISIBLE)
    assert (kinds == [Unchanged]) is (same and not moved and before.state not in UNSEEN)
    assert Created not in kinds


@given(known, st.booleans(), observed)
def test_a_version_is_a_pair_of_content_and_moderation(
    before: Known, same: bool, moderation: Moderation
) -> None:
    changes = differences(before, same_content=same, moderation=moderation)
    assert needs_version(changes) is (not same or moderation is not before.moderation)


@given(known, observed)
def test_what_was_just_seen_is_unchanged(before: Known, moderation: Moderation) -> None:
    after = Known(State(moderation.value), moderation)
    assert differences(after, same_content=True, moderation=moderation) == (Unchanged(),)


@pytest.mark.parametrize("state", sorted(UNSEEN))
def test_a_sighting_again_is_no_version(state: State) -> None:
    before = Known(state, Moderation.VISIBLE)
    changes = differences(before, same_content=True, moderation=Moderation.VISIBLE)
    assert changes == (Restored(state),)
    assert not needs_version(changes)


def test_held_then_spam_is_hidden_anew() -> None:
    before = Known(State.HELD, Moderation.HELD)
    changes = differences(before, same_content=True, moderation=Moderation.SPAM)
    assert changes == (Hidden(Moderation.SPAM),)

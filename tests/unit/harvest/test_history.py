"""Earlier states: of which items they are asked for, since when, and what counts as complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archiver.core.agent import Agent
from archiver.core.connector import Collection, JsonLayout
from archiver.core.observation import COMMENT, POST, REVISION, Item, ItemRef, Kind, Moderation
from archiver.core.record import milliseconds
from archiver.harvest.completeness import (
    Reason,
    Status,
    Tally,
    history_since,
    judge_history,
    may_have_history,
)

LAYOUT = JsonLayout(arrays=((),))
POSTS = Collection(name="posts", shows=(POST,), layout=LAYOUT, exhaustive=True)
COMMENTS = Collection(name="comments", shows=(COMMENT,), layout=LAYOUT, exhaustive=True)
HISTORY = Collection(
    name="revisions", shows=(REVISION,), layout=LAYOUT, exhaustive=False, of=(POST,)
)
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ITEM = Item(ref=ItemRef(POST, "1"), author=Agent(), text="Ett", updated_at=AT)
LOOK = milliseconds(AT)


@pytest.mark.parametrize(
    ("edited", "updated_at", "may"),
    [
        (True, None, True),
        (True, AT.replace(year=2020), True),  # the platform's clock may be wrong
        (False, AT, True),  # saved since, and says what it said: changed and changed back
        (False, AT.replace(hour=8), False),
        (False, None, False),
    ],
)
def test_edited_or_saved_since(edited: bool, updated_at: datetime | None, may: bool) -> None:
    item = replace(ITEM, updated_at=updated_at)
    assert may_have_history(HISTORY, item, "visible", edited=edited, since=LOOK) is may


@pytest.mark.parametrize("was", ["hidden", "trashed", "held", "missing_suspected"])
def test_not_of_what_the_public_did_not_see_at_the_last_look(was: str) -> None:
    assert not may_have_history(HISTORY, ITEM, was, edited=True, since=LOOK)


@pytest.mark.parametrize(
    ("moderation", "may"),
    [(Moderation.VISIBLE, True), (Moderation.TRASHED, True), (Moderation.HIDDEN, False)],
)
def test_not_of_what_may_have_been_written_in_hiding(moderation: Moderation, may: bool) -> None:
    item = replace(ITEM, moderation=moderation)
    assert may_have_history(HISTORY, item, "visible", edited=True, since=LOOK) is may


@pytest.mark.parametrize("kind", [COMMENT, REVISION, Kind("story")])
def test_only_of_the_kinds_that_have_one(kind: Kind) -> None:
    item = replace(ITEM, ref=ItemRef(kind, "1"))
    assert not may_have_history(HISTORY, item, "visible", edited=True, since=LOOK)


def test_not_where_there_is_none_or_nobody_looked() -> None:
    assert not may_have_history(None, ITEM, "visible", edited=True, since=LOOK)
    assert not may_have_history(HISTORY, ITEM, "visible", edited=True, since=None)


def test_since_the_last_complete_reading_in_whole_seconds() -> None:
    assert history_since(HISTORY, {"posts": 9_999, "revisions": 7_001}) == 7_000
    assert history_since(HISTORY, {"posts": 9_999, "comments": 8_000}) == 8_000
    assert history_since(HISTORY, {}) is None
    assert history_since(None, {"posts": 9_999}) is None


def test_it_is_complete_only_if_every_item_was_looked_at() -> None:
    posts, comments, history = Tally(POSTS, pages=1), Tally(COMMENTS), Tally(HISTORY)
    comments.fail(Reason.UNREACHABLE)  # no matter: comments have no history
    judge_history(history, [posts, comments])
    assert (history.status, history.reason) == (Status.COMPLETE, Reason.NONE)
    posts.bad = 1
    posts.close()  # one that cannot be read has no history to ask for
    judge_history(history, [posts, comments])
    assert history.status is Status.COMPLETE
    posts.fail(Reason.SOURCE_CHANGED)
    judge_history(history, [posts, comments])
    assert (history.status, history.reason) == (Status.PARTIAL, Reason.SOURCE_CHANGED)


@pytest.mark.parametrize("pages", [0, 1])
def test_breaking_off_is_partial_for_its_own_reason(pages: int) -> None:
    posts, history = Tally(POSTS, pages=1), Tally(HISTORY, pages=pages)
    history.fail(Reason.LOGIN_REFUSED)
    history.close()
    posts.fail(Reason.UNREACHABLE)
    judge_history(history, [posts])
    assert (history.status, history.reason) == (Status.PARTIAL, Reason.LOGIN_REFUSED)


def test_it_is_no_window() -> None:
    history = Tally(HISTORY, pages=1, seen=9, looked=True)
    history.close()
    assert history.status is Status.COMPLETE

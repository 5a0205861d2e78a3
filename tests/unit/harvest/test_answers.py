"""Answers of several rounds of questions together."""

from __future__ import annotations

from archiver.core.changes import State
from archiver.harvest.answers import Answers, Missed


def test_a_sentinel_that_failed_in_any_round_has_failed() -> None:
    first = Answers(sentinels={"post": True})
    first.add(Answers(sentinels={"comment": False}))
    assert first.sentinels == {"post": True, "comment": False}
    first.add(Answers(sentinels={"post": False, "comment": True}))
    assert first.sentinels == {"post": False, "comment": False}


def test_what_is_asked_for_by_itself_is_taken_along_by_nothing() -> None:
    assert Answers().took_along(Missed(7, State.VISIBLE, 0))
    assert Answers().took_along(Missed(7, State.VISIBLE, 0, with_parent=3))

"""What a newer log says of entries from before a backup."""

from __future__ import annotations

import pytest

from archiver.core.aftermath import aftermath
from archiver.core.canonical import Json
from archiver.core.event import ClearEntry
from archiver.core.rewrap import split
from archiver.core.tombstone import Interval, Tombstone
from archiver.errors import NotCanonical

START = 8


def clear(type_: str, facts: dict[str, Json]) -> bytes:
    return ClearEntry(type_, 1, 1, facts).encode()


def stone(proposal: int, *runs: tuple[int, int]) -> bytes:
    return clear("tombstone", Tombstone(Interval(1, 1), proposal, runs).facts())


def rewrapped(away: dict[int, int | None]) -> bytes:
    (one,) = split(1, 2, away)
    return clear("keys_rewrapped", one.facts())


OLD = [clear("marker", {"n": n}) for n in range(START)]


def test_what_a_tombstone_explains_and_what_was_stopped() -> None:
    log = [*OLD, stone(3, (1, 2)), rewrapped({1: None, 2: None, 5: None, 6: 7})]
    found = aftermath(log, START)
    assert found.destroyed == {1: 8, 2: 8, 5: 9}
    assert found.moved == {6}
    assert found.types == {"tombstone": 1, "keys_rewrapped": 1}


def test_a_tombstone_from_before_counts_an_aborted_one_does_not() -> None:
    log = [*OLD[:-2], stone(3, (1, 1)), stone(4, (2, 1))]
    log += [clear("disposal_aborted", {"proposal": 4}), rewrapped({1: None, 2: None})]
    assert aftermath(log, START).destroyed == {1: 6, 2: 9}


def test_what_is_newer_itself_or_moved_and_then_destroyed() -> None:
    log = [*OLD, clear("marker", {"n": 8}), rewrapped({4: 7, 8: 7}), rewrapped({4: None})]
    found = aftermath(log, START)
    assert (found.destroyed, found.moved) == ({4: 10}, frozenset())


def test_what_was_done_before_is_not_looked_at() -> None:
    log = [*OLD, rewrapped({1: None}), clear("marker", {"n": 9})]
    assert aftermath(log, 9).destroyed == {}


def test_an_entry_that_names_what_is_behind_it_is_refused() -> None:
    with pytest.raises(NotCanonical):
        aftermath([*OLD, rewrapped({8: None})], START)

"""Anchors: their one form, their files' names, and when the log is to be stamped."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from archiver.core.anchor import (
    RENEW,
    Anchor,
    is_due,
    note_name,
    parse_anchor,
    parse_note_name,
    parse_reply_name,
    reply_name,
)
from archiver.core.canonical import Json
from archiver.errors import NotCanonical

ANCHOR = Anchor(seq=7, at=2000, size=7, number=1, sha256="ab" * 32, time=1000)
HOUR = 3_600_000


def test_an_anchor_is_read_as_it_was_written() -> None:
    assert parse_anchor(7, 2000, ANCHOR.facts()) == ANCHOR
    assert (ANCHOR.reply, ANCHOR.note) == ("stamps/7-1.tsr", "stamps/7.note")


@pytest.mark.parametrize(
    "change",
    [
        {"size": 8},  # a head that holds the anchor itself
        {"size": 0},
        {"size": True},
        {"size": "7"},
        {"number": 0},
        {"number": -1},
        {"time": "1000"},
        {"sha256": "AB" * 32},
        {"sha256": "ab" * 31},
        {"url": "https://tsa.example"},
    ],
)
def test_what_cannot_be_is_refused(change: Mapping[str, Json]) -> None:
    with pytest.raises(NotCanonical):
        parse_anchor(7, 2000, {**ANCHOR.facts(), **change})
    with pytest.raises(NotCanonical):
        parse_anchor(7, 2000, {})


def test_names() -> None:
    assert parse_reply_name(reply_name(4711, 2)) == (4711, 2)
    assert parse_note_name(note_name(4711)) == 4711
    for name in (
        "stamps/07-1.tsr",
        "stamps/7-0.tsr",
        "stamps/7.tsr",
        "log/7-1.tsr",
        "stamps/7-1.t",
    ):
        assert parse_reply_name(name) is None
    for name in ("stamps/7-1.note", "stamps/0.note", "stamps/7.notes"):
        assert parse_note_name(name) is None


@pytest.mark.parametrize(
    ("now", "newest", "last", "due"),
    [
        (0, -1, None, False),  # an empty log
        (0, 0, None, True),
        (2000 + HOUR - 1, 7, ANCHOR, False),
        (2000 + HOUR, 7, ANCHOR, True),  # something was added: an hour since the last
        (2000 + HOUR, 6, ANCHOR, False),  # nothing but the anchor itself
        (2000 + RENEW - 1, 6, ANCHOR, False),
        (2000 + RENEW, 6, ANCHOR, True),  # renewed before its certificate runs out
    ],
)
def test_when_a_stamp_is_due(now: int, newest: int, last: Anchor | None, due: bool) -> None:
    assert is_due(now=now, interval=HOUR, newest=newest, last=last) is due

"""The pure parts: differences, bodies, media types, dates, nesting."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.skeleton import Fragment, skeleton
from archiver.errors import IntegrityError
from archiver.web.body import stretches
from archiver.web.dates import end_of, local, parse_day, start_of
from archiver.web.difference import MAX_WORDS, Kind, counts, difference, newer, older
from archiver.web.media import UNKNOWN, sniff
from archiver.web.reading.records import nested
from archiver.web.rows import RecordRow
from archiver.web.views.search import highlighted

_TEXT = st.text(alphabet="ab åä\n.!", max_size=60)


@given(_TEXT, _TEXT)
def test_a_difference_gives_both_sides_back(old: str, new: str) -> None:
    pieces = difference(old, new)
    assert "".join(piece.text for piece in older(pieces)) == old
    assert "".join(piece.text for piece in newer(pieces)) == new
    assert all(piece.text for piece in pieces)


def test_a_long_text_is_compared_line_by_line() -> None:
    line = "ett två tre fyra\n"
    old, new = line * MAX_WORDS, line * (MAX_WORDS - 1) + "ny rad\n"
    pieces = difference(old, new)
    assert "".join(piece.text for piece in newer(pieces)) == new
    assert counts(pieces) == (2, 4)


@given(st.lists(st.binary(max_size=6), max_size=5), st.binary(max_size=8))
def test_stretches_give_the_body_back(items: list[bytes], between: bytes) -> None:
    body, fragments = between, []
    for item in items:
        start = len(body)
        body += item
        if item:
            fragments.append(Fragment(item, ((start, len(body)),)))
        body += between
    again = b"".join(
        one.data if one.fragment is None else fragments[one.fragment].data[one.start : one.end]
        for one in stretches(skeleton(body, fragments))
    )
    assert again == body


def test_an_item_with_another_cut_out_of_it() -> None:
    outer = Fragment(b"[ab]", ((1, 3), (6, 8)))
    inner = Fragment(b"xyz", ((3, 6),))
    body = b"<[axyzb]>"
    found = stretches(skeleton(body, [outer, inner]))
    texts = {0: outer.data, 1: inner.data}
    assert (
        b"".join(
            one.data if one.fragment is None else texts[one.fragment][one.start : one.end]
            for one in found
        )
        == body
    )


@pytest.mark.parametrize("bad", [b"", b"{}", b"x\n", b'{"holes":[[9,0,0]]}\nab', b'{"holes":7}\n'])
def test_a_damaged_skeleton_is_refused(bad: bytes) -> None:
    with pytest.raises(IntegrityError):
        stretches(bad)


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"0000ftypavif", "image/avif"),
        (b"XXXX0000WEBPVP8 ", UNKNOWN),
        (b"<svg xmlns=", UNKNOWN),
        (b"<html>", UNKNOWN),
        (b"%PDF-1.7", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_only_raster_images_are_images(head: bytes, mime: str) -> None:
    assert sniff(head) == mime


def test_swedish_days_follow_summer_time() -> None:
    spring = date(2026, 3, 29)
    assert end_of(spring) - start_of(spring) == 23 * 3_600_000
    assert local(start_of(spring)).date() == spring
    assert parse_day(" 2026-03-29 ") == spring
    assert parse_day("29/3") is None


def _row(seq: int, parent: bytes | None) -> RecordRow:
    token = bytes([seq])
    return RecordRow(
        seq,
        1,
        "comment",
        token,
        parent,
        b"r",
        "received",
        0,
        seq,
        "platform",
        0,
        "visible",
        0,
        0,
        1,
    )


def test_answers_stand_under_what_they_answer() -> None:
    rows = [_row(1, None), _row(2, None), _row(3, b"\x01"), _row(4, b"\x03"), _row(5, b"\x63")]
    assert [(row.seq, depth) for row, depth in nested(rows)] == [
        (1, 1), (3, 2), (4, 3), (2, 1), (5, 1)
    ]  # fmt: skip


@given(st.lists(st.integers(0, 9), min_size=1, max_size=10))
def test_nothing_drops_out_of_a_thread(parents: list[int]) -> None:
    rows = [_row(n + 1, bytes([parent])) for n, parent in enumerate(parents)]
    assert sorted(row.seq for row, _ in nested(rows)) == [row.seq for row in rows]


@given(_TEXT, st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=4))
def test_highlights_never_change_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    pieces = highlighted(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    assert {piece.kind for piece in pieces} <= {Kind.SAME, Kind.ADDED}

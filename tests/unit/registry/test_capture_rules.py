"""The rules of manual capture: dates, lines, names, types, directions."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.record import DateBasis, Origin, milliseconds
from archiver.errors import ConfigError
from archiver.registry.core import capture as rules
from archiver.registry.core.capture import AccordingTo, Way, received

NOW = milliseconds(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


def at(*when: int) -> int:
    return milliseconds(datetime(*when, tzinfo=UTC))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("stated", "instant", "kept"),
    [
        ("2026-11-20", at(2026, 11, 19, 23, 0), "2026-11-20"),
        (" 2026-11-20 14:05 ", at(2026, 11, 20, 13, 5), "2026-11-20 14:05"),
        ("2026-11-20T14.05", at(2026, 11, 20, 13, 5), "2026-11-20 14:05"),
        ("2026-07-01", at(2026, 6, 30, 22, 0), "2026-07-01"),  # summer time
        ("2026-11-22", at(2026, 11, 21, 23, 0), "2026-11-22"),
    ],
)
def test_a_stated_time_is_swedish(stated: str, instant: int, kept: str) -> None:
    found = received(stated, AccordingTo.SENDER, now=NOW)
    assert (found.at, found.stated, found.according_to) == (instant, kept, AccordingTo.SENDER)
    assert found.legal == (instant, DateBasis.STATED)


@pytest.mark.parametrize(
    "stated",
    [
        *("", "i går", "2026-13-01", "2026-02-30", "20-11-2026", "2026-11-20 24:00"),
        *("2026-11-20 1:00", "2026-11-23", "2026-11-22 13:01", "1969-12-31", "２０２６-11-20"),
    ],
)
def test_what_is_no_date_or_cannot_have_been_is_refused(stated: str) -> None:
    with pytest.raises(ConfigError):
        received(stated, AccordingTo.CAPTURER, now=NOW)


def test_a_note_of_what_was_said_is_drawn_up() -> None:
    drawn_up = {way for way in Way if rules.origin_of(way) is Origin.DRAWN_UP}
    assert drawn_up == {Way.PHONE, Way.IN_PERSON}
    assert len({rules.kind_of(way) for way in Way}) == len(Way)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("brev.pdf", "brev.pdf"),
        ("C:\\Users\\Eva Ek\\Skrivbord\\hål i vägen.png", "hål i vägen.png"),
        ("/home/eva/../x/bild.jpg", "bild.jpg"),
        ("../../etc/passwd", "passwd"),
        ("", "fil"),
        ("..", "fil"),
        ("a\x00b\nc\u202egnp.exe", "a\u2400bcgnp.exe"),
        ("å" * 300 + ".jpeg", "å" * 145 + ".jpeg"),
        ("x" * 300, "x" * 150),
    ],
)
def test_a_file_keeps_its_own_name_only(given: str, kept: str) -> None:
    assert rules.file_name(given) == kept


@given(st.text())
def test_no_name_has_a_folder_or_what_is_not_seen(given_name: str) -> None:
    name = rules.file_name(given_name)
    assert 0 < len(name) <= rules.MAX_NAME
    assert not set(name) & {"/", "\\", "\n"}
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name)
    assert rules.file_name(name) == name


def test_types_are_types() -> None:
    assert rules.media_type("Image/PNG; charset=x") == "image/png"
    for wrong in ("", "png", "image/", "image/png\r\nX: y", "a/b/c", "image/<script>"):
        assert rules.media_type(wrong) == rules.UNKNOWN_TYPE


def test_texts_keep_their_limits() -> None:
    assert rules.check_text("\r\nHej\x00\r\n\r\ndå\ud800\n") == "Hej\u2400\n\ndå\ufffd"
    assert rules.check_text(" \n ") == ""
    assert rules.check_line("  Eva Ek ", "sender") == "Eva Ek"
    assert rules.check_why("a" * 500) == "a" * 500
    with pytest.raises(ConfigError, match="longer"):
        rules.check_text("a" * (rules.MAX_TEXT + 1))
    for line in ("a\nb", "a" * 201, "a\x1bb"):
        with pytest.raises(ConfigError, match="one line"):
            rules.check_line(line, "title")
    for why in ("", "  ", "a" * 501):
        with pytest.raises(ConfigError, match="why"):
            rules.check_why(why)

"""What stands as itself and what as its code."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from archiver.document.characters import coded, presentable, untabbed

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_CODE = re.compile(r"\[U\+([0-9A-F]{4,6})\]")


def told(said: str, *unshown: str) -> str:
    return str(coded({"a": [{"b": said}]}, unshown)["a"][0]["b"])  # type: ignore[index,call-overload]


def test_ordinary_text_of_the_world_is_left_alone() -> None:
    for said in ("Åsa", "👩‍👩‍👧 ❤️ 👍🏽", "مرحبا\u200f", "नमस्ते", "rad\nrad", "\u00ad"):
        assert presentable({"a": said}) == {"a": said}


def test_what_could_rewrite_what_is_read_and_controls_are_coded() -> None:
    said = "a\u202egnp.exe\u2066\x00\x1b[2J\x9b\ue000\ufeff\uffff\U000e0041"
    assert presentable({"a": said}) == {
        "a": "a[U+202E]gnp.exe[U+2066][U+0000][U+001B][2J[U+009B][U+E000][U+FEFF][U+FFFF][U+E0041]"
    }
    assert untabbed({"a": ["b\tc", 1, True]}) == {"a": ["b c", 1, True]}


def test_what_no_font_shows_is_coded_wherever_it_stands() -> None:
    assert told("中文 och 中", "中", "文") == "[U+4E2D][U+6587] och [U+4E2D]"


def test_a_letter_under_a_mark_is_kept_and_its_mark_coded() -> None:
    assert told("ses\u064bs", "s") == "ses[U+064B]s"
    assert told("م\u0301م", "م") == "م[U+0301]م"
    assert told("م", "م") == "[U+0645]"
    assert told("a\U0001f3fb", "a") == "a[U+1F3FB]"


def test_what_stands_beside_ascii_is_coded_last_and_ascii_never() -> None:
    assert told("ж)ж (", ")") == "[U+0436])[U+0436] ("
    assert told("bara ascii", "a", "b") == "bara ascii"


@given(text, st.lists(text.filter(bool), min_size=1, max_size=4))
def test_ascii_stays_and_codes_can_be_read_back(said: str, unshown: list[str]) -> None:
    after = told(said, *unshown)
    back = _CODE.sub(lambda m: chr(int(m[1], 16)), after)
    assert back == _CODE.sub(lambda m: chr(int(m[1], 16)), said)

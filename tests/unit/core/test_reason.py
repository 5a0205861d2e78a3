"""Reasons in words: both languages say something of their own, and an unknown code is shown."""

from __future__ import annotations

import pytest

from archiver.core.reason import ADVICE, CLOCK_SKEW, NOT_LOOKED, remedies, remedy, words


@pytest.mark.parametrize("code", ADVICE)
def test_every_reason_has_words_and_a_remedy_in_both_languages(code: str) -> None:
    advice = ADVICE[code]
    for wording in advice:
        assert wording.sv != wording.en
        assert wording.say("sv") == wording.sv
        assert wording.say("en") == wording.en
    for text in advice.remedy:  # a sentence one can act on
        assert text[0].isupper()
        assert text[-1] in ".?"
    assert "  " not in "".join((*advice.words, *advice.remedy))


def test_what_nobody_knows_is_shown_as_it_stands() -> None:
    assert words("some_new_code", "sv") == "some_new_code"
    assert remedy("some_new_code") == ""


def test_each_remedy_once_in_order() -> None:
    codes = [NOT_LOOKED, CLOCK_SKEW, NOT_LOOKED, "some_new_code"]
    assert remedies(codes, "sv") == [remedy(NOT_LOOKED, "sv"), remedy(CLOCK_SKEW, "sv")]

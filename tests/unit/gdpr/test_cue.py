"""Words beside a number count with one slip of the finger, and only where they stand whole."""

from __future__ import annotations

import pytest

from gdpr.core.cue import alike, cued, words


@pytest.mark.parametrize(
    "word", ["bankgiro", "bnakgiro", "bankgro", "bankgirro", "bankgirp", "bankgir"]
)
def test_one_slip_is_forgiven(word: str) -> None:
    assert alike(word, "bankgiro")


@pytest.mark.parametrize("word", ["bankrån", "ankgiro", "banggirro", "konto"])
def test_two_are_not_nor_another_first_letter(word: str) -> None:
    assert not alike(word, "bankgiro")


def test_short_cues_count_as_they_are() -> None:
    assert alike("bg", "bg")
    assert not alike("bh", "bg")


def test_the_window_has_ends() -> None:
    text = "bankgiro nr 12-3 eller"
    at = text.index("12")
    assert cued(text, at, at + 4, words("bankgiro"), before=20)
    assert not cued(text, at, at + 4, words("bankgiro"), before=10)
    assert not cued(text, at, at + 4, words("eller"), before=10)
    assert cued(text, at, at + 4, words("eller"), before=10, after=10)

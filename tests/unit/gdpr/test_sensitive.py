"""The phrases: each is found, none masks, and what is about no person is left alone."""

from __future__ import annotations

import tomllib

import pytest

from gdpr.core.recognizer import Mode, Reading
from gdpr.recognizers.sensitive import PHRASES, recognizer

DATA = tomllib.loads(PHRASES.read_text("utf-8"))
EVERY = [(label, phrase) for label, each in DATA.items() for phrase in each["words"]]


@pytest.mark.parametrize(("label", "phrase"), EVERY, ids=[phrase for _, phrase in EVERY])
def test_every_phrase_is_found_and_is_a_flag(label: str, phrase: str) -> None:
    text = f"Grannen {phrase.replace('*', '')} sa hon"
    found = list(recognizer.find(Reading(text, Mode.SUGGEST, 2026)))
    assert label in {one.label for one in found}
    assert all(one.flags_only for one in found)


def test_every_phrase_is_written_small() -> None:
    assert all(phrase == phrase.lower() for _, phrase in EVERY)

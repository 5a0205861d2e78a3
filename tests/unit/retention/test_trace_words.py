"""Every step, hold and fate has words in both languages, and they say what the step is about."""

from __future__ import annotations

from datetime import date

import pytest

from retention.core.evaluate import Fate, Reason, Step
from retention.core.hold import HoldKind
from retention.core.trace_words import FATES, HOLDS, say

LANGUAGES = pytest.mark.parametrize("language", ["sv", "en"])


@LANGUAGES
@pytest.mark.parametrize("reason", Reason)
def test_every_step_has_words(reason: Reason, language: str) -> None:
    step = Step(code=reason, rule="SM05", seq=71, day=date(2026, 1, 1), detail="received")
    words = say(step, language)
    assert words.endswith(".")
    assert "{" not in words
    assert reason.value not in words


def test_swedish_and_english_differ() -> None:
    for reason in Reason:
        step = Step(code=reason, rule="SM05", detail="received")
        assert say(step, "sv") != say(step, "en")


def test_what_a_step_is_about_is_in_the_words() -> None:
    event = Step(code=Reason.EVENT, rule="SM05", day=date(2026, 1, 1), detail="thread_inactive")
    assert say(event, "sv") == "SM05: fristen räknas från 2026-01-01 (tråden inaktiv)."
    held = Step(code=Reason.HELD, seq=120, detail="access_request")
    assert say(held, "sv") == "Gallringsstopp 120: begäran om utlämnande."
    assert say(held, "en") == "Hold 120: request for access."


def test_an_unknown_step_is_shown_as_it_stands() -> None:
    assert say(Step(code="new", rule="SM05", detail="x"), "sv") == "new SM05 x"


def test_every_hold_and_fate_has_words() -> None:
    assert HOLDS.keys() == set(HoldKind)
    assert FATES.keys() == set(Fate)

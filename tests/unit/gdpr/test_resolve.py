"""Of competing spans the surer kind stands, what lies within another gives way, and a span ends
where a reader sees a character end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gdpr.core.recognizer import Mode
from gdpr.core.resolve import resolved
from gdpr.core.span import Span

TEXT = "x" * 40


def span(start: int, end: int, label: str, score: float = 0.9) -> Span:
    return Span(start=start, end=end, label=label, score=score, source="t/1", reason="r")


def stands(*spans: Span, mode: Mode = Mode.SUGGEST, text: str = TEXT) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.label) for one in resolved(text, spans, mode)]


ORDER = ["PERSONNUMMER", "IBAN", "BANK_ACCOUNT", "BANKGIRO", "PHONE", "PLATE"]


@pytest.mark.parametrize(("surer", "other"), list(pairwise(ORDER)))
def test_the_surer_kind_stands(surer: str, other: str) -> None:
    for one in (surer, other), (other, surer):
        assert stands(*(span(2, 9, label) for label in one)) == [(2, 9, surer)]
    assert stands(span(4, 12, other), span(2, 9, surer)) == [(2, 9, surer)]


def test_what_lies_within_another_gives_way() -> None:
    assert stands(span(0, 20, "ADDRESS"), span(0, 4, "PERSON")) == [(0, 20, "ADDRESS")]
    assert stands(span(0, 20, "IBAN"), span(4, 14, "PERSONNUMMER")) == [(0, 20, "IBAN")]


def test_a_guess_at_a_name_swallows_nothing() -> None:
    found = stands(span(0, 20, "PERSON"), span(6, 14, "PHONE"))
    assert found == [(0, 6, "PERSON"), (6, 14, "PHONE"), (14, 20, "PERSON")]


def test_where_nothing_may_leak_the_rest_stays() -> None:
    spans = (span(0, 10, "PHONE"), span(5, 20, "PLATE"))
    assert stands(*spans) == [(0, 10, "PHONE")]
    assert stands(*spans, mode=Mode.LEAK_CHECK) == [(0, 10, "PHONE"), (10, 20, "PLATE")]


def test_flags_stand_beside_masks_and_once() -> None:
    spans = (span(0, 10, "ART9_HEALTH"), span(2, 6, "PERSON"), span(4, 12, "ART9_HEALTH"))
    assert stands(*spans) == [(0, 10, "ART9_HEALTH"), (2, 6, "PERSON")]


def test_kinds_of_others_stand_where_ours_do_not() -> None:
    assert stands(span(0, 5, "PASSPORT")) == [(0, 5, "PASSPORT")]
    assert stands(span(0, 5, "PASSPORT"), span(0, 5, "PHONE")) == [(0, 5, "PHONE")]


@pytest.mark.parametrize(
    ("text", "start", "end", "whole"),
    [
        ("Anna\u0301 Ek", 0, 4, "Anna\u0301"),
        ("e\u0301a", 1, 3, "e\u0301a"),
        ("\r\nEk", 1, 4, "\r\nEk"),
        ("👩\u200d👧 x", 0, 1, "👩\u200d👧"),
        ("🇸🇪🇳🇴", 0, 1, "🇸🇪"),
        ("🇸🇪🇳🇴", 2, 3, "🇳🇴"),
        ("👍🏽!", 0, 1, "👍🏽"),
    ],
)
def test_it_ends_where_a_character_ends(text: str, start: int, end: int, whole: str) -> None:
    ((first, last, _),) = stands(span(start, end, "PERSON"), text=text)
    assert text[first:last] == whole

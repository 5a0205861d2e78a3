"""A span lies somewhere, is sure to a degree, and flags are told from masks."""

from __future__ import annotations

import pytest

from gdpr.core.span import Span


def span(start: int, end: int, label: str = "PHONE", score: float = 0.9) -> Span:
    return Span(start=start, end=end, label=label, score=score, source="t/1", reason="because")


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 2)])
def test_an_empty_place_is_none(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="beginning"):
        span(start, end)


@pytest.mark.parametrize("score", [0.0, 1.1])
def test_a_score_has_its_bounds(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        span(0, 1, score=score)


def test_sensitive_categories_are_flags() -> None:
    assert span(0, 1, "ART9_HEALTH").flags_only
    assert span(0, 1, "ART10_OFFENCE").flags_only
    assert not span(0, 1, "PERSON").flags_only


def test_places_meet_and_hold_each_other() -> None:
    assert span(0, 5).holds(span(1, 5))
    assert span(0, 5).meets(span(4, 9))
    assert not span(0, 5).meets(span(5, 9))
    assert not span(0, 5).holds(span(4, 9))

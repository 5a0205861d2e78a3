"""Spans of any text: in order, inside, apart from each other, on whole characters; and the plain
copy never loses an offset."""

from __future__ import annotations

import itertools
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from gdpr.core.normalise import normalised
from gdpr.core.recognizer import Mode
from gdpr.core.resolve import resolved
from gdpr.core.span import Label, Span
from gdpr.detector import detector

_WRITTEN = """Anna|Anna\u030a|070-174\u00a006\u00a005|850101–9809|850101\u200b-9809|🇸🇪|🇸🇪🇳|é|İ
８５０１０１-9809|👩\u200d👩\u200d👧|a@example.se\u0301|#hejaMargit\ufe0f|@anna\u0308|e\u0301|\u00ad
𝟎𝟕𝟎-𝟏𝟕𝟒𝟎𝟔𝟎𝟓|har\u2009diabetes|Storgatan 5""".replace("\n", "|")
_BETWEEN = " |\r\n|s |\u0301|\u200d|\U0001f3fb|\ud83d"
PIECES = st.sampled_from((_WRITTEN + "|" + _BETWEEN).split("|"))
TEXTS = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join))
DETECTOR = detector(2026)


def continues(text: str, at: int) -> bool:
    """Whether a reader sees no border between two characters (the rules that matter here of
    UAX 29, written independently of the code)."""
    one, before = text[at], text[at - 1]
    return (
        unicodedata.category(one) in {"Mn", "Me", "Mc"}
        or "\u200d" in (one, before)
        or before + one == "\r\n"
        or 0x1F3FB <= ord(one) <= 0x1F3FF
    )


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, mode=st.sampled_from(Mode))
def test_what_is_detected_stands_in_order_and_on_whole_characters(text: str, mode: Mode) -> None:
    spans = DETECTOR.detect(text, mode)
    assert list(spans) == sorted(spans, key=lambda one: (one.start, one.end, one.label))
    masks = [one for one in spans if not one.flags_only]
    assert all(a.end <= b.start for a, b in itertools.pairwise(masks))
    for one in spans:
        assert 0 <= one.start < one.end <= len(text)
        assert one.start == 0 or not continues(text, one.start)
        assert one.end == len(text) or not continues(text, one.end)
    assert DETECTOR.detect(text, mode) == spans


@given(text=TEXTS)
def test_the_plain_copy_stands_for_every_character_in_order(text: str) -> None:
    copy = normalised(text)
    at = 0
    for number in range(len(copy.plain)):
        start, end = copy.back(number, number + 1)
        assert at <= start < end
        between = text[at:start]
        assert normalised(between).plain == ""  # only what has no width is left out
        at = end
    assert normalised(text[at:]).plain == ""


@given(text=TEXTS)
def test_the_plain_copy_of_a_plain_copy_is_itself(text: str) -> None:
    plain = normalised(text).plain
    assert normalised(plain).plain == plain


SPANS = st.lists(
    st.builds(
        lambda start, length, label: Span(
            start=start, end=start + length, label=label, score=0.5, source="t/1", reason="r"
        ),
        st.integers(0, 25),
        st.integers(1, 12),
        st.sampled_from([*Label, "ART9_HEALTH", "SOMETHING_ELSE"]),
    ),
    max_size=8,
)


@given(spans=SPANS)
def test_where_nothing_may_leak_no_masked_letter_is_lost(spans: list[Span]) -> None:
    text = "abcdefghijklmnopqrstuvwxyzåäöabcdefghijkl"
    kept = [one for one in resolved(text, spans, Mode.LEAK_CHECK) if not one.flags_only]
    hidden = {at for one in kept for at in range(one.start, one.end)}
    asked = {at for one in spans if not one.flags_only for at in range(one.start, one.end)}
    assert hidden == asked
    assert all(a.end <= b.start for a, b in itertools.pairwise(kept))


@given(spans=SPANS, turn=st.randoms(use_true_random=False))
def test_the_order_of_recognisers_decides_nothing(spans: list[Span], turn: object) -> None:
    text = "abcdefghijklmnopqrstuvwxyzåäöabcdefghijkl"
    other = sorted(spans, key=lambda _: turn.random())  # type: ignore[attr-defined]
    assert resolved(text, spans, Mode.SUGGEST) == resolved(text, other, Mode.SUGGEST)

"""Masks: where they may lie, what they need, and what they leave."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.commitment import tokens
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import (
    Component,
    Cut,
    ImageBox,
    Mask,
    MaskState,
    Measure,
    PageBox,
    Target,
    TextSpan,
    TimeRange,
    WholeField,
    faults,
    hidden_tokens,
    masked,
    may_become,
)

TEXT = "Fråga Anna Ekbacke på 070-174 06 05."
GROUND = (Citation(clause=Clause(21, 1)),)
MEASURE = Measure(
    fields={"text": TEXT, "created_at": None},
    components=(
        Component(width=640, height=480),
        Component(pages=((59_500, 84_200), (59_500, 84_200))),
        Component(length=9_000),
    ),
)
GOOD: list[Target] = [
    TextSpan("text", 6, 18),
    WholeField("created_at"),
    ImageBox(0, 0, 0, 640, 480),
    PageBox(1, 1, 100, 100, 500, 500),
    TimeRange(2, 0, 9_000),
]


def mask(target: Target, state: MaskState = MaskState.ACCEPTED) -> Mask:
    return Mask(record=7, version=9, target=target, category="name", citations=GROUND, state=state)


def told(*targets: Target) -> list[str]:
    return list(faults([mask(target) for target in targets], MEASURE))


def test_a_whole_set_of_every_kind() -> None:
    assert told(*GOOD) == []


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (TextSpan("text", 6, len(TEXT) + 1), "text 6–37: outside the text, which has 36"),
        (TextSpan("text", -1, 3), "outside the text"),
        (TextSpan("text", 6, 6), "outside the text"),
        (TextSpan("created_at", 0, 1), "no such text"),
        (WholeField("pet"), "pet: the record has no such field"),
        (ImageBox(0, 1, 0, 640, 480), "media 0: outside the picture"),
        (ImageBox(0, 0, 0, 0, 10), "outside the picture"),
        (ImageBox(3, 0, 0, 1, 1), "has 3 components"),
        (ImageBox(-1, 0, 0, 1, 1), "has 3 components"),
        (PageBox(1, 2, 0, 0, 1, 1), "media 1, page 3: the file has 2 pages"),
        (PageBox(1, 0, 0, 0, 60_000, 1), "outside the picture"),
        (TimeRange(2, 0, 9_001), "outside the recording"),
        (TimeRange(0, 0, 1), "outside the recording"),
    ],
)
def test_what_lies_outside_is_told_with_its_place(target: Target, says: str) -> None:
    assert [one for one in told(target) if says in one], told(target)
    assert "Anna" not in "".join(told(target))


def test_what_two_masks_claim_is_told() -> None:
    assert told(TextSpan("text", 0, 8), TextSpan("text", 6, 18)) == ["text 6–18: overlaps text 0–8"]
    assert told(TextSpan("text", 0, 6), TextSpan("text", 6, 18)) == []
    assert "masked whole" in told(WholeField("text"), TextSpan("text", 0, 3))[0]
    assert "twice" in told(WholeField("text"), WholeField("text"))[0]
    assert "overlaps" in told(TimeRange(2, 0, 500), TimeRange(2, 499, 900))[0]
    assert told(ImageBox(0, 0, 0, 9, 9), ImageBox(0, 5, 5, 9, 9)) == []


def test_nothing_hides_without_a_section_of_law() -> None:
    bare = replace(mask(GOOD[0]), citations=())
    assert "names none" in next(faults([bare], MEASURE))
    suggested = replace(bare, state=MaskState.SUGGESTED)
    assert not suggested.hides
    assert list(faults([suggested], MEASURE)) == []
    rejected = replace(bare, state=MaskState.REJECTED, target=TextSpan("text", 0, 999))
    assert list(faults([rejected], MEASURE)) == []


def test_how_it_goes_on() -> None:
    ways = {
        (one, other)
        for one in MaskState
        for other in MaskState
        if may_become(mask(GOOD[0], one), other)
    }
    assert ways == {
        (MaskState.SUGGESTED, MaskState.ACCEPTED),
        (MaskState.SUGGESTED, MaskState.REJECTED),
        (MaskState.ACCEPTED, MaskState.REJECTED),
        (MaskState.ACCEPTED, MaskState.CONFIRMED),
        (MaskState.REJECTED, MaskState.ACCEPTED),
        (MaskState.CONFIRMED, MaskState.SUGGESTED),
    }


def test_a_token_stands_for_what_is_hidden() -> None:
    cuts = [Cut(22, 35, "[TELEFON-01ab]"), Cut(6, 18, "[NAMN-7f3a]")]
    assert masked(TEXT, cuts) == "Fråga [NAMN-7f3a] på [TELEFON-01ab]."
    assert masked(TEXT, reversed(cuts)) == masked(TEXT, cuts)
    assert masked(TEXT, []) == TEXT


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    text = draw(st.text(max_size=60))
    ends = st.integers(0, len(text))
    found = draw(st.lists(st.tuples(ends, ends).map(sorted), max_size=6))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if start < end and (not spans or spans[-1][1] <= start):
            spans.append((start, end))
    return text, spans


@given(texts_with_spans())
def test_just_the_touched_tokens_are_hidden(given_: tuple[str, list[tuple[int, int]]]) -> None:
    text, spans = given_
    hidden, at = hidden_tokens(text, spans), 0
    for index, token in enumerate(tokens(text)):
        touched = any(start < at + len(token) and at < end for start, end in spans)
        assert (index in hidden) == touched
        at += len(token)


@given(texts_with_spans(), st.randoms(use_true_random=False))
def test_masking_does_not_depend_on_order(
    given_: tuple[str, list[tuple[int, int]]], random: object
) -> None:
    text, spans = given_
    cuts = [Cut(start, end, f"[X-{number:04x}]") for number, (start, end) in enumerate(spans)]
    shuffled = list(cuts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert masked(text, shuffled) == masked(text, cuts)
    left = masked(text, cuts)
    for cut in cuts:
        assert cut.token in left
    assert len(left) == len(text) + sum(len(c.token) - (c.end - c.start) for c in cuts)

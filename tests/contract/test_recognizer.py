"""What every recogniser must keep, ours and others': it finds what its own examples say, the same
each time, on any thread, within the text, and nothing makes it raise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gdpr.core.recognizer import Mode, Reading, Recognizer
from gdpr.core.resolve import resolved
from gdpr.detector import recognizers
from tests.marked import marked

ALL = recognizers()
ROWS = [(one, row) for one in ALL for row in one.examples]
every = pytest.mark.parametrize("one", ALL, ids=[one.name for one in ALL])
YEAR = 2026


@pytest.mark.parametrize(("one", "row"), ROWS, ids=[f"{one.name}: {row}" for one, row in ROWS])
def test_it_finds_what_its_examples_say(one: Recognizer, row: str) -> None:
    text, spans = marked(row)
    found = resolved(text, one.find(Reading(text, Mode.SUGGEST, YEAR)), Mode.SUGGEST)
    assert [text[span.start : span.end] for span in found] == [text[a:b] for a, b, _ in spans]
    assert [(span.start, span.end) for span in found] == [(a, b) for a, b, _ in spans]


@every
def test_it_has_examples_of_both_kinds(one: Recognizer) -> None:
    with_mark = sum("⟦" in row for row in one.examples)
    assert with_mark >= 3
    assert len(one.examples) - with_mark >= 3


@every
def test_it_says_who_it_is_and_why(one: Recognizer) -> None:
    text = next(marked(row).text for row in one.examples if "⟦" in row)
    for span in one.find(Reading(text, Mode.SUGGEST, YEAR)):
        assert span.source == f"{one.name}/{one.version}"
        assert span.reason
        assert text[span.start : span.end] not in span.reason


@every
def test_threads_do_not_disturb_each_other(one: Recognizer) -> None:
    texts = [marked(row).text for row in one.examples] * 5
    alone = [list(one.find(Reading(text, Mode.LEAK_CHECK, YEAR))) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        ask = lambda text: list(one.find(Reading(text, Mode.LEAK_CHECK, YEAR)))  # noqa: E731
        assert list(pool.map(ask, texts)) == alone


_ODD = "\u200b|\u0301|e\u0301|👩\u200d👩\u200d👧|🇸🇪|\r\n|٣|İ|@|#|\ud800"
PIECES = st.sampled_from([marked(row).text for _, row in ROWS] + _ODD.split("|"))


@settings(max_examples=40, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=4).map("".join)))
@example(text="\u0301" * 5)
@example(text="İ" * 20 + "@")
@example(text="https://[::1/?" + "id=&" * 200)
def test_no_text_makes_any_raise(text: str) -> None:
    for one in ALL:
        for mode in Mode:
            for span in one.find(Reading(text, mode, YEAR)):
                assert 0 <= span.start < span.end <= len(text)

"""Word patterns: what they match, what they do not, and that the index finds just what they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.registry.core.wordlist import Pattern, PatternWrong, WordIndex, folded, words_of


def matched(pattern: str, text: str) -> str | None:
    text = folded(text)
    return WordIndex({0: Pattern(pattern)}).find(text, words_of(text)).get(0)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("lampa", "En LAMPA!"),
        ("lamp*", "gatan, lamporna"),
        ("lampa*|lyse*", "Lyset är släckt"),
        ("e post", "min e-post"),
        ("e post", "min e post"),
        ("fel besked", "fel   besked"),
        ("vill … ut", "vill ut"),
        ("vill … ut", "Vill nu en två tre fyra ut"),
        ("vill få_ut|se handling*", "jag vill få ut handlingarna"),
        ("vill få_ut|se handling*", "jag vill se handlingarna"),
        ("skär|skar sig", "hon skar sig"),
        ("bo", "bo"),
        ("skåp", "ska\u030ap"),  # composed by folding
    ],
)
def test_a_pattern_matches(pattern: str, text: str) -> None:
    assert matched(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("lampa", "lampan"),
        ("lampa", "skrivbordslampa"),
        ("lamp*", "klampa"),
        ("fel besked", "besked fel"),
        ("fel besked", "fel på besked"),
        ("fel besked", "felbesked"),
        ("vill … ut", "vill ett två tre fyra fem sex ut"),
        ("vill få_ut|se handling*", "jag vill få handlingarna"),
        ("lampa", "https://testkoping.example/lampa och www.testkoping.example/lampa"),
        ("lampa", ""),
    ],
)
def test_a_pattern_does_not_match(pattern: str, text: str) -> None:
    assert matched(pattern, text) is None


@pytest.mark.parametrize(
    "source", ["", "…", "… ord", "ord …", "or*", "a||b", "*", "ord.", "a|…", "_a"]
)
def test_what_is_no_pattern_is_refused(source: str) -> None:
    with pytest.raises(PatternWrong):
        Pattern(source)


WORDS = st.sampled_from(["ett", "etta", "två", "tre", "trekant", "fyra"])
CHOICES = st.lists(
    WORDS | WORDS.map(lambda w: f"{w}*") | st.tuples(WORDS, WORDS).map("_".join),
    min_size=1,
    max_size=3,
).map("|".join)


@given(st.lists(CHOICES, min_size=1, max_size=3), st.lists(WORDS, max_size=8), st.booleans())
def test_the_index_finds_what_the_expression_does(
    parts: list[str], words: list[str], gap: bool
) -> None:
    pattern = Pattern((" … " if gap else " ").join(parts))
    text = " ".join(words)
    found = WordIndex({7: pattern}).find(text, words_of(text))
    if pattern.whole is not None:
        assert (7 in found) is (pattern.whole.search(text) is not None)
    else:
        stems = parts[0].split("|")
        assert (7 in found) is any(
            word == stem or (stem.endswith("*") and word.startswith(stem[:-1]))
            for word in words
            for stem in stems
        )

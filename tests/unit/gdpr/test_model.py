"""What the name model reads and is made of: tokens, features, lists, the shipped file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdpr.model.features import casing, features, shape
from gdpr.model.gazetteer import given_names, is_surname, nicknames, trimmed, word_names
from gdpr.model.tagger import MODEL, Tagger
from gdpr.model.tokens import tokens

MEGABYTE = 1_000_000


def words(text: str) -> list[str]:
    return [one.text for one in tokens(text)]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Hej, Anna!", ["Hej", ",", "Anna", "!"]),
        ("A. Ek", ["A", ".", "Ek"]),
        ("Lind-Berg och O'Brien", ["Lind-Berg", "och", "O'Brien"]),
        ("070-174 06 05", ["070-174", "06", "05"]),
        ("@anna.ek #hejaAnna", ["@anna.ek", "#hejaAnna"]),
        ("a.ek@example.se nu", ["a.ek@example.se", "nu"]),
        ("se https://example.se/a?b=c.", ["se", "https://example.se/a?b=c."]),
        ("", []),
    ],
)
def test_tokens(text: str, cut: list[str]) -> None:
    assert words(text) == cut


@given(text=st.text(max_size=80))
def test_tokens_leave_out_white_space_only(text: str) -> None:
    at = 0
    for one in tokens(text):
        assert at <= one.start < one.end
        assert text[one.start : one.end] == one.text
        assert not text[at : one.start].strip()
        at = one.end
    assert not text[at:].strip()


@given(text=st.text(max_size=80))
def test_features_of_any_text_are_there_and_the_same(text: str) -> None:
    cut = words(text)
    rows = features(cut, casing(text))
    assert len(rows) == len(cut)
    assert rows == features(cut, casing(text))
    for row in rows:
        for one in row:
            one.encode("utf-8", "surrogatepass")


def test_casing_tells_whether_letters_case_says_something() -> None:
    assert [casing(text) for text in ("anna ek", "ANNA EK", "Anna ek")] == ["l", "u", "m"]


def test_shapes() -> None:
    found = [shape(word, "m") for word in ("Anna", "anna", "ANNA", "A", "Lind-Berg", "@a1", "12")]
    assert found == ["mXx", "mx", "mX", "mX1", "mXx-Xx", "tag", "num"]


@pytest.mark.parametrize(
    "word", ["andersson", "lindström", "ekgren", "björklund", "nguyen", "ollasson", "östergren"]
)
def test_surnames(word: str) -> None:
    assert is_surname(word)


@pytest.mark.parametrize("word", ["kommun", "vägen", "papperskorg", "personal", "skolan", "sson"])
def test_no_surnames(word: str) -> None:
    assert not is_surname(word)


def test_given_names_are_counted_in_digits() -> None:
    assert given_names()["anna"] == 5
    assert given_names()["gudrun"] == 4
    assert "kommun" not in given_names()
    assert {"kicki", "steffe"} <= nicknames()
    assert {"björn", "sten", "my", "bo"} <= word_names()


def test_the_list_is_trimmed_and_adds_up_over_the_sexes() -> None:
    counts = [("Kim", 60), ("Kim", 50), ("Rar", 99), ("Anna", 12345), ("Anna Maria", 500)]
    assert trimmed(counts) == "3 kim\n5 anna\n"


def test_the_shipped_files_are_small() -> None:
    assert MODEL.stat().st_size <= MEGABYTE


def test_a_tagger_says_how_likely() -> None:
    text = "Tack Anna Lindgren för svaret"
    tags, likely = Tagger().tags(text, words(text))
    assert tags == ["O", "B", "I", "O", "O"]
    assert min(likely[1:3]) > 0.5
    assert max(likely[0], *likely[3:]) < 0.5


def test_a_model_that_is_not_there_is_an_error(tmp_path: object) -> None:
    with pytest.raises(OSError, match=r"no-model"):
        Tagger(MODEL.with_name("no-model"))

"""Words, queries and snippets, without an index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.record import clean
from archiver.search.language import (
    LONGEST_COMPOUND,
    compound_parts,
    part,
    plain,
    stem,
    stems,
    words,
)
from archiver.search.query import MAX_CLAUSES, Phrase, Prefix, Word, parse
from archiver.search.snippet import WIDTH, mark, snippet

TYPED = st.text(max_size=80) | st.text(alphabet='åÄö"*”() ab1-', max_size=60)


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ("Snöröjning", (Word("snöröjning"),)),
        ('"På Gatan" nu', (Phrase(("på", "gatan")), Word("nu"))),
        ("ga*", (Prefix("ga"),)),
        ("g*", (Word("g"),)),
        ("KS/2026-12*", (Phrase(("ks", "2026")), Prefix("12"))),
        ("snö-röjning", (Phrase(("snö", "röjning")),)),
        ('öppet "citat', (Word("öppet"), Word("citat"))),
        ('"" * - ()', ()),
        ("hej hej HEJ", (Word("hej"),)),
        ("a\ud800b", (Phrase(("a", "b")),)),
    ],
)
def test_parse(query: str, clauses: tuple[object, ...]) -> None:
    assert parse(query) == clauses


def test_a_query_is_bounded() -> None:
    assert len(parse(" ".join(f"ord{n}" for n in range(10_000)))) == MAX_CLAUSES
    assert parse("å" * 100_000) == ()


def test_stems_keep_the_letters_and_add_the_definite_form() -> None:
    assert stems("skolor") & stems("skolan") & stems("skola") == {"skol", "skolan"}
    assert not stems("lån") & stems("lan")
    assert stem("röjningen") == "röjning"
    assert [part(w) for w in ("skolorna", "gator", "bad", "av")] == ["skol", "gator", "bad", ""]


@given(st.text(alphabet="abcdefghijklmnoprstuvyåäö", min_size=1, max_size=40))
def test_a_stem_begins_its_word(word: str) -> None:
    assert all(word.startswith(s) or s.endswith("an") for s in stems(word))
    assert word.startswith(stem(word))


def test_compound_parts() -> None:
    assert sorted(compound_parts(["gatan", "på"]).split()) == ["atan", "gatan", "tan"]
    assert compound_parts(["x" * (LONGEST_COMPOUND + 1)]) == ""


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Snöröjningen på gatan", "röjning", ["röjning"]),
        ("Röjningen och röjas", "röjning", ["Röjningen"]),
        ("Grundskolan är en skola", "skolor", ["skol", "skola"]),
        ("på  gatan, PÅ GATAN och på gatans", '"på gatan"', ["på gatan", "PÅ GATAN"]),
        ("Bygglov och ombyggnad", "bygg*", ["Bygglov"]),
        ("İ och ISTANBUL", "istanbul", ["ISTANBUL"]),
        ("ingenting", "snö", []),
    ],
)
def test_mark(text: str, query: str, marked: list[str]) -> None:
    text = plain(text)
    assert [text[a:b] for a, b in mark(text, parse(query))] == marked


def test_the_snippet_is_where_the_words_are() -> None:
    text = "inledning " * 80 + "här röjs gatan om snöröjning hinns " + "slut " * 80
    quoted, spans = snippet([text], parse("gatan snöröjning"))
    assert [quoted[a:b] for a, b in spans] == ["gatan", "snöröjning"]
    assert quoted[0] == quoted[-1] == "…"
    assert len(quoted) <= WIDTH + 2
    assert snippet(["kort text", "rubriken"], parse("rubrik")) == ("rubriken", ((0, 8),))
    assert snippet(["kort text", "rubrik"], ()) == ("kort text", ())
    assert snippet(["", ""], parse("x")) == ("", ())


@given(st.lists(st.text(max_size=500), max_size=3), TYPED)
def test_spans_lie_in_the_snippet(texts: list[str], query: str) -> None:
    quoted, spans = snippet([plain(clean(text)) for text in texts], parse(query))
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(quoted)
        last = end
    assert len(quoted) <= WIDTH + 2


@given(TYPED)
def test_what_is_typed_finds_itself(query: str) -> None:
    text = plain(clean(query))
    for clause in parse(query):
        if isinstance(clause, Word | Prefix):
            assert clause.text in words(text)

"""Words, queries and snippets, without an index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.core.record import clean
from archiver.core.search import Note
from archiver.search.language import (
    LONGEST_COMPOUND,
    compound_parts,
    parts,
    plain,
    stem,
    stems,
    words,
)
from archiver.search.query import (
    MAX_CLAUSES,
    MAX_QUERY,
    Ending,
    Inside,
    Phrase,
    Prefix,
    Word,
    notes,
    parse,
)
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
        ('öppet "ett citat', (Word("öppet"), Phrase(("ett", "citat")))),
        ("*lov*", (Inside("lov"),)),
        ("*lov", (Ending("lov"),)),
        ("*lo*", (Word("lo"),)),
        ("bygg*lov", (Prefix("bygg"), Ending("lov"))),
        ("**", ()),
        ("*ks/20*", (Phrase(("ks",)), Prefix("20"))),
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


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("snö röjning", ()),
        ('"snö röjning"', ()),
        ('öppet "ett citat', (Note.OPEN_QUOTE,)),
        ("a*", (Note.STAR_IGNORED,)),
        ("*lo* hej", (Note.STAR_IGNORED,)),
        ("bygg* *lov*", ()),
        ("!!!", (Note.NO_WORD,)),
        ("", ()),
        ("ord " * MAX_QUERY, (Note.SHORTENED,)),
    ],
)
def test_what_was_taken_otherwise_is_said(query: str, said: tuple[Note, ...]) -> None:
    assert notes(query) == said


def test_stems_keep_the_letters_and_add_the_definite_form() -> None:
    assert stems("skolor") & stems("skolan") & stems("skola") == {"skol", "skolan"}
    assert not stems("lån") & stems("lan")
    assert stem("röjningen") == "röjning"
    assert [parts(w) for w in ("skolorna", "bad", "av")] == [("skol",), ("bad",), ()]
    assert parts("gator") == parts("gata") == parts("gatan") == ("gata", "gato", "gatu")


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
        ("Snöröjningen på gatan", "röjning", ["röjningen"]),
        ("Röjningen och röjas", "röjning", ["Röjningen"]),
        ("Grundskolan är en skola", "skolor", ["skolan", "skola"]),
        ("Gatukontoret och bakgatorna", "gata", ["Gatu", "gatorna"]),
        ("Vattentankar, dricksvattnet", "vatten", ["Vatten", "vatt"]),
        ("Skolgårdens bygglovsansökan", "*lov*", ["lov"]),
        ("Bygglov, loven och marklov", "*lov", ["lov", "lov"]),
        (
            "Snö röjningen och snö-röjning, inte snö på röjning",
            "snöröjning",
            ["Snö röjningen", "snö-röjning"],
        ),
        ("badhus i kommunstyrelsens hus", "bad hus", ["badhus", "hus"]),
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
        if not isinstance(clause, Phrase):
            assert clause.text in words(text)


@given(
    st.lists(st.text("abcdeåäö", min_size=1, max_size=20), min_size=1, max_size=200),
    st.integers(0, 199),
)
def test_a_snippet_is_cut_between_words(written: list[str], place: int) -> None:
    asked = written[place % len(written)]
    quoted, spans = snippet([" ".join(written)], (Word(asked),))
    assert set(quoted.strip("…").split()) <= set(written)
    assert any(asked in quoted[start:end] for start, end in spans)

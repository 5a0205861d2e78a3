"""Places of masks in one line, entries of suggestions, what is suggested, over made-up input."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archiver.core.canonical import encode
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import (
    Cut,
    ImageBox,
    Mask,
    PageBox,
    Target,
    TextSpan,
    TimeRange,
    WholeField,
    masked,
)
from gdpr.core.place import code, covers, fields, parse
from gdpr.masks.sealed import IN_ONE, Suggestion, citations_of, cited, in_entries
from gdpr.masks.suggesting import same, value_of

NUMBERS = st.integers(0, 10**9 - 1)
PATHS = st.sampled_from(["text", "title", "author_name", "links/0", "attachments/12/alt", "root/1"])
TARGETS: st.SearchStrategy[Target] = st.one_of(
    st.builds(TextSpan, PATHS, NUMBERS, NUMBERS),
    st.builds(WholeField, PATHS),
    st.builds(ImageBox, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.builds(PageBox, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.builds(TimeRange, NUMBERS, NUMBERS, NUMBERS),
)
CLAUSES = st.builds(Clause, st.integers(15, 40), st.integers(1, 40), st.sampled_from(["", "a"]))
CITATIONS = st.builds(
    Citation,
    clause=CLAUSES,
    activity=st.sampled_from(["", "school"]),
    through=st.none() | CLAUSES,
)
SUGGESTIONS = st.builds(
    Suggestion,
    target=TARGETS,
    category=st.sampled_from(["name", "phone"]),
    source=st.just("phone/1"),
    citations=st.lists(CITATIONS, max_size=3).map(tuple),
    carried=st.none() | NUMBERS,
)


@given(TARGETS)
def test_a_place_survives_its_line(target: Target) -> None:
    assert parse(code(target)) == target
    assert covers(target, target)
    assert not covers(TextSpan("text", 5, 9), target) or code(target).startswith("text text")


def test_what_leads_to_a_hidden_author_is_hidden_too() -> None:
    name = WholeField("author_name")
    assert covers(name, WholeField("url"))
    assert covers(TextSpan("author_name", 0, 4), TextSpan("author_url", 8, 12))
    assert not covers(WholeField("url"), name)
    assert not covers(TextSpan("author_name", 0, 4), TextSpan("author_name", 5, 8))
    assert covers(WholeField("attachments/1"), ImageBox(1, 0, 0, 5, 5))
    assert covers(WholeField("attachments/1"), WholeField("attachments/1/alt"))
    assert not covers(WholeField("attachments/1"), WholeField("attachments/12/alt"))


@given(st.lists(CITATIONS, max_size=5).map(tuple))
def test_citations_survive_an_entry(citations: tuple[Citation, ...]) -> None:
    assert citations_of({"citations": cited(citations)}) == citations


@given(st.lists(SUGGESTIONS, max_size=400))
def test_entries_hold_every_suggestion_in_order_and_are_small(made: list[Suggestion]) -> None:
    entries = list(in_entries(made))
    assert [item for one in entries for item in one] == [one.item for one in made]
    assert all(0 < len(one) <= IN_ONE and len(encode(one)) < 4_000 for one in entries)


@given(st.lists(st.sampled_from(["Zorka", "Ek", "zorkas", "sa", "till", ",", "-"]), max_size=20))
def test_the_same_words_are_suggested_wherever_they_stand(words: list[str]) -> None:
    text = " ".join(["Zorka", *words])
    mask = Mask(record=1, version=1, target=TextSpan("text", 0, 5), category="name")
    found = [one.target for one in same([mask], {"text": text, "author_name": "ZORKA"})]
    assert WholeField("author_name") in found
    spans = [one for one in found if isinstance(one, TextSpan)]
    hidden = [(0, 5), *((one.start, one.end) for one in spans)]
    left = masked(text, [Cut(start, end, "[X]") for start, end in hidden])
    assert "zorka" not in left.casefold()
    assert value_of(mask, {"text": text}) == "Zorka"


def test_fields_are_those_that_may_be_given_out() -> None:
    found = fields(
        {
            "text": "Hej",
            "title": "",
            "links": ["https://a.example/zorka"],
            "attachments": [{"alt": "Zorka", "mime": "image/png", "url": "fil:0", "digest": "aa"}],
            "parent": ["comment", "17"],
            "created_at": 5,
            "capture": 9,
        }
    )
    assert found == {
        "text": "Hej",
        "created_at": None,
        "links/0": "https://a.example/zorka",
        "attachments/0": None,
        "attachments/0/alt": "Zorka",
        "parent/1": "17",
    }

"""What is hidden is nowhere in a masked version, and all the rest of it is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import RuleViolation
from exports.core.masked import Hidden, Kept, at, hidden, hiding_file, shown, words_of
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import (
    ImageBox,
    Mask,
    MaskState,
    Target,
    TextSpan,
    TimeRange,
    WholeField,
)
from gdpr.core.pseudonym import tokens

KEY = bytes(range(32))
CITED = (Citation(clause=Clause(21, 1)),)
FIELDS: dict[str, Any] = {
    "author_id": "99",
    "author_name": "Petra Zorkelby",
    "author_url": "https://platt.example/@zorkelby",
    "attachments": [
        {
            "alt": "Petra vid bron",
            "mime": "image/jpeg",
            "name": "petra.jpg",
            "url": "https://cdn/1",
        },
    ],
    "created_at": 1_795_000_000_000,
    "links": ["https://a.example/x", "https://b.example/zorkelby"],
    "text": "Petra Zorkelby bor på Ängsgatan 5, säger Zorkelby 😀.",
    "title": "Om bron",
    "url": "https://platt.example/@zorkelby/17",
}


def kept(target: Target, seq: int = 1, *, category: str = "name", **more: Any) -> Kept:
    given_ = {"state": MaskState.ACCEPTED, "citations": CITED, **more}
    return Kept(seq, Mask(record=1, version=2, target=target, category=category, **given_))


def masked(
    masks: list[Kept], fields: dict[str, Any] = FIELDS
) -> tuple[dict[str, Any], list[Hidden]]:
    hiding = hidden(fields, masks)
    return shown(fields, hiding, tokens(KEY, (one.key for one in hiding))), list(hiding)


def test_a_span_becomes_a_token_and_the_same_value_the_same() -> None:
    text = FIELDS["text"]
    second = text.index("Zorkelby", 20)
    made, hiding = masked(
        [
            kept(TextSpan("text", 6, 14)),
            kept(TextSpan("text", second, second + 8), 2),
        ]
    )
    assert made["text"].count("[NAMN-") == 2
    assert "Zorkelby" not in made["text"]
    assert {one.value for one in hiding if one.path == "text"} == {"Zorkelby"}
    first, last = made["text"].split("[NAMN-")[1:]
    assert first[:4] == last[:4]
    assert made["title"] == "Om bron"


def test_who_hides_the_name_hides_what_leads_there() -> None:
    for path in ("author_name", "author_url", "author_id"):
        made, hiding = masked([kept(WholeField(path))])
        for name in ("author_name", "author_id", "author_url", "url"):
            assert made[name].startswith("["), (path, name)
        assert {word for one in hiding for word in one.words} >= {
            "Petra Zorkelby",
            "https://platt.example/@zorkelby/17",
        }
    part, _ = masked([kept(TextSpan("author_name", 6, 14))])
    assert part["author_name"].startswith("Petra [NAMN-")
    assert part["url"].startswith("[")


@pytest.mark.parametrize(
    "target",
    [TextSpan("text", 0, 5), WholeField("created_at"), TextSpan("url", 0, 5), WholeField("links/1"),
     ImageBox(0, 0, 0, 5, 5), TimeRange(0, 0, 100)],
)  # fmt: skip
def test_any_mask_hides_the_address_and_the_links(target: Target) -> None:
    """They lead to the unmasked text as long as it is online."""
    made, hiding = masked([kept(target, category="other")])
    for path in ("links", "url"):
        assert made[path].startswith("[LÄNK-"), path
    open_ways = {word for one in hiding if one.path in ("links", "url") for word in one.words}
    assert FIELDS["url"] not in open_ways  # it may well stand elsewhere: `exports.core.leads`
    assert made["author_name"] == "Petra Zorkelby"
    bare = {"text": FIELDS["text"], "links": [], "url": ""}
    made, _ = masked([kept(TextSpan("text", 0, 5))], bare)
    assert (made["links"], made["url"]) == ([], "")


def test_what_is_masked_in_an_address_stays_a_word_that_leaks() -> None:
    _, hiding = masked(
        [kept(TextSpan("url", 23, 31)), kept(WholeField("links/1"), 2, category="url")]
    )
    assert {word for one in hiding for word in one.words} == {"zorkelby", FIELDS["links"][1]}


def test_parts_of_lists_and_what_is_no_text() -> None:
    made, hiding = masked(
        [
            kept(WholeField("links/1"), category="url"),
            kept(TextSpan("attachments/0/alt", 0, 5), 2),
            kept(WholeField("attachments/0/name"), 3, category="other"),
            kept(WholeField("created_at"), 4, category="other"),
        ]
    )
    assert made["links"].startswith("[LÄNK-")
    assert made["attachments"][0]["alt"].endswith(" vid bron")
    assert made["attachments"][0]["name"].startswith("[UPPGIFT-")
    assert "url" not in made["attachments"][0]  # the address at the platform never leaves
    assert str(made["created_at"]).startswith("[UPPGIFT-")
    assert "petra.jpg" in {word for one in hiding for word in one.words}


def test_a_whole_field_goes_before_its_parts() -> None:
    made, hiding = masked(
        [kept(WholeField("attachments")), kept(WholeField("attachments/0/alt"), 2),
         kept(WholeField("text"), 3), kept(TextSpan("text", 0, 5), 4)]
    )  # fmt: skip
    assert [one.path for one in hiding] == ["attachments", "links", "text", "url"]
    assert isinstance(made["attachments"], str)
    assert "Petra vid bron" in hiding[0].words


def test_only_what_is_in_force_hides() -> None:
    for state in (MaskState.SUGGESTED, MaskState.REJECTED):
        assert hidden(FIELDS, [kept(WholeField("text"), state=state)]) == ()
    assert hidden({"text": "Om bron"}, [kept(ImageBox(0, 0, 0, 5, 5))]) == ()


@pytest.mark.parametrize(
    "target",
    [TextSpan("text", 3, 999), TextSpan("created_at", 0, 1), WholeField("nothing"),
     WholeField("links/7"), TextSpan("links", 0, 1), WholeField("text/0")],
)  # fmt: skip
def test_a_place_that_is_not_there_is_told(target: Target) -> None:
    with pytest.raises(RuleViolation, match="mask"):
        hidden(FIELDS, [kept(target)])


def test_files_that_are_held_back_whole() -> None:
    assert hiding_file([kept(WholeField("attachments/1"))], 1)
    assert hiding_file([kept(WholeField("attachments"))], 4)
    assert hiding_file([kept(TimeRange(2, 0, 100))], 2)
    assert not hiding_file([kept(WholeField("attachments/1"))], 0)
    assert not hiding_file([kept(ImageBox(0, 0, 0, 5, 5))], 0)
    assert not hiding_file([kept(WholeField("attachments/1"), state=MaskState.REJECTED)], 1)


def test_every_text_of_a_value() -> None:
    assert list(words_of({"a": ["x", " ", 4], "b": {"c": "y"}, "d": True})) == ["x", "y"]
    assert at(FIELDS, "links/1") == "https://b.example/zorkelby"


TEXTS = st.text(alphabet="abcåäö 😀.\n", min_size=1, max_size=30)


@st.composite
def versions(draw: st.DrawFn) -> tuple[dict[str, Any], list[Kept]]:
    fields = {name: draw(TEXTS) for name in ("author_name", "text", "title", "url")}
    masks = []
    for seq in range(draw(st.integers(0, 8))):
        path = draw(st.sampled_from(sorted(fields)))
        end = draw(st.integers(1, len(fields[path])))
        start = draw(st.integers(0, end - 1))
        target: Target = draw(st.sampled_from([TextSpan(path, start, end), WholeField(path)]))
        masks.append(kept(target, seq, category=draw(st.sampled_from(["name", "phone"]))))
    return fields, masks


@given(versions(), st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference_and_nothing_is_changed(
    version: tuple[dict[str, Any], list[Kept]], order: Any
) -> None:
    fields, masks = version
    before = copy.deepcopy(fields)
    made, hiding = masked(masks, fields)
    again = [*masks, *masks]
    order.shuffle(again)
    assert masked(again, fields) == (made, hiding)
    assert fields == before


@given(versions())
def test_what_is_not_hidden_stands_and_what_is_does_not(
    version: tuple[dict[str, Any], list[Kept]],
) -> None:
    fields, masks = version
    hiding = hidden(fields, masks)
    marks = {one.key: "\x00" for one in hiding}  # a mark that no text has
    made = shown(fields, hiding, marks)
    for path, text in fields.items():
        of = [one for one in hiding if one.path == path]
        if any(one.start is None for one in of):
            assert made[path] == "\x00"
            continue
        cut = {n for one in of for n in range(one.start or 0, one.end)}
        wanted = "".join(letter for n, letter in enumerate(text) if n not in cut)
        assert str(made[path]).replace("\x00", "") == wanted
        for _, mask in masks:
            if isinstance(mask.target, TextSpan) and mask.target.path == path:
                assert set(range(mask.target.start, mask.target.end)) <= cut

"""What must not stand in a text for the web diarium. All persons, numbers and addresses invented;
telephone numbers are from the ranges for fiction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.registry.core.public import problems, texts

SENDER = "Eira Marklund-Ek"


def codes(text: str, sender: str = "") -> list[str]:
    return [one.reason.code.removeprefix("public_") for one in problems(text, sender)]


@pytest.mark.parametrize(
    "text",
    [
        "Kommentar om snöröjning, Facebook-sidan Testköpings kommun",
        "Synpunkt på skolskjuts, 2026-11-22, dnr KS 2026/0123",
        "Fråga om SFS 2009:400 och TF 2 kap. 15 §, kl. 10.30–11.45",
        "Svar på fråga om avgift 12 500 kr för tomten Kråkan 6:47",
        "Klagomål, se https://testkoping.example/trafik/vinter?sida=2",
        "Inlägg https://www.facebook.com/events/12 och www.testkoping.example",
        "Faktura från bolaget 886268-4654",
        "",
    ],
)
def test_a_plain_description_has_no_problems(text: str) -> None:
    assert codes(text, SENDER) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Fråga från 720728-9864", "number"),
        ("Fråga från 720728-9865", "number"),  # wrong check digit: still somebody's
        ("Fråga från ７２０７２８-９８６４", "number"),
        ("Fråga från 7207\u200b28-9864", "number"),
        ("Ring 070-174 06 18", "telephone"),
        ("Ring +46 (0)70 174 06 18", "telephone"),
        ("Ring (08) 465 004 07", "telephone"),
        ("Ring 0046701740618", "telephone"),
        ("Mejl från eira@mejl.example", "email"),
        ("Mejl från eira [at] mejl punkt example", "email"),
        ("Kommentar av @eira.m", "mention"),
        ("Kommentar av @eira@social.example", "mention"),
        ("Kommentar av u/eira_m", "mention"),
        ("Kommentar av eira\u00admarklund-ek", "sender"),
        ("Eira Marklund-Eks kommentar", "sender"),
        ("EIRA MARKLUND-EK undrar", "sender"),
        ("Kommentar av Eira", "sender"),
        ("Marklund-Ek, Eira", "sender"),
        ("Se https://www.instagram.com/eira_m/", "url"),
        ("Se facebook.com/eira.marklund", "url"),
        ("Se https://testkoping.example/@eira/12", "url"),
        ("Se https://testkoping.example/arende?namn=eira", "url"),
        ("Se https://eira@testkoping.example/", "url"),
        ("Se https://bsky.app/profile/eira.example/post/3k", "url"),
        ("Se https://[trasig", "url"),
    ],
)
def test_what_points_to_a_person_is_told_with_its_place(text: str, code: str) -> None:
    found = problems(text, SENDER)
    if code != "sender" or "," not in text:
        assert [one.reason.code for one in found] == [f"public_{code}"]
    assert {one.reason.code for one in found} == {f"public_{code}"}
    for language in ("sv", "en"):
        assert all(said and "eira" not in said.lower() for said in texts(found, language))


def test_a_name_that_is_a_word_counts_only_with_a_capital() -> None:
    assert codes("Kommentar om sten och grus vid berget", "Sten Berg") == []
    assert codes("Kommentar av Berg om grus", "Sten Berg") == ["sender"]
    assert codes("Kommentar av rosenmamman", "Rosenmamman") == ["sender"]
    assert codes("Kommentar", "👍") == []


def test_places_are_those_of_the_text_as_it_was_given() -> None:
    text = "ﬁn \u200bfråga från Eira Marklund-Ek"
    (one,) = problems(text, SENDER)
    assert text[one.start : one.end] == "Eira Marklund-Ek"


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=80))
def test_any_text_and_name_give_places_inside_the_text(
    before: str, sender: str, after: str
) -> None:
    text = before + sender + after
    for one in problems(text, sender):
        assert 0 <= one.start < one.end <= len(text)


@given(
    st.from_regex(r"[A-ZÅÄÖ][a-zåäö]{1,8} [A-ZÅÄÖ][a-zåäö]{1,8}", fullmatch=True),
    st.sampled_from(["Fråga från {}", "{} undrar", "{}s synpunkt", "Svar till ({})"]),
)
def test_the_sender_is_always_seen(sender: str, frame: str) -> None:
    assert "sender" in codes(frame.format(sender), sender)
    assert "sender" in codes(frame.format(sender).upper(), sender)

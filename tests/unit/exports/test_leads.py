"""Nothing that is given out leads to a masked record at the platform."""

from __future__ import annotations

from typing import Any

import pytest

from exports.core.leads import leading_back, told_in

MASKED: dict[str, Any] = {
    "author_url": "https://platt.example/@zorka",
    "native_id": "12",
    "url": "https://platt.example/?p=12",
}


@pytest.mark.parametrize(
    ("fields", "led"),
    [
        ({"url": "https://platt.example/?p=12#svar", "links": []}, {"url"}),
        ({"url": "https://platt.example/?p=13", "parent": "12", "links": []}, {"url", "parent"}),
        ({"url": "https://b.example/", "links": ["https://a.example/", MASKED["url"]]},
         {"links", "url"}),
        ({"attachments": [{"alt": "x", "url": "https://platt.example/12/bild"}]}, {"attachments"}),
        ({"native_id": "12", "url": "https://annan.example/"}, {"native_id", "url"}),
        ({"url": "https://platt.example/?p=123", "links": ["https://platt.example/2012/"]}, set()),
        ({"text": "12", "url": "https://platt.example/?p=5"}, set()),
        ({"url": "https://platt.example/@zorka"}, set()),
    ],
)  # fmt: skip
def test_what_names_a_masked_record(fields: dict[str, Any], led: set[str]) -> None:
    found = leading_back({1: MASKED, 2: fields}, [1])
    assert found.get(2, frozenset()) == led
    assert found[1] == {"native_id", "url"}
    assert leading_back({1: MASKED, 2: fields}, []) == {}


def test_an_address_of_the_sender_leads_to_no_record() -> None:
    page = {"author_url": "https://platt.example/@k", "url": "https://platt.example/@k"}
    other = {"url": "https://platt.example/@k/7", "text": "https://platt.example/@k"}
    assert leading_back({1: page, 2: other}, [1]) == {}
    assert list(told_in({2: other}, {1: page, 2: other}, [1])) == []


def test_words_that_tell_the_address() -> None:
    given = {
        2: {"text": "Se https://platt.example/?p=12.", "title": "?p=12"},
        3: {"text": "Se https://platt.example/?p=123", "title": "12"},
    }
    assert list(told_in(given, {1: MASKED}, [1])) == [(2, "text")]
    assert list(told_in(given, {1: {"text": "x"}}, [1])) == []

"""E-mail addresses written with words for their signs, read out; and what is none."""

from __future__ import annotations

import pytest

from gdpr.core.written import read_out


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("anna.ek (at) example.se", ["anna.ek@example.se"]),
        ("Skriv till Anna.Ek AT example DOT org nu", ["Anna.Ek@example.org"]),
        ("anna punkt ek snabela\n example punkt se", ["anna.ek@example.se"]),
        ("a[at]example.se, b{at}example.se", ["a@example.se", "b@example.se"]),
        ("vi ses at home. se till att komma", []),
        ("punkt slut, och (a) är ett svar", []),
        ("anna.ek@example.se", []),
        ("", []),
    ],
)
def test_addresses_are_read_out(text: str, read: list[str]) -> None:
    assert read_out(text) == read


def test_far_apart_and_close_together() -> None:
    far = "x" * 500
    text = f"a (at) example.se {far} b (at) example.se c (at) example.se"
    assert read_out(text) == ["a@example.se", "b@example.se", "c@example.se"]

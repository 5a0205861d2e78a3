"""Tokens: the same for the same, apart for others, and of no use without the key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdpr.core.pseudonym import normal, tokens

KEY, OTHER = bytes(32), bytes([1]) * 32


@pytest.mark.parametrize(
    ("category", "one", "other"),
    [
        ("personal_number", "850101-9802", "198501019802"),
        ("personal_number", "850101–9802", "19850101 9802"),
        ("name", "Anna", "ANNAS"),
        ("name", "Klas", "klas’"),
        ("name", "Åsa  Ek", "åsa ek"),
        ("phone", "070-174 06 05", "0701740605"),
        ("email", "Anna@Example.se", "anna@example.se"),
    ],
)
def test_what_counts_as_the_same(category: str, one: str, other: str) -> None:
    assert normal(category, one) == normal(category, other)
    found = tokens(KEY, [(category, one), (category, other)])
    assert len(set(found.values())) == 1


def test_the_token_is_of_its_kind_and_of_its_release() -> None:
    value = ("name", "Anna Ekbacke")
    token = tokens(KEY, [value])[value]
    assert token.startswith("[NAMN-")
    assert len(token) == len("[NAMN-7f3a]")
    assert tokens(OTHER, [value])[value] != token
    assert tokens(KEY, [("oknown", "x")])["oknown", "x"].startswith("[UPPGIFT-")
    with pytest.raises(ValueError, match="32 bytes"):
        tokens(b"short", [value])


@given(st.sets(st.text("abcdefgh", min_size=2, max_size=6), min_size=1, max_size=400))
def test_others_never_share_one_and_length_tells_nothing(values: set[str]) -> None:
    found = tokens(KEY, [("name", value) for value in values])
    same = {normal("name", value) for value in values}
    assert len(set(found.values())) == len(same)
    assert len({len(token) for token in found.values()}) == 1


def test_many_are_still_told_apart() -> None:
    values = [("name", f"person {number}") for number in range(3_000)]
    found = tokens(KEY, values)
    assert len(set(found.values())) == 3_000
    assert {len(token) for token in found.values()} != {len("[NAMN-7f3a]")}  # four would not do

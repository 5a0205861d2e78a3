"""Every phrase of retention's documents has its English, and none is left over."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator

import pytest

from retention.core.words import english, say_in
from retention.documents import certificate, petition
from tests.meta.generated import ROOT


def said() -> Iterator[str]:
    """Every phrase in the code: what `say` is called with, and the tables of words."""
    for path in (ROOT / "retention").rglob("*.py"):
        if path.stem.startswith("cli"):  # the terminal's `say` is another, and speaks English
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="say"), args=[ast.Constant(value=str(phrase))]):
                    yield phrase
    for module in (certificate, petition):
        for name, table in vars(module).items():
            if isinstance(table, dict) and not name.startswith("__"):
                yield from (phrase for phrase in table.values() if isinstance(phrase, str))


def test_every_phrase_has_english_and_none_is_left_over() -> None:
    assert set(english()) == set(said()) - {""}


def test_english_has_the_same_places_to_fill() -> None:
    def places(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    assert all(places(swedish) == places(other) for swedish, other in english().items())


def test_swedish_is_as_written_and_what_has_no_english_is_an_error() -> None:
    assert say_in("sv")("Vad som helst") == "Vad som helst"
    assert say_in("en")("Beslutad") == "Decided"
    with pytest.raises(KeyError):
        say_in("en")("Vad som helst")

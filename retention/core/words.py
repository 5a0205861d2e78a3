"""The words of retention's documents: Swedish as written in the code, English from `english.toml`.

The Swedish is the original. Invariant: a phrase without English is an error, not silently Swedish.
Pure but for reading that file, which is a part of the package, once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["sv", "en"]
Say: TypeAlias = Callable[[str], str]


def say_in(language: Language) -> Say:
    """How to say a Swedish phrase in a language. The result raises KeyError for a phrase that has
    no English."""
    return str if language == "sv" else english().__getitem__


@cache
def english() -> Mapping[str, str]:
    """Every Swedish phrase with its English."""
    phrases: Mapping[str, str] = tomllib.loads(
        files(__package__).joinpath("english.toml").read_text("utf-8")
    )
    return phrases

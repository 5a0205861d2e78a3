"""The grounds of moderation there are, read from `grounds.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from archiver.core.reason import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A ground: its code, what it is called, the law it rests on, whether the law demands the
    measure, and what whoever wrote may be told (Swedish; empty: nothing)."""

    code: str
    words: Wording
    law: str
    duty: bool
    reply: str


@cache
def grounds() -> Mapping[str, Ground]:
    """Every ground by its code, in the order of the file."""
    text = resources.files(__package__).joinpath("grounds.toml").read_text("utf-8")
    return {
        one["code"]: Ground(
            code=one["code"],
            words=Wording(one["words"], one["words_en"]),
            law=one["law"],
            duty=one["duty"],
            reply=one["reply"],
        )
        for one in tomllib.loads(text)["ground"]
    }

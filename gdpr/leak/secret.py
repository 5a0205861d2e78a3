"""What must not be there, and what is said of it when it is. Pure.

Neither a leak nor an error repeats a masked value: they name the mask and the place.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Secret(NamedTuple):
    """A masked value. `ref` names its mask in reports ("mask 17"). `category`: what it is
    (`gdpr.core.place.CATEGORIES`), "" where nobody knows."""

    value: str
    ref: str
    category: str = ""

    def __repr__(self) -> str:
        return f"Secret({self.ref!r})"


class Output(NamedTuple):
    """A file that is to leave: its name and its bytes."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        return f"Output({len(self.content)} bytes)"


class Kind(StrEnum):
    """VALUE: a masked value is there. SUSPECT: what may be one, or other personal data; a person
    masks it or waives it. UNREADABLE: nobody can say what is in it."""

    VALUE = "value"
    SUSPECT = "suspect"
    UNREADABLE = "unreadable"


class Leak(NamedTuple):
    """Something that stops a release. `output`: the file's name, or "file 3" where the name itself
    leaks. `place` is in words and quotes nothing. `ref`: the mask, the label of what a recogniser
    found, or why it cannot be read. `digest` is what a waiver names, under a key; empty where
    nothing can be waived."""

    output: str
    place: str
    kind: Kind
    ref: str
    digest: str = ""

"""A book: what people note one by one, each of a closed union, sealed under one event type.

Folding is the table's and the caller's; here are only a note's form and its way back. A name in
`names` stays what it is as long as an archive holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.errors import ConfigError, NotCanonical
from archiver.governance.core.form import read, write

MAX_WORDS = 4_000

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Generic[S]):
    """What was said, on a Swedish day, by a user (their entry), for an authority (its entry)."""

    authority: int
    day: date
    actor: int
    said: S


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Generic[S]):
    """An event type, and the dataclasses that are noted under it by their names. `most`: characters
    of each field."""

    event: EventType
    names: Mapping[str, type[S]]
    most: int = MAX_WORDS

    def name_of(self, said: S) -> str:
        """Under which name it is sealed."""
        return next(name for name, kind in self.names.items() if type(said) is kind)

    def payload(self, note: Note[S]) -> dict[str, Json]:
        """A note's fields. `ConfigError` for words that are too long."""
        said = write(note.said)
        for name, value in said.items():
            if isinstance(value, str) and len(value) > self.most:
                raise ConfigError(f"{name}: at most {self.most} characters.", remedy="Shorten it.")
        return {
            "authority": note.authority,
            "act": self.name_of(note.said),
            "day": note.day.isoformat(),
            "said": said,
            "actor": note.actor,
        }

    def note_of(self, payload: Mapping[str, Any]) -> Note[S]:
        """A note from its sealed fields; `NotCanonical` for one this release does not know."""
        kind = self.names.get(str(payload["act"]))
        if kind is None:
            raise NotCanonical(f"There is a note {payload['act']} that is not known here.")
        return Note(
            authority=int(payload["authority"]),
            day=date.fromisoformat(payload["day"]),
            actor=int(payload["actor"]),
            said=read(kind, payload["said"]),
        )

"""Incidents and their steps as they are sealed, and back.

Fields: see docs/data-format.md, `incident_recorded` and `incident_step`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from archiver.core.canonical import Json
from archiver.core.procedure import step_fields
from archiver.core.record import clean
from archiver.errors import ConfigError
from gdpr.core.incident import Content, NotTold, Risk, Step, Taken

MAX_WORDS = 4_000  # characters of each field
MAX_RECORDS = 10_000
_WORDS = ("reference", "delay", "reason")
_NUMBERS = frozenset({"subjects", "records"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A breach as it was recorded. `known_at`: when the authority became aware of it; `began_at`
    and `ended_at`: when it happened, if that is known (milliseconds UTC). `records`: the records it
    concerns, which are held, if it concerns any of the archive's."""

    authority: int
    known_at: int
    text: str
    began_at: int | None = None
    ended_at: int | None = None
    records: tuple[int, ...] = ()

    def checked(self, now: int) -> Noticed:
        """Itself; `ConfigError` for what cannot be recorded."""
        _short("text", self.text)
        if not self.text.strip():
            raise ConfigError("Say what happened.", remedy="A line is enough; more can follow.")
        if self.known_at > now:
            raise ConfigError("The authority cannot have become aware of it in the future.")
        if self.began_at is not None and self.began_at > self.known_at:
            raise ConfigError("It cannot have begun after it became known.")
        if None not in (self.began_at, self.ended_at) and self.ended_at < self.began_at:  # type: ignore[operator]
            raise ConfigError("It ends before it begins.")
        if len(self.records) > MAX_RECORDS:
            raise ConfigError(f"An incident names at most {MAX_RECORDS} records.")
        return self

    def payload(self, actor: int) -> dict[str, Json]:
        """Its fields as they are sealed; what is not known is left out."""
        said: dict[str, Json] = {
            "authority": self.authority,
            "known_at": self.known_at,
            "text": clean(self.text.strip()),
            "actor": actor,
        }
        if self.began_at is not None:
            said["began_at"] = self.began_at
        if self.ended_at is not None:
            said["ended_at"] = self.ended_at
        if self.records:
            said["records"] = list[Json](sorted(self.records))
        return said


def noticed_of(said: Mapping[str, Any]) -> Noticed:
    """An incident from its sealed fields."""
    began, ended = said.get("began_at"), said.get("ended_at")
    return Noticed(
        authority=int(said["authority"]),
        known_at=int(said["known_at"]),
        text=str(said["text"]),
        began_at=None if began is None else int(began),
        ended_at=None if ended is None else int(ended),
        records=tuple(int(one) for one in said.get("records", ())),
    )


def payload(of: int, authority: int, taken: Taken) -> dict[str, Json]:
    """A step's fields; what is empty is left out. `ConfigError` for words that are too long."""
    words = {name: getattr(taken, name).strip() for name in _WORDS}
    for name, text in words.items():
        _short(name, text)
    said = step_fields(
        of,
        authority,
        taken.step,
        taken.actor,
        codes={"risk": taken.risk, "not_told": taken.not_told},
        words={name: clean(text) for name, text in words.items()},
    )
    said["taken_at"] = taken.at
    if taken.content is not None:
        told = {name: value for name, value in asdict(taken.content).items() if value or value == 0}
        for name, value in told.items():
            _short(name, str(value))
        said["content"] = {
            name: value if name in _NUMBERS else clean(str(value).strip())
            for name, value in told.items()
        }
    return said


def taken_of(said: Mapping[str, Any]) -> Taken:
    """A step from its sealed fields."""
    risk, not_told, content = said.get("risk"), said.get("not_told"), said.get("content")
    names = {one.name for one in fields(Content)}
    return Taken(
        step=Step(said["step"]),
        at=int(said["taken_at"]),
        actor=int(said["actor"]),
        risk=Risk(risk) if risk else None,
        not_told=NotTold(not_told) if not_told else None,
        content=None
        if content is None
        else Content(**{name: value for name, value in content.items() if name in names}),
        **{name: str(said.get(name, "")) for name in _WORDS},
    )


def _short(name: str, text: str) -> None:
    if len(text) > MAX_WORDS:
        raise ConfigError(f"{name}: at most {MAX_WORDS} characters.", remedy="Shorten it.")

"""Steps of a request as they are sealed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.core.procedure import step_fields
from archiver.errors import ConfigError
from exports.core.access_request import Answer, Step, Taken

MAX_WORDS = 1_500  # characters of a reason: all fields of a step fit in one small frame
MAX_RECORDS = 10_000  # that one request concerns
_WORDS = ("mandate", "body", "excused", "reason")


def payload(of: int, authority: int, taken: Taken) -> dict[str, Json]:
    """A step's fields; what is empty is left out. `ConfigError` for words that are too long."""
    words = {name: getattr(taken, name) for name in _WORDS}
    for name, text in words.items():
        if len(text) > MAX_WORDS:
            raise ConfigError(f"{name}: at most {MAX_WORDS} characters.")
    said = step_fields(
        of,
        authority,
        taken.step,
        taken.actor,
        codes={"answer": taken.answer},
        words={name: text.strip() for name, text in words.items()},
    )
    return said | {"day": taken.day.isoformat()} | ({"told": True} if taken.told else {})


def taken_of(said: Mapping[str, Any]) -> Taken:
    """A step from its sealed fields."""
    answer = said.get("answer")
    return Taken(
        step=Step(said["step"]),
        day=date.fromisoformat(said["day"]),
        actor=int(said["actor"]),
        answer=Answer(answer) if answer else None,
        told=bool(said.get("told", False)),
        **{name: str(said.get(name, "")) for name in _WORDS},
    )

"""Steps of a request as they are sealed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.core.procedure import step_fields
from archiver.core.record import lines
from archiver.registry.core.entry import line
from exports.core.access_request import Answer, Step, Taken

MAX_WORDS = 1_500  # characters of a reason: all fields of a step fit in one small frame
MAX_LINE = 200  # of what a decision rests on
MAX_RECORDS = 10_000  # that one request concerns
_WORDS = ("mandate", "body", "excused", "reason")
_ONE_LINE = frozenset({"mandate", "body"})


def payload(of: int, authority: int, taken: Taken) -> dict[str, Json]:
    """A step's fields; what is empty is left out. `ConfigError` for words that are too long."""
    said = step_fields(
        of,
        authority,
        taken.step,
        taken.actor,
        codes={"answer": taken.answer},
        words={name: checked(name, getattr(taken, name)) for name in _WORDS},
    )
    return said | {"day": taken.day.isoformat()} | ({"told": True} if taken.told else {})


def checked(name: str, text: str) -> str:
    """A text of a step as it is sealed: what a decision rests on is one line, a reason may be more.
    `ConfigError` for what is too long, or holds characters that are no text."""
    if name in _ONE_LINE:
        return line(text, name, MAX_LINE, needed=False)
    return lines(text, name, MAX_WORDS)


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

"""Steps of a request as they are sealed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.core.record import lines
from archiver.registry.core.entry import line
from exports.core.access_request import Answer, Step, Taken

MAX_WORDS = 1_500  # characters of a reason: all fields of a step fit in one small frame
MAX_LINE = 200  # of what a decision rests on
MAX_RECORDS = 10_000  # that one request concerns
_ONE_LINE = frozenset({"mandate", "body"})


def payload(of: int, authority: int, taken: Taken) -> dict[str, Json]:
    """A step's fields; what is empty is left out. `ConfigError` for words that are too long."""
    words = {
        "mandate": taken.mandate,
        "body": taken.body,
        "excused": taken.excused,
        "reason": taken.reason,
    }
    words = {name: checked(name, text) for name, text in words.items()}
    said: dict[str, Json] = {
        "of": of,
        "authority": authority,
        "step": taken.step.value,
        "day": taken.day.isoformat(),
        "actor": taken.actor,
    }
    if taken.answer is not None:
        said["answer"] = taken.answer.value
    if taken.told:
        said["told"] = True
    return said | {name: text for name, text in words.items() if text}


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
        mandate=str(said.get("mandate", "")),
        body=str(said.get("body", "")),
        excused=str(said.get("excused", "")),
        reason=str(said.get("reason", "")),
    )

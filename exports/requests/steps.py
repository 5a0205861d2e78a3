"""Steps of a request as they are sealed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.errors import ConfigError
from exports.core.access_request import Answer, Step, Taken

MAX_WORDS = 1_500  # characters of a reason: all fields of a step fit in one small frame
MAX_RECORDS = 10_000  # that one request concerns


def payload(of: int, authority: int, taken: Taken) -> dict[str, Json]:
    """A step's fields; what is empty is left out. `ConfigError` for words that are too long."""
    words = {
        "mandate": taken.mandate,
        "body": taken.body,
        "excused": taken.excused,
        "reason": taken.reason,
    }
    for name, text in words.items():
        if len(text) > MAX_WORDS:
            raise ConfigError(f"{name}: at most {MAX_WORDS} characters.")
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
    return said | {name: text.strip() for name, text in words.items() if text.strip()}


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

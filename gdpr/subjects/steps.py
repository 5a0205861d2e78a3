"""Steps of a data subject's request as they are sealed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.core.procedure import step_fields
from archiver.core.record import clean, lines
from archiver.errors import ConfigError
from gdpr.core.erasure import Outcome, Part, Place
from gdpr.core.subject_request import Answer, Identified, Step, Taken

MAX_WORDS = 4_000  # characters of each field
MAX_RECORDS = 10_000  # that one request concerns
_WORDS = ("mandate", "body", "reason", "excused", "ours", "theirs", "digest")


def payload(of: int, authority: int, taken: Taken) -> dict[str, Json]:
    """A step's fields; what is empty is left out. `ConfigError` for too long or too much."""
    for name, text in [(name, getattr(taken, name)) for name in _WORDS] + [
        ("split", one.reason) for one in taken.split
    ]:
        if len(text) > MAX_WORDS:
            raise ConfigError(f"{name}: at most {MAX_WORDS} characters.", remedy="Shorten it.")
    if len(taken.records) > MAX_RECORDS:
        raise ConfigError(f"A request concerns at most {MAX_RECORDS} records.")
    said = step_fields(
        of,
        authority,
        taken.step,
        taken.actor,
        codes={"how": taken.how, "answer": taken.answer},
        words={name: lines(getattr(taken, name), name, MAX_WORDS) for name in _WORDS},
    )
    said["day"] = taken.day.isoformat()
    if taken.told:
        said["told"] = True
    if taken.split:
        said["split"] = [
            [one.place.value, one.outcome.value, clean(one.reason.strip())] for one in taken.split
        ]
    if taken.records:
        said["records"] = list[Json](taken.records)
    return said


def taken_of(said: Mapping[str, Any]) -> Taken:
    """A step from its sealed fields."""
    how, answer = said.get("how"), said.get("answer")
    return Taken(
        step=Step(said["step"]),
        day=date.fromisoformat(said["day"]),
        actor=int(said["actor"]),
        how=Identified(how) if how else None,
        answer=Answer(answer) if answer else None,
        told=bool(said.get("told", False)),
        split=tuple(
            Part(Place(place), Outcome(outcome), str(reason))
            for place, outcome, reason in said.get("split", ())
        ),
        records=tuple(int(one) for one in said.get("records", ())),
        **{name: str(said.get(name, "")) for name in _WORDS},
    )

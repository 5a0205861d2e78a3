"""Initiatives and their acts as they are sealed, and back.

Fields: see docs/data-format.md, `initiative_opened`, `initiative_act` and `gate_class_set`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from archiver.core.canonical import Json
from archiver.errors import ConfigError, NotCanonical
from archiver.governance.core import acts as a
from archiver.governance.core.checklist import GateClass, Reclassing
from archiver.governance.core.form import read, write

MAX_WORDS = 4_000  # characters of each field
_LONG = frozenset({"snapshot"})  # made by us, of what was held to the limit


def opened_payload(said: a.Opened, actor: int) -> dict[str, Json]:
    """An initiative's fields. `ConfigError` for words that are too long."""
    return {**_held(write(said)), "actor": actor}


def opened_of(said: Mapping[str, Any]) -> a.Opened:
    """An initiative from its sealed fields."""
    return read(a.Opened, said)


def act_payload(of: int, authority: int, act: a.Act) -> dict[str, Json]:
    """An act's fields. `ConfigError` for words that are too long."""
    return {
        "of": of,
        "authority": authority,
        "act": a.name_of(act.said),
        "day": act.day.isoformat(),
        "said": _held(write(act.said)),
        "actor": act.actor,
    }


def act_of(said: Mapping[str, Any]) -> a.Act:
    """An act from its sealed fields; `NotCanonical` for one this release does not know."""
    kind = a.NAMES.get(str(said["act"]))
    if kind is None:
        raise NotCanonical(f"An initiative has an act {said['act']} that is not known here.")
    return a.Act(
        day=date.fromisoformat(said["day"]), actor=int(said["actor"]), said=read(kind, said["said"])
    )


def reclassing_payload(authority: int, change: Reclassing, actor: int) -> dict[str, Json]:
    """The fields of a decision on what is mandatory."""
    classes = {row: kind.value for row, kind in sorted(change.classes.items())}
    said: dict[str, Json] = {"decision": change.decision, "reason": change.reason}
    return {"authority": authority, "classes": classes, **_held(said), "actor": actor}


def reclassing_of(said: Mapping[str, Any]) -> Reclassing:
    """A decision on what is mandatory from its sealed fields."""
    return Reclassing(
        classes={str(row): GateClass(kind) for row, kind in said["classes"].items()},
        decision=str(said["decision"]),
        reason=str(said["reason"]),
    )


def _held(said: Mapping[str, Json]) -> dict[str, Json]:
    for name, text in _texts(said):
        if len(text) > MAX_WORDS and name not in _LONG:
            raise ConfigError(f"{name}: at most {MAX_WORDS} characters.", remedy="Shorten it.")
    return dict(said)


def _texts(said: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, Mapping):
            yield from _texts(value)
        elif isinstance(value, list | tuple):
            yield from ((name, one) for one in value if isinstance(one, str))

"""The grounds of secrecy that ship, and an authority's own laid over them.

The only reader of `grounds.toml`; what a row means is decided in `gdpr.core.ground`. An authority's
file has the same form: its rows are added, or replace those of the same clause.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archiver.core.reason import Wording
from archiver.errors import ConfigError
from gdpr.core.ground import Certainty, Clause, HarmTest, Picklist, SecrecyGround

_PLACE = "grounds.toml"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    clause: str
    topic: tuple[str, str]
    harm: HarmTest
    certainty: Certainty
    activities: frozenset[str] = frozenset()
    years: int | None = Field(default=None, ge=1, le=150)
    asks: bool = False
    example: str = Field(default="", max_length=200)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    activities: Mapping[str, tuple[str, str]] = {}
    ground: list[_Row] = []


@cache
def _shipped() -> _File:
    return _read(files("gdpr").joinpath(_PLACE).read_text("utf-8"), _PLACE)


def activities(own: str = "") -> dict[str, Wording]:
    """The kinds of activity that grounds name, in words: those that ship and those of `own`, an
    authority's file (TOML text). `ConfigError` for a file that cannot be read."""
    found = {**_shipped().activities, **_read(own, "the authority's own list").activities}
    return {code: Wording(*words) for code, words in found.items()}


def picklist(own: str = "") -> Picklist:
    """The grounds that ship, with an authority's `own` (TOML text) laid over them. `ConfigError`
    that says which row is wrong and why; then nothing of it is taken."""
    known = frozenset(activities(own))
    rows = {one.clause: one for one in _grounds(_shipped(), _PLACE, known)}
    name = "the authority's own list"
    rows |= {one.clause: one for one in _grounds(_read(own, name), name, known, own=True)}
    return Picklist(rows.values())


def _read(text: str, name: str) -> _File:
    try:
        given: dict[str, Any] = tomllib.loads(text)
        return _File.model_validate(given)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not TOML: {error}.") from None
    except ValidationError as error:
        told = [
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigError(f"{name}: {'; '.join(told)}.") from None


def _grounds(
    file: _File, name: str, known: frozenset[str], *, own: bool = False
) -> list[SecrecyGround]:
    """The rows; `ConfigError` that names every one that is wrong."""
    seen: set[Clause] = set()
    found: list[SecrecyGround] = []
    wrong: list[str] = []
    for number, row in enumerate(file.ground, 1):
        where = f"{name}, row {number} ({row.clause})"
        try:
            clause = Clause.parse(row.clause)
        except ConfigError as error:
            wrong.append(f"{where}: {error} {error.remedy}")
            continue
        if clause in seen:
            wrong.append(f"{where}: the clause has a row already.")
        seen.add(clause)
        if not clause.is_of_secrecy:
            wrong.append(f"{where}: the chapters that say what is secret are 15 to 40 of OSL.")
        if unknown := row.activities - known:
            wrong.append(f"{where}: no activity is called {', '.join(sorted(unknown))}.")
        found.append(
            SecrecyGround(
                clause=clause,
                topic=Wording(*row.topic),
                harm=row.harm,
                certainty=row.certainty,
                activities=row.activities,
                years=row.years,
                asks=row.asks,
                example=row.example,
                own=own,
            )
        )
    if wrong:
        raise ConfigError(" ".join(wrong), remedy="Nothing was imported. Mend these rows.")
    return found

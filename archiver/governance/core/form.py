"""Dataclasses as canonical JSON, and back: one form for everything that governance seals.

A field that is empty is left out, a day is `2026-11-22`, a member of an enumeration its value, a
set a sorted list. What is read may hold more fields than this release knows; they are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from archiver.core.canonical import Json
from archiver.core.record import clean
from archiver.errors import NotCanonical

T = TypeVar("T")


def write(value: object) -> dict[str, Json]:
    """The fields of a dataclass that are not empty."""
    found = {one.name: getattr(value, one.name) for one in fields(value)}  # type: ignore[arg-type]
    return {name: _written(one) for name, one in found.items() if not _is_empty(one)}


def read(cls: type[T], said: Mapping[str, Any]) -> T:
    """The dataclass of these fields. `NotCanonical` if a field it cannot do without is missing, or
    is of another kind."""
    kinds: Mapping[str, Any] = _hints(cls)  # type: ignore[arg-type]
    known = {one.name: one for one in fields(cls)}  # type: ignore[arg-type]
    try:
        given = {name: _read(kinds[name], said[name]) for name in known if name in said}
        empty = {
            name: _empty(kinds[name])
            for name, one in known.items()
            if name not in said and one.default is MISSING and one.default_factory is MISSING
        }
        return cls(**given, **empty)
    except (KeyError, TypeError, ValueError) as error:
        raise NotCanonical(f"The fields are not those of {cls.__name__}.") from error


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | tuple | frozenset) and not value)


def _written(value: object) -> Json:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean(value.strip())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    if isinstance(value, frozenset):
        every: list[Any] = [_written(one) for one in value]
        return sorted(every)
    if is_dataclass(value):
        return write(value)
    raise NotCanonical(f"A {type(value).__name__} has no form here.")


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _read(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        (kind,) = [one for one in get_args(kind) if one is not type(None)]
        return _read(kind, value)
    if origin in (tuple, frozenset):
        return origin(_read(get_args(kind)[0], one) for one in value)
    if is_dataclass(kind):
        return read(kind, value)  # type: ignore[arg-type]
    if kind is date:
        return date.fromisoformat(value)
    if kind in (bool, int, str) and type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return kind(value)


def _empty(kind: Any) -> Any:
    """What stands for a field that was left out because it was empty."""
    origin = get_origin(kind)
    if origin in (tuple, frozenset):
        return origin()
    if kind is str:
        return ""
    raise KeyError(kind)

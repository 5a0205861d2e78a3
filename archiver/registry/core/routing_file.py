"""Reading a routing table from TOML, and an authority's own file over it.

The clauses are those of `routing`. Invariants: every key is known; a table is valid as a whole, or
refused with each line and reason; the two hard stops keep their stop and levels, and cannot be
switched off. Pure: text in, table out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from archiver.core.calendar import TimeLaw
from archiver.core.reason import Wording
from archiver.registry.core.phrase import Phrase, Problem, Refused, phrase
from archiver.registry.core.routing import (
    COUNTED,
    HARD_STOPS,
    Clock,
    Level,
    Pace,
    Recipient,
    Route,
    RoutingTable,
    Secrecy,
    Since,
    Stop,
    TextStatus,
)


class _Wrong(Exception):
    """What is wrong with a value; caught where its line is known."""

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason.code)
        self.reason = reason


def _wording(value: Any) -> Wording:
    if not isinstance(value, dict) or value.keys() != {"sv", "en"}:
        raise _Wrong(phrase("not_wording"))
    return Wording(_text(value["sv"]), _text(value["en"]))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise _Wrong(phrase("not_text"))
    return value


def _levels(value: Any) -> tuple[Level, ...]:
    if not isinstance(value, list) or not all(type(v) is int and 0 <= v <= 4 for v in value):
        raise _Wrong(phrase("not_levels"))
    return tuple(dict.fromkeys(Level(v) for v in value))


def _keys(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise _Wrong(phrase("not_recipients"))
    return tuple(dict.fromkeys(value))


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(phrase("not_boolean"))
    return value


def _one_of(kind: type[StrEnum], value: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        words = phrase("not_one_of", value=value, allowed=", ".join(one.value for one in kind))
        raise _Wrong(words) from None


def _clocks(value: Any) -> tuple[Clock, ...]:
    if not isinstance(value, list):
        raise _Wrong(phrase("not_clocks"))
    return tuple(_clock(one) for one in value)


def _clock(value: Any) -> Clock:
    if not isinstance(value, dict):
        raise _Wrong(phrase("not_clocks"))
    if unknown := sorted(value.keys() - {"pace", "count", "since", "law", "act"}):
        raise _Wrong(phrase("key_unknown", key=unknown[0]))
    if missing := sorted({"pace", "act"} - value.keys()):
        raise _Wrong(phrase("key_missing", key=missing[0]))
    pace: Pace = _one_of(Pace, value["pace"])
    count = value.get("count", 0)
    if type(count) is not int or not 0 <= count <= 1000 or (count > 0) != (pace in COUNTED):
        raise _Wrong(phrase("not_count", pace=pace.value))
    return Clock(
        pace=pace,
        act=_wording(value["act"]),
        count=count,
        since=_one_of(Since, value.get("since", "received")),
        law=_one_of(TimeLaw, value.get("law", "exact")),
    )


_READERS = {
    "title": ("title", _wording),
    "levels": ("levels", _levels),
    "recipients": ("recipients", _keys),
    "secrecy": ("secrecy", lambda value: _one_of(Secrecy, value)),
    "stop": ("stop", lambda value: _one_of(Stop, value)),
    "action": ("action", _wording),
    "basis": ("basis", _text),
    "text_status": ("text_status", lambda value: _one_of(TextStatus, value)),
    "clock": ("clocks", _clocks),
    "active": ("active", _boolean),
}
_NEEDED = ("title", "levels", "recipients", "secrecy", "basis", "text_status")
_LONGEST_VERSION = 100  # characters
_FIXED_AT_A_STOP = ("levels", "secrecy", "active")  # what an authority leaves as it is


def parse_table(text: str) -> RoutingTable | Refused:
    """A whole routing table, as the product ships it, from TOML."""
    return _parse(text, None)


def override(table: RoutingTable, text: str) -> RoutingTable | Refused:
    """The table with an authority's own file laid over it: rows and recipients with the keys that
    differ, and recipients of its own. `version` is the file's, after the shipped one's."""
    return _parse(text, table)


def _parse(text: str, below: RoutingTable | None) -> RoutingTable | Refused:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        return Refused((Problem(int(line[1]) if line else 0, phrase("not_toml")),))
    lines = _Lines(text)
    problems = [
        Problem(lines.of(key), phrase("key_unknown", key=key))
        for key in data.keys() - {"version", "recipient", "route"}
    ]
    if not isinstance(data.get("version"), str):
        problems.append(Problem(lines.of("version"), phrase("key_missing", key="version")))
    elif len(data["version"]) > _LONGEST_VERSION:
        long = phrase("value_long", column="version", limit=_LONGEST_VERSION)
        problems.append(Problem(lines.of("version"), long))
    recipients = dict(below.recipients) if below else {}
    routes = dict(below.routes) if below else {}
    for key, value in _tables(data, "recipient", lines, problems):
        recipients |= _recipient(key, value, recipients.get(key), lines, problems)
    for key, value in _tables(data, "route", lines, problems):
        if below is not None and key not in routes:
            problems.append(Problem(lines.of("route", key), phrase("route_unknown", route=key)))
        else:
            routes |= _route(key, value, routes.get(key), lines, problems)
    problems += _whole(routes, recipients, lines)
    if problems:
        return Refused(tuple(sorted(problems, key=lambda one: one.row)))
    version = f"{below.version}+{data['version']}" if below else data["version"]
    return RoutingTable(version=version, routes=routes, recipients=recipients)


def _tables(
    data: Mapping[str, Any], name: str, lines: _Lines, problems: list[Problem]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    tables = data.get(name, {})
    for key, value in tables.items() if isinstance(tables, dict) else [(name, tables)]:
        if isinstance(value, dict):
            yield key, value
        else:
            problems.append(Problem(lines.of(name, key), phrase("not_table", key=key)))


def _recipient(
    key: str,
    value: Mapping[str, Any],
    known: Recipient | None,
    lines: _Lines,
    problems: list[Problem],
) -> dict[str, Recipient]:
    at = lines.of("recipient", key)
    if unknown := sorted(value.keys() - {"sv", "en", "address"}):
        problems.append(Problem(at, phrase("key_unknown", key=unknown[0])))
        return {}
    try:
        named = {language: value[language] for language in ("sv", "en") if language in value}
        title = known.title if known is not None and not named else _wording(named)
        address = _text(value["address"]) if "address" in value else known.address if known else ""
    except _Wrong as wrong:
        problems.append(Problem(at, wrong.reason))
        return {}
    return {key: Recipient(key=key, title=title, address=address)}


def _route(
    key: str, value: Mapping[str, Any], known: Route | None, lines: _Lines, problems: list[Problem]
) -> dict[str, Route]:
    fields: dict[str, Any] = {}
    found: list[Problem] = []
    for name, given in value.items():
        at = lines.of("route", key, name)
        if name not in _READERS:
            found.append(Problem(at, phrase("key_unknown", key=name)))
        elif known and (name == "stop" or (known.stop and name in _FIXED_AT_A_STOP)):
            found.append(Problem(at, phrase("fixed", key=name, route=key)))
        else:
            field, read = _READERS[name]
            try:
                fields[field] = read(given)
            except _Wrong as wrong:
                found.append(Problem(at, wrong.reason))
    for name in _NEEDED if known is None else ():
        if name not in value:
            found.append(Problem(lines.of("route", key), phrase("key_missing", key=name)))
    problems += found
    if found:
        return {}
    return {key: replace(known, **fields) if known else Route(trigger=key, **fields)}


def _whole(
    routes: Mapping[str, Route], recipients: Mapping[str, Recipient], lines: _Lines
) -> Iterator[Problem]:
    """What only the table as a whole can get wrong."""
    for key, route in routes.items():
        at = lines.of("route", key, "recipients")
        for unknown in [one for one in route.recipients if one not in recipients]:
            yield Problem(at, phrase("recipient_unknown", recipient=unknown))
        if route.needs_recipient and not route.recipients:
            yield Problem(at, phrase("no_recipient", route=key))
    for key, stop in HARD_STOPS.items():
        if key not in routes or routes[key].stop is not stop or not routes[key].active:
            yield Problem(lines.of("route", key), phrase("stop_missing", route=key))


class _Lines:
    """Where in a file a table or one of its keys stands: its line, or its table's; 0 = nowhere."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.splitlines(), start=1):
            if header := re.match(r"\s*\[\[?\s*([\w.\-\" ]+?)\s*\]", line):
                table = tuple(part.strip(' "') for part in header[1].split("."))
                self._at.setdefault(table, number)
            elif key := re.match(r"\s*([\w.\-]+)\s*=", line):
                self._at.setdefault((*table, *key[1].split(".")), number)

    def of(self, *path: str) -> int:
        """The line of a key; of what encloses it if it is not there."""
        while path and path not in self._at:
            path = path[:-1]
        return self._at.get(path, 0)

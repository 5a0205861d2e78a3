"""A records schedule as a file: TOML, CSV or a spreadsheet (xlsx), read and written.

The three say the same: a row for each rule, and on each row (in TOML: once) which version of which
schedule it is, from when it holds and which levels must decide. Headings and codes may be Swedish
or English. Every problem is told with its row (in TOML: its line), and nothing is taken in unless
all is well. What is written is read back as the very same schedule. Pure.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any

from archiver.registry.core.phrase import Phrase, Problem, Refused, phrase
from archiver.registry.core.table_file import (
    Column,
    Row,
    Table,
    in_row_order,
    read_table,
    rows_of,
)
from retention.core import vocabulary as words
from retention.core.plan_check import rule_problems
from retention.core.plan_phrase import problem
from retention.core.plan_row import (
    BODY,
    COLUMNS,
    HEAD,
    Head,
    heading,
    read_head,
    read_rule,
    write_rule,
)
from retention.core.plan_sheet import (
    MOST_ROWS,
    guarded,
    is_formula,
    read_sheet,
    unguarded,
    write_sheet,
)
from retention.core.schedule import DecisionLevel, Rule, Schedule

MOST_BYTES = 10_000_000
_MOST_TOML = 3_000_000  # what the parser makes of more takes minutes, and memory by the gigabyte
_MOST_KEYS = 100  # of one table
_LOOKED_AT = 100_000  # bytes that tell which form a file has
_ZIP = b"PK"
_FIRST_LINE = re.compile(r"(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*(?:#|\[|[\w\"'-]+[ \t]*=)")
_TABLE = re.compile(r"(?m)^[ \t]*\[\[[ \t]*rule[ \t]*\]\]")


class PlanForm(StrEnum):
    """The forms a schedule's file may have."""

    TOML = "toml"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class PlanRead:
    """A schedule from a file, and the row that each of its rules stands on."""

    schedule: Schedule
    rows: tuple[int, ...]

    @property
    def numbered(self) -> list[tuple[int, Rule]]:
        """Its rules with their rows."""
        return list(zip(self.rows, self.schedule.rules, strict=True))


def form_of(data: bytes) -> PlanForm:
    """What a file's bytes look like."""
    if data[:2] == _ZIP:
        return PlanForm.XLSX
    text = data[:_LOOKED_AT].decode("utf-8-sig", "replace")
    return PlanForm.TOML if _FIRST_LINE.match(text) else PlanForm.CSV


def read_plan(
    data: bytes, authority: int, *, effective_from: date | None = None
) -> PlanRead | Refused:
    """The schedule in a file, or all that is wrong with the file by itself. `effective_from` goes
    before what the file says."""
    if len(data) > MOST_BYTES:
        return Refused((problem(0, "plan_too_large", limit=MOST_BYTES // 1_000_000),))
    table = _table(data)
    if isinstance(table, Refused):
        return table
    rows = [
        Row(one.number, {name: unguarded(value) for name, value in one.values.items()})
        for one in table.rows
    ]
    problems = [*table.problems, *_formulas(table.rows)]
    if not rows:  # none could be read: the problems say why
        return Refused(in_row_order(problems))
    if len(rows) > MOST_ROWS:
        return Refused((problem(0, "too_many_rules", limit=MOST_ROWS),))
    head, wrong = _head(rows)
    problems += wrong
    effective_from = effective_from or head.effective_from
    numbered: list[tuple[int, Rule]] = []
    for row in rows:
        rule, wrong = read_rule(row)
        problems += wrong
        if rule is not None:
            numbered.append((row.number, rule))
    problems += [*_head_problems(head, effective_from), *rule_problems(numbered)]
    if problems or effective_from is None:
        return Refused(in_row_order(problems))
    return PlanRead(
        Schedule(
            authority=authority,
            name=head.name,
            version=head.version,
            effective_from=effective_from,
            effective_until=head.effective_until,
            required_levels=frozenset(DecisionLevel(one) for one in head.required_levels),
            rules=tuple(rule for _, rule in numbered),
        ),
        tuple(row for row, _ in numbered),
    )


def _table(data: bytes) -> Table | Refused:
    match form_of(data):
        case PlanForm.XLSX:
            cells = read_sheet(data)
            return cells if isinstance(cells, Refused) else rows_of(cells, COLUMNS)
        case PlanForm.TOML:
            return _toml_table(data)
        case PlanForm.CSV:
            return read_table(data, COLUMNS)


def _formulas(rows: Sequence[Row]) -> Iterator[Problem]:
    for row in rows:
        for column, value in row.values.items():
            if is_formula(value):
                yield problem(row.number, "formula", column=column)


def _head(rows: Sequence[Row]) -> tuple[Head, list[Problem]]:
    """The head that the first row says; a later row says the same, or nothing."""
    first = rows[0]
    head, problems = read_head(first)
    for row in rows[1:]:
        for column in HEAD:
            if row[column.name] not in ("", first[column.name]):
                found = {"column": column.name, "row": first.number}
                problems.append(problem(row.number, "head_differs", **found))
    return head, problems


def _head_problems(head: Head, effective_from: date | None) -> Iterator[Problem]:
    needed = {
        "schedule": head.name,
        "version": head.version,
        "effective_from": effective_from,
        "required_levels": head.required_levels,
    }
    yield from (problem(0, "head_missing", column=name) for name, one in needed.items() if not one)
    end = head.effective_until
    if effective_from and end and end <= effective_from:
        yield problem(0, "day_order", start=effective_from, end=end)


# --- TOML ----------------------------------------------------------------------------------------


def _toml_table(data: bytes) -> Table | Refused:
    if len(data) > _MOST_TOML:
        return Refused((problem(0, "plan_too_large", limit=_MOST_TOML // 1_000_000),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Refused((Problem(0, phrase("text_not_utf8")),))
    try:
        parsed = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        line = re.search(r"at line (\d+)", str(error))
        return Refused((Problem(int(line[1]) if line else 0, phrase("not_toml")),))
    rules = parsed.pop("rule", [])
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules) or not rules:
        return Refused((problem(0, "no_rules"),))
    if len(rules) > MOST_ROWS:
        return Refused((problem(0, "too_many_rules", limit=MOST_ROWS),))
    lines = [text.count("\n", 0, one.start()) + 1 for one in _TABLE.finditer(text)]
    problems: list[Problem] = []
    top = _values(0, parsed, HEAD, problems)
    rows = []
    for place, given in enumerate(rules):
        number = lines[place] if len(lines) == len(rules) else place + 1
        values = _values(number, given, BODY, problems)
        rows.append(Row(number, {**{one.name: "" for one in COLUMNS}, **top, **values}))
        problems += _missing(number, values)
    return Table(tuple(rows), tuple(problems), frozenset(one.name for one in COLUMNS))


def _values(
    number: int, given: Mapping[str, Any], columns: Sequence[Column], problems: list[Problem]
) -> dict[str, str]:
    """A table's values as cells, guarded as a spreadsheet's would be: TOML evaluates nothing."""
    found: dict[str, str] = {}
    for key, value in islice(given.items(), _MOST_KEYS):
        column = next((one for one in columns if one.is_called(key)), None)
        text = _cell(value)
        if column is None:
            problems.append(problem(number, "rule_key", key=key))
        elif text is None:
            problems.append(problem(number, "rule_value", column=column.name))
        elif column.name in found:
            problems.append(Problem(number, phrase("column_twice", column=column.name)))
        else:
            found[column.name] = guarded(text)
            problems += [Problem(number, one) for one in _flaws(column, text)]
    return found


def _flaws(column: Column, text: str) -> Iterator[Phrase]:
    if len(text) > column.limit:
        yield phrase("value_long", column=column.name, limit=column.limit)
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        yield phrase("control", column=column.name)


def _cell(value: object) -> str | None:
    match value:
        case bool():
            return "ja" if value else "nej"
        case str():
            return value.strip()
        case int() if abs(value) < 10**18:
            return str(value)
        case date():
            return value.isoformat()
        case list() if all(isinstance(one, str) and "," not in one for one in value):
            return ", ".join(value)
        case _:
            return None


def _missing(number: int, values: Mapping[str, str]) -> Iterator[Problem]:
    for column in BODY:
        if column.filled and not values.get(column.name):
            yield Problem(number, phrase("value_missing", column=column.name))


# --- writing -------------------------------------------------------------------------------------


def write_plan(schedule: Schedule, form: PlanForm, language: str = "sv") -> bytes:
    """The schedule as a file of that form, in words of that language."""
    if form is PlanForm.TOML:
        return _toml(schedule, language).encode()
    headings = [heading(one, language) for one in COLUMNS]
    head = _head_cells(schedule, language)
    rows = [
        [{**head, **write_rule(rule, language)}[one.name] for one in COLUMNS]
        for rule in schedule.rules
    ]
    if form is PlanForm.XLSX:
        return write_sheet(headings, rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([guarded(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _head_cells(schedule: Schedule, language: str) -> dict[str, str]:
    until = schedule.effective_until
    levels = (words.word(words.LEVELS, one, language) for one in sorted(schedule.required_levels))
    return {
        "schedule": schedule.name,
        "version": schedule.version,
        "effective_from": schedule.effective_from.isoformat(),
        "effective_until": until.isoformat() if until else "",
        "required_levels": ", ".join(levels),
    }


def _toml(schedule: Schedule, language: str) -> str:
    """What is empty is left out; every value is a text, which the reader takes for any column."""

    def lines(cells: Mapping[str, str]) -> Iterator[str]:
        return (f"{name} = {_quoted(value)}" for name, value in cells.items() if value)

    parts = ["\n".join(lines(_head_cells(schedule, language)))]
    for rule in schedule.rules:
        parts.append("\n".join(("[[rule]]", *lines(write_rule(rule, language)))))
    return "\n\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

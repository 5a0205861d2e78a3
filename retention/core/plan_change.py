"""What a version of a schedule changes against another: row by row, cell by cell.

Rows are told apart by their code, and rows of one code by their order. Cells are compared as they
are written in a file, so that what is shown is what somebody would read there. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from retention.core.plan_row import BODY, heading, write_rule
from retention.core.schedule import Rule, Schedule


class What(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell of a column, under its heading, before and after; "" where there is nothing."""

    column: str
    heading: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is new, changed or gone; `cells`: what differs, none for one that is gone."""

    what: What
    code: str
    label: str
    cells: tuple[CellChange, ...]


def changes(before: Schedule | None, after: Schedule, language: str) -> Iterator[RowChange]:
    """Every row that differs, in the order of the new version, then those that are gone. Headings
    and cells are in that language."""
    old, new = _rows(before.rules if before else ()), _rows(after.rules)
    for key, rule in new.items():
        if key not in old:
            yield RowChange(What.NEW, rule.code, rule.label, _cells(None, rule, language))
        elif cells := _cells(old[key], rule, language):
            yield RowChange(What.CHANGED, rule.code, rule.label, cells)
    for key, rule in old.items():
        if key not in new:
            yield RowChange(What.GONE, rule.code, rule.label, ())


def _rows(rules: tuple[Rule, ...]) -> Mapping[tuple[str, int], Rule]:
    seen: Counter[str] = Counter()
    found = {}
    for rule in rules:
        found[rule.code, seen[rule.code]] = rule
        seen[rule.code] += 1
    return found


def _cells(old: Rule | None, new: Rule, language: str) -> tuple[CellChange, ...]:
    before = write_rule(old, language) if old else {}
    after = write_rule(new, language)
    found = [
        CellChange(
            column.name, heading(column, language), before.get(column.name, ""), after[column.name]
        )
        for column in BODY
    ]
    return tuple(one for one in found if one.before != one.after)

"""A table that an authority gives as a CSV file: its bytes as rows with known columns, or refused.

Separated by comma or semicolon (whichever the header uses), UTF-8 with or without a byte order
mark, header in Swedish or English in any order. What is not UTF-8 is refused with words, since a
guess would put wrong letters into a register for good. Every problem is told with its row, as a
spreadsheet counts them, and nothing is taken in unless all is well.

Invariants: a row has a value, maybe empty, for each column; values have no space around them and no
control characters; nothing is dropped in silence: a column that is not known is a problem.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archiver.registry.core.phrase import Problem, Refused, phrase

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
_MOST_HEADINGS = 500  # each is looked up among all columns
MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name, what else it may be called in a header, whether a header must have it,
    and whether each row must have a value."""

    name: str
    others: tuple[str, ...] = ()
    needed: bool = True
    filled: bool = True
    limit: int = MOST_CHARACTERS

    def is_called(self, heading: str) -> bool:
        return _plain(heading) in {_plain(one) for one in (self.name, *self.others)}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its number in the file and its values by column."""

    number: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that could be read, and the problems found on the way to them. `columns` are those that
    the header has."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Validity:
    """The days on which something is valid, both included; None = without end."""

    start: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it is valid on a day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def covers(self, other: Validity) -> bool:
        """Whether it is valid on each day that the other is."""
        begins = self.start is None or (other.start is not None and self.start <= other.start)
        ends = self.end is None or (other.end is not None and other.end <= self.end)
        return begins and ends

    def meets(self, other: Validity) -> bool:
        """Whether there is a day on which both are valid."""
        return _before(self.start, other.end) and _before(other.start, self.end)


ALWAYS = Validity()


def _before(start: date | None, end: date | None) -> bool:
    return start is None or end is None or start <= end


VALID_FROM = Column(
    name="valid_from",
    others=("gäller från", "giltig från", "gäller fom", "från och med", "from"),
    needed=False,
    filled=False,
)
VALID_TO = Column(
    name="valid_to",
    others=("gäller till", "giltig till", "gäller tom", "till och med", "to"),
    needed=False,
    filled=False,
)


def read_table(data: bytes, columns: Sequence[Column]) -> Table | Refused:
    """The rows of a CSV file. `Refused` if the file as a whole cannot be read; problems of single
    rows are in the table, and the caller adds its own before it refuses."""
    if len(data) > MOST_BYTES:
        return _refused(0, "too_large", limit=MOST_BYTES // 1_000_000)
    if b"\x00" in data:  # UTF-16, or no text at all
        return _refused(data.count(b"\n", 0, data.index(b"\x00")) + 1, "not_utf8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(data.count(b"\n", 0, error.start) + 1, "not_utf8")
    found: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(_cells(text, columns), start=1):
            if number > MOST_ROWS + 1:
                return _refused(number, "too_many_rows", limit=MOST_ROWS)
            if any(cell.strip() for cell in cells):
                found.append((number, cells))
    except csv.Error:
        return _refused(found[-1][0] + 1 if found else 1, "quotes")
    return rows_of(found, columns)


def rows_of(found: Sequence[tuple[int, list[str]]], columns: Sequence[Column]) -> Table | Refused:
    """The rows of cells that were read already, from a spreadsheet say: (number, cells), the
    header first; what is wrong as in `read_table`."""
    if not found:
        return _refused(0, "empty")
    return _table(found[0], found[1:], columns)


def _refused(row: int, code: str, **values: object) -> Refused:
    return Refused((Problem(row, phrase(code, **values)),))


def _cells(text: str, columns: Sequence[Column]) -> Iterator[list[str]]:
    """The cells of each line, split by the separator under which more columns are known."""

    def known(separator: str) -> int:
        first = next(csv.reader(io.StringIO(text), delimiter=separator), [])[:_MOST_HEADINGS]
        return sum(any(column.is_called(cell) for column in columns) for cell in first)

    separator = max(",;", key=known)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _table(
    header: tuple[int, list[str]], body: Sequence[tuple[int, list[str]]], columns: Sequence[Column]
) -> Table | Refused:
    at, headings = header
    if len(headings) > _MOST_HEADINGS:
        return _refused(at, "cells", found=len(headings), expected=len(columns))
    order = [next((c for c in columns if c.is_called(one)), None) for one in headings]
    problems = [
        Problem(at, phrase("column_unknown", column=heading.strip()))
        for heading, column in zip(headings, order, strict=True)
        if column is None
    ]
    for column in columns:
        if column.needed and column not in order:
            problems.append(Problem(at, phrase("column_missing", column=column.name)))
        if order.count(column) > 1:
            problems.append(Problem(at, phrase("column_twice", column=column.name)))
    if problems:
        return Refused(tuple(problems))
    if not body:
        return _refused(0, "empty")
    rows = []
    for number, cells in body:
        if len(cells) != len(order):
            wrong = phrase("cells", found=len(cells), expected=len(order))
            problems.append(Problem(number, wrong))
            continue
        values = {c.name: v.strip() for c, v in zip(order, cells, strict=True) if c is not None}
        problems += _value_problems(number, values, [c for c in order if c is not None])
        rows.append(Row(number, {**{c.name: "" for c in columns}, **values}))
    there = frozenset(column.name for column in order if column is not None)
    return Table(tuple(rows), tuple(problems), there)


def _value_problems(
    row: int, values: Mapping[str, str], columns: Sequence[Column]
) -> Iterator[Problem]:
    for column in columns:
        value = values[column.name]
        if column.filled and not value:
            yield Problem(row, phrase("value_missing", column=column.name))
        if len(value) > column.limit:
            yield Problem(row, phrase("value_long", column=column.name, limit=column.limit))
        if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
            yield Problem(row, phrase("control", column=column.name))


def validity_of(row: Row) -> Validity | tuple[Problem, ...]:
    """The days a row is valid (YYYY-MM-DD or YYYYMMDD, empty = without end), or what is wrong."""
    problems: list[Problem] = []
    days: list[date | None] = []
    for column in (VALID_FROM, VALID_TO):
        value = row[column.name]
        try:
            days.append(date.fromisoformat(value) if value else None)
        except ValueError:
            problems.append(Problem(row.number, phrase("not_a_date", value=value)))
    if problems:
        return tuple(problems)
    start, end = days
    if not _before(start, end):
        return (Problem(row.number, phrase("ends_before", start=start, end=end)),)
    return Validity(start, end)


def in_row_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Problems from the first row to the last, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: one.row))


def _plain(heading: str) -> str:
    return " ".join(heading.casefold().replace("_", " ").replace("-", " ").replace(".", "").split())

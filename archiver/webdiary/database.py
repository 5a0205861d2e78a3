"""The web diarium's database: one SQLite file that holds what is shown to everybody, and no more.

It is made anew, beside the old one, whenever something in it changes, and swapped in by one rename:
so what was taken away is not in the file any more, in no free page and no journal; a crash leaves
the old file or the new one; and a reader is never kept waiting and never waits. A file that was
swapped in is never written to again. Its columns are the fields that can be allowed at all: there
is no place in it for a sender, a recipient or anybody's words.

Standard library only: the program that serves it carries this module.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

FORM = 1  # of the tables; a file of another form is made anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Up to where the log was followed: its name, its entries, and the Swedish day."""

    origin: str
    size: int
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An authority that decided to publish. `fields`: what it shows, parted by commas."""

    id: int
    code: str
    name: str
    decision: str
    days: int
    fields: str
    contact: str
    description: str
    description_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A register entry as it is shown; what is not shown of it is empty. `bare`: only that it
    exists."""

    id: int
    office: int
    number: str
    day: str
    direction: str
    title: str
    case_number: str
    record_class: str
    bare: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All of the file."""

    position: Position
    offices: tuple[Office, ...]
    rows: tuple[Row, ...]


_TABLES = {"position": Position, "office": Office, "row": Row}
_KINDS = {"int": "INTEGER NOT NULL", "str": "TEXT NOT NULL"}


def _columns(table: str) -> list[str]:
    return [one.name for one in fields(_TABLES[table])]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else writes the file meanwhile: the worker and the command wait for each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def write(path: Path, book: Book) -> None:
    """Make the file anew and swap it in. Anybody may read it."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    with closing(sqlite3.connect(fresh)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA user_version = {FORM}")
        for name, shape in _TABLES.items():
            columns = ", ".join(f'"{one.name}" {_KINDS[str(one.type)]}' for one in fields(shape))
            key = ', PRIMARY KEY ("id")' if name != "position" else ""
            connection.execute(f'CREATE TABLE "{name}" ({columns}{key})')
        connection.execute('CREATE INDEX "row_day" ON "row" ("day" DESC, "id" DESC)')
        connection.execute('CREATE INDEX "row_office" ON "row" ("office", "id" DESC)')
        _fill(connection, "position", [book.position])
        _fill(connection, "office", list(book.offices))
        _fill(connection, "row", list(book.rows))
        connection.commit()
    _sync(fresh)
    fresh.replace(path)
    _sync(path.parent)


def _fill(connection: sqlite3.Connection, table: str, rows: list[Position | Office | Row]) -> None:
    marks = ", ".join("?" for _ in _columns(table))
    statement = f'INSERT INTO "{table}" VALUES ({marks})'  # noqa: S608 our own names
    connection.executemany(statement, [astuple(one) for one in rows])


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, read-only; `sqlite3.Error` if there is none of this form. It is opened as one that
    never changes, so that nothing beside it is looked for, made or locked."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        (form,) = connection.execute("PRAGMA user_version").fetchone()
        if form != FORM:
            raise sqlite3.DatabaseError("another form")
        connection.row_factory = sqlite3.Row
        yield connection


def page(path: Path, office: int, start: int, limit: int) -> tuple[list[Row], int, int]:
    """Rows of an office, the newest first, from number `start` on, or from the last; the number
    they begin at, and how many there are. `sqlite3.Error` as `opened`."""
    with opened(path) as connection:
        whose = 'FROM "row" WHERE "office" = ?'
        (total,) = connection.execute(f"SELECT count(*) {whose}", [office]).fetchone()
        start = max(0, min(start, total - 1))
        query = f'SELECT * {whose} ORDER BY "id" DESC LIMIT ? OFFSET ?'
        found = connection.execute(query, [office, limit, start]).fetchall()
    return [Row(**one) for one in found], start, total


def read(path: Path) -> Book | None:
    """All of the file; None if there is none, or one that cannot be read or is of another form."""
    try:
        with opened(path) as connection:
            found = connection.execute('SELECT * FROM "position"').fetchone()
            offices = connection.execute('SELECT * FROM "office" ORDER BY "id"').fetchall()
            rows = connection.execute('SELECT * FROM "row" ORDER BY "id"').fetchall()
    except sqlite3.Error:
        return None
    return Book(
        position=Position(**found),
        offices=tuple(Office(**one) for one in offices),
        rows=tuple(Row(**one) for one in rows),
    )

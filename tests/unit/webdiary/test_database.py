"""The file: what is in it, and what is not."""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.webdiary.database import FORM, Office, Row, opened, read, write
from tests.unit.webdiary.books import book, make


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "web.sqlite"
    assert read(path) is None
    make(path)
    assert read(path) == book()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["web.sqlite"]


def test_it_has_no_column_but_what_can_be_allowed(tmp_path: Path) -> None:
    with opened(make(tmp_path / "web.sqlite")) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
        columns = {row[1] for row in connection.execute('PRAGMA table_info("row")')}
    assert {one for one in tables if not one.startswith("sqlite_")} == {
        "office",
        "position",
        "row",
        "row_day",
        "row_office",
    }
    assert columns == {"id", "office", "number", "day", "direction", "title", "case_number"} | {
        "record_class",
        "bare",
    }
    assert columns == set(Row.__slots__)
    assert "takes_down" not in Office.__slots__


def test_what_is_taken_away_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    path, one = tmp_path / "web.sqlite", book()
    kept = [row for row in one.rows if row.id != 7]
    secret = replace(one.rows[6], title="kanariefågel")
    write(path, replace(one, rows=(*kept, secret)))
    assert "kanariefågel".encode() in path.read_bytes()
    with opened(path) as before:  # a reader keeps what it has, and holds nobody up
        write(path, replace(one, rows=tuple(kept)))
        assert before.execute("SELECT count(*) FROM row").fetchone()[0] == 120
    assert "kanariefågel".encode() not in b"".join(f.read_bytes() for f in tmp_path.iterdir())


def test_nobody_can_write_to_it(tmp_path: Path) -> None:
    with opened(make(tmp_path / "web.sqlite")) as connection:
        for statement in ("DELETE FROM row", "CREATE TABLE x (y)"):
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute(statement)


def test_another_form_or_no_database_is_none(tmp_path: Path) -> None:
    path = make(tmp_path / "web.sqlite")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {FORM + 1}")
    connection.close()
    assert read(path) is None
    path.write_bytes(b"no database, but more than a few bytes of something else" * 100)
    assert read(path) is None


def test_what_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "web.sqlite"
    path.with_name("web.sqlite.new").write_bytes(b"half of it")
    make(path)
    assert read(path) == book()

"""Swapping a new file in: whoever opens the old one in between sees it whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from archiver.db.sqlite import SqliteDatabase


def _count(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM one").fetchone()[0])


def test_the_old_file_is_whole_when_its_log_has_been_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = SqliteDatabase(tmp_path / "projection.sqlite")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE one (a INTEGER)"))
        connection.execute(text("INSERT INTO one VALUES (1), (2), (3)"))
    seen: list[int] = []
    replace = Path.replace

    def look(self: Path, target: Path) -> Path:
        assert not list(tmp_path.glob("projection.sqlite-*"))
        seen.append(_count(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    with database.replaced() as fresh, fresh.write() as connection:
        connection.execute(text("CREATE TABLE one (a INTEGER)"))
    assert seen == [3]
    assert _count(database.path) == 0


def test_a_damaged_file_is_replaced_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "projection.sqlite"
    path.write_bytes(b"no database at all" * 300)
    database = SqliteDatabase(path)
    with database.replaced() as fresh, fresh.write() as connection:
        connection.execute(text("CREATE TABLE one (a INTEGER)"))
    assert _count(path) == 0

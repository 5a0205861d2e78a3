"""Threads that share a database while a new file is swapped in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archiver.db import sqlite
from archiver.db.sqlite import SqliteDatabase


def test_another_thread_that_closes_meanwhile_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = SqliteDatabase(tmp_path / "a.sqlite")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE one (n INTEGER)")
    explained = sqlite._explained

    @contextmanager
    def closing(path: Path, remedy: str) -> Iterator[None]:
        database.close()  # as another thread does that sees the new file first
        with explained(path, remedy):
            yield

    monkeypatch.setattr(sqlite, "_explained", closing)
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO one VALUES (1)")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT n FROM one").scalar() == 1

"""Which databases the homes of tests have: SQLite files in them, or schemas of a real PostgreSQL.

A module that asks for `each_database` is run over both; with PostgreSQL its tests are marked
`server`. A home's schemas follow from its folder, so that fresh objects, in whatever process, find
them again.
"""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from archiver.db import tables as t
from archiver.db.engine import Database, dump
from archiver.db.place import Place
from archiver.db.postgres import schema_of

_IN_USE = "TESTS_POSTGRES"  # in the environment, so that other processes know too


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)]
)
def each_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both kinds of database, one after the other; its name."""
    if request.param == "postgresql":
        os.environ[_IN_USE] = request.getfixturevalue("postgres").url()
    yield request.param
    if os.environ.pop(_IN_USE, None):
        gc.collect()  # homes that the module let go give their connections back to the server


def used() -> str:
    """The address of the PostgreSQL that homes are in now; empty if they are in files."""
    return os.environ.get(_IN_USE, "")


def home_id(home: Path) -> str:
    return sha256(str(home).encode()).hexdigest()[:16]


def place(home: Path) -> Place:
    """Where a home's databases are."""
    return Place(home, SecretStr(used()), lambda: home_id(home))


def projection_of(home: Path) -> Database:
    return place(home).projection()


def forget(home: Path) -> None:
    """Lose every database of a home."""
    shutil.rmtree(home / "db", ignore_errors=True)
    if url := used():
        with psycopg.connect(url) as connection:
            for purpose in ("projection", "operations"):
                schema = schema_of(home_id(home), purpose)
                connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())


def copy(home: Path, to: Path) -> None:
    """Copy a home's folder with its projection, in the place of whatever was there."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to)
    if used():
        _clone(_schema(home), _schema(to))


def keep(home: Path, named: str = "") -> Callable[[Path], None]:
    """Remember a home's projection as it is; what is returned puts that in the present one's place,
    which is under nobody's feet then (no transaction is at work). `named`: the home's id where it
    is not of a test's own making."""
    schema = schema_of(named or home_id(home), "projection")
    kept = schema + "_kept"
    path = home / "db" / "projection.sqlite"
    if used():
        _clone(schema, kept)
    else:
        shutil.copy(path, home.parent / "kept.sqlite")

    def put_back(home: Path) -> None:
        if used():
            _clone(kept, schema)
        else:
            forget(home)
            path.parent.mkdir()
            shutil.copy(home.parent / "kept.sqlite", path)

    return put_back


def _schema(home: Path) -> str:
    return schema_of(home_id(home), "projection")


def _clone(old: str, new: str) -> None:
    with psycopg.connect(used()) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {new} CASCADE".encode())
        connection.execute(f"CREATE SCHEMA {new}".encode())
        query = "SELECT tablename FROM pg_tables WHERE schemaname = %s"
        for (name,) in connection.execute(query, [old]).fetchall():
            there, here = f'{old}."{name}"', f'{new}."{name}"'
            connection.execute(f"CREATE TABLE {here} (LIKE {there} INCLUDING ALL)".encode())
            connection.execute(f"INSERT INTO {here} TABLE {there}".encode())


def rows_of(database: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """Every row of a projection, in key order."""
    path: Path | None = getattr(database, "path", None)
    if path is None:
        with database.read() as connection:
            return list(dump(connection, t.metadata.sorted_tables))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [
            (table.name, row)
            for table in t.metadata.sorted_tables
            for row in connection.execute(str(select(table).order_by(*table.primary_key)))
        ]

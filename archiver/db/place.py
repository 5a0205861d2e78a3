"""Where a home's databases are: files in `db/`, or schemas by the setting `database`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from archiver.db.engine import REBUILD, Database
from archiver.db.postgres import PostgresDatabase, address_of, schema_of
from archiver.db.sqlite import SqliteDatabase

_RESTORE_FILE = "Restore db/operations.sqlite from its newest backup."
_RESTORE_SCHEMA = "Restore the schema that ends in _operations from its newest backup."


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPlace:
    """Where a jobs engine may keep its tables: an SQLAlchemy URL and, on PostgreSQL, a schema. The
    URL may hold a password."""

    url: SecretStr
    schema: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """The databases of one home. `url` is the setting, empty for files; `home_id` is asked when a
    schema's name is needed."""

    home: Path
    url: SecretStr
    home_id: Callable[[], str]

    def projection(self) -> Database:
        """The tables that `rebuild` makes."""
        return self._database("projection", REBUILD, REBUILD)

    def operations(self) -> Database:
        """The tables that have a backup of their own."""
        return self._database("operations", _RESTORE_FILE, _RESTORE_SCHEMA)

    def operations_before(self) -> Database | None:
        """The operations file that a home still has when its setting now names PostgreSQL."""
        path = self._file("operations")
        if not self.url.get_secret_value() or not path.exists():
            return None
        return SqliteDatabase(path, remedy=_RESTORE_FILE)

    def retire_before(self) -> None:
        """Put that file aside: its rows are in PostgreSQL now, and only there."""
        path = self._file("operations")
        path.replace(path.with_name(path.name + ".moved"))

    def jobs(self) -> JobsPlace:
        """Where the jobs engine keeps its own."""
        url = self.url.get_secret_value()
        if not url:
            return JobsPlace(url=SecretStr(f"sqlite:///{self._file('jobs')}"), schema=None)
        address_of(self.url)
        driver = url.replace("postgresql://", "postgresql+psycopg://", 1)
        return JobsPlace(url=SecretStr(driver), schema=schema_of(self.home_id(), "jobs"))

    def _file(self, purpose: str) -> Path:
        return self.home / "db" / f"{purpose}.sqlite"

    def _database(self, purpose: str, of_file: str, of_schema: str) -> Database:
        if not self.url.get_secret_value():
            return SqliteDatabase(self._file(purpose), remedy=of_file)
        return PostgresDatabase(
            self.url, lambda: schema_of(self.home_id(), purpose), remedy=of_schema
        )

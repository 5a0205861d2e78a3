"""A database in a SQLite file: one engine that writes and one that only reads.

WAL with synchronous=FULL: what is committed survives power loss. `secure_delete` overwrites freed
pages. The writer begins IMMEDIATE, so a transaction never fails half-way for want of the lock.
No read transaction outlives a request. When `rebuild` swaps in a new file, open connections are
to the old one: each connect compares the file's identity and starts afresh.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from archiver.db.engine import FULL, REBUILD, Condition, Database, Guard
from archiver.errors import IntegrityError, StoreUnavailable


class SqliteDatabase:
    """One SQLite file with a writing and a reading engine."""

    def __init__(self, path: Path, *, remedy: str = REBUILD) -> None:
        self.path = path
        self.remedy = remedy
        self._identity: tuple[int, int] | None = None
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._lock = RLock()  # which file we are connected to is one fact for all threads

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or rolls back on an exception."""
        with self._lock:
            self._refresh()
            if self._writer is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = self._engine(f"file:{self.path}?mode=rwc", immediate=True)
            engine = self._writer
        with _explained(self.path, self.remedy), engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection; each statement sees the newest committed state."""
        with self._lock:
            self._refresh()
            if self._reader is None:
                self._reader = self._engine(f"file:{self.path}?mode=ro", immediate=False)
            engine = self._reader
        with _explained(self.path, self.remedy), engine.connect() as connection:
            yield connection

    @property
    def identity(self) -> tuple[int, int] | None:
        """Which file (device, inode) the connections are to; it changes when one is swapped in."""
        return self._identity

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    @contextmanager
    def alone(self) -> Iterator[Guard]:
        """A file has no writers but those of its folder, whose lock the caller holds."""
        yield _Alone()

    @contextmanager
    def replaced(self) -> Iterator[Database]:
        """A new file beside this one, swapped in by one rename. Readers keep the old file."""
        path = self.path.with_suffix(".rebuild")
        for old in (path, *_side_files(path)):
            old.unlink(missing_ok=True)
        fresh = SqliteDatabase(path, remedy=self.remedy)
        try:
            yield fresh
        finally:
            fresh.close()
        _settle(self.path)
        for old in _side_files(self.path):
            old.unlink(missing_ok=True)
        path.replace(self.path)
        self.close()

    def condition(self) -> Condition:
        """The library's version; durability is set by us, not by a server."""
        return Condition(name=f"SQLite {sqlite3.sqlite_version}, in the home")

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._lock:
            for engine in (self._writer, self._reader):
                if engine is not None:
                    engine.dispose()
            self._writer = self._reader = self._identity = None

    def _refresh(self) -> None:
        try:
            found = os.stat(self.path)
            identity = (found.st_dev, found.st_ino)
        except FileNotFoundError:
            identity = None
        if identity != self._identity:
            self.close()
            self._identity = identity

    def _engine(self, uri: str, *, immediate: bool) -> Engine:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False
            )
            if immediate:
                # The main file is created by us, 0600: it names no person, but is nobody's else.
                self.path.chmod(0o600)
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA secure_delete=ON")
                connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-65536")
            return connection

        engine = create_engine(
            "sqlite+pysqlite://",
            hide_parameters=True,
            creator=connect,
            poolclass=QueuePool if immediate else NullPool,
        )
        if immediate:

            @event.listens_for(engine, "begin")
            def begin(connection: Connection) -> None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine


class _Alone:
    """The folder's lock is all there is, and it cannot be lost while the process lives."""

    def check(self) -> None:
        return


def _settle(path: Path) -> None:
    """Bring everything into the main file: who opens it after its write-ahead log was taken away,
    and before it is replaced, must see it whole. One that is damaged is left as it is."""
    if path.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute("PRAGMA wal_checkpoint(FULL)")


def _side_files(path: Path) -> tuple[Path, Path]:
    """SQLite's write-ahead log and shared memory beside a database file."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


@contextmanager
def _explained(path: Path, remedy: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(
            f"The database {path.name} cannot be used: {_reason(error)}.",
            remedy=FULL if _is_full(error) else "Check access rights. " + remedy,
        ) from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and not isinstance(
            error.orig, sqlite3.IntegrityError
        ):
            raise IntegrityError(
                f"The database {path.name} is damaged: {_reason(error)}.", remedy=remedy
            ) from error
        raise


def _is_full(error: DatabaseError) -> bool:
    return any(words in _reason(error) for words in ("disk is full", "disk I/O error"))


def _reason(error: DatabaseError) -> str:
    """SQLite's own words: they name tables and files, never values."""
    return str(error.orig)

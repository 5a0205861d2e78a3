"""A database in a PostgreSQL schema, reached by a `postgresql://` address as libpq reads it.

Each home has schemas of its own in one database: `diarkiv_<home id>_projection`, `…_operations`
and, for the jobs' engine, `…_jobs`. Readers have no transaction at all: each statement is one,
read-only by the session's setting, so nothing is held over a request. A session that writes has
`synchronous_commit` on, whatever the server's default.

Write transactions of one schema run one after the other, by a lock that lives as long as the
transaction does. The writer's lock does not suffice: a process that is killed just after it sent
COMMIT loses that lock at once, while the server is still at work. The next writer must not read how
far the tables are before that has ended one way or the other.

`rebuild` fills a schema beside the old one and renames both in one transaction. Renaming a schema
waits for no reader; the old tables are dropped after that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, text

from archiver.db.engine import REBUILD, Condition, Database, Guard
from archiver.db.postgres_errors import explained, unreachable
from archiver.errors import ConfigError, StoreUnavailable

_HOME_ID = re.compile(r"[a-z0-9]{1,24}")  # a schema's name has at most 63 bytes
# A folder of sockets, or names and numeric addresses; what else there is may belong to a password.
_HOST, _PORT = re.compile(r"/.*|[\w.,:%-]*"), re.compile(r"[\d,]*")
_NEW, _OLD = "_new", "_old"
_DURABLE = {"fsync": "on", "full_page_writes": "on"}
_COMMITS = ("on", "remote_apply")
_WAIT = "60s"  # for the end of another's transaction
_PATIENCE = "5s"  # for whoever still reads tables that are to go (a backup may, for hours)
_log = structlog.get_logger(__name__)

_SESSION = """
SELECT set_config('search_path', %(schema)s, false), set_config('TimeZone', 'UTC', false),
  set_config('default_transaction_read_only', %(reads)s, false),
  set_config('lock_timeout', %(wait)s, false), set_config('idle_session_timeout', '0', false),
  set_config('idle_in_transaction_session_timeout', '0', false),
  set_config('tcp_keepalives_idle', '30', false),
  set_config('tcp_keepalives_interval', '10', false),
  set_config('tcp_keepalives_count', '3', false),
  CASE WHEN %(reads)s = 'off' AND current_setting('synchronous_commit') <> 'remote_apply'
    THEN set_config('synchronous_commit', 'on', false) END
"""
_OID = text(
    "SELECT d.oid::bigint, n.oid::bigint FROM pg_catalog.pg_namespace n,"
    " pg_catalog.pg_database d WHERE n.nspname = :schema AND d.datname = current_database()"
)
_TABLES = text("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = :schema")


def schema_of(home_id: str, purpose: str) -> str:
    """The schema of a home: `purpose` is `projection`, `operations` or `jobs`."""
    if not _HOME_ID.fullmatch(home_id):
        raise ConfigError("This home's id cannot name a PostgreSQL schema.")
    return f"diarkiv_{home_id}_{purpose}"


def address_of(url: SecretStr) -> dict[str, Any]:
    """A `postgresql://` address in its parts. `ConfigError`, without any of it, if it is none."""
    try:
        parts = dict(conninfo_to_dict(url.get_secret_value()))
    except psycopg.Error:
        parts = {"host": "@"}
    host, port = (str(parts.get(name) or "") for name in ("host", "port"))
    if not (_HOST.fullmatch(host) and _PORT.fullmatch(port)):
        # The cause is left out on purpose: libpq repeats what it cannot read.
        raise ConfigError(
            "The setting 'database' is not an address PostgreSQL understands.",
            remedy="Write postgresql://ROLE@HOST/DATABASE. Signs other than letters and digits in "
            "a password are written as %XX, or better, put it in a file named by PGPASSFILE.",
        ) from None
    return parts


class PostgresDatabase:
    """One schema. `schema` is asked when the first connection is made, so that a home which has no
    id yet can be created."""

    def __init__(self, url: SecretStr, schema: Callable[[], str], *, remedy: str = REBUILD) -> None:
        parts = address_of(url)
        self.remedy = remedy
        self._url = url
        self._name = schema
        self._where = str(parts.get("host") or "this machine")
        self._given = parts
        for secret in ("password", "sslpassword"):
            self._given.pop(secret, None)
        self._identity: tuple[int, int] | None = None
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._locker: psycopg.Connection | None = None

    def __repr__(self) -> str:
        return f"<PostgresDatabase at {self._where}>"

    @property
    def schema(self) -> str:
        """The schema's name."""
        return self._name()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or rolls back on an exception. The schema is made
        if there is none."""
        if self._writer is None:
            self._writer = self._engine(reads=False)
        with self._explained(), self._writer.begin() as connection:
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._key("tables")}
            )
            self._identity = self._enter(connection)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection; each statement sees the newest committed state."""
        if self._reader is None:
            self._reader = self._engine(reads=True)
        with self._explained(), self._reader.connect() as connection:
            yield connection

    @property
    def identity(self) -> tuple[int, int] | None:
        """Which schema (database, schema) was last written to; another one once it is swapped."""
        return self._identity

    def exists(self) -> bool:
        """Whether the schema has tables."""
        with self.read() as connection:
            return connection.execute(_TABLES, {"schema": self.schema}).first() is not None

    @contextmanager
    def alone(self) -> Iterator[Guard]:
        """Hold the writer's advisory lock, on a connection of its own."""
        with self._explained():
            guard = _SessionLock(self._locked(), self._where)
        try:
            yield guard
        finally:
            self._unlock()

    @contextmanager
    def replaced(self) -> Iterator[Database]:
        """A new schema beside this one, swapped in by two renames in one transaction."""
        new, old = self.schema + _NEW, self.schema + _OLD
        self._drop(new)
        self._drop(old)
        fresh = PostgresDatabase(self._url, lambda: new, remedy=self.remedy)
        try:
            yield fresh
            with fresh.write() as connection:
                for table in connection.execute(_TABLES, {"schema": new}).scalars().all():
                    connection.exec_driver_sql(f'ANALYZE "{table}"')
        finally:
            fresh.close()
        with self.write() as connection:
            connection.exec_driver_sql(f'ALTER SCHEMA "{self.schema}" RENAME TO "{old}"')
            connection.exec_driver_sql(f'ALTER SCHEMA "{new}" RENAME TO "{self.schema}"')
        self._identity = None
        try:
            self._drop(old)
        except StoreUnavailable as error:  # the new tables are in use all the same
            _log.warning("old_tables_kept", until="the next rebuild", code=error.code)

    def condition(self) -> Condition:
        """The server's version, and its settings that endanger what was committed."""
        with self.read() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
            found = {
                name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
                for name in (*_DURABLE, "synchronous_commit")
            }
        safe = {**_DURABLE, "synchronous_commit": found["synchronous_commit"]}
        if found["synchronous_commit"] not in _COMMITS:
            safe["synchronous_commit"] = "on"
        weak = tuple(f"{name}={found[name]}" for name in safe if found[name] != safe[name])
        return Condition(
            name=f"PostgreSQL {version} at {self._where}, schema {self.schema}", weak=weak
        )

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        for engine in (self._writer, self._reader):
            if engine is not None:
                engine.dispose()
        if self._locker is not None:
            self._locker.close()
        self._writer = self._reader = self._locker = self._identity = None

    # --- connections -------------------------------------------------------------------------

    def _engine(self, *, reads: bool) -> Engine:
        """Connections are tested when they are taken from the pool: a server that was restarted is
        no error. The address stays out of the engine, and so out of its repr and its errors."""
        return create_engine(
            "postgresql+psycopg://",
            creator=lambda: self._connect(reads=reads),
            hide_parameters=True,
            paramstyle="format",
            pool_pre_ping=True,
            isolation_level="AUTOCOMMIT" if reads else "READ COMMITTED",
        )

    def _connect(self, *, reads: bool, wait: str = _WAIT) -> psycopg.Connection:
        """Both ends notice within a minute that the other is gone: a machine that died holds no
        lock for hours."""
        ours: dict[str, Any] = {
            "application_name": "diarkiv",
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 60_000,
        }
        options = {name: value for name, value in ours.items() if name not in self._given}
        session = {"schema": self.schema, "reads": "on" if reads else "off", "wait": wait}
        try:
            connection = psycopg.connect(
                self._url.get_secret_value(), autocommit=True, client_encoding="utf8", **options
            )
            connection.execute(_SESSION, session)
            connection.autocommit = reads
        except psycopg.Error as error:
            # The cause is left out on purpose: its words may hold parts of the address.
            raise unreachable(self._where, error) from None
        return connection

    def _enter(self, connection: Connection) -> tuple[int, int]:
        """Database and schema, the schema made now if there is none."""
        schema = {"schema": self.schema}
        found = connection.execute(_OID, schema).one_or_none()
        if found is None:
            connection.exec_driver_sql(f'CREATE SCHEMA "{self.schema}"')
            found = connection.execute(_OID, schema).one()
        return int(found[0]), int(found[1])

    def _drop(self, schema: str) -> None:
        with self.write() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')

    def _explained(self) -> Any:
        return explained(self._where, self.remedy)

    # --- the writer's lock -------------------------------------------------------------------

    def _key(self, purpose: str) -> int:
        digest = sha256(f"diarkiv/lock/v1/{purpose}/{self.schema}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def _locked(self) -> psycopg.Connection:
        """The lock's connection, holding the lock. One that was lost since is opened anew."""
        key = [self._key("writer")]
        if self._locker is not None:
            try:
                self._locker.execute("SELECT pg_advisory_lock(%s)", key)
                return self._locker
            except psycopg.OperationalError:
                self._locker.close()
        self._locker = self._connect(reads=True, wait="0")
        self._locker.execute("SELECT pg_advisory_lock(%s)", key)
        return self._locker

    def _unlock(self) -> None:
        """Give the lock back; a connection that cannot is closed, which frees it too."""
        if self._locker is None:
            return
        try:
            self._locker.execute("SELECT pg_advisory_unlock(%s)", [self._key("writer")])
        except psycopg.Error:
            with suppress(psycopg.Error):
                self._locker.close()
            self._locker = None


class _SessionLock:
    """The writer's lock while its session lives.

    A lost connection frees the lock on the server: another writer may hold it from then on. So
    before anything that cannot be undone the session is asked whether it is still the one that
    took the lock, and has it.
    """

    _HELD = (
        "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted"
        " AND pid = pg_backend_pid() AND pid = %s"
    )

    def __init__(self, connection: psycopg.Connection, where: str) -> None:
        self._connection = connection
        self._backend = connection.info.backend_pid
        self._where = where

    def check(self) -> None:
        try:
            row = self._connection.execute(self._HELD, [self._backend]).fetchone()
        except psycopg.Error:
            row = None
        if not row or not row[0]:
            raise StoreUnavailable(
                f"The connection to PostgreSQL at {self._where} that held the writer's lock was "
                "lost.",
                remedy="Nothing more was written. Run the command again.",
            )

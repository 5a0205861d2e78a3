"""The operations database: credentials, and beside them what people are told
(`archiver.db.notices`) and how they sign in (`archiver.db.accounts`). What is here is no archive
and in no log.

It has its own backup, `rebuild` leaves it alone, and alembic knows only this one. Credentials are
AES-256-GCM under a key the caller gives, user name included; they are put in and used, and no
method lists them. Values are never logged.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from archiver.core.connector import Control, ControlStatus, Credential
from archiver.core.ports import Clock, Random
from archiver.core.token import TokenFacts
from archiver.db.engine import Database
from archiver.errors import ConfigError, NotFound, SealBroken

REVISION = "0010"  # the newest of migrations/versions
_MIGRATIONS = Path(__file__).parent / "migrations"
_KEY = 32
_NONCE = 12
_REFUSALS = frozenset(
    {ControlStatus.LOGIN_REFUSED, ControlStatus.LOGIN_EXPIRED, ControlStatus.MISSING_RIGHTS}
)

metadata = MetaData()

credential = Table(
    "credential",
    metadata,
    Column("channel", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_ok_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("refused_since", BigInteger),
    Column("last_refused_at", BigInteger),
    Column("scopes", Text, nullable=False, server_default=""),
    Column("refused_reason", Text, nullable=False, server_default=""),
)


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return found


def _migrate(connection: Connection, found: str | None) -> None:
    """Bring the tables to `REVISION` in the caller's transaction: all of it or nothing."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.script.revision import ResolutionError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigError(
            "The operations database was written by a newer release.",
            remedy="Install that release, or restore a backup from before the upgrade.",
        ) from ResolutionError(found, found)
    command.upgrade(config, REVISION)


def _take_over(connection: Connection, before: Database) -> None:
    """Copy every row; numbers go on above the highest."""
    with before.read() as source:
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            if rows:
                connection.execute(insert(table), rows)
            counted = table.autoincrement_column
            if counted is not None and connection.dialect.name == "postgresql":
                sequence = func.pg_get_serial_sequence(table.name, counted.name)
                connection.execute(select(func.setval(sequence, func.max(counted))))


class CredentialStatus(NamedTuple):
    """What may be shown of a credential: instants in milliseconds UTC, never its content."""

    created_at: int
    last_ok_at: int | None


class Operations:
    """The operations database of a home: its `CredentialStore`.

    A credential is `nonce ‖ AES-256-GCM(key, {user, secret, signing})` with the channel's number as
    associated data: one channel's does not open as another's.
    """

    def __init__(
        self,
        database: Database,
        key: bytes,
        clock: Clock,
        random: Random,
        *,
        create: bool = True,
        before: Operations | None = None,
    ) -> None:
        """Open it, migrated to this release's form. `key`: 32 bytes.

        `NotFound` if there is none, unless `create`: a home that had one must not go on
        with an empty one. A new one begins with the rows of `before`, which it replaces.
        `IntegrityError` if it is damaged, `ConfigError` if a newer release has written it.
        """
        if len(key) != _KEY:
            raise ConfigError("The key for credentials must be 32 bytes.")
        if not create and before is None and not database.exists():
            raise NotFound("This home has no operations database any more.", remedy=database.remedy)
        self._database = database
        self._cipher = AESGCM(key)
        self._lookup = hmac.digest(key, b"diarkiv/lookup/v1", "sha256")
        self._clock = clock
        self._random = random
        self._open(before)

    def __repr__(self) -> str:
        return "<Operations>"

    def _open(self, before: Operations | None) -> None:
        if self._database.exists():
            with self._database.read() as connection:
                if _revision(connection) == REVISION:
                    return
        with self._database.write() as connection:
            found = _revision(connection)  # again: another process may have been quicker
            if found != REVISION:
                _migrate(connection, found)
            if found is None and before is not None:
                _take_over(connection, before._database)

    def close(self) -> None:
        """Close its connections; the next use opens new ones."""
        self._database.close()

    @property
    def database(self) -> Database:
        """Where other tables of operations are kept (`archiver.db.notices`)."""
        return self._database

    def seal(self, bound_to: bytes, data: bytes) -> bytes:
        """Encrypt what must not lie here in clear: nonce ‖ AES-256-GCM, bound to its use."""
        nonce = self._random(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, bound_to)

    def unseal(self, bound_to: bytes, sealed: bytes) -> bytes:
        """What `seal` was given; `SealBroken` if it does not open for that use."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
        except (InvalidTag, ValueError):
            raise SealBroken(
                "Something in the operations database does not open under this home's key.",
                remedy=self._database.remedy,
            ) from None

    def token(self, use: bytes, data: bytes) -> bytes:
        """What something is looked up by where itself must not lie in clear: HMAC-SHA-256 under
        this home's key, of its own for each use."""
        return hmac.digest(self._lookup, use + b"\0" + data, "sha256")

    def get(self, channel: int) -> Credential | None:
        """For harvesting: what was put in for the channel. `SealBroken` if it does not open."""
        with self._database.read() as connection:
            query = select(credential.c.sealed).where(credential.c.channel == channel)
            sealed: bytes | None = connection.scalar(query)
        if sealed is None:
            return None
        try:
            data = self.unseal(_bound_to(channel), sealed)
        except SealBroken:
            # The cause is left out on purpose: nothing of a credential may reach a traceback.
            raise SealBroken(
                f"The credential of channel C{channel} does not open under this home's key.",
                remedy="Enter it again with `diarkiv channel credential`.",
            ) from None
        fields = orjson.loads(data)
        signing = fields.get("signing", "")
        return Credential(user=fields["user"], secret=fields["secret"], signing=signing)

    def put(self, channel: int, credential: Credential) -> None:
        """Seal and store, in the place of an older one. `last_ok_at` begins anew."""
        fields = {"user": credential.user, "secret": credential.secret}
        data = orjson.dumps(fields | {"signing": credential.signing})
        row = {
            "channel": channel,
            "sealed": self.seal(_bound_to(channel), data),
            "created_at": self._clock.now(),
        }
        table = metadata.tables["credential"]
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.channel == channel))
            connection.execute(insert(table).values(row))

    def worked(self, channel: int) -> None:
        """Note that the platform accepted the credential now."""
        with self._database.write() as connection:
            connection.execute(
                update(credential)
                .where(credential.c.channel == channel)
                .values(last_ok_at=self._clock.now())
            )

    def note_control(self, channel: int, control: Control) -> None:
        """Note what a control read told of the channel's credential: accepted, refused, until when
        it lasts. An answer that says nothing of it (unreachable, say) changes nothing."""
        now, values = self._clock.now(), dict[str, Any]()
        if control.status is ControlStatus.OK and control.authenticated:
            values = {"last_ok_at": now, "refused_since": None, "refused_reason": ""}
        elif control.status in _REFUSALS:
            values = {
                "last_refused_at": now,
                "refused_since": func.coalesce(credential.c.refused_since, now),
                "refused_reason": control.status.value,
            }
        if values and control.expires_at is not None:
            values["expires_at"] = control.expires_at
        if values and control.scopes:
            values["scopes"] = " ".join(sorted(control.scopes))
        if values:
            query = update(credential).where(credential.c.channel == channel)
            with self._database.write() as connection:
                connection.execute(query.values(values))

    def tokens(self) -> list[TokenFacts]:
        """What is known of every channel's credential, by channel; nothing of its content."""
        c = credential.c
        query = select(
            c.channel,
            c.created_at,
            c.last_ok_at,
            c.expires_at,
            c.scopes,
            c.refused_since,
            c.last_refused_at,
            c.refused_reason,
        ).order_by(c.channel)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [TokenFacts(**{**row._mapping, "scopes": tuple(row.scopes.split())}) for row in rows]

    def remove(self, channel: int) -> bool:
        """Forget a channel's credential; False if there was none. SQLite overwrites freed pages."""
        with self._database.write() as connection:
            query = delete(credential).where(credential.c.channel == channel)
            return connection.execute(query).rowcount > 0

    def status(self, channel: int) -> CredentialStatus | None:
        """Since when there is a credential and when it last worked; None if there is none."""
        columns = (credential.c.created_at, credential.c.last_ok_at)
        with self._database.read() as connection:
            row = connection.execute(
                select(*columns).where(credential.c.channel == channel)
            ).one_or_none()
        return CredentialStatus(*row) if row else None


def _bound_to(channel: int) -> bytes:
    return f"diarkiv/credential/v1/{channel}".encode()

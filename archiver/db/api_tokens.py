"""The table of programs' tokens, in the operations database: digests, scopes and days.

A token itself is nowhere, its name is in the log. The day it was last used is written once a day.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    insert,
    or_,
    select,
    update,
)

from archiver.core.access import Permission
from archiver.core.api_token import Scope
from archiver.db.operations import Operations, metadata

api_token = Table(
    "api_token",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),  # "read:0 register:12"
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("used_on", Integer),
    Column("revoked_at", BigInteger),
    Index("api_token_digest", "digest", unique=True),
)


class TokenRow(NamedTuple):
    """A token: its number in the log, what it may do, and when. Instants are milliseconds UTC,
    `used_on` the Swedish day it was last used, YYYYMMDD."""

    seq: int
    scopes: tuple[Scope, ...]
    created_at: int
    expires_at: int | None
    used_on: int | None
    revoked_at: int | None

    def holds(self, now: int) -> bool:
        """Whether it opens anything at that instant."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class TokenTable:
    """Puts tokens in, finds them by digest, revokes them."""

    def __init__(self, operations: Operations) -> None:
        self._database = operations.database

    def add(self, row: TokenRow, digest: bytes) -> None:
        """Keep a new token."""
        values = row._asdict() | {"digest": digest, "scopes": _as_text(row.scopes)}
        with self._database.write() as connection:
            connection.execute(insert(api_token).values(values))

    def find(self, digest: bytes) -> TokenRow | None:
        """The token of that digest."""
        return next(iter(self._rows(digest)), None)

    def all(self) -> list[TokenRow]:
        """Every token there ever was, the oldest first."""
        return self._rows(None)

    def used(self, seq: int, day: int) -> None:
        """Note the day a token was used."""
        c = api_token.c
        with self._database.write() as connection:
            newer = or_(c.used_on.is_(None), c.used_on < day)
            query = update(api_token).where(c.seq == seq, newer)
            connection.execute(query.values(used_on=day))

    def revoke(self, seq: int, at: int) -> bool:
        """Let a token open nothing from now on; False if there is none, or it was before."""
        c = api_token.c
        with self._database.write() as connection:
            query = update(api_token).where(c.seq == seq, c.revoked_at.is_(None))
            return connection.execute(query.values(revoked_at=at)).rowcount > 0

    def _rows(self, digest: bytes | None) -> list[TokenRow]:
        c = api_token.c
        columns = [c[name] for name in TokenRow._fields]
        query = select(*columns).order_by(c.seq)
        if digest is not None:
            query = query.where(c.digest == digest)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [TokenRow(*row)._replace(scopes=_from_text(row.scopes)) for row in rows]


def _as_text(scopes: Collection[Scope]) -> str:
    return " ".join(f"{one.permission.value}:{one.authority}" for one in scopes)


def _from_text(text: str) -> tuple[Scope, ...]:
    pairs = (word.partition(":") for word in text.split())
    return tuple(Scope(Permission(name), int(authority)) for name, _, authority in pairs)

"""Tables of how a user is reached: their address, and the link that lets them set a password.

Part of the operations database: none of it is archive. Addresses are encrypted, bound to their
user; of a link only the digest is kept. A user has at most one link, and it opens once. Instants:
milliseconds UTC.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import BigInteger, Column, LargeBinary, Table, delete, insert, select

from archiver.core.ports import Clock
from archiver.db.operations import Operations, metadata

password_link = Table(
    "password_link",
    metadata,
    Column("user", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

user_address = Table(
    "user_address",
    metadata,
    Column("user", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)


class WaysBack:
    """The tables above."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def put_link(self, user: int, token: str) -> None:
        """Keep a link's digest, in place of any other the user had."""
        row = {"user": user, "digest": _digest(token), "created_at": self._clock.now()}
        with self._operations.database.write() as connection:
            connection.execute(delete(password_link).where(password_link.c.user == user))
            connection.execute(insert(password_link).values(row))

    def link(self, token: str, *, life: int) -> int | None:
        """Whose link it is, if it was made less than `life` milliseconds ago."""
        c = password_link.c
        since = self._clock.now() - life
        query = select(c.user).where(c.digest == _digest(token), c.created_at > since)
        with self._operations.database.read() as connection:
            found: int | None = connection.scalar(query)
        return found

    def take_link(self, token: str) -> bool:
        """Forget a link that is used; False if somebody else was first."""
        query = delete(password_link).where(password_link.c.digest == _digest(token))
        with self._operations.database.write() as connection:
            return bool(connection.execute(query).rowcount)

    def drop_link(self, user: int) -> None:
        """Forget a user's link, if there is one."""
        with self._operations.database.write() as connection:
            connection.execute(delete(password_link).where(password_link.c.user == user))

    def put_address(self, user: int, address: str) -> None:
        """Keep a user's e-mail address, in place of any other; "" keeps none."""
        row = {
            "user": user,
            "sealed": self._operations.seal(_bound(user), address.encode()),
            "changed_at": self._clock.now(),
        }
        with self._operations.database.write() as connection:
            connection.execute(delete(user_address).where(user_address.c.user == user))
            if address:
                connection.execute(insert(user_address).values(row))

    def addresses(self) -> dict[int, str]:
        """User → e-mail address, of those who have one."""
        c = user_address.c
        with self._operations.database.read() as connection:
            rows = connection.execute(select(c.user, c.sealed)).all()
        return {user: self._operations.unseal(_bound(user), kept).decode() for user, kept in rows}


def _bound(user: int) -> bytes:
    return f"diarkiv/address/v1/{user}".encode()


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()

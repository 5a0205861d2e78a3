"""Tables of passkeys, and of the questions that have been answered with one.

Part of the operations database: none of it is archive. A credential's id, public key and name are
encrypted, bound to their user; what is looked up by is an HMAC of the id, which opens nothing.
What holds in one transaction each: a credential is one user's only; a question is answered once; a
sign counter only rises (Web Authentication Level 2, 6.1.1). Instants: milliseconds UTC.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from archiver.core.ports import Clock
from archiver.db.operations import Operations, metadata

passkey = Table(
    "passkey",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("user", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("suspected_at", BigInteger),
    Index("passkey_user", "user"),
)

spent_challenge = Table(
    "spent_challenge",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("spent_at", BigInteger, nullable=False),
)


class PasskeyRow(NamedTuple):
    """A passkey. `id` names it to its owner, and opens nothing; `suspected_at`: when it answered as
    a copy would, after which it lets nobody in."""

    id: str
    user: int
    credential: bytes
    public_key: bytes
    name: str
    sign_count: int
    created_at: int
    used_at: int | None
    suspected_at: int | None


class Passkeys:
    """The tables above."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def add(self, user: int, credential: bytes, public_key: bytes, name: str, count: int) -> bool:
        """Keep a passkey; False if that credential is already somebody's."""
        fields = [credential.hex(), public_key.hex(), name]
        row = {
            "token": self._token(credential),
            "user": user,
            "sealed": self._operations.seal(_bound(user), orjson.dumps(fields)),
            "sign_count": count,
            "created_at": self._clock.now(),
        }
        taken = select(passkey.c.token).where(passkey.c.token == row["token"])
        with self._operations.database.write() as connection:  # one after the other
            if connection.scalar(taken) is not None:
                return False
            connection.execute(insert(passkey).values(row))
        return True

    def of_user(self, user: int) -> list[PasskeyRow]:
        """A user's passkeys, in the order they were added."""
        c = passkey.c
        query = select(passkey).where(c.user == user).order_by(c.created_at, c.token)
        with self._operations.database.read() as connection:
            return [self._row(row) for row in connection.execute(query)]

    def of_credential(self, credential: bytes) -> PasskeyRow | None:
        """The passkey of a credential's id."""
        query = select(passkey).where(passkey.c.token == self._token(credential))
        with self._operations.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return self._row(row) if row else None

    def counts(self) -> dict[int, int]:
        """User → how many passkeys they have, of those who have any."""
        c = passkey.c
        query = select(c.user, func.count().label("number")).group_by(c.user)
        with self._operations.database.read() as connection:
            rows = connection.execute(query).all()
        return {row.user: row.number for row in rows}

    def note_use(self, one: PasskeyRow, count: int) -> bool:
        """Note that it was used now, with this sign counter. False, and it is noted as suspected,
        unless the counter has risen, or is kept at 0 by an authenticator that does not count."""
        c, now = passkey.c, self._clock.now()
        mine = (c.token == bytes.fromhex(one.id), c.suspected_at.is_(None))
        rises = (c.sign_count < count) | ((c.sign_count == 0) & (count == 0))
        with self._operations.database.write() as connection:
            used = update(passkey).where(*mine, rises).values(sign_count=count, used_at=now)
            if connection.execute(used).rowcount:
                return True
            connection.execute(update(passkey).where(*mine).values(suspected_at=now))
        return False

    def remove(self, user: int, id: str) -> bool:
        """Forget one of a user's passkeys; False if they have none such."""
        if id not in {one.id for one in self.of_user(user)}:
            return False
        c = passkey.c
        query = delete(passkey).where(c.user == user, c.token == bytes.fromhex(id))
        with self._operations.database.write() as connection:
            return bool(connection.execute(query).rowcount)

    def remove_all(self, user: int) -> int:
        """Forget a user's passkeys; how many there were."""
        with self._operations.database.write() as connection:
            return connection.execute(delete(passkey).where(passkey.c.user == user)).rowcount

    def spend(self, challenge: bytes, *, life: int) -> bool:
        """Note that a question is answered; False if it was before. `life`: milliseconds after
        which no question is heard any more, and it can be forgotten."""
        now, c = self._clock.now(), spent_challenge.c
        digest = self._operations.token(b"challenge", challenge)
        with self._operations.database.write() as connection:  # one after the other
            connection.execute(delete(spent_challenge).where(c.spent_at < now - 2 * life))
            if connection.scalar(select(c.digest).where(c.digest == digest)) is not None:
                return False
            connection.execute(insert(spent_challenge).values(digest=digest, spent_at=now))
        return True

    def handle(self, user: int) -> bytes:
        """What authenticators know a user by: nothing that names them (Web Authentication Level 2,
        14.6.1)."""
        return self._operations.token(b"passkey user", str(user).encode())

    def _token(self, credential: bytes) -> bytes:
        return self._operations.token(b"passkey", credential)

    def _row(self, row: Any) -> PasskeyRow:
        opened = self._operations.unseal(_bound(row.user), row.sealed)
        credential, public_key, name = orjson.loads(opened)
        return PasskeyRow(
            row.token.hex(),
            row.user,
            bytes.fromhex(credential),
            bytes.fromhex(public_key),
            name,
            row.sign_count,
            row.created_at,
            row.used_at,
            row.suspected_at,
        )


def _bound(user: int) -> bytes:
    return f"diarkiv/passkey/v1/{user}".encode()

"""Tables of how people sign in: names, password hashes, identities elsewhere, sessions, failures.

Part of the operations database: none of it is archive. A user's number, name, roles and whether
they are disabled follow from the log (`archiver.people.projector`); here lies what nobody else may
see. Login names and hashes are encrypted, bound to their user; what is looked up by them is an HMAC
under this home's key; of a session only the token's digest is kept. Instants: milliseconds UTC.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    delete,
    insert,
    select,
    update,
)

from archiver.core.ports import Clock
from archiver.db.operations import Operations, metadata
from archiver.db.passkeys import Passkeys
from archiver.db.ways_back import WaysBack

account = Table(
    "account",
    metadata,
    Column("user", BigInteger, primary_key=True, autoincrement=False),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("password", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("password_at", BigInteger),
    Column("signed_in_at", BigInteger),
)

external_identity = Table(
    "external_identity",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("user", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("external_identity_user", "user"),
)

web_session = Table(
    "web_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("browser", LargeBinary, nullable=False),
    Index("web_session_user", "user"),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)


Failures: TypeAlias = Mapping[bytes, tuple[int, int]]
Counts: TypeAlias = Mapping[bytes, int]


class AccountRow(NamedTuple):
    """How somebody signs in. `password`: its hash, None if they have none."""

    user: int
    login: str
    password: str | None
    password_at: int | None
    signed_in_at: int | None


class SessionRow(NamedTuple):
    """A session: `id` names it to its owner, and opens nothing."""

    id: str
    user: int
    created_at: int
    seen_at: int
    browser: str


class Accounts:
    """The tables above."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock
        self.passkeys = Passkeys(operations, clock)
        self.ways_back = WaysBack(operations, clock)
        self._counting = threading.Lock()

    # --- accounts ----------------------------------------------------------------------------

    def put(self, user: int, login: str) -> None:
        """Give a user a login name, in place of any other they had."""
        row = {
            "token": self._login_token(login),
            "sealed": self._operations.seal(_bound("login", user), login.encode()),
        }
        with self._operations.database.write() as connection:
            known = connection.execute(update(account).where(account.c.user == user).values(row))
            if not known.rowcount:
                new = {**row, "user": user, "created_at": self._clock.now()}
                connection.execute(insert(account).values(new))

    def all(self) -> dict[int, AccountRow]:
        """Every account, by user."""
        with self._operations.database.read() as connection:
            rows = connection.execute(select(account)).all()
        return {row.user: self._account(row) for row in rows}

    def of_login(self, login: str) -> AccountRow | None:
        """The account of a login name."""
        query = select(account).where(account.c.token == self._login_token(login))
        with self._operations.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return self._account(row) if row else None

    def of_user(self, user: int) -> AccountRow | None:
        """A user's account."""
        with self._operations.database.read() as connection:
            row = connection.execute(select(account).where(account.c.user == user)).one_or_none()
        return self._account(row) if row else None

    def set_hash(self, user: int, kept: str, *, new: bool) -> None:
        """Keep a password's hash; `new`: it is of another password than before."""
        values: dict[str, Any] = {
            "password": self._operations.seal(_bound("password", user), kept.encode())
        }
        if new:
            values["password_at"] = self._clock.now()
        with self._operations.database.write() as connection:
            connection.execute(update(account).where(account.c.user == user).values(values))

    def drop_hash(self, user: int) -> None:
        """Forget a user's password."""
        query = update(account).where(account.c.user == user)
        with self._operations.database.write() as connection:
            connection.execute(query.values(password=None, password_at=None))

    def with_a_way_in(self) -> set[int]:
        """The users who have a password, a passkey or an identity elsewhere."""
        with self._operations.database.read() as connection:
            found = set(connection.scalars(select(external_identity.c.user)))
            known = select(account.c.user).where(account.c.password.is_not(None))
            found |= set(connection.scalars(known))
        return found | self.passkeys.counts().keys()

    def note_sign_in(self, user: int) -> None:
        """Note that the user signed in now."""
        query = update(account).where(account.c.user == user)
        with self._operations.database.write() as connection:
            connection.execute(query.values(signed_in_at=self._clock.now()))

    def _account(self, row: Any) -> AccountRow:
        unseal = self._operations.unseal
        login = unseal(_bound("login", row.user), row.sealed).decode()
        kept = row.password and unseal(_bound("password", row.user), row.password).decode()
        return AccountRow(row.user, login, kept, row.password_at, row.signed_in_at)

    def _login_token(self, login: str) -> bytes:
        return self._operations.token(b"login", plain_login(login).encode("utf-8", "replace"))

    # --- identities elsewhere ----------------------------------------------------------------

    def of_subject(self, issuer: str, subject: str) -> int | None:
        """The user who is this subject of this issuer (OpenID Connect Core 2: only both together
        name somebody)."""
        token = self._subject_token(issuer, subject)
        query = select(external_identity.c.user).where(external_identity.c.token == token)
        with self._operations.database.read() as connection:
            found: int | None = connection.scalar(query)
        return found

    def put_subject(self, user: int, issuer: str, subject: str) -> None:
        """Note that the user is this subject of this issuer."""
        row = {
            "token": self._subject_token(issuer, subject),
            "user": user,
            "sealed": self._operations.seal(
                _bound("subject", user), f"{issuer}\n{subject}".encode()
            ),
            "created_at": self._clock.now(),
        }
        with self._operations.database.write() as connection:
            connection.execute(insert(external_identity).values(row))

    def _subject_token(self, issuer: str, subject: str) -> bytes:
        return self._operations.token(b"subject", f"{issuer}\n{subject}".encode("utf-8", "replace"))

    # --- sessions ----------------------------------------------------------------------------

    def add_session(self, token: str, user: int, browser: str) -> None:
        """Keep a session's digest."""
        now, digest = self._clock.now(), _digest(token)
        row = {
            "digest": digest,
            "user": user,
            "created_at": now,
            "seen_at": now,
            "browser": self._operations.seal(_bound("browser", user), browser.encode()),
        }
        with self._operations.database.write() as connection:
            connection.execute(insert(web_session).values(row))

    def session(self, token: str) -> SessionRow | None:
        """The session of a token. Looked up by digest: its timing tells nothing."""
        query = select(web_session).where(web_session.c.digest == _digest(token))
        with self._operations.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return self._session(row) if row else None

    def sessions(self, user: int) -> list[SessionRow]:
        """A user's sessions, newest first."""
        c = web_session.c
        query = select(web_session).where(c.user == user).order_by(c.created_at.desc(), c.digest)
        with self._operations.database.read() as connection:
            return [self._session(row) for row in connection.execute(query)]

    def touch(self, token: str) -> None:
        """Note that a session was used now."""
        query = update(web_session).where(web_session.c.digest == _digest(token))
        with self._operations.database.write() as connection:
            connection.execute(query.values(seen_at=self._clock.now()))

    def end_session(self, id: str, user: int) -> bool:
        """End one of a user's sessions; False if there is none such."""
        ours = [one for one in self.sessions(user) if one.id == id]
        with self._operations.database.write() as connection:
            for one in ours:
                digest = bytes.fromhex(one.id)
                connection.execute(delete(web_session).where(web_session.c.digest == digest))
        return bool(ours)

    def end_sessions(self, user: int, *, but: str = "") -> int:
        """End a user's sessions, all or all but one; how many there were."""
        c = web_session.c
        query = delete(web_session).where(c.user == user, c.digest != bytes.fromhex(but))
        with self._operations.database.write() as connection:
            return connection.execute(query).rowcount

    def end_old_sessions(self, *, unseen_since: int, created_before: int) -> None:
        """Drop what no longer opens anything."""
        c = web_session.c
        query = delete(web_session).where(
            (c.seen_at < unseen_since) | (c.created_at < created_before)
        )
        with self._operations.database.write() as connection:
            connection.execute(query)

    def _session(self, row: Any) -> SessionRow:
        browser = self._operations.unseal(_bound("browser", row.user), row.browser).decode()
        return SessionRow(row.digest.hex(), row.user, row.created_at, row.seen_at, browser)

    # --- failures ----------------------------------------------------------------------------

    def failure_key(self, kind: str, *parts: str) -> bytes:
        """What failures are counted by: an HMAC, so that neither name nor address lies here."""
        data = "\n".join((kind, *parts)).encode("utf-8", "replace")
        return self._operations.token(b"failure", data)

    def count(self, keys: Collection[bytes], decide: Callable[[Failures], Counts | None]) -> bool:
        """Ask `decide` how many failures there are to be of each key, as of now (0 forgets it),
        given how many there are and when the last was. Nothing if it says None; whether it said
        anything. In one transaction: of many at once each sees what the one before counted."""
        c, now = sign_in_failure.c, self._clock.now()
        with self._counting, self._operations.database.write() as connection:
            rows = connection.execute(select(sign_in_failure).where(c.key.in_(list(keys))))
            counts = decide({row.key: (row.failures, row.last_at) for row in rows})
            if counts is None:
                return False
            connection.execute(delete(sign_in_failure).where(c.key.in_(list(counts))))
            new = [{"key": k, "failures": n, "last_at": now} for k, n in counts.items() if n > 0]
            if new:
                connection.execute(insert(sign_in_failure), new)
        return True

    def forget_failures(self, before: int) -> None:
        """Drop what no longer counts."""
        with self._operations.database.write() as connection:
            connection.execute(delete(sign_in_failure).where(sign_in_failure.c.last_at < before))

    def seal(self, use: bytes, data: bytes) -> bytes:
        """Encrypt what a browser is to keep for us and not to read."""
        return self._operations.seal(b"diarkiv/cookie/v1/" + use, data)

    def unseal(self, use: bytes, sealed: bytes) -> bytes:
        """What `seal` was given; `SealBroken` if it was not ours."""
        return self._operations.unseal(b"diarkiv/cookie/v1/" + use, sealed)

    def token(self, use: bytes, data: bytes) -> bytes:
        """An HMAC under this home's key, for a use of its own."""
        return self._operations.token(use, data)


def plain_login(login: str) -> str:
    """A login name as it is compared: one form, regardless of case."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def _bound(what: str, user: int) -> bytes:
    return f"diarkiv/account/v1/{what}/{user}".encode()


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()

"""What the log says of users, as rows: numbers and codes, never a name.

The roles a person has, and whether they may sign in at all, are facts of the archive and follow
from its log alone. So an older copy of the operations database gives nobody back what was taken
from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from archiver.core.access import Role
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.db.rows import Rows
from archiver.ledger.projection import Event

Roles: TypeAlias = tuple[tuple[Role, int], ...]


class UserProjector:
    """Rows of users and their changes, from their events."""

    types: frozenset[str] = frozenset({EventType.USER_ADDED, EventType.USER_CHANGED})

    def project(self, event: Event, rows: Rows) -> None:
        payload: Mapping[str, Any] = event.payload
        roles = payload.get("roles")
        text = None if roles is None else ",".join(f"{role}:{number}" for role, number in roles)
        disabled = payload.get("disabled", False if event.type == EventType.USER_ADDED else None)
        user = payload.get("user", event.seq)
        rows.add("user_change", event.seq, user, text, None if disabled is None else int(disabled))


def standings(connection: Connection, user: int | None = None) -> dict[int, tuple[Roles, bool]]:
    """User → roles, and whether they are disabled; of one user or of all, in order."""
    c = t.user_change.c
    query = select(t.user_change).order_by(c.seq)
    if user is not None:
        query = query.where(c.user == user)
    found: dict[int, tuple[Roles, bool]] = {}
    for row in connection.execute(query):
        roles, disabled = found.get(row.user, ((), False))
        roles = roles if row.roles is None else parse_roles(row.roles.split(","))
        disabled = disabled if row.disabled is None else bool(row.disabled)
        found[row.user] = (roles, disabled)
    return found


def changes(connection: Connection, user: int | None = None) -> list[int]:
    """Seqs of everything that was said of a user, or of all, in order."""
    c = t.user_change.c
    query = select(c.seq).order_by(c.seq)
    return list(connection.scalars(query if user is None else query.where(c.user == user)))


def any_user(connection: Connection) -> bool:
    """Whether anybody was ever added."""
    return connection.scalar(select(t.user_change.c.seq).limit(1)) is not None


def parse_roles(texts: Iterable[str]) -> Roles:
    """`registrar:12` → (role, authority). A role that this release does not know grants nothing."""
    known = {role.value: role for role in Role}
    pairs = (text.partition(":") for text in texts if text)
    return tuple((known[name], int(number)) for name, _, number in pairs if name in known)

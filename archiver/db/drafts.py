"""Drafts of the registrar's desk, in the operations database: asked for, and not sealed yet.

A draft lies encrypted under the operations key, bound to its id, and is gone once it was sealed or
undone. What it says of people never leaves it in clear.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    update,
)

from archiver.core.ports import Clock
from archiver.db.operations import Operations, metadata

desk_draft = Table(
    "desk_draft",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("actor", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),  # among those that were asked for together
    Column("due_at", BigInteger, nullable=False),
    Column("claimed", Integer, nullable=False),  # somebody seals it: it cannot be undone any more
    Column("failure", Text, nullable=False),
    Index("desk_draft_due", "failure", "claimed", "due_at"),
)


class Draft(NamedTuple):
    """A draft: what it says, who asked, and when it is to be sealed (milliseconds UTC). `failure`:
    why it could not be, in words; empty while it waits."""

    id: bytes
    actor: int
    authority: int
    content: bytes
    due_at: int
    failure: str


class Drafts:
    """Puts drafts in, gives those that are due, takes them away."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def put(
        self, drafts: Collection[Draft], judge: Callable[[Iterator[Draft]], None] = lambda _: None
    ) -> None:
        """Keep new drafts, all or none. `judge` is shown what waits at the same authorities while
        nobody else can add to it, and raises if they must not be kept."""
        now = self._clock.now()
        rows = [
            {
                "id": one.id,
                "actor": one.actor,
                "authority": one.authority,
                "sealed": self._operations.seal(_bound_to(one.id), one.content),
                "made_at": now,
                "place": place,
                "due_at": one.due_at,
                "claimed": 0,
                "failure": one.failure,
            }
            for place, one in enumerate(drafts)
        ]
        if rows:
            c, owners = desk_draft.c, {one.authority for one in drafts}
            with self._operations.database.write() as connection:
                judge(self._read(connection, c.authority.in_(owners), c.failure == ""))
                connection.execute(insert(desk_draft), rows)

    def of(self, authorities: Collection[int] | None, *, limit: int = 500) -> list[Draft]:
        """Drafts for these authorities (None: all), oldest first."""
        tests = [] if authorities is None else [desk_draft.c.authority.in_(authorities)]
        return self._found(*tests, limit=limit)

    def one(self, id_: bytes) -> Draft | None:
        """The draft of that id."""
        return next(iter(self._found(desk_draft.c.id == id_, limit=1)), None)

    def claim_due(self, *, limit: int = 200) -> list[Draft]:
        """Drafts that are to be sealed now, oldest first: from here on they cannot be undone. Those
        that a process claimed which then died are among them."""
        c = desk_draft.c
        waiting = (c.failure == "", c.due_at <= self._clock.now())
        with self._operations.database.read() as connection:
            if connection.scalar(select(c.id).where(*waiting).limit(1)) is None:
                return []
        with self._operations.database.write() as connection:
            connection.execute(update(desk_draft).where(*waiting).values(claimed=1))
        return self._found(c.failure == "", c.claimed == 1, limit=limit)

    def sealed(self, ids: Collection[bytes]) -> None:
        """Forget drafts that were sealed."""
        with self._operations.database.write() as connection:
            connection.execute(delete(desk_draft).where(desk_draft.c.id.in_(ids)))

    def undo(self, id_: bytes) -> bool:
        """Forget a draft that nobody has claimed; False if it is too late."""
        c = desk_draft.c
        with self._operations.database.write() as connection:
            query = delete(desk_draft).where(c.id == id_, or_(c.claimed == 0, c.failure != ""))
            return connection.execute(query).rowcount > 0

    def failed(self, id_: bytes, why: str) -> None:
        """Note why a draft could not be sealed: it waits for a person."""
        with self._operations.database.write() as connection:
            connection.execute(update(desk_draft).where(desk_draft.c.id == id_).values(failure=why))

    def _found(self, *tests: ColumnElement[bool], limit: int) -> list[Draft]:
        with self._operations.database.read() as connection:
            return list(self._read(connection, *tests, limit=limit))

    def _read(
        self, connection: Connection, *tests: ColumnElement[bool], limit: int | None = None
    ) -> Iterator[Draft]:
        c = desk_draft.c
        columns = (c.id, c.actor, c.authority, c.sealed, c.due_at, c.failure)
        query = select(*columns).where(*tests).order_by(c.made_at, c.place, c.id).limit(limit)
        for row in connection.execute(query).all():
            yield Draft(
                row.id,
                row.actor,
                row.authority,
                self._operations.unseal(_bound_to(row.id), row.sealed),
                row.due_at,
                row.failure,
            )


def _bound_to(id_: bytes) -> bytes:
    return b"diarkiv/draft/v1/" + id_

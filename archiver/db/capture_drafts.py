"""Files of what is being captured by hand, from when they are chosen until they are captured.

A browser does not fill in a file again, so what was chosen is kept here while the rest of the form
is put right: encrypted as credentials are, bound to its draft and place, for whoever chose it only,
and for a day at most. None of it is archive; what is captured is sealed there and deleted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from archiver.core.ports import Clock, Random
from archiver.db.operations import Operations, metadata
from archiver.errors import ConfigError, NotFound

LIFE = 86_400_000  # milliseconds
MOST = 512 * 2**20  # bytes of one person's drafts
_HEADER = -1  # the part that names a file: written last, so that a file is whole or not there
_ID_BYTES = 16

capture_draft = Table(
    "capture_draft",
    metadata,
    Column("draft", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("actor", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("capture_draft_actor", "actor", "at"),
)
_c = capture_draft.c


class DraftFile(NamedTuple):
    """A file that waits: its place in the draft, name, media type and size in bytes."""

    number: int
    name: str
    mime: str
    size: int


class CaptureDrafts:
    """The drafts of one home."""

    def __init__(self, operations: Operations, clock: Clock, random: Random) -> None:
        self._operations, self._clock, self._random = operations, clock, random

    def new(self) -> str:
        """The id of a draft that holds nothing yet."""
        return self._random(_ID_BYTES).hex()

    def add(
        self, draft: str, actor: int, name: str, mime: str, chunks: Iterable[bytes]
    ) -> DraftFile:
        """Keep a file. `NotFound` if the draft is somebody else's, `ConfigError` if the person's
        drafts would be larger than `MOST` bytes."""
        self.clear_old()
        now, size = self._clock.now(), 0
        with self._operations.database.write() as connection:
            self._own(connection, draft, actor)
            held = connection.scalar(select(func.sum(_c.size)).where(_c.actor == actor)) or 0
            last = connection.scalar(select(func.max(_c.number)).where(_c.draft == draft))
            number = 0 if last is None else int(last) + 1
            row = {"draft": draft, "number": number, "actor": actor, "at": now}
            for part, piece in enumerate(chunks):
                size += len(piece)
                if held + size > MOST:
                    raise ConfigError(
                        "There are too many files in drafts.",
                        remedy="Finish what you began before, or wait a day.",
                    )
                sealed = self._operations.seal(_bound_to(draft, number, part), piece)
                values = {**row, "part": part, "size": len(piece), "sealed": sealed}
                connection.execute(insert(capture_draft).values(values))
            header = orjson.dumps({"name": name, "mime": mime, "size": size})
            sealed = self._operations.seal(_bound_to(draft, number, _HEADER), header)
            values = {**row, "part": _HEADER, "size": 0, "sealed": sealed}
            connection.execute(insert(capture_draft).values(values))
        return DraftFile(number, name, mime, size)

    def clear_old(self) -> None:
        """Delete what was left for longer than a day."""
        with self._operations.database.write() as connection:
            connection.execute(delete(capture_draft).where(_c.at < self._clock.now() - LIFE))

    def files(self, draft: str, actor: int) -> list[DraftFile]:
        """The draft's files, in order; none if it is not there any more, or is somebody else's."""
        query = (
            select(_c.number, _c.sealed)
            .where(_c.draft == draft, _c.actor == actor, _c.part == _HEADER)
            .where(_c.at >= self._clock.now() - LIFE)
            .order_by(_c.number)
        )
        with self._operations.database.read() as connection:
            rows = connection.execute(query).all()
        found = []
        for number, sealed in rows:
            data = self._operations.unseal(_bound_to(draft, number, _HEADER), sealed)
            found.append(DraftFile(number=number, **orjson.loads(data)))
        return found

    def chunks(self, draft: str, number: int) -> Iterator[bytes]:
        """A file's bytes, piece by piece."""
        part = 0
        while True:
            query = select(_c.sealed).where(_c.draft == draft, _c.number == number, _c.part == part)
            with self._operations.database.read() as connection:
                sealed = connection.scalar(query)
            if sealed is None:
                return
            yield self._operations.unseal(_bound_to(draft, number, part), sealed)
            part += 1

    def drop(self, draft: str, actor: int, number: int | None = None) -> None:
        """Delete one file of a draft, or all of it. SQLite overwrites freed pages."""
        query = delete(capture_draft).where(_c.draft == draft, _c.actor == actor)
        with self._operations.database.write() as connection:
            connection.execute(query if number is None else query.where(_c.number == number))

    def _own(self, connection: Connection, draft: str, actor: int) -> None:
        query = select(_c.actor).where(_c.draft == draft).limit(1)
        if connection.scalar(query) not in (None, actor):
            raise NotFound("There is no such draft.")


def _bound_to(draft: str, number: int, part: int) -> bytes:
    return f"diarkiv/capture-draft/v1/{draft}/{number}/{part}".encode()

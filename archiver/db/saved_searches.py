"""Searches that people have saved: a name, the text as typed, and the filters.

Part of the operations database: a saved search is a tool and no record. It belongs to the one who
saved it, and nobody else reads, runs or removes it. Name and text may name a person, so they lie
here encrypted, bound to their owner. What can be saved is text and the filters there are; there is
none for a person or a sensitive category (dataskyddslag 3:3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    delete,
    func,
    insert,
    select,
)

from archiver.core.ports import Clock
from archiver.core.record import clean
from archiver.db.operations import Operations, metadata
from archiver.errors import ConfigError, NotFound

MAX_NAME = 80  # characters
MAX_QUERY = 400
MOST = 200  # of one person
# The filters that can be saved, by their names in an address; a value is a code, number or date.
FILTERS = frozenset({"konto", "tillstand", "riktning", "slag", "klass", "arende"})
FILTERS |= {"andrade", "aldre", "fran", "till"}
MAX_VALUE = 40

saved_search = Table(
    "saved_search",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("actor", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("saved_search_actor", "actor"),
)


class SavedSearch(NamedTuple):
    """A search that its owner can run again. `created_at`: milliseconds UTC."""

    id: int
    name: str
    query: str
    filters: Mapping[str, str]
    created_at: int


class SavedSearches:
    """The saved searches of a home, each under its owner's number."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._database = operations.database
        self._seal, self._unseal = operations.seal, operations.unseal
        self._clock = clock

    def save(self, actor: int, name: str, query: str, filters: Mapping[str, str]) -> SavedSearch:
        """Keep a search; one of the same name is replaced. `ConfigError` for a name that is empty
        or too long, for a filter that cannot be saved, or when there are too many."""
        name, query = clean(" ".join(name.split())), clean(query.strip())
        if not name or len(name) > MAX_NAME or len(query) > MAX_QUERY:
            raise ConfigError(
                f"A saved search needs a name of 1 to {MAX_NAME} characters and a text of at most "
                f"{MAX_QUERY}.",
                remedy="Nothing was saved.",
            )
        kept = {key: clean(value) for key, value in sorted(filters.items()) if value}
        if kept.keys() - FILTERS or any(len(value) > MAX_VALUE for value in kept.values()):
            raise ConfigError("A search is saved with its text and its filters, nothing else.")
        fields = {"name": name, "query": query, "filters": kept}
        now = self._clock.now()
        row = {
            "actor": actor,
            "sealed": self._seal(_bound_to(actor), orjson.dumps(fields)),
            "created_at": now,
        }
        before = [one.id for one in self.of(actor) if one.name.casefold() == name.casefold()]
        count = select(func.count()).where(saved_search.c.actor == actor)
        with self._database.write() as connection:
            connection.execute(delete(saved_search).where(saved_search.c.id.in_(before)))
            if (connection.scalar(count) or 0) >= MOST:
                raise ConfigError(
                    f"There are {MOST} saved searches already.", remedy="Remove one first."
                )
            done = connection.execute(insert(saved_search).values(row))
            number = int(done.inserted_primary_key[0])  # type: ignore[index]
        return SavedSearch(number, name, query, kept, now)

    def of(self, actor: int) -> list[SavedSearch]:
        """What somebody has saved, by name."""
        s = saved_search.c
        query = select(s.id, s.sealed, s.created_at).where(s.actor == actor)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        found = []
        for number, sealed, created_at in rows:
            fields = orjson.loads(self._unseal(_bound_to(actor), sealed))
            found.append(SavedSearch(number, **fields, created_at=created_at))
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    def filters_in_use(self) -> frozenset[str]:
        """By what the searches of everybody narrow, by the filters' names: no value, name or text,
        and not whose they are."""
        with self._database.read() as connection:
            actors = connection.scalars(select(saved_search.c.actor).distinct()).all()
        return frozenset(name for actor in actors for one in self.of(actor) for name in one.filters)

    def get(self, actor: int, name: str) -> SavedSearch:
        """Somebody's search of that name or number; `NotFound` if there is none."""
        for one in self.of(actor):
            if name.casefold() in (one.name.casefold(), str(one.id)):
                return one
        raise NotFound("There is no such saved search.", remedy="`diarkiv saved list` names them.")

    def remove(self, actor: int, number: int) -> None:
        """Forget one; `NotFound` if it is not theirs. SQLite overwrites freed pages."""
        s = saved_search.c
        with self._database.write() as connection:
            query = delete(saved_search).where(s.id == number, s.actor == actor)
            if not connection.execute(query).rowcount:
                raise NotFound("There is no such saved search.")


def _bound_to(actor: int) -> bytes:
    return f"diarkiv/saved-search/v1/{actor}".encode()

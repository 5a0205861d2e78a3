"""The port to a database of a home, and what both its adapters share.

A home has two of them, the projection and the operations database. Each is a SQLite file
(`archiver.db.sqlite`) or a PostgreSQL schema (`archiver.db.postgres`). Both keep these promises:
what is committed survives power loss; write transactions run one after the other, so that none
fails half-way; nothing that reads can write, and no read transaction outlives a request; errors
are ours, with a remedy, and hold no value of a row and no password.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Table, select

REBUILD = "Run `diarkiv rebuild`: it makes the database anew from the archive."
FULL = "Free some disk space and run the command again; nothing was lost."


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a database is, and the settings of its server by which a crash could lose or damage
    what was committed (`weak`, as `name=value`)."""

    name: str
    weak: tuple[str, ...] = ()


class Guard(Protocol):
    """The right to be a database's only writer, while it is held."""

    def check(self) -> None:
        """`StoreUnavailable` if the right was lost: nothing more may then be written."""


class Database(Protocol):
    """One database. `remedy` says what to do if it is damaged or gone: a projection is made anew,
    anything else comes from a backup."""

    @property
    def remedy(self) -> str: ...

    @property
    def identity(self) -> tuple[int, int] | None:
        """Which file or schema was last connected to; it changes when one is swapped in."""

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that commits at the end, or rolls back on an exception."""

    def read(self) -> AbstractContextManager[Connection]:
        """A read-only connection; each statement sees the newest committed state."""

    def exists(self) -> bool:
        """Whether there is anything; `StoreUnavailable` if that cannot be told."""

    def alone(self) -> AbstractContextManager[Guard]:
        """Be the only writer of all machines that share the database; waits for whoever is. The
        caller holds the lock of the home folder already."""

    def replaced(self) -> AbstractContextManager[Database]:
        """A new, empty database beside this one. At the end of the block it takes this one's place
        in one step, which readers do not notice; on an exception this one stays."""

    def condition(self) -> Condition:
        """What it is and how safe, for `doctor`."""

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""


def dump(connection: Connection, tables: Iterable[Table]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Every row of every table in key order, for comparing a rebuilt database with the live one."""
    for table in tables:
        for row in connection.execute(select(table).order_by(*table.primary_key)):
            yield table.name, tuple(row)

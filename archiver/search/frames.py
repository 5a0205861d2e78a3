"""What search needs of a ledger: its tables and the content of its frames.

The ledger stands above search in the import rule; it fits these protocols as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, select

from archiver.core.canonical import Json
from archiver.db import tables as t
from archiver.db.engine import Database


class Content(Protocol):
    """An opened frame."""

    @property
    def envelope(self) -> Mapping[str, Json]: ...


class Frames(Protocol):
    """The ledger as search sees it."""

    @property
    def database(self) -> Database: ...

    def open(self, seqs: Sequence[int]) -> Mapping[int, Content]:
        """Content of sealed entries by seq; a `DiarkivError` if any of them does not open."""
        ...


def projected_size(connection: Connection) -> int:
    """How many entries of the log the tables hold."""
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.name == "projected")) or 0

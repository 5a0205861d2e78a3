"""Reads of matters that are taken through steps: one way for every kind, each with tables of its
own. A matter's table has `seq`, `authority` and `state`; its table of steps has `seq` and `of`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Column, Connection, Table, select

from archiver.core.access import Authorities
from archiver.db import hold_tables as h
from archiver.db import tables as t

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class MatterTables(Generic[Row]):
    """The tables of one kind of matter. `began`: the column of when it came in, which lists go by;
    `row`: a row of `matter` from its columns, in order."""

    matter: Table
    step: Table
    began: Column[int]
    row: Callable[..., Row]

    def rows(
        self,
        connection: Connection,
        authorities: Authorities = None,
        *,
        states: Collection[str] | None = None,
    ) -> list[Row]:
        """Matters of these authorities (None: all) in these states (None: any), oldest first."""
        c = self.matter.c
        query = select(self.matter).order_by(self.began, c.seq)
        if authorities is not None:
            query = query.where(c.authority.in_(authorities))
        if states is not None:
            query = query.where(c.state.in_(sorted(states)))
        return [self.row(*found) for found in connection.execute(query)]

    def one(self, connection: Connection, seq: int) -> Row | None:
        """One matter; None if there is none of that number."""
        query = select(self.matter).where(self.matter.c.seq == seq)
        found = connection.execute(query).one_or_none()
        return self.row(*found) if found else None

    def steps(self, connection: Connection, seq: int) -> list[int]:
        """The entries of a matter's steps, in order."""
        c = self.step.c
        return list(connection.scalars(select(c.seq).where(c.of == seq).order_by(c.seq)))

    def held_still(self, connection: Connection) -> list[int]:
        """Closed matters for which something is held from disposal all the same."""
        c, hold = self.matter.c, h.disposal_hold.c
        query = (
            select(c.seq)
            .join(h.disposal_hold, hold.source == c.seq)
            .where(c.state == "closed", hold.lifted_on.is_(None))
        )
        return list(connection.scalars(query.distinct()))


def recorded_at(connection: Connection, seq: int) -> int:
    """When an entry was written, in milliseconds UTC."""
    at: int = connection.execute(select(t.entry.c.at).where(t.entry.c.seq == seq)).scalar_one()
    return at

"""Matters that are taken through steps, in a home: whose they are, what was said, what they hold.

Each step is an event in the authority's register cohort. What a matter concerns is held from
disposal: the hold is placed before the step is recorded and let go after it, so that a crash
between the two holds too long and never too little; `settle` lets go of what was left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.ports import HoldPlacer
from archiver.db.matter import MatterTables, recorded_at
from archiver.errors import NotFound
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

COHORT = "register"
Taken = TypeVar("Taken")


class Belonging(Protocol):
    """A matter's row: every kind has an authority."""

    @property
    def authority(self) -> int: ...


Row = TypeVar("Row", bound=Belonging)


class Said(NamedTuple, Generic[Taken]):
    """A matter as it is sealed: when it was recorded (milliseconds UTC), its fields, its steps."""

    at: int
    fields: Mapping[str, Json]
    steps: tuple[Taken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Row, Taken]):
    """What one kind of matter has of its own. `open`: its states but closed; `permission`: to read
    one; `name` and `listed_by` say what there is none of, and which command lists them; `over`:
    why what it held is let go; `taken_of`: a step from its sealed fields."""

    tables: MatterTables[Row]
    taken_of: Callable[[Mapping[str, Any]], Taken]
    open: Collection[str]
    permission: Permission
    name: str
    listed_by: str
    over: str


class Matters(Generic[Row, Taken]):
    """The matters of one kind in a home."""

    def __init__(self, ledger: Ledger, holds: HoldPlacer, kind: Kind[Row, Taken]) -> None:
        self._ledger, self._holds, self._kind = ledger, holds, kind

    def rows(self, viewer: Viewer, *, closed: bool) -> list[Row]:
        """Those of the viewer's authorities, the oldest first; with `closed` closed ones too."""
        states = None if closed else self._kind.open
        mine = viewer.authorities(self._kind.permission)
        with self._ledger.database.read() as connection:
            return self._kind.tables.rows(connection, mine, states=states)

    def row(self, viewer: Viewer, seq: int) -> Row:
        """One of them; `NotFound` if there is none that is the viewer's."""
        with self._ledger.database.read() as connection:
            row = self._kind.tables.one(connection, seq)
        if row is None or not viewer.may(self._kind.permission, row.authority):
            raise NotFound(
                f"There is no such {self._kind.name}.",
                remedy=f"`diarkiv {self._kind.listed_by}` shows them.",
            )
        return row

    def said(self, seq: int) -> Said[Taken]:
        """What was said of one from its first word on."""
        with self._ledger.database.read() as connection:
            numbers = self._kind.tables.steps(connection, seq)
            at = recorded_at(connection, seq)
        opened = self._ledger.open([seq, *numbers])
        steps = tuple(self._kind.taken_of(opened[number].envelope) for number in numbers)
        return Said(at, opened[seq].envelope, steps)

    def steps(self, connection: Connection, seq: int) -> list[Taken]:
        """The steps of one, in order, as the connection sees them."""
        numbers = self._kind.tables.steps(connection, seq)
        opened = self._ledger.open(numbers)
        return [self._kind.taken_of(opened[number].envelope) for number in numbers]

    def append(self, type_: str, authority: int, fields: Mapping[str, Json]) -> int:
        """Seal and record an event of an authority; its number."""
        sealed = seal(FrameKind.EVENT, fields, random=self._ledger.random)
        with self._ledger.writer() as writer:
            return writer.append(type_, sealed, writer.cohort(authority, COHORT))

    def let_go(self, seq: int, actor: int) -> None:
        """Let go of what one held."""
        self._holds.release(seq, reason=self._kind.over, actor=actor)

    def settle(self) -> int:
        """Let go of what closed ones hold still, after a crash; how many there were."""
        with self._ledger.database.read() as connection:
            closed = self._kind.tables.held_still(connection)
        for seq in closed:
            self.let_go(seq, 0)
        return len(closed)

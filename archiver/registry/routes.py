"""The routing table that holds for each authority: the shipped one, with its own file laid over it.

An authority sets its table as an event: what held when, and who set it, stays in the log. What is
sealed is the file as it was given, which says only what differs; so a later release's shipped rows
reach everybody who has not changed them. A file that a later release can no longer read is not
used, and said to be so: never half.

Invariants: nothing is set of a file with anything wrong in it; an authority's table is read anew
when a newer one was set, by whatever process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, func, select

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db import register_tables as r
from archiver.ledger.service import Ledger
from archiver.registry import queries
from archiver.registry.core.phrase import Problem, Refused, phrase
from archiver.registry.core.routing import RoutingTable
from archiver.registry.core.routing_file import override
from archiver.registry.shipped import routing_table

LONGEST = 40_000  # characters of a file
_PART = 700  # characters in one event, so that it stays within the writer's bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """A table that an authority set: its first entry in the log, when (milliseconds UTC), by whom,
    and the file's own version."""

    seq: int
    at: int
    actor: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The table that holds for an authority. `own` is what it set last, `text` that file; both are
    empty where it set nothing. `problems`: why the file cannot be used with this release; then
    the shipped table holds."""

    authority: int
    table: RoutingTable
    own: Set | None = None
    text: str = ""
    problems: tuple[Problem, ...] = ()

    def changed(self, shipped: RoutingTable) -> frozenset[str]:
        """The rows that are the authority's own, in what they say or in whom they lead to."""
        people = {
            key for key, one in self.table.recipients.items() if one != shipped.recipients.get(key)
        }
        return frozenset(
            key
            for key, route in self.table.routes.items()
            if route != shipped.routes.get(key) or people & set(route.recipients)
        )


class Routes:
    """The routing tables of a home's authorities."""

    def __init__(self, ledger: Ledger, shipped: RoutingTable | None = None) -> None:
        self._ledger = ledger
        self.shipped = shipped or routing_table()
        self._known: dict[int, Held] = {}
        self._lock = Lock()

    def tables(self, authorities: Collection[int]) -> Mapping[int, Held]:
        """Authority → the table that holds for it; one query, and a reading where one was set."""
        with self._ledger.database.read() as connection:
            newest = _newest(connection, authorities)
            return {one: self._held(connection, one, newest.get(one)) for one in set(authorities)}

    def table(self, authority: int) -> RoutingTable:
        """The table that holds for one authority."""
        return self.tables([authority])[authority].table

    def held(self, viewer: Viewer, authority: int) -> Held:
        """What holds for an authority, for somebody who may read its register."""
        viewer.require(Permission.READ, authority)
        return self.tables([authority])[authority]

    def history(self, viewer: Viewer, authority: int) -> list[Set]:
        """Every table that the authority set, the newest first."""
        viewer.require(Permission.READ, authority)
        with self._ledger.database.read() as connection:
            found = connection.scalars(
                select(r.routing.c.of)
                .where(r.routing.c.authority == authority, r.routing.c.last == 1)
                .order_by(r.routing.c.of.desc())
            ).all()
            at = queries.instants(connection, found)
        opened = self._ledger.open(found)
        return [_set(seq, at[seq], opened[seq].envelope) for seq in found]

    def check(self, data: bytes) -> RoutingTable | Refused:
        """The table that a file would give, or what is wrong with it, row by row."""
        read = _text(data)
        return read if isinstance(read, Refused) else override(self.shipped, read)

    def set(self, viewer: Viewer, authority: int, data: bytes) -> Held | Refused:
        """Set an authority's table from a file, all of it, or say what is wrong with the file. The
        same file again changes nothing."""
        viewer.require(Permission.SET_REGISTER, authority)
        text, table = _text(data), self.check(data)
        if isinstance(text, Refused):
            return text
        if isinstance(table, Refused):
            return table
        if self.held(viewer, authority).text != text:
            with self._ledger.writer() as writer:
                cohort = writer.cohort(authority, "register")
                first: int | None = None
                for payload in _parts(text, authority=authority, actor=viewer.actor, table=table):
                    of: dict[str, Json] = {} if first is None else {"of": first}
                    seq = writer.append_event(
                        EventType.ROUTES_SET, {**payload, **of}, cohort=cohort
                    )
                    first = seq if first is None else first
        return self.held(viewer, authority)

    def _held(self, connection: Connection, authority: int, newest: int | None) -> Held:
        if newest is None:
            return Held(authority=authority, table=self.shipped)
        known = self._known.get(authority)
        if known is not None and known.own is not None and known.own.seq == newest:
            return known
        seqs = connection.scalars(
            select(r.routing.c.seq).where(r.routing.c.of == newest).order_by(r.routing.c.seq)
        ).all()
        opened = self._ledger.open(seqs)
        text = "".join(str(opened[seq].envelope["text"]) for seq in seqs)
        at = queries.instants(connection, [newest])[newest]
        read = override(self.shipped, text)
        held = Held(
            authority=authority,
            table=self.shipped if isinstance(read, Refused) else read,
            own=_set(newest, at, opened[newest].envelope),
            text=text,
            problems=read.problems if isinstance(read, Refused) else (),
        )
        with self._lock:
            self._known[authority] = held
        return held


def _newest(connection: Connection, authorities: Collection[int]) -> dict[int, int]:
    """Authority → the first entry of the table that it set last, where it set one."""
    c = r.routing.c
    query = (
        select(c.authority, func.max(c.of))
        .where(c.last == 1, c.authority.in_(set(authorities)))
        .group_by(c.authority)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _set(seq: int, at: int, sealed: Any) -> Set:
    return Set(seq=seq, at=at, actor=sealed["actor"], version=sealed["version"])


def _text(data: bytes) -> str | Refused:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return Refused((Problem(0, phrase("text_not_utf8")),))
    if len(text) > LONGEST:
        return Refused((Problem(0, phrase("text_long", limit=LONGEST)),))
    return text


def _parts(
    text: str, *, authority: int, actor: int, table: RoutingTable
) -> Iterator[dict[str, Json]]:
    pieces = [text[start : start + _PART] for start in range(0, len(text), _PART)]
    for number, piece in enumerate(pieces, start=1):
        yield {
            "authority": authority,
            "version": table.version.partition("+")[2],
            "part": number,
            "parts": len(pieces),
            "text": piece,
            "actor": actor,
        }

"""What the tables answer of upkeep: which notes there are. Their words are in the frames."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver.db import governance_tables as g
from archiver.governance.core import upkeep as u
from archiver.governance.core.book import Note
from archiver.ledger.service import Ledger


class Noted(NamedTuple):
    """A note and its entry."""

    seq: int
    note: Note[u.Said]


def notes(
    ledger: Ledger,
    connection: Connection,
    authority: int,
    act: str,
    channels: Collection[int] | None = None,
) -> list[Noted]:
    """An authority's notes of a kind, of these channels (None: any), the oldest first."""
    c = g.upkeep.c
    query = select(c.seq).where(c.authority == authority, c.act == act).order_by(c.seq).distinct()
    if channels is not None:
        query = query.where(c.channel.in_(channels))
    opened = ledger.open(list(connection.scalars(query)))
    return [Noted(seq, u.BOOK.note_of(one.envelope)) for seq, one in sorted(opened.items())]


def terms_changed(connection: Connection, authority: int) -> list[int]:
    """The entries in which an authority's initiatives noted that a platform has new terms."""
    act, one = g.initiative_act.c, g.initiative.c
    query = select(act.seq).join(g.initiative, one.seq == act.of)
    query = query.where(one.authority == authority, act.act == "terms").order_by(act.seq)
    return list(connection.scalars(query))

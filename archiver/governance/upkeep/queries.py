"""What the tables answer of upkeep: which notes there are. Their words are in the frames."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver.db import governance_tables as g
from archiver.db import tables as t
from archiver.governance.core import upkeep as u
from archiver.governance.core.book import Note
from archiver.ledger.service import Ledger


class Look(NamedTuple):
    """That somebody looked at a channel, and when (milliseconds UTC)."""

    channel: int
    at: int


class Plan(NamedTuple):
    """How supervision was planned, and the day it was noted."""

    day: date
    said: u.Supervised


class Visit(NamedTuple):
    """What a page showed, and when it was fetched (milliseconds UTC)."""

    at: int
    said: u.PageVisited


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


def looks(connection: Connection, channels: Collection[int], since: int) -> list[Look]:
    """When somebody looked at these channels, from an instant on."""
    c, e = g.upkeep.c, t.entry.c
    query = (
        select(c.channel, e.at)
        .join(t.entry, e.seq == c.seq)
        .where(c.channel.in_(channels), c.act == "look", e.at >= since)
        .order_by(c.seq)
    )
    return [Look(row.channel, row.at) for row in connection.execute(query)]


def supervised(ledger: Ledger, connection: Connection, authority: int) -> list[Plan]:
    """An authority's plans of supervision, the oldest first."""
    every = notes(ledger, connection, authority, "supervise")
    return [
        Plan(one.note.day, one.note.said)
        for one in every
        if isinstance(one.note.said, u.Supervised)
    ]


def visits(ledger: Ledger, connection: Connection, authority: int) -> list[Visit]:
    """The pages that an authority had fetched, the oldest first."""
    every = notes(ledger, connection, authority, "visit")
    e = t.entry.c
    query = select(e.seq, e.at).where(e.seq.in_([one.seq for one in every]))
    at = {row.seq: row.at for row in connection.execute(query)}
    return [
        Visit(at[one.seq], one.note.said)
        for one in every
        if isinstance(one.note.said, u.PageVisited)
    ]


def plan_of(plans: Sequence[Plan], channel: int | None) -> Plan | None:
    """The newest plan that holds for a channel (None: an account that is not there yet)."""
    mine = [one for one in plans if not one.said.channels or channel in one.said.channels]
    return mine[-1] if mine else None


def terms_changed(connection: Connection, authority: int) -> list[int]:
    """The entries in which an authority's initiatives noted that a platform has new terms."""
    act, one = g.initiative_act.c, g.initiative.c
    query = select(act.seq).join(g.initiative, one.seq == act.of)
    query = query.where(one.authority == authority, act.act == "terms").order_by(act.seq)
    return list(connection.scalars(query))

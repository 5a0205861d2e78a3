"""What the tables of governance answer: which initiatives, and which approval covered a channel."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from archiver.core.access import Authorities
from archiver.db import governance_tables as g
from archiver.db import tables as t
from archiver.governance.core.approval import Outcome

LAST_DAY = 99991231


class InitiativeRow(NamedTuple):
    """An initiative as the tables tell it; `live_since` is YYYYMMDD."""

    seq: int
    authority: int
    live_since: int | None
    step: int
    cycle: int
    state: str


class ApprovalRow(NamedTuple):
    """An approval: its entry, the initiative it is of, and from when it is valid (YYYYMMDD)."""

    seq: int
    of: int
    kind: str
    valid_from: int
    valid_until: int


def day_number(day: date) -> int:
    """A day as YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def initiatives(
    connection: Connection, authorities: Authorities = None, *, closed: bool = False
) -> list[InitiativeRow]:
    """Initiatives of these authorities (None: all), the oldest first; closed ones if asked for."""
    query = select(*(g.initiative.c[name] for name in InitiativeRow._fields))
    query = query.order_by(g.initiative.c.seq)
    if authorities is not None:
        query = query.where(g.initiative.c.authority.in_(authorities))
    if not closed:
        query = query.where(g.initiative.c.state != "closed")
    return [InitiativeRow._make(row) for row in connection.execute(query)]


def initiative(connection: Connection, seq: int) -> InitiativeRow | None:
    """One initiative; None if there is no such entry."""
    query = select(*(g.initiative.c[name] for name in InitiativeRow._fields))
    row = connection.execute(query.where(g.initiative.c.seq == seq)).first()
    return InitiativeRow._make(row) if row else None


def acts(connection: Connection, seq: int) -> list[int]:
    """The entries of an initiative's acts, in their order."""
    c = g.initiative_act.c
    return list(connection.scalars(select(c.seq).where(c.of == seq).order_by(c.seq)))


def reclassings(connection: Connection, authority: int) -> list[int]:
    """The entries of an authority's decisions on what is mandatory, in their order."""
    c = g.gate_class.c
    return list(connection.scalars(select(c.seq).where(c.authority == authority).order_by(c.seq)))


def of_channel(connection: Connection, channel: int) -> list[int]:
    """The initiatives that a channel belongs to, closed ones too."""
    c = g.initiative_channel.c
    return list(connection.scalars(select(c.of).where(c.channel == channel).order_by(c.of)))


def by_channel(connection: Connection) -> dict[int, InitiativeRow]:
    """Channel → the newest initiative that it belongs to and that is not closed."""
    c = g.initiative_channel.c
    open_ = {one.seq: one for one in initiatives(connection)}
    query = select(c.channel, c.of).order_by(c.of)
    return {row.channel: open_[row.of] for row in connection.execute(query) if row.of in open_}


def place(connection: Connection, channel: int) -> tuple[int, str] | None:
    """The authority and the platform of a channel; None if there is no such channel."""
    c = t.channel.c
    row = connection.execute(select(c.authority, c.platform).where(c.seq == channel)).first()
    return (row.authority, row.platform) if row else None


def covering(
    connection: Connection, *, authority: int, platform: str, channel: int | None, day: date
) -> ApprovalRow | None:
    """Which approval covered a channel on a day (None: an account that is not there yet): of
    several the one that is valid from the latest day. As `core.approval.covering`, by one query."""
    p, on = g.political_approval.c, day_number(day)
    query = (
        select(*(p[name] for name in ApprovalRow._fields))
        .where(
            p.authority == authority,
            p.outcome == Outcome.APPROVED.value,
            p.annulled.is_(None),
            p.valid_from <= on,
            p.valid_until >= on,
            _within("platform", platform),
            _within("channel", "" if channel is None else str(channel)),
        )
        .order_by(p.valid_from.desc(), p.seq)
        .limit(1)
    )
    row = connection.execute(query).first()
    return ApprovalRow._make(row) if row else None


def _within(what: str, value: str) -> ColumnElement[bool]:
    """Whether an approval is not limited in what it names, or names this."""
    s: Any = g.approval_scope.c
    limits = select(s.approval).where(s.approval == g.political_approval.c.seq, s.what == what)
    return ~limits.exists() | limits.where(s.value == value).exists()

"""What the tables answer of moderation: what the log holds, and what the platform showed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, func, null, or_, select, union_all

from archiver.core.access import Authorities
from archiver.core.changes import State
from archiver.core.disappearance import Why
from archiver.db import moderation_tables as mt
from archiver.db import tables as t
from archiver.governance.core import moderation as m

_AWAY = tuple(sorted(state.value for state in m.AWAY))


class MeasureRow(NamedTuple):
    """A measure as the tables tell it; `on` and `review` are YYYYMMDD."""

    seq: int
    authority: int
    channel: int
    measure: str
    on: int
    ground: str | None
    decided: int
    review: int | None
    lifted: int | None


class Reconciled(NamedTuple):
    """An episode of a record of a channel, and its cause as it stands."""

    episode: m.Episode
    channel: int
    cause: m.Cause


def day_of(number: int) -> date:
    """The day of YYYYMMDD."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def measures(
    connection: Connection, authorities: Authorities = None, *, channels: Collection[int] = ()
) -> list[MeasureRow]:
    """Measures of these authorities (None: all) and channels (none: all), the oldest first."""
    c = mt.moderation.c
    query = select(*(c[name] for name in MeasureRow._fields)).order_by(c.seq)
    if authorities is not None:
        query = query.where(c.authority.in_(authorities))
    if channels:
        query = query.where(c.channel.in_(channels))
    return [MeasureRow._make(row) for row in connection.execute(query)]


def measure(connection: Connection, seq: int) -> MeasureRow | None:
    """One measure; None if there is no such entry."""
    c = mt.moderation.c
    row = connection.execute(
        select(*(c[name] for name in MeasureRow._fields)).where(c.seq == seq)
    ).first()
    return MeasureRow._make(row) if row else None


def owners(connection: Connection, records: Collection[int]) -> dict[int, tuple[int, int]]:
    """Record → its channel and authority, of those that came in."""
    c = t.record.c
    query = (
        select(c.seq, c.channel, t.channel.c.authority)
        .join(t.channel, t.channel.c.seq == c.channel)
        .where(c.seq.in_(records), c.origin == "received")
    )
    return {row.seq: (row.channel, row.authority) for row in connection.execute(query)}


def limit(connection: Connection, authority: int) -> int:
    """How many of unknown cause an authority lets stand without attestation; 0 if it said none."""
    c = mt.moderation_limit.c
    newest = select(c.most).where(c.authority == authority).order_by(c.seq.desc()).limit(1)
    return connection.scalar(newest) or 0


def received(connection: Connection, channels: Collection[int]) -> int:
    """How many records came in on these channels."""
    c = t.record.c
    query = select(func.count()).where(c.channel.in_(channels), c.origin == "received")
    return connection.scalar(query) or 0


def blocks(connection: Connection, channels: Collection[int]) -> list[m.Block]:
    """Blocks that stand on these channels."""
    return [
        m.Block(
            one.seq, bool(one.ground), bool(one.decided), day_of(one.review) if one.review else None
        )
        for one in (measures(connection, channels=channels) if channels else ())
        if one.measure == m.Measure.BLOCK and one.lifted is None
    ]


def reconciled(connection: Connection, channels: Collection[int]) -> list[Reconciled]:
    """Every episode of what came in on these channels, with its cause, by record and time."""
    looks = [
        (row.channel, m.Seen(row.record, row.seq, row.at, State(row.state), _why(row.why)))
        for row in connection.execute(_looks(channels))
    ]
    log, vouched = _log(connection, channels), _vouched(connection, channels)
    found = []
    for (channel, record), group in groupby(looks, key=lambda one: (one[0], one[1].record)):
        for episode in m.episodes(look for _, look in group):
            cause = m.cause_of(episode, log.get(record, ()), vouched.get(record, ()))
            found.append(Reconciled(episode, channel, cause))
    return found


def _why(code: str | None) -> Why | None:
    return Why(code) if code else None


def _looks(channels: Collection[int]) -> Select[Any]:
    v, s, r = t.version.c, t.transition.c, t.record.c
    away = or_(
        exists().where(v.record == r.seq, v.moderation.in_(_AWAY)),
        exists().where(s.record == r.seq, s.state.in_(_AWAY)),
    )
    those = (
        select(r.seq, r.channel)
        .where(r.channel.in_(channels), r.origin == "received", away)
        .subquery()
    )
    looks = union_all(
        select(v.record, v.seq, v.captured_at.label("at"), v.moderation.label("state"),
               null().label("why")),
        select(s.record, s.seq, func.coalesce(s.first_missed, s.at), s.state, s.why),
    ).subquery()  # fmt: skip
    return (
        select(those.c.channel, looks)
        .join(looks, looks.c.record == those.c.seq)
        .order_by(those.c.channel, looks.c.record, looks.c.seq)
    )


def _log(connection: Connection, channels: Collection[int]) -> dict[int, list[m.Logged]]:
    its, of = mt.moderation.c, mt.moderation_record.c
    query = select(of.record, its.on, its.ground).join(mt.moderation, its.seq == of.seq)
    found: dict[int, list[m.Logged]] = {}
    for row in connection.execute(query.where(its.channel.in_(channels))):
        found.setdefault(row.record, []).append(m.Logged(day_of(row.on), row.ground is not None))
    return found


def _vouched(connection: Connection, channels: Collection[int]) -> dict[int, list[m.Vouched]]:
    c = mt.moderation_attested.c
    query = select(c.record, c.seq, c.cause).join(t.record, t.record.c.seq == c.record)
    found: dict[int, list[m.Vouched]] = {}
    for row in connection.execute(query.where(t.record.c.channel.in_(channels))):
        found.setdefault(row.record, []).append(m.Vouched(row.seq, m.Cause(row.cause)))
    return found

"""How much an authority holds today: of each record class, of each account, under each hold.

Counted in the tables, by what a rule takes; nothing is judged, and nothing is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from archiver.core.calendar import day_begins, day_ends
from archiver.db import tables as t
from retention.core.hold import DisposalHold
from retention.core.petition import Holding
from retention.core.schedule import Rule, Schedule
from retention.schedule import queries
from retention.trigger import swedish_day

_r = t.record.c


def holding(connection: Connection, authority: int, rule: Rule) -> Holding:
    """The records that a row takes: how many, their bytes as stored (versions and media files), and
    their first and last legal dates."""
    query = _of(
        authority,
        func.count(),
        func.min(_r.legal_at),
        func.max(_r.legal_at),
    ).where(queries.taken([rule]))
    records, first, last = connection.execute(query).one()
    if not records:
        return Holding(records=0, volume=0)
    # Under other names than those of the tables, which what a rule takes asks of by itself.
    entry, version, part = t.entry.alias(), t.version.alias(), t.component.alias()
    both = _of(authority, func.sum(entry.c.length)).join(version, version.c.record == _r.seq)
    versions = both.join(entry, entry.c.seq == version.c.seq)
    files = both.join(part, part.c.version == version.c.seq).join(entry, entry.c.seq == part.c.seq)
    sizes = (connection.scalar(one.where(queries.taken([rule]))) for one in (versions, files))
    return Holding(
        records=records,
        volume=sum(int(one or 0) for one in sizes),
        earliest=swedish_day(first),
        latest=swedish_day(last),
    )


def by_channel(connection: Connection, authority: int) -> Mapping[int, int]:
    """Channel → how many records it has."""
    query = _of(authority, _r.channel, func.count()).group_by(_r.channel)
    return {row[0]: row[1] for row in connection.execute(query)}


def held(connection: Connection, hold: DisposalHold, schedule: Schedule | None) -> int:
    """How many records a hold's scope takes; its classes by the rules of a schedule."""
    scope, tests = hold.scope, list[ColumnElement[bool]]()
    if scope.records is not None:
        tests.append(_r.seq.in_(sorted(scope.records)))
    if scope.threads is not None:
        root = t.record.alias("root").c
        begun = select(root.seq).where(
            root.seq.in_(sorted(scope.threads)),
            root.channel == _r.channel,
            root.native == _r.root,
        )
        tests.append(or_(_r.seq.in_(sorted(scope.threads)), begun.exists()))
    if scope.channels is not None:
        tests.append(_r.channel.in_(sorted(scope.channels)))
    if scope.classes is not None:
        rules = schedule.rules if schedule else ()
        tests.append(queries.taken([one for one in rules if one.code in scope.classes]))
    if scope.since is not None:
        tests.append(_r.legal_at >= day_begins(scope.since))
    if scope.until is not None:
        tests.append(_r.legal_at < day_ends(scope.until))
    found: int | None = connection.scalar(_of(hold.authority, func.count()).where(*tests))
    return found or 0


def began(connection: Connection, channels: list[int]) -> Mapping[int, date]:
    """Channel → the day since when it is archived."""
    query = select(t.entry.c.seq, t.entry.c.at).where(t.entry.c.seq.in_(channels))
    return {seq: swedish_day(at) for seq, at in connection.execute(query)}


def _of(authority: int, *columns: Any) -> Select[Any]:
    joined = select(*columns).select_from(t.record)
    joined = joined.join(t.channel, t.channel.c.seq == _r.channel)
    return joined.where(t.channel.c.authority == authority)

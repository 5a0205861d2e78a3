"""Every read of how far disposals have come."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from archiver.core.access import Authorities
from archiver.core.event import EventType
from archiver.db import disposal_tables as d
from archiver.db import hold_tables as h
from archiver.db import retention_tables as r
from archiver.db import tables as t
from retention.core.disposal import State, seqs_in


class DisposalRow(NamedTuple):
    """A disposal: its proposal's entry and how far it has come; instants in milliseconds UTC,
    `rolls_on` a Swedish day, YYYYMMDD. `changed`: the entry that brought it where it is."""

    seq: int
    authority: int
    state: State
    changed: int
    changed_at: int
    records: int
    running: bool
    confirmed: int | None
    waits_until: int | None
    intended_at: int | None
    destroyed_at: int | None
    removed_at: int | None
    rolls_on: int | None
    certificate: int | None


def disposals(
    connection: Connection,
    authorities: Authorities = None,
    *,
    states: Collection[State] | None = None,
    limit: int | None = None,
) -> list[DisposalRow]:
    """Disposals of these authorities (None: all) in these states, newest first."""
    query = select(d.disposal).order_by(d.disposal.c.seq.desc()).limit(limit)
    if authorities is not None:
        query = query.where(d.disposal.c.authority.in_(authorities))
    if states is not None:
        query = query.where(d.disposal.c.state.in_(sorted(one.value for one in states)))
    return [_row(tuple(row)) for row in connection.execute(query)]


def disposal(connection: Connection, seq: int) -> DisposalRow | None:
    """One disposal; None if there is none of that number."""
    query = select(d.disposal).where(d.disposal.c.seq == seq)
    row = connection.execute(query).one_or_none()
    return _row(tuple(row)) if row else None


def newest_act(connection: Connection) -> int:
    """The newest entry by which somebody changed what is due: a plan, a decision, a hold, a note of
    an event, a disposal; 0 if there is none. What was harvested or sorted since does not count."""
    columns = (
        r.schedule.c.seq,
        r.disposal_decision.c.seq,
        r.disposal_decision.c.revoked,
        h.disposal_hold.c.seq,
        h.hold_note.c.seq,
        h.trigger_note.c.seq,
        d.disposal.c.changed,
    )
    newest = [select(func.max(column)).scalar_subquery() for column in columns]
    return max((seq for seq in connection.execute(select(*newest)).one() if seq), default=0)


def tombstoned(connection: Connection, proposal: int) -> list[int]:
    """The entries that a disposal's tombstones name, rising."""
    s = d.tombstone.c
    query = select(s.first, s.size).where(s.proposal == proposal).order_by(s.first)
    return list(seqs_in(tuple(row) for row in connection.execute(query)))


class ChangedRow(NamedTuple):
    """A disposed record that a run saw with another text than it had: `event` says so, `at`
    milliseconds UTC; `proposal` is its disposal."""

    record: int
    channel: int
    authority: int
    proposal: int
    event: int
    at: int


def changed_after(
    connection: Connection,
    authorities: Authorities = None,
    *,
    since: int = 0,
    limit: int | None = None,
) -> list[ChangedRow]:
    """Disposed records that are shown changed, seen so since an instant (ms UTC), newest first."""
    s, e, c = d.suppressed.c, t.entry.c, t.channel.c
    query = (
        select(s.record, s.channel, c.authority, s.proposal, s.seen, e.at)
        .join(t.entry, e.seq == s.seen)
        .join(t.channel, c.seq == s.channel)
        .where(s.seen.is_not(None), e.at >= since)
        .order_by(s.seen.desc(), s.record)
        .limit(limit)
    )
    if authorities is not None:
        query = query.where(c.authority.in_(authorities))
    return [ChangedRow(*row) for row in connection.execute(query)]


def last_tombstone(connection: Connection, before: int) -> int:
    """The newest tombstone's entry before a number; 0 if there is none."""
    e = t.entry.c
    query = select(func.max(e.seq)).where(e.type == EventType.TOMBSTONE.value, e.seq < before)
    return connection.scalar(query) or 0


def uncompacted(connection: Connection) -> list[tuple[int, int]]:
    """(cohort, pack) that still hold frames whose keys are destroyed."""
    e = t.entry.c
    query = (
        select(e.cohort, e.pack)
        .where(e.key_cohort.is_(None), e.pack.is_not(None))
        .distinct()
        .order_by(e.cohort, e.pack)
    )
    return [(row.cohort, row.pack) for row in connection.execute(query)]


def _row(row: tuple[object, ...]) -> DisposalRow:
    made = DisposalRow(*row)  # type: ignore[arg-type]
    return made._replace(state=State(made.state), running=bool(made.running))

"""Every SQL statement of handovers. Whoever asks for several authorities' rows names them, None for
all there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.registry.core.handover import Standing
from archiver.registry.core.triage import HandoverStep

Authorities = Collection[int] | None
_IN_AT_MOST = 500


class HandoverRow(NamedTuple):
    """A handover as the tables know it; instants in milliseconds UTC."""

    seq: int
    authority: int
    due: int | None
    received: int | None
    answered: int | None
    closed: int | None
    at: int


def _select(authorities: Authorities) -> Select[Any]:
    h = r.handover.c
    query = select(h.seq, h.authority, h.due, h.received, h.answered, h.closed, t.entry.c.at)
    query = query.join(t.entry, t.entry.c.seq == h.seq)
    return query if authorities is None else query.where(h.authority.in_(authorities))


def _stands(standing: Standing, now: int, late_before: int) -> ColumnElement[bool]:
    """The same as `core.handover.standing`, in SQL."""
    h, at = r.handover.c, t.entry.c.at
    if standing is Standing.DONE:
        return h.closed.is_not(None)
    unreceived = h.received.is_(None)
    late = or_(and_(h.due.is_not(None), h.due <= now), and_(unreceived, at < late_before))
    if standing is Standing.LATE:
        return and_(h.closed.is_(None), late)
    not_due = or_(h.due.is_(None), h.due > now)
    if standing is Standing.RECEIPT:
        return and_(h.closed.is_(None), unreceived, not_due, at >= late_before)
    return and_(h.closed.is_(None), h.received.is_not(None), not_due)


def handovers(
    connection: Connection,
    authorities: Authorities,
    *,
    now: int,
    late_before: int,
    standing: Standing | None,
    before: int | None,
    limit: int | None,
) -> list[HandoverRow]:
    """Handovers that stand so, newest first, from before that seq. What was handed over before
    `late_before` should have its receipt by now."""
    query = _select(authorities).order_by(r.handover.c.seq.desc()).limit(limit)
    if standing is not None:
        query = query.where(_stands(standing, now, late_before))
    if before is not None:
        query = query.where(r.handover.c.seq < before)
    return [HandoverRow(*row) for row in connection.execute(query)]


def counts(
    connection: Connection, authorities: Authorities, *, now: int, late_before: int
) -> dict[Standing, int]:
    """How many stand how, of those that are not done."""
    found = {}
    for one in (Standing.RECEIPT, Standing.ANSWER, Standing.LATE):
        query = _select(authorities).where(_stands(one, now, late_before))
        found[one] = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    return found


def handover(
    connection: Connection, seq: int, authorities: Authorities = None
) -> HandoverRow | None:
    """One handover."""
    row = connection.execute(_select(authorities).where(r.handover.c.seq == seq)).one_or_none()
    return HandoverRow(*row) if row else None


def notes(connection: Connection, of: Sequence[int]) -> list[tuple[int, int, int]]:
    """(seq, handover, instant) of what was noted of these handovers, in order."""
    n = r.handover_note.c
    query = select(n.seq, n.of, t.entry.c.at).join(t.entry, t.entry.c.seq == n.seq)
    query = query.where(n.of.in_(of)).order_by(n.seq)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def stages(connection: Connection, of: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Handover → the reminders that were sent of it, in order: (stage, instant)."""
    n, found = r.handover_note.c, dict[int, list[tuple[str, int]]]()
    for start in range(0, len(of), _IN_AT_MOST):
        query = select(n.of, n.stage, t.entry.c.at).join(t.entry, t.entry.c.seq == n.seq)
        query = query.where(n.of.in_(of[start : start + _IN_AT_MOST]))
        query = query.where(n.step == HandoverStep.ESCALATED.value, n.stage.is_not(None))
        for one, stage, at in connection.execute(query.order_by(n.seq)):
            found.setdefault(one, []).append((stage, at))
    return found


def newest(connection: Connection, handover_seq: int) -> int:
    """The newest note of a handover; the handover itself if there is none."""
    n = r.handover_note.c
    found = connection.scalar(select(func.max(n.seq)).where(n.of == handover_seq))
    return found or handover_seq

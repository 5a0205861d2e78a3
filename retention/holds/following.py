"""Holds that nobody places: what an open case or a handover without a receipt keeps, counted.

Such a hold is there as long as its fact (`retention.holds.reading`); it is lifted by closing the
case or receipting the handover, never by hand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, distinct, func, select

from archiver.db.register_tables import handover, triage
from archiver.db.retention_tables import case_state
from retention.core.hold import HoldKind
from retention.links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What a fact holds: `seq` is the case or the handover, `records` how many it keeps."""

    kind: HoldKind
    seq: int
    records: int


def following(connection: Connection, authority: int) -> list[Following]:
    """The open cases and unreceipted handovers of an authority that hold any record, by number."""
    link, state = Link(), case_state.alias().c
    closed = select(state.case).where(state.closed_on.is_not(None), state.case == link.e.case)
    query = (
        link.select(link.e.case, func.count(distinct(link.record)))
        .where(link.e.authority == authority, link.e.case.is_not(None), ~closed.exists())
        .group_by(link.e.case)
        .order_by(link.e.case)
    )
    found = [
        Following(kind=HoldKind.OPEN_CASE, seq=case, records=count)
        for case, count in connection.execute(query)
    ]
    waiting = (
        select(handover.c.seq, triage.c.record)
        .join_from(handover, triage, triage.c.seq == handover.c.seq)
        .where(
            handover.c.authority == authority,
            handover.c.closed.is_(None),
            handover.c.received.is_(None),
        )
    )
    counts = Counter(row.seq for row in connection.execute(waiting.distinct()))
    return found + [
        Following(kind=HoldKind.UNDELIVERED_TRANSFER, seq=seq, records=count)
        for seq, count in sorted(counts.items())
    ]

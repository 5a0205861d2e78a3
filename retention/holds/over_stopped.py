"""Whether a disposal hold lies over what was stopped (nödstopp): then it is not destroyed.

A hold blocks every copy on every path (law: TF 2:15–16, and what is held for a court or an
oversight body); an instruction to destroy is such a path, and bypasses no hold. Of a stopped record
only its row is left: number, channel, day, the thread it answered in, its cases and handovers. What
can no longer be told (the record classes it was in; a thread that began with something that was not
held) counts as covered: a hold too many is lifted, a destruction is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from archiver.core.calendar import stockholm_date
from archiver.core.event import EventType
from archiver.db import hold_tables as h
from archiver.db import tables as t
from archiver.db.apart import ApartRow
from archiver.errors import HoldInForce
from archiver.ledger.service import Ledger
from retention.core.facts import RecordFacts
from retention.core.hold import DisposalHold, HoldKind, covers
from retention.holds import reading
from retention.holds.reading import holds_where

_POST = "post"


class HoldsOverStopped:
    """What `ledger.apart` asks before it destroys (`Holding`)."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def refuse(self, connection: Connection, held: ApartRow, entries: Sequence[int]) -> None:
        """`HoldInForce`, which names the holds over a stopped record, and over the other records
        that its stop took along (`entries`: all whose keys it took)."""
        found = sorted({(one.seq, one.kind.value) for one in self._over(connection, held, entries)})
        if found:
            named = ", ".join(f"#{seq} ({kind})" for seq, kind in found[:5])
            raise HoldInForce(
                f"R{held.record} is under a disposal hold: {named}. It is not destroyed.",
                remedy="Lift the hold with `diarkiv retention hold lift` (or close the case, or "
                "receipt the handover, that holds it) when its reason is over. Until then the "
                "record stays stopped: nobody here can open it.",
            )

    def _over(
        self, connection: Connection, held: ApartRow, entries: Sequence[int]
    ) -> Iterator[DisposalHold]:
        records = {held.record, *entries}
        roots = self._roots(connection, held)
        placed = holds_where(
            connection,
            h.disposal_hold.c.authority == held.authority,
            h.disposal_hold.c.lifted_on.is_(None),
        )
        yield from (one for one in placed if _may_cover(one, held, records, roots))
        facts = (
            (HoldKind.OPEN_CASE, reading.open_cases(connection, records)),
            (HoldKind.UNDELIVERED_TRANSFER, reading.unreceipted(connection, records)),
        )
        for kind, rows in facts:
            for record, seq in rows:
                yield reading.following(kind, seq, held.authority, record)

    def _roots(self, connection: Connection, held: ApartRow) -> frozenset[int] | None:
        """The records that its thread may be held by; None if that cannot be told."""
        e = t.entry.c
        query = select(e.seq).where(e.type == EventType.RECORD_STOPPED.value)
        stops = list(connection.scalars(query.where(e.seq <= held.seq).order_by(e.seq)))
        for opened in self._ledger.open(stops).values():
            if opened.envelope["record"] == held.record:
                threads: Sequence[Mapping[str, int]] = opened.envelope.get("threads", ())  # type: ignore[assignment]
                above = frozenset(one["record"] for one in threads)
                if above or held.kind == _POST:
                    return above | {held.record}
        return None


def _may_cover(
    hold: DisposalHold,
    held: ApartRow,
    records: Collection[int],
    roots: frozenset[int] | None,
) -> bool:
    """Whether a hold covers what was stopped, as far as that can be told; else that it does."""
    scope = hold.scope
    named = scope.records & frozenset(records) if scope.records is not None else None
    in_thread = scope.threads is None or roots is None or bool(scope.threads & roots)
    known = replace(scope, records=None, threads=None, classes=None)
    facts = RecordFacts(
        record=held.record,
        authority=held.authority,
        channel=held.channel,
        kind=held.kind,
        origin=held.origin,
        outcome="",
        moderated=False,
        legal_on=stockholm_date(held.legal_at),
        classes=frozenset(),
        class_codes=frozenset(),
        events={},
    )
    fits = covers(replace(hold, scope=known), facts, frozenset())
    return fits and in_thread and named != frozenset()

"""What the store must know of a pack before it locks it, and whether it has followed a disposal.

A lock may not outlast the day on which something in the pack is due (a disposal decided is a duty:
arkivlag 6 § 5), and a hold over anything in a pack in force is mirrored as a legal hold. A replaced
revision holds nothing that is not in the newest one, but what was disposed of: so nothing holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import func, select

from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.ledger.service import Ledger
from archiver.store.replica import PackName
from retention.due.evaluator import Evaluator


class PackFacts:
    """Answers for packs of a home as of `today`."""

    def __init__(self, ledger: Ledger, evaluator: Evaluator, today: Callable[[], date]) -> None:
        self._ledger = ledger
        self._evaluator = evaluator
        self._today = today

    def earliest_due(self, pack: PackName) -> date | None:
        """The first day on which a record in the pack is due by its rules; None if none is known
        to be."""
        with self._ledger.database.read() as connection:
            found = self._evaluator.evaluate_records(connection, self._records(pack), self._today())
        return min((one.due for one in found.values() if one.due is not None), default=None)

    def holds(self, pack: PackName) -> bool:
        """Whether a hold is over any record in the pack, if it is the newest of its kind."""
        c = t.compacted.c
        newest = select(c.revision).where(c.cohort == pack.cohort, c.pack == pack.number)
        with self._ledger.database.read() as connection:
            if pack.revision < (connection.scalar(newest) or 0):
                return False
            records = self._records(pack)
            return bool(self._evaluator.holds_over(connection, records, self._today()))

    def _records(self, pack: PackName) -> list[int]:
        e, v, c = t.entry.c, t.version.c, t.component.c
        here = (e.cohort == pack.cohort, e.pack == pack.number)
        versions = select(v.record).join(t.entry, e.seq == v.seq).where(*here)
        parts = (
            select(v.record)
            .join(t.component, c.version == v.seq)
            .join(t.entry, e.seq == c.seq)
            .where(*here)
        )
        with self._ledger.database.read() as connection:
            return sorted({*connection.scalars(versions), *connection.scalars(parts)})


def store_is_behind(
    ledger: Ledger, held: Iterable[str], held_keys: Iterable[str], shipped_at: int
) -> bool:
    """Whether a store still has anything that the home has not: a replaced pack whose lock has not
    passed, a key file of a generation that is destroyed, or open ends from before the newest pack
    was made anew. `held`: names of packs there; `held_keys`: of key files."""
    e = t.entry.c
    newest = select(func.max(e.at)).where(e.type == EventType.PACK_COMPACTED.value)
    with ledger.database.read() as connection:
        compacted_at = connection.scalar(newest) or 0
    here = {*ledger.store.names("packs"), *ledger.store.names("keys")}
    return shipped_at <= compacted_at or any(name not in here for name in (*held, *held_keys))

"""The proof that something was disposed of under a decision in force, for an outsider.

Of the entry itself only its leaf is left. Beside it stand the clear entries that explain it, as
`core.bundle` checks them: the decision's interval, the
confirmation, the tombstone, and the key's end.
"""

from __future__ import annotations

from sqlalchemy import select

from archiver.core.commitment import Opening
from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.recovery import Repeated
from archiver.core.rewrap import Rewrap
from archiver.core.runs import numbers
from archiver.core.tombstone import Confirmed, Interval, Tombstone
from archiver.db import tables as t
from archiver.errors import NotFound
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger


def disposed_openings(ledger: Ledger, seq: int) -> dict[int, tuple[list[Opening], bytes]]:
    """What a bundle holds of an entry that was disposed of: its leaf, and the entries that explain
    why its key is gone. `NotFound` if it was not disposed of."""
    e = t.entry.c
    kinds = (
        *(EventType.DECISION_INTERVAL, EventType.PROPOSAL_CONFIRMED, EventType.TOMBSTONE),
        EventType.DISPOSAL_ABORTED,
        *(EventType.DISPOSAL_REPEATED, EventType.KEYS_REWRAPPED),
    )
    query = select(e.seq, e.type).where(e.type.in_([one.value for one in kinds])).order_by(e.seq)
    with ledger.database.read() as connection:
        rows = connection.execute(query).all()
    log = Log(ledger.store)
    log.load()
    intervals: dict[int, int] = {}
    confirmed: dict[int, int] = {}
    stone: tuple[int, ...] = ()
    proposal = -1
    for number, type_ in rows:
        entry = parse(log.entry(number))
        assert isinstance(entry, ClearEntry)
        if type_ == EventType.DECISION_INTERVAL:
            intervals[Interval.parse(entry.facts).decision] = number
        elif type_ == EventType.PROPOSAL_CONFIRMED:
            confirmed[Confirmed.parse(entry.facts).proposal] = number
        elif type_ == EventType.TOMBSTONE:
            found = Tombstone.parse(entry.facts)
            if found.names(seq):
                stone = (intervals[found.interval.decision], confirmed[found.proposal], number)
                proposal = found.proposal
        elif type_ == EventType.DISPOSAL_ABORTED:
            stone = () if entry.facts.get("proposal") == proposal else stone
        elif type_ == EventType.DISPOSAL_REPEATED:
            if seq in set(numbers(Repeated.parse(entry.facts).runs)):
                raise NotFound(
                    f"Entry {seq} was disposed of again after a recovery: its decision stands in "
                    "the log of the generation before.",
                    remedy="Its disposal certificate shows the decision; `diarkiv verify` counts "
                    "the entry as repeated.",
                )
        elif stone and dict(Rewrap.parse(entry.facts).places()).get(seq, 0) is None:
            return {one: ([], b"") for one in (seq, *stone, number)}
    raise NotFound(f"Entry {seq} was not disposed of.")

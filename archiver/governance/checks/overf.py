"""A-OVERF (row 3.5): what went to a case elsewhere, or to somebody who answers, arrived there.

That a record was registered in another system is sealed with the system, the number and the day, so
nothing of it can be missing; a handover is done with its receipt and, where one is waited for, its
answer in time (förvaltningslagen 9 §: without needless delay).
"""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from sqlalchemy import select

from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.registry.core.triage import Outcome as Decided

DAY = 86_400_000  # milliseconds
PATIENCE = 3  # days without a receipt, as a yardstick


class Transfers(NamedTuple):
    """`elsewhere`: records registered in another system; `handed`: handovers; `late`: of them,
    whose receipt or answer is; `lead`: median milliseconds from receipt of a record to its
    transfer, None without any."""

    elsewhere: int
    handed: int
    late: tuple[int, ...]
    lead: int | None


class Overf:
    """Transfers of what the subject's accounts received."""

    id = "A-OVERF"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Transfers:
    """What of the accounts was transferred, and what is late. A day that is due is milliseconds."""
    c, told, h = t.record.c, r.triage.c, r.handover.c
    moved = (
        select(told.record, told.outcome, t.entry.c.at, c.legal_at)
        .join(t.record, c.seq == told.record)
        .join(t.entry, t.entry.c.seq == told.seq)
        .where(c.channel.in_(subject.channels), told.seq == c.triaged)
        .where(told.outcome.in_([Decided.ELSEWHERE, Decided.HANDED_OVER]))
    )
    of_the_accounts = (
        select(told.seq).join(t.record, c.seq == told.record).where(c.channel.in_(subject.channels))
    )
    handed = (
        select(h.seq, h.due, h.received, h.closed, t.entry.c.at)
        .join(t.entry, t.entry.c.seq == h.seq)
        .where(h.seq.in_(of_the_accounts))
    )
    with archive.ledger.database.read() as connection:
        rows = connection.execute(moved).all()
        waiting = connection.execute(handed).all()
    late = [
        row.seq
        for row in waiting
        if row.closed is None
        and (
            (row.due is not None and row.due <= subject.now)
            or (row.received is None and subject.now - row.at > PATIENCE * DAY)
        )
    ]
    lead = [max(row.at - row.legal_at, 0) for row in rows]
    elsewhere = sum(row.outcome == Decided.ELSEWHERE for row in rows)
    return Transfers(elsewhere, len(waiting), tuple(late), int(median(lead)) if lead else None)


def judge(held: Transfers) -> Result:
    """UNKNOWN where nothing was transferred."""
    data: dict[str, Json] = {**held._asdict(), "late": list(held.late)}
    if held.lead is None:
        del data["lead"]  # what is frozen knows no null
    if not (held.elsewhere or held.handed):
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget har överförts ännu.", "Nothing was transferred yet.")
    elif held.late:
        outcome = Outcome.FAIL
        reason = Wording(
            f"{len(held.late)} överlämnanden saknar kvittens eller svar i tid.",
            f"{len(held.late)} handovers lack their receipt or answer in time.",
        )
    else:
        days = (held.lead or 0) // DAY
        outcome = Outcome.PASS
        reason = Wording(
            f"Allt som överförts har kommit fram i tid; mediantid {days} dygn.",
            f"All that was transferred arrived in time; median {days} days.",
        )
    return Result(check=Overf.id, outcome=outcome, reason=reason, data=data)


check = Overf()

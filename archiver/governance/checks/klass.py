"""A-KLASS (row 3.4): what comes in is decided on without delay (OSL 5:1).

Direction and time are sealed with every item; what a person decides is whether and how it is
registered. Nothing may wait longer in the inbox than `PATIENCE`, which is no law but a yardstick.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from archiver.core.calendar import stockholm_date, working_days_between
from archiver.core.reason import Wording
from archiver.db import tables as t
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase

PATIENCE = 3  # working days


class Waiting(NamedTuple):
    """`records`: of the subject's accounts, in all; `waiting`: in the inbox; `oldest`: working days
    that the oldest of them has waited."""

    records: int
    waiting: int
    oldest: int


class Klass:
    """The inbox of the subject's accounts."""

    id = "A-KLASS"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Waiting:
    """What waits of the accounts."""
    c = t.record.c
    every = select(func.count(), func.min(c.legal_at)).where(c.channel.in_(subject.channels))
    with archive.ledger.database.read() as connection:
        records = connection.execute(every).one()[0]
        waiting, oldest = connection.execute(every.where(t.UNDECIDED)).one()
    if not waiting:
        return Waiting(records, 0, 0)
    days = working_days_between(stockholm_date(oldest), stockholm_date(subject.now))
    return Waiting(records, waiting, days)


def judge(held: Waiting) -> Result:
    """UNKNOWN where nothing was archived that could have been decided on."""
    if not held.records:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget är arkiverat ännu.", "Nothing is archived yet.")
    elif held.oldest > PATIENCE:
        outcome = Outcome.FAIL
        reason = Wording(
            f"{held.waiting} inkomna väntar på beslut, den äldsta sedan {held.oldest} arbetsdagar.",
            f"{held.waiting} items wait, the oldest for {held.oldest} working days.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            f"Inget har väntat längre än {PATIENCE} arbetsdagar.",
            f"Nothing has waited for more than {PATIENCE} working days.",
        )
    return Result(check=Klass.id, outcome=outcome, reason=reason, data=held._asdict())


check = Klass()

"""A-REG (row 4.2): what may be secret, and what was registered, has a number (OSL 5:1).

A record that is kept apart as possibly secret is registered without delay: here, in another system,
or by whoever it was handed to. A record whose only number was voided has none. `PATIENCE` working
days from when that became known is no law but a yardstick; a decision that it needs no number is
contradicted at once.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from archiver.core.calendar import stockholm_date, working_days_between
from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.db.apart import ApartState
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.registry.core.triage import LEVELS
from archiver.registry.core.triage import Outcome as Decided

PATIENCE = 1  # working days


class Unnumbered(NamedTuple):
    """`records`: of the subject's accounts, in all; `waiting`: that must be registered and have no
    number; `oldest`: working days since that was known of the oldest; `decided`: kept apart, and
    decided to need none."""

    records: int
    waiting: int
    oldest: int
    decided: int


class Reg:
    """What must be registered of the subject's accounts, and is not."""

    id = "A-REG"
    phase = Phase.DRIFT

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Unnumbered:
    """What has no number of the accounts."""
    c, a, held = t.record.c, t.apart.c, r.entry_record.c
    change, voided = r.register_change.c, EventType.REGISTER_VOIDED.value
    void = select(change.seq).where(change.of == held.entry, change.type == voided)
    numbered = select(held.entry).where(held.record == c.seq, ~void.exists()).exists()
    voided_at = (
        select(func.max(t.entry.c.at))
        .join(r.register_change, change.seq == t.entry.c.seq)
        .join(r.entry_record, held.entry == change.of)
        .where(held.record == c.seq, change.type == voided)
        .correlate(t.record)
        .scalar_subquery()
    )
    secret = and_(
        a.state == ApartState.PROTECTED.value,
        or_(c.outcome.is_(None), c.outcome.not_in([Decided.ELSEWHERE, Decided.HANDED_OVER])),
    )
    query = (
        select(a.at, voided_at, and_(c.triaged > a.seq, c.outcome.in_([*LEVELS])))
        .select_from(t.record)
        .join(t.apart, a.record == c.seq, isouter=True)
        .where(c.channel.in_(subject.channels), ~numbered)
        .where(or_(secret, c.outcome == Decided.REGISTERED.value))
    )
    every = select(func.count()).where(c.channel.in_(subject.channels))
    with archive.ledger.database.read() as connection:
        records = connection.scalar(every) or 0
        rows = connection.execute(query).all()
    known = [max(one for one in row[:2] if one is not None) for row in rows]
    days = [working_days_between(stockholm_date(at), stockholm_date(subject.now)) for at in known]
    return Unnumbered(records, len(rows), max(days, default=0), sum(bool(row[2]) for row in rows))


def judge(held: Unnumbered) -> Result:
    """UNKNOWN where nothing is archived that could have been registered."""
    if not held.records:
        outcome = Outcome.UNKNOWN
        reason = Wording("Inget är arkiverat ännu.", "Nothing is archived yet.")
    elif held.decided:
        outcome = Outcome.FAIL
        reason = Wording(
            f"{held.decided} möjligen hemliga handlingar hålls avskilda men är inte registrerade.",
            f"{held.decided} records are kept apart as possibly secret, and not registered.",
        )
    elif held.oldest > PATIENCE:
        outcome = Outcome.FAIL
        reason = Wording(
            f"{held.waiting} handlingar som ska registreras saknar nummer, "
            f"den äldsta sedan {held.oldest} arbetsdagar.",
            f"{held.waiting} records that must be registered have no number, "
            f"the oldest for {held.oldest} working days.",
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            f"Inget som ska registreras har saknat nummer längre än {PATIENCE} arbetsdag.",
            f"Nothing that must be registered was without a number for more than "
            f"{PATIENCE} working day.",
        )
    return Result(check=Reg.id, outcome=outcome, reason=reason, data=held._asdict())


check = Reg()

"""What the system sees of what is held: registration and order, archiving, disposal."""

from __future__ import annotations

from sqlalchemy import func, select

from archiver.core.calendar import stockholm_date, working_days_between
from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.db import disposal_tables as d
from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.governance.audit.asked import Asked
from archiver.governance.checks import borttaget, gallr, reg
from archiver.governance.core.audit import Answer
from archiver.harvest.facts import last_whole
from retention.core.disposal import OPEN

_NO_PLAN = Wording(
    "Ingen informationshanteringsplan är antagen: allt bevaras.",
    "No records schedule is adopted: everything is kept.",
)
_NOTHING_WAITS = Wording("Inget är obehandlat.", "Nothing waits.")


def registrering(asked: Asked) -> Answer:
    """What came in, what became of it, and what has no number though it must."""
    c, entry, change = t.record.c, r.register_entry, r.register_change.c
    came = (
        c.channel.in_(asked.numbers),
        c.origin == "received",
        asked.within(c.legal_at),
    )
    unnumbered = reg.gather(asked.subject, asked.archive)
    voided = (
        select(func.count())
        .select_from(r.register_change)
        .join(t.entry, t.entry.c.seq == change.seq)
        .join(entry, entry.c.seq == change.of)
        .where(change.type == EventType.REGISTER_VOIDED.value)
        .where(entry.c.authority == asked.authority, asked.within(t.entry.c.at))
    )
    made = (
        select(func.count())
        .select_from(entry)
        .join(t.entry, t.entry.c.seq == entry.c.seq)
        .where(entry.c.authority == asked.authority, asked.within(t.entry.c.at))
    )
    figures = {
        "received": asked.count(t.record, *came),
        "waiting": asked.count(t.record, *came, c.outcome.is_(None)),
        "registered": asked.connection.scalar(made) or 0,
        "voided": asked.connection.scalar(voided) or 0,
        "unnumbered": unnumbered.waiting,
    }
    oldest = asked.connection.scalar(select(func.min(c.legal_at)).where(*came, c.outcome.is_(None)))
    if oldest is None:
        return Answer(figures=figures, missing={"oldest": _NOTHING_WAITS})
    days = working_days_between(stockholm_date(oldest), asked.today)
    return Answer(figures={**figures, "oldest": days})


def arkivering(asked: Asked) -> Answer:
    """How much was archived, which accounts were never read wholly, and whether all is there."""
    c = t.record.c
    versions = (
        select(func.count())
        .select_from(t.version)
        .join(t.record, c.seq == t.version.c.record)
        .where(c.channel.in_(asked.numbers), asked.within(t.version.c.captured_at))
    )
    whole = last_whole(asked.connection)
    removed = borttaget.gather(asked.subject, asked.archive)
    return Answer(
        figures={
            "records": asked.count(
                t.record, c.channel.in_(asked.numbers), asked.within(c.captured_at)
            ),
            "versions": asked.connection.scalar(versions) or 0,
            "never_whole": sum(one not in whole for one in asked.numbers),
            "removed": removed.records,
            "lost": len(removed.lost),
            "unexplained": asked.account.unexplained,
        }
    )


def gallring(asked: Asked) -> Answer:
    """What was disposed of, under which basis, and what nothing explains."""
    table = d.disposal
    mine = table.c.authority == asked.authority
    done = (mine, table.c.destroyed_at.is_not(None), asked.within(table.c.destroyed_at))
    records = asked.connection.scalar(select(func.sum(table.c.records)).where(*done)) or 0
    decisions = asked.archive.plans.decisions(asked.authority, asked.connection)
    figures = {
        "decisions": sum(one.is_in_force(asked.last_day) for one in decisions),
        "executed": asked.count(table, *done),
        "records": int(records),
        "pending": asked.count(table, mine, table.c.state.in_([one.value for one in OPEN])),
        "unexplained": asked.account.unexplained,
    }
    plan = gallr.gather(asked.subject, asked.archive)
    if plan is None:
        return Answer(figures=figures, missing={"undecided": _NO_PLAN, "ruleless": _NO_PLAN})
    return Answer(figures={**figures, "undecided": len(plan.undecided), "ruleless": plan.ruleless})

"""A-GALLR (row 1.5): every record falls under a rule, and what is to go rests on a decision.

Without a schedule in force everything is kept, which is lawful: UNKNOWN. A rule that disposes
without a decision of every level asked for disposes of nothing, but is no basis either: FAIL.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.reason import Wording
from archiver.db import tables as t
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from retention.schedule.coverage import coverage
from retention.schedule.queries import taken


class Standing(NamedTuple):
    """`undecided`: record classes that go without a decision in force of every level; `ruleless`:
    records of the subject's accounts that no rule takes; `records`: how many they have."""

    version: str
    undecided: tuple[str, ...]
    ruleless: int
    records: int


class Gallr:
    """The schedule and the decisions in force, against what the accounts hold."""

    id = "A-GALLR"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Standing | None:
    """How disposal stands; None where no schedule is in force."""
    today = stockholm_date(subject.now)
    with archive.ledger.database.read() as connection:
        schedule = archive.plans.schedule_in_force(subject.authority, today, connection)
        if schedule is None:
            return None
        decisions = archive.plans.decisions(subject.authority, connection)
        held = (
            select(func.count())
            .select_from(t.record)
            .join(t.channel, t.channel.c.seq == t.record.c.channel)
            .where(t.record.c.channel.in_(subject.channels))
        )
        records = connection.scalar(held) or 0
        ruleless = connection.scalar(held.where(~taken(schedule.rules))) or 0
    covered = coverage(schedule, decisions, today)
    undecided = tuple(sorted(code for code, one in covered.items() if not one.kept and one.missing))
    return Standing(schedule.version, undecided, ruleless, records)


def judge(standing: Standing | None) -> Result:
    """What a schedule and its decisions lead to."""
    if standing is None:
        return Result(
            check=Gallr.id,
            outcome=Outcome.UNKNOWN,
            reason=Wording(
                "Ingen informationshanteringsplan är antagen: allt bevaras.",
                "No records schedule is adopted: everything is kept.",
            ),
        )
    data: dict[str, Json] = {
        "version": standing.version,
        "undecided": list(standing.undecided),
        "ruleless": standing.ruleless,
        "records": standing.records,
    }
    sv, en = [], []
    if standing.undecided:
        codes = ", ".join(standing.undecided)
        sv.append(f"Gallringsbeslut saknas för {codes}.")
        en.append(f"There is no disposal decision for {codes}.")
    if standing.ruleless:
        sv.append(f"{standing.ruleless} handlingar faller inte under någon regel.")
        en.append(f"{standing.ruleless} records fall under no rule.")
    if sv:
        reason, outcome = Wording(" ".join(sv), " ".join(en)), Outcome.FAIL
    else:
        outcome = Outcome.PASS
        reason = Wording(
            "Varje handling faller under en regel, och det som gallras under ett gällande beslut.",
            "Every record falls under a rule, and what goes under a decision in force.",
        )
    return Result(check=Gallr.id, outcome=outcome, reason=reason, data=data)


check = Gallr()

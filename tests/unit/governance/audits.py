"""The auditor's report over a home of the tests."""

from __future__ import annotations

from datetime import date

from archiver.governance.archive import Archive, checks
from archiver.governance.audit.service import Audits, Neighbours
from archiver.governance.core.audit import Assessed, Verdict
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.harvest.gap_register import GapRegister
from archiver.people.service import User
from retention.schedule.service import Retention
from tests.homes import TestHome

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def audits(home: TestHome, *users: User, stamps: tuple[tuple[int, int], ...] = ()) -> Audits:
    """The report of a home; `users` and `stamps` as the application would tell them."""
    archive = Archive(home.ledger, Retention(home.ledger, home.clock))
    gaps = GapRegister(home.ledger, home.clock)
    neighbours = Neighbours(
        users=lambda: users,
        authorities=home.channels.authorities,
        channels=home.channels.all,
        gaps=lambda channel, period: gaps.gaps(channel, period=period),
        stamps=lambda: stamps,
    )
    initiatives = Initiatives(archive, home.clock, checklist, checks)
    return Audits(archive, initiatives, neighbours, home.clock)


def an_assessment(question: str = "gallring", verdict: Verdict = Verdict.PARTLY) -> Assessed:
    """An assessment of 2026."""
    since, until = YEAR
    return Assessed(
        question=question,
        since=since,
        until=until,
        verdict=verdict,
        text="Beslut saknas för två handlingstyper.",
        seen="0" * 64,
    )

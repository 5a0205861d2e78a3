"""Closing a case (avsluta ett ärende), and taking it up again.

That a case is closed is what a retention period may run from; so the day it is closed on is a fact
with a bound: not after today, not before the case was opened, and not before its newest document.
While it is closed nothing is registered in it; whoever must do so takes the case up again, with a
reason, and then the period runs from when it is closed next. Nothing else of a case changes.
"""

from __future__ import annotations

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry import queries
from archiver.registry.batch import refuse_voided
from archiver.registry.core.entry import MAX_REASON, day_number, line


class CaseNotSo(RuleViolation):
    """The case is closed already, or is open."""

    code = "case-not-so"


class Cases:
    """Closes the cases of a register and takes them up again."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def close(self, viewer: Viewer, case: int, *, day: str = "", note: str = "") -> int:
        """Close a case on a Swedish day (YYYY-MM-DD; today, if none is given); the event's seq."""
        note = line(note, "note", MAX_REASON, needed=False)
        with self._ledger.writer() as writer:
            authority = _authority_of(writer, viewer, case)
            if case in queries.closed_on(writer.connection, [case]):
                raise CaseNotSo("The case is closed already.", remedy="Nothing was changed.")
            today = stockholm_date(writer.at).isoformat()
            day = day or today
            _refuse_day(writer, case, day_number(day), day_number(today))
            payload: dict[str, Json] = {"of": case, "authority": authority, "day": day}
            payload |= {"note": note, "actor": viewer.actor}
            cohort = writer.cohort(authority, "register")
            return writer.append_event(EventType.CASE_CLOSED, payload, cohort=cohort)

    def reopen(self, viewer: Viewer, case: int, *, reason: str) -> int:
        """Take a closed case up again; the event's seq."""
        reason = line(reason, "reason", MAX_REASON)
        with self._ledger.writer() as writer:
            authority = _authority_of(writer, viewer, case)
            if case not in queries.closed_on(writer.connection, [case]):
                raise CaseNotSo("The case is open.", remedy="Nothing was changed.")
            payload: dict[str, Json] = {"of": case, "authority": authority}
            payload |= {"reason": reason, "actor": viewer.actor}
            cohort = writer.cohort(authority, "register")
            return writer.append_event(EventType.CASE_REOPENED, payload, cohort=cohort)


def _authority_of(writer: Writer, viewer: Viewer, case: int) -> int:
    row = queries.case(writer.connection, case, viewer.authorities(Permission.READ))
    if row is None:
        raise NotFound("There is no such case.", remedy="Search the register for it.")
    viewer.require(Permission.REGISTER, row.authority)
    refuse_voided(writer, case)
    return row.authority


def _refuse_day(writer: Writer, case: int, day: int, today: int) -> None:
    opened = stockholm_date(queries.instants(writer.connection, [case])[case]).isoformat()
    newest = queries.newest_day(writer.connection, case)
    if not max(day_number(opened), newest) <= day <= today:
        raise ConfigError(
            "A case is closed when it is open: not before its newest document, nor after today.",
            remedy="Write the day it was closed on, or leave it out for today.",
        )

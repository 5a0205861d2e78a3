"""A-UTL (row 4.5): somebody may refuse a request in the authority's name (OSL 6:3).

A refusal that somebody without the mandate has signed is no decision that can be appealed. The
templates come with the product, and how to appeal with them; that a drill was held is for a person
to say: nothing in the archive tells a drill from a request.
"""

from __future__ import annotations

from typing import NamedTuple

from archiver.core.calendar import stockholm_date
from archiver.core.reason import Wording
from archiver.governance.archive import Archive
from archiver.governance.core.check import Outcome, Result, Subject
from archiver.governance.core.checklist import Phase
from exports.core.mandate import MandateKind
from exports.requests.mandates import recorded


class Mandated(NamedTuple):
    """Mandates to refuse: how many were `given`, and how many are in `force` today."""

    given: int
    force: int


class Utl:
    """Who may refuse for the subject's authority."""

    id = "A-UTL"
    phase = Phase.PLAN

    def run(self, subject: Subject, archive: Archive) -> Result:
        return judge(gather(subject, archive))


def gather(subject: Subject, archive: Archive) -> Mandated:
    """The authority's mandates to refuse."""
    today = stockholm_date(subject.now)
    with archive.ledger.database.read() as connection:
        held = recorded(archive.ledger, connection, subject.authority).values()
    refusing = [one for one in held if MandateKind.REFUSAL in one.kinds]
    return Mandated(len(refusing), sum(one.is_in_force(today) for one in refusing))


def judge(held: Mandated) -> Result:
    """UNKNOWN where no mandate was ever recorded: the body itself may decide."""
    if not held.given:
        outcome = Outcome.UNKNOWN
        reason = Wording(
            "Ingen delegation för avslag är registrerad: bara nämnden själv kan avslå.",
            "No mandate to refuse is recorded: only the body itself can.",
        )
    elif not held.force:
        outcome = Outcome.FAIL
        reason = Wording(
            "Ingen har delegation för avslag i dag.", "Nobody holds a mandate to refuse today."
        )
    else:
        outcome = Outcome.PASS
        reason = Wording(
            f"{held.force} har delegation för avslag.", f"{held.force} mandates to refuse hold."
        )
    return Result(check=Utl.id, outcome=outcome, reason=reason, data=held._asdict())


check = Utl()

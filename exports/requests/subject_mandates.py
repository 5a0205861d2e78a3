"""Who may decide on data subjects' requests: the delegations, as `gdpr.subjects` asks for them.

A refusal under GDPR arts. 12.5 and 15–21, and the dismissal of a late appeal against it, are
decided by whom the delegation names, or by the authority's own body.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from archiver.ledger.service import Ledger
from exports.core.mandate import MandateKind, NoMandate
from exports.requests.mandates import tried
from gdpr.core.subject_request import Step, Taken


class SubjectMandates:
    """The `Mandates` of a home."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def fault(
        self, connection: Connection, authority: int, taken: Taken, signed: date | None
    ) -> str:
        """Why whoever takes this step may not decide; empty if they may. `signed`: the day a user
        signs it themselves, when the mandate must be in force too; `connection`: the writer's."""
        late = taken.step is Step.DISMISS_AS_LATE
        try:
            tried(
                self._ledger,
                connection,
                authority,
                user=taken.actor,
                kind=MandateKind.DISMISSAL if late else MandateKind.DATA_SUBJECT,
                day=taken.day,
                signed=signed,
                body=taken.body,
                provision=taken.mandate,
            )
        except NoMandate as error:
            return str(error)
        return ""

"""The services by which requests are answered, made once and given to commands and pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archiver.core.ports import Clock
from archiver.ledger.service import Ledger
from exports.requests.court_package import CourtPackages
from exports.requests.decisions import Decisions, Names
from exports.requests.disclosure import DisclosureLogs
from exports.requests.fees import Fees
from exports.requests.given_out import NOTHING, GivenOut
from exports.requests.notes import RequestNotes
from exports.requests.registering import Registering
from exports.requests.service import Requests
from gdpr.core.ground import Picklist


@dataclass(frozen=True, slots=True)
class Answers:
    """What is done with a request once it is recorded."""

    notes: RequestNotes
    fees: Fees
    decisions: Decisions
    packages: CourtPackages
    logs: DisclosureLogs
    registering: Registering

    @classmethod
    def of(
        cls,
        ledger: Ledger,
        requests: Requests,
        registering: Registering,
        picklist: Picklist,
        names: Names,
        clock: Clock,
        given_out: GivenOut = NOTHING,
        grounds: Callable[[int], Picklist] | None = None,
    ) -> Answers:
        """Made over one home's ledger and requests. `picklist`: the grounds that ship; `grounds`:
        those that hold for an authority, where it has its own."""
        listed = grounds or (lambda _one: picklist)
        notes = RequestNotes(ledger, requests, listed)
        fees = Fees(ledger, requests, clock)
        return cls(
            notes=notes,
            fees=fees,
            decisions=Decisions(ledger, requests, notes, listed, names, clock, given_out),
            packages=CourtPackages(ledger, requests, notes, names, given_out, listed),
            logs=DisclosureLogs(ledger, requests, notes, fees, registering, names, given_out),
            registering=registering,
        )

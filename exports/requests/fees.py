"""Tables of fees, each adopted by a decision; and what was charged for a request.

A table is an event and is never changed: the next one counts from its day. What is charged is what
the table gives, or less by a decision of somebody with the mandate for it; never more. A delivery
is charged once: what is charged for it again says why, and takes the place of what was. Nothing is
charged for the search, the assessment or the masking, and reading on the spot is free. Whoever pays
beforehand needs no name: the answer is collected by the request's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry.core.entry import MAX_REASON, line
from exports.core.fees import FeeTable, Medium, Rate, faults, fee, in_force
from exports.core.mandate import MandateKind
from exports.requests import mandates, queries
from exports.requests.service import Requests
from exports.requests.steps import MAX_LINE

_COHORT = "register"
_MOST_UNITS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedTable:
    """A table as it was recorded, and for which authority."""

    seq: int
    authority: int
    table: FeeTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculated:
    """What so many units cost on a day, in öre, by which table (None: there is none, and nothing
    is charged)."""

    medium: Medium
    units: int
    amount: int
    table: AdoptedTable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What was charged for a request, in öre; `table` 0: there was none. `release`: the delivery it
    is for, 0 for the request as a whole. `corrects`: the charge that it takes the place of, 0 if it
    is the first. `reason`: of a correction, or of an amount below the table's, as are `provision`
    and `body`."""

    seq: int
    medium: Medium
    units: int
    amount: int
    table: int
    day: date
    prepaid: bool
    release: int = 0
    corrects: int = 0
    reason: str = ""
    provision: str = ""
    body: str = ""


class Fees:
    """The fees of a home."""

    def __init__(self, ledger: Ledger, requests: Requests, clock: Clock) -> None:
        self._ledger, self._requests, self._clock = ledger, requests, clock

    def adopt(self, viewer: Viewer, authority: int, table: FeeTable) -> int:
        """Record a table that was adopted; its number. `ConfigError` that says what is wrong.
        Asks for what a mandate asks for: both say what whoever answers requests may do."""
        viewer.require(Permission.SET_USERS, authority)
        table = replace(table, decision=line(table.decision, "decision", 200))
        for fault in faults(table):
            raise ConfigError(f"The table was not recorded. {fault}.")
        rates: list[Json] = [
            [one.medium.value, one.free_below, one.first, one.each] for one in table.rates
        ]
        said: dict[str, Json] = {
            "authority": authority,
            "decision": table.decision,
            "valid_from": table.valid_from.isoformat(),
            "rates": rates,
            "actor": viewer.actor,
        }
        if table.valid_to is not None:
            said["valid_to"] = table.valid_to.isoformat()
        with self._ledger.writer() as writer:
            cohort = writer.cohort(authority, _COHORT)
            return writer.append_event(EventType.FEE_TABLE_SET, said, cohort=cohort)

    def tables(self, viewer: Viewer, authority: int) -> list[AdoptedTable]:
        """An authority's tables, in the order they were recorded."""
        viewer.require(Permission.READ, authority)
        with self._ledger.database.read() as connection:
            return self._tables(connection, authority)

    def calculate(
        self, viewer: Viewer, authority: int, medium: Medium, units: int, *, day: date | None = None
    ) -> Calculated:
        """What copies cost; nothing is recorded. Units are pages, or files."""
        viewer.require(Permission.READ, authority)
        with self._ledger.database.read() as connection:
            return self._calculated(
                connection, authority, medium, units, day or stockholm_date(self._clock.now())
            )

    def charge(
        self,
        viewer: Viewer,
        request: int,
        medium: Medium,
        units: int,
        *,
        release: int = 0,
        prepaid: bool = False,
        amount: int | None = None,
        reason: str = "",
        body: str = "",
        signer: int | None = None,
    ) -> Charged:
        """Record what is charged for a request, or for one delivery of it (`release`); `amount`
        (öre) if it is to be less than the table's figure, which needs a reason and somebody who may
        decide it. A second charge for the same is a correction of the first, by the table that the
        first followed. `RuleViolation` for more than the table's figure, and for a second charge
        that does not say why; `NotFound` for a release that is not the request's."""
        authority = self._requests.get(viewer, request).received.authority
        viewer.require(Permission.DISCLOSE, authority)
        user = viewer.actor or (signer or 0)
        with self._ledger.writer() as writer:
            today = stockholm_date(writer.at)
            before = self._before(writer.connection, request, release, medium)
            day = before.day if before else today
            found = self._calculated(writer.connection, authority, medium, units, day)
            wanted = found.amount if amount is None else amount
            if not 0 <= wanted <= found.amount:
                raise RuleViolation(
                    "Nothing is charged beyond the adopted table.",
                    remedy=f"By the table it is {found.amount} öre.",
                )
            _refuse_silent(before, reason)
            said: dict[str, Json] = {
                "of": request,
                "authority": authority,
                "medium": medium.value,
                "units": units,
                "amount": wanted,
                "table": found.table.seq if found.table else 0,
                "day": today.isoformat(),
                "actor": user,
            }
            numbers = {"release": release, "corrects": before.seq if before else 0}
            said |= {name: number for name, number in numbers.items() if number}
            if prepaid:
                said["prepaid"] = True
            if before or wanted != found.amount:
                said["reason"] = line(reason, "reason", MAX_REASON)
            if wanted != found.amount:
                rests = mandates.tried(
                    self._ledger,
                    writer.connection,
                    authority,
                    user=user,
                    kind=MandateKind.FEE,
                    day=today,
                    body=line(body, "body's decision", MAX_LINE, needed=False),
                )
                more = {"mandate": rests.provision, "body": rests.body}
                said |= {name: text for name, text in more.items() if text}
            cohort = writer.cohort(authority, _COHORT)
            seq = writer.append_event(EventType.REQUEST_FEE, said, cohort=cohort)
        return _charged(seq, said)

    def _before(
        self, connection: Connection, request: int, release: int, medium: Medium
    ) -> Charged | None:
        """What stands charged for the same delivery; what is charged for the request as a whole is
        charged for each of its deliveries."""
        if release and release not in queries.releases(connection, request):
            raise NotFound(
                "The request has no such release.",
                remedy="`diarkiv exports release list` has them.",
            )
        every = self._charges(connection, request)
        corrected = {one.corrects for one in every}
        same = [
            one
            for one in every
            if one.medium is medium
            and one.seq not in corrected
            and (one.release == release or 0 in (one.release, release))
        ]
        return same[-1] if same else None

    def charged(self, viewer: Viewer, request: int) -> list[Charged]:
        """What was charged for a request, in order."""
        self._requests.get(viewer, request)
        with self._ledger.database.read() as connection:
            return self._charges(connection, request)

    def _charges(self, connection: Connection, request: int) -> list[Charged]:
        seqs = queries.notes(connection, request, EventType.REQUEST_FEE)
        opened = self._ledger.open(seqs)
        return [_charged(seq, opened[seq].envelope) for seq in seqs]

    def _calculated(
        self, connection: Connection, authority: int, medium: Medium, units: int, day: date
    ) -> Calculated:
        if not 0 <= units <= _MOST_UNITS:
            raise ConfigError(f"From 0 to {_MOST_UNITS} pages or files are counted.")
        adopted = self._tables(connection, authority)
        table = in_force([one.table for one in adopted], day)
        used = next((one for one in reversed(adopted) if one.table == table), None)
        amount = fee(table, medium, units)
        return Calculated(medium=medium, units=units, amount=amount, table=used)

    def _tables(self, connection: Connection, authority: int) -> list[AdoptedTable]:
        seqs = queries.rules(connection, EventType.FEE_TABLE_SET, authority)
        opened = self._ledger.open(seqs)
        return [
            AdoptedTable(seq=seq, authority=authority, table=_table(opened[seq].envelope))
            for seq in seqs
        ]


def _refuse_silent(before: Charged | None, reason: str) -> None:
    """Refuse to charge again for what was charged, unless it is said why."""
    if before and not reason.strip():
        raise RuleViolation(
            f"That delivery was charged {before.amount} öre on {before.day} already "
            f"(entry {before.seq}): nothing was recorded.",
            remedy="Give a reason if it was wrong: the new charge takes its place. Name the release"
            " if it is for another delivery.",
        )


def _table(said: Mapping[str, Any]) -> FeeTable:
    until = said.get("valid_to")
    return FeeTable(
        decision=str(said["decision"]),
        valid_from=date.fromisoformat(said["valid_from"]),
        valid_to=date.fromisoformat(until) if until else None,
        rates=tuple(
            Rate(medium=Medium(medium), free_below=free, first=first, each=each)
            for medium, free, first, each in said["rates"]
        ),
    )


def _charged(seq: int, said: Mapping[str, Any]) -> Charged:
    return Charged(
        seq=seq,
        medium=Medium(said["medium"]),
        units=int(said["units"]),
        amount=int(said["amount"]),
        table=int(said["table"]),
        day=date.fromisoformat(said["day"]),
        prepaid=bool(said.get("prepaid", False)),
        release=int(said.get("release", 0)),
        corrects=int(said.get("corrects", 0)),
        reason=str(said.get("reason", "")),
        provision=str(said.get("mandate", "")),
        body=str(said.get("body", "")),
    )

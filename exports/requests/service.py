"""Requests for public records: recorded as they come, taken through their steps, never lost.

Each step is an event; where a request stands is what its steps give (`exports.core.access_request`)
and never what somebody set. What a request concerns is held from disposal from when it is precise
until it is closed: the hold is placed before the step is recorded and let go after it, so that a
crash between the two holds too long and never too little; `settle` lets go what was left. Who may
decide is tried where the decision is written, under the writer's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.event import EventType
from archiver.core.ports import Clock, HoldPlacer
from archiver.errors import ConfigError, DiarkivError, RuleViolation
from archiver.ledger.matters import COHORT, Kind, Matters
from archiver.ledger.service import Ledger
from exports.core.access_request import (
    Light,
    Standing,
    State,
    Step,
    Taken,
    after,
    light,
    take,
)
from exports.core.extent import Extent, extent
from exports.core.extent import faults as extent_faults
from exports.core.mandate import CHANGED_BY, ChangedBy, NoMandate, kind_of
from exports.core.received import Received, received_of
from exports.requests import mandates, queries
from exports.requests.paper import Paper, sealed
from exports.requests.queries import RequestRow
from exports.requests.steps import MAX_RECORDS, payload, taken_of

_HOLD = "access_request"  # of `retention.core.hold.HoldKind`
_REVIEW = timedelta(days=30)  # when a request's hold is to be looked at next
_KIND = Kind(
    tables=queries.REQUESTS,
    taken_of=taken_of,
    open=frozenset(State) - {State.CLOSED},
    permission=Permission.READ,
    name="request",
    listed_by="exports request list",
    over="Begäran är slutligt avslutad",
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """A request with its words, its steps in order and where it stands. `at`: when it was recorded,
    milliseconds UTC."""

    seq: int
    at: int
    received: Received
    steps: tuple[Taken, ...]
    standing: Standing

    def light(self, today: date) -> Light:
        """The colour of its clock."""
        return light(self.standing, today)


class Diary(Protocol):
    """Registers what has become of a request, where its authority has a register."""

    def follow(self, viewer: Viewer, request: AccessRequest) -> None: ...


class Requests:
    """The requests of a home. `holds` keeps what they concern from disposal; `diary` registers
    them; `changed_by`: who may change a decision."""

    def __init__(
        self,
        ledger: Ledger,
        holds: HoldPlacer,
        clock: Clock,
        diary: Diary | None = None,
        changed_by: ChangedBy = CHANGED_BY,
    ) -> None:
        self._ledger, self._holds, self._clock, self._diary = ledger, holds, clock, diary
        self.changed_by = changed_by
        self._matters = Matters(ledger, holds, _KIND)
        self.settle = self._matters.settle

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    # --- writing -----------------------------------------------------------------------------

    def receive(self, viewer: Viewer, asked: Received) -> int:
        """Record a request; its number. `ConfigError` for what cannot be recorded."""
        viewer.require(Permission.DISCLOSE, asked.authority)
        said = asked.checked(self.today()).payload(viewer.actor)
        seq = self._matters.append(EventType.REQUEST_RECEIVED, asked.authority, said)
        self._follow(viewer, seq)
        return seq

    def take(
        self,
        viewer: Viewer,
        seq: int,
        taken: Taken,
        *,
        records: Collection[int] = (),
        papers: Sequence[Paper] = (),
        unless_after: int | None = None,
    ) -> Standing:
        """Take a step; where the request stands then. `records`: what it concerns, of
        `MAKE_PRECISE`; `papers`: what came with it or was signed, kept with it or not at all;
        `unless_after`: an entry, since which no step may have been taken, or nothing is done.

        The step is the viewer's own; only at the machine itself may another be named who took it.
        `RuleViolation` for a step that cannot follow, `NoMandate` for a decision by somebody who
        may not make it, `ConfigError` for records that are missing or too many and for a day to
        come, `NotFound` for another authority's request or records; then nothing is changed.
        """
        row = self._matters.row(viewer, seq)
        viewer.require(Permission.DISCLOSE, row.authority)
        if viewer.actor:
            taken = replace(taken, actor=viewer.actor)
        if taken.day > self.today():
            raise ConfigError(
                "The step was taken on a day that has not come.",
                remedy="Record it when it is done.",
            )
        frames = [
            sealed(seq, row.authority, paper, actor=taken.actor, random=self._ledger.random)
            for paper in papers
        ]
        with self._ledger.database.read() as connection:
            if _went_on(connection, seq, unless_after):
                return self._standing(connection, row)
            self._tried(connection, viewer, row, taken)  # what cannot follow places no hold
        if taken.step is Step.MAKE_PRECISE:
            self._hold(row, viewer, records)
        with self._ledger.writer() as writer:
            if _went_on(writer.connection, seq, unless_after):
                return self._standing(writer.connection, row)
            taken, standing = self._tried(writer.connection, viewer, row, taken)
            said = payload(seq, row.authority, taken)
            cohort = writer.cohort(row.authority, COHORT)
            writer.append_event(EventType.REQUEST_STEP, said, cohort=cohort)
            for frame in frames:
                writer.append(EventType.REQUEST_PAPER, frame, cohort)
        if not standing.holds:
            self._matters.let_go(seq, viewer.actor)
        self._follow(viewer, seq)
        return standing

    def _tried(
        self, connection: Connection, viewer: Viewer, row: RequestRow, taken: Taken
    ) -> tuple[Taken, Standing]:
        """A step with what it rests on, and where the request stands after it. Whether it can
        follow is said first, then whether whoever takes it may."""
        before = self._standing(connection, row)
        kind = kind_of(taken.step, before.answer, self.changed_by)
        as_if = replace(taken, mandate=taken.mandate or "?") if kind else taken
        standing = take(before, as_if)
        found = self._extent(connection, row.seq)
        if wrong := " ".join(extent_faults(found, before, taken)):
            raise RuleViolation(
                wrong,
                remedy="Decide on each record in a release, or answer that it is refused, in part "
                "or whole, and tell of the right to a written decision.",
            )
        by_body = taken.step is Step.CHANGE_DECISION and self.changed_by is ChangedBy.BODY
        if by_body and not taken.body.strip():
            raise NoMandate(
                "Nothing was changed: a decision is changed by the authority's own body alone.",
                remedy="Refer to the body's decision. The setting `changed_decision` says who may.",
            )
        if kind is not None:
            rests = mandates.tried(
                self._ledger,
                connection,
                row.authority,
                user=taken.actor,
                kind=kind,
                day=taken.day,
                signed=self.today() if viewer.actor else None,
                body=taken.body,
                provision=taken.mandate,
            )
            taken = replace(taken, mandate=rests.provision, body=rests.body)
        return taken, standing

    def _follow(self, viewer: Viewer, seq: int) -> None:
        """Register what has come of it. What fails is told, and done with the next step: the step
        itself is taken."""
        if self._diary is None:
            return
        try:
            self._diary.follow(viewer, self.get(viewer, seq))
        except DiarkivError as error:
            _log.warning("request.unregistered", request=seq, code=error.code)

    def _hold(self, row: RequestRow, viewer: Viewer, records: Collection[int]) -> None:
        if not 0 < len(records) <= MAX_RECORDS:
            raise ConfigError(
                f"A precise request names the records it concerns, at most {MAX_RECORDS}.",
                remedy="Name them, or answer that nothing is held.",
            )
        self._holds.place_for(
            row.seq,
            authority=row.authority,
            kind=_HOLD,
            records=records,
            reason=f"Begäran om allmän handling {row.seq}",
            review_on=self.today() + _REVIEW,
            owner=viewer.actor,
        )

    # --- reading -----------------------------------------------------------------------------

    def list(self, viewer: Viewer, *, closed: bool = False) -> list[RequestRow]:
        """Requests of the authorities that the viewer may read, the oldest first; with `closed`
        those that were closed too."""
        return self._matters.rows(viewer, closed=closed)

    def get(self, viewer: Viewer, seq: int, then: Taken | None = None) -> AccessRequest:
        """One request; with `then` as it would stand after one more step, nothing is recorded.
        `NotFound` if there is none that the viewer may read, `RuleViolation` as `take`."""
        row, said = self._matters.row(viewer, seq), self._matters.said(seq)
        steps = said.steps if then is None else (*said.steps, then)
        return AccessRequest(
            seq=seq,
            at=said.at,
            received=received_of(said.fields),
            steps=steps,
            standing=after(row.received, steps),
        )

    def records(self, viewer: Viewer, seq: int) -> Sequence[int]:
        """The records that a request concerns: those that are held for it. `NotFound` as `get`."""
        self._matters.row(viewer, seq)
        with self._ledger.database.read() as connection:
            return queries.held(connection, seq)

    def extent(self, viewer: Viewer, seq: int, draft: int | None = None) -> Extent:
        """What the releases of a request amount to; with a `draft` as if it were made. `NotFound`
        as `get`."""
        self._matters.row(viewer, seq)
        with self._ledger.database.read() as connection:
            return self._extent(connection, seq, draft)

    def _extent(self, connection: Connection, seq: int, draft: int | None = None) -> Extent:
        return extent(
            queries.records_of(connection, seq),
            queries.decided(connection, seq, draft),
            self._matters.steps(connection, seq),
        )

    def _standing(self, connection: Connection, row: RequestRow) -> Standing:
        return after(row.received, self._matters.steps(connection, row.seq))


def _went_on(connection: Connection, seq: int, since: int | None) -> bool:
    """Whether a step was taken after an entry."""
    steps = queries.REQUESTS.steps(connection, seq)
    return since is not None and any(one > since for one in steps)

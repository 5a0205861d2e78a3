"""Data subjects' requests: recorded as they come, taken through their steps, never lost.

Each step is an event; where a request stands is what its steps give (`gdpr.core.subject_request`).
What a request concerns is held from disposal from when it is named until all is over; under art. 18
the hold is the restriction itself. The hold is placed before the step is recorded and let go after
it: a crash between the two holds too long and never too little, and `settle` lets go of the rest.
Whether somebody may decide is tried under the writer's lock, where the decision is written.
No step changes a captured record: a rectification is a note beside it, an erasure is an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock, HoldPlacer
from archiver.core.record import clean
from archiver.db.matter import recorded_at
from archiver.db.restricted import restrictions
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.matters import COHORT, Kind, Matters
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal
from gdpr.core.asked import Asked, asked_of
from gdpr.core.subject_request import (
    Light,
    Right,
    Standing,
    State,
    Step,
    Taken,
    after,
    is_decided,
    light,
    take,
)
from gdpr.subjects import queries
from gdpr.subjects.queries import RequestRow
from gdpr.subjects.steps import MAX_WORDS, payload, taken_of

_HOLDS = {Right.RESTRICTION: "restriction"}  # of `retention.core.hold.HoldKind`; else …
_HOLD = "access_request"
_REVIEW = timedelta(days=90)  # when a request's hold is to be looked at next
_KIND = Kind(
    tables=queries.REQUESTS,
    taken_of=taken_of,
    open=frozenset(State) - {State.CLOSED},
    permission=Permission.PROTECT_DATA,
    name="request",
    listed_by="gdpr subject list",
    over="Begäran är slutligt avslutad",
)


class Mandates(Protocol):
    """Whether somebody may decide (`exports` knows the delegations)."""

    def fault(
        self, connection: Connection, authority: int, taken: Taken, signed: date | None
    ) -> str:
        """Why whoever takes this step, a decision, may not; empty if they may. `signed`: the day a
        user signs it themselves; `connection`: the writer's, so that nothing ends between the check
        and the decision."""
        ...


class AnyMandate:
    """Takes whichever provision is named: where no delegation is recorded."""

    def fault(
        self, connection: Connection, authority: int, taken: Taken, signed: date | None
    ) -> str:
        del connection, authority, taken, signed
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRequest:
    """A request with its words, its steps in order and where it stands. `at`: when it was recorded,
    milliseconds UTC."""

    seq: int
    at: int
    asked: Asked
    steps: tuple[Taken, ...]
    standing: Standing

    def light(self, today: date) -> Light:
        """The colour of its clock."""
        return light(self.standing, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A rectification beside a record (art. 16): its entry, when (milliseconds UTC), who noted it,
    under which request, and its words."""

    seq: int
    at: int
    actor: int
    of: int
    text: str


class Subjects:
    """The data subjects' requests of a home. `holds` keeps what they concern from disposal."""

    def __init__(
        self,
        ledger: Ledger,
        holds: HoldPlacer,
        clock: Clock,
        mandates: Mandates = AnyMandate(),  # noqa: B008 has no state
    ) -> None:
        self._ledger, self._holds, self._clock, self._mandates = ledger, holds, clock, mandates
        self._matters = Matters(ledger, holds, _KIND)
        self.settle = self._matters.settle

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    # --- writing -----------------------------------------------------------------------------

    def receive(self, viewer: Viewer, asked: Asked) -> int:
        """Record a request; its number. `ConfigError` for what cannot be recorded."""
        viewer.require(Permission.PROTECT_DATA, asked.authority)
        said = asked.checked(self.today()).payload(viewer.actor)
        return self._matters.append(EventType.SUBJECT_REQUEST_RECEIVED, asked.authority, said)

    def take(self, viewer: Viewer, seq: int, taken: Taken) -> Standing:
        """Take a step; where the request stands then.

        `RuleViolation` for a step that cannot follow or a decision without mandate, `ConfigError`
        for what is too long, `NotFound` for another authority's request or records; then nothing
        is changed. A rectification is noted with `rectify`.
        """
        if taken.step is Step.RECTIFY:
            raise ConfigError("A rectification is noted with its words.", remedy="Use `rectify`.")
        row = self._matters.row(viewer, seq)
        then = self.get(viewer, seq, taken).standing  # what cannot follow places no hold
        self._check(row, taken)
        said = payload(seq, row.authority, taken)
        if taken.step in (Step.COLLECT, Step.REOPEN) and then.records:
            self._hold(row, viewer, then.records)
        return self._record(row, viewer, taken, said)

    def rectify(
        self, viewer: Viewer, seq: int, *, record: int, text: str, day: date | None = None
    ) -> Standing:
        """Let a note stand beside a record from now on (art. 16): the record itself is not changed.
        The record is one that the request concerns. Errors as `take`."""
        row = self._matters.row(viewer, seq)
        text = clean(text.strip())
        if not text or len(text) > MAX_WORDS:
            raise ConfigError(f"A note has 1 to {MAX_WORDS} characters.", remedy="Write it anew.")
        taken = Taken(
            step=Step.RECTIFY, day=day or self.today(), actor=viewer.actor, records=(record,)
        )
        one = self.get(viewer, seq, taken)
        if record not in one.standing.records:
            raise RuleViolation(
                f"R{record} is none of the records that the request concerns.",
                remedy="Name the records first (`collect`).",
            )
        said: dict[str, Json] = {
            "of": seq,
            "authority": row.authority,
            "record": record,
            "text": text,
            "actor": viewer.actor,
        }
        step = payload(seq, row.authority, taken)
        return self._record(row, viewer, taken, step, beside=(EventType.RECTIFICATION_NOTED, said))

    def _check(self, row: RequestRow, taken: Taken) -> None:
        """`RuleViolation` for a day to come, `NotFound` for records of others."""
        if taken.day > self.today():
            raise RuleViolation(
                "A step cannot be taken on a day to come.", remedy="Give the day it was taken."
            )
        if taken.records:
            with self._ledger.database.read() as connection:
                owners = queries.owners(connection, taken.records)
            if any(owners.get(one) != row.authority for one in taken.records):
                raise NotFound(
                    "Some of the records are not there, or not the authority's.",
                    remedy="Name records of the authority that was asked.",
                )

    def _refuse_without_mandate(
        self, connection: Connection, viewer: Viewer, row: RequestRow, taken: Taken
    ) -> None:
        if not is_decided(taken):
            return
        signed = self.today() if viewer.actor else None
        by = replace(taken, actor=viewer.actor)
        if fault := self._mandates.fault(connection, row.authority, by, signed):
            raise RuleViolation(fault, remedy="Let somebody decide whom the delegation names.")

    def _record(
        self,
        row: RequestRow,
        viewer: Viewer,
        taken: Taken,
        said: Mapping[str, Json],
        *,
        beside: tuple[EventType, Mapping[str, Json]] | None = None,
    ) -> Standing:
        """Write a step, and what stands `beside` it, in one turn: both are there or neither."""
        sealed = seal(FrameKind.EVENT, said, random=self._ledger.random)
        along = beside and seal(FrameKind.EVENT, beside[1], random=self._ledger.random)
        with self._ledger.writer() as writer:
            before = self._matters.steps(writer.connection, row.seq)
            standing = take(after(row.right, row.received, before), taken)
            self._refuse_without_mandate(writer.connection, viewer, row, taken)
            cohort = writer.cohort(row.authority, COHORT)
            if beside and along:
                writer.append(beside[0], along, cohort)
            writer.append(EventType.SUBJECT_REQUEST_STEP, sealed, cohort)
        if not standing.holds and (taken.step in (Step.CLOSE, Step.LIFT)):
            self._matters.let_go(row.seq, viewer.actor)
        return standing

    def _hold(self, row: RequestRow, viewer: Viewer, records: Collection[int]) -> None:
        self._holds.place_for(
            row.seq,
            authority=row.authority,
            kind=_HOLDS.get(row.right, _HOLD),
            records=records,
            reason=f"Begäran från registrerad {row.seq}",
            review_on=self.today() + _REVIEW,
            owner=viewer.actor,
        )

    # --- reading -----------------------------------------------------------------------------

    def list(self, viewer: Viewer, *, closed: bool = False) -> list[RequestRow]:
        """Requests of the authorities whose personal data the viewer protects, the oldest first;
        with `closed` those that were closed too."""
        return self._matters.rows(viewer, closed=closed)

    def get(self, viewer: Viewer, seq: int, then: Taken | None = None) -> SubjectRequest:
        """One request; with `then` as it would stand after one more step, nothing is recorded.
        `NotFound` if there is none that is the viewer's, `RuleViolation` as `take`."""
        row, said = self._matters.row(viewer, seq), self._matters.said(seq)
        steps = said.steps if then is None else (*said.steps, then)
        return SubjectRequest(
            seq=seq,
            at=said.at,
            asked=asked_of(said.fields),
            steps=steps,
            standing=after(row.right, row.received, steps),
        )

    def notes(self, viewer: Viewer, records: Collection[int]) -> Mapping[int, Sequence[Note]]:
        """Record → the rectifications that stand beside it, in order, of the records that the
        viewer may read. Whoever shows or gives out a record shows these with it."""
        with self._ledger.database.read() as connection:
            owners = queries.owners(connection, records)
            mine = [
                one for one in records if one in owners and viewer.may(Permission.READ, owners[one])
            ]
            beside = queries.notes_beside(connection, mine)
            seqs = [seq for some in beside.values() for seq in some]
            at = {seq: recorded_at(connection, seq) for seq in seqs}
        opened = self._ledger.open(seqs) if seqs else {}
        return {
            record: [_note(seq, at[seq], opened[seq].envelope) for seq in some if seq in opened]
            for record, some in beside.items()
        }

    def restricted(self, records: Collection[int]) -> dict[int, int]:
        """Record → the request under which its processing is restricted (art. 18). What is
        restricted is kept, read and given out under TF as before; the authority does nothing else
        with it: own publication and statistics ask here first."""
        with self._ledger.database.read() as connection:
            return restrictions(connection, records)


def _note(seq: int, at: int, said: Mapping[str, Json]) -> Note:
    return Note(
        seq=seq,
        at=at,
        actor=int(str(said["actor"])),
        of=int(str(said["of"])),
        text=str(said["text"]),
    )

"""Incidents: every breach is recorded, and what it concerns is held until it is closed.

Each step is an event; where an incident stands is what its steps give (`gdpr.core.incident`). The
records that are named are held from disposal before the incident can be worked on: evidence of a
breach must not go by schedule meanwhile. `settle` lets go of what a crash left held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.event import EventType
from archiver.core.ports import Clock, HoldPlacer
from archiver.db import gdpr_tables as g
from archiver.db import hold_tables as h
from archiver.db.matter import MatterTables
from archiver.errors import NotFound
from archiver.ledger.matters import COHORT, Kind, Matters
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal
from gdpr.core.incident import (
    Content,
    Light,
    Risk,
    Standing,
    State,
    Step,
    Taken,
    after,
    light,
    take,
)
from gdpr.incidents.steps import Noticed, noticed_of, payload, taken_of
from gdpr.subjects.queries import owners

_HOLD = "incident"  # of `retention.core.hold.HoldKind`
_REVIEW = timedelta(days=90)


class IncidentRow(NamedTuple):
    """An incident as the tables tell it: `known_at` and `notified` in milliseconds UTC."""

    seq: int
    authority: int
    known_at: int
    closed: bool
    risk: Risk | None
    notified: int | None

    @property
    def standing(self) -> Standing:
        """What of its standing the tables tell: the clock."""
        return Standing(
            known_at=self.known_at,
            risk=self.risk,
            notified_at=self.notified,
            state=State.CLOSED if self.closed else State.OPEN,
        )


def _row(
    seq: int, authority: int, known_at: int, state: str, risk: str | None, notified: int | None
) -> IncidentRow:
    closed = state == State.CLOSED
    return IncidentRow(seq, authority, known_at, closed, Risk(risk) if risk else None, notified)


INCIDENTS = MatterTables(g.incident, g.incident_step, g.incident.c.known_at, _row)
_KIND = Kind(
    tables=INCIDENTS,
    taken_of=taken_of,
    open=frozenset({State.OPEN}),
    permission=Permission.PROTECT_DATA,
    name="incident",
    listed_by="gdpr incident list",
    over="Incidenten är avslutad",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident with its words, its steps in order and where it stands."""

    seq: int
    noticed: Noticed
    actor: int
    steps: tuple[Taken, ...]
    standing: Standing

    def light(self, now: int) -> Light:
        """The colour of its clock."""
        return light(self.standing, now)

    @property
    def content(self) -> Content:
        """What was last notified."""
        return self.standing.content


class Incidents:
    """The incidents of a home. `holds` keeps what they concern from disposal."""

    def __init__(self, ledger: Ledger, holds: HoldPlacer, clock: Clock) -> None:
        self._ledger, self._holds, self._clock = ledger, holds, clock
        self._matters = Matters(ledger, holds, _KIND)

    def now(self) -> int:
        """The instant, milliseconds UTC."""
        return self._clock.now()

    def record(self, viewer: Viewer, noticed: Noticed) -> int:
        """Record a breach; its number. `ConfigError` for what cannot be recorded, `NotFound` for
        records that are not the authority's; then nothing is recorded."""
        viewer.require(Permission.PROTECT_DATA, noticed.authority)
        noticed = noticed.checked(self.now())
        with self._ledger.database.read() as connection:
            theirs = owners(connection, noticed.records)
        if any(theirs.get(one) != noticed.authority for one in noticed.records):
            raise NotFound(
                "Some of the records are not there, or not the authority's.",
                remedy="Name records of the authority, or none.",
            )
        said = noticed.payload(viewer.actor)
        seq = self._matters.append(EventType.INCIDENT_RECORDED, noticed.authority, said)
        self._hold(seq, noticed, viewer.actor)
        return seq

    def take(self, viewer: Viewer, seq: int, taken: Taken) -> Standing:
        """Take a step; where the incident stands then. `RuleViolation` for a step that cannot
        follow, `NotFound` for another authority's incident; then nothing is changed."""
        one = self.get(viewer, seq)
        take(one.standing, taken)
        self._hold(seq, one.noticed, viewer.actor, unless=one.standing.closed)
        said = payload(seq, one.noticed.authority, taken)
        sealed = seal(FrameKind.EVENT, said, random=self._ledger.random)
        with self._ledger.writer() as writer:
            before = self._matters.steps(writer.connection, seq)
            standing = take(after(one.noticed.known_at, before), taken)
            cohort = writer.cohort(one.noticed.authority, COHORT)
            writer.append(EventType.INCIDENT_STEP, sealed, cohort)
        if taken.step is Step.CLOSE:
            self._matters.let_go(seq, viewer.actor)
        elif taken.step is Step.REOPEN:
            self._hold(seq, one.noticed, viewer.actor)
        return standing

    def settle(self) -> int:
        """Hold what open incidents concern, and let go of what closed ones hold still, after a
        crash; how many were let go."""
        closed = self._matters.settle()
        hold, c = h.disposal_hold.c, g.incident.c
        held = select(hold.seq).where(hold.source == c.seq, hold.lifted_on.is_(None))
        with self._ledger.database.read() as connection:
            unheld = select(c.seq).where(c.state == State.OPEN, ~held.exists())
            open_ = list(connection.scalars(unheld))
        for seq, opened in self._ledger.open(open_).items():
            self._hold(seq, noticed_of(opened.envelope), 0)
        return closed

    def list(self, viewer: Viewer, *, closed: bool = False) -> list[IncidentRow]:
        """Incidents of the authorities whose personal data the viewer protects, the oldest first;
        with `closed` those that were closed too."""
        return self._matters.rows(viewer, closed=closed)

    def get(self, viewer: Viewer, seq: int) -> Incident:
        """One incident; `NotFound` if there is none that is the viewer's."""
        self._matters.row(viewer, seq)
        said = self._matters.said(seq)
        noticed = noticed_of(said.fields)
        return Incident(
            seq=seq,
            noticed=noticed,
            actor=int(str(said.fields["actor"])),
            steps=said.steps,
            standing=after(noticed.known_at, said.steps),
        )

    def _hold(self, seq: int, noticed: Noticed, actor: int, *, unless: bool = False) -> None:
        if noticed.records and not unless:
            self._holds.place_for(
                seq,
                authority=noticed.authority,
                kind=_HOLD,
                records=noticed.records,
                reason=f"Personuppgiftsincident {seq}",
                review_on=stockholm_date(self.now()) + _REVIEW,
                owner=actor,
            )

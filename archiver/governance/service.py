"""Initiatives: opened, worked on step by step, decided on. Each act is an event.

Where an initiative stands is what its acts add up to. An act is judged twice: with what the checks
find before the log is locked, and, with the same findings, inside it, so that two people who act at
once cannot both be right. What is refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.core.reason import Wording
from archiver.db.queries import platforms
from archiver.errors import ConfigError, NotFound
from archiver.governance import queries
from archiver.governance.archive import Archive
from archiver.governance.core import acts as a
from archiver.governance.core import snapshot
from archiver.governance.core.check import AutoCheck, Subject, results
from archiver.governance.core.checklist import (
    Checklist,
    Reclassing,
    reclassed,
    refuse_reclassing,
)
from archiver.governance.core.gate import Bearings, Verdict, drift, observed, verdict
from archiver.governance.core.lifecycle import refuse
from archiver.governance.core.standing import Frozen, Standing, after, apply, opened
from archiver.governance.events import (
    act_of,
    act_payload,
    opened_of,
    opened_payload,
    reclassing_of,
    reclassing_payload,
)
from archiver.governance.queries import ApprovalRow, InitiativeRow
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal

_COHORT = "register"


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiative:
    """An initiative with its acts in order, where it stands, and what the gate judges it by."""

    seq: int
    acts: tuple[a.Act, ...]
    standing: Standing
    bearings: Bearings

    @property
    def verdict(self) -> Verdict:
        """Where it stands before the gate, and what remains."""
        return verdict(self.standing, self.bearings)

    @property
    def observed(self) -> list[Wording]:
        """Deviations that follow from how it stands."""
        return list(observed(self.standing, self.bearings.today))


class Initiatives:
    """The initiatives of a home."""

    def __init__(
        self,
        archive: Archive,
        clock: Clock,
        checklist: Callable[[], Checklist],
        checks: Callable[[], Mapping[str, AutoCheck[Archive]]],
    ) -> None:
        self._archive, self._clock = archive, clock
        self._checklist, self._checks = checklist, checks

    @property
    def _ledger(self) -> Ledger:
        return self._archive.ledger

    def today(self) -> date:
        """The day in Sweden."""
        return stockholm_date(self._clock.now())

    # --- what is there -----------------------------------------------------------------------

    def list(self, viewer: Viewer, *, closed: bool = False) -> list[InitiativeRow]:
        """Initiatives of the authorities that the viewer oversees, the oldest first."""
        with self._ledger.database.read() as connection:
            mine = viewer.authorities(Permission.OVERSEE)
            return queries.initiatives(connection, mine, closed=closed)

    def get(self, viewer: Viewer, seq: int) -> Initiative:
        """One initiative; `NotFound` if there is none that the viewer oversees."""
        with self._ledger.database.read() as connection:
            row = queries.initiative(connection, seq)
            numbers = queries.acts(connection, seq)
            known = platforms(connection)
        if row is None or not viewer.may(Permission.OVERSEE, row.authority):
            raise NotFound(
                "There is no such initiative.", remedy="`diarkiv lifecycle list` shows them."
            )
        standing, acts = self._folded(seq, numbers, known)
        return Initiative(seq=seq, acts=acts, standing=standing, bearings=self._bearings(standing))

    def checklist(self, authority: int) -> Checklist:
        """The checklist, with what the authority has decided to be mandatory."""
        with self._ledger.database.read() as connection:
            numbers = queries.reclassings(connection, authority)
        held = self._ledger.open(numbers)
        changes = [reclassing_of(held[number].envelope) for number in numbers]
        return reclassed(self._checklist(), changes)

    def covering(
        self, viewer: Viewer, *, channel: int, day: date | None = None
    ) -> ApprovalRow | None:
        """Which approval covers a channel on a day, today if none is said; None if none does."""
        with self._ledger.database.read() as connection:
            authority, platform = self._place(connection, channel)
            viewer.require(Permission.OVERSEE, authority)
            return queries.covering(
                connection,
                authority=authority,
                platform=platform,
                channel=channel,
                day=day or self.today(),
            )

    def frozen(
        self, viewer: Viewer, seq: int, digest: str = ""
    ) -> tuple[Frozen, Mapping[str, Any]]:
        """An underlag as it was sent, the newest if no digest is said, and what it says.
        `DigestMismatch` if the log holds something else than was sent."""
        sent = [
            one
            for one in self.get(viewer, seq).standing.sent
            if not digest or one.digest.startswith(digest)
        ]
        if not sent:
            raise NotFound("No such underlag was sent.", remedy="Send it when the gate is ready.")
        return sent[-1], snapshot.opened(sent[-1].snapshot, sent[-1].digest)

    def check_evidence(
        self, viewer: Viewer, seq: int, *, row: str, name: str, sha256: str, digest: str = ""
    ) -> None:
        """`DigestMismatch` unless a file is the evidence an underlag was sent with."""
        _, content = self.frozen(viewer, seq, digest)
        snapshot.refuse_changed(content, row, name, sha256)

    # --- what is done ------------------------------------------------------------------------

    def open(self, viewer: Viewer, said: a.Opened) -> int:
        """Open an initiative; its number. `ConfigError` for what cannot be opened."""
        viewer.require(Permission.GOVERN, said.authority)
        if not said.title.strip() or not said.platforms:
            raise ConfigError("An initiative has a title and a platform.", remedy="Say them.")
        if said.live_since is not None and said.live_since > self.today():
            raise ConfigError("It cannot have been in use since a day to come.")
        with self._ledger.database.read() as connection:
            for channel in said.channels:
                self._theirs(connection, said.authority, said.platforms, channel)
        return self._append(
            EventType.INITIATIVE_OPENED, said.authority, opened_payload(said, viewer.actor)
        )

    def take(self, viewer: Viewer, seq: int, said: a.Said) -> Initiative:
        """Do something to an initiative; where it stands then. `RuleViolation` for what may not
        follow, with why; then nothing is changed."""
        one = self.get(viewer, seq)
        authority = one.standing.opened.authority
        viewer.require(Permission.GOVERN, authority)
        act = a.Act(day=self.today(), actor=viewer.actor, said=said)
        refuse(one.standing, act, one.bearings)
        if isinstance(said, a.Linked):
            with self._ledger.database.read() as connection:
                self._theirs(connection, authority, (said.platform,), said.channel)
        payload = act_payload(seq, authority, act)
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        with self._ledger.writer() as writer:
            numbers = queries.acts(writer.connection, seq)
            standing, acts = self._folded(seq, numbers, platforms(writer.connection))
            refuse(standing, act, one.bearings)
            cohort = writer.cohort(authority, _COHORT)
            writer.append(EventType.INITIATIVE_ACT, sealed, cohort)
        now = apply(standing, act)
        bearings = self._bearings(now)
        return Initiative(seq=seq, acts=(*acts, act), standing=now, bearings=bearings)

    def send(self, viewer: Viewer, seq: int) -> Frozen:
        """Freeze the underlag and note that it was sent. `GateNotPassed` while anything remains."""
        one = self.get(viewer, seq)
        frozen = snapshot.freeze(seq, one.standing, one.bearings)
        said = a.Sent(digest=frozen.digest, snapshot=frozen.text)
        return self.take(viewer, seq, said).standing.sent[-1]

    def control(self, viewer: Viewer, seq: int) -> Initiative:
        """Run the checks on an approved initiative, and record what has come undone as deviations,
        each once. The approval stays what it was."""
        one = self.get(viewer, seq)
        for row, result in drift(one.standing, one.bearings):
            said = a.Deviated(
                text=result.reason.sv, category=a.Category.LAW, row=row.id, check=result.check
            )
            one = self.take(viewer, seq, said)
        return one

    def reclass(self, viewer: Viewer, authority: int, change: Reclassing) -> int:
        """Record what an authority has decided to be mandatory; the entry. `UnknownRow` for a row
        there is not."""
        viewer.require(Permission.GOVERN, authority)
        refuse_reclassing(self._checklist(), change)
        payload = reclassing_payload(authority, change, viewer.actor)
        return self._append(EventType.GATE_CLASS_SET, authority, payload)

    # --- within ------------------------------------------------------------------------------

    def _append(self, type_: EventType, authority: int, said: Mapping[str, Json]) -> int:
        sealed = seal(FrameKind.EVENT, said, random=self._ledger.random)
        with self._ledger.writer() as writer:
            return writer.append(type_, sealed, writer.cohort(authority, _COHORT))

    def _folded(
        self, seq: int, numbers: Sequence[int], known: Mapping[int, str]
    ) -> tuple[Standing, tuple[a.Act, ...]]:
        held = self._ledger.open([seq, *numbers])
        first = opened(opened_of(held[seq].envelope), known)
        acts = tuple(act_of(held[number].envelope) for number in numbers)
        return after(first, acts), acts

    def _bearings(self, standing: Standing) -> Bearings:
        checklist = self.checklist(standing.opened.authority)
        asked = [one for id_, one in self._checks().items() if id_ in checklist.checks]
        subject = Subject(
            authority=standing.opened.authority,
            places=tuple(standing.places),
            goals=standing.goals,
            phase=standing.phase,
            now=self._clock.now(),
        )
        found = results(asked, subject, self._archive)
        return Bearings(checklist=checklist, results=found, today=self.today())

    def _place(self, connection: Connection, channel: int) -> tuple[int, str]:
        row = queries.place(connection, channel)
        if row is None:
            raise NotFound(f"There is no channel C{channel}.", remedy="`diarkiv channel list`.")
        return row

    def _theirs(
        self, connection: Connection, authority: int, named: tuple[str, ...], channel: int
    ) -> None:
        owner, platform = self._place(connection, channel)
        if owner != authority or platform not in named:
            raise ConfigError(
                f"C{channel} is not the authority's, or on another platform ({platform}).",
                remedy="Nothing was changed. `diarkiv channel list` shows them.",
            )

"""Disposals: proposed by one person, confirmed by another, withdrawn; what becomes of each.

Every rule is asked again inside the ledger's writer (`retention.core.disposal`): that a decision in
force covers the set, that nothing holds it, that it is still the set that was looked at. How a
confirmed disposal is carried out is `retention.disposal.execution`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.form import parse
from archiver.core.ports import Clock
from archiver.core.tombstone import Confirmed
from archiver.errors import DisposalNotAuthorised, NotFound, RuleViolation, SecondPersonNeeded
from archiver.ledger.proof import build_bundle, whole_openings
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry.core.entry import line
from archiver.store.seal import FrameKind, seal
from retention.core.binding import may_run
from retention.core.certificate import Certificate
from retention.core.decision import Decision
from retention.core.disposal import (
    DAY,
    Proposal,
    State,
    refuse_against,
    refuse_confirmation,
    sampled,
    selected,
)
from retention.disposal import queries
from retention.disposal.gather import (
    Gathered,
    against,
    extents,
    gather,
    newest_of,
    proposed_by_now,
    terms,
)
from retention.disposal.queries import DisposalRow
from retention.due.evaluator import Evaluator
from retention.due.look import Plans

MAX_NOTE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDisposal:
    """A disposal as it stands: its row, what was proposed, and what is said of it by code: who
    confirmed, who withdrew and why."""

    row: DisposalRow
    proposal: Proposal
    confirmed_by: int | None = None
    ended_by: int | None = None
    reason: str = ""

    def sample(self) -> list[int]:
        """Records to look at before confirming."""
        return sampled(self.proposal.newest, self.proposal.digest)


class Disposals:
    """The disposals of a home. `plans` and `evaluator` say what may go."""

    def __init__(self, ledger: Ledger, evaluator: Evaluator, plans: Plans, clock: Clock) -> None:
        self._ledger = ledger
        self._evaluator = evaluator
        self._plans = plans
        self._clock = clock

    # --- reading -----------------------------------------------------------------------------

    def due(self, viewer: Viewer, authority: int, **which: Any) -> list[Gathered]:
        """What could be proposed today; `which` as in `gather`."""
        viewer.require(Permission.READ, authority)
        with self._ledger.database.read() as connection:
            return gather(connection, self._evaluator, authority, self.today(), **which)

    def all(
        self,
        viewer: Viewer,
        *,
        states: Collection[State] | None = None,
        limit: int | None = None,
    ) -> list[DisposalRow]:
        """Disposals of the authorities whose records the viewer may read, newest first."""
        with self._ledger.database.read() as connection:
            authorities = viewer.authorities(Permission.READ)
            return queries.disposals(connection, authorities, states=states, limit=limit)

    def get(self, viewer: Viewer, seq: int) -> HeldDisposal:
        """One disposal; `NotFound` if there is none that the viewer may know of."""
        return self._held(self.row(viewer, seq))

    def row(self, viewer: Viewer, seq: int) -> DisposalRow:
        """How far one disposal has come, without what it holds; `NotFound` as `get`."""
        with self._ledger.database.read() as connection:
            row = queries.disposal(connection, seq)
        if row is None or not viewer.may(Permission.READ, row.authority):
            raise no_disposal()
        return row

    def now(self) -> int:
        """The instant it is, in milliseconds UTC."""
        return self._clock.now()

    def today(self) -> date:
        """The Swedish day it is."""
        return stockholm_date(self.now())

    def certificate(self, viewer: Viewer, seq: int) -> Certificate:
        """The certificate of a completed disposal; `NotFound` if there is none yet."""
        sealed = self._ledger.open_one(self._certified(viewer, seq)).envelope
        return parse(Certificate, str(sealed["certificate"]).encode())

    def proof(self, viewer: Viewer, seq: int, name: str) -> bytes:
        """A proof bundle, to be called `name`, of the certificate: what a recovery believes."""
        openings = whole_openings(self._ledger, [self._certified(viewer, seq)], viewer)
        return build_bundle(self._ledger, openings, name)

    def _certified(self, viewer: Viewer, seq: int) -> int:
        """The entry with the certificate."""
        row = self.row(viewer, seq)
        if row.certificate is None:
            raise NotFound(
                "The disposal has no certificate yet.",
                remedy="It gets one when it is carried out to the end.",
            )
        return row.certificate

    def _held(self, row: DisposalRow) -> HeldDisposal:
        said = self._ledger.open(
            [row.seq, row.changed, *([row.confirmed] if row.confirmed else [])]
        )
        proposal = Proposal.parse(said[row.seq].envelope)
        confirmed: Mapping[str, Any] = said[row.confirmed].envelope if row.confirmed else {}
        ended: Mapping[str, Any] = {}
        if row.state in (State.WITHDRAWN, State.ABORTED) and row.changed in said:
            ended = said[row.changed].envelope
        return HeldDisposal(
            row=row,
            proposal=proposal,
            confirmed_by=confirmed.get("actor"),
            ended_by=ended.get("actor"),
            reason=str(ended.get("reason", "")),
        )

    # --- proposing ---------------------------------------------------------------------------

    def propose(
        self,
        viewer: Viewer,
        authority: int,
        *,
        rules: Collection[str] | None = None,
        channels: Collection[int] | None = None,
        note: str = "",
    ) -> list[int]:
        """Propose everything that is due at an authority (of some rules or channels): one proposal
        for each set of decisions it is due under; their numbers. `DisposalNotAuthorised` if nothing
        may go."""
        viewer.require(Permission.DISPOSE, authority)
        note = line(note, "note", MAX_NOTE, needed=False)
        made = []
        for proposal in self.drafts(viewer, authority, rules=rules, channels=channels, note=note):
            made.append(self.seal(proposal))
        if not made:
            raise DisposalNotAuthorised(
                "Nothing may be disposed of: nothing is due under a decision in force.",
                remedy="`diarkiv retention due` shows what is due when, and what keeps it.",
            )
        return made

    def drafts(
        self,
        viewer: Viewer,
        authority: int,
        *,
        rules: Collection[str] | None = None,
        channels: Collection[int] | None = None,
        running: Collection[int] | None = None,
        note: str = "",
    ) -> list[Proposal]:
        """What would be proposed; nothing is recorded."""
        today = self.today()
        with self._ledger.database.read() as connection:
            found = gather(
                connection,
                self._evaluator,
                authority,
                today,
                rules=rules,
                channels=channels,
                running=running,
            )
            drafts = [
                self._draft(connection, viewer, authority, today, one, note, running is not None)
                for one in found
                if one.newest and one.decisions
            ]
        return [one for one in drafts if one.newest]  # a selection may keep all there is

    def _draft(
        self,
        connection: Connection,
        viewer: Viewer,
        authority: int,
        today: date,
        found: Gathered,
        note: str,
        running: bool,
    ) -> Proposal:
        wait, one_of, _ = terms(self.decisions_of(connection, authority, found.decisions))
        kept = selected(found.newest, one_of)
        places = {seq: place for seq, place in found.places.items() if seq not in kept}
        return Proposal(
            authority=authority,
            actor=viewer.actor,
            day=int(today.strftime("%Y%m%d")),
            rules=tuple(sorted({rule for rule, _ in places.values()})),
            decisions=found.decisions,
            newest={seq: latest for seq, latest in found.newest.items() if seq not in kept},
            held=found.held,
            answered=found.answered,
            kept=kept,
            one_of=one_of,
            waiting_days=wait,
            running=running,
            note=note.strip(),
            extents=extents(connection, places),
        )

    def decisions_of(
        self, connection: Connection, authority: int, seqs: Sequence[int]
    ) -> list[Decision]:
        """Decisions by their entries, as they stand now."""
        held = {one.seq: one for one in self._plans.decisions(authority, connection)}
        return [held[seq] for seq in seqs]

    def seal(self, proposal: Proposal) -> int:
        """Record a proposal; its number. It is sealed outside the writer, whatever its size.
        `DisposalNotAuthorised` if another one took any of its records meanwhile."""
        sealed = seal(FrameKind.EVENT, proposal.payload(), random=self._ledger.random)
        with self._ledger.writer() as writer:
            if proposed_by_now(writer.connection, proposal.authority, proposal.newest):
                raise DisposalNotAuthorised(
                    "Records of the set stand in another proposal by now.",
                    remedy="`diarkiv retention disposal list` shows it.",
                )
            cohort = writer.cohort(proposal.authority, "register")
            return writer.append(EventType.DISPOSAL_PROPOSED, sealed, cohort)

    # --- confirming and taking back ----------------------------------------------------------

    def confirm(self, viewer: Viewer, seq: int, *, digest: str) -> HeldDisposal:
        """Confirm a proposal as another person than who made it; `digest` is that of the set that
        was looked at. Each rule is asked again; what forbids it is raised and nothing is done."""
        held = self.get(viewer, seq)
        if viewer.actor == 0:
            raise SecondPersonNeeded(
                "Whoever is at the machine is nobody in particular.",
                remedy="Sign in and confirm it, or name yourself with --user.",
            )
        with self._ledger.writer() as writer:
            self._confirm(writer, viewer, held.proposal, seq, digest)
        return self.get(viewer, seq)

    def _confirm(
        self, writer: Writer, viewer: Viewer, proposal: Proposal, seq: int, digest: str
    ) -> None:
        viewer.require(Permission.DISPOSE, proposal.authority)
        today = stockholm_date(writer.at)
        self._refuse(writer.connection, viewer.actor, proposal, seq, digest, today)
        by = self.say(
            writer,
            EventType.DISPOSAL_CONFIRMED,
            proposal.authority,
            proposal=seq,
            actor=viewer.actor,
            digest=proposal.digest,
            waits_until=writer.at + proposal.waiting_days * DAY,
        )
        writer.append_clear(EventType.PROPOSAL_CONFIRMED, Confirmed(seq, by).facts())

    def confirmable(self, viewer: Viewer, seq: int, *, digest: str, actor: int) -> HeldDisposal:
        """The proposal that `actor` could confirm now; raises what `confirm` would. Nothing is
        done."""
        held = self.get(viewer, seq)
        with self._ledger.database.read() as connection:
            self._refuse(connection, actor, held.proposal, seq, digest, self.today())
        return held

    def _refuse(
        self,
        connection: Connection,
        actor: int,
        proposal: Proposal,
        seq: int,
        digest: str,
        today: date,
    ) -> None:
        """Raise what forbids somebody to confirm the set that has this digest."""
        row = queries.disposal(connection, seq)
        assert row is not None
        present = newest_of(connection, proposal.newest)
        refuse_confirmation(proposal, row.state, actor, digest, present=present)
        refuse_against(against(connection, self._evaluator, proposal, today))

    def run(self, authority: int, viewer: Viewer) -> list[int]:
        """Propose and confirm what is due under running decisions, whose rule two persons have
        confirmed; the disposals' numbers. Their waiting time applies as to any other."""
        made = []
        for proposal in self.would_run(authority, viewer):
            seq = self.seal(proposal)
            with self._ledger.writer() as writer:
                by = self.decisions_of(writer.connection, authority, proposal.decisions)
                actor = replace(viewer, actor=by[0].confirmed_by or 0)
                self._confirm(writer, actor, proposal, seq, proposal.digest)
            made.append(seq)
        return made

    def would_run(self, authority: int, viewer: Viewer) -> list[Proposal]:
        """What is due under running decisions; nothing is recorded."""
        with self._ledger.database.read() as connection:
            day = self.today()
            held = self._plans.decisions(authority, connection)
            plan = self._plans.schedule_in_force(authority, day, connection)
            standing = [one for one in held if one.running and one.is_in_force(day)]
            running = [one.seq for one in standing if may_run(one, plan)]
        return self.drafts(viewer, authority, running=running) if running else []

    def withdraw(self, viewer: Viewer, seq: int, *, reason: str) -> None:
        """Take back a proposal, confirmed or not, before anything is done."""
        reason = line(reason, "reason", MAX_NOTE)
        with self._ledger.writer() as writer:
            row = queries.disposal(writer.connection, seq)
            if row is None or not viewer.may(Permission.READ, row.authority):
                raise no_disposal()
            viewer.require(Permission.DISPOSE, row.authority)
            if row.state not in (State.PROPOSED, State.CONFIRMED):
                raise RuleViolation(
                    f"The disposal is {row.state.value}; it can no longer be taken back.",
                    remedy="A hold that is placed now stops it if its keys are still there.",
                )
            kind = EventType.DISPOSAL_WITHDRAWN
            actor = viewer.actor
            said: dict[str, Json] = {"proposal": seq, "actor": actor, "reason": reason}
            writer.append_clear(EventType.DISPOSAL_ABORTED, {"proposal": seq})
            self.say(writer, kind, row.authority, aborted=False, **said)

    def say(self, writer: Writer, kind: EventType, authority: int, **said: Json) -> int:
        """Append an event about a disposal, in its authority's register cohort."""
        payload = {"authority": authority, **said}
        return writer.append_event(kind, payload, cohort=writer.cohort(authority, "register"))

    def pending(self, decision: int) -> list[int]:
        """Disposals that wait to be carried out under a decision."""
        waiting = (State.PROPOSED, State.CONFIRMED, State.INTENDED)
        with self._ledger.database.read() as connection:
            rows = queries.disposals(connection, states=waiting)
        return [row.seq for row in rows if decision in self._held(row).proposal.decisions]


def no_disposal() -> NotFound:
    """What is said of a disposal that is not there, or not for who asks."""
    return NotFound("There is no such disposal.", remedy="`diarkiv retention disposal list`.")

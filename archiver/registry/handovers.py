"""Handovers: what was handed over, to whom, how it stands, and noting receipt and answer.

Reading asks for the authorities whose records the viewer may read, noting for those it registers
for; another's handover is not there. `seen` keeps a form that was sent twice from noting twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.errors import NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry import handover_queries as queries
from archiver.registry.core import handover as rules
from archiver.registry.core import triage
from archiver.registry.core.entry import MAX_REASON, line
from archiver.registry.core.handover import (
    MAX_NUMBER,
    RECEIPT_DAYS,
    Handed,
    Note,
    Standing,
)
from archiver.registry.core.triage import HandoverStep
from archiver.registry.handover_queries import HandoverRow

AT_ONCE = 50
_TAKEN_OVER = "Övertagen i mottagarens diarium"


class StaleHandover(RuleViolation):
    """Something was noted of the handover since it was read."""

    code = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Handovers, the newest first; `before`: where the next page begins, None if there is none."""

    handovers: tuple[Handed, ...]
    before: int | None = None


class Handovers:
    """The handovers of a home. `receipt_days`: working days a receipt is waited for."""

    def __init__(self, ledger: Ledger, receipt_days: int = RECEIPT_DAYS) -> None:
        self._ledger = ledger
        self.receipt_days = receipt_days

    # --- reading -----------------------------------------------------------------------------

    def page(
        self,
        viewer: Viewer,
        *,
        now: int,
        standing: Standing | None = None,
        before: int | None = None,
        limit: int = AT_ONCE,
    ) -> Page:
        """Handovers that stand so at `now` (milliseconds UTC), or all."""
        with self._ledger.database.read() as connection:
            rows = queries.handovers(
                connection,
                viewer.authorities(Permission.READ),
                now=now,
                late_before=rules.late_before(now, self.receipt_days),
                standing=standing,
                before=before,
                limit=limit + 1,
            )
            found = self._build(connection, rows[:limit], now)
        more = rows[limit - 1].seq if len(rows) > limit else None
        return Page(handovers=tuple(found), before=more)

    def counts(self, viewer: Viewer, *, now: int) -> Mapping[Standing, int]:
        """How many handovers that are not done stand how."""
        with self._ledger.database.read() as connection:
            return queries.counts(
                connection,
                viewer.authorities(Permission.READ),
                now=now,
                late_before=rules.late_before(now, self.receipt_days),
            )

    def one(self, viewer: Viewer, seq: int, *, now: int) -> Handed:
        """One handover; `NotFound` if there is none that the viewer may read."""
        with self._ledger.database.read() as connection:
            row = queries.handover(connection, seq, viewer.authorities(Permission.READ))
            if row is None:
                raise no_handover()
            return self._build(connection, [row], now)[0]

    def late(self, now: int) -> list[tuple[HandoverRow, list[tuple[str, int]]]]:
        """Everybody's handovers that are late at `now`, each with the reminders that were sent of
        it: (stage, instant). Costs as much as there are open ones."""
        with self._ledger.database.read() as connection:
            rows = queries.handovers(
                connection,
                None,
                now=now,
                late_before=rules.late_before(now, self.receipt_days),
                standing=Standing.LATE,
                before=None,
                limit=None,
            )
            sent = queries.stages(connection, [row.seq for row in rows])
        return [(row, sent.get(row.seq, [])) for row in rows]

    # --- noting ------------------------------------------------------------------------------

    def note(
        self,
        viewer: Viewer,
        handover: int,
        step: HandoverStep,
        note: str = "",
        *,
        number: str = "",
        seen: int | None = None,
    ) -> int:
        """Note the receipt, the answer or the escalation of a handover that waits; `number` is the
        recipient's own. `seen`: the newest thing that was seen of it (`StaleHandover` if there is a
        newer one)."""
        payload = _payload(viewer.actor, handover, step, note, number)
        with self._ledger.writer() as writer:
            authority = self._waiting(writer.connection, viewer, handover)
            if seen is not None and seen != queries.newest(writer.connection, handover):
                raise StaleHandover(
                    "Something was noted of the handover after it was read.",
                    remedy="Read it anew and try again.",
                )
            cohort = writer.cohort(authority, "register")
            return writer.append_event(EventType.HANDOVER_NOTED, payload, cohort=cohort)

    def take_receipt(self, viewer: Viewer, handover: int, *, number: str, manifest: str) -> int:
        """Note that the recipient has registered the package with this digest under their own
        number: it is received, and nothing more is waited for. The seq of the last note."""
        got = _payload(viewer.actor, handover, HandoverStep.RECEIVED, "", number)
        done = _payload(viewer.actor, handover, HandoverStep.ANSWERED, _TAKEN_OVER, "")
        with self._ledger.writer() as writer:
            authority = self._waiting(writer.connection, viewer, handover)
            cohort = writer.cohort(authority, "register")
            for payload in ({**got, "manifest": manifest}, done):
                seq = writer.append_event(EventType.HANDOVER_NOTED, payload, cohort=cohort)
        return seq

    def note_reminder(self, handover: int, stage: str) -> None:
        """Note, once, that a reminder was sent. One of a handover that was closed meanwhile, too:
        it was sent."""
        payload = _payload(0, handover, HandoverStep.ESCALATED, "", "")
        with self._ledger.writer() as writer:
            row = queries.handover(writer.connection, handover)
            if row is None or stage in dict(
                queries.stages(writer.connection, [handover]).get(handover, [])
            ):
                return
            cohort = writer.cohort(row.authority, "register")
            fields = {**payload, "stage": stage}
            writer.append_event(EventType.HANDOVER_NOTED, fields, cohort=cohort)

    # --- inside ------------------------------------------------------------------------------

    def _waiting(self, connection: Connection, viewer: Viewer, handover: int) -> int:
        """The authority of a handover that waits, if the viewer registers for it."""
        row = queries.handover(connection, handover, viewer.authorities(Permission.REGISTER))
        if row is None or row.answered is not None:
            raise NotFound(
                "There is no such handover that waits for an answer.",
                remedy="`diarkiv register decide waiting` lists those that do.",
            )
        return row.authority

    def _build(self, connection: Connection, rows: Sequence[HandoverRow], now: int) -> list[Handed]:
        noted = queries.notes(connection, [row.seq for row in rows])
        opened = self._ledger.open([*(row.seq for row in rows), *(one[0] for one in noted)])
        notes: dict[int, list[Note]] = {}
        for seq, of, at in noted:
            notes.setdefault(of, []).append(_note(seq, at, opened[seq].envelope))
        return [
            self._handed(row, opened[row.seq].envelope, notes.get(row.seq, []), now) for row in rows
        ]

    def _handed(
        self, row: HandoverRow, sealed: Mapping[str, Any], notes: Sequence[Note], now: int
    ) -> Handed:
        return Handed(
            seq=row.seq,
            at=row.at,
            actor=sealed["actor"],
            authority=row.authority,
            decision=replace(triage.decision(sealed), draft=b""),
            received=row.received,
            answered=row.answered,
            closed=row.closed,
            receipt_due=rules.receipt_due(row.at, self.receipt_days),
            standing=rules.standing(
                now,
                at=row.at,
                due=row.due,
                received=row.received,
                closed=row.closed,
                days=self.receipt_days,
            ),
            notes=tuple(notes),
        )


def no_handover() -> NotFound:
    """What is said of a handover that is not there, or not for who asks."""
    return NotFound("There is no such handover.", remedy="List the handovers there are.")


def _payload(
    actor: int, handover: int, step: HandoverStep, note: str, number: str
) -> dict[str, Json]:
    payload: dict[str, Json] = {"of": handover, "step": step.value, "actor": actor}
    if note:
        payload["note"] = line(note, "note", MAX_REASON)
    if number:
        payload["number"] = line(number, "recipient's number", MAX_NUMBER)
    return payload


def _note(seq: int, at: int, sealed: Mapping[str, Any]) -> Note:
    return Note(
        seq=seq,
        at=at,
        actor=sealed["actor"],
        step=HandoverStep(sealed["step"]),
        **{name: sealed.get(name, "") for name in ("note", "number", "manifest", "stage")},
    )

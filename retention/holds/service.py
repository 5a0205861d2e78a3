"""Disposal holds: place, review, lift. Whatever is held stays, whichever rule says that it is due.

Whoever places or lifts one needs the right to, for the authority whose records it concerns. A hold
that another part of the product placed for a matter of its own (`HoldPlacer`) ends with the matter,
and is not lifted by hand. Lifting disposes of nothing: what is due is proposed like everything
else. Searching places no hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, select

from archiver.core.access import LOCAL, Authorities, Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db import hold_tables as h
from archiver.db import tables as t
from archiver.db.among import among
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry.core.entry import MAX_REASON, line
from archiver.store.seal import FrameKind, seal
from retention.belonging import owner_of
from retention.core.hold import DisposalHold, HoldKind, HoldScope
from retention.core.hold_request import HoldRequest, reason_of, source_of
from retention.due import answers
from retention.due.subjects import subjects
from retention.holds.reading import holds_where, visible_to
from retention.links import in_parts
from retention.schedule.reading import RetentionReader


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldNote:
    """What was noted of a hold afterwards: it was reviewed, or lifted (`type`, the event's)."""

    seq: int
    type: str
    at: int
    actor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldHold:
    """A hold with its words: `at` milliseconds UTC, `actor` who placed it, `source` the entry of
    the matter that it follows from, if it follows from one."""

    hold: DisposalHold
    at: int
    actor: int
    reason: str
    source: int | None = None
    notes: tuple[HoldNote, ...] = ()


class Holds:
    """The holds of a home."""

    def __init__(self, ledger: Ledger, plans: RetentionReader) -> None:
        self._ledger, self._plans = ledger, plans

    # --- placing -----------------------------------------------------------------------------

    def check(self, viewer: Viewer, asked: HoldRequest, today: date) -> HoldRequest:
        """The hold as it would be placed: its threads by their roots; nothing is recorded. Errors
        as `place`."""
        viewer.require(Permission.HOLD, asked.authority)
        with self._ledger.database.read() as connection:
            return self._checked(connection, viewer, asked, today)

    def place(self, viewer: Viewer, asked: HoldRequest) -> int:
        """Place a hold; its number. `ConfigError` for what cannot be asked, `NotFound` for records,
        threads or channels that are not the authority's."""
        viewer.require(Permission.HOLD, asked.authority)
        with self._ledger.writer() as writer:
            return self._place(writer, viewer, asked)

    def _place(self, writer: Writer, viewer: Viewer, asked: HoldRequest) -> int:
        today = stockholm_date(writer.at)
        checked = self._checked(writer.connection, viewer, asked, today)
        payload = checked.payload(viewer.actor)
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        cohort = writer.cohort(asked.authority, "register")
        return writer.append(EventType.HOLD_PLACED, sealed, cohort)

    def _checked(
        self, connection: Connection, viewer: Viewer, asked: HoldRequest, today: date
    ) -> HoldRequest:
        asked = asked.checked(today)
        scope = asked.scope
        if scope.threads is not None:
            begun = subjects(connection, scope.threads)
            roots = answers.roots(connection, begun)
            missing = scope.threads - {one.record for one in begun}
            threads = missing | {roots.get(one.record, one.record) for one in begun}
            scope = replace(scope, threads=threads)
        named = (scope.records or frozenset()) | (scope.threads or frozenset())
        if named or scope.channels:
            owner = owner_of(connection, viewer, or_stopped=named, channels=scope.channels or ())
            if owner != asked.authority:
                raise ConfigError(
                    "What the hold names is another authority's.",
                    remedy="Each authority holds its own.",
                )
        if scope.classes is not None:
            versions = self._plans.versions(asked.authority, connection)
            if unknown := scope.classes - {code for one in versions for code in one.codes()}:
                raise ConfigError(
                    f"The authority's schedule has no record class {', '.join(sorted(unknown))}.",
                    remedy="`diarkiv retention plan show` has those there are.",
                )
        return replace(asked, scope=scope)

    # --- afterwards --------------------------------------------------------------------------

    def review(self, viewer: Viewer, hold: int, *, until: date, reason: str) -> None:
        """Note that a hold was reviewed and is needed still, and when it is looked at next."""
        reason = line(reason, "reason", MAX_REASON)
        with self._ledger.writer() as writer:
            held = self._standing(writer.connection, viewer, hold)
            if until < stockholm_date(writer.at):
                raise ConfigError(
                    "The day to review the hold has passed already.",
                    remedy="Choose today or a day to come.",
                )
            payload: dict[str, Json] = {"review_on": until.isoformat()}
            self._note(writer, EventType.HOLD_REVIEWED, held, viewer, payload, reason)

    def lift(self, viewer: Viewer, hold: int, *, reason: str) -> None:
        """Lift a hold: nothing is disposed of by that. `RuleViolation` for one that another matter
        placed: it ends with the matter."""
        reason = line(reason, "reason", MAX_REASON)
        with self._ledger.writer() as writer:
            held = self._standing(writer.connection, viewer, hold)
            if held.automatic:
                raise RuleViolation(
                    "The hold follows from another matter, and ends with it.",
                    remedy="Close the matter that placed it.",
                )
            self._note(writer, EventType.HOLD_LIFTED, held, viewer, {}, reason)

    def _note(
        self,
        writer: Writer,
        type_: EventType,
        held: DisposalHold,
        viewer: Viewer,
        fields: Mapping[str, Json],
        reason: str,
    ) -> None:
        payload: dict[str, Json] = {
            "of": held.seq,
            "authority": held.authority,
            "reason": reason,
            "actor": viewer.actor,
            **fields,
        }
        cohort = writer.cohort(held.authority, "register")
        writer.append_event(type_, payload, cohort=cohort)

    def _standing(self, connection: Connection, viewer: Viewer, seq: int) -> DisposalHold:
        """A hold that is not lifted, and that the viewer may change."""
        found = holds_where(connection, h.disposal_hold.c.seq == seq)
        if not found or not viewer.may(Permission.READ, found[0].authority):
            raise _no_hold()
        viewer.require(Permission.HOLD, found[0].authority)
        if found[0].lifted_on is not None:
            raise RuleViolation("The hold was lifted already.", remedy="Nothing was done.")
        return found[0]

    # --- holds of other matters (`HoldPlacer`) -------------------------------------------------

    def place_for(
        self,
        source: int,
        *,
        authority: int,
        kind: str,
        records: Collection[int],
        reason: str,
        review_on: date,
        owner: int,
    ) -> int:
        """Hold records for the matter that the entry `source` began; the hold's number. What is
        held for it already is not held anew, so that a caller may ask again after a crash."""
        asked = HoldRequest(
            authority=authority,
            kind=HoldKind(kind),
            scope=HoldScope(records=frozenset(records)),
            reason=reason,
            review_on=review_on,
            owner=owner,
            source=source,
        )
        with self._ledger.writer() as writer:
            for one in self._of(writer.connection, source):
                if asked.scope.records and asked.scope.records <= (one.scope.records or set()):
                    return one.seq
            return self._place(writer, replace(LOCAL, actor=owner), asked)

    def release(self, source: int, *, reason: str, actor: int) -> None:
        """Lift every hold of a matter that has ended; none, if there is none."""
        reason = line(reason, "reason", MAX_REASON)
        viewer = replace(LOCAL, actor=actor)
        with self._ledger.writer() as writer:
            for one in self._of(writer.connection, source):
                self._note(writer, EventType.HOLD_LIFTED, one, viewer, {}, reason)

    def _of(self, connection: Connection, source: int) -> list[DisposalHold]:
        c = h.disposal_hold.c
        return holds_where(connection, c.source == source, c.lifted_on.is_(None))

    # --- reading -----------------------------------------------------------------------------

    def list(
        self, viewer: Viewer, *, lifted: bool = False, authorities: Authorities = None
    ) -> Sequence[HeldHold]:
        """The holds in force of the authorities that the viewer may read, by number; with `lifted`
        those that were too."""
        mine = viewer.authorities(Permission.READ)
        if authorities is not None:
            mine = authorities if mine is None else mine & authorities
        conditions = visible_to(mine)
        if not lifted:
            conditions.append(h.disposal_hold.c.lifted_on.is_(None))
        with self._ledger.database.read() as connection:
            return self._built(connection, holds_where(connection, *conditions))

    def one(self, viewer: Viewer, seq: int) -> HeldHold:
        """One hold; `NotFound` if there is none that the viewer may read."""
        with self._ledger.database.read() as connection:
            found = holds_where(connection, h.disposal_hold.c.seq == seq)
            if not found or not viewer.may(Permission.READ, found[0].authority):
                raise _no_hold()
            return self._built(connection, found)[0]

    def overdue(self, today: date) -> Sequence[DisposalHold]:
        """Everybody's holds that should have been reviewed before a day, the oldest first; at the
        cost of those there are."""
        c = h.disposal_hold.c
        with self._ledger.database.read() as connection:
            return holds_where(connection, c.lifted_on.is_(None), c.review_on < h.number_of(today))

    def _built(self, connection: Connection, holds: Sequence[DisposalHold]) -> Sequence[HeldHold]:
        notes: dict[int, list[tuple[int, str]]] = {}
        c, e = h.hold_note.c, t.entry.c
        for part in in_parts([one.seq for one in holds]):
            for of, seq, type_ in connection.execute(
                select(c.of, c.seq, c.step).where(among(c.of, part)).order_by(c.seq)
            ):
                notes.setdefault(of, []).append((seq, type_))
        seqs = [one.seq for one in holds] + [seq for some in notes.values() for seq, _ in some]
        at = {
            row.seq: row.at
            for part in in_parts(seqs)
            for row in connection.execute(select(e.seq, e.at).where(among(e.seq, part)))
        }
        opened = self._ledger.open(seqs)

        def actor(seq: int) -> int:
            return int(str(opened[seq].envelope["actor"]))

        return [
            HeldHold(
                hold=one,
                at=at[one.seq],
                actor=actor(one.seq),
                reason=reason_of(opened[one.seq].envelope),
                source=source_of(opened[one.seq].envelope),
                notes=tuple(
                    HoldNote(
                        seq=seq,
                        type=type_,
                        at=at[seq],
                        actor=actor(seq),
                        reason=reason_of(opened[seq].envelope),
                    )
                    for seq, type_ in notes.get(one.seq, ())
                ),
            )
            for one in holds
        ]


def _no_hold() -> NotFound:
    return NotFound("There is no such hold.", remedy="`diarkiv retention hold list` shows them.")

"""A confirmed disposal carried out, step by step; a crash anywhere resumes where the log says.

1 *intend*: in the writer, everything is asked again; the tombstones and the list of what is not to
  be captured again are appended, and signed with the block. What speaks against it aborts.
2 *stamp*: an outside time stamp over that head, where an authority is configured; without an answer
  nothing further is done.
3 *destroy*: in the writer, versions are asked for once more, and everything else too unless it is
  the same day and nothing but harmless entries was appended since; every key of the set leaves its
  file for nowhere, in one block. From here nothing brings it back.
4 *purge*: what was made from the content outside the archive: index, thumbnails, caches.
5 *compact*: packs are made anew without the frames, one block each, and the old ones deleted.
6 *look*: what is left in the home is searched (`retention.disposal.residue`).
7 *complete*: the certificate is sealed.

Each block leaves a state in the log, and each step looks at what is there; so any of them may be
done twice. The order is that of the format's description (docs/data-format.md, disposal).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from sqlalchemy import func, select

from archiver.core.access import LOCAL, Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Derivative
from archiver.core.record import instant
from archiver.core.tombstone import tombstones
from archiver.db import tables as t
from archiver.db.among import among
from archiver.errors import RuleViolation
from archiver.ledger.belonging import Belonging, belonging
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.store.seal import FrameKind, seal
from retention.core.disposal import (
    DAY,
    Proposal,
    State,
    refuse_against,
    refuse_changed,
    refuse_execution,
)
from retention.disposal import queries
from retention.disposal.agreement import refuse_altered
from retention.disposal.gather import against, newest_of
from retention.disposal.queries import DisposalRow
from retention.disposal.removal import compact, held_keys
from retention.disposal.residue import Residue, Traces
from retention.disposal.service import Disposals, HeldDisposal
from retention.disposal.suppression import suppressions
from retention.due.evaluator import Evaluator
from retention.links import in_parts

STEPS = ("intend", "stamp", "destroy", "purge", "compact", "look", "complete")
Progress = Callable[[str, int, int], None]


class Certifier(Protocol):
    """Makes the certificate of a disposal whose bytes are removed: the payload to seal, with
    `rolls_on`, the Swedish day (YYYYMMDD) when the last backup with the keys is gone."""

    def certify(
        self,
        row: DisposalRow,
        proposal: Proposal,
        residue: Residue,
        *,
        confirmed_by: int,
        executed_by: int,
        removed_at: int,
    ) -> Mapping[str, Json]: ...


@dataclass(frozen=True, slots=True)
class _Set:
    """What is to go: the records with their revisions, and the entries that hold them."""

    proposal: Proposal
    belonging: Belonging
    size: int  # of the log when it was gathered


# What an intent appends, and an outside stamp: none of it changes what may go on the same day.
_HARMLESS = frozenset(
    {
        EventType.RECORDS_SUPPRESSED,
        EventType.TOMBSTONE,
        EventType.ANCHOR,
        EventType.COHORT_OPENED,
        EventType.PACK_SEALED,
    }
)


class _Asked(NamedTuple):
    """That nothing forbade it on a Swedish day, when the log had `size` entries."""

    day: date
    size: int


def _silent(_step: str, _done: int, _all: int) -> None:
    pass


class Execution:
    """Carries disposals out. `stamp` gets a time stamp over the newest head, and raises if one is
    configured and cannot be had; `derivatives` forget; `certifier` writes the certificate."""

    def __init__(
        self,
        ledger: Ledger,
        disposals: Disposals,
        evaluator: Evaluator,
        *,
        traces: Traces,
        certifier: Certifier,
        derivatives: Sequence[Derivative] = (),
        stamp: Callable[[], object] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._disposals = disposals
        self._evaluator = evaluator
        self._traces = traces
        self._certifier = certifier
        self._derivatives = derivatives
        self._stamp = stamp

    def execute(self, viewer: Viewer, seq: int, progress: Progress = _silent) -> DisposalRow:
        """Carry a disposal out from where it stands, and return how it stands then: completed, or
        its keys destroyed and waiting for the index or a replica to follow.

        Raises what forbids it: the waiting time, a missing confirmation, a decision that is no
        longer in force, a hold, a changed set (these three abort it, and the log says so)."""
        held = self._disposals.get(viewer, seq)
        viewer.require(Permission.DISPOSE, held.row.authority)
        row, asked = held.row, None
        self.check(row)
        if row.state is State.CONFIRMED:
            progress("intend", 0, 1)
            asked = self._intend(seq, held.proposal, viewer.actor)
            row = self._row(seq)
        if row.state is State.INTENDED:
            progress("stamp", 0, 1)
            self._stamp()
            progress("destroy", 0, 1)
            self._destroy(seq, held.proposal, viewer.actor, asked)
            row = self._row(seq)
        if row.state is State.KEYS_DESTROYED:
            self._finish(seq, held, viewer.actor, progress)
        return self._row(seq)

    def check(self, row: DisposalRow) -> None:
        """Raise what its state or its waiting time forbids now; nothing is done."""
        if row.state is not State.COMPLETED:
            refuse_execution(row.state, self._ledger_now(), row.waits_until)

    def due(self, viewer: Viewer = LOCAL) -> list[int]:
        """Disposals that can be carried out now, or were begun: oldest first."""
        begun = (State.CONFIRMED, State.INTENDED, State.KEYS_DESTROYED)
        now = self._ledger_now()
        rows = self._disposals.all(viewer, states=begun)
        return sorted(row.seq for row in rows if (row.waits_until or 0) <= now)

    def _ledger_now(self) -> int:
        return self._disposals.now()

    def _row(self, seq: int) -> DisposalRow:
        with self._ledger.database.read() as connection:
            row = queries.disposal(connection, seq)
        assert row is not None
        return row

    # --- 1 intend ----------------------------------------------------------------------------

    def _intend(self, seq: int, proposal: Proposal, actor: int) -> _Asked | None:
        """The intent; when it was asked what forbids it, None if somebody else was quicker."""
        found = self._gathered(proposal)
        with self._ledger.writer() as writer:
            row = queries.disposal(writer.connection, seq)
            if row is None or row.state is not State.CONFIRMED:
                return None
            refuse_execution(row.state, writer.at, row.waits_until)
            refuse_altered(self._ledger, writer.connection, row)
            asked = _Asked(stockholm_date(writer.at), writer.next_seq)
            wrong = self._forbidden(writer, proposal)
            if wrong is None:
                if self._has_grown(writer, found.size):
                    found = self._gathered(proposal, writer)
                wrong = self._append_intent(writer, seq, found, actor)
            if wrong is not None:
                self._abort(writer, seq, proposal, wrong)
        if wrong is not None:
            raise wrong
        return asked

    def _gathered(self, proposal: Proposal, writer: Writer | None = None) -> _Set:
        if writer is not None:
            found = belonging(self._ledger, writer.connection, proposal.newest)
            return _Set(proposal, found, writer.next_seq)
        with self._ledger.database.read() as connection:
            size = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == "projected"))
            return _Set(proposal, belonging(self._ledger, connection, proposal.newest), size or 0)

    def _has_grown(self, writer: Writer, size: int) -> bool:
        """Whether anything was captured since the set was gathered."""
        kinds = (EventType.CAPTURE, EventType.VERSION, EventType.COMPONENT, EventType.PUSH_RECEIVED)
        e = t.entry.c
        query = select(e.seq).where(e.seq >= size, e.type.in_([one.value for one in kinds]))
        return writer.connection.execute(query.limit(1)).first() is not None

    def _forbidden(
        self, writer: Writer, proposal: Proposal, asked: _Asked | None = None
    ) -> RuleViolation | None:
        """What forbids it now: another set, a hold, no decision in force, or not due any more. The
        rules need not be `asked` again on the same day if nothing that they know was appended."""
        today = stockholm_date(writer.at)
        try:
            refuse_changed(proposal, newest_of(writer.connection, proposal.newest))
            if asked is None or asked.day != today or not _is_harmless(writer, asked.size):
                refuse_against(against(writer.connection, self._evaluator, proposal, today))
        except RuleViolation as error:
            return error
        return None

    def _append_intent(
        self, writer: Writer, seq: int, found: _Set, actor: int
    ) -> RuleViolation | None:
        """The tombstones, and what is not to be captured again."""
        proposal = found.proposal
        decisions = self._disposals.decisions_of(
            writer.connection, proposal.authority, proposal.decisions
        )
        intervals = [one.interval() for one in decisions]
        if not all(one.holds(writer.at) for one in intervals):
            return RuleViolation("A decision it rests on is not in force now.")
        for payload in suppressions(
            writer, seq, proposal.authority, found.belonging.records, actor
        ):
            sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
            cohort = writer.cohort(proposal.authority, "register")
            writer.append(EventType.RECORDS_SUPPRESSED, sealed, cohort)
        for stone in tombstones(intervals[0], seq, self._destroyable(writer, found)):
            writer.append_clear(EventType.TOMBSTONE, stone.facts())
        return None

    def _destroyable(self, writer: Writer, found: _Set) -> list[int]:
        return [seq for keys in held_keys(writer, found.belonging.entries).values() for seq in keys]

    def _come_since(self, writer: Writer, seq: int, proposal: Proposal) -> list[int]:
        """What has come to the set behind its tombstones (a media file that was still on its way),
        under tombstones of its own now."""
        intended = queries.last_tombstone(writer.connection, writer.next_seq)
        if not self._has_grown(writer, intended):
            return []
        known = set(queries.tombstoned(writer.connection, seq))
        late = [
            one
            for one in self._destroyable(writer, self._gathered(proposal, writer))
            if one not in known
        ]
        held = self._disposals.decisions_of(
            writer.connection, proposal.authority, proposal.decisions[:1]
        )
        for stone in tombstones(held[0].interval(), seq, late):
            writer.append_clear(EventType.TOMBSTONE, stone.facts())
        return late

    def _abort(self, writer: Writer, seq: int, proposal: Proposal, wrong: RuleViolation) -> None:
        """Say that it ends here, and by which rule; no person did it."""
        writer.append_clear(EventType.DISPOSAL_ABORTED, {"proposal": seq})
        said: dict[str, Json] = {"proposal": seq, "actor": 0, "reason": wrong.code}
        kind = EventType.DISPOSAL_WITHDRAWN
        self._disposals.say(writer, kind, proposal.authority, aborted=True, **said)

    # --- 3 destroy ---------------------------------------------------------------------------

    def _destroy(self, seq: int, proposal: Proposal, actor: int, asked: _Asked | None) -> None:
        with self._ledger.writer() as writer:
            row = queries.disposal(writer.connection, seq)
            if row is None or row.state is not State.INTENDED:
                return
            refuse_altered(self._ledger, writer.connection, row)
            wrong = self._forbidden(writer, proposal, asked)
            if wrong is not None:
                self._abort(writer, seq, proposal, wrong)
            else:
                self._traces.remember(self._ledger, writer.connection, proposal.newest)
                self._rewrap(writer, seq, proposal, actor)
        if wrong is not None:
            raise wrong

    def _rewrap(self, writer: Writer, seq: int, proposal: Proposal, actor: int) -> None:
        entries = {
            *queries.tombstoned(writer.connection, seq),
            *self._come_since(writer, seq, proposal),
        }
        years = _years(writer, proposal.newest)
        keys = held_keys(writer, entries)
        for cohort in sorted(keys):
            writer.rewrap(cohort, dict.fromkeys(keys[cohort]))
        self._disposals.say(
            writer,
            EventType.DISPOSAL_EXECUTED,
            proposal.authority,
            proposal=seq,
            actor=actor,
            entries=sum(len(held) for held in keys.values()),
            years=years,
        )

    # --- 4 to 7 ------------------------------------------------------------------------------

    def _finish(self, seq: int, held: HeldDisposal, actor: int, progress: Progress) -> None:
        proposal = held.proposal
        for number, derivative in enumerate(self._derivatives):
            progress("purge", number, len(self._derivatives))
            derivative.purge(proposal.newest)
        compact(self._ledger, progress)
        progress("look", 0, 1)
        residue = self._traces.look(self._ledger, seq)
        if residue.waiting:
            progress("wait", 0, len(residue.waiting))
            return
        if residue.found:
            raise RuleViolation(
                f"Something of what was disposed of is left: {', '.join(residue.found)}.",
                remedy="Its keys are destroyed. Remove what is named, and run it again.",
            )
        progress("complete", 0, 1)
        row = self._row(seq)
        now = self._ledger_now()
        payload = self._certifier.certify(
            row,
            proposal,
            residue,
            confirmed_by=held.confirmed_by or 0,
            executed_by=actor,
            removed_at=now,
        )
        sealed = seal(
            FrameKind.EVENT,
            {**payload, "proposal": seq, "authority": proposal.authority, "actor": actor},
            random=self._ledger.random,
        )
        with self._ledger.writer() as writer:
            row_now = queries.disposal(writer.connection, seq)
            if row_now is None or row_now.state is not State.KEYS_DESTROYED:
                return
            cohort = writer.cohort(proposal.authority, "register")
            writer.append(EventType.DISPOSAL_COMPLETED, sealed, cohort)


def _is_harmless(writer: Writer, since: int) -> bool:
    """Whether every entry from a number on is of those that change no judgement."""
    e = t.entry.c
    kinds = [one.value for one in _HARMLESS]
    query = select(func.count()).where(e.seq >= since, e.type.in_(kinds))
    return writer.connection.scalar(query) == writer.next_seq - since


def _years(writer: Writer, records: Collection[int]) -> list[int]:
    """The capture years of the records' versions."""
    v, days = t.version.c, set[int]()
    for part in in_parts(records):
        query = select(v.captured_at // DAY).where(among(v.record, part))
        days.update(writer.connection.scalars(query.distinct()))
    return sorted({instant(day * DAY).year for day in days})

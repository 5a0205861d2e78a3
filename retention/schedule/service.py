"""Records schedules and disposal decisions: adopt, decide, confirm, revoke, classify.

A schedule says what an authority means to keep, a decision lets something of it go (arkivlag 10 §);
neither disposes of anything by itself. Both are recorded whole or not at all, and stay: a version
is replaced from a day on, a decision is revoked from a day on, nothing is deleted. Beside each
decision, and each revocation, the log says in clear from when until when it holds, so that an
auditor without keys can tell whether one held when something went.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.ports import Clock
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.registry.core.entry import MAX_REASON, line
from archiver.registry.core.phrase import Refused
from archiver.registry.queries import places
from archiver.store.seal import FrameKind, seal
from retention.core.binding import bound_to, runs_under
from retention.core.decision import Decision
from retention.core.decision_check import decision_problems
from retention.core.plan_check import Known, known_problems, version_problems
from retention.core.plan_file import PlanRead, read_plan
from retention.core.schedule import Schedule
from retention.core.sealed import decision_payload, schedule_payload
from retention.schedule import queries
from retention.schedule.reading import HeldDecision, HeldSchedule, RetentionReader, no_decision

MOST_CLASSIFIED = 5_000  # records at once
_IN_AN_EVENT = 200

Pending = Callable[[int], Sequence[int]]


class NotAnotherPerson(RuleViolation):
    """Running disposal is recorded by one person and confirmed by another, both of them known."""

    code = "not-another-person"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationEffect:
    """What revoking a decision changes: `pending` proposals under it, which can no longer be
    carried out; `records` that its scope takes; `uncovered`: the record classes that no other
    decision of the same level covers from then on. What was disposed of stays so."""

    day: date
    pending: tuple[int, ...]
    records: int
    uncovered: frozenset[str]


def _none_pending(decision: int) -> Sequence[int]:
    del decision
    return ()


class Retention(RetentionReader):
    """Schedules and disposal decisions of a home. `pending`: decision → proposals under it that
    wait to be carried out."""

    def __init__(self, ledger: Ledger, clock: Clock, pending: Pending = _none_pending) -> None:
        super().__init__(ledger)
        self._clock = clock
        self._pending = pending

    # --- schedules ---------------------------------------------------------------------------

    def check(
        self, viewer: Viewer, authority: int, data: bytes, *, effective_from: date | None = None
    ) -> PlanRead | Refused:
        """The schedule that a file would give the authority, or all that is wrong with it; nothing
        is recorded. `effective_from` goes before what the file says."""
        viewer.require(Permission.SET_RETENTION, authority)
        read = read_plan(data, authority, effective_from=effective_from)
        if isinstance(read, Refused):
            return read
        with self._ledger.database.read() as connection:
            return self._against(connection, self._today(), read) or read

    def take_in(
        self, viewer: Viewer, authority: int, data: bytes, *, effective_from: date | None = None
    ) -> HeldSchedule | Refused:
        """Adopt the schedule in a file: all of it, or nothing and what is wrong with it."""
        viewer.require(Permission.SET_RETENTION, authority)
        read = read_plan(data, authority, effective_from=effective_from)
        return read if isinstance(read, Refused) else self._adopt(viewer, read)

    def adopt(self, viewer: Viewer, schedule: Schedule) -> HeldSchedule | Refused:
        """Adopt a schedule as it is given; rows count from 1 in what is wrong with it."""
        viewer.require(Permission.SET_RETENTION, schedule.authority)
        return self._adopt(viewer, PlanRead(schedule, tuple(range(1, len(schedule.rules) + 1))))

    def _adopt(self, viewer: Viewer, read: PlanRead) -> HeldSchedule | Refused:
        schedule = read.schedule
        payload: dict[str, Json] = {
            "authority": schedule.authority,
            **schedule_payload(schedule),
            "actor": viewer.actor,
        }
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        with self._ledger.writer() as writer:
            if refused := self._against(writer.connection, stockholm_date(writer.at), read):
                return refused
            cohort = writer.cohort(schedule.authority, "register")
            seq, at = writer.append(EventType.SCHEDULE_SET, sealed, cohort), writer.at
        return HeldSchedule(seq=seq, at=at, actor=viewer.actor, schedule=schedule)

    def _against(self, connection: Connection, today: date, read: PlanRead) -> Refused | None:
        """What the archive has against a schedule."""
        authority = read.schedule.authority
        known = Known(
            channels=queries.channels(connection, authority),
            class_codes=queries.class_codes(connection, authority),
            versions=self.versions(authority, connection),
            today=today,
        )
        found = [*version_problems(read.schedule, known), *known_problems(read.numbered, known)]
        return Refused(tuple(found)) if found else None

    def _today(self) -> date:
        return stockholm_date(self._clock.now())

    # --- decisions ---------------------------------------------------------------------------

    def decide(self, viewer: Viewer, decision: Decision) -> HeldDecision | Refused:
        """Record a disposal decision, or say everything that keeps it from being recorded. What it
        replaces is revoked from the day it begins to hold. It is bound to the rows it covers as
        they stand in the schedule in force that day, so that no later version widens it."""
        authority = decision.authority
        viewer.require(Permission.SET_RETENTION, authority)
        if decision.asks_running and not viewer.actor:
            raise NotAnotherPerson(
                "Running disposal takes two persons, and nobody in particular is none of them.",
                remedy="Sign in for it; in the terminal, say who you are with --user.",
            )
        with self._ledger.writer() as writer:
            today = stockholm_date(writer.at)
            if refused := self._flaws(writer.connection, today, decision):
                return refused
            begins = max(today, decision.valid_from)
            schedule = self.schedule_in_force(authority, begins, writer.connection)
            assert schedule is not None  # without one it is refused
            decision = replace(decision, bound=bound_to(decision.rules, schedule))
            decision = runs_under(decision, schedule) if decision.asks_running else decision
            payload = {**decision_payload(decision), "actor": viewer.actor}
            sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
            cohort = writer.cohort(authority, "register")
            seq = writer.append(EventType.DISPOSAL_DECIDED, sealed, cohort)
            made = replace(decision, seq=seq, revoked_on=None, running=False, confirmed_by=None)
            _say_interval(writer, made)
            if decision.replaces is not None:
                old = self._of(writer, decision.replaces)
                if (ends := old.ends()) is None or begins < ends:
                    reason = f"Ersatt av {decision.number} {decision.paragraph}"[:MAX_REASON]
                    self._revoke(writer, viewer, old, begins, reason, by=seq)
            at = writer.at
        return HeldDecision(decision=replace(made, recorded_by=viewer.actor), at=at)

    def would_refuse(self, viewer: Viewer, decision: Decision) -> Refused | None:
        """What keeps a decision from being recorded; nothing is."""
        viewer.require(Permission.SET_RETENTION, decision.authority)
        with self._ledger.database.read() as connection:
            return self._flaws(connection, self._today(), decision)

    def _flaws(self, connection: Connection, today: date, decision: Decision) -> Refused | None:
        authority, begins = decision.authority, max(today, decision.valid_from)
        found = decision_problems(
            decision,
            self.schedule_in_force(authority, begins, connection),
            channels=queries.channels(connection, authority),
            held=self.decisions(authority, connection),
            today=today,
        )
        problems = tuple(found)
        return Refused(problems) if problems else None

    def confirm_running(self, viewer: Viewer, seq: int) -> HeldDecision:
        """Confirm, as another person than who recorded it, that disposal under a decision runs
        without a confirmation each time. `RuleViolation` where that cannot be."""
        with self._ledger.writer() as writer:
            decision = self._of(writer, seq, viewer)
            viewer.require(Permission.DISPOSE, decision.authority)
            _refuse_running(decision, viewer.actor, stockholm_date(writer.at))
            payload: dict[str, Json] = {
                "of": seq,
                "authority": decision.authority,
                "actor": viewer.actor,
            }
            cohort = writer.cohort(decision.authority, "register")
            kind = EventType.RUNNING_DISPOSAL_CONFIRMED
            writer.append_event(kind, payload, cohort=cohort)
        return self.decision(viewer, seq)

    def running_confirmable(self, viewer: Viewer, seq: int, actor: int) -> HeldDecision:
        """The decision that `actor` could confirm now; raises what `confirm_running` would."""
        held = self.decision(viewer, seq)
        _refuse_running(held.decision, actor, stockholm_date(self._clock.now()))
        return held

    def revoke(
        self, viewer: Viewer, seq: int, *, reason: str, day: date | None = None
    ) -> RevocationEffect:
        """Revoke a decision from a day on (today, if none is given; never before today); what that
        changes. What was disposed of under it stays so."""
        reason = line(reason, "reason", MAX_REASON)
        effect = self.effect_of_revoking(viewer, seq, day=day)
        with self._ledger.writer() as writer:
            decision = self._of(writer, seq, viewer)
            viewer.require(Permission.SET_RETENTION, decision.authority)
            _refuse_day(decision, effect.day, stockholm_date(writer.at))
            self._revoke(writer, viewer, decision, effect.day, reason)
        return effect

    def effect_of_revoking(
        self, viewer: Viewer, seq: int, *, day: date | None = None
    ) -> RevocationEffect:
        """What `revoke` would change; nothing is done."""
        decision = self.decision(viewer, seq).decision
        viewer.require(Permission.SET_RETENTION, decision.authority)
        today = self._today()
        day = day or today
        _refuse_day(decision, day, today)
        others = [
            one
            for one in self.decisions(decision.authority)
            if one.seq != seq and one.level is decision.level and one.is_in_force(day)
        ]
        covered = frozenset(code for one in others for code in one.rules)
        return RevocationEffect(
            day=day,
            pending=tuple(self._pending(seq)),
            records=self.scope_count(decision, today).total,
            uncovered=decision.rules - covered,
        )

    def _revoke(
        self,
        writer: Writer,
        viewer: Viewer,
        decision: Decision,
        day: date,
        reason: str,
        *,
        by: int | None = None,
    ) -> None:
        payload: dict[str, Json] = {
            "of": decision.seq,
            "authority": decision.authority,
            "day": day.isoformat(),
            "reason": reason,
            "actor": viewer.actor,
        }
        payload |= {} if by is None else {"by": by}
        cohort = writer.cohort(decision.authority, "register")
        writer.append_event(EventType.DISPOSAL_DECISION_REVOKED, payload, cohort=cohort)
        _say_interval(writer, replace(decision, revoked_on=day))

    def _of(self, writer: Writer, seq: int, viewer: Viewer | None = None) -> Decision:
        row = queries.decision(writer.connection, seq)
        found = self.decisions(row.authority, writer.connection) if row else []
        may = row and (viewer is None or viewer.may(Permission.READ, row.authority))
        decision = next((one for one in found if one.seq == seq and may), None)
        if decision is None:
            raise no_decision()
        return decision

    # --- record classes ----------------------------------------------------------------------

    def classify(
        self,
        viewer: Viewer,
        records: Sequence[int],
        code: str,
        *,
        note: str = "",
        taken_back: bool = False,
    ) -> int:
        """Put records of one authority in a record class, or take that back; how many were not so
        already. `NotFound` for records that are not there, `ConfigError` for a class that the
        authority's schedules do not have."""
        note = line(note, "note", MAX_REASON, needed=False)
        with self._ledger.writer() as writer:
            authority, changed = self._to_classify(
                writer.connection, viewer, records, code, taken_back=taken_back
            )
            cohort = writer.cohort(authority, "register")
            for start in range(0, len(changed), _IN_AN_EVENT):
                payload: dict[str, Json] = {
                    "authority": authority,
                    "records": list[Json](changed[start : start + _IN_AN_EVENT]),
                    "code": code,
                    "taken_back": taken_back,
                    "note": note,
                    "actor": viewer.actor,
                }
                writer.append_event(EventType.RECORD_CLASSIFIED, payload, cohort=cohort)
        return len(changed)

    def would_classify(
        self, viewer: Viewer, records: Sequence[int], code: str, *, taken_back: bool = False
    ) -> int:
        """How many records `classify` would change, or its errors; nothing is done."""
        with self._ledger.database.read() as connection:
            found = self._to_classify(connection, viewer, records, code, taken_back=taken_back)
        return len(found[1])

    def _to_classify(
        self,
        connection: Connection,
        viewer: Viewer,
        records: Sequence[int],
        code: str,
        *,
        taken_back: bool,
    ) -> tuple[int, list[int]]:
        """The records' authority, and those of them that are not so already."""
        wanted = sorted(set(records))
        if not 0 < len(wanted) <= MOST_CLASSIFIED:
            raise ConfigError(f"From 1 to {MOST_CLASSIFIED} records are classified at once.")
        authority = _authority_of(connection, viewer, wanted)
        viewer.require(Permission.DISPOSE, authority)
        today = self._today()
        now = self.schedule_in_force(authority, today, connection)
        usable = [
            one
            for one in self.versions(authority, connection)
            if one == now or one.effective_from > today
        ]
        if not taken_back and not any(code in one.codes() for one in usable):
            raise ConfigError(
                "The authority's schedule has no such record class.",
                remedy="`diarkiv retention plan show` has those there are.",
            )
        held = queries.classes_of(connection, wanted)
        return authority, [one for one in wanted if (code in held.get(one, ())) is taken_back]


def _authority_of(connection: Connection, viewer: Viewer, records: Sequence[int]) -> int:
    found = dict[int, int]()
    for start in range(0, len(records), _IN_AN_EVENT):
        rows = places(connection, records[start : start + _IN_AN_EVENT])
        found |= {seq: row.authority for seq, row in rows.items()}
    mine = {one for one in found.values() if viewer.may(Permission.READ, one)}
    if len(found) < len(records) or mine != set(found.values()):
        raise NotFound("There is no such record.", remedy="`diarkiv records list` shows them.")
    if len(mine) > 1:
        raise ConfigError("The records are of several authorities.", remedy="Take one's alone.")
    return mine.pop()


def _say_interval(writer: Writer, decision: Decision) -> None:
    """Say in clear from which instant until which a decision holds."""
    writer.append_clear(EventType.DECISION_INTERVAL, decision.interval().facts())


def _refuse_day(decision: Decision, day: date, today: date) -> None:
    if decision.revoked_on is not None or ((end := decision.ends()) and end <= day):
        raise _revoked()
    if day < today:
        raise RuleViolation(
            "A decision is not revoked from a day that has been.",
            remedy="What was done under it stands. Give today or a later day.",
        )


def _revoked() -> RuleViolation:
    return RuleViolation(
        "The decision has an end by then: it is revoked, or it runs out.",
        remedy="`diarkiv retention decision show` says how it stands.",
    )


def _refuse_running(decision: Decision, actor: int, today: date) -> None:
    """Raise what forbids somebody to confirm that disposal under a decision is running."""
    if not decision.asks_running or decision.confirmed_by is not None:
        raise RuleViolation(
            "There is nothing to confirm: the decision does not ask for running disposal, "
            "or it is confirmed already.",
            remedy="`diarkiv retention decision show` says how it stands.",
        )
    if (ends := decision.ends()) and ends <= today:
        raise _revoked()
    if actor in (0, decision.recorded_by):
        raise NotAnotherPerson(
            "Running disposal is confirmed by another person than who recorded it.",
            remedy="Let a colleague sign in and confirm it.",
        )

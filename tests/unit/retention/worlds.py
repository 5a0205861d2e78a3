"""Small worlds of records, as rows and as plain facts: what the tables lead to can be told beside
them, the slow and simple way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from archiver.core.calendar import day_begins
from archiver.db import hold_tables as h
from archiver.db import register_tables as r
from archiver.db import retention_tables as k
from archiver.db import tables as t
from retention.core.decision import Decision
from retention.core.evaluate import Evaluation, RecordFacts, evaluate
from retention.core.hold import DisposalHold, HoldKind, HoldScope
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Retention,
    Rounding,
    Rule,
    Schedule,
    TriggerName,
    WhenObsolete,
)
from retention.notes.noted import NOTED

T = TriggerName
AUTHORITY = 1
CHANNELS = (2, 3)
START = date(2024, 2, 27)
TODAY = date(2026, 1, 2)
CODES = ("A", "B", "C")
REGISTERED, VOIDED = "registered", "register_voided"
days = st.integers(0, 690).map(lambda n: START + timedelta(days=n))
some_days = st.one_of(st.none(), days)


@dataclass
class Made:
    """One record, and all that there is about it."""

    seq: int
    channel: int
    kind: str
    origin: str
    on: date
    hour: int
    parent: int | None  # the number of an earlier record of its channel, or of none
    root: int | None
    outcome: str | None
    hidden: date | None
    state_hidden: date | None
    classes: frozenset[str]
    entry: tuple[str, date, str, int | None, bool] | None  # direction, day, class, case, voided
    handed: bool
    notes: dict[TriggerName, date | None]
    corrected: bool = False

    @property
    def at(self) -> int:
        return day_begins(self.on) + self.hour * 3_600_000

    @property
    def native(self) -> bytes:
        return self.seq.to_bytes(16, "big")


@dataclass
class World:
    """Records in two channels of an authority; cases: closed on which day, or open."""

    records: list[Made]
    cases: dict[int, date | None]
    closed: dict[int, date | None]  # channels
    channel_notes: dict[tuple[int, TriggerName], date | None]
    activity: dict[int, date]
    holds: list[DisposalHold]
    rules: list[Rule]
    decisions: list[Decision]
    levels: frozenset[DecisionLevel] = frozenset({DecisionLevel.AUTHORITY})
    replaced_on: date | None = None  # an empty schedule holds before this day

    # --- what reads schedules and decisions --------------------------------------------------

    def schedule_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> Schedule | None:
        assert authority == AUTHORITY
        begun = self.replaced_on is None or day >= self.replaced_on
        return Schedule(
            authority=AUTHORITY,
            name="Plan",
            version="1",
            effective_from=START,
            effective_until=None,
            required_levels=self.levels,
            rules=tuple(self.rules) if begun else (),
        )

    # --- the slow way ------------------------------------------------------------------------

    def facts(self, one: Made) -> RecordFacts:
        """Facts as the world has them, without a table."""
        by_seq = {made.seq: made for made in self.records}
        root = one.root if one.root in by_seq else None
        while root is not None and (upper := by_seq[root].root) in by_seq:
            root = upper
        standing = one.entry if one.entry and not one.entry[4] else None
        return RecordFacts(
            record=one.seq,
            authority=AUTHORITY,
            channel=one.channel,
            kind=one.kind,
            origin=one.origin,
            outcome=one.outcome or "",
            moderated=one.origin == "received" and bool(one.hidden or one.state_hidden),
            legal_on=one.on,
            classes=one.classes,
            class_codes=frozenset({standing[2]} - {""}) if standing else frozenset(),
            events={name: day for name, day in self.events(one).items() if day},
            root=root,
        )

    def events(self, one: Made) -> dict[TriggerName, date | None]:
        standing = one.entry if one.entry and not one.entry[4] else None
        hidden = [day for day in (one.hidden, one.state_hidden) if day]
        found: dict[TriggerName, date | None] = {
            T.RECEIVED: one.on if one.origin == "received" else None,
            T.DRAWN_UP: one.on if one.origin == "drawn_up" else None,
            T.CHANNEL_CLOSED: self.closed.get(one.channel),
            T.MODERATED: max(hidden) if hidden and one.origin == "received" else None,
            T.VERSION_SUPERSEDED: one.on if one.kind == "revision" else None,
            T.DISPATCHED: standing[1] if standing and standing[0] == "dispatched" else None,
            T.CASE_CLOSED: self.cases.get(standing[3]) if standing and standing[3] else None,
            T.THREAD_INACTIVE: self.activity.get(one.seq if one.root is None else one.root),
        }
        for name in NOTED:
            both = (one.notes.get(name), self.channel_notes.get((one.channel, name)))
            found[name] = max((day for day in both if day), default=None)
        return found

    def held(self, one: Made) -> list[DisposalHold]:
        """Holds, those that follow from facts too."""
        found = list(self.holds)
        facts: list[tuple[HoldKind, int]] = []
        if one.entry and not one.entry[4] and one.entry[3] and not self.cases[one.entry[3]]:
            facts.append((HoldKind.OPEN_CASE, one.entry[3]))
        if one.handed:
            facts.append((HoldKind.UNDELIVERED_TRANSFER, 900_000 + one.seq))
        return found + [
            DisposalHold(
                seq=seq,
                authority=AUTHORITY,
                kind=kind,
                scope=HoldScope(records=frozenset({one.seq})),
                owner=0,
                placed_on=date.min,
                review_on=date.max,
            )
            for kind, seq in facts
        ]

    def alone(self, one: Made, today: date) -> Evaluation:
        """What becomes of a record, apart from what answers it."""
        return evaluate(
            self.facts(one),
            self.schedule_in_force(AUTHORITY, today),
            self.decisions,
            self.held(one),
            today,
        )

    def answers(self, one: Made) -> set[int]:
        """Everything under a record, found by asking all of them, again and again."""
        found = {one.seq}
        while True:
            more = {
                made.seq
                for made in self.records
                if made.channel == one.channel and {made.parent, made.root} & found
            }
            if more <= found:
                return found - {one.seq}
            found |= more

    def due(self, today: date) -> set[int]:
        """The numbers of what may be disposed of."""
        may = {one.seq for one in self.records if self.alone(one, today).may_go}
        return {one.seq for one in self.records if one.seq in may and self.answers(one) <= may}

    # --- as rows -----------------------------------------------------------------------------

    def write(self, connection: Connection) -> None:
        """What projectors would have written."""
        put = Rows(connection)
        for channel in CHANNELS:
            put(t.channel, seq=channel, authority=AUTHORITY, platform="feed", interval=60)
        put(t.channel, seq=4, authority=9, platform="feed", interval=60)
        for n, (channel, day) in enumerate(self.closed.items()):
            put(t.entry, seq=500_000 + n, type="channel_changed", at=day_begins(day or TODAY))
            state = "closing" if day else "active"
            put(t.channel_change, seq=500_000 + n, channel=channel, state=state)
        for case, day in self.cases.items():
            if day:
                put(k.case_state, case=case, seq=case + 1, closed_on=h.number_of(day))
        for (channel, name), day in self.channel_notes.items():
            self._note(put, name, "channel", channel, day)
        for one in self.records:
            self._write(put, one)
        for one_ in self.holds:
            self._hold(put, one_)

    def _write(self, put: Rows, one: Made) -> None:
        native = {made.seq: made.native for made in self.records}
        put(
            t.record,
            seq=one.seq,
            channel=one.channel,
            kind=one.kind,
            native=one.native,
            parent=native.get(one.parent, b"elsewhere") if one.parent else None,
            root=native.get(one.root, b"elsewhere") if one.root else None,
            origin=one.origin,
            legal_at=one.at,
            legal_basis="platform",
            captured_at=one.at,
            state="visible",
            state_seq=one.seq,
            latest=one.seq,
            versions=1,
            triaged=0,
            outcome=one.outcome,
        )
        for n, day in enumerate([one.on, *([one.hidden] if one.hidden else [])]):
            put(
                t.version,
                seq=one.seq * 10 + n,
                record=one.seq,
                n=n + 1,
                captured_at=day_begins(day),
                moderation="hidden" if n else "visible",
                changes="",
                normaliser=1,
            )
        if one.state_hidden:
            put(
                t.transition,
                record=one.seq,
                seq=one.seq,
                at=day_begins(one.state_hidden),
                state="hidden",
                reason="",
                by="unknown",
            )
        if one.seq in self.activity:
            at = day_begins(self.activity[one.seq])
            put(
                t.thread,
                record=one.seq,
                channel=one.channel,
                native=one.native,
                created_at=min(one.at, at),
                activity_at=at,
                activity_seq=1,
                empty=0,
            )
        for code in one.classes:
            put(k.record_class, record=one.seq, code=code, seq=1)
        if one.entry:
            direction, day, code, case, voided = one.entry
            entry = 700_000 + one.seq
            put(
                r.register_entry,
                seq=entry,
                authority=AUTHORITY,
                series=1,
                year=day.year,
                running=one.seq,
                case=case,
                direction="received" if one.corrected else direction,
                day=h.number_of(TODAY if one.corrected else day),
                level=2,
                class_code="1.9" if one.corrected else code or None,
            )
            put(r.entry_record, entry=entry, record=one.seq)
            if one.corrected:  # it was wrong twice, and is what the world says
                was = ("drawn_up", "1.7", h.number_of(START))
                values = (direction, code, h.number_of(day))
                for n, found in enumerate((was, values)):
                    self._correct(put, entry, 10_000 * (n + 1) + one.seq * 10, found)
            if voided:
                put(r.register_change, seq=entry + 1, of=entry, type=VOIDED, protected=0)
        if one.handed:
            put(r.handover, seq=900_000 + one.seq, authority=AUTHORITY)
            put(r.triage, record=one.seq, seq=900_000 + one.seq, outcome="handed_over")
        for name, day in one.notes.items():
            self._note(put, name, "record", one.seq, day)

    def _correct(self, put: Rows, entry: int, seq: int, found: tuple[str, str, int]) -> None:
        direction, code, day = found
        put(h.entry_correction, seq=seq, entry=entry, field="direction", code=direction)
        put(h.entry_correction, seq=seq + 1, entry=entry, field="class_code", code=code)
        put(h.entry_correction, seq=seq + 2, entry=entry, field="day", day=day)

    def _note(self, put: Rows, name: TriggerName, of: str, subject: int, day: date | None) -> None:
        """A first note that does not count, and the one that does (or takes it back)."""
        about: dict[str, Any] = {"name": name.value, "of": of, "subject": subject}
        put(h.trigger_note, **about, seq=1, day=h.number_of(START))
        put(h.trigger_note, **about, seq=2, day=h.number_of(day) if day else None)

    def _hold(self, put: Rows, hold: DisposalHold) -> None:
        scope = hold.scope
        put(
            h.disposal_hold,
            seq=hold.seq,
            authority=hold.authority,
            kind=hold.kind.value,
            owner=hold.owner,
            placed_on=h.number_of(hold.placed_on),
            review_on=h.number_of(hold.review_on),
            lifted_on=h.number_of(hold.lifted_on) if hold.lifted_on else None,
            records=int(scope.records is not None),
            threads=int(scope.threads is not None),
            channels=int(scope.channels is not None),
            classes=int(scope.classes is not None),
            since=h.number_of(scope.since) if scope.since else r.FIRST_DAY,
            until=h.number_of(scope.until) if scope.until else r.LAST_DAY,
        )
        for record in scope.records or ():
            put(h.hold_record, hold=hold.seq, record=record)
        for record in scope.threads or ():
            put(h.hold_thread, hold=hold.seq, record=record)
        for channel in scope.channels or ():
            put(h.hold_channel, hold=hold.seq, channel=channel)
        for code in scope.classes or ():
            put(h.hold_class, hold=hold.seq, code=code)


@dataclass
class Rows:
    """Puts rows into tables, one at a time; what is not said is null."""

    connection: Connection
    _none: None = field(default=None)

    def __call__(self, table: Any, **values: Any) -> None:
        self.connection.execute(insert(table).values(**values))


@dataclass
class Plans:
    """A world's schedules and decisions, as the evaluator asks for them."""

    world: World

    def schedule_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> Schedule | None:
        return self.world.schedule_in_force(authority, day) if authority == AUTHORITY else None

    def decisions(self, authority: int, connection: Connection | None = None) -> list[Decision]:
        return self.world.decisions if authority == AUTHORITY else []


# --- what worlds are made of ---------------------------------------------------------------------

_codes = st.frozensets(st.sampled_from(["A", "B", "X"]), max_size=2)
_rule_codes = st.lists(st.sampled_from(CODES), min_size=1, max_size=3)
_notes = st.dictionaries(st.sampled_from(sorted(NOTED)), some_days, max_size=1)
_entries = st.one_of(
    st.none(),
    st.none(),
    st.tuples(
        st.sampled_from(["received", "dispatched"]),
        days,
        st.sampled_from(["", "1.7", "1.9"]),
        st.sampled_from([None, 800_001, 800_003]),
        st.booleans(),
    ),
)


@st.composite
def _records(draw: st.DrawFn) -> list[Made]:
    found: list[Made] = []
    for n in range(draw(st.integers(1, 9))):
        seq, channel = 100 + n, draw(st.sampled_from(CHANNELS))
        earlier = [one for one in found if one.channel == channel]
        answers = draw(st.sampled_from([None, *earlier])) if earlier else None
        lost = draw(st.booleans()) and draw(st.booleans())  # what it answers is not held
        on = draw(days)
        found.append(
            Made(
                seq=seq,
                channel=channel,
                kind=draw(st.sampled_from(["comment", "comment", "revision"]))
                if answers
                else "post",
                origin=draw(st.sampled_from(["received", "received", "drawn_up"])),
                on=on,
                hour=draw(st.integers(0, 22)),
                parent=99 if lost else answers.seq if answers and draw(st.booleans()) else None,
                root=99 if lost else (answers.root or answers.seq) if answers else None,
                outcome=draw(st.sampled_from([None, None, "minor", "kept_in_order"])),
                hidden=draw(some_days) if draw(st.booleans()) else None,
                state_hidden=draw(some_days) if draw(st.booleans()) else None,
                classes=draw(_codes) if draw(st.integers(0, 3)) == 3 else frozenset(),
                entry=draw(_entries),
                handed=False,
                notes=draw(_notes),
                corrected=draw(st.booleans()),
            )
        )
        if draw(st.integers(0, 9)) == 9:
            found[-1] = replace(found[-1], handed=True, outcome="handed_over")
    return found


_some = st.one_of(st.none(), st.none(), st.booleans())


@st.composite
def _rule(draw: st.DrawFn, code: str) -> Rule:
    periods = st.builds(
        Period, years=st.integers(0, 1), months=st.integers(0, 2), days=st.integers(0, 40)
    )
    retentions: st.SearchStrategy[Retention] = st.one_of(
        st.builds(WhenObsolete, periods),
        st.builds(AfterPeriod, periods, st.sampled_from(Rounding)),
        st.builds(AfterPeriod, periods, st.sampled_from(Rounding)),
        st.just(RetainPermanently())
        if draw(st.integers(0, 3)) == 3
        else st.builds(WhenObsolete, periods),
    )
    retention = draw(retentions)
    for_ever = isinstance(retention, RetainPermanently)
    common = [T.RECEIVED] * 16 + [T.DRAWN_UP, T.DRAWN_UP, T.THREAD_INACTIVE, T.THREAD_INACTIVE]
    return Rule(
        code=code,
        label=code,
        retention=retention,
        trigger=None if for_ever else draw(st.sampled_from([*common, *T])),
        inactive_days=draw(st.integers(0, 40)),
        applies=Applies(
            explicit_only=draw(st.integers(0, 5)) == 5,
            kinds=draw(st.sampled_from([None, None, frozenset({"comment", "revision"})])),
            origins=draw(st.sampled_from([None, None, None, frozenset({"received"})])),
            outcomes=draw(st.sampled_from([None, None, None, frozenset({"", "minor"})])),
            moderated=draw(_some) if draw(st.integers(0, 3)) == 3 else None,
            channels=draw(st.sampled_from([None, None, frozenset({2})])),
            class_codes=draw(st.sampled_from([None, None, None, None, frozenset({"1.7"})])),
            since=draw(some_days) if draw(st.integers(0, 5)) == 5 else None,
            until=draw(some_days) if draw(st.integers(0, 5)) == 5 else None,
        ),
    )


@st.composite
def _decision(draw: st.DrawFn, seq: int) -> Decision:
    narrowed = draw(st.integers(0, 3)) == 3
    return Decision(
        seq=seq,
        authority=AUTHORITY,
        number="KS 1",
        body="KS",
        level=draw(st.sampled_from([DecisionLevel.AUTHORITY] * 12 + list(DecisionLevel))),
        decided_on=START,
        paragraph="1",
        rules=frozenset(CODES) if not narrowed else frozenset(draw(_codes)),
        channels=draw(st.sampled_from([None, frozenset({3})])) if narrowed else None,
        records_from=START if not narrowed else draw(some_days),
        records_until=draw(some_days) if narrowed else None,
        valid_from=START if not narrowed else draw(days),
        valid_until=draw(some_days) if narrowed else None,
    )


@st.composite
def hold(draw: st.DrawFn, seq: int) -> DisposalHold:
    numbers = st.frozensets(st.integers(100, 108), min_size=1, max_size=3)
    which = draw(st.integers(0, 6))
    return DisposalHold(
        seq=seq,
        authority=AUTHORITY,
        kind=HoldKind.AUDIT,
        scope=HoldScope(
            records=draw(numbers) if which in (0, 1, 5) else None,
            threads=draw(numbers) if which in (2, 5) else None,
            channels=frozenset({draw(st.sampled_from(CHANNELS))}) if which == 3 else None,
            classes=draw(st.frozensets(st.sampled_from(CODES), min_size=1)) if which == 4 else None,
            since=draw(some_days) if which == 6 else None,
            until=draw(some_days) if which == 6 else None,
        ),
        owner=3,
        placed_on=draw(days),
        review_on=draw(days),
        lifted_on=draw(some_days),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any small world, mostly such that something is due."""
    records = draw(_records())
    begins = [one for one in records if one.kind == "post"]
    activity: dict[int, date] = {}
    for post in begins:
        under = [one.on for one in records if one.root == post.seq]
        if draw(st.integers(0, 5)) < 5:
            activity[post.seq] = max([post.on, *under])
    return World(
        records=records,
        cases={800_001: draw(some_days), 800_003: draw(some_days)},
        closed={channel: draw(some_days) for channel in CHANNELS},
        channel_notes=draw(
            st.dictionaries(
                st.tuples(st.sampled_from(CHANNELS), st.sampled_from(sorted(NOTED))),
                some_days,
                max_size=2,
            )
        ),
        activity=activity,
        holds=[draw(hold(600 + n)) for n in range(draw(st.sampled_from([0, 0, 1, 2])))],
        rules=[
            draw(_rule(code))
            for code in draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=3))
        ],
        decisions=[draw(_decision(50 + n)) for n in range(draw(st.integers(1, 2)))],
        replaced_on=draw(days) if draw(st.integers(0, 4)) == 4 else None,
    )

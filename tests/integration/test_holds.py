"""Holds and noted events over both databases: what is held stays, and the log has it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, Permission, Role, Viewer, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.core.ports import HoldPlacer
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.ledger.apart import Apart
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.service import Register
from retention.core.decision import Decision
from retention.core.evaluate import Evaluation
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.schedule import (
    Applies,
    DecisionLevel,
    Period,
    Rule,
    Schedule,
    TriggerName,
    WhenObsolete,
)
from retention.due.evaluator import Evaluator
from retention.due.subjects import class_codes_of, subjects
from retention.holds.service import Holds
from retention.notes.noted import NotedOf
from retention.notes.service import Notes
from retention.schedule.service import Retention
from retention.trigger import triggers
from tests.databases import rows_of
from tests.unit.registry.desk import CaptureDesk, make_desk

pytestmark = pytest.mark.usefixtures("each_database")
DAY = 86_400_000
BOOKS = Rule(
    code="B1",
    label="Brev",
    retention=WhenObsolete(Period()),
    trigger=TriggerName.RECEIVED,
    applies=Applies(origins=frozenset({"received"})),
)


@dataclass
class Office:
    """A home with a schedule, a decision and three letters that are due under them."""

    desk: CaptureDesk
    plans: Retention
    holds: Holds
    notes: Notes
    records: Sequence[int]

    @property
    def authority(self) -> int:
        return self.desk.authority.seq

    @property
    def today(self) -> date:
        return stockholm_date(self.desk.clock.now())

    def evaluated(self) -> dict[int, Evaluation]:
        with self.desk.home.ledger.database.read() as connection:
            return Evaluator(self.plans).evaluate_records(connection, self.records, self.today)

    def going(self) -> list[int]:
        return [seq for seq, one in sorted(self.evaluated().items()) if one.may_go]

    def asked(self, **scope: object) -> HoldRequest:
        return HoldRequest(
            authority=self.authority,
            kind=HoldKind.ACCESS_REQUEST,
            scope=HoldScope(**scope),  # type: ignore[arg-type]
            reason="Begäran om utlämnande KS 2026/14",
            review_on=self.today + timedelta(days=30),
            owner=7,
        )


@pytest.fixture
def office(tmp_path: Path) -> Office:
    desk = make_desk(tmp_path)
    ledger = desk.home.ledger
    plans = Retention(ledger, desk.clock)
    today = stockholm_date(desk.clock.now())
    schedule = Schedule(
        authority=desk.authority.seq,
        name="Plan",
        version="1",
        effective_from=today,
        effective_until=None,
        required_levels=frozenset({DecisionLevel.AUTHORITY}),
        rules=(BOOKS,),
    )
    assert not hasattr(plans.adopt(LOCAL, schedule), "problems")
    decision = Decision(
        seq=0,
        authority=desk.authority.seq,
        number="KS 2026/1",
        body="Kommunstyrelsen",
        level=DecisionLevel.AUTHORITY,
        decided_on=today,
        paragraph="7",
        rules=frozenset({"B1"}),
        records_from=date(2020, 1, 1),
        grounds="Ringa betydelse",
        valid_from=today,
    )
    assert hasattr(plans.decide(LOCAL, decision), "decision")
    records = [desk.capture(f"Brev {n}", when=f"2026-11-0{n} 10:00").record for n in (1, 2, 3)]
    return Office(desk, plans, Holds(ledger, plans), Notes(ledger), records)


def test_what_is_held_stays_until_the_hold_is_lifted(office: Office) -> None:
    one, two, three = office.records
    assert office.going() == [one, two, three]
    hold = office.holds.place(LOCAL, office.asked(records=frozenset({one, two})))
    assert office.going() == [three]
    assert office.evaluated()[two].holds == (hold,)
    (listed,) = office.holds.list(LOCAL)
    assert (listed.hold.seq, listed.reason) == (hold, "Begäran om utlämnande KS 2026/14")
    assert listed.hold.owner == 7
    office.holds.lift(LOCAL, hold, reason="Slutligt avgjord")
    assert office.holds.list(LOCAL) == []
    (lifted,) = office.holds.list(LOCAL, lifted=True)
    assert lifted.hold.lifted_on == office.today
    assert [(note.type, note.reason) for note in lifted.notes] == [
        ("hold_lifted", "Slutligt avgjord")
    ]
    assert office.going() == [one, two, three]
    with pytest.raises(RuleViolation, match="lifted already"):
        office.holds.lift(LOCAL, hold, reason="Igen")


def _everything(office: Office) -> HoldScope:
    return HoldScope()


SCOPES: list[tuple[str, Callable[[Office], HoldScope], int]] = [
    ("everything", _everything, 0),
    ("thread", lambda o: HoldScope(threads=frozenset(o.records[:1])), 2),
    ("class", lambda o: HoldScope(classes=frozenset({"B1"})), 0),
    ("since", lambda o: HoldScope(since=date(2026, 11, 2)), 1),
    ("until", lambda o: HoldScope(until=date(2026, 11, 2)), 1),
]


@pytest.mark.parametrize(("name", "scope", "left"), SCOPES, ids=[one[0] for one in SCOPES])
def test_a_scope_holds_what_it_says(
    office: Office, name: str, scope: Callable[[Office], HoldScope], left: int
) -> None:
    office.holds.place(LOCAL, replace(office.asked(), scope=scope(office)))
    assert len(office.going()) == left


def test_a_channel_is_held(office: Office) -> None:
    with office.desk.home.ledger.database.read() as connection:
        look = Evaluator(office.plans).look(connection, office.today)
    channels = [one for one, owner in look.channels.items() if owner == office.authority]
    office.holds.place(LOCAL, office.asked(channels=frozenset(channels)))
    assert office.going() == []


def test_a_review_is_noted_and_moves_the_day(office: Office) -> None:
    hold = office.holds.place(LOCAL, office.asked(records=frozenset(office.records)))
    office.desk.clock.advance(31 * DAY)
    assert [one.seq for one in office.holds.overdue(office.today)] == [hold]
    with pytest.raises(ConfigError, match="passed already"):
        office.holds.review(LOCAL, hold, until=office.today - timedelta(days=1), reason="Pågår")
    office.holds.review(LOCAL, hold, until=office.today + timedelta(days=30), reason="Pågår")
    assert office.holds.overdue(office.today) == []
    assert office.holds.one(LOCAL, hold).hold.review_on == office.today + timedelta(days=30)
    assert office.going() == []


def test_what_cannot_be_held_is_refused(office: Office) -> None:
    fine = office.asked(records=frozenset(office.records))
    for wrong, says in (
        (replace(fine, review_on=office.today - timedelta(days=1)), "passed already"),
        (replace(fine, reason="  "), "reason is missing"),
        (office.asked(records=frozenset()), "names from 1"),
        (office.asked(classes=frozenset({"B9"})), "no record class B9"),
        (office.asked(since=date(2026, 2, 1), until=date(2026, 1, 1)), "before the first"),
    ):
        with pytest.raises(ConfigError, match=says):
            office.holds.place(LOCAL, wrong)
    with pytest.raises(NotFound):
        office.holds.place(LOCAL, office.asked(records=frozenset({99_999})))
    other = office.desk.home.channels.add_authority("BUN", "Barn- och utbildningsnämnden")
    with pytest.raises(ConfigError, match="another authority"):
        office.holds.place(LOCAL, replace(fine, authority=other.seq))
    assert office.holds.list(LOCAL, lifted=True) == []


def test_rights_are_asked_for(office: Office) -> None:
    asked = office.asked(records=frozenset(office.records))
    auditor = viewer_of(5, [(Role.AUDITOR, HOME)])
    with pytest.raises(AccessRefused):
        office.holds.place(auditor, asked)
    with pytest.raises(AccessRefused):
        office.notes.note(
            auditor, TriggerName.DECLARED_INACTIVE, NotedOf.RECORD, office.records, on=None
        )
    hold = office.holds.place(viewer_of(5, [(Role.LAWYER, HOME)]), asked)
    assert office.holds.one(auditor, hold).actor == 5
    for changed in (
        lambda: office.holds.lift(auditor, hold, reason="Klar"),
        lambda: office.holds.review(auditor, hold, until=office.today, reason="Klar"),
    ):
        with pytest.raises(AccessRefused):
            changed()
    stranger = Viewer(6, {office.authority + 1: frozenset(Permission)})
    assert office.holds.list(stranger) == []
    with pytest.raises(NotFound):
        office.holds.one(stranger, hold)
    with pytest.raises(NotFound):
        office.holds.lift(stranger, hold, reason="Klar")


def test_another_matter_holds_by_the_port_and_lets_go(office: Office) -> None:
    placer: HoldPlacer = office.holds
    source, records = 4711, office.records[:2]

    def place() -> int:
        return placer.place_for(
            source,
            authority=office.authority,
            kind="restriction",
            records=records,
            reason="Begränsning enligt artikel 18",
            review_on=office.today + timedelta(days=90),
            owner=3,
        )

    hold = place()
    assert place() == hold  # a caller may ask again after a crash
    assert office.going() == [office.records[2]]
    assert office.evaluated()[records[0]].holds == (hold,)
    with pytest.raises(RuleViolation, match="ends with it"):
        office.holds.lift(LOCAL, hold, reason="Klar")
    placer.release(source, reason="Begränsningen har upphört", actor=3)
    placer.release(source, reason="Begränsningen har upphört", actor=3)
    assert len(office.going()) == 3
    assert place() != hold


def test_events_are_noted_taken_back_and_corrected(office: Office) -> None:
    trigger, of = TriggerName.DECLARED_INACTIVE, NotedOf.RECORD
    one, two, _ = office.records
    seqs = office.notes.note(
        LOCAL, trigger, of, [one, two], on=date(2026, 11, 20), note="Inaktuell"
    )
    office.notes.note(LOCAL, trigger, of, [two], on=None)
    found = office.notes.list(LOCAL)
    assert [note.subjects for note in found] == [(two,), (one, two)]
    assert (found[1].seq, found[1].on, found[1].note) == (seqs[0], date(2026, 11, 20), "Inaktuell")
    assert found[0].on is None
    with pytest.raises(ConfigError, match="lies ahead"):
        office.notes.note(LOCAL, trigger, of, [one], on=office.today + timedelta(days=1))
    with pytest.raises(ConfigError, match="follows from the archive"):
        office.notes.note(LOCAL, TriggerName.RECEIVED, of, [one], on=office.today)
    assert office.notes.list(LOCAL, trigger=TriggerName.PROJECT_CLOSED) == []
    stranger = Viewer(6, {office.authority + 1: frozenset(Permission)})
    assert office.notes.list(stranger) == []


def test_what_was_stopped_is_held_by_its_stop_and_taken_by_no_rule(office: Office) -> None:
    home = office.desk.home
    apart = Apart(home.ledger, home.path)
    apart.set_contact(bytes(range(32)), contact="Alva Ekbacke")
    apart.stop(office.records[0], reason="Misstänkt brottsligt innehåll")
    assert office.going() == list(office.records[1:])
    with home.ledger.database.read() as connection:
        over = Evaluator(office.plans).holds_over(connection, office.records, office.today)
    assert list(over) == [office.records[0]]


def test_an_entry_counts_as_it_was_corrected(office: Office) -> None:
    """A letter that was registered under the wrong class and day, as dispatched."""
    ledger, record = office.desk.home.ledger, office.records[0]
    register = Register(ledger)
    register.set_series(LOCAL, office.authority, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
    entry = register.register(
        LOCAL,
        Registration(
            authority=office.authority,
            direction=Direction.DISPATCHED,
            day="2026-11-02",
            dated=Dated.STATED,
            title="Ett svar",
            class_code="1.7",
            records=(record,),
        ),
    )

    def seen() -> tuple[object, object]:
        with ledger.database.read() as connection:
            found = subjects(connection, [record])
            codes = class_codes_of(connection, [record])
            days = triggers()[TriggerName.DISPATCHED].days(connection, found)
        return codes.get(record), days.get(record)

    assert seen() == (frozenset({"1.7"}), date(2026, 11, 2))
    register.correct(LOCAL, entry, "class_code", "1.9", reason="Fel klass")
    register.correct(LOCAL, entry, "day", "2026-11-20", reason="Fel dag")
    register.correct(LOCAL, entry, "title", "Ett annat svar", reason="Fel")
    assert seen() == (frozenset({"1.9"}), date(2026, 11, 20))
    before = rows_of(ledger.database)
    ledger.rebuild()
    assert rows_of(ledger.database) == before
    register.correct(LOCAL, entry, "direction", "received", reason="Fel riktning")
    assert seen() == (frozenset({"1.9"}), None)
    register.void(LOCAL, entry, reason="Dubbel")
    assert seen() == (None, None)


def test_a_rebuild_gives_the_same_tables(office: Office) -> None:
    ledger = office.desk.home.ledger
    scope = HoldScope(
        records=frozenset(office.records),
        threads=frozenset(office.records),
        classes=frozenset({"B1"}),
        since=date(2026, 1, 1),
        until=date(2026, 12, 31),
    )
    hold = office.holds.place(LOCAL, replace(office.asked(), scope=scope))
    assert office.holds.one(LOCAL, hold).hold.scope == scope
    office.holds.review(LOCAL, hold, until=office.today, reason="Pågår")
    other = office.holds.place(LOCAL, office.asked())
    office.holds.lift(LOCAL, other, reason="Klar")
    name = TriggerName.PROJECT_CLOSED
    office.notes.note(LOCAL, name, NotedOf.RECORD, office.records, on=office.today)
    office.notes.note(LOCAL, name, NotedOf.RECORD, office.records[:1], on=None)
    before = rows_of(ledger.database)
    ledger.rebuild()
    assert rows_of(ledger.database) == before

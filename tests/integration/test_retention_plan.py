"""Schedules and disposal decisions: recorded whole, never gone, the same after a rebuild."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from archiver.core.access import HOME, LOCAL, Role, Viewer, viewer_of
from archiver.core.calendar import day_begins
from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.tombstone import Interval
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.registry.classes import Classes
from archiver.registry.core.capture import Way
from archiver.registry.core.phrase import Refused
from archiver.registry.core.triage import Decision as Triage
from archiver.registry.core.triage import Outcome
from archiver.registry.service import Register
from retention.core.decision import Decision, MinorCondition
from retention.core.plan_file import PlanForm, PlanRead, write_plan
from retention.core.schedule import DecisionLevel
from retention.due.look import Look
from retention.due.subjects import subjects
from retention.schedule import service as retention_service
from retention.schedule.reading import HeldDecision, HeldSchedule
from retention.schedule.service import NotAnotherPerson, Retention
from retention.schedule.shipped import proposal, proposal_file
from tests.databases import rows_of
from tests.unit.registry.desk import CaptureDesk, make_desk
from tests.unit.retention.plans import KEPT, MINOR, TIMED, a_decision, a_schedule

pytestmark = pytest.mark.usefixtures("each_database")

TODAY = date(2026, 11, 22)
EVA, BO = viewer_of(17, [(Role.ARCHIVIST, HOME)]), viewer_of(18, [(Role.REGISTRAR, HOME)])


@pytest.fixture
def desk(tmp_path: Path) -> CaptureDesk:
    return make_desk(tmp_path)


@pytest.fixture
def retention(desk: CaptureDesk) -> Retention:
    return Retention(desk.home.ledger, desk.clock, lambda decision: (decision + 1000,))


@pytest.fixture
def ks(desk: CaptureDesk) -> int:
    return desk.authority.seq


def adopted(retention: Retention, authority: int, **changes: Any) -> HeldSchedule:
    made = retention.adopt(EVA, a_schedule(authority=authority, **changes))
    assert isinstance(made, HeldSchedule), made
    return made


def decided(retention: Retention, authority: int, **changes: Any) -> Decision:
    made = retention.decide(EVA, a_decision(authority=authority, **changes))
    assert isinstance(made, HeldDecision), made
    return made.decision


def codes(refused: object) -> list[str]:
    assert isinstance(refused, Refused), refused
    return [one.reason.code for one in refused.problems]


def intervals(desk: CaptureDesk) -> list[Interval]:
    ledger = desk.home.ledger
    ledger.log.load()
    entries = [parse(one) for one in ledger.log.entries(0, ledger.log.size)]
    return [
        Interval.parse(one.facts)
        for one in entries
        if isinstance(one, ClearEntry) and one.type == EventType.DECISION_INTERVAL
    ]


def rebuilt(desk: CaptureDesk) -> None:
    live = rows_of(desk.home.ledger.database)
    desk.home.ledger.rebuild()
    assert rows_of(desk.home.ledger.database) == live


# --- schedules ------------------------------------------------------------------------------------


def test_the_proposal_becomes_the_authoritys_own_and_can_be_replaced(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    assert retention.schedule_in_force(ks, TODAY) is None
    first = retention.take_in(EVA, ks, proposal_file(), effective_from=TODAY)
    assert isinstance(first, HeldSchedule)
    assert first.schedule == proposal(TODAY, ks).schedule
    assert retention.schedule_in_force(ks, TODAY) == first.schedule
    assert retention.schedule_in_force(ks, date(2026, 11, 21)) is None
    assert retention.schedule_in_force(ks + 1, TODAY) is None

    later = replace(first.schedule, version="2", effective_from=date(2027, 1, 1))
    second = retention.take_in(EVA, ks, write_plan(later, PlanForm.XLSX))
    assert isinstance(second, HeldSchedule)
    assert retention.schedule_in_force(ks, date(2026, 12, 31)) == first.schedule
    assert retention.schedule_in_force(ks, date(2027, 1, 1)) == later
    held = retention.schedules(EVA, ks)
    assert [(one.actor, one.schedule) for one in held] == [(17, first.schedule), (17, later)]
    rebuilt(desk)
    assert Retention(desk.home.ledger, desk.clock).schedules(LOCAL) == held


def test_a_version_that_has_an_end_leaves_nothing_in_force_after_it(
    retention: Retention, ks: int
) -> None:
    adopted(retention, ks, effective_until=date(2026, 12, 1))
    assert retention.schedule_in_force(ks, date(2026, 11, 30)) is not None
    assert retention.schedule_in_force(ks, date(2026, 12, 1)) is None


def test_nothing_is_adopted_of_a_file_with_anything_wrong(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    rows = "scheme,version,code,label\nKLASSA,2.1,2.1,Leda\n"
    done = Classes(desk.home.ledger).take_in(LOCAL, ks, rows.encode())
    assert not isinstance(done, Refused)
    size = desk.home.ledger.log.size
    applies = replace(KEPT.applies, channels=frozenset({99}), class_codes=frozenset({"9.9"}))
    wrong = a_schedule(replace(KEPT, applies=applies), TIMED, authority=ks)
    assert codes(retention.adopt(EVA, wrong)) == ["channel_unknown", "class_unknown"]
    data = write_plan(wrong, PlanForm.CSV)
    assert codes(retention.take_in(EVA, ks, data)) == ["channel_unknown", "class_unknown"]
    assert codes(retention.check(EVA, ks, data)) == ["channel_unknown", "class_unknown"]
    assert codes(retention.take_in(EVA, ks, b"")) == ["empty"]
    assert desk.home.ledger.log.size == size
    assert isinstance(retention.check(EVA, ks, write_plan(a_schedule(), PlanForm.CSV)), PlanRead)
    assert desk.home.ledger.log.size == size


def test_what_has_held_is_not_changed_afterwards(retention: Retention, ks: int) -> None:
    adopted(retention, ks)
    again = a_schedule(authority=ks)
    assert codes(retention.adopt(EVA, again)) == ["version_known", "effective_overlaps"]
    past = replace(again, version="3", effective_from=date(2026, 11, 1))
    assert codes(retention.adopt(EVA, past)) == ["effective_past"]


def test_a_large_schedule_is_sealed_as_one(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    rules = [replace(TIMED, code=f"X{n}", note="ö" * 1000) for n in range(300)]
    held = adopted(retention, ks, rules=tuple(rules))
    assert len(retention.schedules(EVA)[0].schedule.rules) == 300
    assert desk.envelope(held.seq)["actor"] == 17


@pytest.mark.parametrize(
    "viewer",
    [
        viewer_of(9, [(Role.REGISTRAR, HOME)]),
        viewer_of(9, [(Role.ARCHIVIST, 77)]),
        viewer_of(9, [(Role.AUDITOR, HOME), (Role.LAWYER, HOME), (Role.OPERATOR, HOME)]),
    ],
)
def test_who_may_not_set_retention_changes_nothing(
    desk: CaptureDesk, retention: Retention, ks: int, viewer: Viewer
) -> None:
    adopted(retention, ks)
    decision = decided(retention, ks)
    size = desk.home.ledger.log.size
    data = write_plan(a_schedule(version="2"), PlanForm.CSV)
    refused: list[Any] = [
        lambda: retention.check(viewer, ks, data),
        lambda: retention.take_in(viewer, ks, data),
        lambda: retention.adopt(viewer, a_schedule(authority=ks, version="2")),
        lambda: retention.decide(viewer, a_decision(authority=ks)),
        lambda: retention.would_refuse(viewer, a_decision(authority=ks)),
        lambda: retention.revoke(viewer, decision.seq, reason="Fel"),
    ]
    for act in refused:
        with pytest.raises((AccessRefused, NotFound)):
            act()
    assert desk.home.ledger.log.size == size


def test_another_authority_reads_nothing(retention: Retention, ks: int) -> None:
    adopted(retention, ks)
    decision = decided(retention, ks)
    stranger = viewer_of(9, [(Role.ARCHIVIST, 77)])
    assert retention.schedules(stranger) == []
    assert retention.held_decisions(stranger) == []
    with pytest.raises(NotFound):
        retention.decision(stranger, decision.seq)
    for read in (retention.schedules, retention.held_decisions):
        with pytest.raises(AccessRefused):
            read(stranger, ks)


# --- decisions ------------------------------------------------------------------------------------


def test_a_decision_is_recorded_with_the_time_it_holds(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    ends = date(2030, 1, 1)
    made = decided(retention, ks, valid_until=ends, grounds="Ringa betydelse", keep_one_of=100)
    start, end = day_begins(date(2026, 11, 10)), day_begins(ends)
    assert intervals(desk) == [Interval(made.seq, start, end)]
    assert retention.decisions(ks) == [made]
    assert made.recorded_by == 17
    assert retention.decision(EVA, made.seq).at == desk.clock.now()
    rebuilt(desk)
    assert retention.decisions(ks) == [made]


def test_a_decision_needs_a_schedule_and_all_it_says(retention: Retention, ks: int) -> None:
    asked = a_decision(authority=ks)
    assert codes(retention.decide(EVA, asked)) == ["decision_no_schedule"]
    adopted(retention, ks)
    bad = replace(asked, conditions=frozenset(), number="", channels=frozenset({5}))
    wrong = ["decision_lacks", "decision_conditions", "channel_unknown"]
    assert codes(retention.decide(EVA, bad)) == wrong
    assert codes(retention.would_refuse(EVA, bad)) == wrong
    assert retention.would_refuse(EVA, asked) is None
    decided(retention, ks)
    assert codes(retention.decide(EVA, asked)) == ["decision_known"]
    assert len(retention.decisions(ks)) == 1


def test_half_a_decision_is_none(
    desk: CaptureDesk, retention: Retention, ks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its interval is in the same batch: what fails between leaves neither."""
    adopted(retention, ks)
    size = desk.home.ledger.log.size

    def fails(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(retention_service, "_say_interval", fails)
    with pytest.raises(OSError, match="disk"):
        decided(retention, ks)
    monkeypatch.undo()
    assert retention.decisions(ks) == []
    desk.home.ledger.log.load()
    assert desk.home.ledger.log.size == size
    decided(retention, ks)
    rebuilt(desk)


def test_revoking_says_what_it_changes_and_lets_nothing_vanish(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    made = decided(retention, ks)
    day = date(2026, 12, 1)
    effect = retention.effect_of_revoking(EVA, made.seq, day=day)
    assert (effect.pending, effect.uncovered) == ((made.seq + 1000,), {"SM05"})
    assert retention.decisions(ks) == [made], "looking changes nothing"
    for wrong in (date(2026, 11, 21), date(2026, 1, 1)):
        with pytest.raises(RuleViolation):
            retention.revoke(EVA, made.seq, reason="Fel", day=wrong)
    with pytest.raises(ConfigError):
        retention.revoke(EVA, made.seq, reason=" ")
    assert retention.revoke(EVA, made.seq, reason="Nytt beslut", day=day) == effect
    (now,) = retention.decisions(ks)
    assert now == replace(made, revoked_on=day)
    assert now.is_in_force(date(2026, 11, 30))
    assert not now.is_in_force(day)
    held = retention.decision(EVA, made.seq)
    assert (held.revoked_by, held.revoked_why) == (17, "Nytt beslut")
    assert intervals(desk)[-1] == Interval(
        made.seq, day_begins(date(2026, 11, 10)), day_begins(day)
    )
    with pytest.raises(RuleViolation):
        retention.revoke(EVA, made.seq, reason="Igen")
    rebuilt(desk)
    assert retention.decisions(ks) == [now]


def test_what_is_replaced_ends_when_the_new_one_begins(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    old = decided(retention, ks)
    begins = date(2027, 1, 1)
    new = decided(
        retention, ks, number="KS 2026/99", valid_from=begins, replaces=old.seq, paragraph="§ 3"
    )
    assert retention.decisions(ks) == [replace(old, revoked_on=begins), new]
    assert retention.effect_of_revoking(EVA, new.seq).uncovered == frozenset()
    assert retention.decision(EVA, old.seq).revoked_why == "Ersatt av KS 2026/99 § 3"
    assert [one.decision for one in intervals(desk)] == [old.seq, new.seq, old.seq]
    rebuilt(desk)


def test_running_disposal_takes_two_persons(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    plain = decided(retention, ks)
    made = decided(retention, ks, number="KS 2026/42", asks_running=True)
    assert made.asks_running
    assert not made.running
    for viewer, error in (
        (EVA, NotAnotherPerson),
        (LOCAL, NotAnotherPerson),
        (viewer_of(19, [(Role.AUDITOR, HOME)]), AccessRefused),
        (viewer_of(19, [(Role.REGISTRAR, 77)]), NotFound),
    ):
        with pytest.raises(error):
            retention.confirm_running(viewer, made.seq)
    assert not retention.decisions(ks)[1].running
    done = retention.confirm_running(BO, made.seq).decision
    assert done.running
    assert done.confirmed_by == 18
    for seq in (made.seq, plain.seq):
        with pytest.raises(RuleViolation):
            retention.confirm_running(BO, seq)
    rebuilt(desk)
    assert retention.decisions(ks)[1] == done


def test_nobody_in_particular_is_no_person(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    with pytest.raises(NotAnotherPerson):
        retention.decide(LOCAL, a_decision(authority=ks, asks_running=True))
    assert retention.decisions(ks) == []
    assert isinstance(retention.decide(LOCAL, a_decision(authority=ks)), HeldDecision)


def test_a_revoked_decision_is_not_confirmed(retention: Retention, ks: int) -> None:
    adopted(retention, ks)
    made = decided(retention, ks, asks_running=True)
    retention.revoke(EVA, made.seq, reason="Fel")
    with pytest.raises(RuleViolation, match="has an end"):
        retention.confirm_running(BO, made.seq)


# --- record classes, and what a scope takes -------------------------------------------------------


def messages(desk: CaptureDesk, count: int = 3) -> list[int]:
    return [
        desk.capture(f"Hej {n}", when=f"2026-11-{10 + n:02} 12:00", way=Way.DIRECT_MESSAGE).record
        for n in range(count)
    ]


def test_records_are_put_in_a_class_and_taken_out_again(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    records = messages(desk)
    with pytest.raises(ConfigError, match="no such record class"):
        retention.classify(BO, records, "SM15")
    adopted(retention, ks)
    assert retention.classify(BO, records[:2], "SM15", note="Beviljad begäran") == 2
    assert retention.classify(BO, records, "SM15") == 1
    assert retention.classify(BO, records, "SM15") == 0
    assert retention.classify(BO, records[:1], "SM01") == 1
    assert retention.classify(BO, records[:2], "SM15", taken_back=True) == 2
    assert retention.classify(BO, records[:2], "SM15", taken_back=True) == 0
    assert retention.classify(BO, records[1:2], "SM15") == 1
    expected = {records[0]: {"SM01"}, records[1]: {"SM15"}, records[2]: {"SM15"}}
    assert retention.classes_of(records) == expected
    rebuilt(desk)
    assert retention.classes_of(records) == expected


def test_many_records_take_several_events(
    desk: CaptureDesk, retention: Retention, ks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted(retention, ks)
    records = messages(desk)
    monkeypatch.setattr(retention_service, "_IN_AN_EVENT", 2)
    assert retention.classify(BO, records, "SM15") == 3
    assert set(retention.classes_of(records)) == set(records)


def test_only_records_that_one_may_dispose_of_are_classified(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    (record,) = messages(desk, 1)
    with pytest.raises(AccessRefused):
        retention.classify(viewer_of(9, [(Role.LAWYER, HOME)]), [record], "SM15")
    for viewer, records in (
        (viewer_of(9, [(Role.REGISTRAR, 77)]), [record]),
        (BO, [record, 99999]),
    ):
        with pytest.raises(NotFound):
            retention.classify(viewer, records, "SM15")
    with pytest.raises(ConfigError):
        retention.classify(BO, [], "SM15")
    other = desk.home.channels.add_authority("BUN", "Barn- och utbildningsnämnden")
    foreign = desk.capture("Hej", authority=other).record
    with pytest.raises(ConfigError, match="several authorities"):
        retention.classify(BO, [record, foreign], "SM15")


def test_a_records_classes_go_with_its_keys(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    kept, gone = messages(desk, 2)
    retention.classify(BO, [kept, gone], "SM15")
    ledger = desk.home.ledger
    with ledger.writer() as writer:
        rows = writer.connection.exec_driver_sql(
            f"SELECT key_cohort FROM entry WHERE seq = {gone}"
        ).scalar()
        assert isinstance(rows, int)
        writer.rewrap(rows, {gone: None})
    assert retention.classes_of([kept, gone]) == {kept: {"SM15"}}
    rebuilt(desk)
    assert retention.classes_of([kept, gone]) == {kept: {"SM15"}}


def test_the_scope_is_counted_before_anything_is_decided(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks, rules=(KEPT, replace(MINOR, code="SM05"), TIMED))
    records = messages(desk, 4)  # of 10 to 13 November
    sort = Triage(authority=ks, records=tuple(records[:3]), outcome=Outcome.KEPT_IN_ORDER)
    Register(desk.home.ledger).decide(LOCAL, sort)
    asked = a_decision(authority=ks, rules=frozenset({"SM05", "SM15"}))
    found = retention.scope_count(asked, TODAY)
    assert (found.total, found.by_code, found.kept) == (3, {"SM05": 3, "SM15": 0}, 0)
    retention.classify(BO, [records[0], records[3]], "SM15")
    retention.classify(BO, [records[1]], "SM01")
    found = retention.scope_count(asked, TODAY)
    assert (found.total, found.by_code, found.kept) == (3, {"SM05": 1, "SM15": 2}, 0)
    retention.classify(BO, [records[0]], "SM01")
    assert retention.scope_count(asked, TODAY).kept == 1

    def total(**changes: Any) -> int:
        return retention.scope_count(replace(asked, **changes), TODAY).total

    assert total(records_from=date(2026, 11, 11)) == 2
    assert total(records_until=date(2026, 11, 11)) == 1
    assert total(valid_from=date(2026, 11, 12)) == 2, "not back in time unless it says so"
    assert total(valid_from=date(2026, 11, 12), records_from=date(2026, 1, 1)) == 3
    assert total(channels=frozenset({10**6})) == 0
    assert total(rules=frozenset({"SM15"})) == 2
    assert retention.decisions(ks) == []


def test_the_count_is_what_the_rules_say_of_each_record(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    """The statement that counts, against the pure rules asked for each record."""
    schedule = proposal(date(2026, 1, 1), ks).schedule
    assert isinstance(retention.adopt(EVA, schedule), HeldSchedule)
    records = messages(desk, 6)
    letter = desk.capture("Brev", way=Way.IN_PERSON).record
    register = Register(desk.home.ledger)
    for outcome, some in ((Outcome.KEPT_IN_ORDER, records[:2]), (Outcome.MINOR, records[2:4])):
        register.decide(LOCAL, Triage(authority=ks, records=tuple(some), outcome=outcome))
    retention.classify(BO, [records[1], records[4], letter], "SM07")
    retention.classify(BO, [records[4]], "SM10")
    asked = a_decision(authority=ks, valid_from=date(2026, 11, 11))
    with desk.home.ledger.database.read() as connection:
        look = Look(connection, retention, TODAY)
        judged = look.judged(subjects(connection, [*records, letter]))
    since = day_begins(asked.valid_from)
    found = dict[str, int]()
    for code in schedule.codes():
        taken = [one for one in judged if code in one.verdict.codes]
        expected = [one for one in taken if one.subject.legal_at >= since]
        found[code] = retention.scope_count(replace(asked, rules=frozenset({code})), TODAY).total
        assert found[code] == len(expected), code
    assert {code for code, count in found.items() if count} == {"SM07", "SM10", "SM11"}


def test_facts_that_a_rule_may_ask_for_are_counted_by(
    desk: CaptureDesk, retention: Retention, ks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages(desk, 2)  # of 10 and 11 November
    asked = a_decision(authority=ks, rules=frozenset({"SM15"}))

    def total(**applies: Any) -> int:
        rule = replace(TIMED, applies=replace(TIMED.applies, explicit_only=False, **applies))
        schedule = a_schedule(rule, authority=ks)
        monkeypatch.setattr(retention, "schedule_in_force", lambda *_: schedule)
        return retention.scope_count(asked, TODAY).total

    assert total() == 2
    assert total(kinds=frozenset({"post"})) == 0
    assert total(origins=frozenset({"received"})) == 2
    assert total(origins=frozenset({"drawn_up"})) == 0
    assert total(outcomes=frozenset({"", "minor"})) == 2
    assert total(outcomes=frozenset({"minor"})) == 0
    assert total(moderated=False) == 2
    assert total(moderated=True) == 0
    assert total(class_codes=frozenset({"2.1"})) == 0
    assert total(since=date(2026, 11, 11)) == 1
    assert total(until=date(2026, 11, 10)) == 1


def test_levels_stand_in_the_tables_and_no_words_do(
    desk: CaptureDesk, retention: Retention, ks: int
) -> None:
    adopted(retention, ks)
    decided(retention, ks, level=DecisionLevel.COUNCIL, body="Kommunfullmäktige")
    text = repr(rows_of(desk.home.ledger.database))
    assert "council" in text
    for words in ("Kommunfullm", "KS 2026/41", "§ 117", "Informationshanteringsplan"):
        assert words not in text


def test_a_decision_says_every_condition_it_ticked(retention: Retention, ks: int) -> None:
    adopted(retention, ks)
    assert decided(retention, ks).conditions == frozenset(MinorCondition)

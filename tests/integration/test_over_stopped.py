"""What was stopped is not destroyed while a disposal hold covers it, however the hold names it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.db.apart import ApartState
from archiver.errors import HoldInForce
from archiver.ledger.apart import Apart
from archiver.registry.cases import Cases
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.service import Register
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.schedule import Applies, DecisionLevel, RetainPermanently, Rule, Schedule
from retention.holds.over_stopped import HoldsOverStopped
from retention.holds.service import Holds
from retention.schedule.service import Retention
from tests.integration.test_apart import record_of
from tests.integration.test_harvest import Town, town

ORDER = "Åklagarens beslut 2026-11-20, AM-1-26"


class Stopped:
    """A comment that was stopped, beside another thread; holds are placed over it and not."""

    def __init__(self, it: Town) -> None:
        self.ledger, self.channel = it.home.ledger, it.channel
        self.plans = Retention(self.ledger, it.clock)
        self.holds = Holds(self.ledger, self.plans)
        self.today = stockholm_date(it.clock.now())
        self._adopt()
        post = it.post("Ett inlägg")
        it.post("Ett annat inlägg")
        it.comment(post, "Den här stoppas strax av kommunen")
        it.harvest()
        self.record = record_of(it, "Den här stoppas")
        self.root, self.other = record_of(it, "Ett inlägg"), record_of(it, "Ett annat")
        self.apart = Apart(self.ledger, it.home.path, (), HoldsOverStopped(self.ledger))
        self.apart.set_contact(bytes(range(32)), contact="Alva Ekbacke")

    def _adopt(self) -> None:
        rule = Rule(
            code="B1",
            label="Brev",
            retention=RetainPermanently(),
            trigger=None,
            applies=Applies(origins=frozenset({"received"})),
        )
        schedule = Schedule(
            authority=self.channel.authority,
            name="Plan",
            version="1",
            effective_from=self.today,
            effective_until=None,
            required_levels=frozenset({DecisionLevel.AUTHORITY}),
            rules=(rule,),
        )
        assert not hasattr(self.plans.adopt(LOCAL, schedule), "problems")

    def hold(self, scope: HoldScope) -> int:
        return self.holds.place(
            LOCAL,
            HoldRequest(
                authority=self.channel.authority,
                kind=HoldKind.COURT,
                scope=scope,
                reason="Mål B 12-26",
                review_on=self.today + timedelta(days=30),
            ),
        )

    def held_by(self, seq: int) -> bool:
        """Whether a destruction is refused for that hold, both when it is shown and done."""
        try:
            self.apart.destructible(self.record)
        except HoldInForce as error:
            with pytest.raises(HoldInForce):
                self.apart.destroy(self.record, instruction=ORDER)
            return f"#{seq} (" in str(error) and "lift" in error.remedy
        return False


def test_a_hold_keeps_what_was_stopped(tmp_path: Path) -> None:
    """Placed before the stop or after it, by whatever it names; lifted, the record goes."""
    with town(tmp_path) as it:
        one = Stopped(it)
        _judged(one)


def _judged(one: Stopped) -> None:
    before = one.hold(HoldScope(records=frozenset({one.record})))
    thread = one.hold(HoldScope(threads=frozenset({one.root})))
    channel = one.hold(HoldScope(channels=frozenset({one.channel.seq}), since=date(2020, 1, 1)))
    classed = one.hold(HoldScope(classes=frozenset({"B1"})))
    elsewhere = [
        one.hold(HoldScope(records=frozenset({one.other}))),
        one.hold(HoldScope(threads=frozenset({one.other}))),
        one.hold(HoldScope(classes=frozenset({"B1"}), until=date(2020, 1, 1))),
    ]
    one.apart.stop(one.record, reason="Misstänkt brott")
    after = one.hold(HoldScope(records=frozenset({one.record, one.other})))
    for seq in (before, thread, channel, classed, after):
        assert one.held_by(seq), one.holds.one(LOCAL, seq)
        one.holds.lift(LOCAL, seq, reason="Avgjort")
    assert not one.held_by(0), elsewhere
    assert one.apart.destroy(one.record, instruction=ORDER).state is ApartState.DESTROYED


def test_an_open_case_keeps_what_was_stopped(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        one = Stopped(it)
        register = Register(one.ledger)
        register.set_series(LOCAL, one.channel.authority, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
        case = register.open_case(LOCAL, one.channel.authority, "Anmälan", class_code="1.9")
        letter = Registration(
            authority=one.channel.authority,
            direction=Direction.RECEIVED,
            day="2026-01-02",
            dated=Dated.STATED,
            title="En kommentar",
            class_code="1.9",
            case=case,
            records=(one.record,),
        )
        register.register(LOCAL, letter)
        one.apart.stop(one.record, reason="Misstänkt brott")
        assert one.held_by(case)
        Cases(one.ledger).close(LOCAL, case)
        assert not one.held_by(case)

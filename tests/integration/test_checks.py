"""The automatic checks of registration, order and protection, each PASS, FAIL and UNKNOWN over what
an archive really holds."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.db import tables as t
from archiver.governance.archive import Archive
from archiver.governance.checks import overf, reg, sekr, triage
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.check import Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.ledger.apart import Apart
from archiver.registry.core.entry import Dated, Direction, Marking, Registration
from archiver.registry.core.triage import Decision, Elsewhere, Handover, HandoverStep, Outcome
from archiver.registry.routes import Routes
from archiver.registry.service import Register
from retention.schedule.service import Retention
from tests.unit.registry.desk import CaptureDesk, make_desk

pytestmark = pytest.mark.usefixtures("each_database")

DAY = 86_400_000
REGISTRAR = viewer_of(22, [(Role.REGISTRAR, HOME)])


class Town:
    """A home in which a message came in, and what the checks find of its account."""

    def __init__(self, path: Path) -> None:
        self.desk: CaptureDesk = make_desk(path)
        self.home, self.clock = self.desk.home, self.desk.clock
        self.archive = Archive(self.home.ledger, Retention(self.home.ledger, self.clock))
        self.ks = self.desk.authority.seq
        self.apart = Apart(self.home.ledger, path)
        self.register = Register(self.home.ledger, self.apart)
        self.register.set_series(LOCAL, self.ks, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
        self.empty = self.home.add_channel("feed", "http://nyheter.test/flode", "127.0.0.1:1").seq
        self.record = self.message("När plogas Ängsgatan?")
        with self.home.ledger.database.read() as connection:
            query = select(t.record.c.channel).where(t.record.c.seq == self.record)
            self.channel: int = connection.execute(query).scalar_one()

    def message(self, text: str) -> int:
        return self.desk.capture(text).record

    def subject(self, *channels: int, phase: Phase = Phase.DRIFT) -> Subject:
        places = tuple((one, "feed") for one in channels or (self.channel,))
        now = self.clock.now()
        return Subject(authority=self.ks, places=places, goals=(), phase=phase, now=now)

    def run(self, module: ModuleType, *channels: int) -> Result:
        found: Result = module.check.run(self.subject(*channels), self.archive)
        assert found.check == module.check.id
        return found

    def finds(self, module: ModuleType, *channels: int) -> Found:
        return self.run(module, *channels).outcome

    def entry(self, *records: int, level: int = 2, marking: Marking | None = None) -> int:
        asked = Registration(
            authority=self.ks,
            direction=Direction.RECEIVED,
            day=stockholm_date(self.clock.now()).isoformat(),
            dated=Dated.STATED,
            title="Synpunkt",
            records=records,
            level=level,
            marking=marking,
        )
        return self.register.register(REGISTRAR, asked)

    def decide(self, record: int, outcome: Outcome, **more: object) -> int:
        said = Decision(authority=self.ks, records=(record,), outcome=outcome, **more)  # type: ignore[arg-type]
        return self.register.decide(REGISTRAR, said)

    def marking(self) -> Marking:
        return Marking(clause="OSL 21:7", day="2026-11-20", authority="Kommunstyrelsen")


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


# --- what must be registered ----------------------------------------------------------------------


def test_reg_what_is_kept_apart_gets_a_number_within_a_working_day(town: Town) -> None:
    assert town.finds(reg, town.empty) is Found.UNKNOWN
    assert town.finds(reg) is Found.PASS
    town.apart.protect(town.record, reason="Skyddad adress")
    assert (town.finds(reg), town.run(reg).data["waiting"]) == (Found.PASS, 1), "the same day"
    town.clock.advance(4 * DAY)
    late = town.run(reg)
    assert (late.outcome, late.data["waiting"]) == (Found.FAIL, 1)
    number = town.entry(town.record, level=4)
    assert town.finds(reg) is Found.PASS
    town.register.void(REGISTRAR, number, reason="Dubbelt")
    assert (town.finds(reg), town.run(reg).data["waiting"]) == (Found.PASS, 1), "voided today"
    town.clock.advance(4 * DAY)
    assert town.finds(reg) is Found.FAIL, "its only number is void"
    there = Elsewhere(system="W3D3", number="KS 2026/7", day="2026-11-20")
    town.decide(town.record, Outcome.ELSEWHERE, elsewhere=there)
    assert town.finds(reg) is Found.PASS


def test_reg_what_is_secret_is_never_merely_kept_in_order(town: Town) -> None:
    town.apart.protect(town.record, reason="Skyddad adress")
    town.decide(town.record, Outcome.KEPT_IN_ORDER)
    found = town.run(reg)
    assert (found.outcome, found.data["decided"]) == (Found.FAIL, 1)


def test_reg_a_registration_whose_number_was_voided_is_none(town: Town) -> None:
    town.register.void(REGISTRAR, town.entry(town.record), reason="Fel myndighet")
    town.clock.advance(4 * DAY)
    assert town.finds(reg) is Found.FAIL
    town.decide(town.record, Outcome.KEPT_IN_ORDER)
    assert town.finds(reg) is Found.PASS


def test_sekr_a_marking_is_whole_and_what_it_covers_is_apart(town: Town) -> None:
    assert town.finds(sekr) is Found.UNKNOWN
    entry = town.entry(town.record, level=4)
    bare = town.run(sekr)
    assert (bare.outcome, bare.data["unmarked"], bare.data["mixed"]) == (Found.FAIL, [entry], [])
    town.register.mark(REGISTRAR, entry, town.marking(), reason="Adress")
    assert town.finds(sekr) is Found.PASS
    town.apart.unprotect(town.record, reason="Ett misstag")
    mixed = town.run(sekr)
    assert (mixed.outcome, mixed.data["mixed"]) == (Found.FAIL, [town.record])
    town.register.mark(REGISTRAR, entry, None, reason="Prövad på nytt")
    assert town.finds(sekr) is Found.UNKNOWN
    town.register.void(REGISTRAR, town.entry(town.record, level=4), reason="Dubbelt")
    assert town.finds(sekr) is Found.UNKNOWN, "a voided entry marks nothing"


# --- where it goes --------------------------------------------------------------------------------


def test_overf_a_handover_has_its_receipt_and_its_answer_in_time(town: Town) -> None:
    assert town.finds(overf) is Found.UNKNOWN
    there = Elsewhere(system="W3D3", number="KS 2026/7", day="2026-11-20")
    town.decide(town.record, Outcome.ELSEWHERE, elsewhere=there)
    assert town.finds(overf) is Found.PASS
    record = town.message("Var anmäler man fel på belysningen?")
    to = Handover(to="Gatuenheten", way="säker e-post", due=town.clock.now() + 10 * DAY)
    handed = town.decide(record, Outcome.HANDED_OVER, handover=to)
    assert town.finds(overf) is Found.PASS
    town.clock.advance(4 * DAY)
    late = town.run(overf)
    assert (late.outcome, late.data["late"]) == (Found.FAIL, [handed]), "no receipt"
    town.register.note_handover(REGISTRAR, handed, HandoverStep.RECEIVED, "Mottaget")
    assert town.finds(overf) is Found.PASS
    town.clock.advance(7 * DAY)
    assert town.finds(overf) is Found.FAIL, "no answer"
    town.register.note_handover(REGISTRAR, handed, HandoverStep.ANSWERED, "Besvarat")
    assert town.finds(overf) is Found.PASS
    assert town.finds(overf, town.empty) is Found.UNKNOWN, "another account's"


def test_triage_every_route_leads_to_somebody_the_authority_named(town: Town) -> None:
    assert town.finds(triage) is Found.UNKNOWN
    routes = Routes(town.home.ledger)

    def name(*keys: str) -> None:
        said = "".join(f'[recipient.{key}]\naddress = "{key}@testkoping.example"\n' for key in keys)
        routes.set(LOCAL, town.ks, f'version = "ks-{len(keys)}"\n{said}'.encode())

    name("faults")
    lacking = town.run(triage)
    assert lacking.outcome is Found.FAIL
    assert "fault_report" not in str(lacking.data["unanswered"])
    assert "secrecy" in str(lacking.data["unanswered"])
    name(*routes.shipped.recipients)
    assert town.finds(triage) is Found.PASS

"""The automatic checks of registration, order and protection, each PASS, FAIL and UNKNOWN over what
an archive really holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from archiver.channels.change import Change
from archiver.core import canonical
from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.core.changes import State
from archiver.core.channel import ChannelState
from archiver.db import tables as t
from archiver.governance.archive import Archive
from archiver.governance.checks import borttaget, exit, ordnad, overf, reg, sekr, triage, utl
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.check import Result, Subject
from archiver.governance.core.checklist import Phase
from archiver.ledger.apart import Apart
from archiver.registry.core.entry import Dated, Direction, Marking, Registration
from archiver.registry.core.triage import Decision, Elsewhere, Handover, HandoverStep, Outcome
from archiver.registry.routes import Routes
from archiver.registry.service import Register
from archiver.search.indexer import Indexer
from archiver.search.reader import TantivySearch
from exports.core.mandate import Mandate, MandateKind
from exports.requests.mandates import Mandates
from retention.schedule.service import Retention
from tests.integration.test_harvest import town as site
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
        canonical.encode(found.data)  # it is frozen in the underlag
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


# --- what is kept in order ------------------------------------------------------------------------


def test_ordnad_a_sample_is_found_as_people_search(town: Town) -> None:
    index = town.home.path / "index"
    found = ordnad.check.run(town.subject(), town.archive)
    assert found.outcome is Found.UNKNOWN, "a process without an index"
    town.archive = town.archive._replace(search=TantivySearch(town.home.ledger, index))
    assert town.finds(ordnad, town.empty) is Found.UNKNOWN
    assert town.finds(ordnad) is Found.UNKNOWN, "nothing is indexed yet"
    hidden = town.message("Hemligheten bor på Lingonvägen")
    picture = town.message("…")  # no word of it can be asked for
    town.apart.protect(hidden, reason="Skyddad adress")
    with Indexer(town.home.ledger, index) as indexer:
        while indexer.catch_up():
            pass
    whole = town.run(ordnad)
    assert (whole.outcome, whole.data["population"]) == (Found.PASS, 2)
    assert whole.data["records"] == [town.record, picture]
    assert town.run(ordnad) == whole, "the same sample again"
    with Indexer(town.home.ledger, index) as indexer:
        indexer.purge([town.record])
    town.archive = town.archive._replace(search=TantivySearch(town.home.ledger, index))
    lost = town.run(ordnad)
    assert (lost.outcome, lost.data["lost"]) == (Found.FAIL, [town.record])


@given(
    day=st.dates().map(str),
    channel=st.integers(1, 10**6),
    population=st.integers(0, 10**7),
)
def test_ordnad_places_are_drawn_once_each_and_the_same_again(
    day: str, channel: int, population: int
) -> None:
    places = ordnad.drawn(day, channel, population)
    assert places == ordnad.drawn(day, channel, population)
    assert len(set(places)) == len(places) == min(population, ordnad.SIZE)
    assert all(0 <= one < population for one in places)


def test_borttaget_what_was_removed_is_held_and_was_missed_in_time(tmp_path: Path) -> None:
    """Comments that are really deleted on a site that is harvested over HTTP."""
    with site(tmp_path) as it:
        ledger, channel = it.home.ledger, it.channel
        archive = Archive(ledger, Retention(ledger, it.clock))

        def found(module: ModuleType = borttaget) -> Result:
            subject = Subject(
                authority=channel.authority,
                places=((channel.seq, channel.platform),),
                goals=(),
                phase=Phase.DRIFT,
                now=it.clock.now(),
            )
            result: Result = module.check.run(subject, archive)
            return result

        def gone(comment: int, pause: int) -> None:
            it.site.delete_comment(comment, at=it.at)
            for one in (pause, DAY, DAY, DAY):  # missed, until it is confirmed
                it.clock.advance(one)
                it.harvest()

        post = it.post()
        first, second = it.comment(post), it.comment(post)
        it.harvest()
        assert found().outcome is Found.UNKNOWN
        gone(first, 0)
        held = found()
        assert (held.outcome, held.data["records"]) == (Found.PASS, 1)
        with ledger.database.write() as connection:
            query = select(t.record.c.seq, t.entry.c.seq, t.entry.c.key_cohort)
            query = query.join(t.entry, t.entry.c.seq == t.record.c.latest)
            record, entry, cohort = connection.execute(
                query.where(t.record.c.state == State.GONE_CONFIRMED.value)
            ).one()
            held_key = update(t.entry).where(t.entry.c.seq == entry)
            connection.execute(held_key.values(key_cohort=None))
        lost = found()
        assert (lost.outcome, lost.data["lost"]) == (Found.FAIL, [record])
        with ledger.database.write() as connection:
            connection.execute(held_key.values(key_cohort=cohort))
        gone(second, 30 * DAY)
        late = found()
        assert late.outcome is Found.FAIL
        assert late.data["unseen"] not in ([], [record])
        assert found(exit).outcome is Found.UNKNOWN, "it is in use"
        it.home.channels.change(channel, Change(state=ChannelState.CLOSING))
        assert (found(exit).outcome, found(exit).data["waiting"]) == (Found.UNKNOWN, [channel.seq])
        it.harvest()
        assert (found(exit).outcome, found(exit).data["verified"]) == (Found.PASS, [channel.seq])


def test_exit_an_account_that_went_before_its_final_capture() -> None:
    found = exit.judge(exit.Closing(verified=(7,), waiting=(), gone=(9,)))
    assert (found.outcome, found.data["gone"]) == (Found.FAIL, [9])


# --- who answers ----------------------------------------------------------------------------------


def test_utl_somebody_holds_a_mandate_to_refuse_today(town: Town) -> None:
    assert town.finds(utl) is Found.UNKNOWN
    mandates = Mandates(town.home.ledger, town.clock, str)
    today = stockholm_date(town.clock.now())
    given = Mandate(
        authority=town.ks,
        user=31,
        kinds=frozenset({MandateKind.FEE}),
        provision="KS delegationsordning 3.2",
        decision="KS 2026-01-14 § 7",
        valid_from=today,
    )
    mandates.add(LOCAL, given)
    assert town.finds(utl) is Found.UNKNOWN, "for fees alone"
    mandates.add(LOCAL, replace(given, kinds=frozenset({MandateKind.REFUSAL}), valid_to=today))
    assert town.finds(utl) is Found.PASS
    town.clock.advance(DAY)
    assert town.finds(utl) is Found.FAIL, "it ended yesterday"

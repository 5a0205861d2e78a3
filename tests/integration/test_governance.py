"""Initiatives over a real archive: acts are kept, refused, rebuilt; checks read what is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archiver.channels.change import Change
from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.core.channel import ChannelState
from archiver.db import tables as t
from archiver.demo.rounds import CHANNELS, ROUNDS, new_sites
from archiver.demo.server import DemoServer
from archiver.errors import AccessRefused, ConfigError, DiarkivError, NotFound, SecondPersonNeeded
from archiver.governance import queries
from archiver.governance.archive import Archive, checks
from archiver.governance.checks import gallr, klass, skord, syfte
from archiver.governance.core import acts as a
from archiver.governance.core.answers import AnswerState
from archiver.governance.core.approval import Outcome, Scope, covering
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.check import Subject, results
from archiver.governance.core.checklist import GateClass, Phase, Reclassing
from archiver.governance.core.gate import GateState
from archiver.governance.core.lifecycle import GateNotPassed
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.registry.core.triage import Decision as Triage
from archiver.registry.core.triage import Outcome as Triaged
from archiver.registry.service import Register
from retention.core.schedule import Rule
from retention.schedule.reading import HeldSchedule
from retention.schedule.service import Retention
from tests.databases import rows_of
from tests.unit.governance.initiatives import DIGEST, GOAL, SMALL, a_decision, notes
from tests.unit.registry.desk import CaptureDesk, make_desk
from tests.unit.retention.plans import KEPT, TIMED, a_schedule
from tests.unit.retention.plans import a_decision as disposal_decision

pytestmark = pytest.mark.usefixtures("each_database")

EVA = viewer_of(17, [(Role.COMMUNICATOR, HOME)])
BO = viewer_of(18, [(Role.LAWYER, HOME)])
ARCHIVIST = viewer_of(21, [(Role.ARCHIVIST, HOME)])
REGISTRAR = viewer_of(22, [(Role.REGISTRAR, HOME)])
READER = viewer_of(19, [(Role.AUDITOR, HOME)])
DAY = 86_400_000


class Desk:
    """A home with an authority, and its initiatives under the small checklist."""

    def __init__(self, path: Path) -> None:
        self.captures: CaptureDesk = make_desk(path)
        home = self.captures.home
        self.retention = Retention(home.ledger, home.clock)
        self.archive = Archive(home.ledger, self.retention)
        self.ks = self.captures.authority.seq
        self.initiatives = Initiatives(self.archive, home.clock, lambda: SMALL, checks)
        self.today = stockholm_date(home.clock.now())

    def open(self, **more: object) -> int:
        fields: dict[str, object] = {
            "authority": self.ks,
            "title": "Kommunens sida",
            "platforms": ("facebook",),
            "day": self.today,
            **more,
        }
        return self.initiatives.open(EVA, a.Opened(**fields))  # type: ignore[arg-type]

    def page(self, platform: str = "feed") -> int:
        add = self.captures.home.add_channel
        return add(platform, "http://nyheter.test/flode", "127.0.0.1:1").seq

    def answer_all(self, seq: int) -> None:
        for row in ("1.1", "1.2"):
            said = a.Answered(row=row, state=AnswerState.MET, motivation="Beslutad rutin.")
            self.initiatives.take(EVA, seq, said)
            self.initiatives.take(BO, seq, a.Attested(row=row))

    def to_the_gate(self, seq: int) -> None:
        for step in range(1, 5):
            for said in [*([GOAL] if step == 1 else []), *notes(step)]:
                self.initiatives.take(EVA, seq, said)
            self.initiatives.take(EVA, seq, a.Completed(step=step))

    def channel_of(self, record: int) -> int:
        with self.captures.home.ledger.database.read() as connection:
            query = select(t.record.c.channel).where(t.record.c.seq == record)
            channel: int = connection.execute(query).scalar_one()
        return channel

    def decide(self, seq: int, digest: str = "", **more: object) -> None:
        fields = {
            "held_on": self.today,
            "valid_from": self.today,
            "scope": Scope(authority=self.ks),
        }
        said = a_decision(Outcome.APPROVED, digest, **{**fields, **more})
        self.initiatives.take(EVA, seq, said)

    def subject(
        self, *channels: int, phase: Phase = Phase.DRIFT, goals: tuple[a.Goal, ...] = ()
    ) -> Subject:
        places = tuple((channel, "feed") for channel in channels)
        now = self.captures.clock.now()
        return Subject(authority=self.ks, places=places, goals=goals, phase=phase, now=now)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_from_the_first_word_to_step_6_and_the_same_after_a_rebuild(desk: Desk) -> None:
    seq = desk.open()
    desk.to_the_gate(seq)
    desk.answer_all(seq)
    frozen = desk.initiatives.send(EVA, seq)
    desk.decide(seq, frozen.digest)
    one = desk.initiatives.take(EVA, seq, a.Completed(step=5))
    assert (one.standing.step, one.verdict.state) == (6, GateState.DECIDED)
    [row] = desk.initiatives.list(READER)
    assert (row.step, row.cycle, row.state) == (6, 1, "open")
    ledger = desk.captures.home.ledger
    before = rows_of(ledger.database)
    ledger.rebuild()
    assert rows_of(ledger.database) == before
    again, content = desk.initiatives.frozen(READER, seq)
    assert again == frozen
    assert content["remaining"] == []


def test_what_is_refused_leaves_the_log_as_it_was(desk: Desk) -> None:
    seq = desk.open()
    size = desk.captures.home.ledger.log.size
    with pytest.raises(GateNotPassed):
        desk.initiatives.send(EVA, seq)
    with pytest.raises(DiarkivError):
        desk.initiatives.take(EVA, seq, a.Completed(step=5))
    with pytest.raises(AccessRefused):
        desk.initiatives.take(READER, seq, GOAL)
    with pytest.raises(NotFound):
        desk.initiatives.get(viewer_of(20, [(Role.AUDITOR, desk.ks + 1)]), seq)
    with pytest.raises(ConfigError):
        desk.initiatives.take(EVA, seq, replace(GOAL, text="å" * 4_001))
    assert desk.captures.home.ledger.log.size == size


def test_whoever_is_at_the_machine_does_not_attest_what_was_recorded_there(desk: Desk) -> None:
    seq = desk.open()
    desk.initiatives.take(LOCAL, seq, a.Answered(row="1.1", state=AnswerState.MET, motivation="Ja"))
    with pytest.raises(SecondPersonNeeded):
        desk.initiatives.take(LOCAL, seq, a.Attested(row="1.1"))


def test_a_channel_of_another_platform_is_not_linked(desk: Desk) -> None:
    page, seq = desk.page(), desk.open()
    with pytest.raises(ConfigError, match="another platform"):
        desk.initiatives.take(EVA, seq, a.Linked(channel=page, platform="facebook"))
    with pytest.raises(ConfigError, match="another platform"):
        desk.open(channels=(page,))


def test_a_legacy_page_is_a_deviation_until_approved_and_the_query_says_by_what(desk: Desk) -> None:
    page = desk.page()
    seq = desk.open(platforms=("feed",), channels=(page,), live_since=date(2014, 5, 1))
    one = desk.initiatives.get(READER, seq)
    assert [each.sv for each in one.observed] == [
        f"C{page} är i drift sedan 2014-05-01 utan godkännande"
    ]
    assert desk.initiatives.covering(READER, channel=page) is None
    desk.decide(seq)  # without an underlag: a fact, that opens nothing
    one = desk.initiatives.get(READER, seq)
    assert "utan ett fullständigt besvarat underlag" in one.observed[0].sv
    assert one.verdict.state is GateState.NOT_READY
    found = desk.initiatives.covering(READER, channel=page)
    assert found is not None
    assert found.of == seq


def test_an_authority_decides_what_is_mandatory(desk: Desk) -> None:
    change = Reclassing(
        classes={"1.1": GateClass.CONDITIONAL}, decision="KS 2026-11-02 § 201", reason="Litet konto"
    )
    desk.initiatives.reclass(EVA, desk.ks, change)
    assert desk.initiatives.checklist(desk.ks).row("1.1").gate is GateClass.CONDITIONAL
    assert desk.initiatives.checklist(desk.ks + 1).row("1.1").gate is GateClass.MANDATORY
    with pytest.raises(DiarkivError, match=r"no row 8\.9"):
        desk.initiatives.reclass(
            EVA, desk.ks, replace(change, classes={"8.9": GateClass.MANDATORY})
        )


def test_what_comes_undone_after_approval_becomes_a_deviation_once(desk: Desk) -> None:
    page = desk.page()
    given = desk.initiatives
    desk.initiatives = Initiatives(desk.archive, desk.captures.clock, checklist, checks)
    seq = desk.open(platforms=("feed",), channels=(page,), live_since=date(2014, 5, 1))
    desk.decide(seq)
    one = desk.initiatives.control(EVA, seq)
    assert [(each.said.row, each.said.check) for each in one.standing.deviations] == [
        ("1.4", "A-SKORD")
    ]
    assert len(desk.initiatives.control(EVA, seq).standing.deviations) == 1
    assert one.standing.decision is not None
    assert given.get(EVA, seq).standing.deviations == one.standing.deviations


def test_evidence_is_what_the_underlag_was_sent_with(desk: Desk) -> None:
    seq = desk.open()
    desk.answer_all(seq)
    desk.initiatives.take(EVA, seq, a.Evidenced(row="1.1", name="r.pdf", sha256=DIGEST))
    desk.initiatives.take(BO, seq, a.Attested(row="1.1"))
    desk.initiatives.send(EVA, seq)
    desk.initiatives.check_evidence(READER, seq, row="1.1", name="r.pdf", sha256=DIGEST)
    with pytest.raises(DiarkivError, match=r"1\.1: r\.pdf is not the evidence"):
        desk.initiatives.check_evidence(READER, seq, row="1.1", name="r.pdf", sha256="cd" * 32)


# --- which approval, by the query and by the rule ------------------------------------------------


SCOPES = st.builds(
    lambda platforms, channels: (platforms, channels),
    st.frozensets(st.sampled_from(["feed", "facebook"]), max_size=2),
    st.frozensets(st.sampled_from([0, 1]), max_size=1),  # of the two channels
)
DAYS = st.integers(1, 28).map(lambda day: date(2026, 9, day))


@settings(max_examples=6, deadline=None)
@given(made=st.lists(st.tuples(SCOPES, DAYS, DAYS), max_size=4), on=DAYS)
def test_the_query_and_the_rule_name_the_same_approval(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[tuple[frozenset[str], frozenset[int]], date, date]],
    on: date,
) -> None:
    desk = Desk(tmp_path_factory.mktemp("home"))
    page, seq = desk.page(), desk.open()
    for (platforms, channels), first, last in made:
        scope = Scope(
            authority=desk.ks,
            platforms=platforms,
            channels=frozenset(page if one else page + 1 for one in channels),
        )
        days = {"valid_from": min(first, last), "valid_to": max(first, last)}
        desk.decide(seq, scope=scope, paragraph=f"§ {first}", **days)
    decisions = desk.initiatives.get(READER, seq).standing.decisions
    for platform, channel in (("feed", page), ("facebook", None), ("x", 99)):
        rule = covering(decisions, authority=desk.ks, platform=platform, channel=channel, day=on)
        with desk.captures.home.ledger.database.read() as connection:
            row = queries.covering(
                connection, authority=desk.ks, platform=platform, channel=channel, day=on
            )
        assert (rule is None) == (row is None)
        if rule and row:
            assert row.valid_from == queries.day_number(rule.approval.valid_from)


def test_an_annulled_approval_covers_nothing(desk: Desk) -> None:
    page = desk.page()
    seq = desk.open(platforms=("feed",), channels=(page,))
    desk.decide(seq)
    for said in (
        a.Appealed(case_number="1234-26"),
        a.Judged(upheld=False, final_on=desk.today),
    ):
        desk.initiatives.take(EVA, seq, said)
    assert desk.initiatives.covering(READER, channel=page) is None
    desk.decide(seq, paragraph="§ 300")
    assert desk.initiatives.covering(READER, channel=page) is not None
    ledger = desk.captures.home.ledger
    before = rows_of(ledger.database)
    ledger.rebuild()
    assert rows_of(ledger.database) == before


# --- the checks, each PASS, FAIL and UNKNOWN over what the archive holds --------------------------


def test_every_check_is_asked_for_by_a_row() -> None:
    first = {"A-SYFTE", "A-SKORD", "A-GALLR", "A-KLASS"}
    more = {"A-REG", "A-SEKR", "A-OVERF", "A-TRIAGE", "A-ORDNAD", "A-BORTTAGET"}
    more |= {"A-EXIT", "A-UTL", "A-MODLOGG", "A-BLOCK", "A-KONTO2", "A-PRIVAT", "A-BEHORIG"}
    more |= {"A-SOKSP", "A-INCID", "A-ALT", "A-VILLKOR", "A-ART30"}
    more |= {"A-INFO1", "A-INFO2", "A-INFO3", "A-HANVIS", "A-ALTKANAL"}
    more |= {"A-BEMANNING", "A-UPPSIKT", "A-LISTA", "A-LANK2", "A-COOKIE"}
    assert set(checks()) == first | more
    assert set(checks()) <= checklist().checks


def test_syfte(desk: Desk) -> None:
    page = desk.page()

    def found(*goals: a.Goal) -> Found:
        return syfte.check.run(desk.subject(page, goals=goals), desk.archive).outcome

    assert found() is Found.UNKNOWN
    assert found(replace(GOAL, platforms=("facebook",))) is Found.FAIL
    assert found(replace(GOAL, text="Bra")) is Found.FAIL
    assert found(GOAL) is Found.PASS


def test_gallr(desk: Desk) -> None:
    subject = desk.subject(desk.channel_of(desk.captures.capture("Hej!").record))

    def found() -> Found:
        return gallr.check.run(desk.subject(*subject.channels), desk.archive).outcome

    def adopt(*rules: Rule) -> None:
        """A new version from the next day, when it is."""
        desk.captures.clock.advance(DAY)
        today = stockholm_date(desk.captures.clock.now())
        schedule = a_schedule(*rules, authority=desk.ks, version=str(today), effective_from=today)
        made = desk.retention.adopt(ARCHIVIST, schedule)
        assert isinstance(made, HeldSchedule), made

    assert found() is Found.UNKNOWN
    everything = replace(KEPT, applies=replace(KEPT.applies, kinds=None))
    adopt(KEPT)
    assert found() is Found.FAIL, "a message falls under no rule"
    adopt(everything)
    assert found() is Found.PASS
    adopt(everything, TIMED)
    assert found() is Found.FAIL, "a rule disposes under no decision"
    rules = frozenset({TIMED.code})
    made = disposal_decision(authority=desk.ks, rules=rules, conditions=frozenset())
    desk.retention.decide(ARCHIVIST, made)
    assert found() is Found.PASS


def test_klass(desk: Desk) -> None:
    page = desk.page()
    assert klass.check.run(desk.subject(page), desk.archive).outcome is Found.UNKNOWN
    captured = desk.captures.capture("När plogas Ängsgatan?")
    channel = desk.channel_of(captured.record)
    assert klass.check.run(desk.subject(channel), desk.archive).outcome is Found.PASS
    desk.captures.clock.advance(7 * DAY)
    late = klass.check.run(desk.subject(channel), desk.archive)
    assert late.outcome is Found.FAIL
    assert late.data["waiting"] == 1
    kept = Triage(authority=desk.ks, records=(captured.record,), outcome=Triaged.KEPT_IN_ORDER)
    Register(desk.captures.home.ledger).decide(REGISTRAR, kept)
    assert klass.check.run(desk.subject(channel), desk.archive).outcome is Found.PASS


def test_skord(desk: Desk) -> None:
    """A feed that is really harvested over HTTP."""
    assert skord.check.run(desk.subject(), desk.archive).outcome is Found.UNKNOWN
    sites = new_sites()
    ROUNDS[0].apply(sites)
    one = next(each for each in CHANNELS if each.platform == "feed")
    with DemoServer(sites) as server:
        host, port = server.address
        home = desk.captures.home
        page = home.add_channel("feed", server.site_url(one.site) + one.path, f"{host}:{port}")
        before = skord.check.run(desk.subject(page.seq), desk.archive)
        assert (before.outcome, before.data["no_baseline"]) == (Found.FAIL, [page.seq])
        home.harvest(page)
    assert skord.check.run(desk.subject(page.seq), desk.archive).outcome is Found.PASS
    desk.captures.clock.advance(30 * DAY)
    late = skord.check.run(desk.subject(page.seq), desk.archive)
    assert (late.outcome, late.data["behind"]) == (Found.FAIL, [page.seq])
    home.channels.change(page, Change(state=ChannelState.PAUSED))
    paused = skord.check.run(desk.subject(page.seq), desk.archive)
    assert (paused.outcome, paused.data["inactive"]) == (Found.FAIL, [page.seq])
    early = results([skord.check], desk.subject(page.seq, phase=Phase.PLAN), desk.archive)
    assert early["A-SKORD"].outcome is Found.NOT_YET

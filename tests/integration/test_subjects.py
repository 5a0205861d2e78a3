"""Data subjects' requests over both databases: found, held, extracted, noted, unchanged."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from archiver.core.access import LOCAL, Role, Viewer, viewer_of
from archiver.core.alert import Kind
from archiver.core.event import EventType
from archiver.core.search import Searched
from archiver.db import tables as t
from archiver.errors import AccessRefused, ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.notify.alert import Facts
from exports.core.mandate import Mandate, MandateKind
from exports.requests.mandates import Mandates
from exports.requests.subject_mandates import SubjectMandates
from gdpr.core.asked import Asked, By, Supplied
from gdpr.core.erasure import Outcome, Part, Place
from gdpr.core.extract import Wishes
from gdpr.core.incident import Content, Risk
from gdpr.core.incident import Step as Phase
from gdpr.core.incident import Taken as Done
from gdpr.core.recognizer import Mode
from gdpr.core.subject_request import Answer, Identified, Light, Right, Standing, State, Step, Taken
from gdpr.detector import detector
from gdpr.incidents.service import Incidents
from gdpr.incidents.steps import Noticed
from gdpr.matters import ProtectionMatters
from gdpr.subjects.finding import Finder
from gdpr.subjects.service import Subjects
from retention.holds.service import Holds
from retention.schedule.service import Retention
from tests.build import FakeClock
from tests.databases import rows_of
from tests.homes import TestHome
from tests.integration.test_harvest import town
from tests.unit.registry.desk import make_desk
from tests.unit.web.served import FakeSearch

pytestmark = pytest.mark.usefixtures("each_database")
DAY = 86_400_000
CANARY = "Petra Zorkelby"
OTHER = "Sten Kvastmo"
KEPT = (
    Part(Place.PLATFORM, Outcome.HIDDEN, "Döljs på begäran."),
    Part(Place.REGISTER, Outcome.NOT_THERE, ""),
    Part(Place.ARCHIVE, Outcome.KEPT, "Bevaras enligt arkivlagen."),
)
REFUSED = {"reason": "Bevaras.", "mandate": "KS delegationsordning 4.2", "told": True}


@dataclass
class Office:
    """A home with a thread in which two persons write."""

    home: TestHome
    clock: FakeClock
    mine: int
    theirs: int
    noted: list[Searched] = field(default_factory=list)

    def note(self, searched: Searched) -> None:
        self.noted.append(searched)

    @property
    def authority(self) -> int:
        return self.home.channels.authorities()[0].seq

    @cached_property
    def holds(self) -> Holds:
        return Holds(self.home.ledger, Retention(self.home.ledger, self.clock))

    @cached_property
    def subjects(self) -> Subjects:
        return Subjects(self.home.ledger, self.holds, self.clock)

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self.home.ledger, self.holds, self.clock)

    @cached_property
    def finder(self) -> Finder:
        ledger = self.home.ledger
        return Finder(
            ledger,
            self.subjects,
            FakeSearch(ledger),
            self.home.channels.all,
            self.clock,
            lambda text: detector(2026).detect(text, Mode.LEAK_CHECK),
        )

    def viewer(self, role: Role, authority: int | None = None) -> Viewer:
        return viewer_of(17, [(role, authority or self.authority)])

    def asked(self, right: Right = Right.ACCESS, **changed: object) -> int:
        given = {
            "authority": self.authority,
            "right": right,
            "on": self.subjects.today(),
            "text": f"Jag heter {CANARY} och vill veta vad ni har.",
            "sender": CANARY,
            "supplied": (Supplied(By.NAME, CANARY),),
            **changed,
        }
        return self.subjects.receive(LOCAL, Asked(**given))  # type: ignore[arg-type]

    def step(self, seq: int, name: Step, **more: object) -> Standing:
        given = {"day": self.subjects.today(), "actor": 7, **more}
        return self.subjects.take(LOCAL, seq, Taken(step=name, **given))  # type: ignore[arg-type]

    def named(self, right: Right = Right.ACCESS, *records: int) -> int:
        """A request to where its records are named."""
        seq = self.asked(right)
        self.step(seq, Step.CONFIRM_IDENTITY, how=Identified.E_ID)
        self.step(seq, Step.COLLECT, records=records or (self.mine,))
        return seq

    def held(self) -> list[tuple[str, frozenset[int] | None]]:
        return [(one.hold.kind.value, one.hold.scope.records) for one in self.holds.list(LOCAL)]

    def stored(self) -> dict[str, bytes]:
        """The bytes of every pack and key file."""
        found = {}
        for folder in ("packs", "keys"):
            for path in sorted((self.home.path / folder).rglob("*")):
                if path.is_file():
                    found[path.name] = path.read_bytes()
        return found


@pytest.fixture
def office(tmp_path: Path) -> Office:
    desk = make_desk(tmp_path)
    mine = desk.capture(f"Bra, {OTHER} hade rätt. Ring 070-174 06 05", sender=CANARY).record
    theirs = desk.capture(f"Instämmer med {CANARY} helt.", sender=OTHER).record
    return Office(desk.home, desk.clock, mine, theirs)


def test_others_in_the_thread_are_masked_though_nothing_of_theirs_is_asked_for(
    tmp_path: Path,
) -> None:
    with town(tmp_path) as it:
        post = it.site.publish_post(at=it.at, title="Nytt torg", html="<p>Torget byggs om.</p>")
        mine = it.site.comment(post, at=it.at, name=CANARY, text="Precis som alfahonan 77 sa.")
        it.site.comment(post, at=it.at, name="Alfahonan 77", text="Nej.", parent=mine)
        it.harvest()
        with it.home.ledger.database.read() as connection:
            rows = connection.execute(select(t.record.c.seq, t.record.c.latest)).all()
        words = {it.home.ledger.open_one(row.latest).envelope.get("text"): row.seq for row in rows}
        (seq,) = (seq for text, seq in words.items() if "Precis" in str(text))
        office = Office(it.home, it.clock, seq, seq)
        _, made = office.finder.extract(LOCAL, office.named())
        assert made.rows[0]["text"] == "Precis som [maskat: annan] sa."
        assert made.rows[0]["author_name"] == CANARY


def test_found_by_what_was_supplied_and_the_search_is_noted(office: Office) -> None:
    seq = office.asked()
    found = office.finder.find(LOCAL, seq, office)
    assert found.by_author == (office.mine,)
    assert found.records == tuple(sorted({office.mine, *found.by_words}))
    (noted,) = office.noted
    assert (noted.query, noted.filters) == (CANARY, (("subject_request", str(seq)),))
    assert office.held() == []  # a search holds nothing
    silent = office.asked(supplied=())
    with pytest.raises(RuleViolation, match="Nothing was supplied"):
        office.finder.find(LOCAL, silent, office)
    unknown = office.asked(supplied=(Supplied(By.PLATFORM_ID, "999"),))
    assert office.finder.find(LOCAL, unknown, office).records == ()


def test_the_extract_holds_nothing_of_others(office: Office) -> None:
    seq = office.named(Right.ACCESS, office.mine, office.theirs)
    one, made = office.finder.extract(LOCAL, seq)
    text = json.dumps(made.data, ensure_ascii=False)
    assert CANARY in text
    assert OTHER not in text
    assert "Kvastmo" not in text
    assert "070-174" not in text
    assert [row["own"] for row in made.rows] == [True, False]
    assert one.standing.records == (office.mine, office.theirs)
    _, whole = office.finder.extract(LOCAL, seq, Wishes(show=("070-174 06 05",)))
    assert "070-174 06 05" in str(whole.rows)
    with pytest.raises(RuleViolation, match="No records"):
        office.finder.extract(LOCAL, office.asked())
    digest = sha256(text.encode()).hexdigest()
    done = office.step(seq, Step.ANSWER, answer=Answer.GRANTED, digest=digest)
    assert done.state is State.ANSWERED
    assert office.subjects.get(LOCAL, seq).steps[-1].digest == digest


def test_what_it_concerns_is_held_until_it_is_over(office: Office) -> None:
    seq = office.named()
    assert office.held() == [("access_request", frozenset({office.mine}))]
    office.step(seq, Step.ANSWER, answer=Answer.GRANTED)
    assert len(office.held()) == 1
    assert office.step(seq, Step.CLOSE).state is State.CLOSED
    assert office.held() == []
    office.step(seq, Step.REOPEN)
    assert len(office.held()) == 1
    office.step(seq, Step.ANSWER, answer=Answer.GRANTED)
    office.step(seq, Step.CLOSE)
    assert office.subjects.list(LOCAL) == []
    assert [row.seq for row in office.subjects.list(LOCAL, closed=True)] == [seq]


def test_a_restriction_holds_and_never_stops_public_access(office: Office) -> None:
    seq = office.named(Right.RESTRICTION)
    office.step(seq, Step.ANSWER, answer=Answer.GRANTED)
    assert office.held() == [("restriction", frozenset({office.mine}))]
    assert office.subjects.restricted([office.mine, office.theirs]) == {office.mine: seq}
    with office.home.ledger.database.read() as connection:
        latest = connection.scalar(select(t.record.c.latest).where(t.record.c.seq == office.mine))
    assert office.home.ledger.open_one(latest).envelope["author_name"] == CANARY
    with pytest.raises(RuleViolation, match="lift it first"):
        office.step(seq, Step.CLOSE)
    office.step(seq, Step.LIFT, reason="Uppgiften är riktig.", told=True)
    assert office.held() == []
    assert office.subjects.restricted([office.mine]) == {}
    assert office.step(seq, Step.CLOSE).state is State.CLOSED


def test_erasure_is_answered_in_parts_and_no_byte_of_the_archive_changes(office: Office) -> None:
    ledger = office.home.ledger
    with ledger.database.read() as connection:
        versions = list(connection.scalars(select(t.version.c.seq)))
    before, stored = (
        [(seq, frame, dek) for seq, frame, dek in ledger.sealed(versions)],
        office.stored(),
    )
    seq = office.named(Right.ERASURE)
    done = office.step(seq, Step.ANSWER, answer=Answer.PARTLY, split=KEPT, **REFUSED)
    assert done.state is State.REFUSED
    office.step(seq, Step.SERVE)
    assert list(ledger.sealed(versions)) == before
    now = office.stored()
    assert all(now[name].startswith(data) for name, data in stored.items())  # packs only grow
    last = office.subjects.get(LOCAL, seq).steps[-2]
    assert last.split == KEPT


def test_a_rectification_stands_beside_the_record(office: Office) -> None:
    seq = office.named(Right.RECTIFICATION)
    ledger = office.home.ledger
    before = [frame for _, frame, _ in ledger.sealed([office.mine])]
    with pytest.raises(RuleViolation, match="none of the records"):
        office.subjects.rectify(LOCAL, seq, record=office.theirs, text="Fel.")
    with pytest.raises(ConfigError, match="characters"):
        office.subjects.rectify(LOCAL, seq, record=office.mine, text=" ")
    with pytest.raises(ConfigError, match="with its words"):
        office.step(seq, Step.RECTIFY, records=(office.mine,))
    office.subjects.rectify(LOCAL, seq, record=office.mine, text="Torget, inte parken.")
    office.step(seq, Step.ANSWER, answer=Answer.GRANTED)
    (note,) = office.subjects.notes(LOCAL, [office.mine, office.theirs])[office.mine]
    assert (note.text, note.of) == ("Torget, inte parken.", seq)
    assert office.subjects.notes(office.viewer(Role.DPO, 999), [office.mine]) == {}
    assert [frame for _, frame, _ in ledger.sealed([office.mine])] == before
    _, made = office.finder.extract(LOCAL, office.named())
    assert made.rows[0]["rectifications"] == ["Torget, inte parken."]


def test_what_cannot_follow_changes_nothing(office: Office) -> None:
    seq = office.asked()
    before = office.home.ledger.log.size
    with pytest.raises(RuleViolation, match="cannot follow"):
        office.step(seq, Step.COLLECT, records=(office.mine,))
    with pytest.raises(RuleViolation, match="identified"):
        office.step(seq, Step.ANSWER, answer=Answer.GRANTED)
    with pytest.raises(ConfigError, match="has not come"):
        office.asked(on=office.subjects.today() + timedelta(days=1))
    with pytest.raises(ConfigError, match="personal number"):
        office.asked(sender="Petra 19850101-9802")
    with pytest.raises(ConfigError, match="what is asked for"):
        office.asked(text="  ")
    assert office.home.ledger.log.size == before
    office.step(seq, Step.CONFIRM_IDENTITY, how=Identified.KNOWN_ACCOUNT)
    with pytest.raises(NotFound):
        office.step(seq, Step.COLLECT, records=(999_999,))
    with pytest.raises(ConfigError, match="at most"):
        office.step(seq, Step.EXTEND, reason="x" * 5_000, told=True)
    assert office.held() == []


def test_a_refusal_without_the_mandate_is_none(office: Office) -> None:
    class Nobody:
        def fault(
            self, connection: Connection, authority: int, taken: Taken, signed: date | None
        ) -> str:
            return f"Delegation {taken.mandate} does not name you."

    strict = Subjects(office.home.ledger, office.holds, office.clock, Nobody())
    seq = office.named()
    refusal = Taken(step=Step.ANSWER, day=strict.today(), actor=7, answer=Answer.REFUSED, **REFUSED)  # type: ignore[arg-type]
    with pytest.raises(RuleViolation, match="does not name you"):
        strict.take(LOCAL, seq, refusal)
    assert office.subjects.take(LOCAL, seq, refusal).state is State.REFUSED


def test_a_mandate_that_ends_meanwhile_decides_nothing(office: Office) -> None:
    ledger, day = office.home.ledger, office.subjects.today()
    held = Mandates(ledger, office.clock, str)
    mandate = Mandate(
        authority=office.authority,
        user=17,
        kinds=frozenset(MandateKind),
        provision=REFUSED["mandate"],  # type: ignore[arg-type]
        decision="KS 2026-01-14 § 7",
        valid_from=day - timedelta(days=9),
    )
    number = held.add(LOCAL, mandate)
    strict = Subjects(ledger, office.holds, office.clock, SubjectMandates(ledger))
    seq, lawyer = office.named(), office.viewer(Role.LAWYER)
    refusal = Taken(step=Step.ANSWER, day=day, actor=17, answer=Answer.REFUSED, **REFUSED)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patched:
        whole = Ledger.writer

        def late(itself: Ledger, **more: bool) -> AbstractContextManager[Writer]:
            patched.undo()  # just before the decision's own turn, somebody else has theirs
            held.end(LOCAL, number, last=day - timedelta(days=1), reason="Slutat")
            return whole(itself, **more)

        patched.setattr(Ledger, "writer", late)
        with pytest.raises(RuleViolation, match="not in force"):
            strict.take(lawyer, seq, refusal)
    assert strict.get(LOCAL, seq).standing.answer is None


def test_a_crash_leaves_a_rectification_whole_or_not_at_all(office: Office) -> None:
    seq = office.named(Right.RECTIFICATION)
    before, whole = office.home.ledger.log.size, Writer.append

    def note() -> None:
        office.subjects.rectify(LOCAL, seq, record=office.mine, text="Torget, inte parken.")

    for struck in (EventType.RECTIFICATION_NOTED, EventType.SUBJECT_REQUEST_STEP):

        def cut(itself: Writer, type_: str, *given: Any, at: str = struck, **more: Any) -> int:
            number = whole(itself, type_, *given, **more)
            if type_ == at:
                raise KeyboardInterrupt
            return number

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Writer, "append", cut)
            with pytest.raises(KeyboardInterrupt):
                note()
        assert office.subjects.notes(LOCAL, [office.mine]) == {}
        assert office.home.ledger.log.size == before
    note()
    assert len(office.subjects.notes(LOCAL, [office.mine])[office.mine]) == 1
    assert office.subjects.get(LOCAL, seq).standing.rectified == 1


def test_a_crash_holds_too_long_and_never_too_little(office: Office) -> None:
    seq = office.named()
    office.step(seq, Step.ANSWER, answer=Answer.GRANTED)

    def cut(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Holds, "release", cut)
        with pytest.raises(KeyboardInterrupt):
            office.step(seq, Step.CLOSE)
    assert len(office.held()) == 1
    assert office.subjects.settle() == 1
    assert (office.held(), office.subjects.settle()) == ([], 0)


def test_the_clock_of_the_list_is_the_one_of_the_request(office: Office) -> None:
    seq = office.asked()
    office.step(seq, Step.EXTEND, reason="Många handlingar.", told=True)
    (row,) = office.subjects.list(LOCAL)
    one = office.subjects.get(LOCAL, seq)
    assert row.standing.due == one.standing.due
    office.clock.advance(200 * DAY)
    assert one.light(office.subjects.today()) is Light.RED


def test_others_neither_see_it_nor_act_on_it(office: Office) -> None:
    seq = office.asked()
    elsewhere, registrar = office.viewer(Role.DPO, 999), office.viewer(Role.REGISTRAR)
    for viewer in (elsewhere, registrar):
        with pytest.raises(NotFound):
            office.subjects.get(viewer, seq)
        assert office.subjects.list(viewer) == []
        with pytest.raises(AccessRefused):
            office.subjects.receive(viewer, office.subjects.get(LOCAL, seq).asked)
    assert office.subjects.get(office.viewer(Role.DPO), seq).standing.state is State.RECEIVED


def test_a_breach_is_recorded_held_and_closed(office: Office) -> None:
    now = office.incidents.now()
    noticed = Noticed(
        authority=office.authority,
        known_at=now,
        text=f"Fel mottagare fick {CANARY}s svar.",
        records=(office.mine,),
    )
    seq = office.incidents.record(LOCAL, noticed)
    assert office.held() == [("incident", frozenset({office.mine}))]
    (row,) = office.incidents.list(LOCAL)
    assert (row.standing.hours_left(now), row.risk) == (72, None)
    office.incidents.take(
        LOCAL, seq, Done(step=Phase.ASSESS, at=now, actor=7, risk=Risk.RISK, reason="Namn.")
    )
    whole = Content(
        nature="Fel mottagare", subject_categories="En", subjects=1, record_categories="Svar",
        records=1, contact="DSO", consequences="Obehag", measures="Återkallat",
    )  # fmt: skip
    office.incidents.take(LOCAL, seq, Done(step=Phase.NOTIFY, at=now, actor=7, content=whole))
    assert not office.incidents.list(LOCAL)[0].standing.clock_runs
    assert office.incidents.take(LOCAL, seq, Done(step=Phase.CLOSE, at=now, actor=7)).closed
    assert (office.held(), office.incidents.list(LOCAL)) == ([], [])
    assert office.incidents.get(LOCAL, seq).content == whole
    office.incidents.take(LOCAL, seq, Done(step=Phase.REOPEN, at=now, actor=7))
    assert len(office.held()) == 1
    before = office.home.ledger.log.size
    with pytest.raises(NotFound):
        office.incidents.record(
            LOCAL, Noticed(authority=office.authority, known_at=now, text="X", records=(9,))
        )
    with pytest.raises(NotFound):
        office.incidents.get(office.viewer(Role.REGISTRAR), seq)
    assert office.home.ledger.log.size == before
    assert office.incidents.settle() == 0


def test_a_breach_whose_hold_a_crash_cut_off_is_held_later(office: Office) -> None:
    def cut(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    noticed = Noticed(
        authority=office.authority,
        known_at=office.incidents.now(),
        text="Fel mottagare",
        records=(office.mine,),
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Holds, "place_for", cut)
        with pytest.raises(KeyboardInterrupt):
            office.incidents.record(LOCAL, noticed)
    assert office.held() == []
    assert office.incidents.settle() == 0
    assert office.held() == [("incident", frozenset({office.mine}))]
    before = office.home.ledger.log.size
    office.incidents.settle()
    assert office.home.ledger.log.size == before


def test_the_log_has_it_all_and_the_tables_no_word_of_it(office: Office) -> None:
    with capture_logs() as logged:
        seq = office.named(Right.RECTIFICATION)
        office.finder.find(LOCAL, seq, office)
    assert CANARY not in str(logged)
    office.subjects.rectify(LOCAL, seq, record=office.mine, text=f"{CANARY} avsåg torget.")
    office.step(seq, Step.ANSWER, answer=Answer.GRANTED)
    office.incidents.record(
        LOCAL, Noticed(authority=office.authority, known_at=office.incidents.now(), text=CANARY)
    )
    late = office.asked()
    office.clock.advance(40 * DAY)
    matters = ProtectionMatters(office.home.ledger, lambda: {office.authority: "KS"})
    told = matters.added_to(Facts(), office.incidents.now()).matters
    assert [(one.kind, one.item, one.code) for one in told][1:] == [
        (Kind.SUBJECT_REQUEST, late, "KS")
    ]
    assert CANARY not in str(told)
    database = office.home.ledger.database
    before = rows_of(database)
    assert CANARY not in str(before)
    for path in office.home.path.rglob("*"):
        assert "zorkelby" not in path.name.casefold()
        if path.is_file() and "db" not in path.parts:
            assert CANARY.encode() not in path.read_bytes(), path
    office.home.ledger.rebuild()
    assert rows_of(database) == before
    assert office.subjects.get(LOCAL, seq).standing.state is State.ANSWERED

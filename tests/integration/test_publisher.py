"""The web diarium's database follows the log: off by default, nothing in it that was not allowed,
and what was taken away is not in the file any more. Over both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.core.access import HOME, LOCAL, Permission, Role, Viewer, viewer_of
from archiver.core.calendar import stockholm_date
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.ledger.apart import Apart
from archiver.ledger.service import Ledger
from archiver.registry import publisher as module
from archiver.registry import publishing
from archiver.registry.core.entry import Dated, Direction, Marking, Registration, Secret
from archiver.registry.core.publication import Field, Ruling, Setting, Withheld
from archiver.registry.publisher import Publisher, keep_publishing
from archiver.registry.publishing import WebDiary
from archiver.registry.service import Register
from archiver.webdiary.app import create
from archiver.webdiary.database import Book, read, write
from gdpr.core.asked import Asked
from gdpr.core.subject_request import Answer, Identified, Right, Step, Taken
from gdpr.subjects.service import Subjects
from retention.holds.service import Holds
from retention.schedule.service import Retention
from tests.build import DAY
from tests.integration.test_harvest import Town, town

pytestmark = pytest.mark.usefixtures("each_database")

TITLE = "Synpunkt på snöröjningen"


@dataclass
class Office:
    """A home with a channel, its register, and its web diarium."""

    town: Town
    register: Register
    web: WebDiary
    publisher: Publisher
    path: Path
    ks: int

    @property
    def today(self) -> str:
        return stockholm_date(self.town.clock.now()).isoformat()

    def enter(self, title: str = TITLE, **more: Any) -> int:
        asked = Registration(
            authority=self.ks,
            direction=Direction.RECEIVED,
            day=self.today,
            dated=Dated.STATED,
            title=title,
            record_class="Synpunkt",
        )
        return self.register.register(LOCAL, replace(asked, **more))

    def decide(self, **more: Any) -> None:
        setting = Setting(
            authority=self.ks,
            on=True,
            ruling=Ruling(number="KS 2026/12", day=self.today, body="Kommunstyrelsen"),
            fields=frozenset(Field),
            record_classes=frozenset({"Synpunkt"}),
            directions=frozenset({Direction.RECEIVED}),
            days=30,
            takes_down="Bosse Granlund",
            contact="registrator@testkoping.example",
            description="Kommunstyrelsen har handlingar om kommunens ledning.",
        )
        self.web.set(LOCAL, replace(setting, **more))

    def book(self) -> Book:
        """What is shown after a look, which is what a database made from scratch would hold."""
        self.publisher.tick()
        found = read(self.path)
        assert found is not None
        scratch = self.path.with_name("scratch.sqlite")
        Publisher(self.town.home.ledger, scratch, self.town.clock).tick(anew=True)
        made = read(scratch)
        scratch.unlink()
        assert made is not None
        assert (found.offices, found.rows) == (made.offices, made.rows)
        return found

    def shown(self) -> dict[int, str]:
        return {row.id: row.title for row in self.book().rows}

    def bytes(self) -> bytes:
        """Every byte of whatever lies where the database does."""
        return b"".join(one.read_bytes() for one in self.path.parent.iterdir() if one.is_file())

    def record(self, kind: str = "comment") -> int:
        with self.town.home.ledger.database.read() as connection:
            query = select(t.record.c.seq).where(t.record.c.kind == kind)
            return int(connection.scalars(query.order_by(t.record.c.seq.desc())).first() or 0)


@contextmanager
def office(tmp_path: Path) -> Iterator[Office]:
    with town(tmp_path / "home") as it:
        ledger = it.home.ledger
        register = Register(ledger)
        ks = it.home.channels.authority("KS").seq
        register.set_series(LOCAL, ks, "KS", "{ORG} {ÅÅÅÅ}/{LÖP}")
        path = tmp_path / "web" / "web.sqlite"
        publisher = Publisher(ledger, path, it.clock)
        yield Office(it, register, WebDiary(ledger), publisher, path, ks)


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as one:
        yield one


def test_it_is_off_until_it_is_decided(it: Office) -> None:
    it.enter()
    assert it.publisher.tick().shown == 0
    assert not it.path.exists()
    it.decide(on=False)
    assert it.shown() == {}
    it.decide()
    assert list(it.shown().values()) == [TITLE]
    it.decide(on=False)
    assert it.shown() == {}
    assert TITLE.encode() not in it.bytes()


@pytest.mark.parametrize(
    "lack",
    [
        {"ruling": None},
        {"fields": frozenset({Field.TITLE})},
        {"record_classes": frozenset()},
        {"directions": frozenset()},
        {"days": 0},
        {"takes_down": ""},
        {"contact": " "},
        {"description": ""},
        {"ruling": Ruling(number="1", day="2030-01-01", body="KS")},
        {"record_classes": frozenset({"Synpunkt från 070-174 06 35"})},
        {"description": "x" * 901},
        {"days": 4000},
    ],
)
def test_a_decision_that_lacks_something_is_none(it: Office, lack: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        it.decide(**lack)
    assert it.web.setting(LOCAL, it.ks) == Setting(authority=it.ks)


def test_whoever_may_not_publish_cannot(it: Office) -> None:
    entry = it.enter()
    reader = Viewer(5, {HOME: frozenset({Permission.READ, Permission.REGISTER})})
    with pytest.raises(AccessRefused):
        it.web.set(reader, Setting(authority=it.ks))
    with pytest.raises(AccessRefused):
        it.web.setting(reader, it.ks)
    other = it.town.home.channels.add_authority("BUN", "Barn- och utbildningsnämnden").seq
    for one in (reader, viewer_of(6, [(Role.REGISTRAR, other)])):
        with pytest.raises(NotFound):
            it.web.withhold(one, entry, reason="Inte min")
    assert it.web.withhold(viewer_of(7, [(Role.REGISTRAR, it.ks)]), entry, reason="Namn") > entry


def test_everything_that_happens_to_an_entry_takes_it_away(it: Office) -> None:
    it.decide()
    marking = Marking(clause="OSL 26:1", day="2026-11-17", authority="KS")
    acts: dict[str, Callable[[int], object]] = {
        "corrected": lambda one: it.register.correct(
            LOCAL, one, "title", "Synpunkt på plogning", reason="Fel gata"
        ),
        "concealed": lambda one: it.register.correct(
            LOCAL, one, "title", "En synpunkt", reason="Namn", conceals=True
        ),
        "voided": lambda one: it.register.void(LOCAL, one, reason="Dubbel"),
        "marked": lambda one: it.register.mark(LOCAL, one, marking, reason="Kanske"),
        "down": lambda one: it.web.withhold(LOCAL, one, reason="Begärt"),
        "class": lambda one: it.register.correct(
            LOCAL, one, "record_class", "Orosanmälan", reason="Fel typ"
        ),
        "day": lambda one: it.register.correct(LOCAL, one, "day", "2020-01-01", reason="Fel dag"),
        "apart": lambda one: it.register.correct(
            LOCAL, one, "sender", "Alva Ekbacke", reason="Känslig", secret=True
        ),
    }
    titles = {name: f"Snöröjning kanariefågel{name}" for name in acts}
    entries = {name: it.enter(title) for name, title in titles.items()}
    stays = it.enter()
    assert len(it.shown()) == len(acts) + 1
    for name, act in acts.items():
        act(entries[name])
        shown = it.shown()
        assert titles[name] not in shown.values(), name
        assert f"kanariefågel{name}".encode() not in it.bytes(), name
    assert it.shown().keys() == {stays, entries["corrected"], entries["concealed"]}
    it.register.mark(LOCAL, entries["marked"], None, reason="Ingen sekretess")
    it.web.withhold(LOCAL, entries["down"], reason="Prövad", lifted=True)
    assert {entries["marked"], entries["down"]} <= it.shown().keys()


def test_what_belongs_to_a_voided_case_is_gone(it: Office) -> None:
    it.decide()
    case = it.register.open_case(LOCAL, it.ks, "Snöröjning")
    entry = it.enter(case=case)
    (row,) = it.book().rows
    assert (row.id, row.case_number) == (entry, "KS 2026/1")
    it.register.void(LOCAL, case, reason="Dubbel")
    assert it.shown() == {}


def test_what_is_hidden_or_gone_is_not_shown(it: Office) -> None:
    it.decide()
    post = it.town.post()
    comment = it.town.comment(post, "Kan ni ploga?")
    it.town.harvest()
    entry = it.enter("Fråga om plogning", records=(it.record(),))
    assert it.shown() == {entry: "Fråga om plogning"}
    it.town.site.set_comment_status(comment, "hold", at=it.town.at)
    it.town.harvest()
    assert it.shown() == {}
    it.town.site.set_comment_status(comment, "approve", at=it.town.at)
    it.town.harvest()
    assert it.shown() == {entry: "Fråga om plogning"}
    it.town.site.delete_comment(comment, at=it.town.at)
    it.town.harvest()
    it.town.harvest()
    assert it.shown() == {}
    assert b"Fr\xc3\xa5ga" not in it.bytes()
    assert it.publisher.reason(LOCAL, entry) is Withheld.UNSEEN


@pytest.mark.parametrize("act", ["protect"])
def test_what_is_kept_apart_takes_its_entry_away(it: Office, act: str) -> None:
    it.decide()
    it.town.comment(it.town.post(), "Kan ni ploga?")
    it.town.harvest()
    record = it.record()
    entry = it.enter("Fråga om plogning", records=(record,))
    assert it.shown() == {entry: "Fråga om plogning"}
    apart = Apart(it.town.home.ledger, it.town.home.path)
    getattr(apart, act)(record, reason="Känsligt")
    assert it.shown() == {}
    if act == "protect":
        apart.unprotect(record, reason="Prövad")
        assert it.shown() == {entry: "Fråga om plogning"}


def test_what_is_restricted_takes_its_entry_away_until_it_is_lifted(it: Office) -> None:
    it.decide()
    it.town.comment(it.town.post(), "Kan ni ploga?")
    it.town.harvest()
    record = it.record()
    entry, stays = it.enter("Fråga om plogning", records=(record,)), it.enter("En annan fråga")
    assert it.shown().keys() == {entry, stays}
    ledger = it.town.home.ledger
    holds = Holds(ledger, Retention(ledger, it.town.clock))
    subjects = Subjects(ledger, holds, it.town.clock)
    day = subjects.today()
    asked = Asked(authority=it.ks, right=Right.RESTRICTION, on=day, text="Det stämmer inte.")
    seq = subjects.receive(LOCAL, asked)
    known = Taken(step=Step.CONFIRM_IDENTITY, day=day, actor=7, how=Identified.E_ID)
    subjects.take(LOCAL, seq, known)
    assert it.shown().keys() == {entry, stays}
    subjects.take(LOCAL, seq, Taken(step=Step.COLLECT, day=day, actor=7, records=(record,)))
    assert it.shown().keys() == {stays}
    assert b"plogning" not in it.bytes()
    assert it.publisher.reason(LOCAL, entry) is Withheld.RESTRICTED
    subjects.take(LOCAL, seq, Taken(step=Step.ANSWER, day=day, actor=7, answer=Answer.GRANTED))
    assert it.shown().keys() == {stays}
    told = {"told": True, "reason": "Uppgiften är riktig."}
    subjects.take(LOCAL, seq, Taken(step=Step.LIFT, day=day, actor=7, **told))  # type: ignore[arg-type]
    assert it.shown().keys() == {entry, stays}


def test_a_title_that_quotes_or_names_whoever_wrote_is_not_shown(it: Office) -> None:
    it.decide()
    comment = it.town.comment(it.town.post(), "Min dotter blev utan skjuts i går kväll igen")
    it.town.harvest()
    records = (it.record(),)
    quoting = it.enter("Klagomål: blev utan skjuts i går kväll", records=records)
    naming = it.enter("Synpunkt från Bo Ek", records=records)
    fit = it.enter("Synpunkt på skolskjuts", records=records)
    assert it.shown() == {fit: "Synpunkt på skolskjuts"}
    for one in (quoting, naming):
        assert it.publisher.reason(LOCAL, one) is Withheld.TITLE
    # An earlier wording counts as well, and a later one takes away what was shown.
    it.town.site.edit_comment(comment, at=it.town.at, text="Det gäller synpunkt på skolskjuts")
    it.town.harvest()
    assert it.shown() == {fit: "Synpunkt på skolskjuts"}  # three words are no quotation
    it.town.site.edit_comment(comment, at=it.town.at, text="Synpunkt på skolskjuts")
    it.town.harvest()
    assert it.shown() == {}


def test_a_day_takes_away_what_is_too_old(it: Office) -> None:
    it.decide(days=2)
    it.enter()
    for shown in (1, 1, 1, 0):
        assert len(it.shown()) == shown
        it.town.clock.advance(DAY)
    assert TITLE.encode() not in it.bytes()


def test_nothing_is_written_when_nothing_changes(it: Office) -> None:
    it.decide()
    it.enter()
    assert it.publisher.tick().written
    before = it.path.stat().st_ino
    it.town.post()
    it.town.harvest()
    assert not it.publisher.tick().written
    assert not Publisher(it.town.home.ledger, it.path, it.town.clock).tick().written
    assert it.path.stat().st_ino == before


def test_a_lost_or_damaged_database_is_made_anew(it: Office) -> None:
    it.decide()
    it.enter()
    book = it.book()
    it.path.unlink()
    assert it.book() == book
    it.path.write_bytes(b"no database")
    assert it.book() == book
    write(it.path, replace(book, rows=()))
    assert it.publisher.tick(anew=True).shown == 1
    other = replace(book, position=replace(book.position, origin="diarkiv/another/1"), rows=())
    write(it.path, other)
    assert Publisher(it.town.home.ledger, it.path, it.town.clock).tick().shown == 1


def test_an_event_nobody_knows_makes_everything_be_judged_anew(
    it: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.decide()
    it.enter()
    it.publisher.tick()
    monkeypatch.setattr(module, "_HARMLESS", module._HARMLESS - {"case_opened"})
    asked: list[int] = []
    within = publishing.within

    def noted(*given: Any) -> list[int]:
        asked.append(1)
        return within(*given)

    monkeypatch.setattr(publishing, "within", noted)
    it.enter()
    it.publisher.tick()
    assert not asked
    it.register.open_case(LOCAL, it.ks, "Snöröjning")
    it.publisher.tick()
    assert asked


def test_every_type_of_event_was_thought_of() -> None:
    """One that is in no set is safe, and costs a look at everything each time it comes."""
    sets = (module._FOLLOWED, module._HARMLESS, module._SWEEPING)
    assert frozenset(EventType) == frozenset().union(*sets)
    assert sum(map(len, sets)) == len(EventType)


def test_what_cannot_be_opened_is_not_shown(it: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a key was destroyed: the entry, or the words of its record."""
    it.decide()
    it.town.comment(it.town.post(), "Kan ni ploga?")
    it.town.harvest()
    with_record = it.enter("Fråga om plogning", records=(it.record(),))
    lost, stays = it.enter("Försvunnen"), it.enter()
    assert len(it.shown()) == 3
    opening = Ledger.open
    with it.town.home.ledger.database.read() as connection:
        gone = {lost, *publishing.versions(connection, [it.record()])}

    def refusing(self: Ledger, seqs: Any, **how: Any) -> Any:
        if gone & set(seqs):
            raise NotFound("The key was destroyed.")
        return opening(self, seqs, **how)

    monkeypatch.setattr(Ledger, "open", refusing)
    assert it.publisher.tick(anew=True).shown == 1
    found = read(it.path)
    assert found is not None
    assert [row.id for row in found.rows] == [stays]
    assert it.publisher.reason(LOCAL, with_record) is Withheld.UNSEEN
    assert it.publisher.reason(LOCAL, lost) is Withheld.UNSEEN


def test_the_worker_takes_away_within_a_minute(it: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop as the worker runs it. Its pause is shorter here; in use it must leave time."""
    assert module.EVERY <= 30
    monkeypatch.setattr(module, "EVERY", 0.05)
    it.decide()
    entry = it.enter()
    stop, looked = threading.Event(), threading.Condition()

    def tick() -> None:
        with looked:
            it.publisher.tick()
            looked.notify_all()
            if stop.is_set():
                raise RuntimeError("a fault ends nothing")

    thread = threading.Thread(target=keep_publishing, args=(tick, stop.wait))
    thread.start()
    try:
        with looked:
            assert looked.wait_for(lambda: TITLE.encode() in it.bytes(), 30)
            it.web.withhold(LOCAL, entry, reason="Begärt")
            assert looked.wait_for(lambda: TITLE.encode() not in it.bytes(), 30)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


# --- canaries --------------------------------------------------------------------------------


CANARIES = ("kanarieröd", "Kanarina Kanarieson", "19121212-1212", "121212+1212", "070-174 06 35")


def test_no_canary_reaches_the_database_or_a_page(it: Office) -> None:
    """Personal numbers, names and secret words in every field that an entry has."""
    it.decide(bare=True)
    comment = it.town.comment(it.town.post(), "kanarieröd 19121212-1212 ring 070-174 06 35")
    assert comment
    it.town.harvest()
    records = (it.record(),)
    secret = Secret(title="kanarieröd", sender=CANARIES[1], recipient=CANARIES[2])
    marking = Marking(clause="OSL kanarieröd", day="2026-11-17", authority="kanarieröd")
    hidden = {"sender": CANARIES[1], "recipient": CANARIES[1], "class_code": "kanarieröd"}
    fields: list[dict[str, Any]] = [
        {"title": f"Ärende {CANARIES[2]}"},
        {"title": f"Ärende {CANARIES[3]}"},
        {"title": f"Ring {CANARIES[4]}"},
        {"title": "Mejl till kanarierod@kanarieröd.example"},
        {"title": "Kanarina Kanariesons klagomål", **hidden},
        {"title": "Klagomål från Kanarieson", **hidden},
        {"title": "kanarieröd", "level": 4},
        {"title": "kanarieröd", "level": 4, "marking": marking},
        {"title": "Namnlös", "level": 4, "secret": secret},
        {"title": "kanarieröd 19121212-1212 ring", "records": records},
        {"title": "kanarieröd", "record_class": "Orosanmälan"},
        {"title": "kanarieröd", "direction": Direction.DISPATCHED},
        {"title": "kanarieröd", "day": "2020-01-01"},
        {"title": TITLE, "trigger": "kanarieröd", **hidden},
    ]
    entries = [it.enter(**one) for one in fields]
    down = it.enter("kanarieröd")
    it.web.withhold(LOCAL, down, reason="kanarieröd")
    voided = it.enter("kanarieröd")
    it.register.void(LOCAL, voided, reason="kanarieröd")
    put_right = it.enter("kanarieröd")
    it.register.correct(LOCAL, put_right, "title", TITLE, reason="kanarieröd", conceals=True)
    shown = it.book().rows
    assert {row.id for row in shown if not row.bare} == {entries[-1], put_right}
    assert {row.id for row in shown if row.bare} == set(entries[:10])
    client = create(it.path).test_client()
    addresses = [f"{tongue}/post/{one}" for one in [*entries, down] for tongue in ("", "/en")]
    addresses += ["/", "/en/", "/om", "/en/om", "/tillganglighet", "/?q=synpunkt", "/nothing"]
    pages = b"".join(client.get(one).data for one in addresses)
    assert TITLE.encode() in pages
    for canary in (*CANARIES, "anariesons", "Bosse Granlund", "kanarierod"):
        for held in (it.bytes(), pages):
            assert canary.casefold() not in held.decode("utf-8", "replace").casefold(), canary

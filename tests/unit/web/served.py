"""A small home, really harvested from the demo and from a hostile site, and the app over it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from archiver.channels.web import part as channels_part
from archiver.core.access import LOCAL, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.channel import Channel
from archiver.core.connector import Credential
from archiver.core.egress import Purpose
from archiver.core.search import Hit, Searched, SearchPage
from archiver.db import tables as t
from archiver.db.capture_drafts import CaptureDrafts
from archiver.db.collected import Collected
from archiver.db.drafts import Drafts
from archiver.db.notices import Notices
from archiver.db.operations import Operations
from archiver.db.saved_searches import SavedSearches
from archiver.demo.rounds import CHANNELS, LOGIN, ROUNDS, new_sites
from archiver.demo.server import DemoServer
from archiver.demo.site import DemoSite, User
from archiver.governance.accounts.service import Accounts as KeptAccounts
from archiver.governance.archive import Archive, checks
from archiver.governance.audit.web import Office as AuditOffice
from archiver.governance.audit.web import part as audit_part
from archiver.governance.core.acts import Opened
from archiver.governance.core.checklist import Checklist
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiatives
from archiver.governance.shipped import checklist
from archiver.governance.web import Office as LifecycleOffice
from archiver.governance.web import part as lifecycle_part
from archiver.ledger.apart import Apart
from archiver.ledger.service import Ledger
from archiver.people.duty import Duty
from archiver.people.service import People
from archiver.people.sign_in import SignIn
from archiver.registry.capture import Captures
from archiver.registry.capture_web import part as capture_part
from archiver.registry.classes import Classes
from archiver.registry.desk import Desk
from archiver.registry.handovers import Handovers
from archiver.registry.inbox import Inbox
from archiver.registry.package import Packages
from archiver.registry.posts import Posts
from archiver.registry.publisher import Publisher
from archiver.registry.publishing import WebDiary
from archiver.registry.routes import Routes
from archiver.registry.service import Register
from archiver.registry.shipped import rule_book
from archiver.registry.web import Office
from archiver.registry.web import part as registry_part
from archiver.search.query import notes
from archiver.web.app import Progress, WebServices, WebSettings, create_web
from archiver.web.played import part as played_part
from exports.core.access_request import Step, Taken
from exports.core.preview import preview
from exports.core.received import Manner, Received
from exports.release.drafts import Drafts as ReleaseDrafts
from exports.release.neighbours import Neighbours
from exports.release.prover import Prover
from exports.release.reviewed import CitableGrounds, ReviewedMasks
from exports.release.service import Releases
from exports.release.told import ToldByReleases
from exports.requests.answers import Answers
from exports.requests.decisions import Names
from exports.requests.mandates import Mandates
from exports.requests.registering import Registering
from exports.requests.service import Requests
from exports.web import Office as DisclosureOffice
from exports.web import part as disclosure_part
from gdpr.core.recognizer import Mode
from gdpr.core.span import Span
from gdpr.detector import detector
from gdpr.grounds import picklist
from gdpr.leak import check
from gdpr.masks.service import Masks
from gdpr.masks.web import Office as MasksOffice
from gdpr.masks.web import part as masks_part
from gdpr.redaction import Limits, measured, redact
from gdpr.redaction import web as files_web
from gdpr.redaction.web import part as files_part
from gdpr.web import Office as ProtectionOffice
from gdpr.web import part as protection_part
from retention.core.decision import Decision
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.schedule import DecisionLevel
from retention.disposal.board import Board
from retention.disposal.service import Disposals
from retention.due.evaluator import Evaluator
from retention.holds.service import Holds
from retention.schedule.reading import HeldDecision, HeldSchedule
from retention.schedule.service import Retention
from retention.schedule.shipped import proposal
from retention.web import Office as RetentionOffice
from retention.web import part as retention_part
from tests.build import FakeClock
from tests.databases import place
from tests.homes import TestHome, make_home, people_of
from tests.unit.channels.desks import FakeDesk
from tests.unit.gdpr.protected import office_of, things
from tests.unit.governance.audits import audits
from tests.unit.registry.desk import FakeScanner

PORT = 8465
TOKEN = "ab" * 32
CANARY = "KANARIEFAGELN-9911"
HOSTILE_TITLE = f'{CANARY} <script>alert("rubrik")</script> "onmouseover="alert(1)'
HOSTILE_HTML = (
    f"<p>{CANARY}-text</p><script>alert('skript')</script>"
    '<img src=x onerror=alert(2)><a href="javascript:alert(3)">klicka</a>'
    "<style>body{display:none}</style><svg onload=alert(4)><circle r=1></svg>"
    '<p style="background:url(https://fiende.example/p.gif)" class="top">stil</p>'
    "<iframe src=https://fiende.example></iframe><p>{{ 7*7 }} ${7*7}</p>"
    '<a href="https://fiende.example/x">ut</a>'
)
HOSTILE_COMMENT = f"{CANARY}-kommentar </pre></textarea><script>alert(5)</script> \u202etxet"


class FakeSearch:
    """A `SearchIndex` that looks through the newest versions for the words as they stand."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.asked: list[str] = []

    def search(
        self,
        query: str,
        *,
        authorities: Collection[int] | None = None,
        channels: Collection[int] | None = None,
        records: Collection[int] | None = None,
        without: Collection[int] = (),
        kinds: Collection[str] | None = None,
        states: Collection[str] | None = None,
        origins: Collection[str] | None = None,
        edited: bool | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int = 20,
        offset: int = 0,
        timeline: bool = False,
        older: bool = False,
    ) -> SearchPage:
        self.asked.append(query)
        with self._ledger.database.read() as connection:
            rows = connection.execute(t.record.select().order_by(t.record.c.seq.desc())).all()
            owners = dict(connection.execute(select(t.channel.c.seq, t.channel.c.authority)).all())  # type: ignore[arg-type]
        hits, months = [], Counter[str]()
        for row in rows:
            if authorities is not None and owners[row.channel] not in authorities:
                continue
            if row.seq in without:
                continue
            if records is not None and row.seq not in records:
                continue
            if origins is not None and row.origin not in origins:
                continue
            if kinds is not None and row.kind not in kinds:
                continue
            if channels is not None and row.channel not in channels:
                continue
            if states is not None and row.state not in states:
                continue
            if not (since_ms or 0) <= row.legal_at < (until_ms or 2**62):
                continue
            text = str(self._ledger.open_one(row.latest).envelope.get("text", ""))
            at = text.casefold().find(query.casefold())
            if at >= 0:
                start = max(0, at - 60)
                span = (at - start, at - start + len(query))
                hits.append(Hit(row.seq, row.latest, 1.0, text[start : at + 120], (span,)))
                months[f"{datetime.fromtimestamp(row.legal_at / 1000, UTC):%Y-%m}"] += 1
        line = tuple(sorted(months.items())) if timeline else ()
        page = tuple(hits[offset : offset + limit])
        return SearchPage(len(hits), page, lag=True, months=line, notes=notes(query))


@dataclass
class FakeSearchLog:
    """A `SearchLog` that keeps what it is told."""

    noted: list[Searched] = field(default_factory=list)

    def note(self, searched: Searched) -> None:
        self.noted.append(searched)


@dataclass
class Web:
    """A harvested home and what an app over it needs."""

    home: TestHome
    channels: dict[str, Channel]
    search: FakeSearch
    progress: list[Progress | None] = field(default_factory=lambda: [None])
    alarms: list[bool] = field(default_factory=list)
    stamp_roots: bytes | None = None
    played: bool = False  # whether it is a demo, with people to act as
    desk: FakeDesk = field(init=False)
    search_log: FakeSearchLog = field(default_factory=FakeSearchLog)
    saved: SavedSearches = field(init=False)

    register_desk: Desk = field(init=False)
    people: People = field(init=False)
    duty: Duty = field(init=False)
    questions: Checklist = field(default_factory=checklist)
    drafts: CaptureDrafts = field(init=False)
    collected: Collected = field(init=False)
    scanner: FakeScanner = field(default_factory=FakeScanner)

    def __post_init__(self) -> None:
        self.desk = FakeDesk(self.home)
        clock = self.home.clock
        operations = Operations(place(self.home.path).operations(), bytes(32), clock, os.urandom)
        self.saved = SavedSearches(operations, clock)
        self.drafts = CaptureDrafts(operations, clock, os.urandom)
        self.collected = Collected(operations, clock)
        self.people = people_of(self.home)
        self.duty = Duty(Notices(operations, clock), self.people)
        kept = Drafts(operations, clock)
        apart = Apart(self.home.ledger, self.home.path, [])
        register = Register(self.home.ledger, apart)
        self.register_desk = Desk(register, apart, kept, clock, os.urandom)

    def office(self) -> Office:
        """What the pages of the inbox and the register work with."""
        ledger = self.home.ledger
        routes = Routes(ledger)
        posts = Posts(ledger, routes, rule_book())
        apart = Apart(ledger, self.home.path, [])
        handed = Handovers(ledger)
        packages = Packages(ledger, handed, self.home.clock)
        return Office(
            desk=self.register_desk,
            inbox=Inbox(ledger.database),
            posts=posts,
            apart=apart,
            classes=Classes(ledger),
            web_diary=WebDiary(ledger),
            publisher=Publisher(ledger, self.web_diary_file, self.home.clock),
            uploads=self.drafts,
            routes=routes,
            handovers=handed,
            packages=packages,
            alarm=lambda: self.alarms.append(True),
        )

    @cached_property
    def plans(self) -> Retention:
        """Schedules and disposal decisions."""
        return Retention(self.home.ledger, self.home.clock)

    @cached_property
    def initiatives(self) -> Initiatives:
        """Initiatives under the shipped checklist."""
        archive = Archive(self.home.ledger, self.plans)
        return Initiatives(archive, self.home.clock, lambda: self.questions, checks)

    @cached_property
    def moderation(self) -> Moderation:
        """The moderation log."""
        return Moderation(self.home.ledger, self.home.clock)

    @cached_property
    def accounts(self) -> KeptAccounts:
        """The register of accounts; no channel has a login."""
        channels = self.home.channels.all
        return KeptAccounts(self.home.ledger, self.home.clock, channels, lambda _now: ())

    def lifecycle_office(self) -> LifecycleOffice:
        """What the pages of the lifecycle work with."""
        return LifecycleOffice(self.initiatives, self.moderation, self.accounts, self.desk)

    def masks_office(self) -> MasksOffice:
        """What the pages of masks work with."""
        return MasksOffice(masks=Masks(self.home.ledger, self.home.clock), exact=preview)

    def retention_office(self) -> RetentionOffice:
        """What the pages of retention and disposal work with."""
        ledger, clock = self.home.ledger, self.home.clock
        evaluator = Evaluator(self.plans)
        disposals = Disposals(ledger, evaluator, self.plans, clock)
        return RetentionOffice(
            board=Board(ledger, disposals, clock),
            disposals=disposals,
            plans=self.plans,
            evaluator=evaluator,
            holds=Holds(ledger, self.plans),
            uploads=self.drafts,
        )

    @cached_property
    def masks(self) -> Masks:
        """What is hidden of records; their files are measured."""
        return Masks(self.home.ledger, self.home.clock, measured)

    @cached_property
    def requests(self) -> Requests:
        """Requests for public records."""
        ledger = self.home.ledger
        return Requests(ledger, Holds(ledger, self.plans), self.home.clock)

    @cached_property
    def mandates(self) -> Mandates:
        """Who may decide in an authority's name."""
        return Mandates(self.home.ledger, self.home.clock, self.people.name)

    def disclosure_office(self) -> DisclosureOffice:
        """What the pages of requests for public records work with."""
        return DisclosureOffice(
            requests=self.requests,
            mandates=self.mandates,
            people=lambda: [(one.seq, one.name) for one in self.people.users()],
            collected=self.collected,
            answers=self.answers,
            masks=self.masks,
            releases=self.releases,
        )

    def _authority(self, number: int) -> str:
        found = {one.seq: one.name for one in self.home.channels.authorities()}
        return found.get(number, "")

    @cached_property
    def answers(self) -> Answers:
        """How requests are answered."""
        ledger = self.home.ledger
        registering = Registering(ledger, self.register_desk.register)
        names = Names(person=self.people.name, authority=self._authority, district="Provstad")
        told = ToldByReleases(ledger, self.releases)
        clock = self.home.clock
        return Answers.of(ledger, self.requests, registering, picklist(), names, clock, told)

    @cached_property
    def releases(self) -> Releases:
        """What is given out, with the masks, the leak check and the proofs there are."""
        ledger, clock = self.home.ledger, self.home.clock

        def detecting(names: Collection[str] = ()) -> Callable[[str], tuple[Span, ...]]:
            every = detector(self.masks.today().year)
            chosen = [one for one in every.recognizers if not names or one.name in names]
            finder = replace(every, recognizers=chosen)
            return lambda text: finder.detect(text, Mode.LEAK_CHECK)

        neighbours = Neighbours(
            masks=ReviewedMasks(self.masks),
            redact=redact,
            check=check,
            detect=detecting(),
            certain=detecting(("personal-number", "email")),
            prover=Prover(ledger, Purpose.DISCLOSURE),
            authority=self._authority,
        )
        drafts = ReleaseDrafts(ledger, self.requests, CitableGrounds(self.masks))
        return Releases(ledger, self.requests, drafts, neighbours, clock)

    @cached_property
    def releasing(self) -> int:
        """A release of KS that is being prepared."""
        authority = self.home.channels.authority("KS").seq
        return release_of(self, authority, {"record": self.record("Vattenläcka")})

    @cached_property
    def asked_for(self) -> int:
        """An open request of KS, with a record on its list."""
        seq = asked_of(self, self.home.channels.authority("KS").seq)
        self.collected.add(seq, [self.record("Vattenläcka")], 0)
        return seq

    def protection_office(self) -> ProtectionOffice:
        """What the pages of data protection work with."""
        return office_of(self.home, Holds(self.home.ledger, self.plans), self.search)

    @cached_property
    def protected(self) -> dict[str, int]:
        """What the pages of data protection show of KS."""
        return things(self.protection_office(), self.home.channels.authority("KS").seq)

    @cached_property
    def planned(self) -> dict[str, int]:
        """What the pages of retention show of KS."""
        return planned(self, self.home.channels.authority("KS").seq)

    @property
    def web_diary_file(self) -> Path:
        """The web diarium's database."""
        return self.home.path / "db/web.sqlite"

    def app(self, *, viewer: Viewer = LOCAL, port: int = PORT, max_upload: int = 2**23) -> Flask:
        services = WebServices(
            ledger=self.home.ledger,
            channels=self.home.channels.all,
            authorities=self.home.channels.authorities,
            search=self.search,
            search_log=self.search_log,
            saved=self.saved,
            sign_in=SignIn(self.people, self.home.clock, os.urandom),
            duty=self.duty,
            stamp_roots=lambda: self.stamp_roots,
            played=self.people.users if self.played else None,
            progress=lambda: self.progress[0],
            clock=self.home.clock,
            random=os.urandom,
            platforms={"wordpress": "WordPress", "feed": "RSS eller Atom"},
        )
        settings = WebSettings(port=port, token=TOKEN, viewer=viewer, max_upload=max_upload)
        captures = Captures(
            self.home.ledger, self.home.channels, self.scanner, self.home.clock, cap=2**22
        )
        parts = [
            channels_part(self.desk),
            registry_part(self.office),
            capture_part(captures, self.drafts),
            retention_part(self.retention_office),
            disclosure_part(self.disclosure_office),
            protection_part(self.protection_office),
            masks_part(self.masks_office),
            files_part(lambda: files_web.Services(self.masks, Limits(reading_seconds=0))),
            lifecycle_part(self.lifecycle_office),
            audit_part(lambda: AuditOffice(audits(self.home))),
            *([played_part] if self.played else []),
        ]
        return create_web(services, settings, parts)

    def browser(self, *, viewer: Viewer = LOCAL, entered: bool = True) -> Browser:
        browser = Browser(self.app(viewer=viewer))
        if entered:
            assert browser.get(f"/?token={TOKEN}").status_code == 303
        return browser

    def record(self, text: str) -> int:
        """Seq of the first record whose newest title or text begins so."""
        with self.home.ledger.database.read() as connection:
            rows = connection.execute(t.record.select().order_by(t.record.c.seq)).all()
        for row in rows:
            envelope = self.home.ledger.open_one(row.latest).envelope
            if any(str(envelope.get(name, "")).startswith(text) for name in ("title", "text")):
                return int(row.seq)
        raise LookupError(text)

    def with_states(self) -> dict[str, int]:
        """State → one record in it."""
        with self.home.ledger.database.read() as connection:
            return {row.state: row.seq for row in connection.execute(t.record.select())}

    def runs(self) -> dict[str, int]:
        """Outcome → the newest such run."""
        with self.home.ledger.database.read() as connection:
            return {row.outcome: row.seq for row in connection.execute(t.run.select())}


class Browser:
    """A test client that asks as a browser on this machine does."""

    def __init__(self, app: Flask, port: int = PORT) -> None:
        self.app = app
        self.base = f"http://127.0.0.1:{port}"
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **named: object) -> TestResponse:
        named.setdefault("base_url", self.base)
        return self.client.get(path, **named)  # type: ignore[arg-type]

    def post(self, path: str, *, forged: bool = False, **named: object) -> TestResponse:
        """Send a form with the token that its page would hold; `forged`: without."""
        named.setdefault("base_url", self.base)
        if not forged:
            data: dict[str, object] = {"csrf_token": self.token()}
            named["data"] = data | dict(named.get("data") or {})  # type: ignore[call-overload]
        headers = {"Origin": self.base, **(named.pop("headers", None) or {})}  # type: ignore[dict-item]
        return self.client.post(path, headers=headers, **named)  # type: ignore[arg-type]

    def token(self) -> str:
        """The token against forgery, from any page, also one that refuses; empty without one."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/om").text)
        return found[1] if found else ""


def build(path: Path) -> Web:
    """Harvest every round of the demo, each at its own time, and a hostile site at the end."""
    clock = FakeClock()
    set_clock(clock, ROUNDS[0].at)
    home = make_home(path, clock=clock)
    names = {"KS": "Kommunstyrelsen", "KFN": "Kultur- och fritidsnämnden"}
    for code, name in names.items():
        home.channels.add_authority(code, name)
    sites = {**new_sites(), "fientlig": _hostile()}
    channels: dict[str, Channel] = {}
    with DemoServer(sites, now=clock.now) as server:
        host, port = server.address
        allowed = f"{host}:{port}"
        login = Credential(user=LOGIN[0], secret=LOGIN[1])
        for one in CHANNELS:
            channels[one.site] = home.channels.add_channel(
                one.platform,
                server.site_url(one.site).rstrip("/") + one.path,
                authority=one.authority,
                title=one.title,
                credential=login if one.platform == "wordpress" else None,
                allow=[allowed],
            )
        for number, round_ in enumerate(ROUNDS):
            round_.apply(sites)
            set_clock(clock, round_.at)
            for place, channel in enumerate(channels.values()):
                clock.advance(1000 * (place + number))
                home.harvest(channel)
        channels["fientlig"] = home.channels.add_channel(
            "wordpress",
            server.site_url("fientlig"),
            authority="KS",
            title="Granskningskontot",
            credential=login,
            allow=[allowed],
        )
        home.harvest(channels["fientlig"])
    clock.advance(int(timedelta(hours=30).total_seconds() * 1000))
    return Web(home, channels, FakeSearch(home.ledger))


def planned(web: Web, authority: int) -> dict[str, int]:
    """The shipped plan, adopted if the authority has none; a decision and an overdue hold."""
    plans, day = web.plans, stockholm_date(web.home.clock.now())
    if not plans.versions(authority):
        assert isinstance(plans.adopt(LOCAL, proposal(day, authority).schedule), HeldSchedule)
    decided = plans.decide(
        LOCAL,
        Decision(
            seq=0,
            authority=authority,
            number=f"KS 2026/{len(plans.decisions(authority)) + 1}",
            body="Kommunstyrelsen",
            level=DecisionLevel.AUTHORITY,
            decided_on=day,
            paragraph="§ 117",
            rules=frozenset({"SM08"}),
            records_from=date(2015, 1, 1),
            valid_from=day,
            grounds="Arkivlagen 10 §",
        ),
    )
    assert isinstance(decided, HeldDecision)
    asked = HoldRequest(
        authority=authority,
        kind=HoldKind.SUPERVISION,
        scope=HoldScope(classes=frozenset({"SM08"})),
        reason="Tillsyn pågår",
        review_on=day,
    )
    hold = web.retention_office().holds.place(LOCAL, asked)
    return {"decision": decided.decision.seq, "hold": hold}


def asked_of(web: Web, authority: int, text: str = "Kommentarer om vattenläckan") -> int:
    """A request for public records of an authority, that came in today."""
    asked = Received(authority=authority, on=web.requests.today(), manner=Manner.ORAL, text=text)
    return web.requests.receive(LOCAL, asked)


def initiative_of(web: Web, authority: int) -> int:
    """An initiative of an authority that was opened today."""
    said = Opened(
        authority=authority, title="Nyhetsflödet", platforms=("feed",), day=web.initiatives.today()
    )
    return web.initiatives.open(LOCAL, said)


def release_of(web: Web, authority: int, numbers: Mapping[str, int]) -> int:
    """A release that is being prepared for a precise request of an authority."""
    seq, record = asked_of(web, authority), numbers["record"]
    taken = Taken(step=Step.MAKE_PRECISE, day=web.requests.today(), actor=0)
    web.requests.take(LOCAL, seq, taken, records=[record])
    return web.releases.drafts.add(LOCAL, seq, [record])


def set_clock(clock: FakeClock, at: datetime) -> None:
    """Let time go by until `at`."""
    clock.advance(int(at.timestamp() * 1000) - clock.now())


def _hostile() -> DemoSite:
    """A site whose post and comment try everything a page must not do."""
    users = (
        User(id=1, login="redaktion", name="Testköpings kommun"),
        User(id=2, login=LOGIN[0], name="Diarkiv", application_password=LOGIN[1]),
    )
    site = DemoSite(
        name="Fientlig", description="", guid_base="https://fientlig.example", users=users
    )
    at = datetime(2026, 2, 10, 9, tzinfo=UTC)
    site.publish_post(at=at, title=HOSTILE_TITLE, html=HOSTILE_HTML, ref="elak")
    site.comment(
        site.id_of("elak"),
        at=at + timedelta(hours=1),
        name=f'{CANARY}-namn"><script>alert(6)</script>',
        text=HOSTILE_COMMENT,
        email="e@example.org",
        ip="192.0.2.9",
        ref="elak-kommentar",
    )
    return site


def pages(web: Web) -> Sequence[str]:
    """The address of every screen, with something on each."""
    states, runs = web.with_states(), web.runs()
    plan, other = web.planned, web.home.channels.authority("KFN").seq
    edited, picture = web.record("Vattenläcka"), web.record("Samråd")
    channel = web.channels["nyheter"].seq
    return [
        "/",
        *(f"/konton/C{one.seq}" for one in web.channels.values()),
        f"/konton/C{channel}/tackning",
        f"/konton/C{channel}/tackning?till=2025-06-01",
        f"/konton/C{web.channels['kultur'].seq}/tackning",
        f"/konton/C{web.channels['kultur'].seq}/dag/2026-02-06",
        f"/konton/C{web.channels['kultur'].seq}/luckor",
        f"/konton/C{channel}/schema",
        f"/konton/C{channel}/avsluta",
        f"/konton/C{channel}/anrop",
        f"/konton/C{channel}/inloggning",
        f"/konton/C{channel}/andringar",
        f"/konton/C{channel}/uppgifter",
        f"/konton/C{channel}/hamtning/7",
        "/konton/ny",
        "/gallring/plan",
        f"/gallring/plan?namnd={other}",
        "/gallring/beslut",
        "/gallring/beslut/nytt",
        f"/gallring/beslut/{plan['decision']}",
        "/gallring/stopp",
        "/gallring/stopp/nytt",
        f"/gallring/stopp/{plan['hold']}",
        "/gallring/prova",
        "/gallring/framstallan",
        "/gallring/arkivbeskrivning",
        "/livscykel",
        "/livscykel/ny",
        "/livscykel/konton",
        "/livscykel/moderering",
        f"/livscykel/moderering?konto=C{channel}&gor=omprova",
        "/granskning?fro=revision-2026",
        "/begaran",
        "/begaran?visa=beslut",
        "/begaran?visa=avslutade",
        "/begaran/ny",
        "/dataskydd",
        "/dataskydd?alla=1",
        "/dataskydd/begaran/ny",
        f"/dataskydd/begaran/{web.protected['subject_request']}",
        f"/dataskydd/begaran/{web.protected['subject_request']}?steg=answer",
        f"/dataskydd/begaran/{web.protected['subject_request']}/utdrag",
        "/dataskydd/incidenter",
        "/dataskydd/incidenter/ny",
        f"/dataskydd/incidenter/{web.protected['incident']}",
        f"/dataskydd/incidenter/{web.protected['incident']}?steg=notify",
        "/dataskydd/behandlingar",
        "/dataskydd/information",
        f"/begaran/{web.asked_for}",
        f"/utlamnanden/{web.releasing}",
        f"/utlamnanden/{web.releasing}/exakt",
        f"/sok?q=vatten&begaran={web.asked_for}",
        f"/handlingar?begaran={web.asked_for}",
        f"/handlingar?visa=lista&begaran={web.asked_for}&samlade=2",
        "/masker",
        f"/masker/R{edited}",
        f"/masker/R{edited}?visa=maskad",
        f"/masker/R{edited}?visa=ut",
        f"/masker/R{picture}/fil/0",
        "/masker/verksamheter",
        "/inkorg",
        "/inkorg?vy=fraga",
        "/inkorg?vy=borttaget",
        *(
            f"/inkorg?gor={do}"
            for do in ("registrera", "sekretess", "samling", "annat", "overlamna")
        ),
        "/diarium",
        "/diarium?offentlig=1",
        "/diarium/arenden",
        "/diarium/serier",
        "/diarium/klassificering",
        "/diarium/webb",
        "/diarium/dirigering",
        "/inkorg?vy=klockan",
        f"/inkorg/flera?beslut=ringa&trad={_waiting(web)}",
        f"/inkorg/flera?beslut=overlamna&trad={_waiting(web)},999999.1.0",
        "/diarium/overlamnat",
        "/diarium/atskilt",
        "/gallring",
        "/gallring/foresla",
        *(f"/insamlingar/{seq}" for seq in runs.values()),
        "/handlingar",
        "/handlingar/ny",
        "/handlingar?visa=lista",
        f"/handlingar?konto=C{channel}&tillstand=trashed",
        "/handlingar?visa=lista&tillstand=not_visible&riktning=received&fran=2026-01-01",
        "/handlingar?andrade=1",
        *(f"/handlingar/R{seq}" for seq in states.values()),
        f"/handlingar/R{edited}",
        f"/handlingar/R{edited}?version=1",
        f"/handlingar/R{edited}?ar=2026-02-10",
        f"/handlingar/R{edited}/da",
        f"/handlingar/R{edited}/da?kl=2026-02-05T10.00.00",
        f"/handlingar/R{states['trashed']}/da?kl=2026-02-07T10.00",
        f"/handlingar/R{states['missing_suspected']}/da?kl=2026-02-14T10.00",
        f"/handlingar/R{edited}/da?kl=2025-01-01T10.00",
        f"/handlingar/R{picture}",
        f"/handlingar/R{edited}/jamfor",
        f"/handlingar/R{edited}/jamfor?fran=1&till=2&vy=sida",
        f"/handlingar/R{edited}/underlag/1",
        f"/handlingar/R{edited}/underlag/2?hela=1",
        f"/handlingar/R{web.record('Öppettider')}/underlag/1",
        f"/handlingar/R{web.record(CANARY)}",
        f"/handlingar/R{web.record(CANARY)}/underlag/1?hela=1",
        "/sok",
        "/sok?q=vatten",
        f"/sok?q={CANARY}",
        "/sok?q=finnsinte",
        "/sok?q=vatten&klass=1.2.3&arende=KS+2026/1",
        f"/sok?q=R{edited}&slag=post",
        "/sok?riktning=received&slag=comment&andrade=1&fran=2026-01-01",
        "/sok?q=%22vatten",
        "/anvandare",
        "/anvandare/ny",
        "/jour",
        "/verifiera",
        "/om",
    ]


def _waiting(web: Web) -> str:
    """Everything on the first page of the inbox, as its form names it."""
    threads = web.office().inbox.page(LOCAL).threads
    items = [item for thread in threads for item in thread.items]
    return ",".join(f"{one.seq}.{one.latest}.{one.triaged}" for one in items)

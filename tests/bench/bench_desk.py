"""B11: pages of the web app, in server time; and a registrar who clears 200 threads by one key.

The app answers in this process, through its whole stack but the socket: gate, permissions, queries,
frames, templates. All but the newest 200 threads were decided on before, as in a home that is lived
in. No peer: nobody's inbox does the same work.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from archiver.channels.service import Channels
from archiver.channels.web import part as channels_part
from archiver.clock import SystemClock
from archiver.core.access import LOCAL
from archiver.db import tables as t
from archiver.db.capture_drafts import CaptureDrafts
from archiver.db.drafts import Drafts
from archiver.db.operations import Operations
from archiver.db.sqlite import SqliteDatabase
from archiver.ledger.apart import Apart
from archiver.ledger.service import Ledger
from archiver.plugins import connectors
from archiver.registry.classes import Classes
from archiver.registry.core.triage import MAX_AT_ONCE, Decision, Outcome
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
from archiver.web.app import WebServices, WebSettings, create_web
from archiver.web.server import settle
from tests.bench import corpus, place
from tests.bench.measure import Figure
from tests.fakes import MemoryCredentials
from tests.homes import TestHome
from tests.unit.channels.desks import FakeDesk
from tests.unit.web.served import PORT, TOKEN, Browser

THREADS = 200
GOAL = 100_000.0  # microseconds, p95
_FORM = re.compile(r'<form method="post" action="/inkorg/beslut"[^>]*>(.*?)</form>', re.DOTALL)
_ITEM = re.compile(r'name="handling" value="([^"]+)"')


def run(count: int) -> list[Figure]:
    """Over a home of `count` records."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        ledger = place.new_home(home)
        pages = count // corpus.PER_PAGE
        place.harvest_pages(ledger, place.Replay(pages, lambda number: corpus.page(number, "S")))
        records = _decide_old_threads(ledger)
        desk, app = _app(home, ledger)
        browser = Browser(app)
        browser.get(f"/?token={TOKEN}")
        settle()  # as a server does
        figures = _clear(browser, desk, count)
        found = [
            _timed(lambda seq=seq: browser.get(f"/handlingar/R{seq}"))  # type: ignore[misc]
            for seq in records[:: max(1, len(records) // 100)]
        ]
        return [*figures, _figure("a record's page", found, count)]


def _decide_old_threads(ledger: Ledger) -> list[int]:
    """Keep everything in order but the newest threads; every received record, newest first."""
    r = t.record.c
    query = select(r.seq, r.root).where(r.origin == "received")
    with ledger.database.read() as connection:
        rows = connection.execute(query.order_by(r.legal_at.desc(), r.seq.desc())).all()
    newest = set(list(dict.fromkeys(row.root for row in rows))[:THREADS])
    old = [row.seq for row in rows if row.root not in newest]
    authority = place.the_channel(ledger).authority
    Register(ledger).seal(
        LOCAL,
        [
            Decision(
                authority=authority,
                records=tuple(old[start : start + MAX_AT_ONCE]),
                outcome=Outcome.KEPT_IN_ORDER,
            )
            for start in range(0, len(old), MAX_AT_ONCE)
        ],
    )
    return [row.seq for row in rows]


def _app(home: Path, ledger: Ledger) -> tuple[Desk, object]:
    clock, apart = SystemClock(), Apart(ledger, home, [])
    operations = Operations(SqliteDatabase(home / "db/ops.sqlite"), bytes(32), clock, os.urandom)
    desk = Desk(Register(ledger), apart, Drafts(operations, clock), clock, os.urandom)
    credentials = MemoryCredentials()
    channels = Channels(ledger, connectors(), credentials)
    routes = Routes(ledger)
    posts = Posts(ledger, routes, rule_book())
    services = WebServices(
        ledger=ledger,
        channels=channels.channels,
        authorities=channels.authorities,
        clock=clock,
        random=os.urandom,
        platforms={"wordpress": "WordPress"},
    )
    around = FakeDesk(TestHome(home, ledger, channels, credentials, clock))
    handed = Handovers(ledger)
    office = Office(
        desk=desk,
        inbox=Inbox(ledger.database),
        posts=posts,
        apart=apart,
        classes=Classes(ledger),
        web_diary=WebDiary(ledger),
        publisher=Publisher(ledger, home / "db/web.sqlite", clock),
        uploads=CaptureDrafts(operations, clock, os.urandom),
        routes=routes,
        handovers=handed,
        packages=Packages(ledger, handed, clock),
        alarm=lambda: None,
    )
    parts = [
        channels_part(around),
        registry_part(lambda: office),
    ]
    return desk, create_web(services, WebSettings(port=PORT, token=TOKEN), parts)


def _clear(browser: Browser, desk: Desk, count: int) -> list[Figure]:
    """Thread by thread, as the key T does, with a minute's drafts sealed now and then."""
    times: dict[str, list[float]] = {"the inbox": [], "a decision": [], "sealing of ten": []}
    token = browser.token()
    while True:
        times["the inbox"].append(_timed(lambda: browser.get("/inkorg")))
        forms = _FORM.findall(browser.get("/inkorg").text)
        if not forms:
            break
        data = {"csrf_token": token, "handling": _ITEM.findall(forms[-1]), "beslut": "ordnad"}
        times["a decision"].append(
            _timed(lambda data=data: browser.post("/inkorg/beslut", forged=True, data=data))  # type: ignore[misc]
        )
        if len(times["a decision"]) % 10 == 0:
            _their_minute_is_over(desk)
            times["sealing of ten"].append(_timed(desk.seal_due))
    assert len(times["a decision"]) >= min(THREADS, count // 60)
    return [_figure(name, found, count) for name, found in times.items()]


def _their_minute_is_over(desk: Desk) -> None:
    for one in desk.pending(LOCAL):
        desk.undo(LOCAL, one.id)
        desk.ask(LOCAL, [one.asked], wait=0)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e6


def _figure(name: str, found: list[float], count: int) -> Figure:
    found.sort()
    median, p95 = found[len(found) // 2], found[int(len(found) * 0.95)]
    return Figure(
        bench="B11",
        name=f"{name}: p95, then p50, of wall time",
        peer=False,
        unit="page",
        cpu=p95,
        wall=median,
        units=len(found),
        rounds=1,
        goal=GOAL,
        note=f"at {count:,} records",
    )

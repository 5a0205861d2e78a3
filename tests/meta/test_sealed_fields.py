"""Every field that a harvest seals is in docs/data-format.md, and the other way round."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.api.tokens import Tokens
from archiver.channels.change import Change
from archiver.channels.service import Channels
from archiver.core.access import HOME, LOCAL, Permission, Role
from archiver.core.api_token import Scope
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.channel import ChannelState
from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.layout import TAIL_HEADER_BYTES
from archiver.db import tables as t
from archiver.db.api_tokens import TokenTable
from archiver.db.operations import Operations
from archiver.demo.rounds import CHANNELS, LOGIN, ROUNDS, new_sites
from archiver.demo.server import DemoServer
from archiver.harvest.gap_register import GapRegister
from archiver.ledger.apart import Apart
from archiver.people.trail import Happened, Trail
from archiver.plugins import connectors
from archiver.registry.capture import Captures
from archiver.registry.capture_files import from_bytes
from archiver.registry.classes import Classes
from archiver.registry.core.capture import AccordingTo, Way, received
from archiver.registry.core.entry import (
    Dated,
    Direction,
    Marking,
    Registration,
    Relation,
    Secret,
)
from archiver.registry.core.publication import Field, Ruling, Setting
from archiver.registry.core.triage import Decision, Elsewhere, Handover, HandoverStep, Outcome
from archiver.registry.handovers import Handovers
from archiver.registry.package import Packages
from archiver.registry.publishing import WebDiary
from archiver.registry.routes import Routes
from archiver.registry.service import Register
from archiver.scan.clamd import NoScanner
from tests.databases import place
from tests.homes import TestHome, make_home, people_of
from tests.meta.generated import DOCS

# Documented, but nothing in the demo's first rounds brings it.
RARE = {
    "run": {"account"},
    "capture": {"problem"},
    "exchange": {"certificate", "failure", "truncated"},
    "pack_sealed": {"cohort", "pack", "sha256"},
    "clock_jumped": {"ms"},
    "searched": {"actor", "filters", "query", "searched_at", "total"},
    "push_received": {"channel", "received_at", "signature"},
    "version": {"updated_at", "author_url", "state_from"},
    "access_noted": {"count", "user"},
    "authority_added": {"actor"},
    "channel_added": {"actor", "options", "schedule"},
    "channel_changed": {"options"},
}


def documented() -> Mapping[str, set[str]]:
    """Event type → the fields its table names."""
    text = (DOCS / "data-format.md").read_text("utf-8")
    section = text.partition("## Event types")[2].partition("\n## ")[0]
    found = {}
    for part in section.split("\n### ")[1:]:
        rows = re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE)
        found[part.partition("`")[2].partition("`")[0]] = set(
            re.findall(r"`(\w+)`", " ".join(rows))
        )
    return found


def keep_apart(home: TestHome) -> None:
    """Everything that can be done with what is kept apart, to an answer in a thread."""
    with home.ledger.database.read() as connection:
        r = t.record.c
        query = select(r.seq).where(r.root.is_not(None), r.kind == "comment").order_by(r.seq)
        record = connection.scalars(query).first()
    assert record is not None
    service = Apart(home.ledger, home.path)
    service.protect(record, reason="Skyddade personuppgifter")
    service.unprotect(record, reason="Ett misstag")
    service.set_contact(bytes(range(32)), contact="Alva Ekbacke")
    service.stop(record, reason="Misstänkt brottsligt innehåll")
    service.hand_over(record, recipient="Polismyndigheten", private=bytes(range(32)))
    service.destroy(record, instruction="Beslut 1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHome]:
    sites = new_sites()
    home = make_home(tmp_path_factory.mktemp("home"))
    server = DemoServer(sites)
    try:
        host, port = server.address
        channels = [
            home.add_channel(
                c.platform,
                server.site_url(c.site) + c.path,
                f"{host}:{port}",
                LOGIN if c.platform == "wordpress" else None,
            )
            for c in CHANNELS
        ]
        changes = Change(
            title="Nytt namn",
            interval=7200,
            schedule="full",
            crisis_until=1,
            state=ChannelState.PAUSED,
        )
        known = connectors()
        Channels(home.ledger, known, home.credentials, ("full",)).change(channels[0], changes)
        people = people_of(home)
        eva = people.add("eva", "Eva Lind", ((Role.REGISTRAR, HOME),), password="hästar-och-moln")
        trail = Trail(home.ledger, home.clock)
        authority = home.channels.authorities()[0].seq
        trail.note(Happened.PROTECTED_READ, eva.seq, authority=authority, record=9, wait=True)
        trail.close()
        people.change(eva, name="Eva Lindgren", roles=(), disabled=True)
        for round_ in ROUNDS[:5]:
            round_.apply(sites)
            for channel in channels:
                home.harvest(channel)
        keep_apart(home)
        GapRegister(home.ledger, home.clock).acknowledge(
            channels[-1], "Gammalt flöde rensat.", accept_disappearance=True
        )
        _register_everything(home, channels[0].authority)
        Captures(home.ledger, home.channels, NoScanner(), home.clock, cap=2**20).capture(
            home.channels.authorities()[0],
            way=Way.EMAIL,
            received=received("2026-01-07", AccordingTo.SENDER, now=home.clock.now()),
            why="Hör till ärendet.",
            files=[from_bytes("brev.eml", b"no letter")],
            actor=0,
        )
        yield home
    finally:
        server.stop()


def _register_everything(home: TestHome, authority: int) -> None:
    """Every event of the register, with every field that is not rare."""
    register, year = Register(home.ledger), stockholm_date(home.clock.now()).year
    mask = "{ORG} {ÅÅÅÅ}/{LÖP}"
    series = register.set_series(LOCAL, authority, "KS", mask, first=(year, 7)).seq
    register.set_series(LOCAL, authority, "KS", mask, series=series)
    asked: Any = {"class_code": "1.9", "draft": b"1" * 16}
    case = register.open_case(LOCAL, authority, "Ett ärende", collective=True, **asked)
    entry = Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day="2026-11-20",
        dated=Dated.STATED,
        title="En synpunkt",
        sender="Alva Ekbacke",
        recipient="Kommunstyrelsen",
        class_code="1.9",
        record_class="Synpunkt",
        level=4,
        marking=Marking(clause="OSL 26:1", day="2026-11-20", authority="KS"),
        secret=Secret(title="En synpunkt", sender="Alva Ekbacke", recipient="Bosse Granlund"),
        trigger="question",
        draft=bytes(16),
    )
    one = register.register(LOCAL, entry)
    two = register.register(LOCAL, replace(entry, case=case, draft=b""))
    register.correct(LOCAL, one, "title", "En annan", reason="Fel", conceals=True)
    register.correct(LOCAL, one, "title", "En annan", reason="Fel", secret=True)
    register.mark(LOCAL, one, entry.marking, reason="Misstänkt")
    related = register.relate(LOCAL, two, one, Relation.ANSWERS)
    register.unrelate(LOCAL, two, related, reason="Fel post")
    register.void(LOCAL, two, reason="Dubbel")
    minor = Decision(
        authority=authority,
        records=(),
        outcome=Outcome.MINOR,
        note="Reklam",
        trigger="spam",
        elsewhere=Elsewhere(system="Ciceron", number="KS 1", day="2026-11-20"),
        draft=bytes(range(16)),
    )
    register.decide(LOCAL, minor)
    to = Handover(to="Gatukontoret", way="e-post", due=home.clock.now())
    over = replace(minor, outcome=Outcome.HANDED_OVER, handover=to, draft=b"")
    handed = register.decide(LOCAL, over)
    register.note_handover(LOCAL, handed, HandoverStep.RECEIVED, "Kvittens 17")
    handovers = Handovers(home.ledger)
    handovers.note_reminder(handed, "answer_1")
    packages = Packages(home.ledger, handovers, home.clock)
    for package in (packages.of_handover(LOCAL, handed), packages.of_entry(LOCAL, one)):
        assert b"".join(packages.stream(LOCAL, package))
    handovers.take_receipt(LOCAL, handed, number="KS 2026/1", manifest="ab" * 32)
    web = WebDiary(home.ledger)
    setting = Setting(
        authority=authority,
        on=True,
        ruling=Ruling(number="KS 1", day="2026-11-20", body="Kommunstyrelsen"),
        fields=frozenset(Field),
        record_classes=frozenset({"Synpunkt"}),
        directions=frozenset(Direction),
        days=30,
        takes_down="Bosse Granlund",
        contact="registrator@testkoping.example",
        description="Om myndigheten",
        description_en="About the authority",
    )
    web.set(LOCAL, setting)
    web.withhold(LOCAL, one, reason="Begärt")
    _tokens(home)
    rows = "".join(f"KLASSA,2.1,{n},{'x' * 490}\n" for n in range(9))
    Classes(home.ledger).take_in(LOCAL, authority, b"scheme,version,code,label\n" + rows.encode())
    own = 'version = "1"\n' + "# en rad som fyller ut filen\n" * 40
    Routes(home.ledger).set(LOCAL, authority, own.encode())


def _tokens(home: TestHome) -> None:
    operations = Operations(place(home.path).operations(), bytes(32), home.clock, os.urandom)
    tokens = Tokens(home.ledger, TokenTable(operations), home.clock, os.urandom)
    _, seq = tokens.add(LOCAL, "Ärendesystemet", [Scope(Permission.READ)], days=30)
    tokens.revoke(LOCAL, seq)
    operations.close()


def sealed(home: TestHome) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """(type, payload) of every entry."""
    home.ledger.log.load()
    for seq, data in enumerate(home.ledger.log.entries(0, home.ledger.log.size)):
        entry = parse(data)
        if isinstance(entry, ClearEntry):
            yield entry.type, entry.facts
        else:
            opened = home.ledger.open([seq], protected=True).get(seq)  # None: it was destroyed
            if opened is not None:
                yield entry.type, opened.envelope


def test_sealed_fields_are_the_documented_ones(home: TestHome) -> None:
    fields: dict[str, set[str]] = {}
    for type_, payload in sealed(home):
        fields.setdefault(type_, set()).update(payload)
    known = documented()
    assert known.keys() == {member.value for member in EventType}
    for type_, found in fields.items():
        assert found <= known[type_], f"{type_}: not documented: {found - known[type_]}"
    for type_, names in known.items():
        rest = names - fields.get(type_, set()) - RARE.get(type_, set())
        assert not rest, f"{type_}: documented, but not sealed: {rest}"


def test_the_folder_is_as_documented(home: TestHome) -> None:
    """Every file of a home has its row in the first table of the page."""
    text = (DOCS / "data-format.md").read_text("utf-8")
    table = text.partition("## The home")[2].partition("\n## ")[0]
    patterns = {
        "log/tile/": "`log/tile/entries/NNN`",
        "log/": "`log/",
        "packs/dictionary-": "`packs/dictionary-<n>`",
        "packs/": "`packs/<cohort>-<n>.pack`",
        "keys/secrets": "`keys/secrets`",
        "keys/": "`keys/<cohort>.<generation>`",
        "db/": "`db/projection.sqlite`",
        "lock/": "`lock/`",
    }
    for path in home.path.rglob("*"):
        if path.is_file():
            name = path.relative_to(home.path).as_posix()
            pattern = next(p for start, p in patterns.items() if name.startswith(start))
            assert pattern in table, name


def test_the_tail_begins_as_documented(home: TestHome) -> None:
    tail = Path(home.path / "log" / "tail").read_bytes()
    assert tail[:8] == b"DIARKIVT"
    assert int.from_bytes(tail[8:16], "big") % 256 == 0
    assert TAIL_HEADER_BYTES == 16
    assert os.stat(home.path / "keys" / "secrets").st_mode & 0o077 == 0

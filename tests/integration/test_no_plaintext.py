"""After the demo's rounds, nothing that was harvested can be read anywhere but in sealed frames.

Canaries are the texts, titles, names, addresses and file names of the demo's sites, whole and word
by word. They are looked for in the database, its write-ahead log and its dump (PostgreSQL: in all
files written since the cluster was made), the log, packs, keys and locks, and in the names of
files; the application password in every file of the home and of the database.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archiver.app import Application, build
from archiver.core.layout import pack_name
from archiver.db import tables as t
from archiver.db.capture_drafts import CaptureDrafts
from archiver.demo import graph_story, mastodon_rounds
from archiver.demo.rounds import CHANNELS, LOGIN, ROUNDS
from archiver.demo.runner import Demo, DemoClock
from archiver.demo.site import DemoSite
from archiver.harvest.deep import verify_deep
from archiver.plugins import connectors
from archiver.registry.capture_files import from_bytes
from archiver.registry.core.capture import AccordingTo, Way, received
from tests.build import tables, verify
from tests.postgres import Server, end, new_server

pytestmark = pytest.mark.server  # half a minute

FOLDERS = ("db/projection.sqlite", "db/operations.sqlite", "log/", "packs/", "keys/", "lock/")
WORD = re.compile(r"[^\W\d_]{6,}")
_as_made: dict[str, bytes] = {}  # the server's files before the demo


@dataclass
class Played:
    """The demo's home when all rounds are played."""

    home: Path
    app: Application
    sites: Mapping[str, DemoSite]
    results: Sequence[Mapping[str, Any]]
    url: str


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)]
)
def server(request: pytest.FixtureRequest) -> Iterator[Server | None]:
    """No server, and one that holds nothing but what the demo has put there."""
    if request.param == "sqlite":
        yield None
        return
    made = new_server()
    made.sql("CHECKPOINT")
    _as_made.update(made.files())
    yield made
    end(made)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, server: Server | None) -> Iterator[Played]:
    home = tmp_path_factory.mktemp("demo") / "home"
    clock = DemoClock(time.monotonic)
    environment = {"DIARKIV_DATABASE": server.url()} if server else {}
    app = build(home, environment=environment, clock=clock, sleep=lambda _seconds: None)
    app.init(None)
    demo = Demo(app, clock)  # type: ignore[arg-type]
    try:
        demo.set_up()
        results = demo.play()
        capture_by_hand(app)
        yield Played(home, app, demo._town._sites, results, demo._town._web.url)  # type: ignore[arg-type]
    finally:
        demo.stop()


# What a registrar captured: words, names and a folder of the uploader's that no file may bear.
BY_HAND = {
    "Ringde angående trädgårdsmästaren på Sågverksgränd.",
    "Rut Mossbergare",
    "Trädgårdsmästeriet",
    "Hör till granskningen av planärendet Sågverksgränd.",
    "situationsplan över gränden.pdf",
    "Ofödda syrener skuggar uteplatsen.",
    "Björn Klippqvarn",
}


def capture_by_hand(app: Application) -> None:
    """A call, a letter with an enclosure, a correction, and a form that was left half filled in."""
    letter = EmailMessage()
    letter["From"] = "Björn Klippqvarn <bjorn@testkoping.example>"
    letter["Subject"] = "Syrener"
    letter.set_content("Ofödda syrener skuggar uteplatsen.")
    name = "situationsplan över gränden.pdf"
    letter.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename=name)
    authority = app.channels.authorities()[0]
    came = received("2026-01-07", AccordingTo.SENDER, now=app.clock.now())
    why = "Hör till granskningen av planärendet Sågverksgränd."
    called = app.captures.capture(
        authority,
        way=Way.PHONE,
        received=came,
        why=why,
        text="Ringde angående trädgårdsmästaren på Sågverksgränd.",
        sender="Rut Mossbergare",
        actor=0,
    )
    files = [from_bytes("brev.eml", letter.as_bytes())]
    app.captures.capture(authority, way=Way.EMAIL, received=came, why=why, files=files, actor=0)
    app.captures.correct(called.record, why=why, title="Trädgårdsmästeriet", actor=0)
    drafts = CaptureDrafts(app.operations, app.clock, os.urandom)
    drafts.add(drafts.new(), 0, name, "application/pdf", [letter.as_bytes()])


def said(sites: Mapping[str, DemoSite]) -> set[str]:
    """Every text, title, name, address and file name that ever stood on the sites."""
    found = BY_HAND | {
        channel.title for channel in CHANNELS
    }  # the login bears the product's own name
    found |= {channel.committee for channel in CHANNELS}
    for round_ in ROUNDS:
        for events in round_.events.values():
            for event in events:
                fields = event.fields
                found |= {fields[n] for n in ("title", "html", "text", "by", "alt") if n in fields}
                found |= {fields["filename"]} if "filename" in fields else set()
    told = [event.fields for one in mastodon_rounds.ROUNDS for event in one.events]
    told += [event.fields for one in graph_story.PAGE_ROUNDS for event in one.events]
    for fields in told:
        found |= {str(fields[n]) for n in ("text", "by", "warning", "picture") if n in fields}
    found |= {one.name for one in mastodon_rounds.new_instance().accounts.values()}
    found |= {mastodon_rounds.TOKEN, graph_story.TOKEN, graph_story.APP_SECRET, graph_story.TITLE}
    for site in sites.values():
        found |= {site.name, site.guid_base}
        found |= {f"{site.guid_base}/?p={post.id}" for post in site.posts()}
        found |= {post.slug for post in site.posts()}
        found |= {comment.email for comment in site.comments()}
        found |= {media.path for media in site.media()}
    return found


def canaries(sites: Mapping[str, DemoSite]) -> set[str]:
    whole = {text for text in said(sites) if len(text) >= 6}
    plain = {re.sub(r"<[^>]+>", " ", text) for text in whole}
    words = {word for text in plain for word in WORD.findall(text)}
    return {text for text in whole | words if text.lower() not in connectors()}  # no secret


def spellings(text: str) -> set[bytes]:
    """How a text may stand in a file."""
    forms = {text, text.lower(), text.upper()}
    found = {form.encode() for form in forms}
    found |= {form.encode("latin-1", "replace") for form in forms}
    found |= {json.dumps(form)[1:-1].encode() for form in forms}
    return found | {text.encode("utf-16-le")}


def files(home: Path) -> dict[str, bytes]:
    names = sorted(path for path in home.rglob("*") if path.is_file())
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in names}


def in_server(server: Server) -> dict[str, bytes]:
    """Every file of the cluster that changed, the write-ahead log among them, what the server has
    said, and a dump. Runs of zeros are shortened."""
    server.sql("CHECKPOINT")
    found = {
        name: re.sub(rb"\0{64,}", b"\0" * 64, data)
        for name, data in server.files().items()
        if data != _as_made.get(name)
    }
    found[".dump"] = server.run("pg_dump", "test")
    found[".log"] = (server.folder / "server.log").read_bytes()
    return found


def leaks(data: Mapping[str, bytes], texts: set[str]) -> list[str]:
    """Which file holds which text."""
    whole = b"\0".join(data.values())
    found = [text for text in sorted(texts) if any(one in whole for one in spellings(text))]
    return [
        f"{name}: {text}"
        for text in found
        for name, held in data.items()
        if any(one in held for one in spellings(text))
    ]


def test_nothing_harvested_can_be_read(played: Played, server: Server | None) -> None:
    texts = canaries(played.sites)
    assert len(texts) > 200
    data = {name: held for name, held in files(played.home).items() if name.startswith(FOLDERS)}
    assert any(name.startswith("packs/") for name in data)
    if server:
        data |= in_server(server)
        assert b"COPY diarkiv_" in data[".dump"]
        assert {name.split("/")[0] for name in data} >= {"base", "pg_wal", "log", ".log"}
    else:
        assert {"db/projection.sqlite", "db/projection.sqlite-wal", "log/checkpoint"} <= set(data)
        with closing(sqlite3.connect(played.home / "db" / "projection.sqlite")) as connection:
            data[".dump"] = "\n".join(connection.iterdump()).encode()
            assert b"INSERT" in data[".dump"]
    data["names"] = "\n".join(files(played.home)).encode()
    assert leaks(data, texts) == []


def test_the_search_would_find_what_lay_open(played: Played) -> None:
    """The measure itself: the canaries are in the opened frames, and a planted one is found."""
    with played.app.ledger.database.read() as connection:
        seqs = [row.seq for row in connection.execute(select(t.entry)) if row.pack is not None]
    opened = played.app.ledger.open(seqs).values()
    held = "\n".join(
        json.dumps(one.envelope, ensure_ascii=False) + one.raw.decode("latin-1") for one in opened
    )
    texts = canaries(played.sites)
    there = {text for text in texts if any(s.decode("latin-1") in held for s in spellings(text))}
    assert len(there) > 200
    for text in ("Björkåsen", "brevlåda"):
        assert text in texts
        for spelling in spellings(text):
            assert leaks({"x": b"..." + spelling + b"..."}, texts)


def test_the_password_is_in_no_file(played: Played, server: Server | None) -> None:
    user, secret = LOGIN
    pair = f"{user}:{secret}".encode()
    short = secret.replace(" ", "")
    forms = {secret.encode(), short.encode(), base64.b64encode(pair), pair, secret[::-1].encode()}
    forms |= {base64.b64encode(f"{user}:{short}".encode()), base64.urlsafe_b64encode(pair)}
    forms |= {base64.b64encode(secret.encode()).rstrip(b"="), base64.b64encode(short.encode())}
    forms |= {secret.replace(" ", "+").encode(), secret.replace(" ", "%20").encode()}
    forms |= {pair.hex().encode(), secret.encode().hex().encode(), secret.encode("utf-16-le")}
    everything = files(played.home)
    if server:
        everything |= in_server(server)
        assert b"_operations.credential" in everything[".dump"]
    else:
        assert "db/operations.sqlite" in everything
    assert not [name for name, held in everything.items() for form in forms if form in held]
    # Nor sealed: a capture must not hold it, whoever may open it.
    with played.app.ledger.database.read() as connection:
        seqs = [row.seq for row in connection.execute(select(t.entry)) if row.pack is not None]
    for seq, one in played.app.ledger.open(seqs).items():
        held = json.dumps(one.envelope).encode() + one.raw
        assert not any(form in held for form in forms), f"entry {seq}"
    assert played.app.operations.get(channel_with_login(played)) is not None


def channel_with_login(played: Played) -> int:
    return next(c.seq for c in played.app.channels.channels() if c.platform == "wordpress")


def test_runs_name_no_item(played: Played) -> None:
    """Disposal does not reach a run's frame: it names records by number, addresses by template."""
    texts = canaries(played.sites) - {channel.platform for channel in CHANNELS}
    for result in played.results:
        envelope: Mapping[str, Any] = played.app.ledger.open_one(result["run"]).envelope
        assert leaks({"run": json.dumps(envelope, ensure_ascii=False).encode()}, texts) == []
        for _number, _method, template, *_ in envelope["exchanges"]:
            assert not re.search(r"/\d+(/|$)|include=\d|[?&]p=", template), template


def test_the_demo_has_its_gap_and_loses_nothing(played: Played) -> None:
    statuses = [result["status"] for result in played.results]
    assert len(statuses) == 12 * (len(CHANNELS) + 2)
    assert statuses.count("gap") >= 1
    with played.app.ledger.database.read() as connection:
        lines = connection.execute(select(t.coverage)).all()
        states = {row.state for row in connection.execute(select(t.record))}
    assert all(bool(line.reason) is (line.status != "complete") for line in lines)
    assert states <= {"visible", "held", "spam", "trashed", "missing_suspected", "hidden"} | {
        *("gone_confirmed", "author_gone", "unknown_access", "captured")
    }
    report = verify(played.home)
    assert (report.verdict.value, report.unexplained, report.findings) == ("Styrkt", 0, [])
    live = tables(played.app.ledger)
    played.app.ledger.rebuild()
    assert tables(played.app.ledger) == live


def test_deep_verification_names_the_entry_that_was_changed(played: Played) -> None:
    ledger, connectors = played.app.ledger, played.app.connectors
    assert verify_deep(ledger, connectors, lambda _done, _all: None) == []
    with ledger.database.read() as connection:
        version = connection.execute(select(t.version.c.seq)).scalars().all()[2]
        entry = connection.execute(select(t.entry).where(t.entry.c.seq == version)).one()
    pack = played.home / pack_name(entry.cohort, entry.pack)
    whole = pack.read_bytes()
    at = entry.offset + entry.length - 1
    file = os.open(pack, os.O_RDWR)
    try:
        os.pwrite(file, bytes([whole[at] ^ 1]), at)
        findings = verify_deep(ledger, connectors, lambda _done, _all: None)
        assert len(findings) == 1, findings
        assert f"Entry {version}:" in findings[0]
        assert verify(played.home).findings != []
    finally:
        os.pwrite(file, bytes([whole[at]]), at)
        os.close(file)
    assert verify_deep(ledger, connectors, lambda _done, _all: None) == []

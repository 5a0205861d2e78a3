"""Webhooks over real HTTP: greeted, sealed as they came, and a harvest asked for; else refused."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from werkzeug.serving import WSGIRequestHandler, make_server

from archiver.__main__ import main
from archiver.app import build
from archiver.connectors.facebook_push import read_hints
from archiver.connectors.hub import SIGNATURE_HEADER, sign, verify_token
from archiver.core.channel import Channel
from archiver.core.connector import Credential
from archiver.core.event import EventType, SealedEntry, parse
from archiver.core.observation import ItemRef
from archiver.demo.graph import GraphServer
from archiver.demo.graph_page import GraphPage
from archiver.errors import StoreUnavailable
from archiver.harvest.deep import verify_deep
from archiver.plugins import connectors
from archiver.store.seal import Opened
from archiver.web.hooks import MAX_BODY, Hooks, HookServices
from archiver.web.listening import listen
from tests.build import verify
from tests.homes import TestHome, make_home

APP_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PAGE = "100200300400500"
GONE: set[ItemRef] = set()
AT = datetime(2026, 2, 3, 8, 0, tzinfo=UTC)


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Tests read no access log."""


class Clock:
    """The wall clock of a test, in milliseconds."""

    def __init__(self) -> None:
        self.at = 1_770_106_000_000

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000


@dataclass
class Receiver:
    """The receiver of a home's webhooks on a port of its own."""

    home: TestHome
    channel: Channel
    other: Channel
    clock: Clock
    url: str
    page: GraphPage
    graph: GraphServer
    asked: list[int] = field(default_factory=list)

    def post(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, channel: int | None = None
    ) -> httpx.Response:
        signed = {SIGNATURE_HEADER: f"sha256={sign(body, APP_SECRET)}"}
        number = self.channel.seq if channel is None else channel
        with httpx.Client(trust_env=False) as client:
            given = signed if headers is None else headers
            return client.post(f"{self.url}/hooks/{number}", content=body, headers=dict(given))

    def get(self, path: str, **params: str) -> httpx.Response:
        with httpx.Client(trust_env=False) as client:
            return client.get(f"{self.url}{path}", params=params)

    def kept(self) -> list[Opened]:
        """Every `push_received` in the log."""
        log = self.home.ledger.log
        log.load()
        found = []
        for seq, data in enumerate(log.entries(0, log.size)):
            entry = parse(data)
            if isinstance(entry, SealedEntry) and entry.type == EventType.PUSH_RECEIVED:
                found.append(self.home.ledger.open_one(seq))
        return found


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    clock = Clock()
    home = make_home(tmp_path / "home", clock=clock)
    home.channels.add_authority("KS", "Kommunstyrelsen")
    channel = home.channels.add_channel(
        "facebook",
        f"https://www.facebook.com/{PAGE}",
        authority="KS",
        credential=Credential(secret="EAAtoken0123456789", signing=APP_SECRET),
    )
    other = home.channels.add_channel("feed", "https://testkoping.example/feed", authority="KS")
    asked: list[int] = []
    services = HookServices(
        ledger=home.ledger,
        channels=home.channels.channels,
        connector=home.channels.connector,
        credential=home.credentials.get,
        ask=asked.append,
        clock=clock,
        random=os.urandom,
        is_gone=lambda number, refs: number == channel.seq and not GONE.isdisjoint(refs),
    )
    page = GraphPage(id=PAGE, name="Testköpings kommun")
    page.publish(at=AT, text="Så plogar vi ❄️", ref="sno")
    page.comment(at=AT, on="sno", by="Åsa Björkåsen", text="Bra att ni börjar!", ref="c")
    server = make_server("127.0.0.1", 0, Hooks(services), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}"
    try:
        yield Receiver(home, channel, other, clock, url, page, GraphServer(page), asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- good ------------------------------------------------------------------------------------


def test_a_message_is_sealed_as_it_came_and_leads_to_a_harvest(receiver: Receiver) -> None:
    body = receiver.graph.message(receiver.page.changes)
    status = receiver.graph.push(
        f"{receiver.url}/hooks/{receiver.channel.seq}", APP_SECRET, receiver.page.changes
    )
    assert status == 200
    (opened,) = receiver.kept()
    assert opened.raw == body
    assert opened.envelope == {
        "channel": receiver.channel.seq,
        "received_at": receiver.clock.now(),
        "signature": [[SIGNATURE_HEADER, f"sha256={sign(body, APP_SECRET)}"]],
    }
    assert receiver.asked == [receiver.channel.seq]


def test_of_what_is_gone_nothing_is_kept(receiver: Receiver) -> None:
    """It was disposed of or stopped, and its platform tells of it with its words."""
    message = receiver.graph.message(receiver.page.changes)
    GONE.update(one.ref for one in read_hints(message, page=PAGE) if one.ref)
    try:
        assert receiver.post(message).status_code == 200
    finally:
        GONE.clear()
    (opened,) = receiver.kept()
    assert (opened.raw, opened.envelope["withheld"]) == (b"", True)
    assert receiver.asked == [receiver.channel.seq]


def test_what_was_kept_verifies_and_is_committed_to(receiver: Receiver) -> None:
    receiver.post(receiver.graph.message(receiver.page.changes))
    assert not verify(receiver.home.path).findings
    told = lambda _done, _all: None  # noqa: E731
    assert verify_deep(receiver.home.ledger, connectors(), told) == []


def test_nothing_of_a_message_stands_in_the_clear(receiver: Receiver) -> None:
    with capture_logs() as logs:
        receiver.post(receiver.graph.message(receiver.page.changes))
    canaries = ["Björkåsen", "plogar", PAGE, receiver.page.id_of("c"), APP_SECRET]
    assert not [one for one in canaries if one in str(logs)]
    assert [one["event"] for one in logs] == ["hooks.received"]
    for path in receiver.home.path.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not [one for one in canaries if one.encode() in data], path.name


def test_rebuild_knows_what_to_do_with_it(receiver: Receiver) -> None:
    receiver.post(receiver.graph.message(receiver.page.changes))
    receiver.home.ledger.rebuild()
    assert len(receiver.kept()) == 1


def test_the_platform_is_greeted(receiver: Receiver) -> None:
    word = verify_token(Credential(signing=APP_SECRET))
    query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "1158201444"}
    path = f"/hooks/{receiver.channel.seq}"
    answer = receiver.get(path, **query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert receiver.get(path, **{**query, "hub.verify_token": "fel"}).status_code == 403
    assert receiver.get(path).status_code == 403


def test_many_messages_ask_for_few_harvests(receiver: Receiver) -> None:
    for number in range(5):
        receiver.page.edit("c", f"ändring {number}", at=AT)
        assert receiver.post(receiver.graph.message(receiver.page.changes[-1:])).status_code == 200
        receiver.clock.at += 90_000
    assert len(receiver.kept()) == 5
    assert len(receiver.asked) == 2


def test_a_signed_message_of_unknown_shape_is_kept_and_a_reason_to_look(
    receiver: Receiver,
) -> None:
    assert receiver.post(b'{"object":"page","nytt":true}').status_code == 200
    assert len(receiver.kept()) == len(receiver.asked) == 1


def test_likes_are_not_kept(receiver: Receiver) -> None:
    like = {"item": "like", "verb": "add", "post_id": f"{PAGE}_1", "created_time": 1}
    assert receiver.post(receiver.graph.message([like])).status_code == 200
    assert not receiver.kept()
    assert not receiver.asked


# --- bad -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        {},
        {SIGNATURE_HEADER: "sha256=" + "0" * 64},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
    ],
)
def test_a_forged_message_leaves_a_count_and_nothing_else(
    receiver: Receiver, signature: Mapping[str, str]
) -> None:
    body = receiver.graph.message(receiver.page.changes)
    before = {path: path.stat().st_size for path in receiver.home.path.rglob("*")}
    with capture_logs() as logs:
        answer = receiver.post(body, signature)
        receiver.post(body, signature)
    assert (answer.status_code, answer.text) == (403, "refused")
    assert [(one["event"], one["count"]) for one in logs] == [
        ("hooks.forged", 1),
        ("hooks.forged", 2),
    ]
    assert "Björkåsen" not in str(logs)
    assert {path: path.stat().st_size for path in receiver.home.path.rglob("*")} == before
    assert not receiver.asked


def test_a_message_that_comes_twice_is_kept_once(receiver: Receiver) -> None:
    body = receiver.graph.message(receiver.page.changes)
    receiver.post(body)
    receiver.clock.at += 60_000
    assert receiver.post(body).status_code == 200
    assert len(receiver.kept()) == 1
    assert len(receiver.asked) == 1


def test_a_message_that_is_too_large_is_refused(receiver: Receiver) -> None:
    assert receiver.post(b"x" * (MAX_BODY + 1)).status_code == 413
    assert not receiver.kept()


def test_a_body_without_length_is_refused(receiver: Receiver) -> None:
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /hooks/{receiver.channel.seq} HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 411 " in connection.recv(4096).split(b"\r\n")[0]


def test_other_channels_and_addresses_are_all_alike(receiver: Receiver) -> None:
    body = receiver.graph.message(receiver.page.changes)
    unknown = receiver.post(body, channel=999_999)
    feed = receiver.post(body, channel=receiver.other.seq)
    elsewhere = receiver.get("/records")
    root = receiver.get("/")
    for answer in (unknown, feed, elsewhere, root):
        assert (answer.status_code, answer.text) == (404, "refused")
    assert not receiver.kept()


def test_other_methods_are_refused(receiver: Receiver) -> None:
    with httpx.Client(trust_env=False) as client:
        answer = client.put(f"{receiver.url}/hooks/{receiver.channel.seq}", content=b"{}")
    assert answer.status_code == 405


def test_a_flood_of_strangers_is_told_to_wait(receiver: Receiver) -> None:
    statuses = [receiver.get("/hooks/5").status_code for _ in range(130)]
    assert statuses.count(429) == 10
    assert receiver.post(receiver.graph.message(receiver.page.changes)).status_code == 200
    receiver.clock.at += 60_000
    assert receiver.get("/hooks/5").status_code == 404


def test_what_cannot_be_sealed_is_to_be_sent_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = receiver.graph.message(receiver.page.changes)

    def full(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(receiver.home.ledger.store, "append", full)
        assert receiver.post(body).status_code == 503
    assert receiver.post(body).status_code == 200
    assert len(receiver.kept()) == 1


def test_a_channel_that_is_added_later_is_found(receiver: Receiver) -> None:
    later = receiver.home.channels.add_channel(
        "facebook",
        "https://www.facebook.com/testkopingsbibliotek",
        authority="KS",
        credential=Credential(secret="EAAannan", signing=APP_SECRET),
    )
    body = receiver.graph.message(receiver.page.changes)
    assert receiver.post(body).status_code == 200
    receiver.clock.at += 10_000
    assert receiver.post(body, channel=later.seq).status_code == 200
    assert len(receiver.kept()) == 2


# --- the program -----------------------------------------------------------------------------


def test_the_program_receives_on_loopback_and_asks_the_worker(tmp_path: Path) -> None:
    app = build(tmp_path / "home", environment={})
    app.init(None)
    app.channels.add_authority("KS", "Kommunstyrelsen")
    credential = Credential(secret="EAAtoken0123456789", signing=APP_SECRET)
    address = f"https://www.facebook.com/{PAGE}"
    channel = app.channels.add_channel("facebook", address, authority="KS", credential=credential)
    assert app.hook(f"C{channel.seq}")["verify_token"] == verify_token(credential)
    page = GraphPage(id=PAGE, name="Testköpings kommun")
    page.publish(at=AT, text="Så plogar vi ❄️", ref="sno")
    words = [sys.executable, "-m", "archiver", "--home", str(app.home), "hooks"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DIARKIV_")}
    with subprocess.Popen(
        [*words, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            place = json.loads(process.stdout.readline())
            assert place["host"] == "127.0.0.1"
            url = f"http://127.0.0.1:{place['port']}/hooks/{channel.seq}"
            graph = GraphServer(page)
            assert graph.push(url, APP_SECRET, page.changes) == 200
            assert graph.push(url, "fel", page.changes) == 403
            oversized = [{**page.changes[0], "message": "x" * (MAX_BODY + 10)}]
            assert graph.push(url, APP_SECRET, oversized) == 413
        finally:
            process.send_signal(signal.SIGTERM)  # SIGINT is ignored by what a shell puts behind it
            _, errors = process.communicate(timeout=20)
    assert re.search(r"hooks\.forged", errors)
    with closing(app._jobs()) as jobs:
        assert [job.channel for job in jobs.journal.open_jobs()] == [channel.seq]


def diarkiv(home: Path, *words: str) -> int:
    """Run the program in this process; its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *words])
    return int(str(ended.value.code or 0))


def test_a_token_and_an_app_secret_are_given_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, file = tmp_path / "home", tmp_path / "fb.txt"
    diarkiv(home, "init")
    diarkiv(home, "authority", "add", "KS", "Kommunstyrelsen")
    add = ("channel", "add", "facebook", f"facebook.com/{PAGE}", "--authority", "KS", "--no-check")
    file.write_text("EAAtoken\nhemlig\nen rad för mycket\n")
    assert diarkiv(home, *add, "--credential", str(file)) == 2
    file.write_text("EAAtoken\n")
    assert diarkiv(home, *add, "--credential", str(file), "--json") == 0
    number = json.loads(capsys.readouterr().out.splitlines()[-1])["id"]
    assert diarkiv(home, "hooks", "--show", number) == 2  # no app secret yet
    file.write_text(f"EAAtoken\n{APP_SECRET}\n")
    assert diarkiv(home, "channel", "credential", number, str(file)) == 0
    capsys.readouterr()
    assert diarkiv(home, "hooks", "--show", number, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "channel": number,
        "path": f"/hooks/{number.removeprefix('C')}",
        "verify_token": verify_token(Credential(signing=APP_SECRET)),
    }
    assert APP_SECRET not in str(told)


def test_a_port_that_is_taken_is_said_to_be() -> None:
    first = listen("127.0.0.1", 0)
    try:
        with pytest.raises(Exception, match="cannot be used"):
            listen("127.0.0.1", first.getsockname()[1])
    finally:
        first.close()

"""The guided check: what it says of accounts that can and cannot be read, and that it keeps
nothing."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from archiver.channels.check import CheckResult, check
from archiver.core.connector import Blind, ControlStatus, Credential, Target
from archiver.demo.rounds import LOGIN
from archiver.demo.server import DemoServer
from archiver.harvest.address import AllowedAddress
from archiver.harvest.http import Limits, RecordingClient
from archiver.plugins import connectors
from tests.build import FakeClock
from tests.fakes import Answer, FakeHttp, Request
from tests.homes import make_home
from tests.unit.channels.invented import Invented
from tests.unit.channels.sites import demo_site

URL = "https://pahittad.example"
POSTS = [
    {"id": "1", "at": "2026-11-01T08:00:00+00:00", "by": "7", "name": "Testköping"},
    {"id": "2", "at": "2026-11-11T08:00:00+00:00", "by": "7", "name": "Testköping"},
    {"id": "3", "at": "2026-11-11T08:00:00+00:00", "by": "9", "name": "Alva Ekbacke"},
    {"id": "4", "files": [f"{URL}/a.png", "https://annan.example/b.png"]},
    {"text": "utan id"},
]


def script(account: dict[str, object], lists: bool = True) -> tuple[FakeHttp, list[str]]:
    asked: list[str] = []

    def answer(request: Request) -> Answer:
        path = request.url.removeprefix(URL).removeprefix("https://ny.example")
        asked.append(path + "?".join(["", *request.params.values()]))
        if path == "/account":
            return Answer(body=json.dumps(account).encode())
        if not lists:
            return Answer(status=503)
        rows = POSTS if path == "/posts" else [{"id": "c1"}]
        return Answer(body=json.dumps({"rows": rows, "total": 12}).encode())

    return FakeHttp(answer), asked


def looked(account: dict[str, object], login: bool = False, lists: bool = True) -> CheckResult:
    http, _ = script(account, lists)
    credential = Credential(secret="x") if login else None
    return check(Invented(), Target(url=URL, credential=credential), http, FakeClock())


def test_the_first_page_of_each_list_is_counted() -> None:
    http, asked = script({"expires": 99, "scopes": ["read"]})
    steps: list[tuple[int, int, str]] = []
    target = Target(url=URL)
    found = check(Invented(), target, http, FakeClock(), lambda *step: steps.append(step))
    assert asked == ["/account", "/posts", "/answers?1,2,3"]
    assert steps == [(0, 3, "control"), (1, 3, "posts"), (2, 3, "answers"), (3, 3, "")]
    posts, answers = found.sights
    assert (posts.seen, posts.expected, posts.kinds) == (5, 12, {"post": 4})
    assert (posts.media, posts.own_media, posts.unreadable) == (2, 1, 1)
    assert (posts.problem, found.readable) == ("bad_items", False)
    assert posts.newest is not None
    assert posts.oldest is not None
    assert posts.newest - posts.oldest == 10 * 86_400_000
    assert posts.posts_per_day == pytest.approx(0.4)
    assert (answers.seen, answers.calls) == (1, 12)
    assert (found.status, found.name, found.requests) == (ControlStatus.OK, "Testköping", 3)
    assert (found.expires_at, found.scopes) == (99, ("read",))
    assert (found.reading.first, found.reading.whole) == (3, 1 + 3 + 12)


def test_what_is_not_seen_and_what_a_login_would_add() -> None:
    without, with_login = looked({}), looked({}, login=True)
    assert without.blind == {Blind.WHO_REMOVED, Blind.HELD, Blind.HIDDEN}
    assert without.gains == {Blind.HELD, Blind.HIDDEN}
    assert with_login.blind == {Blind.WHO_REMOVED}
    assert with_login.gains == frozenset()


@pytest.mark.parametrize("status", [s for s in ControlStatus if s is not ControlStatus.OK])
def test_an_account_that_cannot_be_read_is_not_enumerated(status: ControlStatus) -> None:
    found = looked({"status": status.value, "detail": "code:9"})
    assert (found.status, found.detail, found.sights) == (status, "code:9", ())
    assert not found.readable


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        ("expired", ControlStatus.LOGIN_EXPIRED),
        ("gone", ControlStatus.ACCOUNT_GONE),
        ("changed", ControlStatus.CHANGED),
    ],
)
def test_what_a_control_read_raises_is_a_finding(raised: str, status: ControlStatus) -> None:
    assert looked({"raise": raised}).status is status


def test_a_list_that_does_not_come_is_a_finding() -> None:
    found = looked({}, lists=False)
    assert [(one.collection, one.problem) for one in found.sights] == [
        ("posts", "unreachable"),
        ("answers", ""),  # no post to look under
    ]
    assert not found.readable


def test_an_address_that_was_looked_up_is_told() -> None:
    assert looked({"at": "https://ny.example"}).leads_to == "https://ny.example"
    assert looked({}).leads_to == ""


def test_time_runs_out() -> None:
    clock = FakeClock()
    http, asked = script({})
    found = check(
        Invented(), Target(url=URL), http, clock, lambda *_: clock.advance(40_000), seconds=60
    )
    assert asked == ["/account"]
    assert {one.problem for one in found.sights if one.calls} == {"unreachable"}


# --- over real HTTP ------------------------------------------------------------------------------


def over_http(server: DemoServer, platform: str, path: str, login: bool) -> CheckResult:
    host, port = server.address
    connector = connectors()[platform]
    credential = Credential(user=LOGIN[0], secret=LOGIN[1]) if login else None
    target = Target(url=connector.normalise_target(server.url + path), credential=credential)
    with RecordingClient(
        target,
        now=lambda: 0,
        sleep=lambda _: None,
        rng=random.Random(1),
        allowed=[AllowedAddress.parse(f"{host}:{port}")],
        limits=Limits(interval=0, attempts=1),
        proxies={},
    ) as http:
        return check(connector, target, http, FakeClock())


def test_a_real_server_and_nothing_kept(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    size = home.ledger.log.size
    with DemoServer(demo_site(posts=3, comments=2)) as server:
        anyone, editor = (
            over_http(server, "wordpress", "", False),
            over_http(server, "wordpress", "", True),
        )
        feed = over_http(server, "feed", "/feed/", False)
        wrong = over_http(server, "wordpress", "/inte-har", False)
    assert anyone.readable
    assert [(s.collection, s.seen, s.expected) for s in anyone.sights] == [
        ("posts:publish", 3, 3),
        ("comments:approve", 2, 2),
    ]
    assert Blind.HELD in anyone.gains
    assert editor.authenticated
    assert len(editor.sights) == 7
    assert (feed.readable, feed.sights[0].seen, feed.gains) == (True, 3, frozenset())
    assert wrong.status is not ControlStatus.OK
    home.ledger.log.load()
    assert home.ledger.log.size == size
    gone = over_http(server, "wordpress", "", False)
    assert gone.status is ControlStatus.UNREACHABLE


def test_a_private_address_is_not_visited() -> None:
    connector = connectors()["wordpress"]
    target = Target(url="http://127.0.0.1")
    with RecordingClient(
        target, now=lambda: 0, sleep=lambda _: None, rng=random.Random(1), proxies={}
    ) as http:
        found = check(connector, target, http, FakeClock())
    assert (found.status, found.refused_address) == (ControlStatus.UNREACHABLE, True)

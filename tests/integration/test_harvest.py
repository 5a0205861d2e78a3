"""Harvesting a site that changes, over real HTTP: what the archive must hold after each change."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from archiver.cli.captures import read_capture
from archiver.core.channel import Channel
from archiver.core.record import DateBasis
from archiver.db import tables as t
from archiver.db.queries import media_parts
from archiver.demo.server import DemoServer
from archiver.demo.site import DemoSite, Moderation, User
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.deep import verify_deep
from archiver.harvest.service import RunResult
from archiver.plugins import connectors
from tests.build import FakeClock, tables, verify
from tests.homes import TestHome, make_home
from tests.unit.harvest.web import answer, web

pytestmark = pytest.mark.usefixtures("each_database")

LOGIN = ("diarkiv", "abcd Efgh ijkl Mnop qrst uvwx")
HOUR = 3_600_000


class Town:
    """A site on a local server, a home with a channel on it, and one clock for both.

    `sent` is what the server answered, `meanwhile` is called before each answer is read; a request
    whose address holds `refuse` gets a 500."""

    def __init__(self, path: Path, *, login: bool = True, feed: int = 0) -> None:
        users = (
            User(id=1, login="redaktion", name="Testköpings kommun"),
            User(id=2, login=LOGIN[0], name="Diarkiv", application_password=LOGIN[1]),
        )
        self.clock = FakeClock()
        self.site = DemoSite(name="Testköping", users=users, feed_size=feed or 10)
        self.server = DemoServer(self.site, now=self.clock.now)
        self.sent: list[tuple[str, bytes]] = []
        self.refuse = ""
        self.meanwhile: Callable[[str], object] = lambda _address: None
        self._listen()
        self.home = make_home(path, clock=self.clock)
        place = "{}:{}".format(*self.server.address)
        platform, url = ("feed", "/feed/") if feed else ("wordpress", "/")
        given = LOGIN if login and not feed else None
        self.channel = self.home.add_channel(platform, self.server.url + url, place, given)

    def _listen(self) -> None:
        inner: Callable[..., Any] = self.server._server.app

        def app(environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
            address = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
            if self.refuse and self.refuse in address:
                start("500 Internal Server Error", [("Content-Length", "0")])
                return [b""]
            body = b"".join(inner(environ, start))
            self.sent.append((address.removesuffix("?"), body))
            self.meanwhile(address)
            return [body]

        self.server._server.app = app  # type: ignore[method-assign,assignment]

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.clock.wall / 1000, UTC)

    def post(self, title: str = "Badet öppnar", html: str = "<p>Välkomna!</p>") -> int:
        return self.site.publish_post(at=self.at, title=title, html=html)

    def comment(self, post: int, text: str = "Tack", **how: Any) -> int:
        return self.site.comment(post, at=self.at, name="Bo Ek", text=text, **how)

    def harvest(self) -> RunResult:
        """An hour later, a run."""
        self.clock.advance(HOUR)
        return run(self.home, self.channel)

    def state(self, kind: str, number: int) -> str:
        return archived(self.home)[kind, number][0]

    def changes(self, kind: str, number: int) -> list[str]:
        """What each version of an item changed."""
        return [seen.changes for seen in archived(self.home)[kind, number][1]]


@contextmanager
def town(path: Path, **how: Any) -> Iterator[Town]:
    one = Town(path, **how)
    with one.server:
        yield one
        assert_sound(one.home)


def run(home: TestHome, channel: Channel) -> RunResult:
    """A run."""
    return home.harvest(channel)


class Seen(NamedTuple):
    """One version as its envelope has it."""

    state: str
    title: str
    text: str
    changes: str = ""


def archived(home: TestHome) -> dict[tuple[str, int], tuple[str, list[Seen]]]:
    """Item → (state now, its versions in order), read from the sealed frames."""
    with home.ledger.database.read() as connection:
        states = {row.seq: row.state for row in connection.execute(select(t.record))}
        rows = connection.execute(select(t.version).order_by(t.version.c.seq)).all()
    opened = home.ledger.open([row.seq for row in rows])
    found: dict[tuple[str, int], tuple[str, list[Seen]]] = {}
    for row in rows:
        e: Mapping[str, Any] = opened[row.seq].envelope
        key = (e["kind"], int(e["native_id"]))
        seen = Seen(e["state"], e.get("title", ""), e.get("text", ""), row.changes)
        versions = found.setdefault(key, (states[row.record], []))[1]
        versions.append(seen)
        assert row.n == e["n"] == len(versions)  # so one item is one record
    return found


def rows_of(home: TestHome, table: Any) -> list[Any]:
    with home.ledger.database.read() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def assert_sound(home: TestHome) -> None:
    """It verifies without and with keys, and rebuilt tables equal the live ones."""
    assert verify_deep(home.ledger, connectors(), lambda _done, _all: None) == []
    report = verify(home.path)
    assert (report.verdict.value, report.unexplained, report.findings) == ("Styrkt", 0, [])
    live = tables(home.ledger)
    home.ledger.rebuild()
    assert tables(home.ledger) == live


# --- versions and states -------------------------------------------------------------------------


def test_every_named_state_with_a_login(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        one, other = it.comment(post), it.comment(post, "Hej", status="hold")
        reply = it.comment(post, "Svar", parent=one, author=1)
        first = it.harvest()
        assert (first.status, first.count("created")) == (Status.COMPLETE, 4)

        def moderate(status: Moderation) -> Callable[[], object]:
            return lambda: it.site.set_comment_status(one, status, at=it.at)

        steps: list[tuple[Callable[[], object], str]] = [
            (lambda: it.site.edit_comment(one, at=it.at, text="Nej"), "visible"),
            (moderate("hold"), "held"),
            (moderate("spam"), "spam"),
            (moderate("trash"), "trashed"),
            (moderate("approve"), "visible"),
            (lambda: it.site.trash_post(post, at=it.at), "trashed"),
            (lambda: it.site.untrash_post(post, at=it.at), "visible"),
        ]
        for step, state in steps:
            step()
            assert it.harvest().status is Status.COMPLETE
            assert it.state("comment", one) == state
        assert it.changes("comment", one) == [
            *("created", "edited", "hidden", "hidden", "hidden"),
            *("unhidden", "hidden", "unhidden"),
        ]
        assert it.changes("comment", other) == ["created", "hidden", "hidden"]
        assert it.changes("post", post) == ["created", "hidden", "unhidden"]
        gone = it.site.find_comment(one)
        it.site.delete_comment(one, at=it.at)
        result = it.harvest()
        assert (result.status, result.count("missing")) == (Status.COMPLETE, 1)
        assert it.state("comment", one) == "missing_suspected"
        assert it.changes("comment", reply)[-1] == "edited"  # it moved up: its parent is another
        versions = len(it.changes("comment", one))
        assert it.harvest().count("missing") == 1  # an hour later: the first confirming probe
        assert it.state("comment", one) == "missing_suspected"
        assert gone
        it.site._comments[one] = gone
        assert it.harvest().count("unchanged") == 4
        assert (it.state("comment", one), len(it.changes("comment", one))) == ("visible", versions)


def test_without_a_login_hidden_is_unknown_and_never_deleted(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        post, trashed = it.post(), it.post("Annat")
        held, spam, gone, child = (it.comment(p) for p in (post, post, post, trashed))
        it.harvest()
        it.site.set_comment_status(held, "hold", at=it.at)
        it.site.set_comment_status(spam, "spam", at=it.at)
        it.site.delete_comment(gone, at=it.at)
        it.site.trash_post(trashed, at=it.at)
        result = it.harvest()
        assert (result.status, result.count("missing")) == (Status.COMPLETE, 5)
        assert [it.state("comment", c) for c in (held, spam, child)] == ["unknown_access"] * 3
        assert it.state("post", trashed) == "unknown_access"
        assert it.state("comment", gone) == "missing_suspected"
        it.site.set_comment_status(held, "approve", at=it.at)
        it.site.untrash_post(trashed, at=it.at)
        it.harvest()
        assert [it.state("post", p) for p in (post, trashed)] == ["visible"] * 2
        assert [it.state("comment", c) for c in (held, child)] == ["visible"] * 2
        assert it.state("comment", spam) == "unknown_access"
        assert it.state("comment", gone) == "missing_suspected"
        assert len(rows_of(it.home, t.version)) == 6


def test_a_post_made_a_draft_is_hidden_until_it_is_back(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        it.harvest()
        shown = it.site.find_post(post)
        assert shown
        it.site._posts[post] = replace(shown, status="draft")  # type: ignore[arg-type]
        sizes = []
        for _ in range(3):
            assert it.harvest().status is Status.COMPLETE
            assert it.state("post", post) == "hidden"
            sizes.append(len(rows_of(it.home, t.capture)))
        assert len(set(sizes)) == 1  # the same finding is kept once
        it.site._posts[post] = shown
        it.harvest()
        assert it.state("post", post) == "visible"
        assert it.changes("post", post) == ["created"]


def test_private_posts_are_counted_once_each(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        posts = [it.post(f"Nyhet {n}") for n in range(5)]
        it.harvest()
        for post in posts:
            shown = it.site.find_post(post)
            assert shown
            it.site._posts[post] = replace(shown, status="private")  # type: ignore[arg-type]
        for changed in (5, 0, 0):
            result = it.harvest()
            assert (result.count("seen"), result.count("changed")) == (5, changed)
        assert {it.state("post", post) for post in posts} == {"hidden"}


def test_each_disappearance_has_evidence_of_its_own(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post()
        comments = [it.comment(post) for _ in range(4)]
        it.harvest()
        for group in (comments[:3], comments[3:]):
            for comment in group:
                it.site.delete_comment(comment, at=it.at)
            it.harvest()
        captured = [read_capture(it.home.ledger, row.seq) for row in rows_of(it.home, t.capture)]
        asked = {one["url"].partition("?")[0].rpartition("/")[2] for one in captured}
        assert {str(comment) for comment in comments} <= asked


# --- coverage ------------------------------------------------------------------------------------


def test_a_feed_says_when_nothing_is_new_and_when_too_much_was(tmp_path: Path) -> None:
    with town(tmp_path, feed=3) as it:
        it.post("Ett")
        it.harvest()
        result = it.harvest()  # 304
        assert (result.status, result.count("seen")) == (Status.COMPLETE, 0)
        run = it.home.ledger.open_one(result.seq).envelope
        assert [line[3] for line in run["exchanges"]] == [200, 304]  # type: ignore[index,union-attr]
        for number in range(4):
            it.clock.advance(1000)
            it.post(f"Nytt {number}")
        passed = it.harvest()
        assert (passed.status, passed.tallies[0].reason) == (Status.GAP, Reason.WINDOW_PASSED)
        assert passed.count("created") == 3  # and what could be seen is kept
        it.post("Fem")
        assert it.harvest().status is Status.COMPLETE
        assert {row.state for row in rows_of(it.home, t.record)} == {"visible"}


@pytest.mark.parametrize("login", [True, False])
def test_an_unchanged_run_writes_one_event(tmp_path: Path, login: bool) -> None:
    with town(tmp_path, login=login) as it:
        it.comment(it.post())
        it.harvest()
        before = rows_of(it.home, t.entry)
        for _ in range(3):
            it.harvest()
        new = rows_of(it.home, t.entry)[len(before) :]
        assert [entry.type for entry in new] == ["run"] * 3


def test_legal_dates_say_what_they_rest_on(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        posted = it.clock.wall
        post = it.post()
        it.harvest()
        it.clock.advance(HOUR // 2)
        said = it.clock.wall
        it.comment(post)
        back, late = it.comment(post), it.comment(post)
        it.site._comments[back] = replace(it.site._comments[back], at=it.at.replace(year=2020))
        it.site._comments[late] = replace(it.site._comments[late], at=it.at.replace(year=2030))
        it.harvest()
        seen = it.clock.wall
        it.clock.advance(300)
        it.harvest()  # a look 0.3 seconds into a second, and in that second, after it, a comment:
        it.clock.advance(400)
        soon = it.comment(post)  # the platform tells whole seconds
        it.harvest()
        assert legal(it.home) == [
            ("drawn_up", posted, DateBasis.UNOBSERVED),
            ("received", said, DateBasis.PLATFORM),
            ("received", seen, DateBasis.FIRST_SEEN),
            ("received", seen, DateBasis.FIRST_SEEN),
            ("received", seen + HOUR, DateBasis.PLATFORM),
        ]
        assert it.state("comment", soon) == "visible"


def test_what_comes_while_a_run_goes_on_was_not_looked_for_yet(tmp_path: Path) -> None:
    with town(tmp_path, login=False) as it:
        post, said = it.post(), list[int]()

        def comment(address: str) -> None:
            if "/comments" in address and not said:
                it.clock.advance(20_000)
                said.append(it.clock.wall)
                it.comment(post)
                it.clock.advance(20_000)

        it.meanwhile = comment
        it.harvest()
        it.harvest()
        assert legal(it.home)[-1] == ("received", said[0], DateBasis.PLATFORM)


def legal(home: TestHome) -> list[tuple[str, int, str]]:
    return [(r.origin, r.legal_at, r.legal_basis) for r in rows_of(home, t.record)]


# --- evidence and media --------------------------------------------------------------------------


def test_captures_give_back_what_the_server_sent(tmp_path: Path) -> None:
    with town(tmp_path) as it:
        post = it.post("Snö & is", '<p>Åtta cm ❄️ "snö"</p>')
        one = it.comment(post, "Rad ett\n\nRad två 👍")
        it.harvest()
        it.comment(post, "Svar", parent=one)  # the first comment now links to its replies
        it.harvest()
        it.site.edit_post(post, at=it.at, html="<p>Nio cm</p>")
        it.harvest()
        exact = elided = 0
        for row in rows_of(it.home, t.capture):
            found = read_capture(it.home.ledger, row.seq)
            address = found["url"].removeprefix(it.server.url)
            sent = [body for asked, body in it.sent if asked == address]
            assert found["elided"] or found["body"] in sent
            exact += not found["elided"]
            elided += found["elided"]
        assert (exact, elided) == (3, 1)


def test_own_media_are_kept_and_others_are_not_asked_for(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(2**20 * 2 + 17)
    with web() as third, town(tmp_path) as it:
        third.says("/x.png", answer(b"theirs"))
        it.home.add_channel("feed", third.url("/"), third.place)  # its address is open, and yet
        it.site.add_media(at=it.at, filename="karta.png", data=picture)
        path = it.site.media()[0].path
        shown = f'<img src="{{home}}/wp-content/uploads/{path}"><img src="{third.url("/x.png")}">'
        it.post(html=shown)
        it.comment(it.site.posts()[0].id, it.server.url + f"/wp-content/uploads/{path}?a")
        it.harvest()
        (row,) = rows_of(it.home, t.media)
        assert joined(it.home, row.version, row.number) == picture
        it.site.edit_post(it.site.posts()[0].id, at=it.at, html=shown + "<p>Mer</p>")
        it.harvest()
        assert len(rows_of(it.home, t.component)) == 3  # fetched once
        assert third.requests == []


def joined(home: TestHome, version: int, number: int) -> bytes:
    with home.ledger.database.read() as connection:
        seqs = media_parts(connection, version, number)
    return b"".join(home.ledger.open_one(seq).raw for seq in seqs)

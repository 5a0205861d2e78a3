"""Harvesting a page of a local Graph API over real HTTP: what the archive holds after each change,
what is said of what could not be seen, and that no token is anywhere in the home."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import select

from archiver.core.connector import Credential
from archiver.core.event import EventType, SealedEntry, parse
from archiver.core.plan import RunPlan, Scope
from archiver.core.record import milliseconds
from archiver.db import tables as t
from archiver.demo.graph import ENGAGEMENT, USER_CONTENT, GraphServer, Token
from archiver.demo.graph_page import GraphPage
from archiver.demo.graph_story import PAGE_ROUNDS, PAGE_URL, TOKEN, new_server
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.deep import verify_deep
from archiver.harvest.service import RunResult
from archiver.plugins import connectors
from tests.build import FakeClock, tables, verify
from tests.homes import make_home

PAGE = "100200300400500"
HOUR = 3_600_000
DAY = 24 * HOUR
SYSTEM = "EAAsystemanvandare0123456789"
APP_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


Serve: TypeAlias = Callable[[Callable[[], int]], GraphServer]


def graph(*, limit: int = 4800, size: int = 100, token: Token | None = None) -> Serve:
    """A Graph with an empty page, on the clock it is given."""

    def serve(now: Callable[[], int]) -> GraphServer:
        page = GraphPage(id=PAGE, name="Testköpings kommun")
        tokens = [token or Token(secret=TOKEN)]
        return GraphServer(page, tokens, limit=limit, size=size, now=now)

    return serve


class Side:
    """A page on a local Graph, a home with it as a channel, and one clock for both."""

    def __init__(self, path: Path, serve: Serve, token: str) -> None:
        self.clock = FakeClock()
        self.server = serve(self.clock.now)
        self.page = self.server.page
        url = self.server.start()
        self.home = make_home(path / "home", clock=self.clock)
        self.home.channels.add_authority("KS", "Kommunstyrelsen")
        self.channel = self.home.channels.add_channel(
            "facebook",
            PAGE_URL,
            authority="KS",
            credential=Credential(secret=token, signing=APP_SECRET),
            allow=[url.removeprefix("http://")],
        )

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.clock.wall // 1000, UTC)

    def publish(self, ref: str, text: str = "Badet öppnar 🏊", **how: Any) -> None:
        self.page.publish(at=self.at, text=text, ref=ref, **how)

    def comment(self, on: str, ref: str, text: str = "Tack!", **how: Any) -> None:
        who = {"by": "Åsa Björkåsen"} | how
        self.page.comment(at=self.at, on=on, ref=ref, text=text, **who)

    def harvest(self, later: int = HOUR, plan: RunPlan = RunPlan()) -> RunResult:  # noqa: B008
        """Some time later, a run."""
        self.clock.advance(later)
        return self.home.harvest(self.channel, plan, options={"graph": self.server.url})

    def envelopes(self, ref: str) -> list[Mapping[str, Any]]:
        """The versions of what the script calls `ref`, from their sealed frames."""
        native = self.page.id_of(ref)
        with self.home.ledger.database.read() as connection:
            rows = connection.execute(select(t.version.c.seq).order_by(t.version.c.seq)).all()
        opened = self.home.ledger.open([row.seq for row in rows])
        found = [one.envelope for _, one in sorted(opened.items())]
        return [one for one in found if one["native_id"] == native]

    def state(self, ref: str) -> str:
        record = self.envelopes(ref)[-1].get("record")
        with self.home.ledger.database.read() as connection:
            rows = connection.execute(select(t.version.c.seq, t.version.c.record)).all()
            first = {row.seq: row.record for row in rows}
            states = {r.seq: r.state for r in connection.execute(select(t.record))}
        if record is None:
            native = self.page.id_of(ref)
            opened = self.home.ledger.open(list(first))
            record = next(first[s] for s, o in opened.items() if o.envelope["native_id"] == native)
        return str(states[record])

    def states(self, *refs: str) -> list[str]:
        return [self.state(ref) for ref in refs]

    def versions(self) -> int:
        with self.home.ledger.database.read() as connection:
            return len(connection.execute(select(t.version.c.seq)).all())

    def types(self) -> list[str]:
        with self.home.ledger.database.read() as connection:
            return [row.type for row in connection.execute(select(t.entry).order_by(t.entry.c.seq))]


@contextmanager
def side(path: Path, serve: Serve | None = None, token: str = TOKEN) -> Iterator[Side]:
    one = Side(path, serve or graph(), token)
    try:
        yield one
        assert_sound(one)
        assert_no_secret(one)
    finally:
        one.server.stop()


def assert_sound(one: Side) -> None:
    """It verifies without and with keys, and rebuilt tables equal the live ones."""
    ledger = one.home.ledger
    assert verify_deep(ledger, connectors(), lambda _done, _all: None) == []
    report = verify(one.home.path)
    assert (report.unexplained, report.findings) == (0, [])
    live = tables(ledger)
    ledger.rebuild()
    assert tables(ledger) == live


def assert_no_secret(one: Side) -> None:
    """No token and no app secret in any byte of the home, opened frames included."""
    secrets = [token.encode() for token in (*one.server.tokens, APP_SECRET)]
    for path in one.home.path.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not any(secret in data for secret in secrets), path.name
    ledger = one.home.ledger
    ledger.log.load()
    for seq, data in enumerate(ledger.log.entries(0, ledger.log.size)):
        if isinstance(parse(data), SealedEntry):
            opened = ledger.open_one(seq)
            told = json.dumps(opened.envelope).encode() + opened.raw
            assert not any(secret in told for secret in secrets), seq


def tally(result: RunResult, name: str) -> tuple[Status, Reason]:
    one = next(tally for tally in result.tallies if tally.collection.name == name)
    return one.status, one.reason


def busy(it: Side) -> None:
    """Two posts with seven comments."""
    it.publish("bad")
    it.publish("buss", "Nya tider för buss 4")
    for number in range(4):
        it.comment("bad", f"b{number}", f"nr {number}")
    it.comment("bad", "svar", "Välkommen!", to="b0", by="")
    it.comment("buss", "t0", "Äntligen")
    it.comment("buss", "t1", "Nej")


# --- what is there -----------------------------------------------------------------------------


def test_posts_comments_and_replies_with_who_said_them(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        result = it.harvest()
        assert (result.status, result.count("created")) == (Status.COMPLETE, 9)
        (post,), (comment,), (reply,) = (it.envelopes(ref) for ref in ("bad", "b0", "svar"))
        assert (post["kind"], comment["kind"], reply["kind"]) == ("post", "comment", "reply")
        assert [one["origin"] for one in (post, comment, reply)] == [
            "drawn_up",
            "received",
            "drawn_up",
        ]
        assert comment["author_name"] == "Åsa Björkåsen"
        assert comment["root"] == ["post", it.page.id_of("bad")]
        assert reply["parent"] == ["comment", it.page.id_of("b0")]
        assert reply["created_at"] == milliseconds(it.at - timedelta(hours=1))


def test_an_unchanged_run_writes_one_event(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.publish("bild", pictures=(b"png-ett", b"png-tva"), link="https://testkoping.example")
        it.comment("bild", "foto", picture=b"png-tre")
        it.harvest()
        before = it.types()
        for _ in range(2):
            assert it.harvest().status is Status.COMPLETE
        assert it.types()[len(before) :] == ["run", "run"]


def test_own_pictures_are_fetched_at_first_sight_and_others_are_not(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        it.publish("bild", pictures=(b"png-ett", b"png-tva"))
        it.comment("bild", "deras", picture=b"png-tre")
        it.comment("bild", "vara", picture=b"png-fyra", by="")
        assert it.harvest().status is Status.COMPLETE
        ledger = it.home.ledger
        ledger.log.load()
        files = []
        for seq, data in enumerate(ledger.log.entries(0, ledger.log.size)):
            entry = parse(data)
            if isinstance(entry, SealedEntry) and entry.type == EventType.COMPONENT:
                files.append(ledger.open_one(seq).raw)
        assert sorted(files) == [b"png-ett", b"png-fyra", b"png-tva"]


def test_edits_hides_and_removals(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.page.edit("b1", "ändrad", at=it.at)
        it.page.edit("bad", "Badet stänger", at=it.at)
        it.page.hide("b2", at=it.at)
        it.page.remove("b3", at=it.at, by="Åsa Björkåsen")
        result = it.harvest()
        assert (result.status, result.count("changed")) == (Status.COMPLETE, 3)
        assert it.states("b1", "b2", "b3") == ["visible", "hidden", "missing_suspected"]
        assert [one["text"] for one in it.envelopes("b1")] == ["nr 1", "ändrad"]
        assert [one["text"] for one in it.envelopes("bad")] == ["Badet öppnar 🏊", "Badet stänger"]
        it.page.hide("b2", at=it.at, hidden=False)
        it.harvest()
        assert it.state("b2") == "visible"
        assert [one["changes"] for one in it.envelopes("b2")] == [
            ["created"],
            ["hidden"],
            ["unhidden"],
        ]
        for wait in (DAY, 3 * DAY):
            it.harvest(wait)
        assert it.state("b3") == "gone_confirmed"
        assert len(it.envelopes("b3")) == 1


def test_a_part_run_reads_what_is_new_and_the_threads_it_is_given(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.comment("bad", "ny", "Sent svar")
        it.comment("buss", "olast", "Läses inte nu")
        it.publish("nytt", "Nytt inlägg")
        with it.home.ledger.database.read() as connection:
            posts = [r.seq for r in connection.execute(select(t.record)) if r.kind == "post"]
        by_native = {it.home.ledger.open_one(seq).envelope["native_id"]: seq for seq in posts}
        since = milliseconds(it.at - timedelta(minutes=30))
        plan = RunPlan(scope=Scope.PART, since=since, threads=(by_native[it.page.id_of("bad")],))
        result = it.harvest(plan=plan)
        assert result.status is Status.COMPLETE
        assert len(it.envelopes("ny")) == len(it.envelopes("nytt")) == 1
        assert not it.envelopes("olast")


def test_lists_come_whole_though_others_write_meanwhile(tmp_path: Path) -> None:
    with side(tmp_path, graph(size=3)) as it:
        for number in range(8):
            it.publish(f"p{number}", f"inlägg {number}")
            it.clock.advance(1000)
        for number in range(10):
            it.comment("p7", f"c{number}", f"nr {number}")
        made = 0

        def write(_call: int) -> None:
            nonlocal made
            made += 1
            it.publish(f"mitt{made}", "mitt i allt")
            it.comment("p7", f"under{made}", "mitt i allt")
            if made == 4:
                it.page.remove("c1", at=it.at)

        it.server.between = write
        result = it.harvest(0)
        it.server.between = lambda _call: None
        assert result.status is Status.COMPLETE
        known = [f"p{n}" for n in range(8)] + [f"c{n}" for n in range(10) if n != 1]
        assert all(len(it.envelopes(ref)) == 1 for ref in known)
        assert any("after=" in asked for asked in it.server.asked)
        assert not any("access_token" in asked for asked in it.server.asked)


def test_expired_cursors_cost_a_second_reading_only(tmp_path: Path) -> None:
    with side(tmp_path, graph(size=2)) as it:
        it.publish("bad")
        for number in range(5):
            it.comment("bad", f"b{number}", f"nr {number}")

        def expire(call: int) -> None:
            if call == 5:
                it.server.expire_cursors()

        it.server.between = expire
        result = it.harvest(0)
        assert (result.status, result.count("created")) == (Status.COMPLETE, 6)


# --- what cannot be seen -----------------------------------------------------------------------


AT_CONTROL = [
    ("expired", Reason.LOGIN_EXPIRED),
    ("revoked", Reason.LOGIN_REFUSED),
    ("app-removed", Reason.LOGIN_REFUSED),
    ("logged-out", Reason.LOGIN_REFUSED),
    ("rights", Reason.MISSING_RIGHTS),
    ("quota", Reason.QUOTA_EXHAUSTED),
    ("app-quota", Reason.QUOTA_EXHAUSTED),
    ("throttled", Reason.QUOTA_EXHAUSTED),
    ("sunset", Reason.VERSION_SUNSET),
    ("unseen", Reason.ACCOUNT_GONE),
    ("merged", Reason.ACCOUNT_MOVED),
    ("busy", Reason.UNREACHABLE),
    ("broken", Reason.UNREACHABLE),
    ("cut-off", Reason.UNREACHABLE),
]


@pytest.mark.parametrize(("mode", "reason"), AT_CONTROL)
def test_what_fails_at_once_is_a_gap_with_its_name(
    tmp_path: Path, mode: str, reason: Reason
) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.page.remove("b3", at=it.at)
        it.server.fail(mode)
        result = it.harvest()
        assert result.status is Status.GAP
        assert {one.reason for one in result.tallies} == {reason}
        assert it.states("bad", "b3") == ["visible"] * 2
        if mode == "quota":
            assert result.retry_after == 27 * 60
        it.server.fail()
        assert it.harvest().status is Status.COMPLETE
        assert it.states("bad", "b3") == ["visible", "missing_suspected"]


# The control read is two calls, the list of posts one.
@pytest.mark.parametrize(
    ("mode", "reason"),
    [pair for pair in AT_CONTROL if pair[0] not in ("unseen", "merged")]
    + [("unseen", Reason.UNREACHABLE), ("merged", Reason.ACCOUNT_GONE)],
)
def test_what_fails_among_the_threads_leaves_the_posts(
    tmp_path: Path, mode: str, reason: Reason
) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.publish("nytt", "Just nu")
        it.page.remove("b3", at=it.at)
        it.server.fail(mode, after=3)
        result = it.harvest()
        assert result.status is Status.PARTIAL
        assert tally(result, "comments") == (Status.GAP, reason)
        assert len(it.envelopes("nytt")) == 1
        assert it.state("b3") == "visible"
        it.server.fail()
        it.harvest()
        assert it.state("b3") == "missing_suspected"


def test_a_quota_is_really_used_up(tmp_path: Path) -> None:
    with side(tmp_path, graph(limit=4)) as it:
        busy(it)
        result = it.harvest()
        assert tally(result, "posts")[0] is Status.COMPLETE
        assert tally(result, "comments") == (Status.PARTIAL, Reason.QUOTA_EXHAUSTED)
        assert result.retry_after == 27 * 60


def test_a_list_that_leads_back_is_said_to(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.server.fail("loop")
        result = it.harvest()
        assert tally(result, "posts") == (Status.PARTIAL, Reason.LIST_LOOPS)
        assert len(it.envelopes("bad")) == 1


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        ({ENGAGEMENT, USER_CONTENT}, Status.COMPLETE),
        ({ENGAGEMENT}, Status.GAP),
        (set(), Status.GAP),
    ],
)
def test_a_token_that_tells_its_rights_must_have_them(
    tmp_path: Path, scopes: set[str], status: Status
) -> None:
    token = Token(secret=SYSTEM, scopes=frozenset(scopes), page=False)
    with side(tmp_path, graph(token=token), SYSTEM) as it:
        busy(it)
        result = it.harvest()
        assert result.status is status
        if status is Status.GAP:
            assert {one.reason for one in result.tallies} == {Reason.MISSING_RIGHTS}


def test_another_pages_token_is_no_deletion(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.page.id = "999888777666555"
        result = it.harvest()
        assert {one.reason for one in result.tallies} == {Reason.MISSING_RIGHTS}
        it.page.id = PAGE
        assert it.harvest().status is Status.COMPLETE
        assert it.states("bad", "b0") == ["visible"] * 2


def test_names_that_are_withheld_and_come_back_make_no_versions(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        before = it.versions()
        for mode in ("nameless", ""):
            it.server.fail(mode)
            assert it.harvest().status is Status.COMPLETE
        assert it.versions() == before


def test_when_everything_is_gone_at_once_nothing_is_concluded(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.server.fail("no-comments")
        result = it.harvest()
        assert tally(result, "comments") == (Status.PARTIAL, Reason.MASS_DISAPPEARANCE)
        assert set(it.states("b0", "b1", "b2", "b3", "svar", "t0", "t1")) == {"visible"}
        it.server.fail()
        assert it.harvest().status is Status.COMPLETE


def test_who_closes_an_account_and_comes_back_was_never_deleted(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.comment("bad", "gast", "Hej", by="Omar Tallhed")
        it.harvest()
        it.page.set_away("Omar Tallhed")
        assert it.harvest().status is Status.COMPLETE
        assert it.state("gast") == "missing_suspected"
        it.page.set_away("Omar Tallhed", away=False)
        it.harvest()
        assert it.state("gast") == "visible"
        assert [one["changes"] for one in it.envelopes("gast")] == [["created"]]


def test_an_unpublished_page_is_gone_for_a_while(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.page.published = False
        result = it.harvest()
        assert {one.reason for one in result.tallies} == {Reason.ACCOUNT_GONE}
        it.page.published = True
        assert it.harvest().status is Status.COMPLETE
        assert it.state("bad") == "visible"


def test_a_page_that_was_merged_has_moved(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        it.harvest()
        it.page.merged_into = "555444333222111"
        result = it.harvest()
        assert {one.reason for one in result.tallies} == {Reason.ACCOUNT_MOVED}


def test_a_post_takes_its_thread_along(tmp_path: Path) -> None:
    with side(tmp_path) as it:
        busy(it)
        for number in range(8):
            it.publish(f"annat{number}", f"annat {number}")
        it.harvest()
        it.page.remove("buss", at=it.at)
        result = it.harvest()
        assert result.status is Status.COMPLETE
        assert it.state("buss") == "missing_suspected"


# --- the story ---------------------------------------------------------------------------------


def test_the_story_of_testkopings_page(tmp_path: Path) -> None:
    with side(tmp_path, new_server) as it:
        it.clock.jump(milliseconds(PAGE_ROUNDS[0].at) - HOUR - it.clock.wall)
        results = []
        for round_ in PAGE_ROUNDS:
            round_.apply(it.server)
            results.append(it.harvest(milliseconds(round_.at) - it.clock.wall))
        assert [result.status for result in results] == [
            *[Status.COMPLETE] * 4,
            Status.GAP,
            *[Status.COMPLETE] * 2,
        ]
        assert {one.reason for one in results[4].tallies} == {Reason.LOGIN_EXPIRED}
        assert it.states("sno-hot", "sno-lan", "cykel-privat") == ["hidden"] * 3
        assert it.state("cykel-birgit") == "visible"
        assert it.state("cykel-jonas") == "missing_suspected"
        assert it.state("rostmottagare") == "missing_suspected"
        assert [one["text"][:8] for one in it.envelopes("sno-hot")] == ["Nu har p"] * 2
        assert len(it.envelopes("cykelvag")) == len(it.envelopes("cykel-farid")) == 2


def test_no_token_but_the_channels_own_is_kept_either(tmp_path: Path) -> None:
    """The Graph might name another token in `paging.next` than the one it was asked with."""
    with side(tmp_path, graph(size=1)) as it:
        whole = it.server._list

        def other(*given: Any) -> Mapping[str, Any]:
            answer: Mapping[str, Any] = json.loads(json.dumps(whole(*given)).replace(TOKEN, SYSTEM))
            return answer

        it.server._list = other  # type: ignore[method-assign]
        busy(it)
        it.harvest()
        it.server.tokens[SYSTEM] = Token(secret=SYSTEM)  # one that must not be found
        assert any("after=" in asked for asked in it.server.asked)

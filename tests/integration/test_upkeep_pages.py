"""The authority's own pages, fetched from a real server: the list, the links, what they take."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.core.access import HOME, LOCAL, Role, viewer_of
from archiver.errors import AccessRefused, SourceRefusedAddress, SourceUnavailable
from archiver.governance.checks import cookie, lank2, lista
from archiver.governance.core.check import Outcome as Found
from archiver.governance.core.page import host_of
from archiver.governance.core.upkeep import PageVisited
from archiver.governance.upkeep.visiting import visited
from archiver.harvest.address import AllowedAddress
from archiver.harvest.http import Limits, RecordingClient
from tests.integration.test_checks import DAY
from tests.integration.test_cli import Cli
from tests.integration.test_cli import cli as _cli
from tests.integration.test_upkeep import Kept
from tests.unit.harvest.web import Web, answer, web

cli = _cli  # the fixture
pytestmark = pytest.mark.usefixtures("each_database")
HTML = "Content-Type: text/html; charset=utf-8"
PAGE = '<h1>Sociala medier</h1><a href="https://www.mastodon.test/@kommun/">Mastodon</a>'


class Site(Kept):
    """A home with one account, and the authority's site on a server."""

    def __init__(self, path: Path, server: Web) -> None:
        super().__init__(path)
        self.server = server
        channels = self.home.channels
        self.account = channels.add_channel(
            "mastodon", "https://mastodon.test/@kommun", authority="KS"
        ).seq
        self.archive = self.archive._replace(channels=channels.all)

    def client(self, *allowed: str) -> RecordingClient:
        return RecordingClient(
            now=self.clock.now,
            sleep=lambda _seconds: None,
            rng=random.Random(1),
            allowed=[AllowedAddress.parse(one) for one in allowed],
            limits=Limits(interval=0),
            proxies={},
        )

    def fetched(self, path: str = "/konton", *, listing: bool = True) -> PageVisited:
        accounts = frozenset(host_of(one.url) for one in self.home.channels.all())
        return visited(
            lambda: self.client(self.server.place),
            self.server.url(path),
            listing=listing,
            accounts=accounts - {""},
        )

    def visit(self, html: str, path: str = "/konton", *, listing: bool = True) -> None:
        self.server.says(path, answer(html.encode(), 200, HTML))
        self.upkeep.visit(LOCAL, self.ks, lambda: self.fetched(path, listing=listing))


def test_the_list_the_links_and_what_a_page_takes(tmp_path: Path) -> None:
    with web() as server:
        town = Site(tmp_path, server)
        for check in (lista, lank2, cookie):
            assert town.finds(check, town.account) is Found.UNKNOWN
        both = f'{PAGE}<a href="http://nyheter.test/flode">Flöde</a>'
        town.visit(both)
        assert town.finds(lista) is Found.PASS
        assert town.finds(cookie) is Found.PASS
        town.visit(PAGE)
        missing = town.run(lista)
        assert (missing.outcome, missing.data["missing"]) == (Found.FAIL, [town.empty])
        town.visit(f'{both}<a href="https://facebook.com/Testkoping.Falsk">f</a>'
                   '<a href="https://www.facebook.com/sharer/sharer.php?u=x">dela</a>')  # fmt: skip
        strange = town.run(lista)
        assert (strange.outcome, strange.data["strange"]) == (
            Found.FAIL, ["facebook.com/testkoping.falsk"]
        )  # fmt: skip
        town.visit(both)
        assert town.finds(lank2, town.account) is Found.UNKNOWN, "the account's text is not known"
        shown = {"channel": town.account}
        town.shows("om", "Testköpings kommun", **shown)
        back = town.run(lank2, town.account)
        assert (back.outcome, back.data["no_link_back"]) == (Found.FAIL, [f"C{town.account}"])
        town.shows("om", f"Läs mer: {server.url('/')}", **shown)
        assert town.finds(lank2, town.account) is Found.PASS
        town.visit("<p>Vi finns i sociala medier</p>")
        to = town.run(lank2, town.account)
        assert (to.outcome, to.data["no_link_to"]) == (Found.FAIL, [f"C{town.account}"])
        town.visit(both)
        town.visit('<iframe src="https://www.facebook.com/plugins/page.php">', "/", listing=False)
        taken = town.run(cookie)
        assert (taken.outcome, town.finds(lista)) == (Found.FAIL, Found.PASS)
        town.visit('<script src="/a.js"></script>', "/", listing=False)
        assert town.finds(cookie) is Found.UNKNOWN
        town.clock.advance(32 * DAY)
        assert town.finds(lista) is Found.STALE


def test_an_account_that_cannot_be_told_from_its_link(tmp_path: Path) -> None:
    with web() as server:
        town = Site(tmp_path, server)
        both = f'{PAGE}<a href="http://nyheter.test/flode">Flöde</a>'
        did = "did:plc:z72i7hdynmk6r22z27h6tvur"
        number = town.home.channels.add_channel("bluesky", did, authority="KS").seq
        link = '<a href="https://bsky.app/profile/{}">B</a>'
        town.visit(both + link.format("testkoping.example"))
        told = town.run(lista)
        assert (told.outcome, told.data["unseen"]) == (Found.UNKNOWN, [number])
        assert "bsky.app/profile/testkoping.example" in told.reason.sv
        town.visit(both + link.format("testkoping.example") + link.format("falsk.example"))
        assert town.finds(lista) is Found.FAIL, "one of them is nobody's"


def test_what_is_fetched_and_what_is_not(tmp_path: Path) -> None:
    with web() as server:
        town = Site(tmp_path, server)
        server.says("/pdf", answer(b"%PDF-", 200, "Content-Type: application/pdf"))
        for path in ("/pdf", "/borta"):
            with pytest.raises(SourceUnavailable, match="not with HTML"):
                town.fetched(path)
        with pytest.raises(SourceRefusedAddress):
            visited(town.client, server.url("/konton"), listing=True, accounts=frozenset())
        asked = len(server.requests)
        auditor = viewer_of(19, [(Role.AUDITOR, HOME)])
        with pytest.raises(AccessRefused):
            town.upkeep.visit(auditor, town.ks, town.fetched)
        assert len(server.requests) == asked, "nothing is fetched without the right"
        server.says("/konton", answer(b'<a href="https://annan.test/x">x</a>' + PAGE.encode(), 200,
                                      HTML))  # fmt: skip
        said = town.fetched()
        assert said.links == ("https://www.mastodon.test/@kommun/",), "others are nobody's business"
        assert replace(said, links=(), sha256="") == PageVisited(
            address=server.url("/konton"), sha256="", listing=True
        )
        assert not any(b"cookie" in one.lower() for one in server.requests)


def test_visit_from_the_terminal(cli: Cli) -> None:
    cli("init")
    cli("authority", "add", "KS", "Kommunstyrelsen")
    with web() as server:
        server.says("/konton", answer(PAGE.encode(), 200, HTML))
        words = ("lifecycle", "upkeep", "visit", server.url("/konton"), "--authority", "KS")
        assert cli(*words).code != 0, "a private address nobody opened"
        noted = cli(*words, "--list", "--allow-address", server.place, "--json")
        assert noted.json["noted"] > 0
    assert [row["kind"] for row in cli("lifecycle", "upkeep", "list", "--json").json] == ["visit"]

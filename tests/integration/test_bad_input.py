"""Bad input of every kind: each is a recorded gap with its reason, and the next good run heals it.

A server on loopback answers as no server should. Whatever it says, a run ends with a result, what
could be read is archived, the bytes that could not be are kept, nothing known is called deleted,
and the same trouble again does not make the archive grow.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archiver.cli.captures import read_capture
from archiver.core.record import clean
from archiver.db import tables as t
from archiver.harvest.completeness import Reason, Status
from archiver.harvest.service import RunResult
from tests.build import FakeClock, spawn
from tests.homes import TestHome, make_home
from tests.integration.test_harvest import archived, assert_sound, rows_of, run
from tests.unit.connectors.wordpress_rows import post
from tests.unit.harvest.web import Answer, Web, answer, certificate, redirect, web

ROOT, POSTS, COMMENTS = "/wp-json/", "/wp-json/wp/v2/posts", "/wp-json/wp/v2/comments"


class Bad:
    """A home with one channel on a site of which a test says every answer."""

    def __init__(self, path: Path, site: Web, platform: str = "wordpress") -> None:
        self.site, self.home = site, make_home(path, clock=FakeClock())
        self.feed = platform == "feed"
        address = site.url("/feed" if self.feed else "/")
        self.channel = self.home.add_channel(platform, address, site.place)

    def says(self, body: bytes | list[Any], *headers: str) -> None:
        """A good site whose posts (or feed) are these; it has no comments."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.feed:
            self.site.says("/feed", answer(data, 200, *headers))
            return
        self.site.says(ROOT, answer(b'{"namespaces":["wp/v2"]}'))
        totals = headers or ("X-WP-Total: 1", "X-WP-TotalPages: 1")
        self.site.says(POSTS, answer(data, 200, *totals))
        self.site.says(COMMENTS, answer(b"[]", 200, "X-WP-Total: 0", "X-WP-TotalPages: 0"))

    def harvest(self) -> RunResult:
        self.home.clock.advance(3_600_000)  # type: ignore[attr-defined]
        return run(self.home, self.channel)

    def bodies(self) -> list[bytes]:
        """Every body the archive keeps."""
        seqs = [row.seq for row in rows_of(self.home, t.capture)]
        return [read_capture(self.home.ledger, seq)["body"] for seq in seqs]

    def states(self) -> list[str]:
        return [row.state for row in rows_of(self.home, t.record)]

    def check(self, status: Status, reason: Reason, *, name: str = "") -> None:
        """Three runs in trouble: recorded each time, the archive grows by the events only."""
        sizes = []
        for _ in range(3):
            result = self.harvest()
            assert result.status is status, result
            named = [x for x in result.tallies if name in x.collection.name]
            assert {x.reason for x in named if x.status is not Status.COMPLETE} == {reason}
            sizes.append(len(rows_of(self.home, t.entry)))
        assert sizes[2] - sizes[1] == 1


@contextmanager
def bad(path: Path, platform: str = "wordpress") -> Iterator[Bad]:
    with web() as site:
        one = Bad(path, site, platform)
        yield one
        assert_sound(one.home)


def good_feed(*items: str) -> bytes:
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


def entry(number: int, more: str = "") -> str:
    return f"<item><guid>g{number}</guid><title>Nyhet {number}</title>{more}</item>"


# --- the whole site ------------------------------------------------------------------------------


def cut(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{")
    return True


def refuse(connection: socket.socket) -> bool:
    return True


TROUBLES: Mapping[str, tuple[Answer, Reason]] = {
    "unreachable": (refuse, Reason.UNREACHABLE),
    "401": (answer(b'{"code":"rest_no"}', 401), Reason.LOGIN_REFUSED),
    "403": (answer(b"<h1>WAF</h1>", 403), Reason.LOGIN_REFUSED),
    "404": (answer(b"gone", 404), Reason.SOURCE_CHANGED),
    "410": (answer(b"gone", 410), Reason.SOURCE_CHANGED),
    "429": (answer(b"slow", 429, "Retry-After: 999999"), Reason.QUOTA_EXHAUSTED),
    "500": (answer(b"oops", 500), Reason.UNREACHABLE),
    "redirect-private": (redirect("http://10.0.0.1/x"), Reason.REFUSED_ADDRESS),
    "redirect-metadata": (redirect("http://169.254.169.254/"), Reason.REFUSED_ADDRESS),
    "html": (answer(b"<!DOCTYPE html><title>Hej</title>"), Reason.SOURCE_CHANGED),
    "cut-off": (cut, Reason.UNREACHABLE),
    "junk": (answer(b"\x00\xff\xfe"), Reason.SOURCE_CHANGED),
    "empty": (answer(b""), Reason.SOURCE_CHANGED),
}


@pytest.mark.parametrize("platform", ["wordpress", "feed"])
@pytest.mark.parametrize("trouble", list(TROUBLES))
def test_a_site_in_trouble_is_a_gap(tmp_path: Path, trouble: str, platform: str) -> None:
    said, reason = TROUBLES[trouble]
    with bad(tmp_path, platform) as it:
        first = good_feed(entry(1)) if it.feed else [post(1)]
        it.says(first)
        assert it.harvest().status is Status.COMPLETE
        healthy = dict(it.site.scripts)
        for path in (*healthy, f"{POSTS}/1"):
            it.site.says(path, said)
        it.check(Status.GAP, reason)
        assert it.states() == ["visible"]
        it.site.scripts = healthy
        result = it.harvest()
        assert (result.status, result.count("unchanged")) == (Status.COMPLETE, 1)


@pytest.mark.parametrize("trouble", [x for x in TROUBLES if x not in ("404", "410")])
def test_a_list_in_trouble_says_nothing_of_what_it_held(tmp_path: Path, trouble: str) -> None:
    said, reason = TROUBLES[trouble]
    with bad(tmp_path) as it:
        it.says([post(1)])
        it.harvest()
        it.site.says(POSTS, said)
        it.check(Status.PARTIAL, reason, name="posts")
        assert it.states() == ["visible"]
        assert f"{POSTS}/1" not in str(it.site.requests)  # nor is it asked for by itself


@pytest.mark.parametrize("said", [answer(b"[]"), answer(b"{}"), answer(b"no", 404)])
def test_empty_lists_do_not_delete(tmp_path: Path, said: bytes) -> None:
    with bad(tmp_path) as it:
        it.says([post(1), post(2)])
        it.harvest()
        it.says([], "X-WP-Total: 0", "X-WP-TotalPages: 0")
        for number in (1, 2):
            it.site.says(f"{POSTS}/{number}", said)
        it.check(Status.PARTIAL, Reason.PROBE_FAILED, name="posts")
        assert it.states() == ["visible"] * 2


def test_a_certificate_nobody_trusts(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, "localhost"))
    with web(context) as site:
        home = make_home(tmp_path / "home")
        url = site.url("/feed", scheme="https")
        result = home.harvest(home.add_channel("feed", url, site.place))
        assert (result.status, result.tallies[0].reason) == (Status.GAP, Reason.UNREACHABLE)
        exchange = home.ledger.open_one(rows_of(home, t.capture)[0].exchange).envelope
        assert exchange["failure"] == "tls"


def test_a_body_without_end_stops_at_the_cap(tmp_path: Path) -> None:
    def endless(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<rss><channel>")
        for _ in range(200):
            connection.sendall(b"<!--" + b"x" * (2**20 - 7) + b"-->")
        return True

    def child() -> None:
        with bad(tmp_path, "feed") as it:
            it.says(good_feed(entry(1)))
            it.harvest()
            it.site.says("/feed", endless)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            it.check(Status.GAP, Reason.UNREACHABLE)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert grown < 400 * 1024, f"{grown} KiB"
            assert max(map(len, it.bodies())) <= 32 << 20
            it.says(good_feed(entry(1), entry(2)))
            assert it.harvest().status is Status.COMPLETE

    assert os.waitstatus_to_exitcode(os.waitpid(spawn(child), 0)[1]) == 0


# --- one body ------------------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000
BODIES: Mapping[str, tuple[bytes, int, bytes]] = {
    # name: the body, how many items can be read in it, what of it must be kept
    "one bad item": (
        json.dumps([post(1), {"id": 2, "content": None}, post(3)]).encode(),
        2,
        b"null",
    ),
    "no id": (json.dumps([post(1), {"x": "hittebarn"}, post(3)]).encode(), 2, b"hittebarn"),
    "not an object": (json.dumps([post(1), 17, "x", None, post(3)]).encode(), 2, b'17, "x", null'),
    "duplicate": (
        json.dumps([post(1), post(1, title={"rendered": "tvilling"})]).encode(),
        1,
        b"tvilling",
    ),
    "invalid UTF-8": (
        json.dumps([post(1)]).encode().replace(b"lkomna", b"\xff\xfe"),
        1,
        b"\xff\xfe",
    ),
    "half a surrogate pair": (json.dumps([post(1, slug="\ud83d")]).encode(), 1, b"\\ud83d"),
    "unknown state": (json.dumps([post(1), post(2, status="arkiverad")]).encode(), 1, b"arkiverad"),
    "absurd date": (
        json.dumps([post(1), post(2, date_gmt="0001-01-01T00:00:00+05:00")]).encode(),
        2,
        b"0001-01-01",
    ),
}


@pytest.mark.parametrize("name", list(BODIES))
def test_one_bad_item_stops_nothing_and_is_kept(tmp_path: Path, name: str) -> None:
    body, readable, trace = BODIES[name]
    with bad(tmp_path) as it:
        it.says(body)
        result = it.harvest()
        assert result.count("created") == readable
        assert any(trace in kept for kept in it.bodies())
        if name != "absurd date":
            assert (result.status, result.tallies[0].reason) == (Status.PARTIAL, Reason.BAD_ITEMS)
            it.check(Status.PARTIAL, Reason.BAD_ITEMS, name="posts")
        it.says([post(number) for number in (1, 2, 3)])
        healed = it.harvest()
        assert healed.status is Status.COMPLETE
        assert it.states() == ["visible"] * 3


@pytest.mark.parametrize(
    "body",
    [
        DEEP.encode(),
        json.dumps([post(1), post(2, meta="DEEP")]).replace('"DEEP"', DEEP).encode(),
        b'[{"a":' * 50_000,
        b'[{"id":1,"x":"\x00"}]',
        json.dumps([post(1)]).encode()[:-9],
        b'{"code":"x"}',
        b"null",
        b"\xff\xfe[]",
    ],
    ids=["deep", "deep item", "deep objects", "NUL", "half", "object", "null", "BOM of UTF-16"],
)
def test_a_body_that_is_no_list_is_kept_as_it_came(tmp_path: Path, body: bytes) -> None:
    with bad(tmp_path) as it:
        it.says(body)
        it.check(Status.PARTIAL, Reason.SOURCE_CHANGED, name="posts")
        assert body in it.bodies()
        it.says([post(1)])
        assert it.harvest().status is Status.COMPLETE


DATES = ("0000-00-00T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2099-01-01T00:00:00")


@pytest.mark.parametrize("date", [*DATES, "9999-12-31T23:59:59-14:00", "x" * 9999, "NaN"])
def test_absurd_dates_are_no_legal_dates(tmp_path: Path, date: str) -> None:
    with bad(tmp_path) as it:
        it.says([post(1)])
        it.harvest()
        it.says([post(1), post(2, date_gmt=date)])
        assert it.harvest().status is Status.COMPLETE
        row = rows_of(it.home, t.record)[1]
        assert (row.legal_at, row.legal_basis) == (row.captured_at, "first_seen")


def test_null_characters_and_half_pairs_in_text(tmp_path: Path) -> None:
    odd = "a\x00b\ud83dc"
    with bad(tmp_path) as it:
        it.says([post(1, title={"rendered": odd}, author=0, slug="\x00")])
        for _ in range(3):
            it.harvest()
        (versions,) = [v for _, v in archived(it.home).values()]
        assert len(versions) == 1
        assert versions[0].title == clean(odd)


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        (("X-WP-Total: 0", "X-WP-TotalPages: 0"), Status.COMPLETE, Reason.NONE),
        (("X-WP-Total: 7", "X-WP-TotalPages: 1"), Status.PARTIAL, Reason.LIST_SHORT),
        (("X-WP-Total: -1", "X-WP-TotalPages: 1e9"), Status.PARTIAL, Reason.LIST_LOOPS),
        (("X-WP-Total: 9", "X-WP-TotalPages: 999999999"), Status.PARTIAL, Reason.LIST_LOOPS),
        (("X-Other: totals are not told",), Status.PARTIAL, Reason.LIST_LOOPS),
    ],
)
def test_totals_that_lie_lose_nothing(
    tmp_path: Path, headers: tuple[str, ...], status: Status, reason: Reason
) -> None:
    """The last three give one page for ever: the loop is found after a few of them."""
    with bad(tmp_path) as it:
        it.says([post(1), post(2)], *headers)
        result = it.harvest()
        assert (result.status, result.tallies[0].reason) == (status, reason)
        assert it.states() == ["visible"] * 2
        assert result.requests < 60
        size = len(rows_of(it.home, t.entry))
        it.harvest()
        assert len(rows_of(it.home, t.entry)) - size <= 1


# --- feeds ---------------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + ']><rss version="2.0"><channel>'
)
FEEDS: Mapping[str, bytes] = {
    "entity bomb": (
        BOMB + entry(1, "<description>&i;</description>") + "</channel></rss>"
    ).encode(),
    "external entity": good_feed(entry(1)).replace(
        b"<rss", b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss', 1
    ),
    "malformed": good_feed(entry(1)).replace(b"</channel>", b""),
    "cut in an item": good_feed(entry(1), entry(2))[:-40],
    "invalid UTF-8": good_feed(entry(1)).replace(b"Nyhet", b"Nyhet \xe5\xff"),
    "NUL": good_feed(entry(1)).replace(b"Nyhet", b"Ny\x00het").replace(b"g1", b"g\x001"),
    "duplicate": good_feed(entry(1), entry(1, "<description>tvilling</description>")),
    "no identity": good_feed(entry(1), "<item></item>"),
}


@pytest.mark.parametrize("name", list(FEEDS))
def test_a_feed_in_disorder_is_kept_and_read_as_far_as_can_be(tmp_path: Path, name: str) -> None:
    with bad(tmp_path, "feed") as it:
        it.says(FEEDS[name], 'ETag: "1"')
        result = it.harvest()
        assert (result.status, result.tallies[0].reason) == (Status.PARTIAL, Reason.BAD_ITEMS)
        assert FEEDS[name] in it.bodies()
        assert it.states() == ["visible"]
        assert "root:" not in str(archived_text(it.home))
        it.check(Status.PARTIAL, Reason.BAD_ITEMS)
        assert it.states() == ["visible"]
        it.says(good_feed(entry(1), entry(2)))
        # With a NUL in its guid the entry was another one: nothing that is shown now is known.
        expected = Status.GAP if name == "NUL" else Status.COMPLETE
        assert it.harvest().status is expected


def archived_text(home: TestHome) -> list[Mapping[str, Any]]:
    return [home.ledger.open_one(row.seq).envelope for row in rows_of(home, t.version)]


def test_an_etag_of_odd_characters_is_no_lasting_harm(tmp_path: Path) -> None:
    with bad(tmp_path, "feed") as it:
        it.says(good_feed(entry(1)), 'ETag: "\xe5\xff"', "Last-Modified: ig\xe5r")
        for _ in range(3):
            assert it.harvest().status is Status.COMPLETE


def test_a_page_that_differs_in_every_run_is_not_kept_in_every_run(tmp_path: Path) -> None:
    with bad(tmp_path, "feed") as it:
        sizes = []
        for number in range(4):
            it.says(
                good_feed(f"<lastBuildDate>{number}</lastBuildDate>", entry(1), "<item></item>")
            )
            assert it.harvest().status is Status.PARTIAL
            sizes.append(len(rows_of(it.home, t.capture)))
        assert sizes == [1] * 4

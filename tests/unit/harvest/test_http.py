from __future__ import annotations

import socket
from collections.abc import Sequence
from email.utils import formatdate

import pytest

from archiver.core.exchange import RecordedHttp
from archiver.errors import SourceRefusedAddress, SourceUnavailable
from tests.unit.harvest.web import Rig, answer, redirect


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_exchange_is_what_went_over_the_wire(rig: Rig) -> None:
    rig.site.says("/wp/v2/comments/42", answer(b'{"a":  1}\n', 200, "X-One: \xe5", "x-One: 2"))
    client: RecordedHttp = rig.client()
    exchange = client.get(
        rig.site.url("/wp/v2/comments/42?page=2#part"),
        params={"per_page": "100"},
        headers={"If-None-Match": '"e"'},
    )
    assert exchange.number == 1
    assert (exchange.status, exchange.body, exchange.method) == (200, b'{"a":  1}\n', "GET")
    assert exchange.url == rig.site.url("/wp/v2/comments/42?page=2&per_page=100")
    assert exchange.template == "/wp/v2/comments/{id}"
    assert exchange.response_headers == (("Content-Length", "10"), ("X-One", "å"), ("x-One", "2"))
    assert exchange.peer == rig.site.place
    assert 0 <= exchange.ended_at - exchange.started_at < 2000
    assert (exchange.redactions, exchange.truncated, exchange.failure) == ((), False, "")
    sent = rig.site.requests[0].decode().split("\r\n")
    assert sent[0] == "GET /wp/v2/comments/42?page=2&per_page=100 HTTP/1.1"
    assert sent[1:] == [f"{name}: {value}" for name, value in exchange.request_headers]
    assert "Accept-Encoding: identity" in sent
    assert "If-None-Match: " + '"e"' in sent


def test_connections_are_kept_alive_and_exchanges_numbered(rig: Rig) -> None:
    rig.site.says("/", answer(b"x"))
    client = rig.client()
    for _ in range(3):
        client.get(rig.site.url("/"))
    assert rig.site.connections == 1
    assert [e.number for e in client.exchanges] == [1, 2, 3]


@pytest.mark.parametrize("status", [304, 400, 401, 403, 404, 410, 418])
def test_statuses_below_500_are_observations_and_never_retried(rig: Rig, status: int) -> None:
    rig.site.says("/", answer(b"" if status == 304 else b"why", status))
    client = rig.client()
    assert client.get(rig.site.url("/")).status == status
    assert len(client.exchanges) == len(rig.site.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_429_and_5xx_are_retried_then_raised(rig: Rig, status: int) -> None:
    rig.site.says("/", answer(b"down", status))
    client = rig.client()
    with pytest.raises(SourceUnavailable, match=rf"127.0.0.1 answers {status} \(attempt 3 of 3\)"):
        client.get(rig.site.url("/"))
    assert [e.status for e in client.exchanges] == [status, status, status]
    assert client.exchanges[-1].body == b"down"
    assert 0.5 <= rig.slept[0] <= 1.5
    assert 1 <= rig.slept[1] <= 3


def test_a_retry_that_succeeds_is_returned_and_the_failure_recorded(rig: Rig) -> None:
    rig.site.says("/", answer(b"down", 500), answer(b"up"))
    client = rig.client()
    assert client.get(rig.site.url("/")).body == b"up"
    assert [e.body for e in client.exchanges] == [b"down", b"up"]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(rig: Rig, status: int) -> None:
    rig.site.says("/", answer(b"", status, "Retry-After: 17"), answer(b"up"))
    assert rig.client().get(rig.site.url("/")).body == b"up"
    assert rig.slept == [17]


def test_retry_after_may_be_a_date(rig: Rig) -> None:
    at = formatdate(1_800_000_030, usegmt=True)
    rig.site.says("/", answer(b"", 503, f"Retry-After: {at}"), answer(b"up"))
    assert rig.client(now=lambda: 1_800_000_000_000).get(rig.site.url("/")).body == b"up"
    assert rig.slept == [30]


@pytest.mark.parametrize(
    ("value", "seconds"), [("3600", 3600), ("9" * 5000, 999_999_999_999), ("121", 121)]
)
def test_a_long_retry_after_is_left_to_the_next_run(rig: Rig, value: str, seconds: float) -> None:
    rig.site.says("/", answer(b"", 429, f"Retry-After: {value}"))
    with pytest.raises(SourceUnavailable) as caught:
        rig.client().get(rig.site.url("/"))
    assert caught.value.retry_after == seconds
    assert (rig.slept, len(rig.site.requests)) == ([], 1)


@pytest.mark.parametrize("value", ["soon", "-5", "Thu, 99 Foo 2026", "", "1.5"])
def test_a_senseless_retry_after_is_ignored(rig: Rig, value: str) -> None:
    rig.site.says("/", answer(b"", 503, f"Retry-After: {value}"), answer(b"up"))
    assert rig.client().get(rig.site.url("/")).body == b"up"
    assert rig.slept[0] <= 1.5


def test_an_unreachable_host_is_tried_three_times(rig: Rig) -> None:
    port = free_port()
    client = rig.client(f"127.0.0.1:{port}")
    with pytest.raises(SourceUnavailable, match=r"kommun.example cannot be reached\.") as caught:
        client.get(f"http://kommun.example:{port}/path?q=1")
    assert "path" not in str(caught.value)
    assert [(e.status, e.failure, e.truncated) for e in client.exchanges] == [
        (0, "connect", False)
    ] * 3


def test_the_next_address_of_a_name_is_tried(rig: Rig) -> None:
    rig.site.says("/", answer(b"x"))
    dead = f"127.0.0.2:{rig.site.port}"
    client = rig.client(dead, rig.site.place, resolve=lambda h, p: ["127.0.0.2", "127.0.0.1"])
    assert client.get(rig.site.url("/", "kommun.example")).peer == rig.site.place


def test_an_unknown_name_says_so(rig: Rig) -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    client = rig.client(resolve=unknown)
    with pytest.raises(SourceUnavailable, match=r"kommun.example was not found \(DNS\)"):
        client.get("https://kommun.example/")
    assert {e.failure for e in client.exchanges} == {"dns"}


def test_the_checked_address_is_the_one_connected_to(rig: Rig) -> None:
    """DNS rebinding: the second answer of the name server is never asked for."""
    answers = ["127.0.0.1", "169.254.169.254"]
    rig.site.says("/", answer(b"x", 200, "Connection: close"))
    client = rig.client(resolve=lambda host, port: [answers.pop(0)])
    for _ in range(2):
        client.get(rig.site.url("/", "kommun.example"))
    assert answers == ["169.254.169.254"]
    assert (
        rig.site.requests[1].split(b"\r\n")[1].decode() == f"Host: kommun.example:{rig.site.port}"
    )


def test_private_addresses_are_refused_before_anything_is_sent(rig: Rig) -> None:
    client = rig.client("127.0.0.1:1")
    for url in (
        rig.site.url("/"),
        "http://2130706433/",
        "file:///etc/passwd",
        "http://[::1]/",
        "x",
    ):
        with pytest.raises(SourceRefusedAddress):
            client.get(url)
        with pytest.raises(SourceRefusedAddress):
            client.stream(url, cap=1)
    assert (rig.site.requests, client.exchanges) == ([], [])


@pytest.mark.parametrize("url", ["http://a b/", "http://[::1", "http://x:port/", "\x00", "http://"])
def test_what_is_no_address_is_refused(rig: Rig, url: str) -> None:
    with pytest.raises(SourceRefusedAddress):
        rig.client().get(url)


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/", "//10.0.0.1/", "http://0x7f.1/", "file:///etc/passwd",
     "http://127.0.0.1:22/", "http://[fd00::1]/", "http://[", "https://127.0.0.1/"],
)  # fmt: skip
def test_redirects_are_checked(rig: Rig, location: str) -> None:
    rig.site.says("/", redirect(location))
    client = rig.client()
    with pytest.raises(SourceRefusedAddress, match=r"127\.0\.0\.1 redirects to"):
        client.get(rig.site.url("/"))
    assert [e.status for e in client.exchanges] == [302]
    assert client.exchanges[0].header("location") == location


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_recorded(rig: Rig, status: int) -> None:
    rig.site.says("/a", redirect("../b?x=1#frag", status))
    rig.site.says("/b", answer(b"here"))
    client = rig.client()
    assert client.get(rig.site.url("/a"), template="/t").url == rig.site.url("/b?x=1")
    assert [(e.status, e.template) for e in client.exchanges] == [(status, "/t"), (200, "/t")]


def test_redirect_circles_and_chains_end(rig: Rig) -> None:
    rig.site.says("/a", redirect("/b"))
    rig.site.says("/b", redirect("/a"))
    client = rig.client()
    with pytest.raises(SourceUnavailable, match="redirects in a circle"):
        client.get(rig.site.url("/a"))
    assert len(client.exchanges) == 2
    for i in range(9):
        rig.site.says(f"/{i}", redirect(f"/{i + 1}"))
    rig.site.says("/5", answer(b"five hops are fine"))
    assert client.get(rig.site.url("/0")).status == 200
    rig.site.says("/5", redirect("/6"))
    with pytest.raises(SourceUnavailable, match="more than 5 times"):
        client.get(rig.site.url("/0"))


def test_requests_to_foreign_hosts_keep_their_distance(rig: Rig) -> None:
    """The interval is per host. Behind a proxy, where no address is known to be our own."""
    clock = [1_000_000]

    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    proxies = {"http": rig.site.place}
    client = rig.client(now=lambda: clock[0], resolve=unknown, proxies=proxies)
    a, b = "http://a.example/", "http://b.example/"
    rig.site.says(a, answer(b"x"), answer(b"", 500), answer(b"x"))
    rig.site.says(b, answer(b"x"))
    client.get(a)
    client.get(b)
    assert rig.slept == []
    clock[0] += 400
    client.get(a)  # with one retry
    assert rig.slept[0] == pytest.approx(0.6)
    assert rig.slept[2:] == [1]
    clock[0] -= 60_000
    client.get(b)
    assert rig.slept[3:] == [1]


def test_allowed_addresses_are_not_waited_for(rig: Rig) -> None:
    rig.site.says("/", answer(b"x"))
    client = rig.client()
    for _ in range(3):
        client.get(rig.site.url("/"))
    assert rig.slept == []

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from archiver.errors import ConfigError, SourceRefusedAddress, SourceUnavailable
from archiver.harvest.http import Limits
from archiver.harvest.wire import proxy_for
from tests.unit.harvest.web import Rig, answer, certificate, web


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tls")
    return {
        "good": certificate(folder, "kommun.example"),
        "expired": certificate(folder, "kommun.example", days=-1),
        "other": certificate(folder, "other.example"),
    }


def tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize(
    ("which", "trusted", "words"),
    [("good", False, "self-signed"), ("expired", True, "has expired"),
     ("other", True, "is for another name")],
)  # fmt: skip
def test_certificate_problems_are_named(
    rig: Rig, pems: dict[str, Path], which: str, trusted: bool, words: str
) -> None:
    context = ssl.create_default_context(cafile=pems[which] if trusted else None)
    with web(tls(pems[which])) as site:
        client = rig.client(site.place, context=context)
        with pytest.raises(
            SourceUnavailable, match=f"kommun.example .*its certificate {words}|is {words}"
        ):
            client.get(site.url("/", "kommun.example", "https"))
        assert not site.requests
    assert [e.failure for e in client.exchanges] == ["tls"]


def test_tls_keeps_the_name_though_the_address_is_pinned(rig: Rig, pems: dict[str, Path]) -> None:
    names = []
    server = tls(pems["good"])
    server.sni_callback = lambda connection, name, context: names.append(name)
    with web(server) as site:
        site.says("/", answer(b"x"))
        client = rig.client(site.place, context=ssl.create_default_context(cafile=pems["good"]))
        exchange = client.get(site.url("/", "kommun.example", "https"))
        client.close()
    assert names == ["kommun.example"]
    assert len(bytes.fromhex(exchange.certificate)) == 32
    assert exchange.peer == site.place


def test_a_server_that_does_not_speak_tls_is_given_up(rig: Rig) -> None:
    rig.site.says("/", answer(b"x"))
    client = rig.client(limits=Limits(connect_timeout=0.1))
    with pytest.raises(SourceUnavailable, match="does not answer in time"):
        client.get(rig.site.url("/", scheme="https"))
    assert {e.failure for e in client.exchanges} == {"connect"}


def test_a_proxy_is_asked_where_dns_does_not_work(rig: Rig) -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        if host == "private.example":
            return ["10.0.0.1"]
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    rig.site.says("http://kommun.example/x", answer(b"by proxy"))
    proxies = {"http": f"http://pr0xy:pr0xysecret@{rig.site.place}", "no": "direct.example"}
    client = rig.client(resolve=unknown, proxies=proxies)
    exchange = client.get("http://kommun.example/x")
    assert exchange.body == b"by proxy"
    assert exchange.peer == f"proxy {rig.site.place}"
    assert b"Proxy-Authorization: Basic" in rig.site.requests[0]
    assert "pr0xysecret" not in repr(client.exchanges)
    for url in ("http://private.example/", "http://10.0.0.1/", "http://169.254.169.254/"):
        with pytest.raises(SourceRefusedAddress):
            client.get(url)
    with pytest.raises(SourceUnavailable, match=r"direct\.example was not found"):
        client.get("http://direct.example/")
    assert len(rig.site.requests) == 1


def test_a_proxy_that_refuses_is_said_to(rig: Rig) -> None:
    rig.site.says("kommun.example:443", answer(b"", 403))
    client = rig.client(resolve=lambda h, p: ["8.8.8.8"], proxies={"all": rig.site.place})
    with pytest.raises(SourceUnavailable, match="the proxy refused"):
        client.get("https://kommun.example/")
    assert rig.site.requests[0].startswith(b"CONNECT kommun.example:443")


def test_allowed_loopback_never_goes_to_a_proxy(rig: Rig) -> None:
    rig.site.says("/", answer(b"direct"))
    client = rig.client(proxies={"http": "http://127.0.0.1:9"})
    assert client.get(rig.site.url("/")).body == b"direct"


def test_tls_through_a_proxy_is_checked_against_the_name(rig: Rig, pems: dict[str, Path]) -> None:
    def tunnel(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        inner = tls(pems["good"]).wrap_socket(connection, server_side=True)
        rig.site.requests.append(inner.recv(65536))
        inner.sendall(answer(b"by tunnel"))
        return True

    rig.site.says("kommun.example:443", tunnel)
    rig.site.says("other.example:443", tunnel)
    client = rig.client(
        context=ssl.create_default_context(cafile=pems["good"]),
        resolve=lambda host, port: ["8.8.8.8"],
        proxies={"https": rig.site.place},
    )
    exchange = client.get("https://kommun.example/")
    assert exchange.body == b"by tunnel"
    assert len(exchange.certificate) == 64
    assert b"\r\nHost: kommun.example\r\n" in rig.site.requests[1]
    with pytest.raises(SourceUnavailable, match="is for another name"):
        client.get("https://other.example/")


def test_a_senseless_proxy_setting_is_a_setting_error(rig: Rig) -> None:
    client = rig.client(resolve=lambda h, p: ["8.8.8.8"], proxies={"http": "socks5://127.0.0.1:9"})
    with pytest.raises(ConfigError, match="HTTP_PROXY"):
        client.get("http://kommun.example/")


@pytest.mark.parametrize(
    ("url", "exceptions", "direct"),
    [
        ("http://kommun.se/", "", False),
        ("http://kommun.se/", "*", True),
        ("http://kommun.se/", "other.se, kommun.se", True),
        ("http://www.kommun.se/", "kommun.se", True),
        ("http://www.kommun.se/", ".kommun.se", True),
        ("http://kommun.se/", ".kommun.se", False),
        ("http://notkommun.se/", "kommun.se", False),
        ("http://kommun.se:80/", "kommun.se:80", True),
        ("http://kommun.se:8080/", "kommun.se:80", False),
        ("http://kommun.se/", "https://kommun.se", False),
        ("https://kommun.se/", "https://kommun.se", True),
        ("http://10.1.2.3/", "10.1.2.3", True),
        ("http://[fd00::1]/", "fd00::1", True),
        ("http://[fd00::1]/", "[fd00::1]", True),
    ],
)
def test_no_proxy_is_read_as_httpx_reads_it(url: str, exceptions: str, direct: bool) -> None:
    proxies = {"all": "proxy.example:3128", "no": exceptions}
    assert proxy_for(httpx.URL(url), proxies) == ("" if direct else "http://proxy.example:3128")


def test_ipv6_and_international_names_are_visited(rig: Rig) -> None:
    rig.site.says("/", answer(b"x"))
    client = rig.client()
    assert client.get(rig.site.url("/", "räksmörgås.example")).body == b"x"
    host = rig.site.requests[0].split(b"\r\n")[1]
    assert host == f"Host: xn--rksmrgs-5wao1o.example:{rig.site.port}".encode()
    port = rig.site.port
    client = rig.client(f"[::1]:{port}", limits=Limits(attempts=1))
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        client.get(f"http://[::1]:{port}/")

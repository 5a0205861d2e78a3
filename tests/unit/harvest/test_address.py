from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import ConfigError, SourceRefusedAddress
from archiver.harvest.address import AddressGuard, AllowedAddress, literal, place, why_refused


def names(**known: str | Sequence[str]) -> AddressGuard:
    table = {k.replace("_", "."): [v] if isinstance(v, str) else v for k, v in known.items()}

    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return table[host]

    return AddressGuard(resolve=resolve)


REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.1.1
168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1
192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1
100::1 2001::1 2001:10::1 2001:db8::1 2002:7f00:1:: 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254
fe80::1 fe80::1%eth0 fec0::1 ff02::1 2a00:1450::1%1
"""


@pytest.mark.parametrize("text", REFUSED.split())
def test_no_special_address_is_public(text: str) -> None:
    assert why_refused(ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "193.10.9.1", "172.32.0.1", "100.128.0.1", "2a00::1"])
def test_public_addresses_are(text: str) -> None:
    assert why_refused(ip_address(text)) == ""


@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_special_is_public(
    address: IPv4Address | IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert why_refused(address)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_reached_through_ipv6(address: IPv4Address) -> None:
    number = int(address)
    for wrapped in (
        (0xFFFF << 32) | number,
        number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),
    ):
        assert why_refused(IPv6Address(wrapped))


ODD = """
2130706433 0x7f000001 0x7f.1 0177.0.0.1 127.1 127.0.1 0 017700000001 1.2.3.4.5 127.0.0.0x1
0x 256.1.1.1 08.8.8.8 134744072 127.1. ::1:2:: 1.2.3.4:5
"""


@pytest.mark.parametrize("host", ODD.split())
def test_odd_spellings_of_addresses_are_refused(host: str) -> None:
    with pytest.raises(SourceRefusedAddress) as caught:
        AddressGuard(allowed=frozenset({AllowedAddress.parse("127.0.0.1:80")})).check(
            "http", host, 80
        )
    assert host in caught.value.message


@given(st.ip_addresses(v=4))
def test_every_number_the_system_reads_as_an_address_is_seen_as_one(address: IPv4Address) -> None:
    number = int(address)
    for host in (str(number), hex(number), oct(number).replace("o", ""), f"{number >> 24}.1"):
        with pytest.raises(SourceRefusedAddress):
            literal(host)
    assert literal(f"{address}.") == address


@pytest.mark.parametrize("host", ["kommun.se", "a.b2", "xn--rebro-7ta.se", "0xen.se", "1.2.3.x"])
def test_names_are_names(host: str) -> None:
    assert literal(host) is None


def test_only_the_addresses_of_a_name_count() -> None:
    guard = names(good_se="93.184.215.14", evil_se="10.0.0.1", mixed_se=["10.0.0.1", "8.8.8.8"])
    assert guard.check("https", "good.se", 443) == (ip_address("93.184.215.14"),)
    assert guard.check("https", "mixed.se", 443) == (ip_address("8.8.8.8"),)
    with pytest.raises(SourceRefusedAddress) as caught:
        guard.check("https", "evil.se", 443)
    assert caught.value.message == (
        "Refused to visit evil.se:443: evil.se is 10.0.0.1, which is private (RFC 1918)."
    )
    assert caught.value.remedy.endswith("--allow-address 10.0.0.1:443.")
    with pytest.raises(OSError, match="unknown"):
        guard.check("https", "unknown.se", 443)


def test_a_name_without_addresses_or_too_long_is_unknown() -> None:
    with pytest.raises(OSError, match="no address"):
        names(empty_se=[]).check("http", "empty.se", 80)
    with pytest.raises(OSError, match="DNS name"):
        AddressGuard().check("http", "a" * 64 + ".invalid", 80)


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "", "data", "HTTP"])
def test_only_web_schemes(scheme: str) -> None:
    with pytest.raises(SourceRefusedAddress, match="only http"):
        names().check(scheme, "8.8.8.8", 80)


def test_an_address_without_a_host_is_refused() -> None:
    with pytest.raises(SourceRefusedAddress, match="no host"):
        names().check("http", "", 80)


@pytest.mark.parametrize("port", [22, 25, 8080, 0, 6379])
def test_only_web_ports(port: int) -> None:
    guard = names(good_se="8.8.8.8")
    for host in ("good.se", "8.8.8.8"):
        with pytest.raises(SourceRefusedAddress, match="only ports 80 and 443"):
            guard.check("http", host, port)


def test_allowed_means_exactly_that_address_and_port() -> None:
    allowed = frozenset({AllowedAddress.parse("10.1.2.3:8080"), AllowedAddress.parse("[::1]:80")})
    guard = AddressGuard(allowed=allowed, resolve=lambda host, port: ["10.1.2.3"])
    assert guard.check("http", "intra.se", 8080) == (ip_address("10.1.2.3"),)
    assert guard.check("http", "::1", 80) == (ip_address("::1"),)
    for host, port in (("intra.se", 80), ("10.1.2.4", 8080), ("::1", 443), ("127.0.0.1", 80)):
        with pytest.raises(SourceRefusedAddress):
            guard.check("http", host, port)


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "host:80", "::1:80", "[::1]",
     "10.0.0.0/8:80", "10.0.0.1:８0", "*:80", "010.0.0.1:80"],
)  # fmt: skip
def test_what_is_not_an_address_with_a_port_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="not an address with a port"):
        AllowedAddress.parse(text)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_allowed_addresses_survive_writing_and_reading(
    ip: IPv4Address | IPv6Address, port: int
) -> None:
    address = AllowedAddress(ip=ip, port=port)
    assert AllowedAddress.parse(str(address)) == address == AllowedAddress.parse(place(ip, port))


def test_behind_a_proxy_what_is_known_to_be_private_is_refused() -> None:
    guard = names(good_se="8.8.8.8", evil_se="10.0.0.1", mixed_se=["8.8.8.8", "10.0.0.1"])
    assert guard.check("http", "unknown.se", 80, proxied=True) == ()
    assert guard.check("http", "good.se", 80, proxied=True) == (ip_address("8.8.8.8"),)
    for host in ("evil.se", "mixed.se", "127.0.0.1", "0x7f.1", "::1"):
        with pytest.raises(SourceRefusedAddress):
            guard.check("http", host, 80, proxied=True)
    with pytest.raises(SourceRefusedAddress, match="only ports 80 and 443"):
        guard.check("http", "unknown.se", 22, proxied=True)


@pytest.mark.parametrize("host", ["①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "[::ffff:7f00:1]"])
def test_unicode_digits_are_no_way_around(host: str) -> None:
    try:
        ascii_host = httpx.URL(f"http://{host}/").raw_host.decode("ascii")
    except httpx.InvalidURL:
        return
    with pytest.raises(SourceRefusedAddress):
        AddressGuard().check("http", ascii_host, 80)

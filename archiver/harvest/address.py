"""Which addresses a harvester may visit: the guard against server-side request forgery.

A harvester follows addresses that strangers wrote (feeds, links, media, redirects), from inside the
authority's network. It therefore visits only what anybody on the Internet could visit: http and
https, ports 80 and 443, publicly routed addresses. Anything else must be on the operator's list of
exact `IP:PORT` pairs (`--allow-address`), for intranets, demonstrations and tests.

What is public follows the IANA special-purpose address registries (RFC 6890 and its updates),
written out here because `ipaddress.is_global` calls NAT64, 6to4 and others global, and because
its answer differs between Python releases. Invariants:

* The guard judges addresses, never names: what it returns is what may be connected to, and the
  caller connects to nothing else. A name that changes between check and use (DNS rebinding) thus
  gains nothing.
* A host written as a number in any but the canonical form is refused, whatever it would mean.

The only I/O is the resolver, which is a parameter.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from archiver.errors import ConfigError, SourceRefusedAddress

IPAddress: TypeAlias = IPv4Address | IPv6Address
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Name and port to IP addresses, best first; raises `OSError` if the name has none."""

SCHEMES = {"http": 80, "https": 443}
PORTS = frozenset(SCHEMES.values())

_SPECIAL = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "means this machine (RFC 791)"),
        ("10.0.0.0/8", "is private (RFC 1918)"),
        ("100.64.0.0/10", "is shared by carrier-grade NAT (RFC 6598)"),
        ("127.0.0.0/8", "is this machine itself (loopback, RFC 1122)"),
        ("168.63.129.16/32", "is a cloud platform's own service"),
        ("169.254.0.0/16", "is link-local or a cloud's metadata service (RFC 3927)"),
        ("172.16.0.0/12", "is private (RFC 1918)"),
        ("192.0.0.0/24", "is reserved for protocols (RFC 6890)"),
        ("192.0.2.0/24", "is for documentation (RFC 5737)"),
        ("192.88.99.0/24", "is a 6to4 relay (RFC 7526)"),
        ("192.168.0.0/16", "is private (RFC 1918)"),
        ("198.18.0.0/15", "is for benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "is for documentation (RFC 5737)"),
        ("203.0.113.0/24", "is for documentation (RFC 5737)"),
        ("224.0.0.0/4", "is multicast (RFC 5771)"),
        ("240.0.0.0/4", "is reserved (RFC 1112)"),
        ("::/128", "means this machine (RFC 4291)"),
        ("::1/128", "is this machine itself (loopback, RFC 4291)"),
        ("::ffff:0:0/96", "is an IPv4 address in disguise (RFC 4291)"),
        ("64:ff9b::/96", "is an IPv4 address behind NAT64 (RFC 6052)"),
        ("64:ff9b:1::/48", "is an IPv4 address behind a local NAT64 (RFC 8215)"),
        ("2001::/32", "is an IPv4 address behind Teredo (RFC 4380)"),
        ("2001::/23", "is reserved for protocols (RFC 2928)"),
        ("2001:db8::/32", "is for documentation (RFC 3849)"),
        ("2002::/16", "is an IPv4 address behind 6to4 (RFC 3056)"),
        ("3fff::/20", "is for documentation (RFC 9637)"),
        ("fc00::/7", "is private (unique local, RFC 4193)"),
        ("fe80::/10", "is link-local (RFC 4291)"),
        ("fec0::/10", "is private (site-local, RFC 3879)"),
        ("ff00::/8", "is multicast (RFC 4291)"),
    )
)
_GLOBAL_UNICAST = ip_network("2000::/3")  # all that IANA has given out of IPv6
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")  # WHATWG URL, "ends in a number"


def why_refused(address: IPAddress) -> str:
    """Why `address` is not public, as a predicate ("is private (RFC 1918)"); empty if it is."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "names a network interface of this machine (RFC 4007)"
    for network, reason in _SPECIAL:
        if address in network:
            return reason
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "is not a publicly routed address (RFC 4291)"
    # A registry newer than the table above: the standard library may know of it.
    return "" if address.is_global else "is not a publicly routed address (RFC 6890)"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedAddress:
    """One exact address and port that the operator allowed on purpose."""

    ip: IPAddress
    port: int

    def __str__(self) -> str:
        return place(self.ip, self.port)

    @classmethod
    def parse(cls, text: str) -> AllowedAddress:
        """From `10.1.2.3:8080` or `[fd00::1]:443`; `ConfigError` for anything else."""
        host, colon, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            colon = ""  # an IPv6 address without brackets: where does the port begin?
        try:
            ip = ip_address(host)
        except ValueError:
            colon = ""
        digits = port.isascii() and port.isdigit() and len(port) <= 5
        if not colon or not digits or not 0 < int(port) <= 65535:
            raise ConfigError(
                f"“{text}” is not an address with a port.",
                remedy="Write it as IP:PORT, such as 10.1.2.3:8080 or [fd00::1]:443.",
            )
        return cls(ip=ip, port=int(port))


def place(host: IPAddress | str, port: int) -> str:
    """`host:port` as people and URLs write it, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The operating system's own answer, in its order. Raises `socket.gaierror`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def literal(host: str) -> IPAddress | None:
    """The address that `host` itself is, None if it is a name.

    `SourceRefusedAddress` if it is a number in an unusual form (`2130706433`, `0x7f.1`,
    `0177.0.0.1`, `127.1`): resolvers disagree on what those mean, and only evasion writes them.
    """
    bare = host.removeprefix("[").removesuffix("]").removesuffix(".")
    try:
        return ip_address(bare)
    except ValueError:
        if ":" not in bare and not _NUMERIC_LABEL.match(bare.rpartition(".")[2]):
            return None
    raise SourceRefusedAddress(
        f"Refused to visit {host}: a number that is not a plain IP address.",
        remedy="Write the address as four decimal numbers, or use the name of the site.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGuard:
    """Decides, for one source, which addresses may be connected to."""

    allowed: frozenset[AllowedAddress] = frozenset()
    resolve: Resolver = system_resolver

    def check(
        self, scheme: str, host: str, port: int, *, proxied: bool = False
    ) -> tuple[IPAddress, ...]:
        """The addresses of `host` (ASCII) that may be connected to at `port`, best first.

        `SourceRefusedAddress` if there is none; `OSError` from the resolver if the name is unknown.
        Where only some addresses of a name are refused, the others are returned. With `proxied`
        the proxy resolves for itself, so one refused address refuses the name, and a name unknown
        here is the proxy's to decide: the empty tuple.
        """
        if scheme not in SCHEMES or not host:
            raise SourceRefusedAddress(
                f"Refused to visit {scheme + ': ' if scheme else ''}{host or 'no host'}: only"
                " http and https addresses of a host are visited.",
                remedy="Give an address that begins with https:// and a host name.",
            )
        own = literal(host)
        if own is not None:
            found: tuple[IPAddress, ...] = (own,)
        else:
            found = self._addresses(host, port, proxied=proxied)
        refused = [(ip, why) for ip in found if (why := self._why_not(ip, port))]
        if refused and (proxied or len(refused) == len(found)):
            raise self._refusal(host, port, *refused[0], named=own is None)
        if not found and port not in PORTS:
            raise self._refusal(host, port, None, _port_reason(port), named=True)
        bad = {ip for ip, _ in refused}
        return tuple(ip for ip in found if ip not in bad)

    def allows(self, ip: IPAddress, port: int) -> bool:
        """Whether the operator allowed exactly this address and port."""
        return AllowedAddress(ip=ip, port=port) in self.allowed

    def _addresses(self, host: str, port: int, *, proxied: bool) -> tuple[IPAddress, ...]:
        try:
            found = tuple(ip_address(text) for text in self.resolve(host, port))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label longer than DNS allows
            if proxied:
                return ()
            if isinstance(error, OSError):
                raise
            raise socket.gaierror(socket.EAI_NONAME, "not a DNS name") from None
        if not found and not proxied:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return found

    def _why_not(self, ip: IPAddress, port: int) -> str:
        if self.allows(ip, port):
            return ""
        return why_refused(ip) or ("" if port in PORTS else _port_reason(port))

    @staticmethod
    def _refusal(
        host: str, port: int, ip: IPAddress | None, why: str, *, named: bool
    ) -> SourceRefusedAddress:
        subject = f"{host} is {ip}, which {why}" if named and ip else f"it {why}"
        target = place(ip, port) if ip else f"IP:{port}"
        return SourceRefusedAddress(
            f"Refused to visit {place(host, port)}: {subject}.",
            remedy=f"If it is meant, allow exactly this one: --allow-address {target}.",
        )


def _port_reason(port: int) -> str:
    return f"is asked for at port {port}, and only ports 80 and 443 are open to harvesters"

"""Connections for harvesters: only to checked addresses, never longer than allowed.

An httpx transport over httpcore, the engine of httpx, because two promises need the socket itself:

* **Pinned**: a connection goes to an IP address that `AddressGuard` returned, and no second look-up
  takes place. Host header, SNI and the certificate check keep the name.
* **Bounded**: `Meter.deadline` holds for connecting, for header lines and for the body. Timeouts of
  httpx count from byte to byte, so one byte a minute would hold a harvester for days.

Proxies are honoured as httpx does (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), except
that loopback addresses are never sent to one: they would mean the proxy's own machine. Behind a
proxy nothing can be pinned, as the proxy looks names up itself.

Failures are `WireError`s; their text holds no bytes of the answer, which could be personal data.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpcore
import httpx

from archiver.errors import ConfigError
from archiver.harvest.address import SCHEMES, AddressGuard, IPAddress, place

_CERTIFICATE_PROBLEMS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate is signed by an authority that this machine does not trust",
    20: "its certificate is signed by an authority that this machine does not know",
    21: "its certificate chain is incomplete",
    23: "its certificate has been revoked",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
"""OpenSSL verification codes (x509_vfy.h)."""


class WireError(Exception):
    """No whole answer came. `kind` is the code kept as `Exchange.failure`, `words` a predicate of
    the host ("does not answer"); `retry`: nothing of an answer came and another try may help."""

    def __init__(self, kind: str, words: str, *, retry: bool = False) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind
        self.words = words
        self.retry = retry


@dataclass(slots=True, kw_only=True)
class Meter:
    """The allowance of one request: `deadline` in ms of the client's clock; `received` bytes."""

    deadline: int
    received: int = 0


class _Stream(httpcore.NetworkStream):
    """A connection that counts what it reads and gives no operation more time than is left."""

    def __init__(self, inner: httpcore.NetworkStream, transport: PinnedTransport) -> None:
        self._inner = inner
        self._transport = transport

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._transport.time_left(timeout, httpcore.ReadTimeout)
        data = self._inner.read(max_bytes, left)
        self._transport.meter.received += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._transport.time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._transport.time_left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._transport)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Opens connections to the addresses that `addresses` gives for a name, in that order."""

    def __init__(
        self, transport: PinnedTransport, addresses: Callable[[str, int], Iterable[str]]
    ) -> None:
        self._transport = transport
        self._addresses = addresses
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectError("no checked address")
        for address in self._addresses(host, port):
            left = self._transport.time_left(timeout, httpcore.ConnectTimeout)
            try:
                inner = self._system.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(inner, self._transport)
        raise problem


class _Body(httpx.SyncByteStream):
    """The body as it comes from the connection, not decoded."""

    def __init__(self, inner: Iterable[bytes], transport: PinnedTransport, meter: Meter) -> None:
        self._inner = inner
        self._transport = transport
        self._meter = meter

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._inner)
        while True:
            # Other requests may run while a body is read bit by bit; each has its own deadline.
            self._transport.meter = self._meter
            with _translated(self._meter, in_body=True):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


class PinnedTransport(httpx.BaseTransport):
    """Sends requests over checked, kept-alive connections; for one thread at a time.

    A request carries its `Meter` as the extension `meter`. `now` is milliseconds since 1970,
    timeouts are seconds, `proxies` has the form of `urllib.request.getproxies()`.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        now: Callable[[], int],
        context: ssl.SSLContext,
        proxies: Mapping[str, str],
        connect_timeout: float,
        read_timeout: float,
    ) -> None:
        self.meter = Meter(deadline=0)
        self._guard = guard
        self._now = now
        self._context = context
        self._proxies = proxies
        self._timeouts = {
            "connect": connect_timeout,
            "read": read_timeout,
            "write": read_timeout,
            "pool": connect_timeout,
        }
        self._pins: dict[tuple[str, int], tuple[IPAddress, ...]] = {}
        self._pools: dict[str, httpcore.ConnectionPool] = {}

    def clear(self, url: httpx.URL) -> tuple[IPAddress, ...]:
        """The checked addresses of `url`, looked up once and kept until connecting fails; empty if
        only a proxy knows. Raises `SourceRefusedAddress`, or `WireError` if the name is unknown."""
        host, port = _endpoint(url)
        known = self._pins.get((host, port))
        if known is not None and url.scheme in SCHEMES:
            return known
        proxied = bool(proxy_for(url, self._proxies))
        try:
            addresses = self._guard.check(url.scheme, host, port, proxied=proxied)
        except OSError:
            # Not told apart: a resolver that is down often answers as if the name did not exist.
            raise WireError("dns", "was not found (DNS)", retry=True) from None
        self._pins[host, port] = addresses
        return addresses

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body unread. Raises `WireError` and `SourceRefusedAddress`."""
        url = request.url
        host, port = _endpoint(url)
        addresses = self.clear(url)
        proxy = proxy_for(url, self._proxies)
        if proxy and addresses and all(ip.is_loopback for ip in addresses):
            proxy = ""
        meter = self.meter = request.extensions["meter"]
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            extensions={"timeout": self._timeouts},
        )
        try:
            with _translated(meter, in_body=False):
                answer = self._pool(proxy).handle_request(asked)
        except WireError as error:
            if error.kind == "connect":
                self._pins.pop((host, port), None)  # the site may have moved
            raise
        if not isinstance(answer.stream, Iterable):
            raise TypeError("an asynchronous body from a synchronous connection")
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, self, meter),
            extensions={"peer": _peer(answer, bool(proxy)), "certificate": _certificate(answer)},
        )

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def time_left(self, timeout: float | None, late: type[Exception]) -> float:
        """Seconds the next operation may take; raises `late` if the request's time is up."""
        left = (self.meter.deadline - self._now()) / 1000
        if left <= 0:
            raise late("the time for the whole request is up")
        return left if timeout is None else min(left, timeout)

    def _pool(self, proxy: str) -> httpcore.ConnectionPool:
        pool = self._pools.get(proxy)
        if pool is None:
            pool = self._pools[proxy] = httpcore.ConnectionPool(
                ssl_context=self._context,
                proxy=_proxy(proxy) if proxy else None,
                max_connections=10,
                keepalive_expiry=30,
                network_backend=_Backend(self, self._own_name if proxy else self._pinned),
            )
        return pool

    def _pinned(self, host: str, port: int) -> Iterable[str]:
        return map(str, self._pins.get((host, port), ()))

    @staticmethod
    def _own_name(host: str, _port: int) -> Iterable[str]:
        return (host,)  # the proxy itself: the operator's setting, not a stranger's


def proxy_for(url: httpx.URL, proxies: Mapping[str, str]) -> str:
    """The proxy for `url`, empty if it is to be reached directly (httpx's reading of the
    variables: https://www.python-httpx.org/environment_variables/)."""
    host, port = _endpoint(url)
    proxy = proxies.get(url.scheme) or proxies.get("all") or ""
    for entry in proxies.get("no", "").split(","):
        scheme, _, name = entry.strip().lower().rpartition("://")
        if name == "*":
            return ""
        name, _, wanted = name.rpartition(":") if name.count(":") == 1 else (name, "", "")
        name = name.strip("[]")
        matches = host == name or (name and host.endswith("." + name.removeprefix(".")))
        if matches and scheme in ("", "all", url.scheme) and wanted in ("", str(port)):
            return ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def proxy_secrets(proxies: Mapping[str, str]) -> Iterator[str]:
    """The passwords in proxy settings."""
    for key in ("http", "https", "all"):
        with suppress(httpx.InvalidURL):
            yield httpx.URL(proxies.get(key, "")).password


def _proxy(address: str) -> httpcore.Proxy:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in SCHEMES or not url.host:
        raise ConfigError(
            "The proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is not an http or https address.",
            remedy="Correct the variable; SOCKS proxies are not supported.",
        )
    host, port = _endpoint(url)
    return httpcore.Proxy(
        httpcore.URL(scheme=url.raw_scheme, host=host, port=port, target=b"/"),
        auth=(url.username, url.password) if url.userinfo else None,
    )


def _endpoint(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii"), url.port or SCHEMES.get(url.scheme, 0)


def _peer(answer: httpcore.Response, proxied: bool) -> str:
    address = answer.extensions["network_stream"].get_extra_info("server_addr")
    return ("proxy " if proxied else "") + place(address[0], address[1]) if address else ""


def _certificate(answer: httpcore.Response) -> str:
    connection = answer.extensions["network_stream"].get_extra_info("socket")
    if not isinstance(connection, ssl.SSLSocket):
        return ""
    leaf = connection.getpeercert(binary_form=True)
    return sha256(leaf).hexdigest() if leaf else ""


def _tls_problem(error: BaseException) -> str:
    """What is wrong with the secure connection, empty if that is not what failed."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        code = cause.verify_code
        return _CERTIFICATE_PROBLEMS.get(code, f"its certificate was not accepted (OpenSSL {code})")
    return f"the TLS handshake ended with {cause.reason or 'an error'}" if cause else ""


@contextmanager
def _translated(meter: Meter, *, in_body: bool) -> Iterator[None]:
    """Errors of httpcore as `WireError`, without their text: it can quote the answer."""
    try:
        yield
    except httpcore.ConnectTimeout:
        problem = WireError("connect", "does not answer in time", retry=True)
    except httpcore.ConnectError as error:
        words = _tls_problem(error)
        if words:
            problem = WireError("tls", f"offers no trustworthy connection: {words}")
        else:
            problem = WireError("connect", "cannot be reached", retry=True)
    except httpcore.ProxyError:
        problem = WireError("proxy", "cannot be reached: the proxy refused")
    except httpcore.TimeoutException:
        problem = WireError("timeout", "took too long to answer")
    except (httpcore.NetworkError, httpcore.RemoteProtocolError):
        if in_body:
            problem = WireError("cut-off", "broke off its answer")
        elif not meter.received:
            problem = WireError("connect", "closed the connection unanswered", retry=True)
        else:
            problem = WireError("protocol", "answered with something that is not HTTP")
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError):
        problem = WireError("protocol", "was asked in a form that HTTP does not allow")
    else:
        return
    raise problem

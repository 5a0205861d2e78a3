"""HTTP for connectors, with every exchange kept as evidence.

`RecordingClient` is the harvester's only way out. What holds:

* **Fail closed**: an answer is returned only as the `Exchange` that was recorded. Each retry, each
  redirect hop and each error answer is one, and so is an attempt that no answer came to (status 0).
* **No secret is stored**: every exchange passes `Masker` before it exists.
* **No private address is visited**: each hop passes `AddressGuard` (`wire.PinnedTransport`).
* **A credential stays at home**: it is sent to the origin (RFC 6454) of the platform's interface
  and no other, also not to the same host by another scheme or port, and never with media. Only
  this client sends it: a connector that sets such a header itself is refused. No cookies are kept.
* **Politeness**: an interval between requests to a host, the platform's own limits (`Pace`),
  `Retry-After`, few retries, a name and address in `User-Agent`.

The clock, sleep and randomness are parameters; one client serves one run in one thread.
"""

from __future__ import annotations

import random
import ssl
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType

import httpx

from archiver.core.connector import Login, Target, Usage
from archiver.core.exchange import Exchange
from archiver.core.ports import Pace
from archiver.errors import (
    SourceError,
    SourceQuotaExhausted,
    SourceRefusedAddress,
    SourceUnavailable,
)
from archiver.harvest.address import (
    SCHEMES,
    AddressGuard,
    AllowedAddress,
    Resolver,
    system_resolver,
)
from archiver.harvest.body import coding, read
from archiver.harvest.hop import (
    MEDIA_TEMPLATE,
    Hop,
    authorization,
    default_template,
    origin,
    parse_url,
    retry_after,
    source_error,
)
from archiver.harvest.masking import SECRET_HEADERS, Masker, RawExchange
from archiver.harvest.wire import Meter, PinnedTransport, WireError, proxy_secrets

USER_AGENT = "Diarkiv/0.1 (archive of a Swedish public authority)"
"""Better with an address where a site's owner can complain: `Diarkiv/0.1 (+https://...)`."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRY_AFTER = frozenset({429, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much, how long and how often. Sizes in bytes, times in seconds."""

    body: int = 32 << 20
    time: float = 120
    media_time: float = 900
    connect_timeout: float = 10
    read_timeout: float = 30
    redirects: int = 5
    attempts: int = 3
    backoff: float = 1
    longest_wait: float = 120
    interval: float = 1


class RecordedMedia:
    """A media file while it arrives; its exchange (body empty) is recorded when it has ended."""

    def __init__(self, client: RecordingClient, hop: Hop, cap: int, mime: str) -> None:
        self.mime = mime
        self.exchange: Exchange | None = None
        self._client = client
        self._hop = hop
        self._cap = cap

    def chunks(self, size: int) -> Iterator[bytes]:
        """The file in pieces of `size` bytes, the last one shorter; can be read once.

        `SourceError` past the cap, `SourceUnavailable` if the file breaks off: what was yielded
        until then is not the whole file.
        """
        if self._hop.response is None or self.exchange or size < 1:
            raise ValueError("a media file can be read once, in pieces of at least one byte")
        waiting = bytearray()
        try:
            for piece in read(self._hop.response, self._cap):
                waiting += piece
                while len(waiting) >= size:
                    yield bytes(waiting[:size])
                    del waiting[:size]
            self._end("")
            if waiting:
                yield bytes(waiting)
        except WireError as error:
            self._end(error.kind)
            raise source_error(self._hop, error) from None
        finally:
            self.close()

    def close(self) -> None:
        """End early; the exchange then says `abandoned`."""
        self._end("abandoned")

    def _end(self, failure: str) -> None:
        if self.exchange is None:
            self.exchange = self._client.record_media(self, self._hop, failure)


class RecordingClient:
    """`RecordedHttp` for one run over one target; a context manager that closes connections.
    `now` is milliseconds since 1970 UTC, `sleep` takes seconds, `rng` spreads retries. `login` says
    how the target's credential is sent and `api` where to (default: the target's address). `pace`
    keeps the platform's limits, of which `usage` reads what an answer says. `allowed` are
    addresses the operator opened. `secrets` are masked like the target's own credential.
    `proxies` has the form of `urllib.request.getproxies()`, which is also its default. `context`
    defaults to httpx's (certifi, or SSL_CERT_FILE). `exchanges` are in the order they ended.
    """

    def __init__(
        self,
        target: Target | None = None,
        *,
        now: Callable[[], int],
        sleep: Callable[[float], None],
        rng: random.Random,
        login: Login = Login.BASIC,
        api: str = "",
        pace: Pace | None = None,
        usage: Callable[[Exchange], Usage | None] = lambda _exchange: None,
        allowed: Iterable[AllowedAddress] = (),
        resolve: Resolver = system_resolver,
        limits: Limits | None = None,
        secrets: Iterable[str] = (),
        user_agent: str = USER_AGENT,
        context: ssl.SSLContext | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        self.exchanges: list[Exchange] = []
        self._limits = limits or Limits()
        self._now = now
        self._sleep = sleep
        self._rng = rng
        self._user_agent = user_agent
        self._credential = target.credential if target else None
        self._login = login
        home = api or (target.url if target else "")
        self._home = origin(parse_url(home)) if home.startswith("http") else None
        self._pace = pace
        self._usage = usage
        self._guard = AddressGuard(allowed=frozenset(allowed), resolve=resolve)
        proxies = urllib.request.getproxies() if proxies is None else proxies
        self._masker = Masker(self._credential, [*secrets, *proxy_secrets(proxies)])
        self._last: dict[str, int] = {}
        self._media: list[RecordedMedia] = []
        self._transport = PinnedTransport(
            self._guard,
            now=now,
            context=context or httpx.create_ssl_context(),
            proxies=proxies,
            connect_timeout=self._limits.connect_timeout,
            read_timeout=self._limits.read_timeout,
        )

    def __enter__(self) -> RecordingClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End open media streams (recorded as abandoned) and close every connection."""
        for media in tuple(self._media):
            media.close()
        self._transport.close()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        template: str = "",
    ) -> Exchange:
        """One GET, its redirects followed. Any status below 500 but 429 is returned.

        `params` join those in `url`. `ValueError` if a connector sends `Authorization` by itself.
        Raises `SourceUnavailable` and `SourceRefusedAddress`; see `RecordedHttp.get`.
        """
        if any(name.lower() == "authorization" for name in headers or ()):
            raise ValueError("a connector sends no credential by itself")
        address = parse_url(url, params)
        self._masker.learn(str(address).encode("ascii"), httpx.Headers(headers).raw)
        hop = self._follow(address, headers or {}, template)
        if hop.exchange is None:
            raise SourceError("An answer was not recorded, so it is not used.")
        return hop.exchange

    def stream(self, url: str, *, cap: int) -> RecordedMedia:
        """Open a media file of at most `cap` bytes, without any credential. `SourceError` if the
        answer is not 200; else as `get`. The template in the exchange is `MEDIA_TEMPLATE`."""
        hop = self._follow(parse_url(url), {}, MEDIA_TEMPLATE, media=True)
        if hop.exchange is not None:
            raise SourceError(f"{hop.url.host} answers {hop.status} instead of a media file.")
        mime = self._masker.text(hop.header("content-type")).partition(";")[0].strip().lower()
        media = RecordedMedia(self, hop, cap, mime)
        self._media.append(media)
        return media

    def record_media(self, media: RecordedMedia, hop: Hop, failure: str) -> Exchange:
        """The exchange of a media file that has ended, its connection freed."""
        if hop.response is not None:
            hop.response.close()
        self._media.remove(media)
        return self._record(hop, b"", failure)

    def _hop(
        self,
        url: httpx.URL,
        asked: Mapping[str, str],
        template: str,
        *,
        media: bool = False,
        away: bool = False,
        via: str = "",
    ) -> Hop:
        headers = httpx.Headers(
            {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": self._user_agent}
        )
        if self._credential and not (media or away) and origin(url) == self._home:
            headers.update(authorization(self._login, self._credential))
        secret = SECRET_HEADERS if away else {}
        headers.update({k: v for k, v in asked.items() if k.lower() not in secret})
        request = httpx.Request("GET", url, headers=headers)
        template = template or default_template(url)
        return Hop(url=url, request=request, template=template, media=media, away=away, via=via)

    def _follow(
        self, url: httpx.URL, asked: Mapping[str, str], template: str, *, media: bool = False
    ) -> Hop:
        """The last hop of a chain of redirects."""
        hop = self._hop(url, asked, template, media=media)
        seen = {url}
        while True:
            self._persist(hop)
            location = hop.header("location")
            if hop.status not in _REDIRECTS or not location:
                return hop
            url = parse_url(location, base=hop.url)
            if url in seen or len(seen) > self._limits.redirects:
                raise SourceUnavailable(
                    f"{hop.url.host} redirects in a circle or more than"
                    f" {self._limits.redirects} times.",
                    remedy="Open the address in a browser and use the one it ends at.",
                )
            seen.add(url)
            # Who has left once stays anonymous: the way back was chosen by someone else.
            away = hop.away or origin(url) != origin(hop.url)
            hop = self._hop(url, asked, template, media=media, away=away, via=hop.url.host)

    def _persist(self, hop: Hop) -> None:
        """One hop with its retries: connection failures, 429 and 5xx only."""
        limits = self._limits
        for attempt in range(1, limits.attempts + 1):
            asked = None
            try:
                self._attempt(hop)
            except WireError as error:
                if attempt == limits.attempts or not error.retry:
                    raise source_error(hop, error) from None
            else:
                if hop.status != 429 and hop.status < 500:
                    return
                if hop.status in _RETRY_AFTER:
                    asked = self._asked_to_wait(hop)
                if attempt == limits.attempts or (asked or 0) > limits.longest_wait:
                    kind = SourceQuotaExhausted if hop.status == 429 else SourceUnavailable
                    raise kind(
                        f"{hop.url.host} answers {hop.status}"
                        f" (attempt {attempt} of {limits.attempts}).",
                        remedy="The next run tries again.",
                        retry_after=asked,
                    )
            pause = limits.backoff * 2 ** (attempt - 1) * (0.5 + self._rng.random())
            self._sleep(max(pause, asked or 0))

    def _asked_to_wait(self, hop: Hop) -> float | None:
        """Seconds the platform asks for: `Retry-After`, else by its own headers."""
        now = self._now()
        asked = retry_after(hop.header("retry-after"), now)
        usage = self._usage(hop.exchange) if asked is None and hop.exchange else None
        if usage is None:
            return asked
        reset = None if usage.reset_at is None else max(0.0, (usage.reset_at - now) / 1000)
        return usage.pause if usage.pause is not None else reset

    def _attempt(self, hop: Hop) -> None:
        """One exchange, recorded: all but a media file that is about to be read."""
        hop.response = hop.exchange = None
        hop.started_at = self._now()
        try:
            self._wait_turn(hop.url)
            hop.started_at = self._now()
            seconds = self._limits.media_time if hop.media else self._limits.time
            meter = Meter(deadline=hop.started_at + int(seconds * 1000))
            hop.request.extensions = {"meter": meter}
            hop.response = self._transport.handle_request(hop.request)
        except WireError as error:
            self._record(hop, b"", error.kind)
            raise
        except SourceRefusedAddress as error:
            if not hop.via:
                raise
            message = f"{hop.via} redirects to where no harvester goes. {error.message}"
            raise SourceRefusedAddress(message, remedy=error.remedy) from None
        if hop.media and hop.status == 200:
            return
        body = bytearray()
        problem = None
        try:
            for piece in read(hop.response, self._limits.body):
                body += piece
        except WireError as error:
            problem = error
        finally:
            hop.response.close()
        hop.exchange = self._record(hop, bytes(body), problem.kind if problem else "")
        if problem:
            raise problem

    def _wait_turn(self, url: httpx.URL) -> None:
        """Check the address and keep the interval to the last request to the same host."""
        addresses = self._transport.clear(url)
        port = url.port or SCHEMES[url.scheme]
        ours = bool(addresses) and all(self._guard.allows(ip, port) for ip in addresses)
        last = self._last.get(url.host)
        if last is not None and not ours:
            wait = self._limits.interval - (self._now() - last) / 1000
            if wait > 0:
                self._sleep(min(wait, self._limits.interval))  # the clock may have been set back
        if self._pace is not None and origin(url) == self._home:
            self._sleep(self._pace.before())
        self._last[url.host] = self._now()

    def _record(self, hop: Hop, body: bytes, failure: str) -> Exchange:
        answer = hop.response
        masked = self._masker.mask(
            RawExchange(
                url=str(hop.url).encode("ascii"),
                template=hop.template.encode(),
                request_headers=hop.request.headers.raw,
                response_headers=answer.headers.raw if answer else (),
                body=body,
                truncated=bool(failure),
            )
        )
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            method="GET",
            url=masked.url,
            template=masked.template,
            status=hop.status,
            request_headers=masked.request_headers,
            response_headers=masked.response_headers,
            body=masked.body,
            started_at=hop.started_at,
            ended_at=self._now(),
            peer=answer.extensions["peer"] if answer else "",
            content_encoding=self._masker.text(coding(answer)) if answer else "",
            redactions=tuple(masked.redactions),
            truncated=bool(answer and failure),
            failure=failure,
            certificate=answer.extensions["certificate"] if answer else "",
            away=hop.away,
        )
        self.exchanges.append(exchange)
        if self._pace and origin(hop.url) == self._home and (usage := self._usage(exchange)):
            self._pace.heed(usage)
        return exchange

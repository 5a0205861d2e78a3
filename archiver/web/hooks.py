"""Receives what platforms push: a program of its own, apart from the pages that staff read.

It stands where the internet can reach it (behind the authority's reverse proxy), so it can do one
thing only: `GET` and `POST /hooks/<channel number>`. No session, no other address, no page.

What holds:
- **Signature first.** Nothing in a message is believed, kept or acted upon before the connector has
  found the platform's signature on its raw bytes. Of a forged one only a count is kept.
- **A message is a hint, never a fact.** It is sealed as it came, as an entry of its own
  (`push_received`), and the channel is harvested soon; what the harvest sees is the fact.
- **Nothing is kept of what is about nothing archived** (likes, reactions): GDPR art. 5.1 c.
- What a message names stands nowhere in the clear; log lines hold numbers and counts.
- Whoever floods it gets 429; a message that comes twice is kept once, as long as it is remembered.

An answer is one word of plain text. Other than 2xx makes the platform send the message again.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import structlog
import waitress
from werkzeug import Request, Response

from archiver.core.canonical import Json
from archiver.core.channel import Channel
from archiver.core.connector import Connector, Credential
from archiver.core.event import EventType
from archiver.core.observation import ItemRef
from archiver.core.ports import Clock, Random
from archiver.core.push import PushConnector
from archiver.core.record import clean
from archiver.errors import DiarkivError, PushForged, SourceChanged
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, seal
from archiver.web.listening import listen

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
PORT = 8466
MAX_BODY = 256 * 1024
THREADS = 4

_log = structlog.get_logger(__name__)
_PATH = re.compile(r"/hooks/([1-9][0-9]{0,14})")
_MINUTE = 60_000
_MESSAGES = 600  # a minute and channel
_STRANGERS = 120  # requests a minute that are for no channel, or forged, all together
_REMEMBERED = 2_000
_PAUSE = 10_000  # ms between two looks for new channels
_APART = 300_000  # ms between two harvests asked for: a busy page must leave room for the others
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class AskHarvest(Protocol):
    """Asks the job queue for a harvest of a channel now."""

    def __call__(self, channel: int, /) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HookServices:
    """What the composition root gives."""

    ledger: Ledger
    channels: Callable[[], Sequence[Channel]]
    connector: Callable[[str], Connector]
    credential: Callable[[int], Credential | None]
    ask: AskHarvest
    clock: Clock
    random: Random
    # Whether any of these items of a channel was disposed of or stopped: nothing of it is kept.
    is_gone: Callable[[int, Sequence[ItemRef]], bool]


class _Window:
    """Counts per minute, by channel; 0 is everybody else's. Bounded by the number of channels."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, int]] = {}

    def take(self, key: int, most: int, now: int) -> bool:
        """Count one; False if there were too many in this minute."""
        minute, count = self._counts.get(key, (0, 0))
        count = count + 1 if minute == now // _MINUTE else 1
        self._counts[key] = (now // _MINUTE, count)
        return count <= most


class _Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status, self.word = status, word


class Hooks:
    """The WSGI application."""

    def __init__(self, services: HookServices) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._window = _Window()
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._asked: dict[int, int] = {}
        self._channels: dict[int, Channel] = {}
        self._looked = -_PAUSE
        self._forged = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            status, word = 200, self._answer(request)
        except _Refusal as refusal:
            status, word = refusal.status, refusal.word
        except DiarkivError as error:
            _log.error("hooks.error", code=error.code)
            status, word = 503, "later"
        except Exception as error:  # noqa: BLE001 its words may quote what was sent
            _log.error("hooks.fault", error=type(error).__name__)
            status, word = 500, "fault"
        headers = {**_HEADERS, **({"Retry-After": "60"} if status in (429, 503) else {})}
        response = Response(word, status, headers, content_type="text/plain; charset=utf-8")
        return response(environ, start_response)

    def _answer(self, request: Request) -> str:
        now = self._services.clock.now()
        channel, connector, credential = self._whose(request.path, now)
        if request.method == "GET":
            challenge = connector.greet(request.args.to_dict(), credential)
            if challenge is None:
                self._stranger(now)
                raise _Refusal(403, "refused")
            return challenge
        if request.method != "POST":
            raise _Refusal(405, "method")
        body = _body(request)
        try:
            found = connector.hints(dict(request.headers), body, credential, url=channel.url)
            hints, refs = len(found), [one.ref for one in found if one.ref]
        except PushForged:
            self._forged += 1
            _log.warning("hooks.forged", channel=channel.seq, count=self._forged)
            self._stranger(now)
            raise _Refusal(403, "refused") from None
        except SourceChanged:
            hints, refs = -1, []  # signed, in a shape that is not known: kept, a reason to look
        if not self._take(channel.seq, _MESSAGES, now):
            raise _Refusal(429, "too-many")
        if hints:
            self._keep(channel, request, body, now, hints, refs)
        return "ok"

    def _whose(self, path: str, now: int) -> tuple[Channel, PushConnector, Credential]:
        found = _PATH.fullmatch(path)
        channel = self._channel(int(found[1]), now) if found else None
        connector = self._services.connector(channel.platform) if channel else None
        credential = self._services.credential(channel.seq) if channel else None
        if (
            channel is None
            or credential is None
            or not credential.signing
            or not isinstance(connector, PushConnector)
        ):
            self._stranger(now)
            raise _Refusal(404, "refused")
        return channel, connector, credential

    def _channel(self, number: int, now: int) -> Channel | None:
        """The channel of that number; new ones are looked for every ten seconds at most."""
        with self._lock:
            if number not in self._channels and now - self._looked >= _PAUSE:
                self._looked = now
                self._channels = {one.seq: one for one in self._services.channels()}
            return self._channels.get(number)

    def _stranger(self, now: int) -> None:
        if not self._take(0, _STRANGERS, now):
            raise _Refusal(429, "too-many")

    def _take(self, key: int, most: int, now: int) -> bool:
        with self._lock:
            return self._window.take(key, most, now)

    def _keep(
        self,
        channel: Channel,
        request: Request,
        body: bytes,
        now: int,
        hints: int,
        refs: Sequence[ItemRef],
    ) -> None:
        """Seal a message, once, and ask for a harvest, at most every five minutes. One about what
        was disposed of or stopped is sealed without its body: it says what must not come back."""
        mark = sha256(channel.seq.to_bytes(8, "big") + body).digest()
        with self._lock:
            if mark in self._seen:
                return
            payload: dict[str, Json] = {
                "channel": channel.seq,
                "received_at": now,
                "signature": _signatures(request),
            }
            random, ledger = self._services.random, self._services.ledger
            if refs and self._services.is_gone(channel.seq, refs):
                payload["withheld"], body = True, b""
            sealed = seal(FrameKind.PUSH, payload, body, random=random)
            with ledger.writer() as writer:
                cohort = writer.cohort(channel.authority, "content")
                seq = writer.append(EventType.PUSH_RECEIVED, sealed, cohort)
            due = now - self._asked.get(channel.seq, -_APART) >= _APART
            if due:
                self._services.ask(channel.seq)
                self._asked[channel.seq] = now
            self._seen[mark] = None  # not before it was asked for: else it is sent again in vain
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        _log.info("hooks.received", channel=channel.seq, entry=seq, hints=hints, asked=due)


def _body(request: Request) -> bytes:
    """The raw body, never more than `MAX_BODY`."""
    length = request.content_length
    if length is None:
        raise _Refusal(411, "length")
    if length > MAX_BODY:
        raise _Refusal(413, "too-large")
    body = request.stream.read(length)
    if len(body) != length:
        raise _Refusal(400, "cut-off")
    return bytes(body)


def _signatures(request: Request) -> list[Json]:
    """The headers that bear a signature, as [name, value]."""
    return [
        [clean(name[:100]), clean(value[:500])]
        for name, value in request.headers.items()
        if "signature" in name.lower()
    ]


def serve_hooks(hooks: Hooks, port: int, told: Callable[[Mapping[str, int | str]], None]) -> None:
    """Listen on loopback until interrupted; `told` gets host and port once they are bound."""
    listening = listen(HOST, port)
    told({"host": HOST, "port": listening.getsockname()[1]})
    waitress.serve(
        hooks,
        sockets=[listening],
        threads=THREADS,
        ident=None,
        max_request_body_size=MAX_BODY + 1,
        inbuf_overflow=MAX_BODY + 2,  # what is sent never touches a disk before it is sealed
        channel_timeout=30,
    )

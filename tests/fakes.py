"""Fakes that implement the ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from archiver.core.connector import Credential
from archiver.core.exchange import Exchange, MediaStream
from archiver.errors import SourceQuotaExhausted, SourceUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a connector asked for."""

    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the script answers; header names are matched without regard to case."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeHttp:
    """A `RecordedHttp` that asks a function instead of a network and keeps what was asked.

    Like the real one it answers 429 and 5xx with `SourceUnavailable`, after no retries at all.
    """

    def __init__(
        self, script: Callable[[Request], Answer], now: Callable[[], int] = lambda: 0
    ) -> None:
        self._script = script
        self._now = now
        self.requests: list[Request] = []
        self.exchanges: list[Exchange] = []

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        template: str = "",
    ) -> Exchange:
        """One scripted exchange."""
        request = Request(
            url=url, params=dict(params or {}), headers=dict(headers or {}), template=template
        )
        self.requests.append(request)
        answer = self._script(request)
        if answer.status == 429:
            raise SourceQuotaExhausted("The script answered 429.")
        if answer.status >= 500:
            raise SourceUnavailable(f"The script answered {answer.status}.")
        exchange = Exchange(
            number=len(self.requests),
            method="GET",
            url=f"{url}?{urlencode(params)}" if params else url,
            template=template,
            status=answer.status,
            request_headers=tuple(request.headers.items()),
            response_headers=tuple(answer.headers.items()),
            body=answer.body,
            started_at=self._now(),
            ended_at=self._now(),
        )
        self.exchanges.append(exchange)
        return exchange

    def stream(self, url: str, *, cap: int) -> MediaStream:
        """A media file of the script's body."""
        return _FakeStream(self.get(url).body[:cap])


class _FakeStream:
    mime = "application/octet-stream"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def chunks(self, size: int) -> Iterator[bytes]:
        for start in range(0, len(self._data), size):
            yield self._data[start : start + size]


class MemoryCredentials:
    """`CredentialStore` in memory."""

    def __init__(self) -> None:
        self._held: dict[int, Credential] = {}

    def get(self, channel: int) -> Credential | None:
        return self._held.get(channel)

    def put(self, channel: int, credential: Credential) -> None:
        self._held[channel] = credential


class FixedClock:
    """Time that stands still: 18 November 2026."""

    wall = 1_795_000_000_000

    def now(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return 0.0

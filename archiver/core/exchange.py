"""HTTP as evidence: what is kept of a request and its answer, and the client that keeps it.

Fail closed: what a connector reads it reads from an `Exchange` that was recorded. Secrets are
masked before an exchange exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Where a secret was masked in a stored exchange: `part` names header, url or body;
    `offset` and `length` are bytes of the *stored* part; `reason` a short code."""

    part: str
    offset: int
    length: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its response as stored. Secrets are already masked.

    `started_at`/`ended_at` are milliseconds since 1970 UTC; `body` is the decoded response body;
    `template` is the URL without native ids (`/wp/v2/comments/{id}`), which run frames may name.
    `status` is 0 if no answer came. `failure` is a code for why there is no whole answer ("dns",
    "connect", "tls", "timeout", "cut-off", "too-large", ...), empty if there is one; `truncated`:
    `body` is only what came before that. `certificate` is the SHA-256 (hex) of the server's TLS
    certificate. `away`: a redirect to another server led here; not stored, since the hops before
    tell it.
    """

    number: int
    method: str
    url: str
    template: str
    status: int
    request_headers: tuple[tuple[str, str], ...]
    response_headers: tuple[tuple[str, str], ...]
    body: bytes
    started_at: int
    ended_at: int
    peer: str = ""
    content_encoding: str = ""
    redactions: tuple[Redaction, ...] = ()
    truncated: bool = False
    failure: str = ""
    certificate: str = ""
    away: bool = False

    def header(self, name: str) -> str:
        """First response header of that name (case-insensitive), or an empty string."""
        lower = name.lower()
        return next((v for k, v in self.response_headers if k.lower() == lower), "")


class MediaStream(Protocol):
    """Bytes of one media file while they arrive; `chunks` raises `SourceError` past the cap."""

    mime: str

    def chunks(self, size: int) -> Iterator[bytes]: ...


class RecordedHttp(Protocol):
    """HTTP for connectors: every exchange is recorded, also each retry and each error answer."""

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        template: str = "",
    ) -> Exchange:
        """One GET. Any HTTP status is returned, not raised; `SourceUnavailable` if no answer came,
        429/5xx lasted through the retries, or the body was cut off or too large;
        `SourceRefusedAddress` for an address a harvester may not visit."""
        ...

    def stream(self, url: str, *, cap: int) -> MediaStream:
        """Open a media file of at most `cap` bytes."""
        ...

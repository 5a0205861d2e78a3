"""Ports: what the core and the services need from the outside world.

Adapters live at the edge; one contract suite per port runs over every adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from archiver.core.alert import Alert, Audience
from archiver.core.connector import Credential, Usage
from archiver.core.scan import Scan


class Clock(Protocol):
    """The only source of time. `now` is milliseconds since 1970 UTC; `monotonic` is in seconds
    and never goes back, so that a jump of the wall clock can be seen."""

    def now(self) -> int: ...

    def monotonic(self) -> float: ...


class Random(Protocol):
    """The only source of randomness: `count` unpredictable bytes."""

    def __call__(self, count: int, /) -> bytes: ...


class BlobStore(Protocol):
    """Named objects, written once. Names are ASCII paths that identify no person.

    The contract, which every adapter is tested against:
    - `put` is durable when it returns, all or nothing; the same bytes again are a no-op, other
      bytes raise `AlreadyExists` (S3: If-None-Match).
    - `swap` replaces atomically, only if the object still holds `expect` (None = absent), else
      `AlreadyExists` (S3: If-Match). Only for the few names that change.
    - `get` returns exactly the range that exists; a missing object raises `NotFound`.
    - A full, read-only or unreachable store raises `StoreUnavailable` and nothing is half-written.
    """

    def put(self, name: str, data: bytes) -> None: ...

    def swap(self, name: str, data: bytes, *, expect: bytes | None) -> None: ...

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes: ...

    def size(self, name: str) -> int | None:
        """Bytes of the object, None if it does not exist."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """Names under a folder, sorted."""
        ...

    def delete(self, name: str) -> None: ...


class AppendStore(Protocol):
    """Local files that grow at the end: open packs, key files, the log's tail.

    `append` writes at exactly `offset` (its present end, known to the caller) and is durable only
    after `sync`. `cut` shortens, durably: bytes beyond the last acknowledged one were never
    promised to anyone.
    """

    def append(self, name: str, offset: int, data: bytes) -> None: ...

    def sync(self, name: str) -> None: ...

    def cut(self, name: str, size: int) -> None: ...

    def clear_temporary(self) -> None:
        """Remove what a killed process left half-written; the caller is the only writer."""
        ...


class CredentialStore(Protocol):
    """Credentials by channel number: encrypted at rest, write-only for people, never logged, never
    in a capture or an export."""

    def get(self, channel: int) -> Credential | None: ...

    def put(self, channel: int, credential: Credential) -> None: ...


class Pace(Protocol):
    """Keeps a platform's limits for one token, also across runs, processes and crashes."""

    def before(self) -> float:
        """Take the right to one request: how many seconds to wait before it is sent.
        `SourceQuotaExhausted` if that would be longer than a run should wait."""
        ...

    def heed(self, usage: Usage) -> None:
        """Take note of what the platform said of our use of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvested:
    """What a job says of one channel's run: ids and counts only, since queues keep it. `exit_code`
    as the command line's; `retry_after`: seconds the platform asked us to wait, if it did."""

    exit_code: int
    counts: Mapping[str, int]
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestProgress:
    """How far a request to harvest has got. `results`: channel → counts and `exit_code` of its
    run; `exit_code` is None until the request is done."""

    request: int
    channels: tuple[int, ...]
    results: Mapping[int, Mapping[str, int]]
    exit_code: int | None


class JobQueue(Protocol):
    """The home's work: what is due by schedule, and what is asked for.

    Jobs run at least once, one per channel at a time; a job that fails is put off and never stops
    the others. What a person asks for comes first. Asking, following and cancelling work from any
    process; `run` only in the home's one worker.
    """

    def run(self, stop: Callable[[], bool]) -> None:
        """Work until `stop()` is true; `HomeBusy` if the home has a worker."""
        ...

    def request_harvest(self, channels: Collection[int]) -> int:
        """Ask for a harvest of these channels now, those of one platform in this order; the
        request's number."""
        ...

    def follow(self, request: int, progress: Callable[[RequestProgress], None]) -> int:
        """Wait until a request is done, told of each step; its exit code."""
        ...

    def cancel(self, request: int) -> None:
        """Begin no further channel of a request; what runs goes on. A request that is cancelled
        ends as partial."""
        ...


class Derivative(Protocol):
    """What was made from records' content outside the archive: the search index, thumbnails."""

    def purge(self, records: Collection[int]) -> None:
        """Let nothing of what these records held remain, on disk neither; what may be read of them
        now is made anew. Returns when that is so, or when it is sure to happen at once."""
        ...


class HoldPlacer(Protocol):
    """Holds records for matters of other parts of the product (a request for access, a restriction
    under GDPR, an incident), so that nothing disposes of them meanwhile.

    `source` is the entry that began the matter. Placing what is held for it already changes
    nothing, nor does releasing what is not held: a caller may ask again after a crash. `kind` is
    one of `retention.core.hold.HoldKind`. A matter's holds end by `release` and in no other way.
    """

    def place_for(
        self,
        source: int,
        *,
        authority: int,
        kind: str,
        records: Collection[int],
        reason: str,
        review_on: date,
        owner: int,
    ) -> int:
        """Hold these records of an authority; the number of the hold."""
        ...

    def release(self, source: int, *, reason: str, actor: int) -> None:
        """Let go of everything that is held for a matter."""
        ...


class Notifier(Protocol):
    """A way to tell people of an alert: e-mail, a webhook.

    `send` returns when the other side has taken it over, and raises `NotDelivered` otherwise; the
    same alert may be sent again after a crash, with the same `number`. Nothing but the alert's
    fields leaves the house, and it goes to the `audience` if the way `is_addressed`.
    """

    way: str
    is_addressed: bool

    def send(self, alert: Alert, audience: Audience) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """An outside time stamp: the authority's reply as it came, the instant in it (milliseconds
    UTC), which of the authorities gave it (from 1), and why those before it did not (codes)."""

    reply: bytes
    time: int
    authority: int
    failed: tuple[str, ...] = ()


class Timestamper(Protocol):
    """Outside authorities that stamp a signed head of the log (RFC 3161).

    Only SHA-256 of the note leaves the house. What is returned has been checked wholly: imprint,
    nonce, policy, signature, chain. Never called while the writer's lock is held.
    """

    def stamp(self, note: bytes, *, not_before: int) -> Stamped:
        """A stamp over the note by the first authority that gives one, of that instant or later
        (milliseconds UTC), and not later than it is by our own clock, but for what two clocks may
        differ; `TimestampUnavailable` if none does."""
        ...

    def check(self, reply: bytes, note: bytes) -> int:
        """The instant in a reply that was kept, milliseconds UTC; `TimestampUnavailable` if it is
        no stamp over the note by an authority that is trusted."""
        ...


class Scanner(Protocol):
    """A look for malware in a file's bytes.

    Never raises for a file or for an engine that cannot be had: that is `NOT_SCANNED` with its
    code. It need not read to the end (`too_large`), and keeps nothing.
    """

    def scan(self, chunks: Iterable[bytes]) -> Scan: ...

"""The connector port: what a platform plug-in offers, and what it is given.

A connector never touches the database, the clock or a socket. It gets `RecordedHttp`, which keeps
every exchange as evidence, and yields pages of raw bytes; `normalise` is pure and versioned, so a
corrected parser re-derives records from sealed fragments without touching evidence.
Plug-ins are found in `archiver/connectors/` and by the entry-point group `diarkiv.connectors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from archiver.core.observation import Access, Item, ItemRef, Kind


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
    certificate.
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


class ControlStatus(StrEnum):
    """Answer of a connector's control read."""

    OK = "ok"
    LOGIN_REFUSED = "login_refused"
    UNREACHABLE = "unreachable"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Result of the control read: may we read, as whom, what can we see?"""

    status: ControlStatus
    authenticated: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user name and secret for HTTP Basic (application passwords). Never logged or stored in
    a capture; `repr` shows neither."""

    user: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to harvest: base address of the account and, where there is one, its credential."""

    url: str
    credential: Credential | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLayout:
    """Where items sit in a JSON body, as data.

    `arrays` are paths to arrays of items: keys from the root, "*" for "each element of the array
    here"; the empty path is a body that is itself an array of items, and `(None,)` one that is
    itself a single item. Arrays nested in an item (replies within a comment) are listed too and
    are cut out first. `structural` names every key that may stand outside items; a body with any
    other key there is sealed whole, so that nothing personal can hide in a skeleton.
    """

    arrays: tuple[tuple[str | None, ...], ...]
    structural: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLayout:
    """RSS `item` or Atom `entry` elements of an XML body."""


Layout: TypeAlias = JsonLayout | FeedLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One enumerable list of a channel: `name` is stable ("comments:spam").

    `exhaustive`: a complete enumeration shows every item that exists, so that an item not seen
    raises suspicion. A feed's window is not exhaustive: absence there means nothing.
    `shows` lists the kinds of item it can hold. `of`: for a list of earlier states, the kinds of
    the items whose states they are.
    """

    name: str
    shows: tuple[Kind, ...]
    layout: Layout
    exhaustive: bool
    of: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One exchange of an enumeration. The harvester cuts its body by the collection's layout.

    `expected` is the platform's own total for the collection, None if it gives none. `cursor` is
    what the next run may start from (ETag, Last-Modified), sealed with the run. `unchanged`: the
    platform said nothing is new since the cursor (304).
    """

    exchange: Exchange
    expected: int | None = None
    cursor: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Answer to asking for one item directly: where `PRESENT`, the exchange's body holds it in the
    layout of `collection`. `reason` is the platform's own code ("rest_comment_invalid_id")."""

    ref: ItemRef
    access: Access
    exchange: Exchange
    collection: Collection | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the platform lets us see, for the guided check and for coverage wording."""

    edits: str  # "native" | "hash"
    deletes: str  # "proof" | "event" | "absence" | "none"
    moderation: bool
    history: bool
    needs_credential: bool = False


class Connector(Protocol):
    """One platform. Stateless: everything it needs is in its arguments."""

    platform: str
    title: str
    normaliser: int
    capabilities: Capabilities

    def normalise_target(self, target: str) -> str:
        """The canonical base URL of what a person typed; `ConfigError` says what is wrong."""
        ...

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """The positive control: is the account readable, and is the credential accepted?"""
        ...

    def collections(self, target: Target) -> Sequence[Collection]:
        """What a run enumerates, in order."""
        ...

    def pages(
        self, target: Target, collection: Collection, cursor: Mapping[str, str], http: RecordedHttp
    ) -> Iterator[Page]:
        """Every page of a collection. A `SourceError` ends it: the enumeration is incomplete."""
        ...

    def probe(self, target: Target, refs: Sequence[ItemRef], http: RecordedHttp) -> Iterator[Probe]:
        """Ask for items directly, one answer each."""
        ...

    def history_collection(self, target: Target) -> Collection | None:
        """Where `history` finds earlier states; None if this platform, or this login, shows none.
        Not exhaustive: a state that is not in it means nothing."""
        ...

    def history(
        self, target: Target, refs: Sequence[ItemRef], since: datetime, http: RecordedHttp
    ) -> Iterator[Page]:
        """What items said between `since` and now, in states that were public and no longer are:
        items of `history_collection`, each with the item it is a state of as parent and root. What
        was not yet published is never asked for (TF 2:10). A `SourceError` ends it."""
        ...

    def normalise(self, collection: str, fragment: bytes) -> Item:
        """The item in a fragment of the collection of that name. Pure. `SourceChanged` if the
        shape is unknown."""
        ...

    def owns_media(self, target: Target, url: str) -> bool:
        """Whether a media address is the authority's own (third parties' media stay off)."""
        ...

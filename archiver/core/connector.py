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
from typing import Protocol, TypeAlias, runtime_checkable

from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import Access, Item, ItemRef, Kind
from archiver.errors import (
    SourceAccountGone,
    SourceChanged,
    SourceError,
    SourceLoginExpired,
    SourceMissingRights,
    SourceQuotaExhausted,
    SourceRefusedLogin,
    SourceUnavailable,
    SourceVersionSunset,
)


class Login(StrEnum):
    """How a credential is sent: not at all, as HTTP Basic (RFC 7617) or as a bearer token
    (RFC 6750)."""

    NONE = ""
    BASIC = "basic"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What lets us in: a user name and secret for HTTP Basic, or a bearer token in `secret` alone.
    `signing` is the secret by which the platform signs its push messages. Never logged or stored
    in a capture; `repr` shows none of it."""

    user: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    signing: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A setting that channels of a platform have of their own: `help` is one English sentence."""

    name: str
    help: str
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to harvest: address of the account, its credential where there is one, and the
    channel's own settings (every `Option` of the connector, the defaults filled in)."""

    url: str
    credential: Credential | None = None
    options: Mapping[str, str] = field(default_factory=dict)


class ControlStatus(StrEnum):
    """Answer of a connector's control read: only `OK` lets a run conclude anything from absence."""

    OK = "ok"
    LOGIN_REFUSED = "login_refused"  # revoked, wrong
    LOGIN_EXPIRED = "login_expired"
    MISSING_RIGHTS = "missing_rights"  # accepted, but it sees too little
    QUOTA_EXHAUSTED = "quota_exhausted"
    VERSION_SUNSET = "version_sunset"  # the platform no longer serves this version of its API
    ACCOUNT_GONE = "account_gone"  # deactivated, suspended, unpublished or deleted: reversible
    ACCOUNT_MOVED = "account_moved"
    UNREACHABLE = "unreachable"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Result of the control read: may we read, as whom, what can we see?

    `detail` is the platform's own code, never a name. `target`, where given, is what the rest of
    the run reads (an address that was looked up, say). `account` is the account's native id: what
    its author says is the authority's own. `expires_at` (ms UTC) and `scopes` are the login's, as
    far as the platform tells; `retry_after` in seconds.
    """

    status: ControlStatus
    authenticated: bool = False
    detail: str = ""
    target: Target | None = None
    account: str = ""
    expires_at: int | None = None
    scopes: tuple[str, ...] = ()
    retry_after: float | None = None

    @classmethod
    def failed(cls, error: SourceError) -> Control:
        """A control read that ended in an error."""
        status = next((s for kind, s in _FAILED if isinstance(error, kind)), None)
        wait = error.retry_after if isinstance(error, SourceUnavailable) else None
        return cls(status=status or ControlStatus.UNREACHABLE, detail=error.code, retry_after=wait)


# The most special first.
_FAILED: tuple[tuple[type[SourceError], ControlStatus], ...] = (
    (SourceQuotaExhausted, ControlStatus.QUOTA_EXHAUSTED),
    (SourceLoginExpired, ControlStatus.LOGIN_EXPIRED),
    (SourceMissingRights, ControlStatus.MISSING_RIGHTS),
    (SourceRefusedLogin, ControlStatus.LOGIN_REFUSED),
    (SourceAccountGone, ControlStatus.ACCOUNT_GONE),
    (SourceVersionSunset, ControlStatus.VERSION_SUNSET),
    (SourceChanged, ControlStatus.CHANGED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A limit the platform sets: so many `requests` in any window of so many `seconds`, per token
    or address."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an answer says of our use of the platform: `remaining` of `limit` requests until
    `reset_at` (ms UTC); `percent` of the quota that is used (the highest it names); `pause`:
    seconds it asks us to stay away."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: int | None = None
    percent: float | None = None
    pause: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLayout:
    """Where items sit in a JSON body, as data.

    `arrays` are paths to arrays of items: keys from the root, "*" for "each element of the array
    here"; the empty path is a body that is itself an array of items, and `(None,)` one that is
    itself a single item. A longer path that ends in None leads to one item that stands there by
    itself, in no other item. Arrays nested in an item (replies within a comment) are listed too
    and are cut out first. `structural` names every key that may stand outside items; a body with
    any other key there is sealed whole, so that nothing personal can hide in a skeleton.
    """

    arrays: tuple[tuple[str | None, ...], ...]
    structural: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLayout:
    """RSS `item` or Atom `entry` elements of an XML body."""


Layout: TypeAlias = JsonLayout | FeedLayout


class Reach(StrEnum):
    """How much of a collection can be asked for at a time."""

    ALL = "all"  # every item there is
    RECENT = "recent"  # what was created since an instant
    THREADS = "threads"  # what stands under given posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One enumerable list of a channel: `name` is stable ("comments:spam").

    `exhaustive`: a complete enumeration shows every item that exists within what was asked for, so
    that an item not seen raises suspicion. A feed's window is not exhaustive: absence there means
    nothing. `shows` lists the kinds of item it can hold; `reach` how it can be read (one without
    `ALL` is always read under posts). `of`: for a list of earlier states, the kinds of the items
    whose states they are.
    """

    name: str
    shows: tuple[Kind, ...]
    layout: Layout
    exhaustive: bool
    of: tuple[Kind, ...] = ()
    reach: frozenset[Reach] = frozenset({Reach.ALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What to read of a collection: all of it; with `since`, what was created since then (more may
    come, and does no harm); with `under`, what stands under these posts. `cursor` is what the last
    scan of that kind left. Never more than the collection's `reach`."""

    collection: Collection
    cursor: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    under: tuple[ItemRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One exchange of an enumeration. The harvester cuts its body by the collection's layout.

    `expected` is the platform's own total for the collection, None if it gives none. `cursor` is
    what the next run may start from (ETag, Last-Modified), sealed with the run. `unchanged`: the
    platform said nothing is new since the cursor (304). `read`: the posts asked for under which
    everything has now come, this page included. `hidden`: items of this page that the platform
    says, in another place, are not shown to others. `under`: what items of this page stand under,
    where they do not say it themselves (see `archiver.core.observation.placed`). `left_out`: items
    that are not to be taken from this page; their bytes are not kept.
    """

    exchange: Exchange
    expected: int | None = None
    cursor: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False
    read: tuple[ItemRef, ...] = ()
    hidden: frozenset[ItemRef] = frozenset()
    under: Mapping[ItemRef, ItemRef] = field(default_factory=dict)
    left_out: frozenset[ItemRef] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An item to ask for directly, with what the archive knows of it: `author` is the native id of
    whoever wrote it, empty if unknown; `last_seen`: the last look that showed it (ms UTC): what
    speaks of an earlier time is no answer."""

    ref: ItemRef
    author: str = ""
    parent: ItemRef | None = None
    root: ItemRef | None = None
    last_seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Answer to asking for one item directly: where `PRESENT`, the exchange's body holds it in the
    layout of `collection`; `hidden` then says that another place says it is not shown to others.
    `reason` is the platform's own code ("rest_comment_invalid_id");
    `also` are further exchanges the answer rests on (who signed it, what became of the author),
    kept beside it."""

    ref: ItemRef
    access: Access
    exchange: Exchange
    collection: Collection | None = None
    reason: str = ""
    also: tuple[Exchange, ...] = ()
    hidden: bool = False


class Blind(StrEnum):
    """What cannot be seen on a channel as it is set up; put into words where it is shown."""

    OTHERS_REPLIES = "others_replies"  # what others answered is not read at all
    HELD = "held"  # what is held, marked as spam or in the trash
    HIDDEN = "hidden"  # what the authority has hidden
    BETWEEN_LOOKS = "between_looks"  # a text that stood only between two looks
    DELETIONS = "deletions"  # absence means nothing here
    PRIVATE = "private"  # what is not shown to the public
    AUTHORS = "authors"  # who wrote what others answered
    OLDER = "older"  # what has passed out of the platform's window
    WHO_REMOVED = "who_removed"  # whether the author or the authority took something away
    UNTRIED = "untried"  # what differs from the documents: not yet run on the live platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the platform lets us see, for the guided check and for coverage wording. `cascade`: who
    deletes a post deletes what stands under it. `own_right_for_others`: what others said can be
    refused while the account's own is shown. `rates` are the limits it sets; `push`: it tells of
    news by itself (then the connector is a `PushConnector`)."""

    edits: str  # "native" | "hash"
    deletes: str  # "proof" | "event" | "absence" | "none"
    moderation: bool
    history: bool
    cascade: bool = False
    own_right_for_others: bool = False
    login: Login = Login.NONE
    needs_credential: bool = False
    rates: tuple[Rate, ...] = ()
    push: bool = False


class Connector(Protocol):
    """One platform. Stateless: everything it needs is in its arguments."""

    platform: str
    title: str
    normaliser: int
    capabilities: Capabilities
    options: Sequence[Option]

    def normalise_target(self, target: str) -> str:
        """The canonical base URL of what a person typed; `ConfigError` says what is wrong."""
        ...

    def api(self, target: Target) -> str:
        """The address whose origin (RFC 6454) the credential may be sent to."""
        ...

    def blind(self, target: Target) -> frozenset[Blind]:
        """What cannot be seen on this channel, given its login and settings."""
        ...

    def usage(self, exchange: Exchange) -> Usage | None:
        """What an answer's headers say of the platform's limits; None if nothing."""
        ...

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """The positive control: is the account readable, and is the credential accepted?"""
        ...

    def collections(self, target: Target) -> Sequence[Collection]:
        """What a run enumerates, in order."""
        ...

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        """Every page of what `scan` asks for. A `SourceError` ends it: the enumeration is
        incomplete, but for the posts that some page has named as `read`: one post that cannot be
        read does not keep the others from being, its error comes last."""
        ...

    def probe(
        self, target: Target, wanted: Sequence[Wanted], http: RecordedHttp
    ) -> Iterator[Probe]:
        """Ask for items directly, one answer each, in any order."""
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

    def media_url(self, target: Target, url: str) -> str:
        """Where to fetch an attachment: its address as the item names it, unless that is no web
        address (`at://…`)."""
        ...


@runtime_checkable
class ContentAddressed(Protocol):
    """A connector whose media addresses name the content: what arrives must be just that."""

    def media_digest(self, url: str) -> str:
        """SHA-256 (hex) of the file at this address; empty if the address does not tell."""
        ...

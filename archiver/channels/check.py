"""The guided check: can the account be read, what is seen of it, and what is not.

Runs the connector's control read and then the first page of each list, over the same recording
client as a harvest (its limits, masking and address guard), and keeps nothing: what came is counted
and forgotten. It decides nothing: an account that cannot be read may still be added, because an
account that exists is to be recorded as one that exists. Codes are put into words by whoever shows
them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

from archiver.channels.cost import Reading
from archiver.core.connector import (
    Blind,
    Collection,
    Connector,
    Control,
    ControlStatus,
    Credential,
    Login,
    Page,
    Reach,
    Scan,
    Target,
)
from archiver.core.exchange import Exchange, MediaStream, RecordedHttp
from archiver.core.observation import POST, Item, ItemRef
from archiver.core.ports import Clock
from archiver.core.record import milliseconds
from archiver.errors import SourceChanged, SourceError, SourceRefusedAddress, SourceUnavailable
from archiver.harvest.completeness import Reason, reason_of
from archiver.harvest.segment import split

SECONDS = 60.0
MOST_THREADS = 3  # posts under which a list that hangs on posts is looked at
CONTROL = "control"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DAY = 86_400_000

# Told as the check goes on: steps done of all, and what is looked at ("control" or a list's name).
Progress: TypeAlias = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The first page of one list. Counts are items; `expected` is the platform's own total;
    `newest` and `oldest` are milliseconds UTC; `own_media` those of the account's own files;
    `problem` is a reason code, empty if the page came; `calls`: requests to read it to its end."""

    collection: str
    seen: int = 0
    expected: int | None = None
    kinds: Mapping[str, int] = field(default_factory=dict)
    newest: int | None = None
    oldest: int | None = None
    media: int = 0
    own_media: int = 0
    unreadable: int = 0
    problem: str = ""
    calls: int = 1
    posts_per_day: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What the check found. `status` is the control read's, `detail` the platform's own code;
    `leads_to`: the host that redirects end at, or the address that was looked up, where it is
    another; `name`: what the account calls itself; `gains`: what a login would let us see;
    `expires_at` in milliseconds UTC; `requests` were spent on the check."""

    platform: str
    url: str
    status: ControlStatus
    detail: str = ""
    refused_address: bool = False
    authenticated: bool = False
    name: str = ""
    leads_to: str = ""
    sights: tuple[Sight, ...] = ()
    blind: frozenset[Blind] = frozenset()
    gains: frozenset[Blind] = frozenset()
    expires_at: int | None = None
    scopes: tuple[str, ...] = ()
    requests: int = 0
    reading: Reading = field(default_factory=lambda: Reading(first=1, whole=1))

    @property
    def readable(self) -> bool:
        """Whether the account can be read, and every list of it."""
        return self.status is ControlStatus.OK and not any(one.problem for one in self.sights)


class Recorder(RecordedHttp, Protocol):
    """The recording client: `RecordedHttp`, and what it recorded, in order."""

    exchanges: list[Exchange]


class _Hurried:
    """`RecordedHttp` until a deadline: what would begin after it is not asked."""

    def __init__(self, http: Recorder, clock: Clock, seconds: float) -> None:
        self._http, self._clock = http, clock
        self._deadline = clock.monotonic() + seconds

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        template: str = "",
    ) -> Exchange:
        """As `RecordedHttp.get`, in time."""
        if self._clock.monotonic() > self._deadline:
            raise SourceUnavailable("The time for the check is over.")
        return self._http.get(url, params=params, headers=headers, template=template)

    def stream(self, url: str, *, cap: int) -> MediaStream:
        """A check fetches no media."""
        del url, cap
        raise SourceUnavailable("A check fetches no media.")


def _silent(_done: int, _total: int, _what: str) -> None:
    """A `Progress` that says nothing."""


def check(
    connector: Connector,
    target: Target,
    http: Recorder,
    clock: Clock,
    progress: Progress = _silent,
    seconds: float = SECONDS,
) -> CheckResult:
    """Look at the account once. Never raises for what the source does."""
    hurried = _Hurried(http, clock, seconds)
    collections = list(connector.collections(target))
    total = len(collections) + 1
    progress(0, total, CONTROL)
    control = _control(connector, target, hurried)
    spent = len(http.exchanges)
    found = control.target or target
    sights: list[Sight] = []
    posts: list[ItemRef] = []
    names: Counter[str] = Counter()
    if control.status is ControlStatus.OK:
        for number, collection in enumerate(_posts_first(connector.collections(found)), 1):
            progress(number, total, collection.name)
            sight, items = _look(connector, found, collection, posts, hurried)
            sights.append(sight)
            posts += [item.ref for item in items if item.ref.kind == POST]
            names.update(item.author.name for item in items if _is_own(item, control))
    progress(total, total, "")
    return CheckResult(
        platform=connector.platform,
        url=target.url,
        status=control.status,
        detail=control.detail,
        refused_address=control.detail == SourceRefusedAddress.code,
        authenticated=control.authenticated,
        name=next((name for name, _ in names.most_common(1)), ""),
        leads_to=_leads_to(target, found, http.exchanges),
        sights=tuple(sights),
        blind=connector.blind(found),
        gains=_gains(connector, found),
        expires_at=control.expires_at,
        scopes=control.scopes,
        requests=len(http.exchanges),
        reading=_reading(spent, sights),
    )


def _control(connector: Connector, target: Target, http: RecordedHttp) -> Control:
    try:
        return connector.control(target, http)
    except SourceError as error:
        reason = reason_of(error)
        known = {status.value: status for status in ControlStatus}
        changed = reason in (Reason.SOURCE_CHANGED, Reason.LIST_LOOPS)
        status = ControlStatus.CHANGED if changed else known.get(reason.value)
        return Control(status=status or ControlStatus.UNREACHABLE, detail=error.code)


def _posts_first(collections: Sequence[Collection]) -> list[Collection]:
    """Lists that hang on posts come after those that show posts."""
    return sorted(collections, key=lambda one: Reach.ALL not in one.reach)


def _look(
    connector: Connector,
    target: Target,
    collection: Collection,
    posts: Sequence[ItemRef],
    http: RecordedHttp,
) -> tuple[Sight, list[Item]]:
    """The first page of a list, and the items on it."""
    under = () if Reach.ALL in collection.reach else tuple(posts[:MOST_THREADS])
    if Reach.ALL not in collection.reach and not under:
        return Sight(collection=collection.name, calls=0), []
    try:
        pages = connector.pages(target, Scan(collection=collection, under=under), http)
        page = next(iter(pages), None)
    except SourceError as error:
        return Sight(collection=collection.name, problem=reason_of(error).value), []
    if page is None:
        return Sight(collection=collection.name), []
    items, unreadable = _items(connector, collection, page)
    return _sight(connector, target, collection, page, items, unreadable), items


def _items(connector: Connector, collection: Collection, page: Page) -> tuple[list[Item], int]:
    """The items of a page, and how many could not be read."""
    segments = split(page.exchange.body, collection.layout)
    items, unreadable = [], int(bool(segments.problem))
    for fragment in segments.fragments:
        try:
            items.append(connector.normalise(collection.name, fragment.data))
        except SourceChanged:
            unreadable += 1
    return items, unreadable


def _sight(
    connector: Connector,
    target: Target,
    collection: Collection,
    page: Page,
    items: Sequence[Item],
    unreadable: int,
) -> Sight:
    dates = sorted(milliseconds(item.created_at) for item in items if item.created_at)
    files = [one.url for item in items for one in item.attachments]
    seen, expected = len(items) + unreadable, page.expected
    posts = sum(item.ref.kind == POST for item in items)
    days = (dates[-1] - dates[0]) / _DAY if dates else 0.0
    return Sight(
        collection=collection.name,
        seen=seen,
        expected=expected,
        kinds=dict(Counter(str(item.ref.kind) for item in items)),
        newest=dates[-1] if dates else None,
        oldest=dates[0] if dates else None,
        media=len(files),
        own_media=sum(connector.owns_media(target, url) for url in files),
        unreadable=unreadable,
        problem=Reason.BAD_ITEMS.value if unreadable else "",
        calls=math.ceil(expected / seen) if expected and seen else 1,
        posts_per_day=posts / days if posts > 1 and days >= 1 else None,
    )


def _is_own(item: Item, control: Control) -> bool:
    """Whether the account's own side wrote it."""
    ours = item.own or (control.account and item.author.native_id == control.account)
    return bool(ours and item.author.name)


def _leads_to(target: Target, found: Target, exchanges: Sequence[Exchange]) -> str:
    """Where an address leads if not to itself: never more than a host, unless it was looked up."""
    if found.url != target.url:
        return found.url
    for one, following in pairwise(exchanges):
        here, there = urlsplit(one.url).netloc, urlsplit(following.url).netloc
        if one.status in _REDIRECTS and here != there:
            return there
    return ""


def _gains(connector: Connector, target: Target) -> frozenset[Blind]:
    """What a login would let us see that is not seen without one."""
    if target.credential is not None or connector.capabilities.login is Login.NONE:
        return frozenset()
    imagined = replace(target, credential=Credential(user="-", secret="-"))  # noqa: S106 no login
    return connector.blind(target) - connector.blind(imagined)


def _reading(control: int, sights: Sequence[Sight]) -> Reading:
    rates = [one.posts_per_day for one in sights if one.posts_per_day is not None]
    return Reading(
        first=control + len(sights),
        whole=control + sum(one.calls for one in sights),
        posts_per_day=max(rates, default=None),
    )

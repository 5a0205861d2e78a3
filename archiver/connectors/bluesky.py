"""Bluesky (AT Protocol): an account's posts, shares and profile, and what others answered.

Source: https://atproto.com/specs and the lexicons com.atproto.*, app.bsky.*; measured on the
protocol's own servers. What decides how this file reads:

- An account is its DID. Its handle may change, and it may move to another data server, without
  being another account.
- What the account wrote is read from its own data server, which signs it. No login is needed.
- What others answered is spread over everybody's servers; an AppView gathers it. Without one, it is
  not read at all. What an AppView shows of the account's own posts is a copy.
- A record has no time of change, so edits are found by comparing content.
- A reply that the account hid stays in the thread; only the threadgate says that it is hidden.
- Absence can be proved: see `bluesky_proof` and `bluesky_probe`. An account that is switched off
  takes everything with it and brings everything back: that is never a deletion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from archiver.connectors import bluesky_item as shape
from archiver.connectors import bluesky_read as read
from archiver.connectors.bluesky_did import is_did
from archiver.connectors.bluesky_item import THREADGATE
from archiver.connectors.bluesky_probe import Inquiry
from archiver.connectors.bluesky_proof import RecordProofInvalid, blob_digest
from archiver.connectors.target import canonical
from archiver.core.connector import (
    Blind,
    Capabilities,
    Collection,
    Connector,
    Control,
    ControlStatus,
    JsonLayout,
    Option,
    Page,
    Probe,
    Rate,
    Reach,
    Scan,
    Target,
    Usage,
    Wanted,
)
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import POST, PROFILE_PAGE, REPLY, SHARE, Item, ItemRef, Kind
from archiver.errors import (
    ConfigError,
    SourceAccountGone,
    SourceError,
    SourceQuotaExhausted,
)

MAX_FAILURES = 3
_PROFILE = "https://bsky.app/profile/"
_HANDLE = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
)
_BLOB = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9.:-]+)/([a-z2-7]{20,100})")
_REMEDY = "Write the handle or the address of the profile, for example @kommun.example.se."

_RECORDS = JsonLayout(arrays=(("records",),), structural=frozenset({"cursor"}))
# The replies to a post, and the replies to each of them, to the depth that is asked for.
_THREAD = JsonLayout(
    arrays=(
        ("thread", "post", None),
        ("threadgate", None),
        *(("thread", "replies", *("*", "replies") * level) for level in range(read.DEPTH)),
    ),
    structural=frozenset({"$type", "threadContext", "rootAuthorLike"}),
)
_LISTS: Mapping[str, tuple[str, tuple[Kind, ...]]] = {
    "posts": (shape.FEED_POST, (POST, REPLY)),
    "reposts": (shape.FEED_REPOST, (SHARE,)),
    "gates": (shape.FEED_THREADGATE, (THREADGATE,)),
    "profile": (shape.ACTOR_PROFILE, (PROFILE_PAGE,)),
}


def _list(name: str, shows: tuple[Kind, ...]) -> Collection:
    reach = {Reach.ALL} if name == "profile" else {Reach.ALL, Reach.RECENT}
    return Collection(
        name=name, shows=shows, layout=_RECORDS, exhaustive=True, reach=frozenset(reach)
    )


_OWN = {lexicon: _list(name, shows) for name, (lexicon, shows) in _LISTS.items()}
# Exhaustive: what it leaves out is asked for by itself, and an AppView that cuts a long thread
# short then still shows it.
_THREADS = Collection(
    name="threads",
    shows=(REPLY,),
    layout=_THREAD,
    exhaustive=True,
    reach=frozenset({Reach.THREADS}),
)


class Bluesky:
    """The connector; see `archiver.core.connector.Connector` for what each method promises."""

    platform = "bluesky"
    title = "Bluesky"
    normaliser = 1
    capabilities = Capabilities(
        edits="hash",
        deletes="proof",
        moderation=True,
        history=False,
        rates=(Rate(requests=3000, seconds=300),),
    )
    options: Sequence[Option] = (
        Option(
            name="plc",
            help="Address of the directory of accounts (PLC).",
            default=read.PLC,
        ),
        Option(
            name="pds",
            help="Address of the account's data server; empty takes the one its DID names.",
        ),
        Option(
            name="appview",
            help="Address of the AppView that gathers what others answered; `none` reads none.",
            default=read.APPVIEW,
        ),
    )

    def normalise_target(self, target: str) -> str:
        """The profile's address, from a handle, a DID, or the address of a profile or post."""
        typed = target.strip().removeprefix("at://").removeprefix("@").rstrip("/")
        if "://" in typed:
            parts = canonical(typed)
            found = re.match(r"/profile/@?([^/]+)", parts.path)
            if (parts.scheme, parts.netloc) != ("https", "bsky.app") or not found:
                raise ConfigError("The address is not of a profile on bsky.app.", remedy=_REMEDY)
            typed = found[1]
        typed = typed.partition("/")[0]  # what follows in an at:// address is one record
        if is_did(typed):
            return f"{_PROFILE}{typed}"
        handle = canonical(typed).netloc
        if not _HANDLE.fullmatch(handle):
            raise ConfigError("The handle or DID is not well formed.", remedy=_REMEDY)
        return f"{_PROFILE}{handle}"

    def api(self, target: Target) -> str:
        """Where most is asked; there is no credential."""
        pds, appview = read.option(target, "pds"), read.option(target, "appview", read.APPVIEW)
        return pds or appview or target.url

    def blind(self, target: Target) -> frozenset[Blind]:
        """What stood only between two looks; without an AppView also what others answered."""
        blind = {Blind.BETWEEN_LOOKS, Blind.WHO_REMOVED}
        if not read.option(target, "appview", read.APPVIEW):
            blind.add(Blind.OTHERS_REPLIES)
        return frozenset(blind)

    def usage(self, exchange: Exchange) -> Usage | None:
        """The headers RateLimit-Limit, -Remaining and -Reset (seconds since 1970 UTC)."""
        limit, remaining, reset = (
            int(value) if value.isdecimal() and len(value) < 12 else None
            for value in (
                exchange.header(f"ratelimit-{n}") for n in ("limit", "remaining", "reset")
            )
        )
        if limit is None and remaining is None and reset is None:
            return None
        reset_at = None if reset is None else reset * 1000
        return Usage(limit=limit, remaining=remaining, reset_at=reset_at)

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """Whose account it is, and whether it is active; the target that the run goes on with names
        the DID and the data server."""
        try:
            return _control(target, http)
        except RecordProofInvalid as error:
            return Control(status=ControlStatus.CHANGED, detail=f"proof:{error.flaw.value}")
        except SourceError as error:
            return Control.failed(error)

    def collections(self, target: Target) -> Sequence[Collection]:
        """The account's own records; with an AppView also the threads under its posts."""
        appview = read.option(target, "appview", read.APPVIEW)
        return (*_OWN.values(), *((_THREADS,) if appview else ()))

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        """Every page of what is asked for. Recent is told by the key of a record, which holds the
        time it was made."""
        if scan.collection.name == _THREADS.name:
            appview = read.option(target, "appview", read.APPVIEW)
            yield from _threads(http, appview, _did(target) or _place(target, http)[0], scan.under)
            return
        did, pds = _place(target, http)
        lexicon, _ = _LISTS[scan.collection.name]
        for exchange in read.listing(http, pds, did, lexicon, scan.since):
            yield Page(exchange=exchange)

    def probe(
        self, target: Target, wanted: Sequence[Wanted], http: RecordedHttp
    ) -> Iterator[Probe]:
        """Ask the AppView for what others wrote, and the writer's own server for proof."""
        if wanted:
            did, pds = _place(target, http)
            yield from Inquiry(target, http, did, pds, _OWN).answers(wanted)

    def history_collection(self, target: Target) -> Collection | None:
        """None: an earlier state of a record can no longer be fetched."""
        del target
        return None

    def history(
        self, target: Target, refs: Sequence[ItemRef], since: datetime, http: RecordedHttp
    ) -> Iterator[Page]:
        """Nothing."""
        del target, refs, since, http
        return iter(())

    def normalise(self, collection: str, fragment: bytes) -> Item:
        """One record, or one post as an AppView shows it; `SourceChanged` for anything else."""
        row = shape.load(fragment)
        if collection in _LISTS:
            return shape.record_item(row, own=True)
        if collection == "record":
            return shape.record_item(row, own=False)
        return shape.view_item(row)

    def owns_media(self, target: Target, url: str) -> bool:
        """Whether the file lies in the account's own repository."""
        found = _BLOB.fullmatch(url)
        return found is not None and found[1] == _did(target)

    def media_url(self, target: Target, url: str) -> str:
        """Where the account's data server gives the file; the address as it is before the control
        read has told which server that is."""
        found, pds = _BLOB.fullmatch(url), read.option(target, "pds")
        if found is None or not pds:
            return url
        asked = urlencode({"did": found[1], "cid": found[2]})
        return f"{pds}/xrpc/com.atproto.sync.getBlob?{asked}"

    def media_digest(self, url: str) -> str:
        """A file's address ends in its CID, which is its SHA-256."""
        found = _BLOB.fullmatch(url)
        return blob_digest(found[2]) if found is not None else ""


connector: Connector = Bluesky()


def _did(target: Target) -> str:
    """The account's DID; empty before the control read has told it."""
    name = read.name_of(target)
    return name if is_did(name) else target.options.get("did", "")


def _place(target: Target, http: RecordedHttp) -> tuple[str, str]:
    """The account's DID and data server, looked up where the target does not name them."""
    did, pds = _did(target), read.option(target, "pds")
    if did and pds:
        return did, pds
    control = _control(target, http)
    if control.target is None:
        raise SourceAccountGone("The account cannot be read now.")
    return _did(control.target), read.option(control.target, "pds")


def _control(target: Target, http: RecordedHttp) -> Control:
    """See `Bluesky.control`; raises what it is told of as a status."""
    did = read.resolve(target, http)
    if did is None:
        return Control(status=ControlStatus.ACCOUNT_MOVED, detail="handle-not-found")
    identity = read.identity_in(did, read.fetch_identity(did, target, http))
    if identity.ended:
        return Control(status=ControlStatus.ACCOUNT_GONE, detail="plc_tombstone", account=did)
    name = read.name_of(target)
    if not is_did(name) and name not in identity.handles:  # it must name the handle as well
        return Control(status=ControlStatus.ACCOUNT_MOVED, detail="handle-mismatch", account=did)
    pds = read.option(target, "pds") or identity.pds
    if not pds:
        return Control(status=ControlStatus.ACCOUNT_GONE, detail="no-pds", account=did)
    told = read.ask(http, pds, "com.atproto.sync.getRepoStatus", {"did": did})
    if word := read.standing(told, did):
        return Control(status=ControlStatus.ACCOUNT_GONE, detail=word, account=did)
    resolved = replace(target, options={**target.options, "did": did, "pds": pds})
    return Control(status=ControlStatus.OK, account=did, target=resolved)


def _is_of(ref: ItemRef, did: str) -> bool:
    address = shape.parse_uri(ref.native_id)
    return address is not None and address.did == did


def _threads(
    http: RecordedHttp, appview: str, did: str, posts: Sequence[ItemRef]
) -> Iterator[Page]:
    """What the AppView shows under each post. What the account itself wrote there is a copy, and
    may be an old one: its own server says what stands. A post that cannot be read does not keep
    the others from being; the error comes last."""
    failures: list[SourceError] = []
    for post in posts:
        try:
            for page in read.thread(http, appview, post.native_id):
                shown = frozenset(map(shape.view_ref, page.shown))
                yield Page(
                    exchange=page.exchange,
                    read=(post,) if page.last else (),
                    hidden=frozenset(ref for ref in shown if ref.native_id in page.hidden),
                    left_out=frozenset(ref for ref in (*shown, *page.gates) if _is_of(ref, did)),
                )
        except SourceError as error:
            failures.append(error)
            if isinstance(error, SourceQuotaExhausted) or len(failures) == MAX_FAILURES:
                raise
    if failures:
        raise failures[0]

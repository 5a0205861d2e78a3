"""Asking AT Protocol's servers: one query, an account's identity, one list to its end, one thread.

Source: https://docs.bsky.app/docs/category/http-reference and the lexicons it is made from.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from archiver.connectors import bluesky_item as shape
from archiver.connectors.bluesky_did import (
    Identity,
    identity_from_document,
    identity_from_log,
    is_did,
)
from archiver.connectors.bluesky_proof import tid_time
from archiver.core.connector import Target
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import ItemRef
from archiver.core.record import milliseconds
from archiver.errors import (
    SourceAccountGone,
    SourceChanged,
    SourceLoops,
    SourceQuotaExhausted,
    SourceRefusedLogin,
    SourceUnavailable,
    SourceVersionSunset,
)

PLC = "https://plc.directory"
APPVIEW = "https://public.api.bsky.app"
PER_PAGE = 100  # the most a server gives
_ACCEPT = "application/json, application/vnd.ipld.car"
DEPTH = 16  # levels of replies in one answer; what lies deeper is asked for by itself
MAX_PAGES = 10_000
_BACKDATED = timedelta(days=2)  # how far the clocks of an author's app and a server may differ

# What a data server answers of an account that is not, or no longer, to be read.
GONE = frozenset(
    {"RepoNotFound", "RepoDeactivated", "RepoTakendown", "RepoSuspended"}
    | {"AccountDeactivated", "AccountTakedown", "AccountSuspended"}
)
_SUNSET = frozenset({"MethodNotImplemented", "XRPCNotSupported"})


def option(target: Target, name: str, default: str = "") -> str:
    """A setting of the channel, an address without its final slash."""
    return target.options.get(name, default).strip().rstrip("/")


def name_of(target: Target) -> str:
    """The handle or DID in a channel's address."""
    return urlsplit(target.url).path.removeprefix("/profile/")


def ask(http: RecordedHttp, base: str, method: str, params: Mapping[str, str]) -> Exchange:
    """One query. The template tells the method and the list only: everything else in the address
    may be a native id."""
    template = f"/xrpc/{method}"
    if method == "com.atproto.repo.listRecords":
        template += f"?collection={params['collection']}"
    return _get(http, f"{base}/xrpc/{method}", params, template)


def _get(http: RecordedHttp, url: str, params: Mapping[str, str], template: str) -> Exchange:
    exchange = http.get(url, params=params, headers={"Accept": _ACCEPT}, template=template)
    if exchange.status >= 500:
        raise SourceUnavailable(f"The server answered {exchange.status}.")
    return exchange


def ask_many(http: RecordedHttp, appview: str, uris: Sequence[str]) -> Exchange:
    """Posts by address, as an AppView shows them; those it does not show are left out."""
    method = "app.bsky.feed.getPosts"
    url = f"{appview}/xrpc/{method}?{urlencode([('uris', uri) for uri in uris])}"
    return _get(http, url, {}, f"/xrpc/{method}")


def error_code(exchange: Exchange) -> str:
    """XRPC's own code in an error answer ("RecordNotFound"), else an empty string."""
    if exchange.status < 400:
        return ""
    try:
        code = shape.load(exchange.body).get("error")
    except SourceChanged:
        return ""
    return code if isinstance(code, str) and re.fullmatch(r"\w{1,64}", code) else ""


def answer(exchange: Exchange) -> Mapping[str, Any]:
    """The object in an answer of 200; the `SourceError` that any other stands for."""
    code = error_code(exchange)
    if exchange.status == 200:
        return shape.load(exchange.body)
    said = f"The server refuses ({code or exchange.status})."
    if code in GONE:
        raise SourceAccountGone(said)
    if code in _SUNSET or exchange.status == 410:
        raise SourceVersionSunset(said)
    if code == "RateLimitExceeded":
        raise SourceQuotaExhausted(said)
    if exchange.status in (401, 403):
        raise SourceRefusedLogin(said)
    raise SourceChanged(said)


# Accounts.


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account's identity and the exchange it was read from."""

    identity: Identity
    exchange: Exchange


def resolve(target: Target, http: RecordedHttp) -> str | None:
    """The DID of the handle a channel is known by; None if the one asked says there is none.

    Asked first is who can look into DNS as well: the AppView, else the channel's data server; then
    the handle's own web server. `SourceError` if nobody gives a clear answer.
    """
    name = name_of(target)
    if is_did(name):
        return name
    for base in filter(None, (option(target, "appview", APPVIEW), option(target, "pds"))):
        exchange = ask(http, base, "com.atproto.identity.resolveHandle", {"handle": name})
        if exchange.status == 400 and error_code(exchange) in ("InvalidRequest", "HandleNotFound"):
            return None
        did = answer(exchange).get("did")
        if isinstance(did, str) and is_did(did):
            return did
        raise SourceChanged("The server gave no DID for the handle.")
    template = "/.well-known/atproto-did"
    exchange = http.get(f"https://{name}{template}", template=template)
    if exchange.status == 404:
        return None
    did = exchange.body[:300].decode("ascii", "replace").strip()
    if exchange.status != 200:
        answer(exchange)
    if not is_did(did):
        raise SourceChanged("The handle's web server gave no DID.")
    return did


def fetch_identity(did: str, target: Target, http: RecordedHttp) -> Exchange:
    """The exchange that tells who an account is: the directory's log, or a web server's file."""
    if did.startswith("did:web:"):
        template = "/.well-known/did.json"
        return http.get(f"https://{did.removeprefix('did:web:')}{template}", template=template)
    plc = option(target, "plc", PLC)
    return http.get(f"{plc}/{did}/log/audit", template="/{did}/log/audit")


def identity_in(did: str, exchange: Exchange) -> Identity:
    """The identity that such an exchange tells; `SourceError`, or `RecordProofInvalid`."""
    if exchange.status == 404:
        raise SourceAccountGone("The directory knows no such account.")
    if exchange.status != 200:
        answer(exchange)
        raise SourceChanged("The directory of accounts gave no log.")
    if did.startswith("did:web:"):
        return identity_from_document(did, exchange.body)
    return identity_from_log(did, exchange.body)


def standing(exchange: Exchange, did: str) -> str:
    """What a data server says of an account: "" if it is active, else its word for why not.

    `SourceError` where that is not clear; `rev` is in the same answer.
    """
    code = error_code(exchange)
    if code in GONE:
        return code
    told = answer(exchange)
    if told.get("did") != did or not isinstance(told.get("active"), bool):
        raise SourceChanged("The server does not tell what became of the account.")
    if told["active"]:
        return ""
    status = told.get("status")
    if status in ("deactivated", "suspended", "takendown", "deleted"):
        return str(status)
    raise SourceUnavailable("The server cannot serve the account now.")


# Lists.


def listing(
    http: RecordedHttp, pds: str, did: str, collection: str, since: datetime | None = None
) -> Iterator[Exchange]:
    """Each page of a collection of records, newest first, to its end.

    New records come before the first page, so none is pushed off one that is still to be read.
    With `since`, ends where everything is older by its key. `SourceLoops` if the list comes back
    to where it was or shows nothing new.
    """
    asked = {"repo": did, "collection": collection, "limit": str(PER_PAGE)}
    cursors: set[str] = set()
    seen: set[str] = set()
    oldest = None if since is None else milliseconds(since - _BACKDATED)
    for _ in range(MAX_PAGES):
        exchange = ask(http, pds, "com.atproto.repo.listRecords", asked)
        if exchange.status == 400 and error_code(exchange) == "InvalidRequest":
            _why_not(http, pds, did)
        told = answer(exchange)
        found = told.get("records")
        if not isinstance(found, list):
            raise SourceChanged("The server answered with no list.")
        yield exchange
        keys = {str(row.get("uri")) for row in shape.rows(found)}
        cursor = told.get("cursor")
        if not cursor or not found:
            return
        if not isinstance(cursor, str) or cursor in cursors or keys <= seen:
            raise SourceLoops("The list repeats itself or does not end.")
        cursors.add(cursor)
        seen |= keys
        made = [tid_time(key.rpartition("/")[2]) for key in keys]
        if oldest is not None and made and all(at is not None and at < oldest for at in made):
            return
        asked["cursor"] = cursor
    raise SourceLoops("The list does not end.")


def _why_not(http: RecordedHttp, pds: str, did: str) -> None:
    """Some servers refuse the list of an account that was switched off without saying why."""
    status = ask(http, pds, "com.atproto.sync.getRepoStatus", {"did": did})
    if word := standing(status, did):
        raise SourceAccountGone(f"The account cannot be read ({word}).")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """One answer of a thread. `shown`: every post in it, as the AppView shows it; `gates`: its
    threadgate, and `hidden`: the addresses that one hides; `last`: nothing lies deeper."""

    exchange: Exchange
    shown: tuple[Mapping[str, Any], ...]
    gates: tuple[ItemRef, ...]
    hidden: frozenset[str]
    last: bool


def thread(http: RecordedHttp, appview: str, uri: str) -> Iterator[ThreadPage]:
    """A post and everything under it that the AppView shows, `DEPTH` levels at a time.

    `SourceUnavailable` if the AppView does not show the post.
    """
    waiting, asked = deque([uri]), {uri}
    while waiting:
        top = waiting.popleft()
        exchange = ask(
            http,
            appview,
            "app.bsky.feed.getPostThread",
            {"uri": top, "depth": str(DEPTH), "parentHeight": "0"},
        )
        if exchange.status == 400 and error_code(exchange) == "NotFound":
            raise SourceUnavailable("The AppView does not show the post.")
        told = answer(exchange)
        branch = shape.part(told.get("thread"))
        view = branch.get("post")
        if not isinstance(view, dict) or view.get("uri") != top:
            raise SourceUnavailable("The AppView does not show the post.")
        shown, deeper = list[Mapping[str, Any]]([view]), list[str]()
        for reply, cut in _walk(branch):
            shown.append(reply)
            if cut and reply.get("uri") not in asked:
                deeper.append(str(reply.get("uri")))
        waiting.extend(deeper)
        asked.update(deeper)
        if len(asked) > MAX_PAGES:
            raise SourceLoops("The thread does not end.")
        gate = told.get("threadgate")
        yield ThreadPage(
            exchange=exchange,
            shown=tuple(shown),
            gates=(shape.view_ref(gate),) if isinstance(gate, dict) else (),
            hidden=shape.hidden_replies(gate),
            last=not waiting,
        )


def _walk(branch: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Every reply within a branch, and whether what is under it was left out of this answer."""
    waiting = [(branch, 0)]
    while waiting:
        above, depth = waiting.pop()
        replies = shape.rows(above.get("replies"))
        if replies and depth == DEPTH:
            raise SourceChanged("The thread is deeper than was asked for.")
        for below in replies:
            view = below.get("post")
            if not isinstance(view, dict):
                continue  # blocked or not found: no post is shown
            count = view.get("replyCount")
            yield view, "replies" not in below and isinstance(count, int) and count > 0
            waiting.append((below, depth + 1))

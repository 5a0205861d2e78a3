"""Asking a Mastodon instance: one request, a timeline to its end, a thread, and what refusals mean.

What holds: no address that an answer gives is ever followed (the next page is asked for by the id
in it); every list ends; 404 and 410 count as "not there" only where they come from the instance
itself, as JSON, and not from a gate in front of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from archiver.connectors import mastodon_item as shape
from archiver.core.connector import Target
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import POST, ItemRef
from archiver.errors import (
    SourceChanged,
    SourceError,
    SourceLoginExpired,
    SourceLoops,
    SourceMissingRights,
    SourceRefusedLogin,
    SourceUnavailable,
    SourceVersionSunset,
)

PER_PAGE = 40  # the most Mastodon gives
MAX_PAGES = 10_000
# `Api::V1::StatusesController`: how much of a thread is shown to readers without and with a login.
MOST_ANSWERS = 60
MOST_ANSWERS_WITH_LOGIN = 4_096
DEEPEST = 20

_NEXT = re.compile(r'<([^<>]{1,2000})>\s*;\s*rel="?next"?')
_SCOPES = "outside the authorized scopes"
# Words of Doorkeeper in English and Swedish; an instance speaks its own language, and has no codes.
_EXPIRED = re.compile(r"expired|utgången|gått ut", re.IGNORECASE)


def ask(
    target: Target,
    http: RecordedHttp,
    path: str,
    native_id: str = "",
    params: Mapping[str, str] | None = None,
) -> Exchange:
    """One request below `/api/v1`; `{id}` in `path` stands for `native_id`."""
    base = "/".join(target.url.split("/", 3)[:3])
    shown = "&".join(name if name == "limit" else f"{name}={{id}}" for name in params or ())
    exchange = http.get(
        f"{base}/api/v1{path.replace('{id}', quote(native_id, safe=''))}",
        params=params,
        headers={"Accept": "application/json"},
        template=f"/api/v1{path}" + (f"?{shown}" if shown else ""),
    )
    if exchange.status == 429 or exchange.status >= 500:
        raise SourceUnavailable(f"The instance answered {exchange.status}.")
    return exchange


def answer(exchange: Exchange) -> object:
    """The JSON of a good answer; the `SourceError` that fits any other."""
    if exchange.status == 200:
        return shape.load(exchange.body)
    raise refusal(exchange)


def refusal(exchange: Exchange) -> SourceError:
    """What an answer other than 200 means for the list it was asked for."""
    status, words = exchange.status, error_text(exchange)
    remedy = "Give the channel an access token with read:accounts and read:statuses."
    if status == 403 and _SCOPES in words:
        return SourceMissingRights("The access token lacks a scope.", remedy=remedy)
    if status == 401 and _EXPIRED.search(words):
        return SourceLoginExpired("The access token has expired.", remedy=remedy)
    if status in (401, 403) or (status == 422 and words):  # 422: for accounts only
        return SourceRefusedLogin(f"The instance refuses the list ({status}).", remedy=remedy)
    if status == 410 and words:
        return SourceVersionSunset("The instance no longer serves this part of its API.")
    return SourceChanged(f"The instance answered in an unknown way ({status}).")


def error_text(exchange: Exchange) -> str:
    """The instance's own words in an error answer, for telling cases apart only: never shown."""
    if exchange.status < 400:
        return ""
    try:
        value = shape.load(exchange.body)
    except SourceChanged:
        return ""
    words = value.get("error") if isinstance(value, dict) else None
    return words if isinstance(words, str) else ""


def is_gone(exchange: Exchange) -> bool:
    """Whether the instance itself says that what was asked for is not there."""
    return exchange.status in (404, 410) and bool(error_text(exchange))


def username(target: Target) -> str:
    """The account's name on its instance."""
    return urlsplit(target.url).path.removeprefix("/@")


def timeline(
    target: Target, http: RecordedHttp, account: str, since: datetime | None
) -> Iterator[tuple[Exchange, list[dict[str, Any]]]]:
    """Pages of an account's statuses, newest first, each with its rows; with `since`, until one
    from before that.

    The list goes by falling id: what is posted meanwhile comes before what was read, what is
    deleted pulls nothing out of sight. It ends with an empty page: a page that is short, or one
    without a link to the next, is so too where something was deleted while it was made.
    """
    before, seen = "", set[str]()
    cursors = set[str]()
    for _ in range(MAX_PAGES):
        params = {"limit": str(PER_PAGE)} | ({"max_id": before} if before else {})
        exchange = ask(target, http, "/accounts/{id}/statuses", account, params)
        found = rows(answer(exchange))
        yield exchange, found
        if not found:
            return
        ids = [row["id"] for row in found if isinstance(row.get("id"), str) and row["id"]]
        if not ids:
            raise SourceChanged("The statuses of the list cannot be told apart.")
        if since is not None and any(at < since for at in map(shape.instant_of, found) if at):
            return
        before = _cursor(exchange) or ids[-1]
        if before in cursors or seen.issuperset(ids):
            break
        cursors.add(before)
        seen.update(ids)
    raise SourceLoops("The list repeats itself or does not end.")


def rows(value: object) -> list[dict[str, Any]]:
    """The objects of a list. Others are still in the body, where `normalise` meets them."""
    if not isinstance(value, list):
        raise SourceChanged("The instance answered with no list.")
    return [row for row in value if isinstance(row, dict)]


def thread(exchange: Exchange) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What stands above and below a status, of the answer about its thread."""
    value = answer(exchange)
    if not isinstance(value, dict):
        raise SourceChanged("The instance answered with no thread.")
    return rows(value.get("ancestors")), rows(value.get("descendants"))


def root_of(exchange: Exchange, account: str) -> ItemRef | None:
    """The account's own post that the thread in an answer begins with; None if it begins with
    somebody else's, or its beginning is not shown."""
    above, _ = thread(exchange)
    first = next(iter(shape.refs(above[:1])), None)
    if first is None or first.kind != POST:
        return None
    author = above[0].get("account")
    return first if isinstance(author, dict) and author.get("id") == account else None


def is_cut_short(root: str, found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a thread holds more than was shown.

    Readers without a login get at most 60 answers, 20 deep. The limit is set before answers that
    they may not see are taken out, so a shorter list can be cut as well: then an answer counts more
    replies than are there. A login sees all, but for those its account has muted or blocked, which
    the counts do not leave out.
    """
    if any("favourited" in row for row in found):  # told to a login only
        return len(found) >= MOST_ANSWERS_WITH_LOGIN
    shown = Counter(row.get("in_reply_to_id") for row in found)
    depths: dict[Any, int] = {root: 0}
    for row in found:  # what is answered stands before its answers
        depths[row.get("id")] = depths.get(row.get("in_reply_to_id"), 0) + 1
        counted = row.get("replies_count")
        if isinstance(counted, int) and counted > shown[row.get("id")]:
            return True
    return len(found) >= MOST_ANSWERS or max(depths.values()) >= DEEPEST


def _cursor(exchange: Exchange) -> str:
    """The `max_id` of the next page as the instance names it (RFC 8288), else an empty string."""
    link = _NEXT.search(exchange.header("Link"))
    try:
        named = parse_qs(urlsplit(link[1]).query).get("max_id", []) if link else []
    except ValueError:
        return ""
    return named[0] if named and re.fullmatch(r"[\w.~:-]{1,128}", named[0]) else ""

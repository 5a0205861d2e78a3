"""Meta's Graph API: asking, its errors by their codes, its lists, and what it says of quotas.

Source: the Graph API documentation (error handling, rate limits, paged results) and public fixtures
of its answers; nothing here was tried on the live platform. What decides how this file reads:

- An error is JSON, `{"error":{"message","type","code","error_subcode","fbtrace_id"}}`, mostly with
  status 400. Codes decide, never the message: it is in the language of whoever owns the token.
- `paging.next` repeats the token in its query. It is never followed: the next request is made from
  `paging.cursors.after` (older lists: from the few parameters of `next` that are cursors). `after`
  alone does not say that more follows; `next` does.
- A cursor that has run out is a code 100: the list is begun again, since seeing an item twice does
  no harm.
- Quotas are told as percent in `X-Business-Use-Case-Usage`, `X-App-Usage` and `X-Page-Usage`; the
  first also tells the minutes until we are let in again.
- Asking for several ids at once (`?ids=`) ended with v26.0, and never saved quota.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from archiver.core.connector import Target, Usage
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.errors import (
    SourceAccountGone,
    SourceChanged,
    SourceError,
    SourceLoginExpired,
    SourceLoops,
    SourceMissingRights,
    SourceQuotaExhausted,
    SourceRefusedLogin,
    SourceUnavailable,
    SourceVersionSunset,
)

VERSION = "v26.0"
MAX_PAGES = 5_000
MAX_BARREN = 20
MAX_RESTARTS = 2
HOUR = 3600.0  # the window of the limits that name no time

_USAGE = ("x-business-use-case-usage", "x-app-usage", "x-page-usage")
_SHARES = ("call_count", "total_cputime", "total_time")
_CURSORS = frozenset({"after", "until", "__paging_token"})
_LOGIN = frozenset({102, 104, 190, 2500})
_EXPIRED = 463
_RIGHTS = frozenset({3, 10, *range(200, 300)})
_QUOTA = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
_SUNSET = frozenset({12, 2635})
_MIGRATED = 21
_BUSY = frozenset({1, 2, 368})
_NO_SUCH_ALIAS = 803


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error as the platform names it: code and subcode, 0 where it gives none."""

    code: int
    subcode: int = 0
    transient: bool = False

    def __str__(self) -> str:
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)

    @property
    def unsupported(self) -> bool:
        """There is no such object, or this login may not see it: the platform does not say."""
        return (self.code, self.subcode) == (100, 33) or self.code == _NO_SUCH_ALIAS

    @property
    def moved(self) -> bool:
        """The page was merged into another."""
        return self.code == _MIGRATED


def load(data: bytes) -> object:
    """The value of a JSON body; half a surrogate pair or a broken character in it do not make the
    rest unreadable. `SourceChanged` if it is no JSON."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise SourceChanged("The platform answered with something that is not JSON.") from error


def ask(
    target: Target, http: RecordedHttp, api: str, path: str, params: Mapping[str, str]
) -> Exchange:
    """One question to this connector's version of the API. `path` has no slash at its ends; its
    ids do not stand in the template. `SourceUnavailable` for what passes by itself."""
    del target  # whose login it is; the client sends it
    template = "/".join(("", VERSION, *(_blank(part) for part in path.split("/"))))
    exchange = http.get(
        f"{api}/{VERSION}/{path}",
        params=params,
        headers={"Accept": "application/json"},
        template=template,
    )
    if exchange.status == 429 or exchange.status >= 500:
        raise SourceUnavailable(f"The platform answered {exchange.status}.")
    return exchange


def _blank(part: str) -> str:
    """A part of a path as a template may show it: the edges of the API, not whose they are."""
    return part if part in ("me", "comments", "permissions", "published_posts") else "{id}"


def fault(exchange: Exchange) -> Fault | None:
    """The error in an answer, None if it holds none (also where it is no JSON)."""
    try:
        answer = load(exchange.body)
    except SourceChanged:
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return None
    code, subcode = error.get("code"), error.get("error_subcode")
    if type(code) is not int:
        return None
    return Fault(
        code=code,
        subcode=subcode if type(subcode) is int else 0,
        transient=error.get("is_transient") is True,
    )


def refusal(exchange: Exchange) -> SourceError:
    """What an answer that is not the one asked for means. Messages hold codes only."""
    found = fault(exchange)
    if found is None:
        if exchange.status in (401, 403):
            return SourceRefusedLogin(f"The platform refuses ({exchange.status}).")
        return SourceChanged(f"The platform answered in an unknown shape ({exchange.status}).")
    words = f"The platform answers with error {found}."
    if found.code in _LOGIN:
        if found.subcode == _EXPIRED:
            return SourceLoginExpired(words, remedy="Give the channel a new token.")
        return SourceRefusedLogin(words, remedy="Give the channel a new token.")
    if found.code in _RIGHTS:
        return SourceMissingRights(words, remedy="Grant the app the rights the guide lists.")
    if found.code in _QUOTA:
        used = usage(exchange)
        wait = used.pause if used is not None and used.pause else HOUR
        return SourceQuotaExhausted(words, remedy="The next run tries again.", retry_after=wait)
    if found.code in _SUNSET:
        return SourceVersionSunset(words, remedy="Upgrade Diarkiv.")
    if found.moved:
        return SourceAccountGone(words, remedy="Add the page it was merged into as a channel.")
    if found.code in _BUSY or found.transient:
        return SourceUnavailable(words, remedy="The next run tries again.")
    if found.unsupported:
        return SourceError(words, remedy="It is gone, or this token may not see it.")
    return SourceChanged(words)


def object_of(exchange: Exchange) -> Mapping[str, Any]:
    """The single object an answer holds; else the `SourceError` of what it says instead."""
    answer = load(exchange.body) if exchange.status == 200 and exchange.body else None
    if not isinstance(answer, dict) or "error" in answer:
        raise refusal(exchange)
    return answer


def listing(
    target: Target, http: RecordedHttp, api: str, path: str, params: Mapping[str, str]
) -> Iterator[tuple[Exchange, bool]]:
    """Each page of a list, and whether it is the last. `SourceLoops` if the list leads back to
    where it began, brings nothing new for long, or never ends."""
    following: Mapping[str, str] = {}
    asked, seen, barren, restarts = set[tuple[tuple[str, str], ...]](), set[str](), 0, 0
    for _ in range(MAX_PAGES):
        exchange = ask(target, http, api, path, {**params, **following})
        found = fault(exchange)
        if following and found and found.code == 100 and not found.unsupported:
            restarts += 1
            if restarts > MAX_RESTARTS:
                raise SourceUnavailable("The platform's cursors run out before the list ends.")
            following, barren = {}, 0
            asked.clear()
            seen.clear()
            continue
        ids, following_or_none = _page(exchange)
        yield exchange, following_or_none is None
        if following_or_none is None:
            return
        following = following_or_none
        mark = tuple(sorted(following.items()))
        barren = 0 if ids - seen else barren + 1
        seen |= ids
        if mark in asked or barren > MAX_BARREN:
            break
        asked.add(mark)
    raise SourceLoops("The list repeats itself or does not end.")


def _page(exchange: Exchange) -> tuple[set[str], Mapping[str, str] | None]:
    """The ids on a page and what asks for the next one, None on the last."""
    answer = object_of(exchange)
    rows, paging = answer.get("data"), answer.get("paging", {})
    if not isinstance(rows, list) or not isinstance(paging, dict):
        raise SourceChanged("The platform answered with no list.")
    ids = {str(row.get("id")) for row in rows if isinstance(row, dict)}
    following = paging.get("next")
    if not isinstance(following, str):
        return ids, None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if isinstance(after, str) and after:
        return ids, {"after": after}
    query = parse_qsl(urlsplit(following.replace("[", "").replace("]", "")).query)
    told = {name: value for name, value in query if name in _CURSORS}
    if not told:
        raise SourceChanged("The list goes on, and does not say where.")
    return ids, told


def usage(exchange: Exchange) -> Usage | None:
    """What the headers say: the highest share used, and the longest time to stay away."""
    percent: list[float] = []
    minutes: list[float] = []
    for name in _USAGE:
        for one in _counters(exchange.header(name)):
            percent += [float(one[key]) for key in _SHARES if _is_count(one.get(key))]
            wait = one.get("estimated_time_to_regain_access")
            minutes += [float(wait)] if _is_count(wait) and wait else []
    if not percent and not minutes:
        return None
    return Usage(percent=max(percent, default=None), pause=max(minutes) * 60 if minutes else None)


def _counters(header: str) -> Iterator[Mapping[str, Any]]:
    """The counters in a usage header: one object, or lists of them by business or page."""
    try:
        value = orjson.loads(header) if header else None
    except orjson.JSONDecodeError:
        return
    if not isinstance(value, dict):
        return
    yield value
    for one in value.values():
        yield from (part for part in (one if isinstance(one, list) else [one]) if _is_object(part))


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_count(value: object) -> bool:
    return type(value) in (int, float) and 0 <= float(str(value)) < 1e6


def fields(text: str) -> str:
    """A list of fields as written over several lines, as one parameter."""
    return re.sub(r"\s+", "", text)

"""Asking a WordPress site: one request, one list to its end, and lists that change meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyroaring import BitMap64

from archiver.connectors import wordpress_item as shape
from archiver.core.connector import Target
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.errors import SourceChanged, SourceLoops, SourceRefusedLogin, SourceUnavailable

PER_PAGE = 100  # the most WordPress gives
MAX_PAGES = 10_000
MAX_RETREATS = 5
MAX_BARREN = 20


def embedding(path: str) -> dict[str, str]:
    """A post names its lead picture by id only; embedding it saves a request per post."""
    return {"_embed": "wp:featuredmedia"} if path == "posts" else {}


def ask(target: Target, http: RecordedHttp, path: str, params: Mapping[str, str]) -> Exchange:
    headers = {"Accept": "application/json"}
    if target.credential is not None:
        params = {"context": "edit", **params}
    template = re.sub(r"/\d+(?=/|$)", "/{id}", path)
    shown = "&".join(
        f"{name}={'{ids}' if name in ('include', 'post') else value}"
        for name, value in params.items()
        if name in ("include", "post", "status", "page")
    )
    template += f"?{shown}" if shown else ""
    url = f"{target.url}/wp-json{path}"
    return http.get(url, params=params, headers=headers, template=template)


def listing(
    target: Target, http: RecordedHttp, path: str, params: Mapping[str, str]
) -> Iterator[tuple[Exchange, list[dict[str, Any]], int | None]]:
    """Each page of a list by rising id, with its rows and the total it tells.

    New items come at the end, so they cannot push others off a page that is still to be read. One
    that leaves the list pulls all later ones forward, and the first of the next page slips onto
    the page just read: when the total has fallen, that page is read again. What leaves in the
    same instant as something else comes is not seen in the total; an item skipped so is either
    known, and probed, or new, and seen by the next run.

    Ends at the platform's own number of pages. `SourceUnavailable` if the list shrinks faster than
    it can be read; `SourceChanged` if it repeats itself or never ends, whatever totals it tells.
    """
    number, before, barren, retreats = 1, None, 0, 0
    seen = BitMap64()
    ordered = {"orderby": "id", "order": "asc", "per_page": str(PER_PAGE), **params}
    for _ in range(MAX_PAGES):
        exchange = ask(target, http, path, {**ordered, "page": str(number)})
        gone = number > 1 and shape.error_code(exchange).endswith("_invalid_page_number")
        if gone and before is None:
            return  # the site tells no totals: this is how a list of posts ends
        found = [] if gone else rows(exchange)
        total, last = shape.count(exchange, "X-WP-Total"), shape.count(exchange, "X-WP-TotalPages")
        if not gone:
            yield exchange, found, total
        fresh = BitMap64(row["id"] for row in found) - seen
        seen |= fresh
        barren = 0 if fresh else barren + 1
        fallen = gone or (before is not None and total is not None and total < before)
        if fallen and number > 1:
            retreats += 1
            if retreats > MAX_RETREATS:
                raise SourceUnavailable("The list changes faster than it can be read.")
            lost = 1 if before is None or total is None else before - total
            number, before = max(1, number - -(-lost // PER_PAGE)), total
            continue
        if number >= last if last is not None else not found:
            return
        if barren > MAX_BARREN:
            break
        number, before = number + 1, total
    raise SourceLoops("The list repeats itself or does not end.")


def rows(exchange: Exchange) -> list[dict[str, Any]]:
    """The items of a listing that can be told by their id. Others are still in the body, where
    `normalise` meets them one at a time: one bad item must not end the list."""
    code = shape.error_code(exchange)
    if exchange.status in (401, 403):
        raise SourceRefusedLogin(f"The site refuses the list ({code or exchange.status}).")
    answer = shape.load(exchange.body) if exchange.status == 200 else None
    if not isinstance(answer, list):
        raise SourceChanged(f"The site answered with no list ({code or exchange.status}).")
    return [row for row in answer if isinstance(row, dict) and _is_id(row.get("id"))]


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value < 2**63


def included(ids: Iterable[int | str], path: str) -> dict[str, str]:
    listed = ",".join(map(str, ids))
    return {"include": listed, "per_page": str(PER_PAGE), **embedding(path)}

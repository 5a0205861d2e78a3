"""JSON answers of wp/v2: bytes as PHP writes them, and collections with pages, totals and links.

Paging is the REST API Handbook's: `X-WP-Total`, `X-WP-TotalPages`, `Link` with prev and next. A
page beyond the end is refused for posts and media, and an empty list for comments.
"""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

from flask import Response, request

from archiver.demo.query import RestError, filtered, number, ordered, readable, several
from archiver.demo.view import Json, Row, View

_JSON_TYPE = "application/json; charset=UTF-8"

_ARRAYS = {"post", "parent", "include", "exclude", "slug", "_fields"}


def json_answer(body: Any, view: View | None = None, status: int = 200) -> Response:
    """Write JSON byte for byte as PHP's json_encode does: slashes and non-ASCII escaped."""
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    response = Response(text, status, content_type=_JSON_TYPE)
    response.headers["Link"] = f'<{home()}/wp-json/>; rel="https://api.w.org/"'
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Access-Control-Expose-Headers"] = "X-WP-Total, X-WP-TotalPages, Link"
    response.headers["Allow"] = "GET"
    if view is not None and view.user is not None:
        response.headers["Cache-Control"] = "no-cache, must-revalidate, max-age=0"
    return response


def home() -> str:
    """The address the site is being asked at, without a slash at the end."""
    return request.url_root.rstrip("/")


def picked(data: Json) -> Json:
    """Keep the fields `_fields` names; a nested name keeps its whole outermost field."""
    fields = {field.split(".")[0] for field in several("_fields")}
    return {key: value for key, value in data.items() if not fields or key in fields}


def _page_link(url: str, kind: str, page: int) -> str:
    arrays = _ARRAYS | ({"status"} if kind == "posts" else set())
    pairs: dict[str, str] = {}
    for key in request.args:
        name = re.sub(r"\[\d*\]$", "", key)
        if name in arrays:
            pairs |= {f"{name}[{n}]": value for n, value in enumerate(several(name))}
        else:
            pairs[name] = request.args[key]
    pairs["page"] = str(page)
    return url + "?" + "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in pairs.items())


def collection(view: View, kind: str, path: str, rows: Iterable[Row]) -> Response:
    """Answer one page of the rows asked for, with totals and links to its neighbours."""
    asked = ordered(kind, filtered(view, rows))
    everything = kind == "revisions" and "per_page" not in request.args
    page, size = number("page", 1), number("per_page", 10, 100)
    size = max(len(asked), 1) if everything else size
    pages = -(-len(asked) // size)
    if page > pages and asked and kind != "comments":
        code = "rest_revision_invalid_page_number" if kind == "revisions" else ""
        text = "The page number requested is larger than the number of pages available."
        raise RestError(code or "rest_post_invalid_page_number", text, 400)
    shown = [row for row in asked[(page - 1) * size : page * size] if readable(view, row)]
    response = json_answer([picked(view.shape(row)) for row in shown], view)
    response.headers["X-WP-Total"] = str(len(asked))
    response.headers["X-WP-TotalPages"] = str(pages)
    links = {
        "prev": min(page - 1, pages) if page > 1 else 0,
        "next": page + 1 if page < pages else 0,
    }
    named = [
        f'<{_page_link(view.url(path), kind, number)}>; rel="{rel}"'
        for rel, number in links.items()
        if number
    ]
    if named:  # PHP's header() replaces the Link to the API root
        response.headers["Link"] = ", ".join(named)
    return response

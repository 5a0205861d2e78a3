"""WordPress sites through their REST API, `wp/v2`: posts and comments, with or without login.

Source: REST API Handbook (https://developer.wordpress.org/rest-api/reference/), the controllers of
WordPress 6.1 and measurements on a real server. What decides how this file reads:

- Comments carry no time of change, so edits are found by comparing content.
- Without login, a comment on hold, in spam or in the trash is one and the same 401; with an
  application password each state can be asked for by name. `status=all` leaves out spam and trash,
  so every state is a collection of its own.
- `context=edit` is asked for with a login, because a login that may not moderate is then refused;
  in `context=view` the same lists come back short, without a word.
- Text is always `content.rendered`. It is what readers were shown, and the only text an anonymous
  reader gets: a channel that gains or loses its login gains no phantom versions. (`raw` would also
  miss what a shortcode or block brings in when the page is shown.)
- A draft, a pending or a scheduled post is not drawn up (TF 2:10): it is never fetched. A private
  post is not listed, because nothing tells whether it was ever public; a known post that is made
  private is found by the probe.
- What a post said between two looks is in its revisions, which only a login may read. They are the
  texts *after* each save: of a post that was published and edited between the same two looks the
  first text may be in none, so revisions are read of posts that were seen before. Which of them,
  see `wordpress_item.shown_between`.
- An e-mail address, an IP address or a user agent is never part of an item.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from archiver.connectors import wordpress_item as shape
from archiver.connectors.target import canonical, same_origin, text_of
from archiver.core.connector import (
    Capabilities,
    Collection,
    Connector,
    Control,
    ControlStatus,
    Exchange,
    JsonLayout,
    Page,
    Probe,
    RecordedHttp,
    Target,
)
from archiver.core.observation import COMMENT, POST, REVISION, Access, Item, ItemRef, Kind
from archiver.errors import (
    ConfigError,
    SourceChanged,
    SourceError,
    SourceRefusedAddress,
    SourceRefusedLogin,
    SourceUnavailable,
)

PER_PAGE = 100  # the most WordPress gives
MAX_PAGES = 10_000
MAX_RETREATS = 5
MAX_BARREN = 20
MAX_FAILURES = 3

# A list, or the single item that asking by id gives. Nothing stands outside the items.
_LAYOUT = JsonLayout(arrays=((), (None,)))
_PATHS: Mapping[Kind, str] = {POST: "posts", COMMENT: "comments"}
_COMMENT_STATUSES = ("approve", "hold", "spam", "trash", "post-trashed")
_OWN_PAGES = re.compile(r"/(wp-json|wp-admin|wp-login\.php|index\.php)(/.*)?$")


def _collection(kind: Kind, status: str) -> Collection:
    name = f"{_PATHS[kind]}:{status}"
    return Collection(name=name, shows=(kind,), layout=_LAYOUT, exhaustive=True)


_PUBLISHED, _TRASHED = _collection(POST, "publish"), _collection(POST, "trash")
_REVISIONS = Collection(
    name="posts:revisions", shows=(REVISION,), layout=_LAYOUT, exhaustive=False, of=(POST,)
)
# The post is gone; or the site keeps no revisions.
_WITHOUT_REVISIONS = frozenset({"rest_post_invalid_parent", "rest_no_route"})
_COMMENTS = {status: _collection(COMMENT, status) for status in _COMMENT_STATUSES}


class WordPress:
    """The connector; see `archiver.core.connector.Connector` for what each method promises."""

    platform = "wordpress"
    title = "WordPress"
    normaliser = 1
    capabilities = Capabilities(edits="hash", deletes="absence", moderation=True, history=True)

    def normalise_target(self, target: str) -> str:
        """The site's address without final slash; the address of its API or login will do too."""
        parts = canonical(target)
        if parts.query:
            raise ConfigError(
                "The address holds a question mark.", remedy="Give the site's start page."
            )
        return text_of(parts._replace(path=_OWN_PAGES.sub("", parts.path).rstrip("/")))

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """Who we are, or without login whether there is a REST API."""
        path, fields = "/", "namespaces"
        if target.credential is not None:
            path, fields = "/wp/v2/users/me", "id,capabilities"
        try:  # no more of the account than the answer needs: the exchange is kept
            exchange = _get(target, http, path, {"_fields": fields})
        except (SourceUnavailable, SourceRefusedAddress) as error:
            return Control(status=ControlStatus.UNREACHABLE, detail=error.code)
        code = shape.error_code(exchange)
        if exchange.status in (401, 403):
            return Control(status=ControlStatus.LOGIN_REFUSED, detail=code)
        try:
            answer = shape.load(exchange.body) if exchange.status == 200 else None
        except SourceChanged:
            answer = None
        if not isinstance(answer, dict) or fields.partition(",")[0] not in answer:
            return Control(status=ControlStatus.CHANGED, detail=code or f"http:{exchange.status}")
        if target.credential is None:
            return Control(status=ControlStatus.OK)
        may = answer.get("capabilities")
        if isinstance(may, dict) and not may.get("moderate_comments"):
            detail = "rest_cannot_moderate"  # an Editor may, an Author or Contributor may not
            return Control(status=ControlStatus.LOGIN_REFUSED, authenticated=True, detail=detail)
        return Control(status=ControlStatus.OK, authenticated=True)

    def collections(self, target: Target) -> Sequence[Collection]:
        """Published posts and approved comments; with a login also every other named state."""
        if target.credential is None:
            return (_PUBLISHED, _COMMENTS["approve"])
        return (_PUBLISHED, _TRASHED, *_COMMENTS.values())

    def pages(
        self,
        target: Target,
        collection: Collection,
        cursor: Mapping[str, str],  # every run reads everything: comments tell of no change
        http: RecordedHttp,
    ) -> Iterator[Page]:
        """Every page of the collection; see `_listing` for lists that change meanwhile."""
        del cursor
        if collection.name == _TRASHED.name:
            yield from _trash(target, http)
            return
        path, _, status = collection.name.partition(":")
        asked = _embedding(path) | ({"status": status} if target.credential else {})
        for exchange, _rows, total in _listing(target, http, f"/wp/v2/{path}", asked):
            yield Page(exchange=exchange, expected=total)

    def probe(self, target: Target, refs: Sequence[ItemRef], http: RecordedHttp) -> Iterator[Probe]:
        """Ask for a hundred at a time, then one by one for those the list does not give."""
        for kind, path in _PATHS.items():
            wanted = list(dict.fromkeys(ref for ref in refs if ref.kind == kind))
            for start in range(0, len(wanted), PER_PAGE):
                yield from _probe_many(target, http, path, wanted[start : start + PER_PAGE])

    def history_collection(self, target: Target) -> Collection | None:
        """Revisions of posts, with a login. (Comments have none.)"""
        return _REVISIONS if target.credential is not None else None

    def history(
        self, target: Target, refs: Sequence[ItemRef], since: datetime, http: RecordedHttp
    ) -> Iterator[Page]:
        """The revisions of posts that are public or in the trash; nothing without login. One post
        that cannot be read does not keep the others from being: the error comes last."""
        wanted = list(dict.fromkeys(ref.native_id for ref in refs if ref.kind == POST))
        failures: list[SourceError] = []
        for start in range(0, len(wanted) if target.credential is not None else 0, PER_PAGE):
            batch = wanted[start : start + PER_PAGE]
            asked = {"include": ",".join(batch), "per_page": str(PER_PAGE)}
            asked |= {"status": "publish,trash", "_fields": "id,date_gmt"}
            for row in _rows(_get(target, http, "/wp/v2/posts", asked)):
                if str(row["id"]) not in batch:
                    continue
                try:
                    yield from _revisions(target, http, row, since)
                except SourceError as error:
                    failures.append(error)
                    if len(failures) == MAX_FAILURES:
                        raise
        if failures:
            raise failures[0]

    def normalise(self, collection: str, fragment: bytes) -> Item:
        """One post, comment or revision; `SourceChanged` if it is none of them. Pure."""
        if collection == _REVISIONS.name:
            return shape.revision(shape.load(fragment))
        if collection.startswith("posts:"):
            return shape.post(shape.load(fragment))
        return shape.comment(shape.load(fragment))

    def owns_media(self, target: Target, url: str) -> bool:
        """Whether the file lies on the site's own server."""
        return same_origin(target.url, url)


connector: Connector = WordPress()


def _embedding(path: str) -> dict[str, str]:
    """A post names its lead picture by id only; embedding it saves a request per post."""
    return {"_embed": "wp:featuredmedia"} if path == "posts" else {}


def _get(target: Target, http: RecordedHttp, path: str, params: Mapping[str, str]) -> Exchange:
    headers = {"Accept": "application/json"}
    if target.credential is not None:
        pair = f"{target.credential.user}:{target.credential.secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        params = {"context": "edit", **params}
    template = re.sub(r"/\d+(?=/|$)", "/{id}", path)
    shown = "&".join(
        f"{name}={'{ids}' if name == 'include' else value}"
        for name, value in params.items()
        if name in ("include", "status", "page")
    )
    template += f"?{shown}" if shown else ""
    url = f"{target.url}/wp-json{path}"
    exchange = http.get(url, params=params, headers=headers, template=template)
    if exchange.status == 429 or exchange.status >= 500:
        raise SourceUnavailable(f"The site answered {exchange.status}.")
    return exchange


def _listing(
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
    seen: set[int] = set()
    ordered = {"orderby": "id", "order": "asc", "per_page": str(PER_PAGE), **params}
    for _ in range(MAX_PAGES):
        exchange = _get(target, http, path, {**ordered, "page": str(number)})
        gone = number > 1 and shape.error_code(exchange).endswith("_invalid_page_number")
        if gone and before is None:
            return  # the site tells no totals: this is how a list of posts ends
        rows = [] if gone else _rows(exchange)
        total, last = shape.count(exchange, "X-WP-Total"), shape.count(exchange, "X-WP-TotalPages")
        if not gone:
            yield exchange, rows, total
        fresh = {row["id"] for row in rows} - seen
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
        if number >= last if last is not None else not rows:
            return
        if barren > MAX_BARREN:
            break
        number, before = number + 1, total
    raise SourceChanged("The list repeats itself or does not end.")


def _rows(exchange: Exchange) -> list[dict[str, Any]]:
    """The items of a listing that can be told by their id. Others are still in the body, where
    `normalise` meets them one at a time: one bad item must not end the list."""
    code = shape.error_code(exchange)
    if exchange.status in (401, 403):
        raise SourceRefusedLogin(f"The site refuses the list ({code or exchange.status}).")
    answer = shape.load(exchange.body) if exchange.status == 200 else None
    if not isinstance(answer, list):
        raise SourceChanged(f"The site answered with no list ({code or exchange.status}).")
    return [row for row in answer if isinstance(row, dict) and type(row.get("id")) is int]


def _trash(target: Target, http: RecordedHttp) -> Iterator[Page]:
    """Posts in the trash that had been published: first which, then these and no others."""
    fields = {"status": "trash", "_fields": "id,slug,date_gmt,modified_gmt"}
    listed = _listing(target, http, "/wp/v2/posts", fields)
    ids = list(dict.fromkeys(r["id"] for _, rows, _ in listed for r in rows if shape.was_public(r)))
    for start in range(0, len(ids), PER_PAGE):
        batch = ids[start : start + PER_PAGE]
        asked = {**_included(batch, "posts"), "status": "trash"}
        exchange = _get(target, http, "/wp/v2/posts", asked)
        _rows(exchange)
        yield Page(exchange=exchange, expected=len(ids))


def _revisions(
    target: Target, http: RecordedHttp, row: Mapping[str, Any], since: datetime
) -> Iterator[Page]:
    """First which revisions a post has, without their text; then those to be kept and no others."""
    path = f"/wp/v2/posts/{row['id']}/revisions"
    listed = _get(target, http, path, {"_fields": "id,slug,date_gmt,parent"})
    if listed.status == 404 and shape.error_code(listed) in _WITHOUT_REVISIONS:
        return
    ids = shape.shown_between(row, _rows(listed), since)
    for start in range(0, len(ids), PER_PAGE):
        exchange = _get(target, http, path, _included(ids[start : start + PER_PAGE], "revisions"))
        _rows(exchange)
        yield Page(exchange=exchange)


def _included(ids: Iterable[int | str], path: str) -> dict[str, str]:
    listed = ",".join(map(str, ids))
    return {"include": listed, "per_page": str(PER_PAGE), **_embedding(path)}


def _probe_many(
    target: Target, http: RecordedHttp, path: str, refs: Sequence[ItemRef]
) -> Iterator[Probe]:
    params = _included((ref.native_id for ref in refs), path)
    if target.credential is not None:
        # `any` is every state of a comment; for posts it would bring drafts along.
        params["status"] = "publish,private,trash" if path == "posts" else "any"
    exchange = _get(target, http, f"/wp/v2/{path}", params)
    code = shape.error_code(exchange) or f"http:{exchange.status}"
    rows: dict[str, dict[str, Any]] = {}
    try:
        if exchange.status != 400:  # one odd id is enough for that; each is asked for by itself
            rows = {str(row["id"]): row for row in _rows(exchange)}
    except SourceError as error:  # the login or the API is gone, not the items
        refused = isinstance(error, SourceRefusedLogin)
        access = Access.NO_ACCESS if refused else Access.FAILED
        for ref in refs:
            yield Probe(ref=ref, access=access, exchange=exchange, reason=code)
        return
    for ref in refs:
        if ref.native_id in rows:
            yield _present(ref, exchange, rows[ref.native_id])
        else:
            yield _probe_one(target, http, path, ref)


def _probe_one(target: Target, http: RecordedHttp, path: str, ref: ItemRef) -> Probe:
    """Why the list does not give it. A post's state is asked for before its text: it may be a
    draft again, and a draft is not ours to read."""
    address = f"/wp/v2/{path}/{ref.native_id}"
    guarded = path == "posts" and target.credential is not None
    exchange = _get(target, http, address, {"_fields": "id,status"} if guarded else {})
    row = _single(exchange, ref)
    if row is not None and guarded:
        if row.get("status") not in shape.POST_STATES:
            reason = f"status:{row.get('status')}"
            return Probe(ref=ref, access=Access.HIDDEN, exchange=exchange, reason=reason[:40])
        exchange = _get(target, http, address, _embedding(path))
        row = _single(exchange, ref)
    if row is not None:
        return _present(ref, exchange, row)
    code = shape.error_code(exchange)
    if exchange.status == 404 and code in ("rest_post_invalid_id", "rest_comment_invalid_id"):
        return Probe(ref=ref, access=Access.NOT_FOUND, exchange=exchange, reason=code)
    if exchange.status in (401, 403):
        return Probe(ref=ref, access=Access.NO_ACCESS, exchange=exchange, reason=code)
    # Any other 404 is the API that is gone, not the item.
    reason = code or f"http:{exchange.status}"
    return Probe(ref=ref, access=Access.FAILED, exchange=exchange, reason=reason)


def _single(exchange: Exchange, ref: ItemRef) -> dict[str, Any] | None:
    if exchange.status != 200:
        return None
    try:
        row = shape.load(exchange.body)
    except SourceChanged:
        return None
    return row if isinstance(row, dict) and str(row.get("id")) == ref.native_id else None


def _present(ref: ItemRef, exchange: Exchange, row: Mapping[str, Any]) -> Probe:
    status = str(row.get("status"))
    if ref.kind == POST:
        collection = _TRASHED if status == "trash" else _PUBLISHED
    else:
        collection = _COMMENTS.get(status, _COMMENTS["approve"])
    return Probe(ref=ref, access=Access.PRESENT, exchange=exchange, collection=collection)

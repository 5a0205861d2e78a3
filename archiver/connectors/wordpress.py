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

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from archiver.connectors import wordpress_item as shape
from archiver.connectors import wordpress_read as read
from archiver.connectors.target import canonical, same_origin, text_of
from archiver.connectors.wordpress_read import PER_PAGE
from archiver.core.connector import (
    Blind,
    Capabilities,
    Collection,
    Connector,
    Control,
    ControlStatus,
    JsonLayout,
    Login,
    Option,
    Page,
    Probe,
    Reach,
    Scan,
    Target,
    Usage,
    Wanted,
)
from archiver.core.exchange import Exchange, RecordedHttp
from archiver.core.observation import COMMENT, POST, REVISION, Access, Item, ItemRef, Kind
from archiver.errors import (
    ConfigError,
    SourceChanged,
    SourceError,
    SourceRefusedAddress,
    SourceRefusedLogin,
    SourceUnavailable,
)

MAX_FAILURES = 3

# A list, or the single item that asking by id gives. Nothing stands outside the items.
_LAYOUT = JsonLayout(arrays=((), (None,)))
_PATHS: Mapping[Kind, str] = {POST: "posts", COMMENT: "comments"}
_COMMENT_STATUSES = ("approve", "hold", "spam", "trash", "post-trashed")
_OWN_PAGES = re.compile(r"/(wp-json|wp-admin|wp-login\.php|index\.php)(/.*)?$")


_REACH: Mapping[Kind, frozenset[Reach]] = {
    POST: frozenset({Reach.ALL, Reach.RECENT}),
    COMMENT: frozenset({Reach.ALL, Reach.RECENT, Reach.THREADS}),
}


def _collection(kind: Kind, status: str) -> Collection:
    name = f"{_PATHS[kind]}:{status}"
    return Collection(name=name, shows=(kind,), layout=_LAYOUT, exhaustive=True, reach=_REACH[kind])


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
    capabilities = Capabilities(
        edits="hash",
        deletes="absence",
        moderation=True,
        history=True,
        cascade=True,
        login=Login.BASIC,
    )
    options: Sequence[Option] = ()

    def normalise_target(self, target: str) -> str:
        """The site's address without final slash; the address of its API or login will do too."""
        parts = canonical(target)
        if parts.query:
            raise ConfigError(
                "The address holds a question mark.", remedy="Give the site's start page."
            )
        return text_of(parts._replace(path=_OWN_PAGES.sub("", parts.path).rstrip("/")))

    def api(self, target: Target) -> str:
        """The site itself."""
        return target.url

    def blind(self, target: Target) -> frozenset[Blind]:
        """With a login, only who took something away; without one, all that moderation holds."""
        if target.credential is not None:
            return frozenset({Blind.WHO_REMOVED})
        return frozenset({Blind.WHO_REMOVED, Blind.HELD, Blind.PRIVATE, Blind.BETWEEN_LOOKS})

    def usage(self, exchange: Exchange) -> Usage | None:
        """Nothing: WordPress knows no limits of its own."""
        del exchange
        return None

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """Who we are, or without login whether there is a REST API."""
        path, fields = "/", "namespaces"
        if target.credential is not None:
            path, fields = "/wp/v2/users/me", "id,capabilities"
        try:  # no more of the account than the answer needs: the exchange is kept
            exchange = read.ask(target, http, path, {"_fields": fields})
        except (SourceUnavailable, SourceRefusedAddress) as error:
            return Control.failed(error)
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
            return Control(status=ControlStatus.MISSING_RIGHTS, authenticated=True, detail=detail)
        return Control(status=ControlStatus.OK, authenticated=True)

    def collections(self, target: Target) -> Sequence[Collection]:
        """Published posts and approved comments; with a login also every other named state."""
        if target.credential is None:
            return (_PUBLISHED, _COMMENTS["approve"])
        return (_PUBLISHED, _TRASHED, *_COMMENTS.values())

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        """Every page of what is asked for; see `wordpress_read.listing` for lists that change.

        Recent posts are those saved since then, and those published since."""
        path, _, status = scan.collection.name.partition(":")
        asked = read.embedding(path) | ({"status": status} if target.credential else {})
        if scan.since is not None:
            since = scan.since.strftime("%Y-%m-%dT%H:%M:%SZ")
            asked["modified_after" if path == "posts" else "after"] = since
        if scan.collection.name == _TRASHED.name:
            yield from _trash(target, http, asked)
            return
        if not scan.under:
            for exchange, _rows, total in read.listing(target, http, f"/wp/v2/{path}", asked):
                yield Page(exchange=exchange, expected=total)
            if since := asked.pop("modified_after", ""):
                # A post that was scheduled was saved long before it is published.
                asked["after"] = since
                for exchange, _rows, _total in read.listing(target, http, f"/wp/v2/{path}", asked):
                    yield Page(exchange=exchange)
            return
        for start in range(0, len(scan.under), PER_PAGE):
            posts = scan.under[start : start + PER_PAGE]
            asked["post"] = ",".join(ref.native_id for ref in posts)
            ahead: Page | None = None
            for exchange, _rows, total in read.listing(target, http, f"/wp/v2/{path}", asked):
                if ahead is not None:
                    yield ahead
                ahead = Page(exchange=exchange, expected=total)
            if ahead is not None:
                yield replace(ahead, read=tuple(posts))

    def probe(
        self, target: Target, wanted: Sequence[Wanted], http: RecordedHttp
    ) -> Iterator[Probe]:
        """Ask for a hundred at a time, then one by one for those the list does not give."""
        for kind, path in _PATHS.items():
            refs = list(dict.fromkeys(one.ref for one in wanted if one.ref.kind == kind))
            for start in range(0, len(refs), PER_PAGE):
                yield from _probe_many(target, http, path, refs[start : start + PER_PAGE])

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
            for row in read.rows(read.ask(target, http, "/wp/v2/posts", asked)):
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

    def media_url(self, target: Target, url: str) -> str:
        """The address as it is."""
        del target
        return url


connector: Connector = WordPress()


def _trash(target: Target, http: RecordedHttp, asked: Mapping[str, str]) -> Iterator[Page]:
    """Posts in the trash that had been published: first which, then these and no others."""
    fields = {k: v for k, v in asked.items() if k in ("status", "modified_after")}
    fields["_fields"] = "id,slug,date_gmt,modified_gmt"
    listed = read.listing(target, http, "/wp/v2/posts", fields)
    ids = list(dict.fromkeys(r["id"] for _, rows, _ in listed for r in rows if shape.was_public(r)))
    for start in range(0, len(ids), PER_PAGE):
        batch = ids[start : start + PER_PAGE]
        these = {**read.included(batch, "posts"), "status": "trash"}
        exchange = read.ask(target, http, "/wp/v2/posts", these)
        read.rows(exchange)
        yield Page(exchange=exchange, expected=len(ids))


def _revisions(
    target: Target, http: RecordedHttp, row: Mapping[str, Any], since: datetime
) -> Iterator[Page]:
    """First which revisions a post has, without their text; then those to be kept and no others."""
    path = f"/wp/v2/posts/{row['id']}/revisions"
    listed = read.ask(target, http, path, {"_fields": "id,slug,date_gmt,parent"})
    if listed.status == 404 and shape.error_code(listed) in _WITHOUT_REVISIONS:
        return
    ids = shape.shown_between(row, read.rows(listed), since)
    for start in range(0, len(ids), PER_PAGE):
        exchange = read.ask(
            target, http, path, read.included(ids[start : start + PER_PAGE], "revisions")
        )
        read.rows(exchange)
        yield Page(exchange=exchange)


def _probe_many(
    target: Target, http: RecordedHttp, path: str, refs: Sequence[ItemRef]
) -> Iterator[Probe]:
    params = read.included((ref.native_id for ref in refs), path)
    if target.credential is not None:
        # `any` is every state of a comment; for posts it would bring drafts along.
        params["status"] = "publish,private,trash" if path == "posts" else "any"
    exchange = read.ask(target, http, f"/wp/v2/{path}", params)
    code = shape.error_code(exchange) or f"http:{exchange.status}"
    rows: dict[str, dict[str, Any]] = {}
    try:
        if exchange.status != 400:  # one odd id is enough for that; each is asked for by itself
            rows = {str(row["id"]): row for row in read.rows(exchange)}
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
    exchange = read.ask(target, http, address, {"_fields": "id,status"} if guarded else {})
    row = _single(exchange, ref)
    if row is not None and guarded:
        if row.get("status") not in shape.POST_STATES:
            reason = f"status:{row.get('status')}"
            return Probe(ref=ref, access=Access.HIDDEN, exchange=exchange, reason=reason[:40])
        exchange = read.ask(target, http, address, read.embedding(path))
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

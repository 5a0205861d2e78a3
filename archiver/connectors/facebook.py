"""Facebook Pages through the Graph API: the page's posts, and the comments under them.

Source: Meta's Graph API documentation of Page, Page Post, Comment, `/{object}/comments` and Page
webhooks, and public fixtures. **Not run against the live platform.** What decides how this reads:

- Posts come from `published_posts`, newest first; the platform gives some 600 a year, so an older
  one that is not listed is asked for by itself before anybody wonders.
- Comments come from `/{post}/comments?filter=stream&order=chronological`: replies among them, in
  the order they were made, so that what is added while we read comes last.
- A page's own token sees what the page has hidden (`is_hidden`), and who wrote (`from`), given the
  rights in `RIGHTS`. Without the latter, names are missing and nothing else.
- "100/33" is a thing that is gone or that we may not see; the platform does not tell which. It is
  taken as not found only while the page itself can be read with the same token.
- The token is sent as a bearer token to the Graph's origin. It is never put into an address: that
  is why `debug_token`, which wants it there, is not asked when it expires.
- Webhooks are hints. Their verbs are spelt in more than one way, and a message may come twice,
  late, or never.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from archiver.connectors import facebook_item as shape
from archiver.connectors import graph, hub
from archiver.connectors.facebook_address import page_address
from archiver.connectors.facebook_push import read_hints
from archiver.connectors.target import same_origin
from archiver.core.connector import (
    Blind,
    Capabilities,
    Collection,
    Connector,
    Control,
    ControlStatus,
    Credential,
    JsonLayout,
    Login,
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
from archiver.core.observation import COMMENT, POST, REPLY, Access, Item, ItemRef
from archiver.core.push import Hint
from archiver.errors import (
    SourceAccountGone,
    SourceChanged,
    SourceError,
    SourceMissingRights,
    SourceQuotaExhausted,
    SourceRefusedAddress,
    SourceRefusedLogin,
    SourceVersionSunset,
)

GRAPH = "https://graph.facebook.com"
RIGHTS = frozenset({"pages_read_engagement", "pages_read_user_content"})
MAX_FAILURES = 3  # threads in a row that cannot be read
CDN = ".fbcdn.net"

_POST_FIELDS = graph.fields("""
    id, created_time, message, from{id,name}, is_hidden, permalink_url,
    attachments{type, url, unshimmed_url, target{id}, media{image{src}, source},
        subattachments{type, url, unshimmed_url, target{id}, media{image{src}, source}}}
""")
_COMMENT_FIELDS = graph.fields("""
    id, object{id}, parent{id}, created_time, message, from{id,name}, is_hidden, is_private,
    permalink_url, attachment{type, url, target{id}, media{image{src}, source}}
""")
_STRUCTURE = frozenset(
    {"paging", "cursors", "before", "after", "next", "previous"}
    | {"summary", "order", "total_count", "can_comment"}
)
_LIST = JsonLayout(arrays=(("data",),), structural=_STRUCTURE)
_ALONE = JsonLayout(arrays=((None,),))
_POSTS = Collection(
    name="posts",
    shows=(POST,),
    layout=_LIST,
    exhaustive=True,
    reach=frozenset({Reach.ALL, Reach.RECENT}),
)
_COMMENTS = Collection(
    name="comments",
    shows=(COMMENT, REPLY),
    layout=_LIST,
    exhaustive=True,
    reach=frozenset({Reach.THREADS}),
)
# An item that was asked for by itself is the whole body.
_ONE_POST = replace(_POSTS, name="posts:one", layout=_ALONE, exhaustive=False)
_ONE_COMMENT = replace(_COMMENTS, name="comments:one", layout=_ALONE, exhaustive=False)

# What keeps one thread from being read keeps all of them.
_CHANNEL_WIDE = (
    SourceRefusedLogin,
    SourceQuotaExhausted,
    SourceVersionSunset,
    SourceAccountGone,
    SourceRefusedAddress,
)


class Facebook:
    """The connector; see `archiver.core.connector.Connector` for what each method promises. It is
    a `PushConnector` too."""

    platform = "facebook"
    title = "Facebook"
    normaliser = 1
    capabilities = Capabilities(
        edits="hash",
        deletes="absence",
        moderation=True,
        history=False,
        cascade=True,
        own_right_for_others=True,
        login=Login.BEARER,
        needs_credential=True,
        # 4,800 a day for each user who was active on the page; one at least.
        rates=(Rate(requests=4800, seconds=86_400),),
        push=True,
    )
    options: Sequence[Option] = (
        Option(name="graph", help="Address of the Graph API.", default=GRAPH),
    )

    def normalise_target(self, target: str) -> str:
        """`https://www.facebook.com/<name or number>` of a page, from any of its addresses."""
        return page_address(target)

    def api(self, target: Target) -> str:
        """The Graph."""
        return (target.options.get("graph") or GRAPH).rstrip("/")

    def blind(self, target: Target) -> frozenset[Blind]:
        """Even with a token: what is older than the platform's lists go, texts between two looks,
        who removed something; and nobody has tried this on the live platform yet."""
        seen = {Blind.WHO_REMOVED, Blind.BETWEEN_LOOKS, Blind.OLDER, Blind.UNTRIED}
        if target.credential is not None:
            return frozenset(seen)
        return frozenset(seen | {Blind.OTHERS_REPLIES, Blind.HIDDEN, Blind.AUTHORS, Blind.PRIVATE})

    def usage(self, exchange: Exchange) -> Usage | None:
        """Percent of the quota, and how long to stay away."""
        return graph.usage(exchange)

    def control(self, target: Target, http: RecordedHttp) -> Control:
        """Whether the page can be read with this token, under which number, and with which rights
        (a page's own token does not tell them)."""
        exchange: Exchange | None = None
        try:
            exchange = self._ask(target, http, _page(target), {"fields": "id,is_published"})
            found = graph.fault(exchange)
            if found is not None and found.unsupported:
                return self._unseen(target, http, str(found))
            if found is not None and found.moved:
                return Control(status=ControlStatus.ACCOUNT_MOVED, detail=str(found))
            answer = graph.object_of(exchange)
            number = answer.get("id")
            if not isinstance(number, str) or not number.isascii() or not number.isdigit():
                raise SourceChanged("The page has no number.")
            rights = self._rights(target, http)
        except SourceError as error:
            return _not_ok(error, exchange)
        resolved = replace(target, url=f"https://www.facebook.com/{number}")
        known = Control(
            status=ControlStatus.OK,
            authenticated=target.credential is not None,
            target=resolved,
            account=number,
            scopes=rights or (),
        )
        if answer.get("is_published") is False:
            return replace(known, status=ControlStatus.ACCOUNT_GONE, detail="unpublished")
        if rights is not None and (missing := sorted(RIGHTS - set(rights))):
            return replace(known, status=ControlStatus.MISSING_RIGHTS, detail=" ".join(missing))
        return known

    def collections(self, target: Target) -> Sequence[Collection]:
        """Posts, and the comments under them."""
        del target
        return (_POSTS, _COMMENTS)

    def pages(self, target: Target, scan: Scan, http: RecordedHttp) -> Iterator[Page]:
        """Every page of what is asked for; see `graph.listing` for lists that change."""
        if scan.collection.name == _POSTS.name:
            asked = {"fields": _POST_FIELDS, "limit": "50"}
            if scan.since is not None:
                asked["since"] = str(int(scan.since.timestamp()))
            path = f"{_page(target)}/published_posts"
            for exchange, _last in graph.listing(target, http, self.api(target), path, asked):
                yield Page(exchange=exchange)
            return
        failures: list[SourceError] = []
        in_a_row = 0
        for post in dict.fromkeys(scan.under):
            try:
                yield from self._thread(target, http, post)
                in_a_row = 0
            except _CHANNEL_WIDE:
                raise
            except SourceError as error:
                failures.append(error)
                in_a_row += 1
                if in_a_row == MAX_FAILURES:
                    raise
        if failures:
            raise failures[0]

    def probe(
        self, target: Target, wanted: Sequence[Wanted], http: RecordedHttp
    ) -> Iterator[Probe]:
        """Ask for each by itself. One that is not there is not found only if the page is."""
        page: Exchange | None = None
        refused: Exchange | None = None
        for ref in dict.fromkeys(one.ref for one in wanted):
            if refused is not None:  # the token, not the item
                reason = _reason(refused)
                yield Probe(ref=ref, access=Access.NO_ACCESS, exchange=refused, reason=reason)
                continue
            is_post = ref.kind == POST
            asked = {"fields": _POST_FIELDS if is_post else _COMMENT_FIELDS}
            path = _full_id(target, ref.native_id) if is_post else ref.native_id
            exchange = self._ask(target, http, path, asked)
            found = graph.fault(exchange)
            if found is not None and found.unsupported:
                page = page or self._ask(target, http, _page(target), {"fields": "id"})
                yield _judged(ref, exchange, page)
                continue
            try:
                row = graph.object_of(exchange)
            except SourceQuotaExhausted:
                raise
            except SourceError as error:
                refusing = isinstance(error, SourceRefusedLogin)
                if refusing and not isinstance(error, SourceMissingRights):
                    refused = exchange
                access = Access.NO_ACCESS if refusing else Access.FAILED
                yield Probe(ref=ref, access=access, exchange=exchange, reason=_reason(exchange))
                continue
            yield _present(ref, exchange, row)

    def history_collection(self, target: Target) -> Collection | None:
        """None: the platform shows no earlier states."""
        del target
        return None

    def history(
        self, target: Target, refs: Sequence[ItemRef], since: datetime, http: RecordedHttp
    ) -> Iterator[Page]:
        """Nothing; see `history_collection`."""
        del target, refs, since, http
        return iter(())

    def normalise(self, collection: str, fragment: bytes) -> Item:
        """One post, comment or reply; `SourceChanged` if it is none of them. Pure."""
        if collection.partition(":")[0] == _POSTS.name:
            return shape.read_post(fragment)
        return shape.read_comment(fragment)

    def owns_media(self, target: Target, url: str) -> bool:
        """Whether the file lies on Facebook's CDN. (It is asked of what the page itself says.)"""
        address = shape.fetchable(url)
        try:
            host = urlsplit(address).hostname or ""
        except ValueError:
            return False
        on_cdn = address.startswith("https://") and host.endswith(CDN)
        return on_cdn or same_origin(address, self.api(target))

    def media_url(self, target: Target, url: str) -> str:
        """The signed address that rode along with the attachment."""
        del target
        return shape.fetchable(url) or url

    # --- push --------------------------------------------------------------------------------

    def greet(self, query: Mapping[str, str], credential: Credential) -> str | None:
        """See `hub.greeting`."""
        return hub.greeting(query, credential)

    def hints(
        self, headers: Mapping[str, str], body: bytes, credential: Credential, *, url: str = ""
    ) -> Sequence[Hint]:
        """See `facebook_push.read_hints`, once the signature is the platform's."""
        hub.check_signature(headers, body, credential)
        number = url.rpartition("/")[2]
        return read_hints(body, page=number if number.isascii() and number.isdigit() else "")

    # --- inside ------------------------------------------------------------------------------

    def _ask(
        self, target: Target, http: RecordedHttp, path: str, params: Mapping[str, str]
    ) -> Exchange:
        return graph.ask(target, http, self.api(target), path, params)

    def _thread(self, target: Target, http: RecordedHttp, post: ItemRef) -> Iterator[Page]:
        """Everything under one post."""
        asked = {"fields": _COMMENT_FIELDS, "filter": "stream", "order": "chronological"}
        asked["limit"] = "100"
        path = f"{_full_id(target, post.native_id)}/comments"
        for exchange, last in graph.listing(target, http, self.api(target), path, asked):
            yield Page(exchange=exchange, read=(post,) if last else ())

    def _rights(self, target: Target, http: RecordedHttp) -> tuple[str, ...] | None:
        """The rights a user's or system user's token has; None where it does not tell."""
        exchange = self._ask(target, http, "me/permissions", {})
        if graph.fault(exchange) is not None:
            return None
        rows = graph.object_of(exchange).get("data")
        if not isinstance(rows, list):
            raise SourceChanged("The rights are no list.")
        granted = (one for one in rows if isinstance(one, dict) and one.get("status") == "granted")
        return tuple(sorted(str(one.get("permission")) for one in granted))

    def _unseen(self, target: Target, http: RecordedHttp, detail: str) -> Control:
        """The page is gone, or the token is another's: a token that works tells its own number."""
        exchange = self._ask(target, http, "me", {"fields": "id"})
        works = exchange.status == 200 and graph.fault(exchange) is None
        status = ControlStatus.MISSING_RIGHTS if works else ControlStatus.ACCOUNT_GONE
        return Control(status=status, authenticated=works, detail=detail)


connector: Connector = Facebook()


def _not_ok(error: SourceError, exchange: Exchange | None) -> Control:
    found = graph.fault(exchange) if exchange is not None else None
    return replace(Control.failed(error), detail=str(found or error.code))


def _page(target: Target) -> str:
    return target.url.rpartition("/")[2]


def _full_id(target: Target, native: str) -> str:
    """A post's id as the platform asks for it; the page's number is known since the control."""
    return f"{_page(target)}_{native}"


def _reason(exchange: Exchange) -> str:
    return str(graph.fault(exchange) or f"http:{exchange.status}")


def _judged(ref: ItemRef, exchange: Exchange, page: Exchange) -> Probe:
    """Gone or out of sight: the page itself, read with the same token, decides."""
    readable = page.status == 200 and graph.fault(page) is None
    return Probe(
        ref=ref,
        access=Access.NOT_FOUND if readable else Access.FAILED,
        exchange=exchange,
        reason=_reason(exchange),
        also=(page,),
    )


def _present(ref: ItemRef, exchange: Exchange, row: Mapping[str, Any]) -> Probe:
    collection = _ONE_POST if ref.kind == POST else _ONE_COMMENT
    given = str(row.get("id"))
    same = (shape.post_id(given) if ref.kind == POST else given) == ref.native_id
    if not same:
        return Probe(ref=ref, access=Access.FAILED, exchange=exchange, reason="another")
    return Probe(ref=ref, access=Access.PRESENT, exchange=exchange, collection=collection)

"""Serves one page as Meta's Graph API v26.0 does, with what goes wrong there.

Diarkiv harvests it over real HTTP with the connector it uses for Facebook. Answers follow Meta's
documentation and public fixtures, the parts that surprise included: `paging.next` repeats the
token, and its absence, not that of a cursor, says that a list has ended; a field without a value is
left out; an unknown field is a code 100; what is gone and what may not be seen are one and the same
100/33; the address of a picture is another in every answer, signed, and useless without its
signature; the root `?ids=` is gone. Every answer counts: the usage headers tell the share of
`limit`, and past it the answer is 80001.

Reading only, one page, page tokens and user tokens. `fail` switches a failure on; `between` is
called before each answer, to change the page while it is read.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from archiver.connectors.hub import SIGNATURE_HEADER, sign
from archiver.demo.graph_page import GraphPage, PageComment, PagePost, Photo
from archiver.demo.graph_query import GraphError, nested, picked

VERSION = "v26.0"
ENGAGEMENT, USER_CONTENT = "pages_read_engagement", "pages_read_user_content"
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token: `page` is its page's own (it then tells no rights), else a person's or system's."""

    secret: str
    scopes: frozenset[str] = frozenset({ENGAGEMENT, USER_CONTENT})
    page: bool = True


_EXPIRED = "Error validating access token: Session has expired."
# mode → HTTP status, code, subcode, message
FAILURES: Mapping[str, tuple[int, int, int, str]] = {
    "expired": (400, 190, 463, _EXPIRED),
    "revoked": (400, 190, 460, "The session has been invalidated."),
    "app-removed": (400, 190, 458, "The user has not authorized application 1234."),
    "logged-out": (400, 190, 467, "The session is invalid because the user logged out."),
    "rights": (403, 10, 0, "(#10) This endpoint requires the permission."),
    "app-quota": (403, 4, 0, "(#4) Application request limit reached"),
    "quota": (400, 80_001, 2_446_079, "(#80001) There have been too many calls to this Page."),
    "throttled": (400, 613, 0, "(#613) Calls to this api have exceeded the rate limit."),
    "sunset": (400, 2635, 0, "(#2635) You are calling a deprecated version of the API."),
    "unseen": (400, 100, 33, "Unsupported get request. Object does not exist."),
    "merged": (400, 21, 0, "(#21) Page ID was migrated to another."),
    "busy": (503, 2, 0, "An unexpected error has occurred. Please retry your request later."),
    "broken": (500, 1, 0, "An unknown error occurred"),
}
# Modes that change an answer instead of replacing it.
CHANGING = frozenset({"cut-off", "loop", "no-comments", "nameless"})


class GraphServer:
    """The Graph of one page on a free port of 127.0.0.1, in a thread, from `start` to `stop`."""

    def __init__(
        self,
        page: GraphPage,
        tokens: Iterable[Token] = (),
        *,
        limit: int = 4800,
        size: int = _MOST,
        now: Callable[[], int] | None = None,
    ) -> None:
        """`limit`: calls before the quota is used up; `size`: most items on a page of a list;
        `now` (ms UTC) tells the time that answers bear, the system's by default."""
        self.page = page
        self.tokens = {token.secret: token for token in tokens}
        self.limit, self.size, self.minutes = limit, size, 27
        self.calls = 0
        self.asked: list[str] = []
        self.between: Callable[[int], None] = lambda _call: None
        self.url = ""
        self._mode, self._after = "", 0
        self._epoch = 0
        self._answers = 0
        self._signed: set[str] = set()
        self._now = now
        self._stop: Callable[[], None] = lambda: None

    # --- running and failing -----------------------------------------------------------------

    def start(self, port: int = 0) -> str:
        """Serve; the address, without a slash at the end."""
        app = Flask(__name__, static_folder=None)
        app.add_url_rule("/media/<variant>/<name>", view_func=self._media)
        app.add_url_rule("/", defaults={"path": ""}, view_func=self._answer)
        app.add_url_rule("/<path:path>", endpoint="graph", view_func=self._answer)
        clock = {"now": staticmethod(self._now) if self._now else None}
        handler = type("_Handler", (_Quiet,), clock)
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        self._stop = stop
        self.url = f"http://127.0.0.1:{server.port}"
        return self.url

    def stop(self) -> None:
        """Stop serving and give the port back; may be called twice."""
        self._stop()
        self._stop = lambda: None

    def fail(self, mode: str = "", *, after: int = 0) -> None:
        """From the call after the next `after` ones on, fail in this way; "" = work again."""
        if mode and mode not in FAILURES and mode not in CHANGING:
            raise ValueError(f"the Graph cannot fail as {mode!r}")
        self._mode, self._after = mode, self.calls + after

    def expire_cursors(self) -> None:
        """Every cursor given out so far is worthless."""
        self._epoch += 1

    def push(
        self,
        url: str,
        secret: str,
        changes: Sequence[Mapping[str, Any]],
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> int:
        """Send a signed webhook about changes of the page; the HTTP status of the answer."""
        body = self.message(changes)
        headers = {"Content-Type": "application/json"}
        headers[SIGNATURE_HEADER] = f"sha256={sign(body, secret)}"
        with httpx.Client(trust_env=False, transport=transport) as client:
            return client.post(url, content=body, headers=headers).status_code

    def message(self, changes: Sequence[Mapping[str, Any]]) -> bytes:
        """A webhook's body."""
        told = [{"field": "feed", "value": dict(value)} for value in changes]
        at = max((int(value["created_time"]) for value in changes), default=0)
        entry = {"id": self.page.id, "time": at, "changes": told}
        return _bytes({"object": "page", "entry": [entry]})

    # --- answering ---------------------------------------------------------------------------

    def _answer(self, path: str) -> Response:
        self.calls += 1
        self.asked.append(request.full_path)
        self.between(self.calls)
        try:
            answer, status = _bytes(self._route(path.split("/"))), 200
        except GraphError as error:
            answer, status = _bytes(error.body(f"A{self.calls:010d}")), error.status
        response = Response(answer, status, content_type="application/json; charset=UTF-8")
        self._count(response, waiting=self._failing in ("quota",) or self.calls > self.limit)
        if self._failing == "cut-off":
            response.set_data(answer[: len(answer) // 2])
            response.headers["Content-Length"] = str(len(answer))
        return response

    @property
    def _failing(self) -> str:
        return self._mode if self.calls > self._after else ""

    def _count(self, response: Response, *, waiting: bool) -> None:
        share = min(100, self.calls * 100 // self.limit)
        counters: dict[str, Any] = {"call_count": 100 if waiting else share}
        counters |= {"total_cputime": share // 4, "total_time": share // 2}
        business = {"type": "pages", **counters}
        business["estimated_time_to_regain_access"] = self.minutes if waiting else 0
        response.headers["X-Business-Use-Case-Usage"] = json.dumps({self.page.id: [business]})
        response.headers["X-App-Usage"] = json.dumps(dict.fromkeys(counters, 1))
        response.headers["X-Page-Usage"] = json.dumps(counters)
        response.headers["facebook-api-version"] = VERSION

    def _route(self, steps: Sequence[str]) -> Mapping[str, Any]:
        if steps[0] != VERSION:
            raise _failure("sunset")
        if self._failing in FAILURES:
            raise _failure(self._failing)
        if self.calls > self.limit:
            raise _failure("quota")
        token = self._token()
        if "ids" in request.args and len(steps) == 1:
            raise GraphError(400, 12, "(#12) ids is deprecated for versions v26.0 and higher")
        match steps[1:]:
            case ["me"]:
                return self._node(self.page.id, token)
            case ["me", "permissions"] if not token.page:
                granted = [{"permission": s, "status": "granted"} for s in sorted(token.scopes)]
                return {"data": granted}
            case ["me", "permissions"]:
                text = "(#100) Tried accessing nonexisting field (permissions) on node type (Page)"
                raise GraphError(400, 100, text)
            case [number]:
                return self._node(number, token)
            case [number, "published_posts"] if number == self.page.id:
                self._demand(token, ENGAGEMENT)
                return self._posts()
            case [number, "comments"]:
                self._demand(token, ENGAGEMENT)
                return self._comments(number, token)
        raise _failure("unseen")

    def _token(self) -> Token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = given or request.args.get("access_token", "")
        if not given:
            raise GraphError(400, 104, "An access token is required to request this resource.")
        if given not in self.tokens:
            raise GraphError(400, 190, "Invalid OAuth access token - Cannot parse access token")
        return self.tokens[given]

    @staticmethod
    def _demand(token: Token, scope: str) -> None:
        if scope not in token.scopes:
            raise GraphError(403, 10, f"(#10) This endpoint requires the '{scope}' permission")

    def _node(self, number: str, token: Token) -> Mapping[str, Any]:
        page = self.page
        if number == page.id:
            if page.merged_into:
                raise _failure("merged")
            row = {"id": page.id, "name": page.name, "is_published": page.published}
            return picked(row, nested(request.args.get("fields", "id,name")), "Page")
        self._demand(token, ENGAGEMENT)
        fields = nested(request.args.get("fields", "id,created_time,message"))
        post = page.posts.get(number.removeprefix(f"{page.id}_"))
        if post is not None and number.startswith(page.id):
            return picked(self._post_row(post), fields, "PagePost")
        comment = page.comments.get(number)
        if comment is None or not page.is_shown(comment) or self._failing == "no-comments":
            raise _failure("unseen")
        return picked(self._comment_row(comment, token), fields, "Comment")

    # --- lists -------------------------------------------------------------------------------

    def _posts(self) -> Mapping[str, Any]:
        since = int(request.args.get("since", "0"))
        rows = [p for p in self.page.shown_posts() if p.at.timestamp() >= since]
        keyed = [((-p.at.timestamp(), -int(p.id)), self._post_row(p)) for p in rows]
        return self._list(keyed, "PagePost")

    def _comments(self, number: str, token: Token) -> Mapping[str, Any]:
        post = self.page.posts.get(number.removeprefix(f"{self.page.id}_"))
        if post is None or not number.startswith(self.page.id):
            raise _failure("unseen")
        rows = list(self.page.shown_comments(post.id))
        if request.args.get("filter") != "stream":
            rows = [row for row in rows if not row.parent]
        if self._failing == "no-comments":
            rows = []
        keyed = [
            ((c.at.timestamp(), int(c.id.partition("_")[2])), self._comment_row(c, token))
            for c in rows
        ]
        return self._list(keyed, "Comment")

    def _list(
        self, rows: Sequence[tuple[tuple[float, float], Mapping[str, Any]]], node: str
    ) -> Mapping[str, Any]:
        """One page of a list that is in order of its keys."""
        limit = min(int(request.args.get("limit", "25")), self.size)
        after = request.args.get("after", "")
        place = self._place(after) if after and self._failing != "loop" else None
        rest = [row for row in rows if place is None or row[0] > place]
        shown, more = rest[:limit], len(rest) > limit or self._failing == "loop"
        fields = nested(request.args.get("fields", "id,created_time,message"))
        data = [picked(row, fields, node) for _key, row in shown]
        if not shown:
            return {"data": data}
        paging: dict[str, Any] = {
            "cursors": {"before": self._cursor(shown[0][0]), "after": self._cursor(shown[-1][0])}
        }
        if more:
            asked = {"access_token": self._token().secret, **request.args}
            asked |= {"limit": str(limit), "after": paging["cursors"]["after"]}
            paging["next"] = f"{request.base_url}?{urlencode(asked)}"
        return {"data": data, "paging": paging}

    def _cursor(self, key: tuple[float, float]) -> str:
        return base64.urlsafe_b64encode(f"{self._epoch}|{key[0]}|{key[1]}".encode()).decode()

    def _place(self, cursor: str) -> tuple[float, float]:
        try:
            epoch, at, number = base64.urlsafe_b64decode(cursor).decode().split("|")
        except ValueError:
            epoch, at, number = "", "0", "0"
        if epoch != str(self._epoch):
            raise GraphError(400, 100, "(#100) The specified cursor is no longer valid")
        return float(at), float(number)

    # --- rows --------------------------------------------------------------------------------

    def _post_row(self, post: PagePost) -> Mapping[str, Any]:
        page = self.page
        link = f"https://www.facebook.com/{page.id}/posts/{post.id}"
        row: dict[str, Any] = {"id": f"{page.id}_{post.id}", "created_time": _time(post.at)}
        row |= {"message": post.text, "from": {"name": page.name, "id": page.id}}
        row |= {"is_hidden": post.hidden, "permalink_url": link}
        shown = [self._picture(photo) for photo in post.photos]
        if len(shown) > 1:
            album = {"type": "album", "target": {"id": post.id, "url": link}, "url": link}
            shown = [{**album, "media": shown[0]["media"], "subattachments": {"data": shown}}]
        if post.link:
            shown.append(self._share(post.link))
        return row | ({"attachments": {"data": shown}} if shown else {})

    def _comment_row(self, comment: PageComment, token: Token) -> Mapping[str, Any]:
        page = self.page
        post = f"{page.id}_{comment.post}"
        own = comment.id.partition("_")[2]
        upon = comment.parent.partition("_")[2]
        marks = f"comment_id={upon}&reply_comment_id={own}" if upon else f"comment_id={own}"
        row: dict[str, Any] = {"id": comment.id, "created_time": _time(comment.at)}
        row |= {"message": comment.text, "object": {"id": post}}
        row |= {"is_hidden": comment.hidden, "is_private": comment.private}
        row["permalink_url"] = f"https://www.facebook.com/{page.id}/posts/{comment.post}?{marks}"
        if comment.parent:
            row["parent"] = {"id": comment.parent}
        if USER_CONTENT in token.scopes and self._failing != "nameless":
            row["from"] = {"name": page.name_of(comment.author), "id": comment.author}
        return row | ({"attachment": self._picture(comment.photo)} if comment.photo else {})

    def _picture(self, photo: Photo) -> dict[str, Any]:
        self._answers += 1
        signature = f"{self._answers:032x}"
        self._signed.add(signature)
        name = f"{photo.id}_{photo.id}_n.png"
        src = f"{self.url}/media/p{self._answers}x{self._answers}/{name}?oh={signature}&oe=6A000000"
        link = f"https://www.facebook.com/photo.php?fbid={photo.id}"
        return {
            "type": "photo",
            "media": {"image": {"height": 90, "src": src, "width": 160}},
            "target": {"id": photo.id, "url": link},
            "url": link,
        }

    def _share(self, link: str) -> dict[str, Any]:
        self._answers += 1
        clicked = f"{link}{'&' if '?' in link else '?'}fbclid=IwAR{self._answers:08d}"
        wrapped = f"https://l.facebook.com/l.php?u={quote(clicked, safe='')}&h=AT{self._answers}"
        return {"type": "share", "url": wrapped, "unshimmed_url": clicked, "title": "Länk"}

    def _media(self, variant: str, name: str) -> Response:
        del variant
        photo = self.page.photo(name.partition("_")[0])
        if photo is None or request.args.get("oh") not in self._signed:
            return Response("URL signature mismatch", 403, content_type="text/plain")
        return Response(photo.data, content_type=photo.mime)


class _Quiet(WSGIRequestHandler):
    now: Callable[[], int] | None = None

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of the `Date` header, by the server's own clock."""
        if timestamp is None and self.now is not None:
            timestamp = self.now() / 1000
        return super().date_time_string(timestamp)

    def log(self, type: str, message: str, *args: Any) -> None:
        """The demo's display is no place for access logs."""


def _failure(mode: str) -> GraphError:
    status, code, subcode, text = FAILURES[mode]
    return GraphError(status, code, text, subcode)


def _time(at: Any) -> str:
    return str(at.strftime("%Y-%m-%dT%H:%M:%S%z"))


def _bytes(value: object) -> bytes:
    """JSON as Meta writes it: slashes and everything beyond ASCII escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()

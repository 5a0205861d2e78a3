"""Serves DemoSites over HTTP as WordPress 6.1 does: REST wp/v2, RSS and Atom, pages, uploads.

Diarkiv harvests the demo over real HTTP with the connectors it uses for real sites, so answers
follow the REST API Handbook (https://developer.wordpress.org/rest-api/) and the controllers'
behaviour, the parts that surprise included: `status=all` leaves out spam and trash; hold, spam and
trash are the same 401 to an anonymous reader; a page beyond the end is a 400 for posts and an empty
list for comments; totals count what the reader may not see; a feed's ETag is only a digest of its
Last-Modified, so an edited comment does not change it.

Reading only: any method but GET is `rest_no_route`. Ignored, though WordPress knows them: search,
offset, author, sticky and taxonomy filters, `_embed`, `context=embed` (read as view).
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from types import TracebackType
from typing import Any, Self

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from archiver.demo.feeds import NEVER, atom, feed_answer, html_page, rss, rss_comment, rss_post
from archiver.demo.query import (
    NOT_ALLOWED,
    RestError,
    asked_comments,
    asked_posts,
    asked_revisions,
    choice,
    readable,
)
from archiver.demo.rest import collection, home, json_answer, picked
from archiver.demo.site import DemoSite, Outage, Post, User
from archiver.demo.view import API, Row, View, comment_html

_NOT_LOGGED_IN = "You are not currently logged in."

_LOGIN_FAILED = "The provided password is an invalid application password."

_OUTAGES: Mapping[Outage, tuple[int, str, Mapping[str, str]]] = {
    "500": (500, "There has been a critical error on this website.", {}),
    "503-retry-after": (
        503,
        "Briefly unavailable for scheduled maintenance. Check back in a minute.",
        {"Retry-After": "600"},
    ),
    "429": (429, "Too Many Requests", {"Retry-After": "30"}),
    "html-instead-of-json": (200, "One moment, please...", {}),
    "401": (401, "Unauthorized", {"WWW-Authenticate": 'Basic realm="Restricted"'}),
}


class _Routes:
    """The addresses of one site."""

    def __init__(self, site: DemoSite) -> None:
        self.site = site
        self.app = Flask(__name__, static_folder=None)
        self.app.url_map.strict_slashes = False
        answers: Mapping[str, Callable[..., Response]] = {
            "/wp-json/": self.root,
            f"{API}/<any(posts, comments, media):kind>": self.several,
            f"{API}/<any(posts, comments, media):kind>/<int:row_id>": self.one,
            f"{API}/posts/<int:parent>/revisions": self.revisions,
            f"{API}/posts/<int:parent>/revisions/<int:row_id>": self.revisions,
            f"{API}/users/me": self.me,
            f"{API}/users/<int:user_id>": self.user,
            "/feed/": self.feed,
            "/feed/rss2/": self.feed,
            "/feed/atom/": self.atom,
            "/comments/feed/": self.comments_feed,
            "/<int:year>/<int:month>/<slug>/feed/": self.comments_feed,
            "/<int:year>/<int:month>/<slug>/": self.page,
            "/wp-content/uploads/<path:path>": self.upload,
            "/": self.front,
        }
        for rule, answer in answers.items():
            self.app.add_url_rule(rule, endpoint=rule, view_func=answer)
        self.app.before_request(self.fail)
        self.app.after_request(self.cut_off)
        self.app.register_error_handler(RestError, lambda e: json_answer(e.body, None, e.status))
        self.app.register_error_handler(HTTPException, self.no_route)

    def view(self) -> View:
        """Check credentials (a wrong password fails even what is public) and context."""
        user, login = None, request.authorization
        if login is not None and login.type == "basic":
            user = self.site.users.get(login.username or "")
            given, due = (
                re.sub(r"[^A-Za-z0-9]", "", p or "")
                for p in (login.password, user and user.application_password)
            )
            if user is None:
                text = "Unknown username. Check again or try your email address."
                raise RestError("invalid_username", f"<strong>Error:</strong> {text}")
            if not due or given != due:
                raise RestError("incorrect_password", _LOGIN_FAILED)
        edit = choice("context", "view", "edit", "embed") == "edit"
        return View(self.site, home(), user, edit)

    # REST

    def root(self) -> Response:
        """`/wp-json/`: the index a client discovers the site by."""
        view = self.view()
        index = {"name": self.site.name, "description": self.site.description}
        index |= {"url": view.home, "home": view.home, "gmt_offset": "1"}
        index["timezone_string"] = str(self.site.timezone)
        login = {"authorization": f"{view.home}/wp-admin/authorize-application.php"}
        routes = (f"/wp/v2/{kind}" for kind in ("posts", "comments", "media", "users/me"))
        return json_answer(
            {
                **index,
                "namespaces": ["wp/v2"],
                "authentication": {"application-passwords": {"endpoints": login}},
                "routes": {r: {"namespace": "wp/v2", "methods": ["GET"]} for r in routes},
            },
            view,
        )

    def several(self, kind: str) -> Response:
        """A collection of posts, comments or media."""
        view = self.view()
        if view.edit and view.user is None:
            what = "edit comments." if kind == "comments" else "edit posts in this post type."
            raise RestError("rest_forbidden_context", NOT_ALLOWED + what)
        if kind == "posts":
            return collection(view, kind, kind, asked_posts(view))
        if kind == "comments":
            return collection(view, kind, kind, asked_comments(view))
        return collection(view, kind, kind, self.site.media())

    def one(self, kind: str, row_id: int) -> Response:
        """A single post, comment or media item, or the reason why not."""
        view = self.view()
        what = "comment" if kind == "comments" else "post"
        rows: Mapping[str, Iterable[Row]] = {
            "posts": self.site.posts(),
            "comments": self.site.comments(),
            "media": self.site.media(),
        }
        row = next((row for row in rows[kind] if row.id == row_id), None)
        if row is None:
            raise RestError(f"rest_{what}_invalid_id", f"Invalid {what} ID.", 404)
        if view.edit and view.user is None:
            text = "edit comments." if kind == "comments" else "edit this post."
            raise RestError("rest_forbidden_context", NOT_ALLOWED + text)
        if not readable(view, row):
            if kind == "comments":
                raise RestError("rest_cannot_read", NOT_ALLOWED + "read this comment.")
            raise RestError("rest_forbidden", NOT_ALLOWED + "do that.")
        shape = view.shape(row)
        response = json_answer(picked(shape), view)
        if kind != "comments":
            response.headers["Link"] = f'<{shape["link"]}>; rel="alternate"; type=text/html'
        return response

    def revisions(self, parent: int, row_id: int | None = None) -> Response:
        """The revisions of a post, or one of them; for those who may edit only."""
        view = self.view()
        rows = asked_revisions(view, parent)
        if row_id is None:
            return collection(view, "revisions", f"posts/{parent}/revisions", rows)
        row = next((row for row in rows if row.id == row_id), None)
        if row is None:
            raise RestError("rest_post_invalid_id", "Invalid revision ID.", 404)
        return json_answer(picked(view.shape(row)), view)

    def me(self) -> Response:
        """The account the application password belongs to: the control that a login works."""
        view = self.view()
        if view.user is None:
            raise RestError("rest_not_logged_in", _NOT_LOGGED_IN)
        return self._user(view, view.user)

    def user(self, user_id: int) -> Response:
        """An account; anonymous readers see only those who have published something."""
        view = self.view()
        user = next((u for u in self.site.users.values() if u.id == user_id), None)
        if user is None:
            raise RestError("rest_user_invalid_id", "Invalid user ID.", 404)
        if view.user is None and all(post.author != user_id for post in self.site.posts()):
            raise RestError("rest_user_cannot_view", NOT_ALLOWED + "list users.")
        return self._user(view, user)

    def _user(self, view: View, user: User) -> Response:
        data = {"id": user.id, "name": user.name, "url": "", "description": ""}
        data |= {"link": f"{view.home}/author/{user.login}/", "slug": user.login}
        if view.edit:
            data |= {"username": user.login, "roles": ["editor"]}
            data["capabilities"] = {"edit_posts": True, "moderate_comments": True}
        return json_answer({**data, "meta": [], "_links": view.links("users", user.id)}, view)

    # Feeds, pages, files; none of them looks at an application password

    def feed(self) -> Response:
        """RSS 2.0 of the latest posts."""
        view, posts, updated = self._latest()
        items = [rss_post(view, post) for post in posts]
        return feed_answer(rss(view, self.site.name, "/feed/", updated, items), "rss", updated)

    def atom(self) -> Response:
        """Atom 1.0 of the latest posts."""
        view, posts, updated = self._latest()
        return feed_answer(atom(view, updated, posts), "atom", updated)

    def _latest(self) -> tuple[View, list[Post], datetime]:
        view = View(self.site, home(), None, edit=False)
        posts = [post for post in self.site.posts() if post.status == "publish"]
        updated = max((post.modified for post in posts), default=NEVER)
        latest = sorted(posts, key=lambda post: (post.at, post.id), reverse=True)
        return view, latest[: self.site.feed_size], updated

    def comments_feed(self, slug: str = "", **_date: int) -> Response:
        """RSS 2.0 of the latest approved comments, on the site or on one post."""
        view = View(self.site, home(), None, edit=False)
        shown = [comment for comment in self.site.comments() if comment.status == "approved"]
        updated = max((comment.at for comment in shown), default=NEVER)
        post = self._published(slug) if slug else None
        about = [c for c in shown if post is None or c.post == post.id]
        latest = sorted(about, key=lambda c: (c.at, c.id), reverse=True)[: self.site.feed_size]
        title = f"Kommentarer till {post.title if post else self.site.name}"
        items = [rss_comment(view, comment) for comment in latest]
        path = request.path.rstrip("/") + "/"
        return feed_answer(rss(view, title, path, updated, items), "rss", updated)

    def page(self, slug: str, **_date: int) -> Response:
        """The page of a post with its approved comments; 404 when trashed or deleted."""
        post, view = self._published(slug), View(self.site, home(), None, edit=False)
        body = f"<article><h1>{escape(post.title)}</h1>{view.html(post)}</article>"
        for comment in self.site.comments():
            if comment.post == post.id and comment.status == "approved":
                text = f"<b>{escape(comment.name)}</b>{comment_html(comment.text)}"
                body += f'<div id="comment-{comment.id}">{text}</div>'
        return html_page(view, f"{post.title} – {self.site.name}", body)

    def front(self) -> Response:
        """The front page; `/?p=<id>` redirects to the post's own address."""
        view = View(self.site, home(), None, edit=False)
        posts = [post for post in self.site.posts() if post.status == "publish"]
        if "p" in request.args:
            post = next((p for p in posts if str(p.id) == request.args["p"]), None)
            if post is None:
                raise NotFound
            return Response(status=301, headers={"Location": view.link(post)})
        listed = (f'<li><a href="{view.link(p)}">{escape(p.title)}</a></li>' for p in posts[::-1])
        body = f"<h1>{escape(self.site.name)}</h1><ul>{''.join(listed)}</ul>"
        return html_page(view, self.site.name, body)

    def upload(self, path: str) -> Response:
        """A file of the media library, conditional as any web server's static files."""
        media = next((m for m in self.site.media() if m.path == path), None)
        if media is None:
            raise NotFound
        response = Response(media.data, content_type=media.mime)
        response.last_modified = media.at
        response.add_etag()
        response.make_conditional(request)
        return response

    def _published(self, slug: str) -> Post:
        for post in self.site.posts():
            if post.slug == slug and post.status == "publish":
                return post
        raise NotFound

    # What goes wrong

    def no_route(self, error: HTTPException) -> Response:
        """Unknown addresses and methods: JSON below /wp-json, a page elsewhere."""
        if request.path.startswith("/wp-json"):
            text = "No route was found matching the URL and request method."
            return json_answer(RestError("rest_no_route", text, 404).body, None, 404)
        view = View(self.site, home(), None, edit=False)
        return html_page(view, "Sidan hittades inte", "<h1>404</h1>", error.code or 500)

    def fail(self) -> Response | None:
        """Answer as the outage in force demands; a cut-off body is cut when it is ready."""
        mode = self.site.take_request()
        g.cut_off = mode == "cut-off-body"
        if mode is None or g.cut_off:
            return None
        status, text, headers = _OUTAGES[mode]
        if request.path.startswith("/wp-json") and mode in ("500", "401"):
            code = "internal_server_error"
            if mode == "401" and "Authorization" in request.headers:
                code, text = "incorrect_password", _LOGIN_FAILED
            elif mode == "401":
                code, text = "rest_not_logged_in", _NOT_LOGGED_IN
            return json_answer(RestError(code, text, status).body, None, status)
        body = f"<!DOCTYPE html><html><title>{text}</title><h1>{text}</h1></html>"
        return Response(body, status, headers, content_type="text/html; charset=UTF-8")

    def cut_off(self, response: Response) -> Response:
        """Announce the whole length and send half, as a connection that breaks does."""
        if g.cut_off:
            whole = response.get_data()
            response.set_data(whole[: len(whole) // 2])
            response.headers["Content-Length"] = str(len(whole))
        return response


def create_app(site: DemoSite) -> Flask:
    """Return the WSGI application that serves one site at the root of its address."""
    return _Routes(site).app


class _QuietHandler(WSGIRequestHandler):
    server_version = "Testkoping"
    sys_version = ""

    now: Callable[[], int] | None = None

    def version_string(self) -> str:
        return self.server_version

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of the `Date` header, by the server's own clock."""
        if timestamp is None and self.now is not None:
            timestamp = self.now() / 1000
        return super().date_time_string(timestamp)

    def log(self, type: str, message: str, *args: Any) -> None:
        """The demo's display is no place for access logs."""


class DemoServer:
    """Serves sites on a free port of 127.0.0.1, in a thread, until stopped.

    Several sites lie below their keys (`http://127.0.0.1:<port>/nyheter/`), as in a WordPress
    network; a single DemoSite lies at the root.
    """

    def __init__(
        self,
        sites: DemoSite | Mapping[str, DemoSite],
        *,
        port: int = 0,
        now: Callable[[], int] | None = None,
    ) -> None:
        """Start serving; `port` 0 takes a free one. `now` (ms UTC) tells the time that answers
        bear, the system's by default."""
        if isinstance(sites, DemoSite):
            application: Any = create_app(sites)
        else:
            below: dict[str, Any] = {f"/{key}": create_app(site) for key, site in sites.items()}
            application = DispatcherMiddleware(NotFound(), below)
        handler = type("_Handler", (_QuietHandler,), {"now": staticmethod(now) if now else None})
        self._server = make_server(
            "127.0.0.1", port, application, threaded=True, request_handler=handler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="demo-server", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return "127.0.0.1", self._server.port

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.port}"

    def site_url(self, key: str) -> str:
        """The address of one site among several, without a slash at the end."""
        return f"{self.url}/{key}"

    def stop(self) -> None:
        """Stop serving and give the port back; may be called twice."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

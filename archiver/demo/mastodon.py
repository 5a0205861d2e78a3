"""Serves an `Instance` over HTTP as Mastodon 4 does: the parts of `/api/v1` that show things.

Diarkiv harvests it over real HTTP with the connector it uses for real instances, so answers follow
the documentation, the controllers of Mastodon 4.x and recorded traffic, the parts that surprise
included: a token nobody knows is no error where a login is not needed; a suspended account's list
is empty, with status 200; a thread has no pages and, without a login, no more than 60 answers; what
a reader may not see is a 404; the limit's reset is an instant of ISO 8601.

Reading only. `Fault` makes it fail as real instances do, and `after_answer` lets a test change the
instance between two answers.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from archiver.demo.mastodon_instance import Instance, Status, Token
from archiver.demo.mastodon_json import Writer, error, stamp

Mode = Literal[
    "429", "500", "502", "503", "maintenance", "cut-off", "slow", "link-loop", "repeats", "sunset"
]
API = "/api/v1"
MOST_ON_A_PAGE = 40
_PERIOD = timedelta(minutes=5)
_PAGE = "<!DOCTYPE html><html><title>{0}</title><h1>{0}</h1></html>"
_NOT_FOUND = error("Record not found")
_ENDED = {"revoked": "The access token was revoked", "expired": "The access token expired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How requests fail whose path holds `path`, once `after` of them have been answered."""

    mode: Mode
    path: str = API
    after: int = 0
    seconds: float = 0


class _Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, dict(headers or {})


class MastodonServer:
    """Serves one instance on 127.0.0.1, in a thread; a context manager that stops it.

    `now` is the instance's clock, `limit` how many requests it answers in five minutes.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        limit: int = 300,
    ) -> None:
        self.instance = instance
        self.limit = limit
        self.fault: Fault | None = None
        self.after_answer: Callable[[str], None] = lambda _path: None
        self.requests: list[str] = []
        self._now = now
        self._window: tuple[datetime, int] = (datetime.min.replace(tzinfo=UTC), 0)
        self._hits = 0
        self._lock = threading.Lock()
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self.app = self._make_app()

    # Serving

    def start(self, port: int = 0) -> str:
        """Begin to serve (0: on any free port) and return the address, without a final slash."""
        handler = type("_Handler", (_Quiet,), {"now": staticmethod(self._now)})
        self._server = make_server(
            "127.0.0.1", port, self.app, threaded=True, request_handler=handler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="demo-mastodon", daemon=True
        )
        self._thread.start()
        return self.url

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://{self.address}"

    @property
    def address(self) -> str:
        """`127.0.0.1:<port>`, as a channel allows it."""
        return f"127.0.0.1:{self._server.port}"

    def profile(self, username: str) -> str:
        """The address of an account's page."""
        return f"{self.url}/@{username}"

    def stop(self) -> None:
        """Stop and give the port back; may be called twice."""
        if self._thread is not None and self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # Answers

    def _make_app(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        answers: Mapping[str, Callable[..., Response]] = {
            f"{API}/accounts/lookup": self._lookup,
            f"{API}/accounts/verify_credentials": self._credentials,
            f"{API}/apps/verify_credentials": self._application,
            f"{API}/accounts/relationships": self._relationships,
            f"{API}/accounts/<int:account_id>": self._account,
            f"{API}/accounts/<int:account_id>/statuses": self._statuses,
            f"{API}/statuses/<int:status_id>": self._status,
            f"{API}/statuses/<int:status_id>/context": self._context,
            f"{API}/statuses/<int:status_id>/history": self._history,
            "/system/<path:place>": self._file,
        }
        for rule, view in answers.items():
            app.add_url_rule(rule, endpoint=rule, view_func=view)
        app.before_request(self._before)
        app.after_request(self._after)
        app.register_error_handler(_Refused, _refused)
        app.register_error_handler(HTTPException, _unknown)
        return app

    def _lookup(self) -> Response:
        self._login("read:accounts")
        account = self.instance.find(request.args.get("acct", ""))
        return _json(self._writer().account(account)) if account else _json(_NOT_FOUND, 404)

    def _credentials(self) -> Response:
        token = self._login("read:accounts", needed=True)
        if token is None or not token.account:
            raise _Refused(422, "This method requires an authenticated user")
        account = self.instance.accounts[token.account]
        if account.suspended:
            raise _Refused(403, "Your login is currently disabled")
        return _json(self._writer().credentials(account))

    def _application(self) -> Response:
        token = self._login("", needed=True)
        scopes = sorted(token.scopes) if token else []
        return _json({"name": "Diarkiv", "website": None, "scopes": scopes})

    def _relationships(self) -> Response:
        token = self._login("read:follows", needed=True)
        me = token.account if token else 0
        asked = (int(text) for text in request.args.getlist("id[]") if text.isdecimal())
        found = [self.instance.accounts[i] for i in asked if i in self.instance.accounts]
        return _json([{"id": str(a.id), "blocked_by": me in a.blocks} for a in found])

    def _account(self, account_id: int) -> Response:
        self._login("read:accounts")
        account = self.instance.accounts.get(account_id)
        return _json(self._writer().account(account)) if account else _json(_NOT_FOUND, 404)

    def _statuses(self, account_id: int) -> Response:
        token = self._login("read:statuses")
        if account_id not in self.instance.accounts:
            return _json(_NOT_FOUND, 404)
        most = min(int(request.args.get("limit", "20")), MOST_ON_A_PAGE)
        before = int(request.args.get("max_id", "0"))
        listed = self.instance.timeline(account_id, token.account if token else 0)
        looping = g.mode == "repeats"
        page = [s for s in listed if looping or not before or s.id < before][:most]
        answer = _json([self._writer().status(status) for status in page])
        links = []
        if len(page) == most or looping:
            last = listed[0].id + 1 if g.mode == "link-loop" else page[-1].id
            links.append(f'<{request.base_url}?limit={most}&max_id={last}>; rel="next"')
        if page:
            links.append(f'<{request.base_url}?limit={most}&since_id={page[0].id}>; rel="prev"')
        answer.headers["Link"] = ", ".join(links)
        return answer

    def _status(self, status_id: int) -> Response:
        return _json(self._writer().status(self._find(status_id)))

    def _context(self, status_id: int) -> Response:
        status, writer = self._find(status_id), self._writer()
        shown, above = list[Status](), self.instance.statuses.get(status.answers)
        while above is not None:
            shown.append(above)
            above = self.instance.statuses.get(above.answers)
        visible = (s for s in reversed(shown) if self.instance.may_see(s, writer.reader))
        below = self.instance.answers(status_id, writer.reader)
        return _json(
            {
                "ancestors": [writer.status(s) for s in visible],
                "descendants": [writer.status(s) for s in below],
            }
        )

    def _history(self, status_id: int) -> Response:
        status, writer = self._find(status_id), self._writer()
        return _json([writer.edit(status, state) for state in status.states])

    def _file(self, place: str) -> Response:
        number = re.search(r"/files/(\d+)/", f"/{place}")
        file = self.instance.media.get(int(number[1])) if number else None
        if file is None:
            return _page("404", 404)
        return Response(file.data, content_type=file.mime)

    def _find(self, status_id: int) -> Status:
        """What the reader may see; a status that is not for them is not there."""
        token = self._login("read:statuses")
        status = self.instance.statuses.get(status_id)
        if status is None or not self.instance.may_see(status, token.account if token else 0):
            raise _Refused(404, "Record not found")
        return status

    # Who asks

    def _login(self, scope: str, *, needed: bool = False) -> Token | None:
        """The token of the request. One that nobody knows is none; where a login is needed, or the
        token has ended, the request is refused."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = self.instance.tokens.get(secret) if kind == "Bearer" else None
        if token is not None and token.state != "good":
            raise _unauthorized(
                f"The access token {'was revoked' if token.state == 'revoked' else 'expired'}"
            )
        if token is None and needed:
            raise _unauthorized("The access token is invalid")
        if token is None and self.instance.login_required:
            raise _Refused(401, "This method requires an authenticated user")
        enough = {scope, scope.partition(":")[0]}
        if token is not None and scope and not token.scopes & enough:
            raise _Refused(403, "This action is outside the authorized scopes")
        g.reader = token.account if token else 0
        return token

    def _writer(self) -> Writer:
        return Writer(self.instance, request.host_url.rstrip("/"), g.get("reader", 0))

    # What goes wrong

    def _before(self) -> Response | None:
        with self._lock:
            self.requests.append(request.full_path.rstrip("?"))
            fault, g.mode = self.fault, None
            if fault is not None and fault.path in request.path:
                self._hits += 1
                if self._hits > fault.after:
                    g.mode = fault.mode
            if not request.path.startswith(API):
                return None
            start = _window(self._now())
            self._window = (start, self._window[1] + 1 if self._window[0] == start else 1)
            if self._window[1] > self.limit:
                g.mode = "429"
        match g.mode:
            case "429":
                return _json(error("Too many requests"), 429)
            case "500" | "502" | "503":
                return _page("We're sorry, but something went wrong", int(g.mode))
            case "maintenance":
                return _page("Underhåll pågår", 200)
            case "sunset":
                return _json(error("This version of the API is no longer available"), 410)
            case "slow":
                time.sleep(fault.seconds if fault else 0)
        return None

    def _after(self, response: Response) -> Response:
        if request.path.startswith(API):
            start, count = self._window
            left = 0 if g.get("mode") == "429" else max(0, self.limit - count)
            response.headers["X-RateLimit-Limit"] = str(self.limit)
            response.headers["X-RateLimit-Remaining"] = str(left)
            response.headers["X-RateLimit-Reset"] = stamp(start + _PERIOD)
        if g.get("mode") == "cut-off":
            whole = response.get_data()
            response.set_data(whole[: len(whole) // 2])
            response.headers["Content-Length"] = str(len(whole))
        self.after_answer(request.path)
        return response


class _Quiet(WSGIRequestHandler):
    server_version = "Mastodon"
    sys_version = ""

    now: Callable[[], datetime]

    def version_string(self) -> str:
        return self.server_version

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of the `Date` header, by the instance's own clock."""
        return super().date_time_string(timestamp or self.now().timestamp())

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: tests and the demo's display are no place for access logs."""


def _window(now: datetime) -> datetime:
    """When the five minutes began that an instant lies in."""
    return now - (now - datetime(1970, 1, 1, tzinfo=UTC)) % _PERIOD


def _unauthorized(text: str) -> _Refused:
    challenge = f'Bearer realm="Doorkeeper", error="invalid_token", error_description="{text}"'
    return _Refused(401, text, {"WWW-Authenticate": challenge})


def _refused(refused: _Refused) -> Response:
    answer = _json(error(refused.text), refused.status)
    answer.headers.update(refused.headers)
    return answer


def _unknown(problem: HTTPException) -> Response:
    """What is no part of the API here."""
    if request.path.startswith("/api/"):
        return _json(error("Not Found"), 404)
    return _page("404", problem.code or 500)


def _json(value: object, status: int = 200) -> Response:
    kind = "application/json; charset=utf-8"
    return Response(orjson.dumps(value), status, content_type=kind)


def _page(text: str, status: int) -> Response:
    return Response(_PAGE.format(text), status, content_type="text/html; charset=utf-8")

"""Who may talk to the web shell: this machine's own browser, once it has shown the one-time token.

Until sign-in exists (architecture: loopback only), four checks stand before every page:
 1 Host     the name asked for is a loopback name with our port: a foreign name that was made to
            point at 127.0.0.1 (DNS rebinding) is refused
 2 Origin   what changes something, or sends something in, must come from our own pages. Our pages
            send no referrer, so browsers write `Origin: null`; then Sec-Fetch-Site must say
            same-origin, a header no page can forge
 3 token    `/?token=…` is exchanged once for a session; compared in constant time
 4 session  every later request needs the session's cookie (HttpOnly, SameSite=Strict)
Sessions live in memory and end with the process. Only digests of tokens are kept.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
from hashlib import sha256

from flask import Flask, Request, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.ports import Random
from archiver.errors import AccessRefused, ConfigError
from archiver.web.services import Shell

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_ENDPOINTS = frozenset({"static", "bootstrap.static", "language.choose"})
_STATIC = frozenset({"static", "bootstrap.static"})
_SESSION_BYTES = 32

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}


class TokenNeeded(AccessRefused):
    """No session: the address printed at start has not been opened in this browser."""

    code = "token-needed"


class TokenSpent(AccessRefused):
    """The one-time address has been used, or belongs to an earlier start."""

    code = "token-spent"


class ForeignRequest(AccessRefused):
    """The request comes from, or was meant for, another site."""

    code = "foreign-request"


def check_bind(host: str) -> None:
    """`ConfigError` unless `host` is a loopback address: without sign-in nothing else is safe."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"The web pages cannot be served on {host}: there is no sign-in yet.",
            remedy="Use 127.0.0.1, ::1 or localhost, and reach it through SSH from elsewhere.",
        )


def new_token(random: Random) -> str:
    """A one-time token: 256 bits as 64 hexadecimal digits."""
    return random(_SESSION_BYTES).hex()


class Gate:
    """The one-time token and the sessions it opened."""

    def __init__(self, token: str, random: Random) -> None:
        if len(token) < 32:
            raise ConfigError("The one-time token must have at least 32 characters.")
        self._token: bytes | None = _digest(token)
        self._random = random
        self._sessions: set[bytes] = set()
        self._lock = threading.Lock()

    def exchange(self, token: str) -> str | None:
        """A new session's id for the token, the first time; None for any other token, and for
        this one ever after."""
        with self._lock:
            if self._token is None or not hmac.compare_digest(self._token, _digest(token)):
                return None
            self._token = None
            session = self._random(_SESSION_BYTES).hex()
            self._sessions.add(_digest(session))
            return session

    def knows(self, session: str) -> bool:
        """Whether the session was opened here. Looked up by digest: its timing tells nothing."""
        return _digest(session) in self._sessions


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()


def cookie_name(port: int) -> str:
    """Cookies are shared between ports, so the port is in the name."""
    return f"diarkiv-{port}"


def guard(app: Flask, shell: Shell) -> None:
    """Put the checks before, and the headers after, every request of the app."""
    port = shell.settings.port
    hosts = {name + (f":{port}" if port != 80 else "") for name in _names(shell.settings.host)}

    @app.before_request
    def check() -> BaseResponse | None:
        if request.host not in hosts:
            raise ForeignRequest("The request was made for another host name.")
        if request.method not in SAFE_METHODS and not _from_ourselves(request, hosts):
            raise ForeignRequest("The request was sent from a page of another site.")
        if request.path == "/" and "token" in request.args and request.method == "GET":
            return _open_session(shell)
        if shell.gate.knows(request.cookies.get(cookie_name(port), "")):
            g.viewer = shell.settings.viewer
        elif request.endpoint not in OPEN_ENDPOINTS:
            raise TokenNeeded("This browser has not opened the address printed at start.")
        return None

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        static = request.endpoint in _STATIC and response.status_code < 400
        response.headers["Cache-Control"] = "no-cache" if static else "no-store"
        return response


def _names(host: str) -> set[str]:
    return {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host}


def _from_ourselves(asked: Request, hosts: set[str]) -> bool:
    """Duty 2: the Origin is ours; or it is withheld and the browser vouches for it."""
    origin = asked.headers.get("Origin", "null")
    if origin == "null":
        return asked.headers.get("Sec-Fetch-Site") == "same-origin"
    return origin in {f"http://{host}" for host in hosts}


def _open_session(shell: Shell) -> BaseResponse:
    """Duty 3. The answer is a redirect, so that the token does not stay in the address bar."""
    session = shell.gate.exchange(request.args["token"])
    if session is None:
        known = shell.gate.knows(request.cookies.get(cookie_name(shell.settings.port), ""))
        if known:  # the same browser opened the printed address again
            return redirect(url_for("channels.overview"), 303)
        raise TokenSpent("The one-time address has been used, or is from an earlier start.")
    answer = redirect(url_for("channels.overview"), 303)
    answer.set_cookie(
        cookie_name(shell.settings.port), session, httponly=True, samesite="Strict", path="/"
    )
    return answer

"""Who may talk to the web shell, and as whom. What stands before every page:

 1 Host     the name asked for is ours: a loopback name with our port, or behind a proxy the public
            name over https. A foreign name that was made to point here (DNS rebinding) is refused
 2 Origin   what changes something, or sends something in, must come from our own pages. Our pages
            send no referrer, so browsers write `Origin: null`; then Sec-Fetch-Site must say
            same-origin, a header no page can forge
 3 token    until this home has users, `/?token=…` is exchanged once for a session of whoever is at
            this machine; compared in constant time. With the first user it opens nothing any more
 4 session  every later request needs the session's cookie (HttpOnly, SameSite=Strict)
 5 need     what the page declares (`needs`) must be granted

Sessions of the one-time address live in memory and end with the process. Only digests are kept.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.ports import Random
from archiver.errors import AccessRefused, ConfigError
from archiver.people.service import User
from archiver.web import needs
from archiver.web.services import Shell, WebSettings, viewer

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
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
_HTTPS_ONLY = "max-age=31536000"


class TokenNeeded(AccessRefused):
    """No session: the address printed at start has not been opened in this browser."""

    code = "token-needed"


class TokenSpent(AccessRefused):
    """The one-time address has been used, or belongs to an earlier start."""

    code = "token-spent"


class ForeignRequest(AccessRefused):
    """The request comes from, or was meant for, another site."""

    code = "foreign-request"


class SignInNeeded(AccessRefused):
    """Nobody is signed in in this browser, or not any more."""

    code = "sign-in-needed"


class NoRole(AccessRefused):
    """Somebody is signed in who has no role."""

    code = "no-role"


def check_bind(host: str, *, users: bool = False, origin: str = "", proxy: str = "") -> None:
    """`ConfigError` if pages must not be served so, saying all that is missing. Loopback alone
    needs nothing; whoever can be reached from elsewhere needs users (`users`: there are some), a
    public https `origin`, and the address of the `proxy` that speaks https for it."""
    if _is_loopback(host) and not origin and not proxy:
        return
    missing = []
    if not users:
        missing.append("a user: `diarkiv user add`")
    if not origin:
        missing.append("the setting web_origin, the public address as https://NAME")
    elif not _is_public(origin):
        missing.append("a web_origin that is https://NAME and nothing after it")
    if not proxy:
        missing.append("the setting trusted_proxy, the IP address of the proxy that speaks https")
    elif not _is_address(proxy):
        missing.append("a trusted_proxy that is one IP address")
    if not _is_loopback(host) and not _is_address(host.strip("[]")):
        missing.append("a web_host that is an IP address of this machine")
    if missing:
        raise ConfigError(
            f"The web pages cannot be served on {host or 'that address'} yet. Missing: "
            + "; ".join(missing) + ".",
            remedy="Or use 127.0.0.1, ::1 or localhost, without web_origin and trusted_proxy, and "
            "reach it through SSH from elsewhere.",
        )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_public(origin: str) -> bool:
    parts = urlsplit(origin)
    return origin == f"https://{parts.netloc}" and bool(parts.hostname) and "@" not in origin


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


def cookie_for(settings: WebSettings, what: str) -> str:
    """The name of a cookie. Over https it can be set by this very host alone (`__Host-`)."""
    return f"__Host-diarkiv-{what}" if settings.secure else f"diarkiv-{what}-{settings.port}"


def own_page(address: str) -> str:
    """An address to lead back to, if it is one of ours; else "". Browsers drop control characters
    and turn backslashes, so that neither may stand in it."""
    plain = address.startswith("/") and "\\" not in address and address.isprintable()
    return address if plain and not address.startswith("//") else ""


def guard(app: Flask, shell: Shell) -> None:
    """Put the checks before, and the headers after, every request of the app."""
    settings = shell.settings
    hosts = _names(settings)
    origins = {settings.origin} if settings.secure else {f"http://{host}" for host in hosts}

    @app.before_request
    def check() -> BaseResponse | None:
        if request.host not in hosts:
            raise ForeignRequest("The request was made for another host name.")
        if settings.secure and request.scheme != "https":
            raise ForeignRequest("The request did not come through the proxy, over https.")
        if request.method not in SAFE_METHODS and not _from_ourselves(request, origins):
            raise ForeignRequest("The request was sent from a page of another site.")
        if request.endpoint in _STATIC:
            return None
        if request.path == "/" and "token" in request.args and request.method == "GET":
            return _open_session(shell)
        if not _recognise(shell) and needs.need_of(app, request.endpoint or "") != needs.OPEN:
            if shell.services.signs_in:
                raise SignInNeeded("Nobody is signed in in this browser, or not any more.")
            raise TokenNeeded("This browser has not opened the address printed at start.")
        if g.get("user") and not viewer().staff and needs.asks_for_a_role(app, request.endpoint):
            raise NoRole("You have no role in this archive yet.")
        needs.check(viewer())
        return None

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.secure:
            response.headers["Strict-Transport-Security"] = _HTTPS_ONLY
        static = request.endpoint in _STATIC and response.status_code < 400
        response.headers["Cache-Control"] = "no-cache" if static else "no-store"
        return response


def _names(settings: WebSettings) -> set[str]:
    """The hosts that may be asked for, as browsers write them."""
    if settings.secure:
        return {urlsplit(settings.origin).netloc}
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = f":{settings.port}" if settings.port != 80 else ""
    return {name + port for name in {"127.0.0.1", "localhost", "[::1]", own}}


def _from_ourselves(asked: Request, origins: set[str]) -> bool:
    """Duty 2: the Origin is ours; or it is withheld and the browser vouches for it."""
    origin = asked.headers.get("Origin", "null")
    if origin == "null":
        return asked.headers.get("Sec-Fetch-Site") == "same-origin"
    return origin in origins


def _recognise(shell: Shell) -> bool:
    """Duty 4: note who asks. In a home with users that is who has signed in, and nobody else."""
    settings, sign_in = shell.settings, shell.services.signs_in
    if sign_in is None:
        if not shell.gate.knows(request.cookies.get(cookie_name(settings.port), "")):
            return False
        person = played_by(shell)
        g.viewer = person.viewer if person else settings.viewer
        return True
    found = sign_in.find(request.cookies.get(cookie_for(settings, "session"), ""))
    if found is None:
        return False
    g.session, g.user = found
    g.viewer = g.user.viewer
    return True


def played_by(shell: Shell) -> User | None:
    """The invented person of a demo as whom whoever is at the machine has chosen to act."""
    people = shell.services.played
    chosen = request.cookies.get(cookie_for(shell.settings, "played"), "")
    if people is None or not chosen.isdecimal():
        return None
    return next((one for one in people() if str(one.seq) == chosen), None)


def _open_session(shell: Shell) -> BaseResponse:
    """Duty 3. The answer is a redirect, so that the token does not stay in the address bar."""
    if shell.services.signs_in:  # whoever was to come in by it must sign in
        return redirect(url_for("channels.overview"), 303)
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

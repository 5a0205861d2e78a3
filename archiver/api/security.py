"""Who may use the interface: programs that show a token, and nobody else.

 1 Host    the name asked for is this machine's own with our port, or the public one; a foreign name
           that was made to point here (DNS rebinding) is refused
 2 token   `Authorization: Bearer …` and no other way: no cookie is read or set, so that nothing a
           browser sends along by itself opens anything, and no other site can ask (no CORS answer)
 3 need    what an endpoint needs (`NEEDS`) must be in the token's scopes for some authority; for
           which one is decided where the thing is asked for. An endpoint that is not named is shut
 4 rate    each token has its own
Only the description of the interface is open: it says nothing of any home.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from werkzeug.exceptions import NotFound as NoSuchPage

from archiver.api.services import ApiSettings, services
from archiver.core.access import Permission
from archiver.errors import AccessRefused
from archiver.web.security import HEADERS, ForeignRequest

OPEN = frozenset({"openapi.spec"})
_P = Permission
NEEDS: Mapping[str, Permission] = {
    "archive.authorities": _P.READ,
    "archive.channels": _P.READ,
    "archive.records": _P.READ,
    "archive.record": _P.READ,
    "archive.versions": _P.READ,
    "archive.thread": _P.READ,
    "archive.decided": _P.READ,
    "archive.search": _P.READ,
    "register.entries": _P.READ,
    "register.entry": _P.READ,
    "register.add_entry": _P.REGISTER,
    "register.correct": _P.REGISTER,
    "register.void": _P.REGISTER,
    "register.mark": _P.MARK_SECRECY,
    "register.relate": _P.REGISTER,
    "cases.cases": _P.READ,
    "cases.case": _P.READ,
    "cases.open_case": _P.REGISTER,
    "cases.close_case": _P.REGISTER,
    "cases.reopen_case": _P.REGISTER,
    "cases.decide": _P.REGISTER,
    "cases.decision": _P.READ,
    "cases.handovers": _P.READ,
    "cases.note": _P.REGISTER,
    "cases.series": _P.READ,
    "cases.schemes": _P.READ,
    "cases.classes": _P.READ,
}


class BearerNeeded(AccessRefused):
    """No token was shown, or one that opens nothing (any more)."""

    code = "token-needed"


def guard(app: Flask, settings: ApiSettings) -> None:
    """Put the checks before, and the headers after, every request of the app."""
    hosts = _hosts(settings)

    @app.before_request
    def check() -> None:
        if request.host not in hosts:
            raise ForeignRequest("The request was made for another host name.")
        if request.endpoint in OPEN:
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        holder = services().tokens.holder(token) if scheme.lower() == "bearer" else None
        if holder is None:
            raise BearerNeeded(
                "A token is needed, and none that holds was shown.",
                remedy="Send Authorization: Bearer and a token made by `diarkiv token add`.",
            )
        g.api_viewer = holder
        if request.routing_exception is not None:
            return  # no such address: Flask says so
        need = NEEDS.get(request.endpoint or "")
        if need is None:
            raise NoSuchPage
        if not holder.may_somewhere(need):
            raise AccessRefused(
                "The token may not do this.", remedy=f"It lacks the scope {need.value}."
            )

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Cache-Control"] = "no-store"
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="Diarkiv"'
        return response

    limiter = Limiter(
        _token_number,
        default_limits=[settings.rate],
        storage_uri="memory://",
        headers_enabled=True,
    )
    limiter.init_app(app)  # its check comes after ours: it counts tokens that hold


def _token_number() -> str:
    found = g.get("api_viewer")
    return str(found.actor) if found else "open"


def _hosts(settings: ApiSettings) -> frozenset[str]:
    """The names a request may be made for."""
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    names = {"127.0.0.1", "localhost", "[::1]", own}
    port = "" if settings.port == 80 else f":{settings.port}"
    public = {settings.origin.partition("://")[2]} if settings.origin else set()
    return frozenset({name + port for name in names} | public)

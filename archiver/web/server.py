"""Serving the pages: waitress on a loopback socket that is bound before the address is printed."""

from __future__ import annotations

import gc
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import waitress

from archiver.web.app import Part, create_web, entry_address
from archiver.web.listening import listen
from archiver.web.security import check_bind
from archiver.web.services import WebServices, WebSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 8
# The settings with the real port → a prefix, and the app under it.
Beside: TypeAlias = "Callable[[WebSettings], tuple[str, WSGIApplication]]"


def under(prefix: str, beside: WSGIApplication, app: WSGIApplication) -> WSGIApplication:
    """One app for the paths under a prefix, and another for the rest."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        return (beside if f"{path}/".startswith(f"{prefix}/") else app)(environ, start)

    return answer


def serve(
    services: WebServices,
    settings: WebSettings,
    parts: Sequence[Part] = (),
    *,
    as_json: bool = False,
    beside: Beside | None = None,
) -> None:
    """Print the address, one-time until there are users, in words or as JSON, and serve until
    interrupted.

    Port 0 takes a free one. `ConfigError` if the port is taken. `beside` makes another app, which
    answers everything under its prefix: nothing asked there comes to the pages or their checks.
    """
    users = services.signs_in is not None
    check_bind(settings.host, users=users, origin=settings.origin, proxy=settings.trusted_proxy)
    listening = listen(settings.host.strip("[]"), settings.port)
    settings = replace(settings, port=listening.getsockname()[1])
    app = create_web(services, settings, parts)
    address = entry_address(settings, one_time=not users)
    once = "" if users else " (gäller en gång)"
    words = f"Öppna i webbläsaren{once}:\n  {address}"
    print(json.dumps({"address": address}) if as_json else words, flush=True)
    proxy: dict[str, object] = {}
    if settings.trusted_proxy:
        proxy = {
            "trusted_proxy": settings.trusted_proxy,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        }
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)  # what is left to write is written
    whole = app if beside is None else under(*beside(settings), app)
    settle()
    waitress.serve(
        whole,
        sockets=[listening],
        clear_untrusted_proxy_headers=True,
        **proxy,
        threads=THREADS,
        ident="Diarkiv",
        max_request_body_size=settings.max_upload,
        inbuf_overflow=settings.max_upload + 1,  # what is uploaded never touches a disk
    )


def settle() -> None:
    """Leave what is loaded by now out of every later search for garbage: it stays as long as the
    process does, and going through it halts all requests for tenths of a second."""
    gc.collect()
    gc.freeze()


def _end(_signal: int, _frame: object) -> None:
    sys.exit(0)

"""The web shell: Flask, put together from services and parts the composition root gives it.

Screens for staff on this machine. Served on loopback only (`check_bind`), behind a one-time
address; see `security`. Every page is made from the archive when it is asked for; what changes
something is a form with a token against forgery, answered with a redirect. A feature's own screens
are a part: a function that registers them. The menu counts on the one named `channels`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, TypeAlias

from flask import Flask, Request, abort
from flask_bootstrap import Bootstrap5  # type: ignore[import-untyped]
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]

from archiver.plugins import connectors
from archiver.web import dates, i18n, language, problems, security, words
from archiver.web.security import Gate, check_bind, new_token
from archiver.web.services import EXTENSION, Progress, Shell, WebServices, WebSettings
from archiver.web.views import about, records, runs, search, verification

__all__ = [
    "Part",
    "Progress",
    "WebServices",
    "WebSettings",
    "check_bind",
    "create_web",
    "entry_address",
    "new_token",
    "platform_names",
]


MAX_NUMBER = 10**15
Part: TypeAlias = Callable[[Flask], None]


class _InMemory(Request):
    """What is uploaded never touches a disk: a bundle holds somebody's words."""

    def _get_file_stream(self, *_args: Any, **_named: Any) -> BytesIO:
        return BytesIO()


class _Web(Flask):
    request_class = _InMemory


def _bounded(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """No number that the tables cannot hold: there is nothing at such an address."""
    if any(isinstance(value, int) and value > MAX_NUMBER for value in (values or {}).values()):
        abort(404)


def create_web(services: WebServices, settings: WebSettings, parts: Sequence[Part] = ()) -> Flask:
    """The app. `ConfigError` for an address that is not loopback, or a token that is too short."""
    check_bind(settings.host)
    app = _Web(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_upload,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        BOOTSTRAP_SERVE_LOCAL=True,
        # Forms end with the process, as sessions do. The cookie holds their token and nothing else.
        SECRET_KEY=services.random(32),
        SESSION_COOKIE_NAME=f"diarkiv-form-{settings.port}",
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Shell(services, settings, Gate(settings.token, services.random))
    app.url_value_preprocessor(_bounded)
    security.guard(app, app.extensions[EXTENSION])
    problems.handle(app)
    CSRFProtect(app)  # after the guard: who may not ask at all is told that
    Bootstrap5(app)
    i18n.prepare(app)
    app.jinja_env.filters.update(
        words.FILTERS,
        moment=dates.moment,
        moment_exact=dates.moment_exact,
        day_of=dates.day_of,
    )
    for own in (language, runs, records, search, verification, about):
        app.register_blueprint(own.pages)
    for part in parts:
        part(app)
    return app


def entry_address(settings: WebSettings) -> str:
    """The one-time address to print at start."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}/?token={settings.token}"


def platform_names() -> dict[str, str]:
    """Platform code → its name, from the connectors there are."""
    return {code: connector.title for code, connector in connectors().items()}

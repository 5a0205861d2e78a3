"""The web shell: Flask, put together from services and parts the composition root gives it.

Screens for staff, who sign in; until there are users, for whoever is at this machine and opens a
one-time address. Served on loopback, or behind a proxy that speaks https; see `security`. Every
page is made from the archive when it is asked for; what changes something is a form with a token
against forgery, answered with a redirect. A feature's own screens are a part: a function that
registers them. The menu counts on the one named `channels`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, TypeAlias

from flask import Flask, Request, abort
from flask_bootstrap import Bootstrap5  # type: ignore[import-untyped]
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]

from archiver.core.access import HOME, Permission
from archiver.core.channel import MANUAL
from archiver.plugins import connectors
from archiver.web import (
    dates,
    duty,
    i18n,
    language,
    needs,
    passkeys,
    problems,
    provider,
    security,
    sign_in,
    trail,
    users,
    words,
    words_captured,
)
from archiver.web.security import Gate, check_bind, new_token
from archiver.web.services import (
    EXTENSION,
    Progress,
    Shell,
    WebServices,
    WebSettings,
    services,
    user,
    viewer,
)
from archiver.web.views import about, records, runs, search, then, verification

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


def _may(permission: str, authority: int = HOME) -> bool:
    """For templates: whether whoever asks holds the permission for the authority."""
    return viewer().may(Permission(permission), authority)


def _actor_name(actor: int) -> str:
    """For templates: who did something."""
    if not actor:
        return i18n.gettext("Driften")
    found = services().sign_in
    name = found.people.name(actor) if found else ""
    return f"{name} (U{actor})" if name else i18n.gettext("Nr %(number)s", number=actor)


def create_web(given: WebServices, settings: WebSettings, parts: Sequence[Part] = ()) -> Flask:
    """The app. `ConfigError` for an address that is not loopback, or a token that is too short."""
    check_bind(
        settings.host,
        users=given.signs_in is not None,
        origin=settings.origin,
        proxy=settings.trusted_proxy,
    )
    app = _Web(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_upload,
        # Twice what is read at once: less, and a file whose bytes look like line ends is refused.
        MAX_FORM_MEMORY_SIZE=128 * 1024,
        BOOTSTRAP_SERVE_LOCAL=True,
        # Forms last as long as sessions do: until the process ends, or as long as somebody is
        # signed in. The cookie holds their token and nothing else.
        SECRET_KEY=given.sign_in.form_key if given.sign_in else given.random(32),
        SESSION_COOKIE_NAME=security.cookie_for(settings, "form"),
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # asks for a referrer; ours is the check of Origin
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Shell(given, settings, Gate(settings.token, given.random))
    app.url_value_preprocessor(_bounded)
    security.guard(app, app.extensions[EXTENSION])
    problems.handle(app)
    sign_in.prepare(app)
    CSRFProtect(app)  # after the guard: who may not ask at all is told that
    Bootstrap5(app)
    i18n.prepare(app)
    app.jinja_env.filters["actor_name"] = _actor_name
    app.jinja_env.globals.update(may=_may, may_open=needs.may_open, who=viewer, user=user)
    app.jinja_env.globals.update(passkeys_offered=passkeys.offered)
    app.jinja_env.filters.update(
        words.FILTERS | words_captured.FILTERS,
        moment=dates.moment,
        moment_exact=dates.moment_exact,
        day_of=dates.day_of,
        moment_text=dates.moment_text,
    )
    for own in (
        language,
        sign_in,
        passkeys,
        provider,
        runs,
        records,
        then,
        search,
        verification,
        trail,
        users,
        duty,
        about,
    ):
        app.register_blueprint(own.pages)
    verification.prepare(app, given.random)
    for part in parts:
        part(app)
    return app


def entry_address(settings: WebSettings, *, one_time: bool = True) -> str:
    """The one-time address to print at start; the plain one where people sign in."""
    if settings.origin:
        return f"{settings.origin}/"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    place = f"http://{host}:{settings.port}/"
    return f"{place}?token={settings.token}" if one_time else place


def platform_names() -> dict[str, str]:
    """Platform code → its name, from the connectors there are, and of what is captured by hand."""
    return {MANUAL: "Manuell fångst", **{code: one.title for code, one in connectors().items()}}

"""Signing in at an identity provider: to it by a link, and back from it.

The way back comes from another site, so that the one cookie it needs is `Lax`: sealed, for ten
minutes, for this path alone. The session's own cookie stays `Strict`; the answer is therefore a
page of ours that leads on, and no redirect.
"""

from __future__ import annotations

import base64
import binascii
from typing import NoReturn

import structlog
from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from archiver.errors import DiarkivError, SealBroken
from archiver.people.arrival import arrived
from archiver.people.oidc import Provider, ProviderRefused, Transaction
from archiver.people.trail import Happened
from archiver.web.needs import open_to_all
from archiver.web.security import own_page
from archiver.web.services import services, shell
from archiver.web.sign_in import begin
from archiver.web.trail import note

pages = Blueprint("provider", __name__)
_USE = b"oidc"
_LIFE = 600  # seconds
_PATH = "/logga-in"
_log = structlog.get_logger(__name__)


def _provider() -> Provider:
    found = services().provider
    if found is None:
        abort(404)
    return found


def _cookie() -> str:
    settings = shell().settings
    return "__Secure-diarkiv-oidc" if settings.secure else f"diarkiv-oidc-{settings.port}"


@pages.get("/logga-in/tjanst")
@open_to_all
def go() -> Response:
    """To the provider."""
    to = own_page(request.args.get("till", ""))
    address, going = _provider().begin(to, url_for("provider.back", _external=True))
    sign_in = services().sign_in
    assert sign_in is not None
    sealed = sign_in.people.accounts.seal(_USE, going.encode())
    answer = redirect(address, 303)
    answer.set_cookie(
        _cookie(),
        base64.urlsafe_b64encode(sealed).decode(),
        max_age=_LIFE,
        httponly=True,
        samesite="Lax",
        secure=shell().settings.secure,
        path=_PATH,
    )
    return answer


@pages.get("/logga-in/svar")
@open_to_all
def back() -> Response:
    """Back from it: a session, and on to the page that was asked for."""
    provider, going = _provider(), _going()
    sign_in = services().sign_in
    assert sign_in is not None
    try:
        uri = url_for("provider.back", _external=True)
        identity = provider.finish(going, request.args, uri)
    except DiarkivError as error:
        _refuse(error)
    authorities = services().authorities()
    user = arrived(sign_in.people, identity, provider.settings.role, authorities)
    if user.disabled:
        note(Happened.SIGN_IN_FAILED, user.seq)
        raise ProviderRefused("This user is kept from signing in.")
    to = own_page(going.to) or url_for("channels.overview")
    answer = begin(make_response(render_template("onward.html", to=to)), user.seq)
    answer.delete_cookie(_cookie(), path=_PATH, secure=shell().settings.secure, httponly=True)
    return answer


def _going() -> Transaction:
    """What lies sealed in the browser that was sent."""
    sign_in = services().sign_in
    assert sign_in is not None
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(_cookie(), ""))
        return Transaction.decode(sign_in.people.accounts.unseal(_USE, sealed))
    except (SealBroken, binascii.Error, ValueError):
        raise ProviderRefused("This browser was not sent to sign in.") from None


def _refuse(error: DiarkivError) -> NoReturn:
    note(Happened.SIGN_IN_FAILED, 0)
    _log.warning("sign_in.provider", code=error.code, message=error.message)
    if isinstance(error, ProviderRefused):
        raise error
    raise ProviderRefused(error.message) from error

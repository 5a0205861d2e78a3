"""The switch between languages."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from archiver.web.i18n import COOKIE, LANGUAGES
from archiver.web.needs import open_to_all
from archiver.web.security import own_page
from archiver.web.services import shell

_YEAR = 365 * 24 * 3600

pages = Blueprint("language", __name__)


@pages.post("/sprak")
@open_to_all
def choose() -> Response:
    """Remember a language and go back to the page it was chosen on."""
    asked, back = request.form.get("language", ""), request.form.get("back", "")
    answer = redirect(own_page(back) or url_for("channels.overview"), 303)
    if asked in LANGUAGES:
        answer.set_cookie(
            COOKIE,
            asked,
            max_age=_YEAR,
            httponly=True,
            samesite="Strict",
            secure=shell().settings.secure,
            path="/",
        )
    return answer

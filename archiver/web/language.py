"""The switch between languages."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from archiver.web.i18n import COOKIE, LANGUAGES

_YEAR = 365 * 24 * 3600

pages = Blueprint("language", __name__)


@pages.post("/sprak")
def choose() -> Response:
    """Remember a language and go back to the page it was chosen on."""
    asked, back = request.form.get("language", ""), request.form.get("back", "")
    own_page = back.startswith("/") and "\\" not in back and not back.startswith("//")
    answer = redirect(back if own_page else url_for("channels.overview"), 303)
    if asked in LANGUAGES:
        answer.set_cookie(COOKIE, asked, max_age=_YEAR, httponly=True, samesite="Strict", path="/")
    return answer

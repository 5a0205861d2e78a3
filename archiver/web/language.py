"""The language of the interface: Swedish, and English by a switch that is remembered."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

DEFAULT = "sv"
LANGUAGES = {"sv": "Svenska", "en": "English"}
_COOKIE = "diarkiv-language"
_YEAR = 365 * 24 * 3600

pages = Blueprint("language", __name__)


def chosen() -> str:
    """The language this browser has chosen; Swedish if none."""
    asked = request.cookies.get(_COOKIE, DEFAULT)
    return asked if asked in LANGUAGES else DEFAULT


def number(value: int) -> str:
    """A count with a thin gap between thousands, as in 12 345."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@pages.post("/sprak")
def choose() -> Response:
    """Remember a language and go back to the page it was chosen on."""
    asked, back = request.form.get("language", ""), request.form.get("back", "")
    own_page = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = redirect(back if own_page else url_for("channels.overview"), 303)
    if asked in LANGUAGES:
        answer.set_cookie(
            _COOKIE, asked, max_age=_YEAR, httponly=True, samesite="Strict", path="/"
        )
    return answer

"""The web diarium's pages: open to everybody, without login, cookie, session or script.

The program opens one file, read-only, and nothing else of the home: no key, no pack, no projection.
It writes nothing: neither an address nor a browser's name nor what somebody asks for is kept or
logged anywhere (whoever reads the register is anonymous, TF 2:18). What it must know of a fault is
its kind. A flood is for the reverse proxy to hold off (docs/webdiarium.md).

Swedish is at `/`, English at `/en/`: the language is in the address, for there are no cookies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import structlog
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_babel import Babel  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from archiver.webdiary.reading import Asked, Diary

LANGUAGES = {"sv": "Svenska", "en": "English"}
MAX_WORDS, MAX_LENGTH = 8, 100
MAX_NUMBER = 2**62
FILTERS = ("q", "number", "since", "until", "office", "class")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
DIRECTIONS: Mapping[str, Any] = {
    "received": _l("Inkommen"),
    "drawn_up": _l("Upprättad"),
    "dispatched": _l("Expedierad"),
    "note": _l("Anteckning"),
}
FIELDS: Mapping[str, Any] = {
    "number": _l("Diarienummer"),
    "day": _l("Datum"),
    "direction": _l("Riktning"),
    "title": _l("Ärenderubrik"),
    "case": _l("Ärende"),
    "record_class": _l("Handlingstyp"),
}
_SAID: Mapping[int, tuple[Any, Any]] = {
    400: (_l("Frågan gick inte att förstå"), _l("Gå tillbaka och ändra det du fyllde i.")),
    404: (
        _l("Sidan finns inte"),
        _l(
            "Adressen kan vara felskriven, eller så visas uppgiften inte längre här. Allmänna "
            "handlingar kan begäras ut hos myndigheten även om de inte finns i webbdiariet."
        ),
    ),
    405: (_l("Sidan går bara att läsa"), _l("Här kan ingenting skickas in.")),
    503: (
        _l("Webbdiariet är inte öppet just nu"),
        _l("Försök igen om en stund, eller vänd dig till myndigheten."),
    ),
}
_FAULT = (_l("Något gick fel"), _l("Försök igen om en stund, eller vänd dig till myndigheten."))
_log = structlog.get_logger(__name__)

pages = Blueprint("pages", __name__)


def create(path: Path) -> Flask:
    """The app over a database file. The file may be missing, and come and go."""
    app = Flask(__name__)
    app.config.update(
        BABEL_DEFAULT_LOCALE="sv",
        BABEL_TRANSLATION_DIRECTORIES="translations",
        MAX_CONTENT_LENGTH=1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.extensions["diary"] = Diary(path)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        languages=LANGUAGES,
        directions=DIRECTIONS,
        field_words=FIELDS,
        language=_language,
        switched=_switched,
    )
    Babel(app, locale_selector=_language)
    app.register_blueprint(pages, name="sv")
    app.register_blueprint(pages, name="en", url_prefix="/en")
    app.add_url_rule("/robots.txt", "robots", _robots)
    app.after_request(_after)
    app.register_error_handler(Exception, _problem)
    return app


def _language() -> str:
    return "en" if request.path == "/en" or request.path.startswith("/en/") else "sv"


def _diary() -> Diary:
    found: Diary = current_app.extensions["diary"]
    return found


def _after(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "static" or response.status_code >= 400:
        # What is taken down must not live on in somebody's cache.
        response.headers["Cache-Control"] = "no-store"
    return response


def _robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


def _problem(error: Exception) -> Response:
    """Every error as a plain page. Nothing of the request is told or logged."""
    if isinstance(error, HTTPException) and (error.code or 500) < 400:
        return Response(status=error.code)
    if isinstance(error, HTTPException):
        status = error.code or 500
    elif isinstance(error, sqlite3.Error):
        status = 503
    else:
        status = 500
        _log.error("webdiary.fault", error=type(error).__name__)
    title, advice = _SAID.get(status, _FAULT)
    page = render_template("problem.html", title=title, advice=advice, status=status)
    answer = make_response(page, status)
    if status == 405:
        answer.headers["Allow"] = "GET, HEAD"
    if status == 503:
        answer.headers["Retry-After"] = "60"
    return answer


@pages.get("/", strict_slashes=False)
def entries() -> str:
    """The list, narrowed by what the address says."""
    diary, asked = _diary(), _asked()
    offices = diary.offices()
    found = diary.entries(asked)
    shown = {name for office in offices for name in office.fields.split(",")}
    given = _given()
    return render_template(
        "entries.html",
        asked=asked,
        words=" ".join(asked.words),
        offices=offices,
        found=found,
        fields=[name for name in FIELDS if name in shown],
        record_classes=diary.record_classes(),
        names={office.id: office.name for office in offices},
        given=given,
        narrowed=bool(given),
    )


@pages.get("/post/<int:number>")
def entry(number: int) -> str:
    """One entry."""
    diary = _diary()
    row = diary.entry(number) if number < MAX_NUMBER else None
    if row is None:
        abort(404)
    office = next((one for one in diary.offices() if one.id == row.office), None)
    if office is None:
        abort(404)
    return render_template("entry.html", row=row, office=office)


@pages.get("/om")
def about() -> str:
    """What is shown here and on which decision, and what the authority holds (OSL 4:2)."""
    return render_template("about.html", offices=_diary().offices())


@pages.get("/tillganglighet")
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("accessibility.html", offices=_diary().offices())


def _given() -> dict[str, str]:
    """The filters that are set, for links to other pages of the same list."""
    return {key: request.args[key] for key in FILTERS if request.args.get(key)}


def _switched() -> str:
    """This page in the other language."""
    other = "sv" if _language() == "en" else "en"
    page = (request.endpoint or "").partition(".")[2]
    values: dict[str, Any] = {**(request.view_args or {}), **_given()} if page else {}
    return url_for(f"{other}.{page or 'entries'}", **values)


def _asked() -> Asked:
    """The list that is asked for; 400 for a day that is none."""
    given = {
        key: " ".join(request.args.get(key, "")[:MAX_LENGTH].replace("\x00", "").split())
        for key in (*FILTERS, "page")
    }
    for key in ("since", "until"):
        if given[key] and not _is_day(given[key]):
            abort(400)
    page = given["page"]
    return Asked(
        office=given["office"],
        number=given["number"],
        since=given["since"],
        until=given["until"],
        record_class=given["class"],
        words=tuple(given["q"].split()[:MAX_WORDS]),
        page=int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

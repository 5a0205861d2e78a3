"""Errors become problem pages: HTML in the reader's language, or RFC 9457 JSON on request.

The page says what happened and what to do. The technical sentence of a `DiarkivError` names no
person by rule, so it may be shown. Of an unexpected error nothing is shown, and only its type and
place are logged: a value in it could be anybody's words.
"""

from __future__ import annotations

import traceback
from typing import NamedTuple

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from archiver.errors import (
    AccessRefused,
    ConfigError,
    DiarkivError,
    IntegrityError,
    NotFound,
    RuleViolation,
    SourceError,
    StoreUnavailable,
)
from archiver.web.i18n import Words
from archiver.web.i18n import lazy_gettext as _l

JSON = "application/problem+json"
log = structlog.get_logger(__name__)


class Said(NamedTuple):
    """A problem's heading, and what to do about it."""

    title: Words
    advice: Words


_BY_CODE: dict[str, Said] = {
    "token-needed": Said(
        _l("Öppna den adress som visades vid start"),
        _l(
            "Diarkiv visar arkivet bara i den webbläsare som har öppnat engångsadressen. Den står "
            "i terminalen där programmet startades och börjar med http:// och slutar med en lång "
            "kod. Kopiera hela adressen hit. Om du redan har gjort det i den här webbläsaren och "
            "kom hit genom en länk: ladda om sidan."
        ),
    ),
    "token-spent": Said(
        _l("Engångsadressen gäller inte längre"),
        _l(
            "Adressen är redan använd, eller kommer från en tidigare start. Stoppa programmet med "
            "Ctrl-C och starta det igen, så visas en ny adress."
        ),
    ),
    "sign-in-needed": Said(
        _l("Logga in"), _l("Du är inte inloggad, eller har hunnit bli utloggad.")
    ),
    "provider-refused": Said(
        _l("Inloggningen gick inte igenom"),
        _l(
            "Svaret från inloggningstjänsten gick inte att godta. Försök igen från startsidan. "
            "Händer det igen: säg till den som sköter ert Diarkiv, som kan se orsaken i loggen."
        ),
    ),
    "no-role": Said(
        _l("Du har ingen roll i arkivet än"),
        _l(
            "Du är inloggad, men har inte fått någon behörighet. Be den som sköter användarna i "
            "ert Diarkiv att ge dig en roll, och säg vilken nämnd det gäller."
        ),
    ),
    "foreign-request": Said(
        _l("Anropet kom inte från Diarkivs egna sidor"),
        _l("Gå till startsidan på den adress som programmet visade och försök därifrån."),
    ),
    "access-refused": Said(
        _l("Du har inte behörighet att se detta"),
        _l("Uppgifterna är bara till för myndighetens egen personal."),
    ),
    "not-found": Said(
        _l("Det finns inget med den beteckningen"),
        _l("Kontrollera numret, eller sök upp handlingen i listan."),
    ),
    "config": Said(_l("Uppgiften går inte att använda"), _l("Ändra det du angav och försök igen.")),
    "second-person-needed": Said(
        _l("Det krävs en annan person"),
        _l(
            "Ingenting har hänt. Den som föreslår en gallring bekräftar den inte: be en kollega "
            "med behörighet att logga in och granska den."
        ),
    ),
    "set-changed": Said(
        _l("Urvalet har ändrats"),
        _l(
            "Ingenting har hänt. Handlingarna är inte längre som när gallringen föreslogs, eller "
            "så visade sidan ett annat urval. Öppna gallringen igen, återta den och gör ett nytt "
            "förslag."
        ),
    ),
    "hold-in-force": Said(
        _l("Ett gallringsstopp hindrar det"),
        _l(
            "Ingenting har hänt. Någon av handlingarna omfattas av ett stopp. Se vad det gäller, "
            "återta gallringen och gör ett nytt förslag utan det som hålls kvar."
        ),
    ),
    "disposal-not-authorised": Said(
        _l("Det får inte gallras nu"),
        _l(
            "Ingenting har hänt. Inget gällande gallringsbeslut täcker allt i urvalet, eller så "
            "löper fristen än. Se efter vad som är gallringsbart och gör ett nytt förslag."
        ),
    ),
    "rule": Said(
        _l("Regeln tillåter det inte"),
        _l(
            "Ingenting har hänt. Läget kan ha ändrats sedan sidan visades: ladda om den och se "
            "efter. Vilken regel det är står nedan."
        ),
    ),
    "store-unavailable": Said(
        _l("Arkivets lagring går inte att nå"),
        _l("Försök igen om en stund. Kvarstår felet: kör diarkiv doctor på servern."),
    ),
}
_INTEGRITY = Said(
    _l("Det som är lagrat är inte det som förseglades"),
    _l(
        "Inget har ändrats eller lagats. Kör diarkiv verify på servern och ta fram den senaste "
        "säkerhetskopian innan något annat görs."
    ),
)
_BY_STATUS: dict[int, Said] = {
    400: Said(
        _l("Formuläret gick inte att ta emot"),
        _l("Inget har ändrats. Gå tillbaka, ladda om sidan och skicka formuläret igen."),
    ),
    404: Said(_l("Sidan finns inte"), _l("Kontrollera adressen, eller börja om från startsidan.")),
    405: Said(
        _l("Sidan går inte att använda så"), _l("Gå tillbaka och använd knapparna på sidan.")
    ),
    413: Said(
        _l("Filen är för stor"),
        _l(
            "Kontrollera stora filer med verify.pyz eller diarkiv verify i stället, och fånga dem "
            "med diarkiv capture."
        ),
    ),
    429: Said(
        _l("Det har kommit många filer på kort tid"),
        _l(
            "Vänta en stund och försök igen. Filen är inte kontrollerad. Du kan också kontrollera "
            "den på din egen dator med verify.pyz."
        ),
    ),
}
_OTHER = Said(
    _l("Något gick fel"),
    _l("Felet är antecknat i serverns logg. Försök igen, och kör diarkiv doctor om det kvarstår."),
)


def status_of(error: DiarkivError) -> int:
    """The HTTP status an error answers with."""
    match error:
        case AccessRefused():
            return 403
        case NotFound():
            return 404
        case RuleViolation():
            return 409
        case ConfigError():
            return 400
        case StoreUnavailable():
            return 503
        case SourceError():
            return 502
    return 500


def handle(app: Flask) -> None:
    """Answer every error of the app with a problem page."""

    @app.errorhandler(DiarkivError)
    def ours(error: DiarkivError) -> Response:
        said = _BY_CODE.get(error.code, _OTHER)
        if isinstance(error, IntegrityError):
            said = _INTEGRITY
            log.error("integrity", code=error.code, endpoint=request.endpoint)
        return _answer(status_of(error), error.code, said, error.message, error.remedy)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        said = _BY_STATUS.get(status, _OTHER)
        answer = _answer(status, f"http-{status}", said, error.name, "")
        if status == 405 and isinstance(allow := getattr(error, "valid_methods", None), list):
            answer.headers["Allow"] = ", ".join(sorted(allow))
        return answer

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
        log.error(
            "unexpected error", type=type(error).__name__, at=places, endpoint=request.endpoint
        )
        return _answer(500, "unexpected", _OTHER, "", "")


def answer_to(error: DiarkivError, status: int) -> Response:
    """The problem page of an error, with another status than its kind has."""
    said = _BY_CODE.get(error.code, _OTHER)
    return _answer(status, error.code, said, error.message, error.remedy)


def wants_json() -> bool:
    """Whether the request asks for a problem as data."""
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", JSON, "application/json"], default="text/html")
    return best != "text/html"


def _answer(status: int, code: str, said: Said, message: str, remedy: str) -> Response:
    if wants_json():
        problem = {
            "type": f"urn:diarkiv:problem:{code}",
            "title": str(said.title),
            "status": status,
            "detail": message or str(said.advice),
            "code": code,
            "remedy": remedy or str(said.advice),
        }
        answer = jsonify(problem)
        answer.mimetype = JSON
    else:
        page = render_template(
            "problem.html",
            said=said,
            status=status,
            code=code,
            message=message,
            remedy=remedy,
            problem=True,
        )
        answer = make_response(page)
    answer.status_code = status
    return answer

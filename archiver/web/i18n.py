"""Words in the reader's language: Swedish is what stands in the source, the rest is translated.

The one place that knows Flask-Babel. Messages are found by `pybabel extract` (see
`translations/README.md`); a message without a translation is shown in Swedish.
"""

from __future__ import annotations

from typing import TypeAlias

from flask import Flask, request
from flask_babel import Babel  # type: ignore[import-untyped]
from flask_babel import gettext as _gettext
from flask_babel import lazy_gettext as _lazy_gettext
from flask_babel import ngettext as _ngettext

from archiver.web.services import shell

LANGUAGES = {"sv": "Svenska", "en": "English"}
COOKIE = "diarkiv-language"

# Words that take a language when they are shown: only `str()` of them means anything.
Words: TypeAlias = object


def gettext(message: str, **values: object) -> str:
    """The message in the reader's language, with its values filled in."""
    return str(_gettext(message, **values))


def ngettext(one: str, many: str, count: int) -> str:
    """The form of the message that fits the count, which stands in it as `num`."""
    return str(_ngettext(one, many, count))


def lazy_gettext(message: str) -> Words:
    """The message, translated each time it is shown."""
    found: Words = _lazy_gettext(message)
    return found


def chosen() -> str:
    """The language this browser has chosen, else the home's."""
    asked = request.cookies.get(COOKIE, "")
    return asked if asked in LANGUAGES else shell().settings.language


def number(value: int) -> str:
    """A count with a thin gap between thousands, as in 12 345."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def prepare(app: Flask) -> None:
    """Give the app's templates their words."""
    app.config.update(BABEL_DEFAULT_LOCALE="sv", BABEL_TRANSLATION_DIRECTORIES="translations")
    Babel(app, locale_selector=chosen)
    app.jinja_env.filters["number"] = number
    app.jinja_env.globals.update(language=chosen, languages=LANGUAGES)

"""What is done to an initiative, or to a row, from its page: sent to that page's own address, the
form says what. What the service refuses is told in words, and what was typed is kept."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from archiver.core.access import Permission
from archiver.errors import (
    AccessRefused,
    ConfigError,
    DiarkivError,
    NotFound,
    RuleViolation,
    SecondPersonNeeded,
)
from archiver.governance.core.lifecycle import GateNotPassed
from archiver.governance.web import office, pages, shown
from archiver.governance.web_checklist import row_shown
from archiver.governance.web_choices import choices_of
from archiver.governance.web_doing import At
from archiver.governance.web_doings import EVERY
from archiver.governance.web_fields import read
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs

_TOLD = 5  # things that remain, of which each is told


@pages.post("/livscykel/I<int:seq>")
@needs(Permission.GOVERN)
def do(seq: int) -> Response | tuple[str, int]:
    """Do something to an initiative."""
    return _done(seq, "")


@pages.post("/livscykel/I<int:seq>/rad/<row>")
@needs(Permission.GOVERN)
def do_row(seq: int, row: str) -> Response | tuple[str, int]:
    """Do something to a row of its checklist."""
    return _done(seq, row)


def _done(seq: int, row: str) -> Response | tuple[str, int]:
    at, asks = office()
    one = at.get(asks, seq)
    form = Form.of(request.form)

    def again() -> tuple[str, int]:
        return row_shown(one, row, form) if row else shown(one, form), 400

    doing = EVERY.get(form.text("gor"))
    if doing is None or doing.row != bool(row):
        form.wrong("gor", gettext("Välj vad som ska göras."))
        return again()
    given = read(doing.fields, form, request.files, choices_of(one))
    if form.mistakes:
        return again()
    try:
        doing.act(At(at, asks, one), {**given, "row": row} if row else given)
    except AccessRefused:
        raise
    except (ConfigError, RuleViolation, NotFound) as error:
        form.wrong("gor", *_refused(error))
        return again()
    if row:
        return redirect(url_for("lifecycle.row", seq=seq, row=row, sagt="ja"), 303)
    return redirect(url_for("lifecycle.initiative", seq=seq, sagt="ja"), 303)


def _refused(error: DiarkivError) -> tuple[str, str]:
    """Why something was refused, in the reader's words, and the service's own."""
    if isinstance(error, GateNotPassed):
        left = [each.words.say(chosen()) for each in error.remaining]
        what = "; ".join(left[:_TOLD])
        if len(left) > _TOLD:
            more = len(left) - _TOLD
            return gettext(
                "Det här återstår: %(what)s … och %(count)s till.", what=what, count=more
            ), ""
        return gettext("Det här återstår: %(what)s.", what=what), ""
    if isinstance(error, SecondPersonNeeded):
        return gettext("Den som har antecknat svaret intygar det inte. Be en kollega intyga."), ""
    return gettext("Det kan inte antecknas så. Ingenting ändrades."), str(error)

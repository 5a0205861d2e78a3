"""What is charged for the copies of a request, on its page: by the adopted table and never more.

Less is decided by somebody with the mandate for it, or by the authority's body; a second charge for
the same delivery corrects the first and says why.
"""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from exports.core.fees import Medium, ore
from exports.core.mandate import NoMandate
from exports.requests.web import desk_page
from exports.requests.web_rules import PRICED
from exports.web import office, pages
from retention.web import refuse_cut

_MOST_UNITS = 6  # digits


@pages.post("/begaran/<int:seq>/avgift")
@needs(Permission.DISCLOSE)
def charge(seq: int) -> BaseResponse | tuple[str, int]:
    """Record what is charged for a request, or for one delivery of it."""
    at, asks = office()
    found = at.requests.get(asks, seq)
    asks.require(Permission.DISCLOSE, found.received.authority)
    form = Form.of(request.form)
    refuse_cut(form)
    units, amount = form.number("antal-avgift"), None
    if form.text("slag-avgift") not in PRICED:
        form.wrong("slag-avgift", gettext("Välj vad kopiorna är på."))
    if units is None or len(form.text("antal-avgift")) > _MOST_UNITS:
        form.wrong("antal-avgift", gettext("Skriv antalet sidor eller filer som ett heltal."))
    if form.text("mindre-avgift"):
        with form.judging("mindre-avgift", gettext("Skriv kronor, till exempel 50 eller 2,50.")):
            amount = ore(form.text("mindre-avgift"))
    if not form.mistakes and units is not None:
        _charge(asks, seq, form, Medium(form.text("slag-avgift")), units, amount)
    if form.mistakes:
        return desk_page(seq, form), 400
    return redirect(url_for("requests.one", seq=seq, sagt="avgift"), 303)


def _charge(
    asks: Viewer, seq: int, form: Form, medium: Medium, units: int, amount: int | None
) -> None:
    try:
        office()[0].answers.fees.charge(
            asks,
            seq,
            medium,
            units,
            release=form.number("utlamnande-avgift") or 0,
            prepaid=bool(form.text("forskott-avgift")),
            amount=amount,
            reason=form.text("skal-avgift"),
            body=form.text("organ-avgift"),
        )
    except NoMandate as error:
        told = gettext(
            "Att ta ut mindre än taxan beslutas av den som har delegation för avgifter, eller av "
            "nämnden själv."
        )
        form.wrong("organ-avgift", told, str(error))
    except RuleViolation as error:
        told = gettext(
            "Så mycket kan inte tas ut: aldrig mer än taxan, och en gång till bara som rättelse "
            "med skäl."
        )
        form.wrong("mindre-avgift", told, str(error))
    except ConfigError as error:
        form.wrong("skal-avgift", gettext("Skriv skälet, på en rad."), str(error))

"""Begäran: the requests with their clocks, and recording one.

Nobody is asked who they are or why (TF 2:18): what a request says of its sender is optional, and
there is no field for a purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.views import asked
from exports.core.access_request import EARLY, State
from exports.core.received import MAX_TEXT, Manner, Received
from exports.requests import web_collect, words
from exports.requests.service import AccessRequest
from exports.web import office, pages
from retention.web import acting_authority, day_in, own_authorities, refuse_cut

LISTED = 100  # requests on a page of the list
VIEWS = ("svara", "beslut", "avslutade")
_AFTER = frozenset(State) - EARLY - {State.CLOSED}


# --- the list ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A request in the list, and its clock."""

    one: AccessRequest
    clock: words.Clock
    authority: str


@pages.get("/begaran")
@needs(Permission.READ)
def listing() -> str:
    """Requests, the oldest first: those to answer, those answered with a refusal or awaiting an
    end (`visa=beslut`), those closed (`visa=avslutade`, the newest first); of an authority with
    `namnd`."""
    at, asks = office()
    view = asked.word("visa", frozenset(VIEWS)) or VIEWS[0]
    names = dict(own_authorities(asks))
    only = asked.number("namnd")
    rows = [
        row
        for row in at.requests.list(asks, closed=view == "avslutade")
        if row.authority in names and only in (None, row.authority)
    ]
    by_view = {
        "svara": [row for row in rows if row.state in EARLY],
        "beslut": [row for row in rows if row.state in _AFTER],
        "avslutade": [row for row in reversed(rows) if row.state is State.CLOSED],
    }
    found, today = by_view[view], at.requests.today()
    read = [at.requests.get(asks, row.seq) for row in found[:LISTED]]
    return render_template(
        "requests/list.html",
        view=view,
        counts={"svara": len(by_view["svara"]), "beslut": len(by_view["beslut"])},
        found=[
            Listed(
                one=one,
                clock=words.clock(one.standing, today),
                authority=names[one.received.authority],
            )
            for one in read
        ],
        left=max(0, len(found) - LISTED),
        names=names,
        only=only,
        said=said(),
    )


def said() -> str:
    """What was just done, in words."""
    found = _SAID.get(request.args.get("sagt", ""))
    return found() if found else ""


_SAID = {
    "inkommen": lambda: gettext("Begäran är antecknad. Klockan går från den dag den kom in."),
    "steg": lambda: gettext("Antecknat."),
    "inget-paket": lambda: gettext(
        "Det finns inget sådant paket: inget överklagande, eller inget dolt."
    ),
    "inget-overklagande": lambda: gettext(
        "Överklagandet är inte inlagt bland handlingarna: utan det finns inget att pröva."
    ),
    "avgift": lambda: gettext("Avgiften är antecknad."),
    "papper": lambda: gettext("Handlingen är inlagd."),
    **web_collect.SAID,
}


# --- recording one -------------------------------------------------------------------------------


@pages.get("/begaran/ny")
@needs(Permission.DISCLOSE)
def new() -> str:
    """The form for a request that has come in."""
    at, _ = office()
    values = {"inkom": at.requests.today().isoformat(), "satt": Manner.ORAL.value}
    return _form(Form({**values, **Form.of(request.args).values}))


def _form(form: Form) -> str:
    _, asks = office()
    authority = acting_authority(asks, form, Permission.DISCLOSE)
    return render_template(
        "requests/new.html",
        form=form,
        authority=authority,
        authorities=[
            (seq, name) for seq, name in own_authorities(asks) if asks.may(Permission.DISCLOSE, seq)
        ],
        manners=list(words.MANNERS.items()),
        most=MAX_TEXT,
    )


@pages.post("/begaran/ny")
@needs(Permission.DISCLOSE)
def receive() -> BaseResponse | tuple[str, int]:
    """Record it, in its own words. The clock runs from the day it came in."""
    at, asks = office()
    form = Form.of(request.form)
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    form.values = {**form.values, "text": text[: MAX_TEXT + 1]}
    form.cut = form.cut - {"text"}
    authority = acting_authority(asks, form, Permission.DISCLOSE)
    given = _received(authority, form, at.requests.today())
    if given is not None:
        with form.judging("text", gettext("Begäran kan inte antecknas så.")):
            seq = at.requests.receive(asks, given)
            return redirect(url_for("requests.one", seq=seq, sagt="inkommen"), 303)
    return _form(form), 400


def _received(authority: int, form: Form, today: date) -> Received | None:
    """What was typed; None, with the mistakes noted."""
    refuse_cut(form)
    text = form.text("text")
    if not text:
        form.wrong("text", gettext("Skriv vad som begärs, med de ord som användes."))
    elif len(text) > MAX_TEXT:
        form.wrong("text", gettext("Texten är för lång: högst %(num)s tecken.", num=MAX_TEXT))
    on = day_in(form, "inkom", needed=True)
    if on is not None and on > today:
        form.wrong("inkom", gettext("Den dagen har inte varit än."))
    if form.text("satt") not in set(Manner):
        form.wrong("satt", gettext("Välj hur begäran kom in."))
    if form.mistakes or on is None:
        return None
    return Received(
        authority=authority,
        on=on,
        manner=Manner(form.text("satt")),
        text=text,
        sender=form.text("avsandare"),
        delivery=form.text("svar-till"),
    )

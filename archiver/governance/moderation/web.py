"""Modereringsloggen: the measures as they stand, what a platform showed against them, and the forms
by which a measure is logged, tried again and lifted. One address, the form says what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound
from archiver.governance.core import moderation as m
from archiver.governance.moderation.grounds import grounds
from archiver.governance.moderation.queries import day_of
from archiver.governance.moderation.service import Moderation
from archiver.governance.web import pages, rooms
from archiver.governance.web_choices import account_name, said
from archiver.governance.web_doing import day_field, one_of, text_field
from archiver.governance.web_fields import Choices, Field, Given, Kind, read
from archiver.web.form import Form
from archiver.web.i18n import Words, chosen, gettext
from archiver.web.i18n import lazy_gettext as _l
from archiver.web.needs import needs
from archiver.web.services import services, viewer

_OF = one_of("atgard", "of", _l("Åtgärd i loggen"), "measures", int)
_GROUND = one_of("grund", "ground", _l("Grund"), "grounds", str, needed=False)
_DECIDER = Field(name="beslutsfattare", key="decider", label=_l("Vem som beslutade"))


class Asked(NamedTuple):
    """A form of the log: its title, what it asks for and what it does."""

    title: Words
    fields: tuple[Field, ...]
    act: Callable[[Moderation, Viewer, Given], int]


def _take(log: Moderation, asks: Viewer, given: Given) -> int:
    numbers = str(given.pop("records")).replace(",", " ").split()
    digits = [one.upper().removeprefix("R") for one in numbers]
    if not all(one.isascii() and one.isdecimal() and len(one) < 16 for one in digits):
        raise ConfigError("Records are named by their numbers: R5120.")
    known = grounds().get(given["ground"])
    told = given.pop("reply") or (known.reply if known else "")
    on = given.pop("on") or log.today()
    records = tuple(dict.fromkeys(int(one) for one in digits))
    return log.take(asks, m.Taken(records=records, on=on, reply=told, **given))


FORMS: Mapping[str, Asked] = {
    "logga": Asked(
        _l("Logga en åtgärd"),
        (
            one_of("konto", "channel", _l("Konto"), "channels", int),
            one_of("vad", "measure", _l("Vad som gjordes"), "kinds", m.Measure),
            Field(
                name="handlingar",
                key="records",
                label=_l("Handlingar"),
                help=_l("Nummer, som R5120. Vid blockering lämnas fältet tomt."),
            ),
            Field(name="vem", key="account", label=_l("Blockerat konto, som det heter där")),
            day_field("dag", "on", _l("Dag, om det inte var i dag")),
            _GROUND,
            _DECIDER,
            Field(name="motiv", key="motive", label=_l("Varför"), kind=Kind.AREA),
            Field(
                name="svar",
                key="reply",
                label=_l("Vad den som skrev fick veta"),
                kind=Kind.AREA,
                help=_l("Tomt: grundens egen text."),
            ),
            day_field("omprovas", "review", _l("Omprövas")),
        ),
        _take,
    ),
    "omprova": Asked(
        _l("Ompröva eller komplettera"),
        (
            _OF,
            text_field("skal", "reason", _l("Varför åtgärden står fast, eller vad som saknades")),
            _GROUND,
            _DECIDER,
            day_field("omprovas", "review", _l("Omprövas nästa gång")),
        ),
        lambda log, asks, given: log.review(asks, m.Reviewed(**given)),
    ),
    "hav": Asked(
        _l("Häv"),
        (_OF, text_field("skal", "reason", _l("Varför åtgärden hävs"))),
        lambda log, asks, given: log.lift(asks, m.Lifted(**given)),
    ),
}


@pages.get("/livscykel/moderering")
@needs(Permission.OVERSEE)
def moderation() -> str:
    """The log, the newest first; with `konto` one account's, held against what it showed."""
    return _shown(Form.of(request.args))


@pages.post("/livscykel/moderering")
@needs(Permission.GOVERN)
def moderate() -> Response | tuple[str, int]:
    """Log a measure, try one again, or lift it."""
    form = Form.of(request.form)
    doing = FORMS.get(form.text("gor"))
    if doing is None:
        form.wrong("gor", gettext("Välj vad som ska göras."))
        return _shown(form), 400
    log, asks = rooms().moderation, viewer()
    given = read(doing.fields, form, request.files, _choices(log, asks))
    if not form.mistakes:
        try:
            doing.act(log, asks, given)
            return redirect(url_for("lifecycle.moderation", sagt="ja"), 303)
        except (ConfigError, NotFound) as error:
            words = gettext("Det kan inte antecknas så. Ingenting ändrades.")
            form.wrong("gor", words, str(error))
    return _shown(form), 400


def _choices(log: Moderation, asks: Viewer) -> Choices:
    mine = [one for one in services().channels() if asks.may(Permission.GOVERN, one.authority)]
    standing = [
        (str(row.seq), f"{row.seq} {m.MEASURES[m.Measure(row.measure)].say(chosen())} {one.on}")
        for row, one in log.list(asks)
        if row.lifted is None and asks.may(Permission.GOVERN, row.authority)
    ]
    return {
        "channels": [(str(one.seq), account_name(one.seq)) for one in mine],
        "kinds": said(m.MEASURES),
        "grounds": [(code, one.words.say(chosen())) for code, one in grounds().items()],
        "measures": standing,
    }


def _shown(form: Form) -> str:
    log, asks = rooms().moderation, viewer()
    known = [one for one in services().channels() if asks.may(Permission.OVERSEE, one.authority)]
    asked = request.args.get("konto", "").upper().removeprefix("C")
    chosen_one = next((one.seq for one in known if str(one.seq) == asked), None)
    measures = log.list(asks, () if chosen_one is None else (chosen_one,))
    doing = form.text("gor") if form.text("gor") in FORMS else "logga"
    seen = log.reconcile(asks, chosen_one) if chosen_one is not None else ()
    return render_template(
        "lifecycle/moderation.html",
        measures=measures[::-1],
        kinds=m.MEASURES,
        kind_of=m.Measure,
        grounds=grounds(),
        day_of=day_of,
        today=log.today(),
        at=chosen_one,
        known=[(one.seq, account_name(one.seq)) for one in known],
        account_name=account_name,
        episodes=[(one.episode, one.cause, stockholm_date(one.episode.at)) for one in seen],
        causes=m.CAUSES,
        unlogged=m.Cause.UNLOGGED,
        unknown=m.Cause.UNKNOWN,
        forms=FORMS,
        name=doing,
        doing=FORMS[doing],
        choices=_choices(log, asks),
        form=form,
        said=gettext("Antecknat.") if request.args.get("sagt") else "",
    )

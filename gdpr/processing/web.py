"""Dataskydd › Behandlingar and Information: what is processed, the notice, the assessment."""

from __future__ import annotations

import json

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.document.parts import as_pdf
from archiver.errors import ConfigError
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services
from gdpr.core.processing import COLUMNS
from gdpr.processing import dpia, notice, record
from gdpr.processing.service import Particulars
from gdpr.web import asked_authority, attached, authorities, language, name_of, office, pages, typed


@pages.get("/dataskydd/behandlingar")
@needs(Permission.PROTECT_DATA)
def processing() -> BaseResponse | str:
    """The record of processing as it stands now (`gor`: pdf, json, csv; or dpia for the template of
    the impact assessment)."""
    at, asks = office()
    form, say = Form.of(request.args), language()
    authority = asked_authority(asks)
    said = Particulars(form.text("kontakt")[:300], form.text("ombud")[:300])
    made = at.processing.record(asks, authority, said)
    match form.text("gor"):
        case "pdf":
            return _file(as_pdf(record.as_document(made, say)), "behandlingsregister", "pdf")
        case "dpia":
            return _file(as_pdf(dpia.as_document(made, say)), "konsekvensbedomning", "pdf")
        case "csv":
            return _file(record.as_csv(made, say).encode("utf-8-sig"), "behandlingsregister", "csv")
        case "json":
            data = json.dumps(record.as_data(made, say), ensure_ascii=False).encode()
            return _file(data, "behandlingsregister", "json")
    return render_template(
        "protection/processing.html",
        record=made,
        rows=list(made.rows(say)),
        columns=[one.say(say) for one in COLUMNS],
        missing=[one.say(say) for one in made.missing()],
        authority=authority,
        authorities=authorities(asks),
        form=form,
    )


_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}


def _file(data: bytes, name: str, kind: str) -> Response:
    return attached(data, f"{name}.{kind}", _TYPES[kind])


@pages.get("/dataskydd/information")
@needs(Permission.PROTECT_DATA)
def privacy_notice() -> str:
    """The privacy notice as it would read now, and those that were adopted."""
    return _page(Form.of(request.args))


@pages.post("/dataskydd/information")
@needs(Permission.PROTECT_DATA)
def adopt_notice() -> BaseResponse | tuple[str, int]:
    """Record that the notice was adopted as it reads now."""
    at, asks = office()
    form = typed()
    authority = asked_authority(asks, form)
    if form.text("gor") == "visa":
        return _page(form), 200
    for name in ("kontakt", "ombud"):
        if not form.text(name):
            form.wrong(name, gettext("Fyll i kontaktuppgiften: den ska stå i informationen."))
    if not form.mistakes:
        try:
            at.processing.adopt(
                asks,
                authority,
                Particulars(form.text("kontakt"), form.text("ombud")),
                channel=form.number("kanal") or 0,
                decision=form.text("beslut"),
            )
            place = url_for("protection.privacy_notice", namnd=authority, sagt="antagen")
            return redirect(place, 303)
        except ConfigError as error:
            form.wrong("kontakt", gettext("Informationen kan inte antas så."), str(error))
    return _page(form), 400


def _page(form: Form) -> str:
    at, asks = office()
    authority = asked_authority(asks, form if form.text("namnd") else None)
    channels = [one for one in services().channels() if one.authority == authority]
    said = Particulars(form.text("kontakt")[:300], form.text("ombud")[:300])
    made = at.processing.record(asks, authority, said, channel=form.number("kanal") or 0)
    return render_template(
        "protection/notice.html",
        parts=notice.paragraphs(made, language()),
        adopted=at.processing.adopted(asks, authority),
        titles={one.seq: one.title or one.url for one in channels},
        authority=authority,
        name=name_of(authority),
        authorities=authorities(asks),
        form=form,
        said=gettext("Informationen är antagen, i båda språkens lydelse.")
        if request.args.get("sagt") == "antagen"
        else "",
    )

"""Granskning: the auditor's report on a page, as PDF/A and JSON, a sample, and the verdicts.

Every page asks for the right to audit; of which authority is decided here, and by the service. A
verdict is taken only of who has no part in what is audited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.core.channel import Authority
from archiver.document.parts import as_pdf
from archiver.errors import ConfigError, NotFound
from archiver.governance.audit import told
from archiver.governance.audit.questions import survey
from archiver.governance.audit.service import FRAMES, Audits, is_independent
from archiver.governance.core import audit
from archiver.web.app import Part
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import services, viewer

EXTENSION = "diarkiv-audit"
SIZE = 25  # of a sample, if none is said
pages = Blueprint("audit", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of one app work with."""

    audits: Audits


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with the audit."""

    def attach(app: Flask) -> None:
        app.extensions[EXTENSION] = made()
        app.register_blueprint(pages)

    return attach


@pages.get("/granskning")
@needs(Permission.AUDIT)
def report() -> str | Response:
    """The report of an authority (`namnd`) over a period (`fran`, `till`); with `som` as PDF or
    JSON; with `fro` a sample of it is drawn, too."""
    form = Form.of(request.args)
    authority, period = _authority(form.text("namnd")), _period(form)
    return _shown(authority, period, form)


@pages.post("/granskning")
@needs(Permission.AUDIT)
def assess() -> BaseResponse | str | tuple[str, int]:
    """Record a verdict on a question (`fraga`) of the report that was shown."""
    form = Form.of(request.form)
    authority, period = _authority(form.text("namnd")), _period(form)
    try:
        verdict = audit.Verdict(form.text("bedomning"))
    except ValueError:
        form.wrong("bedomning", gettext("Välj en bedömning."))
    if not form.text("text"):
        form.wrong("text", gettext("Skriv varför."))
    if not form.mistakes:
        said = audit.Assessed(
            question=form.text("fraga"),
            since=period.since,
            until=period.until,
            verdict=verdict,
            text=form.text("text"),
            seen=form.text("sett"),
        )
        try:
            _audits().assess(viewer(), authority.seq, said)
        except ConfigError as error:
            form.wrong("text", gettext("Det kan inte antecknas så."), str(error))
        else:
            since, until = map(str, period)
            return redirect(
                url_for("audit.report", namnd=authority.seq, fran=since, till=until), 303
            )
    shown = _shown(authority, period, form)
    assert isinstance(shown, str)
    return shown, 400


def _shown(authority: Authority, period: audit.Period, form: Form) -> str | Response:
    asks, at = viewer(), _audits()
    made = at.report(asks, authority.seq, period)
    if request.args.get("som") == "pdf":
        paper = told.document(made, "en" if chosen() == "en" else "sv")
        answer = Response(as_pdf(paper), content_type="application/pdf")
        answer.headers["Content-Disposition"] = 'attachment; filename="granskning.pdf"'
        return answer
    if request.args.get("som") == "json":
        return jsonify(told.as_json(made))
    sample = None
    if form.text("fro"):
        size = form.number("antal") or SIZE
        frame = form.text("ram") or FRAMES[0]
        try:
            sample = at.sample(
                asks, authority.seq, period, frame=frame, seed=form.text("fro"), size=size
            )
        except ConfigError as error:
            form.wrong("fro", gettext("Urvalet kan inte dras så."), str(error))
    return render_template(
        "audit/report.html",
        report=made,
        sample=sample,
        form=form,
        frames=FRAMES,
        authorities=_mine(),
        assesses=is_independent(asks, authority.seq),
        verdicts=audit.VERDICTS,
        told=told,
        days={"namnd": authority.seq, "fran": str(period.since), "till": str(period.until)},
        caveat=survey().caveat,
    )


def _audits() -> Audits:
    return cast("Office", current_app.extensions[EXTENSION]).audits


def _mine() -> list[Authority]:
    asks = viewer()
    return [one for one in services().authorities() if asks.may(Permission.AUDIT, one.seq)]


def _authority(named: str) -> Authority:
    """The authority that is named, else the first one audits. `NotFound` for another's."""
    for one in _mine():
        if named in ("", str(one.seq)):
            return one
    raise NotFound("There is no such authority.", remedy="Choose one of the list.")


def _period(form: Form) -> audit.Period:
    """The period that is named, else last year. `NotFound` for days that are none."""
    known = _audits().last_year()
    try:
        since, until = (
            date.fromisoformat(form.text(name)) if form.text(name) else default
            for name, default in zip(("fran", "till"), known, strict=True)
        )
    except ValueError:
        raise NotFound("The days are none.", remedy="Write them as 2026-12-31.") from None
    if since > until:
        raise NotFound("The period ends before it begins.", remedy="Turn the days around.")
    return audit.Period(since, until)

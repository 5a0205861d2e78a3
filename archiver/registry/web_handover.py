"""Överlämnat: what was handed over to somebody who answers, how it stands, receipt and answer.

Addresses of the register's part. A form names the newest note that its page showed: one that is
sent twice, or from a page that is no longer true, is refused and notes nothing.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.registry import words
from archiver.registry.core.handover import MAX_NUMBER, Standing
from archiver.registry.core.triage import HandoverStep
from archiver.registry.web import Office, office
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services
from archiver.web.views import asked

pages = Blueprint("handovers", __name__)


def _standing() -> Standing | None:
    try:
        return Standing(request.args.get("lage", ""))
    except ValueError:
        return None


@pages.get("/diarium/overlamnat")
@needs(Permission.READ)
def handovers() -> str:
    """Handovers, the newest first; `lage` shows those that stand so."""
    at, asks = office()
    now, standing = services().clock.now(), _standing()
    return render_template(
        "registry/handovers.html",
        page=at.handovers.page(asks, now=now, standing=standing, before=asked.number("fore")),
        standing=standing,
        standings=list(Standing),
        counts=at.handovers.counts(asks, now=now),
        names={one.seq: one.name for one in services().authorities()},
        kept=asked.kept("fore"),
    )


@pages.get("/diarium/overlamnat/<int:seq>")
@needs(Permission.READ)
def handover(seq: int) -> str:
    """One handover, with everything that was noted of it."""
    at, asks = office()
    return handover_page(at, asks, seq, Form())


def handover_page(at: Office, asks: Viewer, seq: int, form: Form) -> str:
    """The page of one handover, with what was wrong in a form."""
    found = at.handovers.one(asks, seq, now=services().clock.now())
    names = {one.seq: one.name for one in services().authorities()}
    return render_template(
        "registry/handover.html",
        one=found,
        authority=names.get(found.authority, ""),
        form=form,
        may_note=asks.may(Permission.REGISTER, found.authority) and found.answered is None,
        receipt_days=at.handovers.receipt_days,
        said=words.said(request.args.get("sagt", "")),
    )


def noted(seq: int, said: str) -> BaseResponse:
    """To the handover's page, saying what was done."""
    return redirect(url_for("handovers.handover", seq=seq, sagt=said), 303)


@pages.post("/diarium/overlamnat/<int:seq>/kvittens")
@needs(Permission.REGISTER)
def receipt(seq: int) -> BaseResponse | tuple[str, int]:
    """Note that the recipient has it, and their number for it."""
    return _note(seq, HandoverStep.RECEIVED, "dnr", "kvittens")


@pages.post("/diarium/overlamnat/<int:seq>/svar")
@needs(Permission.REGISTER)
def answer(seq: int) -> BaseResponse | tuple[str, int]:
    """Note that it is answered: nothing more is waited for."""
    return _note(seq, HandoverStep.ANSWERED, "svar", "besvarad")


def _note(seq: int, step: HandoverStep, field: str, said: str) -> BaseResponse | tuple[str, int]:
    at, asks = office()
    at.handovers.one(asks, seq, now=services().clock.now())  # another's is not there
    form, number = Form.of(request.form), ""
    if step is HandoverStep.RECEIVED:
        note, number = form.text("kvittensnot"), form.text("dnr")
        if not number and not note:
            form.wrong("dnr", gettext("Skriv mottagarens nummer, eller vem som kvitterade."))
        if len(number) > MAX_NUMBER:
            form.wrong("dnr", gettext("Numret är för långt."))
    else:
        note = form.text("svar")
        if not note:
            form.wrong("svar", gettext("Skriv hur det besvarades, till exempel datum och nummer."))
    if not form.mistakes:
        with form.judging(field, gettext("Det går inte att anteckna så.")):
            at.handovers.note(asks, seq, step, note, number=number, seen=form.number("sett") or 0)
            return noted(seq, said)
    return handover_page(at, asks, seq, form), 400

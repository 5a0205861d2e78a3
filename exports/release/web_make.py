"""Checking a draft, releasing it, and handing over its files.

Checking and releasing go on beside the page, which follows them and can be left. What leaked is
told by its place and never by its value. A suspect may be let pass by a person with a reason; a
hidden value never is.
"""

from __future__ import annotations

from flask import Response, jsonify, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from exports.core.access_request import REFUSALS, Step
from exports.core.release import Delivery
from exports.release.service import Released
from exports.release.web import desk, exact_page, hides_structure, own, release_page
from exports.release.work import Going
from exports.web import pages

_TYPES = {
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
}


@pages.post("/utlamnanden/<int:seq>/kontroll")
@needs(Permission.DISCLOSE)
def check(seq: int) -> BaseResponse:
    """Render the draft and search every file of it; nothing leaves."""
    releases, _, work, asks = desk()
    found = own(seq)
    hide = hides_structure()
    work.start(
        found.seq,
        "check",
        lambda tell: releases.check(asks, found.seq, hide_structure=hide, progress=tell),
    )
    return _back(found.seq)


@pages.post("/utlamnanden/<int:seq>/lamna-ut")
@needs(Permission.DISCLOSE)
def make(seq: int) -> BaseResponse | tuple[str, int]:
    """Release the set that the page showed (`digest`), as a part or as the answer (`steg`)."""
    releases, _, work, asks = desk()
    found, form = own(seq), Form.of(request.form)
    steps = {Step.RELEASE_PART.value, Step.ANSWER.value}
    if form.text("steg") not in steps:
        form.wrong("steg", gettext("Välj om det är en del eller hela svaret."))
    told, digest, step = bool(form.text("upplyst")), form.text("digest"), form.text("steg")
    hide = hides_structure()
    preview = releases.preview(asks, found.seq, hide_structure=hide)
    if preview.digest != digest:
        form.wrong("digest", gettext("Något har ändrats sedan sidan visades. Se efter igen."))
    answer = preview.extent.answer
    if step == Step.ANSWER.value and answer is None:
        form.wrong("steg", gettext("Det är inte hela svaret: allt som begärs är inte bedömt."))
    if step == Step.ANSWER.value and answer in REFUSALS and not told:
        told_so = gettext(
            "Upplys om rätten till ett skriftligt beslut, och kryssa i att det är gjort."
        )
        form.wrong("upplyst", told_so)
    if form.mistakes:
        return exact_page(seq, form), 400

    def release(tell: object) -> Released:
        return releases.make(
            asks,
            found.seq,
            digest=digest,
            step=Step(step),
            told=told,
            hide_structure=hide,
            progress=tell,  # type: ignore[arg-type]
        )

    work.start(found.seq, "make", release)
    return _back(found.seq)


def _back(seq: int, sagt: str | None = None) -> BaseResponse:
    """To the page that shows exactly what leaves, as it was shown."""
    hide, anchor = "1" if hides_structure() else None, None if sagt else "kontrollen"
    return redirect(url_for("requests.exact", seq=seq, sagt=sagt, dolj=hide, _anchor=anchor), 303)


@pages.get("/utlamnanden/<int:seq>/lage")
@needs(Permission.DISCLOSE)
def work_state(seq: int) -> Response:
    """How far the work on a release has come, as data for the page that follows it."""
    _, _, work, _ = desk()
    return jsonify(told(work.of(own(seq).seq)))


def told(going: Going | None) -> dict[str, int | str | bool]:
    """Work for the page: what goes on, how far it is."""
    if going is None:
        return {"title": "", "done": 0, "total": 0, "note": "", "running": False}
    title = gettext("Lämnar ut") if going.what == "make" else gettext("Kontrollerar")
    note = gettext("Handlingarna maskas, skrivs ut och söks igenom.")
    return {
        "title": title,
        "done": going.done,
        "total": max(going.total, 1),
        "note": note,
        "running": going.running,
    }


@pages.post("/utlamnanden/<int:seq>/undanta")
@needs(Permission.DISCLOSE)
def waive(seq: int) -> BaseResponse | tuple[str, int]:
    """Let a suspect of the newest check (`fynd`) pass, with a reason."""
    releases, _, work, asks = desk()
    found, form = own(seq), Form.of(request.form)
    if not form.text("skal"):
        form.wrong("skal", gettext("Skriv varför det kan lämnas ut."))
    if not form.mistakes:
        try:
            releases.waive(asks, found.seq, form.text("fynd"), form.text("skal"))
            work.waive(found.seq, form.text("fynd"))
            return _back(found.seq, sagt="undantaget")
        except (ConfigError, NotFound, RuleViolation) as error:
            form.wrong("skal", gettext("Det kan inte undantas."), str(error))
    return exact_page(seq, form), 400


# --- what was released ---------------------------------------------------------------------------


@pages.get("/utlamnanden/<int:seq>/filer/<name>")
@needs(Permission.DISCLOSE)
def file(seq: int, name: str) -> Response:
    """A file of a release that was made; rendered again if it is not at hand."""
    releases, _, work, asks = desk()
    found = own(seq)
    releases.drafts.refuse_unreadable(asks, found.seq)
    files = work.files(found.seq)
    if files is None and found.made is None:
        raise NotFound("The release has not been made.", remedy="Make the release first.")
    if files is None:
        files = releases.render(asks, found.seq).outputs
        work.keep(found.seq, files)
    for one in files:
        if one.name == name:
            answer = make_response(one.content)
            kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
            answer.headers["Content-Type"] = kind
            answer.headers["Content-Disposition"] = f'attachment; filename="{one.name}"'
            return answer
    raise NotFound("The release has no such file.", remedy="Its page lists them.")


@pages.post("/utlamnanden/<int:seq>/filer")
@needs(Permission.DISCLOSE)
def again(seq: int) -> BaseResponse:
    """Make the files of a release again, the same bytes, to download them."""
    releases, _, work, asks = desk()
    found = own(seq)
    if found.made:
        work.start(found.seq, "make", lambda tell: releases.render(asks, found.seq, tell))
    return redirect(url_for("requests.release", seq=found.seq), 303)


@pages.post("/utlamnanden/<int:seq>/lamnat")
@needs(Permission.DISCLOSE)
def deliver(seq: int) -> BaseResponse | tuple[str, int]:
    """Note how it was handed over (`satt`)."""
    releases, _, _, asks = desk()
    found, form = own(seq), Form.of(request.form)
    if form.text("satt") not in set(Delivery):
        form.wrong("satt", gettext("Välj hur det lämnades."))
    elif found.made is None:
        form.wrong("satt", gettext("Det är inte utlämnat än."))
    if form.mistakes:
        return release_page(seq, form), 400
    releases.drafts.deliver(asks, found.seq, Delivery(form.text("satt")))
    return redirect(url_for("requests.release", seq=found.seq, sagt="lamnat"), 303)

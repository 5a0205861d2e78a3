"""Framställan and arkivbeskrivning: filled from the plan, counts and decisions; read here, or saved
as PDF, text or JSON. What only people can tell is typed, and is not kept."""

from __future__ import annotations

from flask import Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.core.form import as_json
from archiver.document.parts import Document, as_pdf, as_text
from archiver.errors import NotFound
from archiver.web.form import Form
from archiver.web.i18n import chosen
from archiver.web.needs import needs
from archiver.web.services import services
from retention.core.words import Language
from retention.documents.description import description_document
from retention.documents.drafting import Ground, Told, description_of, petition_of
from retention.documents.petition import petition_document
from retention.schedule import shipped
from retention.web import (
    asked_authority,
    channels_of,
    office,
    own_authorities,
    pages,
    refuse_cut,
    today,
)

_LINES = ("public_aids", "secrecy", "exchanges", "signers")
# Fields of the forms, in Swedish as they stand in the address: what they tell.
_FIELDS = {
    "dnr": "number",
    "till": "to",
    "bakgrund": "background",
    "regler": "rules",
    "aterfinna": "search",
    "sammanstalla": "compilation",
    "upplysningar": "contact",
    "organisation": "organisation",
    "ordning": "order",
    "forsaljning": "sale",
    "hjalpmedel": "public_aids",
    "sekretess": "secrecy",
    "utbyte": "exchanges",
    "underskrift": "signers",
}


@pages.get("/gallring/framstallan")
@needs(Permission.READ)
def petition() -> str:
    """The petition to the archival authority as it would be, and the form to fill it."""
    return _page("petition", Form())


@pages.post("/gallring/framstallan")
@needs(Permission.READ)
def make_petition() -> BaseResponse | str | tuple[str, int]:
    """The petition with what was typed: shown, or as a file (`gor`: pdf, txt, json)."""
    return _answer("petition")


@pages.get("/gallring/arkivbeskrivning")
@needs(Permission.READ)
def description() -> str:
    """The text for the description of the archive as it would be, and the form to fill it."""
    return _page("description", Form())


@pages.post("/gallring/arkivbeskrivning")
@needs(Permission.READ)
def make_description() -> BaseResponse | str | tuple[str, int]:
    """The description with what was typed: shown, or as a file (`gor`: pdf, txt, json)."""
    return _answer("description")


def _answer(kind: str) -> BaseResponse | str | tuple[str, int]:
    form = Form.of(request.form)
    refuse_cut(form)
    if form.mistakes:
        return _page(kind, form), 400
    how = form.text("gor")
    if how not in ("pdf", "txt", "json"):
        return _page(kind, form)
    authority = _authority(form)
    document, canonical = _made(kind, authority, form)
    name = "gallringsframstallan" if kind == "petition" else "arkivbeskrivning"
    if how == "pdf":
        answer = Response(as_pdf(document), content_type="application/pdf")
    elif how == "txt":
        answer = Response(as_text(document), content_type="text/plain; charset=utf-8")
    else:
        answer = Response(canonical, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{authority}.{how}"'
    return answer


def _authority(form: Form) -> int:
    _, asks = office()
    return asked_authority(asks, form if form.text("namnd") else None)


def _page(kind: str, form: Form) -> str:
    _, asks = office()
    authority = _authority(form)
    document, _ = _made(kind, authority, form)
    return render_template(
        f"retention/{kind}.html",
        authority=authority,
        authorities=own_authorities(asks),
        form=form,
        text=as_text(document),
    )


def _made(kind: str, authority: int, form: Form) -> tuple[Document, bytes]:
    """The document, and its canonical JSON."""
    told, language = _told(form), _language()
    ground = _ground(authority)
    with services().ledger.database.read() as connection:
        if kind == "petition":
            asked = petition_of(connection, ground, told, language)
            return petition_document(asked, language=language), as_json(asked)
        described = description_of(connection, ground, told, language)
        return description_document(described, language=language), as_json(described)


def _language() -> Language:
    return "en" if chosen() == "en" else "sv"


def _told(form: Form) -> Told:
    lines = {
        name: tuple(
            line for part in form.values.get(typed, "").splitlines() if (line := part.strip())
        )
        for typed, name in _FIELDS.items()
        if name in _LINES
    }
    texts = {name: form.text(typed) for typed, name in _FIELDS.items() if name not in _LINES}
    return Told(**texts, **lines)  # type: ignore[arg-type]  # by the two kinds of fields


def _ground(authority: int) -> Ground:
    at, asks = office()
    found = next((one for one in services().authorities() if one.seq == authority), None)
    if found is None:
        raise NotFound("There is no such authority.", remedy="Choose one of the list.")
    schedule = at.plans.schedule_in_force(authority, today())
    return Ground(
        authority=found,
        schedule=schedule or shipped.proposal(today(), authority).schedule,
        decisions=at.plans.decisions(authority),
        holds=[one.hold for one in at.holds.list(asks, authorities=frozenset({authority}))],
        channels=channels_of(authority),
        platforms=services().platforms,
        today=today(),
        at=services().clock.now(),
    )

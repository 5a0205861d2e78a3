"""Gallringsprotokollet on the web: read, and taken along as PDF, as the JSON that was sealed, or
with its proof.

Arkivlag 10 §: the certificate is kept for ever, so its pages are there also when what it is about
is long gone.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, render_template

from archiver.core.access import Permission
from archiver.core.form import as_json
from archiver.document.parts import Document, as_pdf, as_text
from archiver.web.needs import needs
from archiver.web.services import services
from retention.core.certificate import Certificate
from retention.core.stage import is_complete, state_in_words
from retention.documents.certificate import certificate_document
from retention.documents.figures import volume
from retention.web import decisions_of, language, office

pages = Blueprint("certificate", __name__, template_folder="../templates")


@pages.get("/gallring/<int:seq>/protokoll")
@needs(Permission.READ)
def certificate(seq: int) -> str:
    """The certificate of a disposal, with its three dates."""
    at, asks = office()
    held = at.disposals.get(asks, seq)
    found, today = at.disposals.certificate(asks, seq), at.disposals.today()
    return render_template(
        "disposal/certificate.html",
        held=held,
        row=held.row,
        certificate=found,
        decisions=decisions_of(at, held),
        stage=state_in_words(found, today, language()),
        is_complete=is_complete(found, today),
        text=as_text(_document(found)),
        volumes=[volume(one.volume, language()) for one in found.extents],
        name={one.seq: one.name for one in services().authorities()}.get(held.row.authority, ""),
    )


@pages.get("/gallring/<int:seq>/protokoll.pdf")
@needs(Permission.READ)
def pdf(seq: int) -> Response:
    """The same as PDF, with the sealed JSON attached."""
    at, asks = office()
    found = at.disposals.certificate(asks, seq)
    return _file(as_pdf(_document(found)), found, "pdf", "application/pdf")


@pages.get("/gallring/<int:seq>/protokoll.json")
@needs(Permission.READ)
def data(seq: int) -> Response:
    """The JSON that was sealed."""
    at, asks = office()
    found = at.disposals.certificate(asks, seq)
    return _file(as_json(found), found, "json", "application/json")


@pages.get("/gallring/<int:seq>/protokoll.zip")
@needs(Permission.READ)
def proof(seq: int) -> Response:
    """Its proof: what a recovery believes, and an outsider checks."""
    at, asks = office()
    found = at.disposals.certificate(asks, seq)
    return _file(
        at.disposals.proof(asks, seq, _name(found, "zip")), found, "zip", "application/zip"
    )


def _document(found: Certificate) -> Document:
    return certificate_document(found, today=office()[0].disposals.today(), language=language())


def _file(content: bytes, found: Certificate, ending: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{_name(found, ending)}"'}
    return Response(content, mimetype=kind, headers=headers)


def _name(found: Certificate, ending: str) -> str:
    number = re.sub(r"[^A-Za-z0-9-]+", "-", found.number)
    return f"gallringsprotokoll-{number}.{ending}"

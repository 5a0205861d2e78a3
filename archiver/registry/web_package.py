"""Filpaket: an entry or a handover as a file to save, sent while it is made; and receipts for it.

What is protected in a package is noted in the access log, record by record, before a byte is sent.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.registry.core.package import MAX_RECEIPT
from archiver.registry.package import Package
from archiver.registry.web import office
from archiver.registry.web_handover import handover_page, noted
from archiver.web import trail
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services

pages = Blueprint("packages", __name__)


@pages.post("/diarium/<int:seq>/paket")
@needs(Permission.PROVE)
def entry_package(seq: int) -> Response:
    """The package of a register entry."""
    at, asks = office()
    return _sent(at.packages.of_entry(asks, seq))


@pages.post("/diarium/overlamnat/<int:seq>/paket")
@needs(Permission.PROVE)
def handover_package(seq: int) -> Response:
    """The package of a handover."""
    at, asks = office()
    return _sent(at.packages.of_handover(asks, seq))


def _sent(package: Package) -> Response:
    at, asks = office()
    for one in package.apart:
        trail.protected(one, package.authority)
    answer = Response(at.packages.stream(asks, package), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{package.name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@pages.post("/diarium/overlamnat/<int:seq>/kvittensfil")
@needs(Permission.REGISTER)
def receipt_file(seq: int) -> BaseResponse | tuple[str, int]:
    """Take a receipt file for this handover's package: it is closed with it."""
    at, asks = office()
    at.handovers.one(asks, seq, now=services().clock.now())  # another's is not there
    file, form = request.files.get("kvittensfil"), Form()
    data = file.stream.read(MAX_RECEIPT + 1) if file is not None else b""
    if not data:
        form.wrong("kvittensfil", gettext("Välj kvittensfilen."))
    else:
        words = gettext("Filen är ingen kvittens på ett filpaket från den här överlämningen.")
        with form.judging("kvittensfil", words):
            at.packages.take_receipt(asks, data, seq)
            return noted(seq, "kvittens")
    return handover_page(at, asks, seq, form), 400

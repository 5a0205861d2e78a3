"""Om arkivet: the log, its key, and how an outsider verifies it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from archiver.core.access import Permission
from archiver.web.needs import needs
from archiver.web.reading import archive
from archiver.web.services import services, viewer

pages = Blueprint("about", __name__)


@pages.get("/om")
@needs(Permission.OVERSEE)
def about() -> str:
    """Size, checkpoint and public key of the log."""
    return render_template("about.html", health=archive.health(services(), viewer()))


@pages.get("/om/vkey")
@needs(Permission.OVERSEE)
def vkey() -> Response:
    """The public key as a file, to keep where the archive cannot reach it."""
    answer = Response(archive.vkey(services(), viewer()) + "\n", mimetype="text/plain")
    answer.headers["Content-Disposition"] = 'attachment; filename="diarkiv.vkey"'
    return answer

"""One run, and the progress of long work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template

from archiver.core.access import Permission
from archiver.web.needs import needs
from archiver.web.reading import channels as reading
from archiver.web.services import services, viewer

pages = Blueprint("runs", __name__)


@pages.get("/progress")
@needs(Permission.OVERSEE)
def progress() -> Response:
    """The long work that goes on, as data for the page's own script."""
    found = services().progress()
    if found is None:
        return jsonify({"running": False})
    return jsonify(
        {
            "running": not found.finished,
            "title": found.title,
            "note": found.note,
            "done": found.done,
            "total": found.total,
        }
    )


@pages.get("/insamlingar/<int:seq>")
@needs(Permission.OVERSEE)
def run(seq: int) -> str:
    """One run: what was expected, seen and not seen, and every request."""
    return render_template("run.html", view=reading.run_view(services(), viewer(), seq))

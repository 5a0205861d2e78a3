"""Dirigering: an authority's routing table as it holds, and the file that changes it.

Whoever reads the register reads the table; who sets series and classes sets it. A file with
anything wrong in it changes nothing, and every row of it that is wrong is told.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import NotFound
from archiver.registry import words
from archiver.registry.core.phrase import Problem, Refused
from archiver.registry.routes import LONGEST, Held
from archiver.registry.web import Office, office
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services

pages = Blueprint("routes", __name__, template_folder="templates")
_MOST_BYTES = 4 * LONGEST  # of a file: what has more has too many characters as well


@pages.get("/diarium/dirigering")
@needs(Permission.READ)
def routes() -> str:
    """The table that holds for an authority (`namnd`, else the first there is)."""
    at, asks = office()
    return _page(at, asks, _authority(asks, request.args.get("namnd", "")), Form(), ())


@pages.post("/diarium/dirigering")
@needs(Permission.SET_REGISTER)
def set_routes() -> BaseResponse | tuple[str, int]:
    """Set an authority's table from a file."""
    at, asks = office()
    form = Form.of(request.form)
    authority = _authority(asks, form.text("namnd"))
    asks.require(Permission.SET_REGISTER, authority)
    upload = request.files.get("fil")
    data = upload.stream.read(_MOST_BYTES + 1) if upload and upload.filename else b""
    if not data:
        form.wrong("fil", gettext("Välj en fil."))
        return _page(at, asks, authority, form, ()), 400
    before = at.routes.held(asks, authority).own
    done = at.routes.set(asks, authority, data)
    if isinstance(done, Refused):
        form.wrong("fil", gettext("Filen behöver rättas. Ingenting ändrades."))
        return _page(at, asks, authority, form, done.problems), 400
    said = "oforandrad" if done.own == before else "dirigering"
    return redirect(url_for("routes.routes", namnd=authority, sagt=said), 303)


def _authority(asks: Viewer, named: str) -> int:
    """The authority that was named, else the first whose register the viewer reads."""
    there = [one.seq for one in services().authorities() if asks.may(Permission.READ, one.seq)]
    if named:
        if named in map(str, there):
            return int(named)
        raise NotFound("There is no such authority.", remedy="Choose one of the list.")
    if not there:
        raise NotFound("There is no authority yet.", remedy="Add one with `diarkiv authority add`.")
    return there[0]


def _page(
    at: Office, asks: Viewer, authority: int, form: Form, problems: tuple[Problem, ...]
) -> str:
    held: Held = at.routes.held(asks, authority)
    names = [
        (one.seq, one.name)
        for one in services().authorities()
        if asks.may(Permission.READ, one.seq)
    ]
    missing = {dict(one.values)["route"] for one in held.table.without_recipient()}
    return render_template(
        "registry/routes.html",
        held=held,
        authority=authority,
        authorities=names,
        changed=held.changed(at.routes.shipped),
        missing=[held.table.routes[key] for key in held.table.routes if key in missing],
        history=at.routes.history(asks, authority),
        shipped=at.routes.shipped,
        may_set=asks.may(Permission.SET_REGISTER, authority),
        form=form,
        problems=problems,
        said=words.said(request.args.get("sagt", "")),
    )

"""Klassificering: the schemes an authority has imported, their codes, and importing a file.

A file is looked at before it is taken in: what is wrong with it, row by row, or what it would
change. Meanwhile it waits as a draft does (`archiver.db.capture_drafts`): sealed, for whoever sent
it only, for a day at most; a file that is refused is not kept at all. What was imported after the
file was looked at makes it be looked at anew.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound
from archiver.harvest.media import CHUNK
from archiver.registry import words
from archiver.registry.classes import Preview, matching
from archiver.registry.core.capture import file_name
from archiver.registry.core.phrase import Problem, Refused
from archiver.registry.core.table_file import MOST_BYTES
from archiver.registry.numbering import StaleSetting
from archiver.registry.queries import ImportRow
from archiver.registry.web import Office, chosen_authority, office, own_authorities
from archiver.web.dates import parse_day
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import services
from archiver.web.views import asked

pages = Blueprint("classes", __name__, template_folder="templates")
AT_ONCE = 100  # codes on a page
MOST_TOLD = 200  # changes, or problems, that are told one by one


@pages.get("/diarium/klassificering")
@needs(Permission.READ)
def schemes() -> str:
    """The versions that hold and the codes of one: `version`, `q` (code or label), `dag`, `fran`
    (the first to show)."""
    at, asks = office()
    return _page(at, asks, Form())


def _page(at: Office, asks: Viewer, form: Form, problems: tuple[Problem, ...] = ()) -> str:
    held = at.classes.schemes(asks)
    one = _version(held, asked.number("version"))
    day = parse_day(request.args.get("dag", ""))
    found = at.classes.listed(asks, one.seq, day=f"{day:%Y-%m-%d}" if day else "") if one else []
    found = matching(found, request.args.get("q", ""))
    start = min(asked.number("fran") or 0, max(0, len(found) - 1))
    today = stockholm_date(services().clock.now()).isoformat()
    return render_template(
        "registry/classes.html",
        schemes=held,
        one=one,
        names={each.seq: each.name for each in services().authorities()},
        classes=found[start : start + AT_ONCE],
        start=start,
        total=len(found),
        at_once=AT_ONCE,
        today=today,
        authorities=own_authorities(asks, Permission.SET_REGISTER),
        form=form,
        problems=[each.say(chosen()) for each in problems[:MOST_TOLD]],
        problems_left=max(0, len(problems) - MOST_TOLD),
        kept=asked.kept("fran", "sagt"),
        said=words.said(request.args.get("sagt", "")),
    )


def _version(held: list[ImportRow], seq: int | None) -> ImportRow | None:
    """The version that is asked for, or the first."""
    if seq is None:
        return held[0] if held else None
    for one in held:
        if one.seq == seq:
            return one
    raise NotFound("There is no such scheme.", remedy="Choose one of those that are listed.")


# --- importing -----------------------------------------------------------------------------------


@pages.post("/diarium/klassificering")
@needs(Permission.SET_REGISTER)
def upload() -> BaseResponse | tuple[str, int]:
    """Look at a file: to the preview of what it would change, or what is wrong with it."""
    at, asks = office()
    form = Form.of(request.form)
    authority = chosen_authority(form, asks, Permission.SET_REGISTER)
    sent = request.files.get("fil")
    data = sent.stream.read(MOST_BYTES + 1) if sent is not None and sent.filename else b""
    if not data:
        form.wrong("fil", gettext("Välj en fil som inte är tom."))
    if authority is None or form.mistakes:
        return _page(at, asks, form), 400
    read = at.classes.preview(asks, authority, data)
    if isinstance(read, Refused):
        form.wrong("fil", gettext("Filen går inte att läsa in. Inget är inläst."))
        return _page(at, asks, form, read.problems), 400
    name = file_name((sent.filename if sent else None) or "")
    draft = at.uploads.new()
    pieces = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    with form.judging("fil", gettext("Filen kan inte tas emot nu.")):
        at.uploads.add(draft, asks.actor, name, "text/csv", pieces)
        return redirect(url_for("classes.preview", utkast=draft, namnd=authority), 303)
    return _page(at, asks, form), 400


@pages.get("/diarium/klassificering/granska")
@needs(Permission.SET_REGISTER)
def preview() -> BaseResponse | tuple[str, int] | str:
    """What a file that waits would change. Nothing is imported."""
    at, asks = office()
    return _preview(at, asks, Form.of(request.args))


@pages.post("/diarium/klassificering/las-in")
@needs(Permission.SET_REGISTER)
def take_in() -> BaseResponse | tuple[str, int] | str:
    """Import the file that was looked at, once; or take it away, with `gor=avbryt`."""
    at, asks = office()
    form = Form.of(request.form)
    draft = form.text("utkast")
    if form.text("gor") == "avbryt":
        at.uploads.drop(draft, asks.actor)
        return _back("klasser-avbrutna")
    authority = chosen_authority(form, asks, Permission.SET_REGISTER)
    data = _waiting(at, asks, draft)
    if authority is None or data is None:
        return _back("klasser-borta")
    try:
        done = at.classes.take_in(asks, authority, data, seen=form.number("sedd") or 0)
    except StaleSetting:
        said = gettext(
            "Något annat lästes in medan du tittade. Så här blir det nu: läs igenom och godkänn."
        )
        form.wrong("las-in", said)
        return _preview(at, asks, form)
    except ConfigError as error:
        form.wrong("las-in", gettext("Filen kunde inte läsas in."), str(error))
        return _preview(at, asks, form)
    if isinstance(done, Refused):
        form.wrong("las-in", gettext("Filen går inte att läsa in. Inget är inläst."))
        return _page(at, asks, form, done.problems), 400
    at.uploads.drop(draft, asks.actor)
    return _back("klasser")


def _preview(at: Office, asks: Viewer, form: Form) -> BaseResponse | tuple[str, int] | str:
    draft = form.text("utkast")
    authority = chosen_authority(form, asks, Permission.SET_REGISTER)
    data = _waiting(at, asks, draft)
    if authority is None or data is None:
        return _back("klasser-borta")
    read = at.classes.preview(asks, authority, data)
    if isinstance(read, Refused):
        return _back("klasser-borta")
    page = _preview_page(at, asks, form, authority, read)
    return (page, 409) if form.mistakes else page


def _preview_page(at: Office, asks: Viewer, form: Form, authority: int, read: Preview) -> str:
    (file,) = at.uploads.files(form.text("utkast"), asks.actor)
    return render_template(
        "registry/classes_preview.html",
        file=file,
        draft=form.text("utkast"),
        authority=authority,
        name=dict(own_authorities(asks, Permission.SET_REGISTER))[authority],
        read=read,
        most=MOST_TOLD,
        form=form,
    )


def _waiting(at: Office, asks: Viewer, draft: str) -> bytes | None:
    """The file of a draft of the viewer's own; None if there is none (any more)."""
    files = at.uploads.files(draft, asks.actor)
    if len(files) != 1 or files[0].size > MOST_BYTES:
        return None
    return b"".join(at.uploads.chunks(draft, files[0].number))


def _back(said: str) -> BaseResponse:
    return redirect(url_for("classes.schemes", sagt=said), 303)

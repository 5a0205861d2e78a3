"""Dataskydd in the web shell: what its pages work with, and the part that puts them in.

Data subjects' requests are `subjects.web`, incidents `incidents.web`, the record of processing and
the notice `processing.web`. A record's page shows what stands here beside it: rectifications and
whether its processing is restricted. Each page declares the permission it needs; what is not the
viewer's is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request

from archiver.core.access import Permission, Viewer
from archiver.errors import NotFound
from archiver.web.app import Part
from archiver.web.form import MOST, Form
from archiver.web.i18n import chosen, gettext
from archiver.web.services import services, viewer
from gdpr.core.processing import Language
from gdpr.incidents.service import Incidents
from gdpr.processing.service import Processing
from gdpr.subjects.finding import Finder
from gdpr.subjects.service import Note, Subjects

RECORD = re.compile(r"[Rr]?(\d{1,15})")
EXTENSION = "diarkiv-protection"
pages = Blueprint("protection", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the pages of one app work with."""

    subjects: Subjects
    finder: Finder
    incidents: Incidents
    processing: Processing


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with the protection of personal data."""

    def attach(app: Flask) -> None:
        from gdpr.incidents import web as incident_web
        from gdpr.processing import web as processing_web
        from gdpr.subjects import web as subject_web

        del incident_web, processing_web, subject_web  # routes are on `pages`
        app.extensions[EXTENSION] = made()
        app.jinja_env.globals.update(rectified=rectified, restricted=restricted)
        app.register_blueprint(pages)

    return attach


def office() -> tuple[Office, Viewer]:
    """The office of the app that handles this request, and who asks."""
    return cast("Office", current_app.extensions[EXTENSION]), viewer()


def language() -> Language:
    """The reader's language, for documents and words."""
    return "en" if chosen() == "en" else "sv"


def rectified(record: int) -> Sequence[Note]:
    """For templates: the rectifications that stand beside a record that the viewer reads."""
    at, asks = office()
    return at.subjects.notes(asks, [record]).get(record, ())


def restricted(record: int) -> bool:
    """For templates: whether the processing of a record is restricted."""
    at, _ = office()
    return record in at.subjects.restricted([record])


def authorities(asks: Viewer) -> list[tuple[int, str]]:
    """The authorities whose personal data the viewer protects, by number and name."""
    there = services().authorities()
    return [(one.seq, one.name) for one in there if asks.may(Permission.PROTECT_DATA, one.seq)]


def name_of(authority: int) -> str:
    """What an authority is called."""
    return next((one.name for one in services().authorities() if one.seq == authority), "")


def asked_authority(asks: Viewer, form: Form | None = None) -> int:
    """The authority that the address or the form names (`namnd`), else the first there is.
    `NotFound` for one that is not the viewer's, or if there is none."""
    there = [seq for seq, _ in authorities(asks)]
    named = form.text("namnd") if form else request.args.get("namnd", "")
    if named:
        if named in map(str, there):
            return int(named)
        raise NotFound("There is no such authority.", remedy="Choose one of the list.")
    if not there:
        raise NotFound("There is no authority yet.", remedy="Add one with `diarkiv authority add`.")
    return there[0]


def numbers_in(form: Form, name: str) -> tuple[int, ...]:
    """The records that a field names, in order; what names none is a mistake."""
    matches = [RECORD.fullmatch(one) for one in re.split(r"[\s,;]+", form.text(name)) if one]
    if not all(matches):
        form.wrong(name, gettext("Skriv handlingarnas nummer, till exempel R4711."))
        return ()
    return tuple(dict.fromkeys(int(one[1]) for one in matches if one))


def typed() -> Form:
    """What was typed in the form of this request; a field that was cut is a mistake."""
    form = Form.of(request.form)
    for name in form.cut:
        form.wrong(name, gettext("Texten är för lång: högst %(num)s tecken.", num=MOST))
    return form


def attached(data: bytes, name: str, kind: str = "application/pdf") -> Response:
    """A file to be saved under a name."""
    made = Response(data, content_type=kind)
    made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return made

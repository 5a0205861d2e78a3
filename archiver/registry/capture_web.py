"""Fånga en handling: the form in which a registrar files what came in beside the harvested lists.

A part of the web shell. Whoever may register for an authority (`Permission.REGISTER`) may capture
for it. What was typed comes back with what was wrong beside its field, and so do files: each is
kept as a draft from the moment it is chosen (`archiver.db.capture_drafts`), because a browser does
not fill in a file again. With scripts, files are sent one by one as they are chosen, with a bar;
without, they come with the form. There is no undo but a correction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TypeAlias, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.core.channel import Authority
from archiver.core.record import Origin
from archiver.db.capture_drafts import CaptureDrafts, DraftFile
from archiver.errors import AccessRefused, ConfigError, NotFound
from archiver.harvest.media import CHUNK
from archiver.registry.capture import Captured, Captures
from archiver.registry.capture_files import Upload
from archiver.registry.core import capture as rules
from archiver.registry.core.capture import AccordingTo, Received, Way, received
from archiver.web.app import Part
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.reading import records as reading
from archiver.web.services import services, viewer
from archiver.web.words_captured import ACCORDING, WAYS

EXTENSION = "diarkiv-capture"
WEB_CAP = 60_000_000  # bytes of one file: a form is held in memory while it is read
MAX_TEXT = 15_000  # characters of a typed text: a field of a form has at most 64 KiB
_DRAFT = re.compile(r"[0-9a-f]{32}")

pages = Blueprint("capture", __name__, template_folder="templates")
Done: TypeAlias = BaseResponse | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of one app work with."""

    captures: Captures
    drafts: CaptureDrafts
    authorities: Callable[[], Sequence[Authority]]


def part(captures: Captures, drafts: CaptureDrafts) -> Part:
    """The part of the web shell that captures by hand."""

    def attach(app: Flask) -> None:
        given = app.extensions["diarkiv"].services
        app.extensions[EXTENSION] = Office(captures, drafts, given.authorities)
        app.jinja_env.globals["may_capture"] = lambda: viewer().may_somewhere(Permission.REGISTER)
        app.register_blueprint(pages)

    return attach


def _office() -> Office:
    return cast("Office", current_app.extensions[EXTENSION])


def _own() -> list[Authority]:
    """The authorities that the viewer may capture for; `AccessRefused` if there is none."""
    if not viewer().may_somewhere(Permission.REGISTER):
        viewer().require(Permission.REGISTER)
    every = _office().authorities()
    return [one for one in every if viewer().may(Permission.REGISTER, one.seq)]


# --- a new one -----------------------------------------------------------------------------------


@pages.get("/handlingar/ny")
@needs(Permission.REGISTER)
def form() -> str:
    """An empty form. What was left for a day is cleared away."""
    own = _own()
    _office().drafts.clear_old()
    return _page(Form({"myndighet": own[0].code if len(own) == 1 else ""}), own)


@pages.post("/handlingar/ny")
@needs(Permission.REGISTER)
def capture() -> Done:
    """File what was typed and chosen; or the same page, with what is wrong and nothing lost."""
    own, typed = _own(), _typed()
    owner = next((one for one in own if one.code == typed.text("myndighet")), None)
    if owner is None:
        typed.wrong("myndighet", gettext("Välj vilken myndighet handlingen kom till."))
    way = typed.text("satt")
    if way not in list(Way):
        typed.wrong("satt", gettext("Välj hur handlingen kom."))
    when = _when(typed)
    if when is None:
        typed.wrong("inkom", gettext("Skriv vilken dag handlingen kom."))
    files = _chosen(typed)
    if not typed.values.get("text", "").strip() and not files:
        typed.wrong("text", gettext("Skriv en text eller välj en fil."))
    _check_lines(typed)
    if owner is None or when is None or typed.mistakes:
        return _page(typed, own, files), 400
    office, draft = _office(), typed.text("utkast")
    try:
        done = office.captures.capture(
            owner,
            way=Way(way),
            received=when,
            why=typed.values.get("varfor", ""),
            text=typed.values.get("text", ""),
            title=typed.text("rubrik"),
            sender=typed.text("fran"),
            origin=_origin(typed),
            files=_uploads(draft, files),
            actor=viewer().actor,
        )
    except ConfigError as error:
        typed.wrong("text", gettext("Handlingen kunde inte sparas som den är."), str(error))
        return _page(typed, own, files), 400
    return _filed(done, draft)


def _page(typed: Form, own: Sequence[Authority], files: Sequence[DraftFile] = ()) -> str:
    owners = [(one.code, f"{one.name} ({one.code})") for one in own]
    return render_template(
        "capture/form.html", form=typed, owners=owners, files=files, record=None, **_choices()
    )


# --- a correction --------------------------------------------------------------------------------


@pages.get("/handlingar/R<int:seq>/ratta")
@needs(Permission.REGISTER)
def correct(seq: int) -> str:
    """The newest version's words, to be put right."""
    return _correction(seq, Form(_shown(seq)))


@pages.post("/handlingar/R<int:seq>/ratta")
@needs(Permission.REGISTER)
def set_correct(seq: int) -> Done:
    """Add a version with what was put right."""
    before, typed = _shown(seq), _typed()
    files, when = _chosen(typed), None
    if typed.text("inkom"):
        when = _when(typed)
        if when is None:
            typed.wrong("inkom", gettext("Skriv vilken dag handlingen kom."))
    _check_lines(typed)
    if typed.mistakes:
        return _correction(seq, typed, files), 400
    draft = typed.text("utkast")
    changed = {name: _changed(typed, before, name) for name in ("text", "rubrik", "fran")}
    try:
        done = _office().captures.correct(
            seq,
            why=typed.values.get("varfor", ""),
            text=changed["text"],
            title=changed["rubrik"],
            sender=changed["fran"],
            received=when,
            files=_uploads(draft, files),
            actor=viewer().actor,
        )
    except ConfigError as error:
        typed.wrong("text", gettext("Rättelsen kunde inte sparas som den är."), str(error))
        return _correction(seq, typed, files), 400
    return _filed(done, draft)


def _correction(seq: int, typed: Form, files: Sequence[DraftFile] = ()) -> str:
    return render_template(
        "capture/form.html", form=typed, owners=(), files=files, record=seq, **_choices()
    )


def _shown(seq: int) -> dict[str, str]:
    """The newest words of a record that the viewer may correct. One of another authority is not
    there, as one that does not exist."""
    try:
        viewer().require(Permission.REGISTER, _office().captures.authority_of(seq))
    except AccessRefused:
        raise NotFound(f"There is no record R{seq} that was captured by hand.") from None
    fields = reading.record_view(services(), viewer(), seq).latest.fields
    names = {"text": "text", "rubrik": "title", "fran": "author_name"}
    return {name: str(fields.get(of, "")) for name, of in names.items()}


def _changed(typed: Form, before: Mapping[str, str], name: str) -> str | None:
    """A field as it was typed; None if it is as it was, but for how a form writes line ends."""
    value = typed.values.get(name, "").replace("\r\n", "\n")
    return None if value.strip() == before[name].strip() else value


# --- files ---------------------------------------------------------------------------------------


@pages.post("/handlingar/ny/fil")
@needs(Permission.REGISTER)
def keep() -> Response:
    """Keep one file in a draft, as the page's own script sends it."""
    _own()
    given, draft = request.files.get("fil"), _draft(request.form.get("utkast", ""))
    if given is None or not given.filename:
        raise ConfigError("No file came.", remedy="Choose it again.")
    held = _keep(draft, given)
    return jsonify({"utkast": draft, "nummer": held.number, "namn": held.name, "byte": held.size})


def _draft(text: str) -> str:
    return text if _DRAFT.fullmatch(text) else _office().drafts.new()


def _keep(draft: str, given: FileStorage) -> DraftFile:
    name, mime = rules.file_name(given.filename or ""), rules.media_type(given.mimetype)
    size = given.seek(0, 2) or given.tell()
    if size > min(WEB_CAP, _office().captures.cap):
        raise ConfigError(
            "A file is too large for the web.", remedy="Use `diarkiv capture add` on the server."
        )
    if not size:
        raise ConfigError("A file is empty.", remedy="Choose the right file.")
    given.seek(0)
    return _office().drafts.add(draft, viewer().actor, name, mime, _pieces(given.stream))


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(CHUNK):
        yield piece


def _chosen(typed: Form) -> list[DraftFile]:
    """The files of the draft: those kept before, without those taken away, and those that came
    with this form. What is wrong with one is a mistake of the field."""
    office, actor = _office(), viewer().actor
    draft = _draft(typed.text("utkast"))
    typed.values = {**typed.values, "utkast": draft}
    for text in request.form.getlist("bort"):
        if text.isascii() and text.isdecimal() and len(text) < 6:
            office.drafts.drop(draft, actor, int(text))
    with typed.judging("filer", gettext("En fil kunde inte tas emot.")):
        for given in request.files.getlist("filer"):
            if given.filename:
                _keep(draft, given)
    return office.drafts.files(draft, actor)


def _uploads(draft: str, files: Sequence[DraftFile]) -> list[Upload]:
    def chunks(number: int) -> Callable[[], Iterator[bytes]]:
        return lambda: _office_drafts.chunks(draft, number)

    _office_drafts = _office().drafts  # not looked up later: a file is read when there is no form
    return [Upload(name=one.name, mime=one.mime, chunks=chunks(one.number)) for one in files]


# --- what was typed ------------------------------------------------------------------------------


def _typed() -> Form:
    """The form's fields; the text whole, as no other field may be."""
    typed = Form.of(request.form)
    text = request.form.get("text", "")
    typed.values = {**typed.values, "text": text}
    if len(text) > MAX_TEXT:
        words = gettext("Texten har fler än %(most)s tecken. Lägg den i en fil.", most=MAX_TEXT)
        typed.wrong("text", words)
    return typed


def _when(typed: Form) -> Received | None:
    """When it came, mistakes noted in the form; None if nothing is stated."""
    if not typed.text("inkom"):
        return None
    word = typed.text("enligt")
    if word not in list(AccordingTo):
        typed.wrong("enligt", gettext("Välj enligt vem."))
        word = AccordingTo.CAPTURER
    stated = f"{typed.text('inkom')} {typed.text('klockan')}".strip()
    now = services().clock.now()
    with typed.judging(
        "inkom",
        gettext("Skriv en dag som har varit, som 2026-11-20, och klockslaget som 14:05."),
    ):
        return received(stated, AccordingTo(word), now=now)
    return Received(stated="", at=now, according_to=AccordingTo(word))  # a mistake is noted


def _origin(typed: Form) -> Origin | None:
    """Received or drawn up, where it was chosen."""
    found = typed.text("riktning")
    return Origin(found) if found in list(Origin) else None


def _check_lines(typed: Form) -> None:
    for name, words in (
        ("rubrik", gettext("Rubriken ska vara en rad med högst 200 tecken.")),
        ("fran", gettext("Avsändaren ska vara en rad med högst 200 tecken.")),
    ):
        with typed.judging(name, words):
            rules.check_line(typed.text(name), name)
    with typed.judging("varfor", gettext("Skriv varför, med högst 500 tecken.")):
        rules.check_why(typed.values.get("varfor", ""))


def _choices() -> dict[str, object]:
    return {"ways": WAYS, "according": ACCORDING, "cap": WEB_CAP, "most": MAX_TEXT}


def _filed(done: Captured, draft: str) -> BaseResponse:
    """To the record; the draft is in the archive now."""
    _office().drafts.drop(draft, viewer().actor)
    same = sorted({one.record for one in done.duplicates})[:20]
    return redirect(url_for("records.record", seq=done.record, sagt="fangad", lika=same), 303)

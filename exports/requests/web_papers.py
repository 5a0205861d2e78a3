"""Papers of a request on its page: a letter, an appeal or a judgment comes in as a file or as text,
and what is kept can be downloaded by those who answer the request."""

from __future__ import annotations

from datetime import date

from flask import Response, make_response, request

from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, NotFound
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from exports.core.access_request import Standing, Step
from exports.requests.paper import MAX_PAPER, PAPERS, Paper, PaperKind, appeals, read
from exports.web import office, pages

# What comes in from others, in the order in which it does.
INCOMING = (PaperKind.REQUEST, PaperKind.APPEAL, PaperKind.JUDGMENT, PaperKind.OTHER)
WITH_STEP = {Step.APPEAL: PaperKind.APPEAL, Step.JUDGE: PaperKind.JUDGMENT}
MAX_TEXT = 20_000


def form_with_text() -> Form:
    """What was typed; the texts of papers whole, as no other field may be."""
    form = Form.of(request.form)
    texts = {
        name: value.replace("\r\n", "\n").strip()[: MAX_TEXT + 1]
        for name, value in request.form.items()
        if name.startswith("text-")
    }
    form.values = {**form.values, **texts}
    form.cut = form.cut - texts.keys()
    return form


def given(form: Form, name: str, kind: PaperKind, day: date) -> Paper | None:
    """The paper of a form, as a file (`fil-NAME`) or as text (`text-NAME`); None if there is none,
    or with the mistake noted."""
    upload, text = request.files.get(f"fil-{name}"), form.text(f"text-{name}")
    is_file = upload is not None and bool(upload.filename)
    if is_file and text:
        form.wrong(f"text-{name}", gettext("Lämna en fil eller en text, inte båda."))
        return None
    if len(text) > MAX_TEXT:
        told = gettext("Texten är för lång: högst %(num)s tecken. Lägg den i en fil.", num=MAX_TEXT)
        form.wrong(f"text-{name}", told)
        return None
    if text:
        return Paper(kind=kind, content=text.encode(), media_type="text/plain", day=day)
    if upload is None or not is_file:
        return None
    content = upload.stream.read(MAX_PAPER + 1)
    if not 0 < len(content) <= MAX_PAPER:
        form.wrong(f"fil-{name}", gettext("Filen är tom, eller större än 8 MiB."))
        return None
    try:
        return read(kind, upload.filename or "", content, day)
    except ConfigError as error:
        told = gettext("Filen ska vara PDF, text, e-post (.eml) eller bild (.png, .jpg).")
        form.wrong(f"fil-{name}", told, str(error))
        return None


def kinds() -> list[tuple[str, str]]:
    """What may be filed: code and words."""
    return [(one.value, PAPERS[one].say(chosen())) for one in INCOMING]


def lacks_appeal(asks: Viewer, seq: int, standing: Standing) -> bool:
    """Whether the appeal of the decision is not filed with a request."""
    papers = office()[0].answers.notes.papers(asks, seq)
    return standing.decided is None or not appeals(papers, standing.decided)


def listed(asks: Viewer, seq: int) -> list[tuple[int, str, date, int]]:
    """For the page: number, kind in words, day and size of each paper."""
    return [
        (one.seq, PAPERS[one.kind].say(chosen()), one.day, len(one.content))
        for one in office()[0].answers.notes.papers(asks, seq)
    ]


@pages.get("/begaran/<int:seq>/handlingar/<int:number>")
@needs(Permission.DISCLOSE)
def paper(seq: int, number: int) -> Response:
    """A paper that is kept with a request, as it is."""
    at, asks = office()
    found = next((one for one in at.answers.notes.papers(asks, seq) if one.seq == number), None)
    if found is None:
        raise NotFound("The request has no such paper.", remedy="Its page lists them.")
    name = f"B{seq}-{found.kind.value}-{number}.{found.suffix}"
    return download(found.content, found.media_type, name)


def download(content: bytes, media_type: str, name: str) -> Response:
    """A file that is saved and not shown."""
    answer = make_response(content)
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer

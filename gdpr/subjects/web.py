"""Dataskydd › Begäran: the list with its clocks, recording one, and the desk of one request.

A step is a form of its own; only those that may follow are there, each with what the law asks of
it. The extract is read here as it would be given before it is saved; recognisers miss names.
"""

from __future__ import annotations

from datetime import date

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.document.parts import as_pdf
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services
from gdpr.core.asked import Asked, By, Supplied
from gdpr.core.erasure import ALLOWED, OUTCOMES, PLACES, PROPOSED, Outcome, Part, Place
from gdpr.core.extract import Wishes
from gdpr.core.subject_request import (
    Answer,
    Identified,
    Light,
    Right,
    Step,
    Taken,
    light,
    possible,
)
from gdpr.core.subject_words import ANSWERS, RIGHTS, STATES, STEPS, WAYS
from gdpr.processing.service import Particulars
from gdpr.subjects.document import answer_document, extract_document
from gdpr.subjects.finding import Found
from gdpr.web import (
    RECORD,
    Office,
    asked_authority,
    attached,
    authorities,
    language,
    name_of,
    numbers_in,
    office,
    pages,
    typed,
)

# The steps that most often come next, in order.
_LIKELY = (
    Step.CONFIRM_IDENTITY,
    Step.COLLECT,
    Step.ANSWER,
    Step.SERVE,
    Step.FIND_IN_TIME,
    Step.HAND_TO_COURT,
    Step.JUDGE,
    Step.CLOSE,
)
_SHOWN = 200  # records and rows of an extract shown at once
TONES = {Light.GREEN: "good", Light.AMBER: "wait", Light.RED: "bad", Light.OUT: "quiet"}


@pages.get("/dataskydd")
@needs(Permission.PROTECT_DATA)
def requests() -> str:
    """Data subjects' requests, the oldest first; with `alla` those that were closed too."""
    at, asks = office()
    today, closed = at.subjects.today(), bool(request.args.get("alla"))
    names = dict(authorities(asks))
    rows = [row for row in at.subjects.list(asks, closed=closed) if row.authority in names]
    return render_template(
        "protection/requests.html",
        rows=[(row, light(row.standing, today), (row.standing.due - today).days) for row in rows],
        names=names,
        closed=closed,
        rights=_words(RIGHTS),
        states=_words(STATES),
        tones=TONES,
        said=_said(),
    )


def _words(wordings: object) -> dict[object, str]:
    say = language()
    return {one: words.say(say) for one, words in wordings.items()}  # type: ignore[attr-defined]


def _said() -> str:
    known = {
        "inkommen": gettext("Begäran är antecknad. Tiden går från den dag den kom in."),
        "steg": gettext("Antecknat."),
        "rattelse": gettext("Rättelsen står nu bredvid handlingen."),
    }
    return known.get(request.args.get("sagt", ""), "")


# --- recording one -------------------------------------------------------------------------------


@pages.get("/dataskydd/begaran/ny")
@needs(Permission.PROTECT_DATA)
def new_request() -> str:
    """The form for a request that has come in."""
    at, _ = office()
    return _new(Form({"inkom": at.subjects.today().isoformat(), **Form.of(request.args).values}))


@pages.post("/dataskydd/begaran/ny")
@needs(Permission.PROTECT_DATA)
def receive_request() -> BaseResponse | tuple[str, int]:
    """Record a request."""
    at, asks = office()
    form = typed()
    authority = asked_authority(asks, form)
    asks.require(Permission.PROTECT_DATA, authority)
    if form.text("ratt") not in {one.value for one in Right}:
        form.wrong("ratt", gettext("Välj vilken rätt det gäller."))
    if not form.text("text"):
        form.wrong("text", gettext("Skriv vad personen begär, med personens egna ord."))
    on = _day(form, "inkom")
    if on is not None and not form.mistakes:
        supplied = [
            Supplied(by, line.strip())
            for by in By
            for line in form.text(by.value).splitlines()
            if line.strip()
        ]
        asked = Asked(
            authority=authority,
            right=Right(form.text("ratt")),
            on=on,
            text=form.text("text"),
            supplied=tuple(supplied),
            sender=form.text("fran"),
            delivery=form.text("till"),
        )
        try:
            seq = at.subjects.receive(asks, asked)
            return redirect(url_for("protection.request_desk", seq=seq, sagt="inkommen"), 303)
        except ConfigError as error:
            form.wrong("text", gettext("Begäran kan inte antecknas så."), str(error))
    return _new(form), 400


def _new(form: Form) -> str:
    _, asks = office()
    return render_template(
        "protection/request_new.html",
        form=form,
        authority=asked_authority(asks, form if form.text("namnd") else None),
        authorities=authorities(asks),
        rights=[("", gettext("Välj")), *((one.value, say) for one, say in _words(RIGHTS).items())],  # type: ignore[attr-defined]
    )


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(form.text(name))
    except ValueError:
        form.wrong(name, gettext("Skriv dagen som ÅÅÅÅ-MM-DD."))
        return None


# --- one -----------------------------------------------------------------------------------------


@pages.get("/dataskydd/begaran/<int:seq>")
@needs(Permission.PROTECT_DATA)
def request_desk(seq: int) -> str:
    """One request: its clock, its steps, and a form for each step that may follow."""
    return _desk(seq, Form())


def _desk(seq: int, form: Form, found: Found | None = None) -> str:
    at, asks = office()
    one = at.subjects.get(asks, seq)
    today, may = at.subjects.today(), possible(one.standing)
    values = {"dag": today.isoformat(), **{f"skal-{p.value}": w for p, w in _proposed().items()}}
    form = Form({**values, **form.values}, mistakes=form.mistakes)
    return render_template(
        "protection/request.html",
        one=one,
        name=name_of(one.asked.authority),
        light=one.light(today),
        left=(one.standing.due - today).days,
        tones=TONES,
        rights=_words(RIGHTS),
        states=_words(STATES),
        steps=_words(STEPS),
        answers=_words(ANSWERS),
        ways=_words(WAYS),
        places=_words(PLACES),
        outcomes=_words(OUTCOMES),
        allowed={place: [o for o in Outcome if o in ALLOWED[place]] for place in Place},
        may=[step for step in may if step is not Step.RECTIFY],
        chosen=_chosen(form, may),
        may_rectify=Step.RECTIFY in may,
        form=form,
        found=found,
        shown=_SHOWN,
        said=_said(),
    )


def _chosen(form: Form, may: list[Step]) -> Step | None:
    """The step whose form is shown: the one that was typed or asked for, else the likely next."""
    asked = form.text("steg") or request.args.get("steg", "")
    there = [one for one in may if one is not Step.RECTIFY]
    named = [one for one in there if one.value == asked]
    likely = [one for one in _LIKELY if one in there]
    return next(iter((*named, *likely, *there)), None)


def _proposed() -> dict[Place, str]:
    return {place: words.sv for place, words in PROPOSED.items()}  # sealed as Swedish


@pages.post("/dataskydd/begaran/<int:seq>/sok")
@needs(Permission.PROTECT_DATA)
def find_records(seq: int) -> str | tuple[str, int]:
    """Find by what was supplied; the search is noted in the log."""
    at, asks = office()
    form, log = typed(), services().search_log
    try:
        if log is None:
            raise RuleViolation("Searches cannot be noted here.", remedy="Try again later.")
        return _desk(seq, Form(), at.finder.find(asks, seq, log))
    except RuleViolation as error:
        form.wrong("sok", gettext("Det går inte att söka än."), str(error))
        return _desk(seq, form), 400


@pages.post("/dataskydd/begaran/<int:seq>/steg")
@needs(Permission.PROTECT_DATA)
def take_step(seq: int) -> BaseResponse | tuple[str, int]:
    """Take a step of the request."""
    at, asks = office()
    at.subjects.get(asks, seq)
    form = typed()
    taken = _taken(at, asks, form)
    if taken is not None and not form.mistakes:
        try:
            at.subjects.take(asks, seq, taken)
            return redirect(url_for("protection.request_desk", seq=seq, sagt="steg"), 303)
        except (ConfigError, RuleViolation, NotFound) as error:
            form.wrong(form.text("steg"), gettext("Steget kan inte tas så."), str(error))
    return _desk(seq, form), 400


def _taken(at: Office, asks: Viewer, form: Form) -> Taken | None:
    day = _day(form, "dag")
    if form.text("steg") not in {one.value for one in Step}:
        form.wrong("steg", gettext("Välj ett steg."))
    if day is None or form.mistakes:
        return None
    if day > at.subjects.today():
        form.wrong("dag", gettext("Dagen har inte kommit än."))
    records = numbers_in(form, "handlingar")
    how, answer = form.text("hur"), form.text("svar")
    return Taken(
        step=Step(form.text("steg")),
        day=day,
        actor=asks.actor,
        how=Identified(how) if how in {one.value for one in Identified} else None,
        answer=Answer(answer) if answer in {one.value for one in Answer} else None,
        told=bool(form.text("upplyst")),
        mandate=form.text("delegation"),
        body=form.text("organ"),
        reason=form.text("skal"),
        excused=form.text("ursakt"),
        ours=form.text("vara"),
        theirs=form.text("deras"),
        split=tuple(_split(form)),
        records=records,
    )


def _split(form: Form) -> list[Part]:
    return [
        Part(place, Outcome(chosen), form.text(f"skal-{place.value}"))
        for place in Place
        if (chosen := form.text(f"plats-{place.value}")) in {one.value for one in Outcome}
    ]


@pages.post("/dataskydd/begaran/<int:seq>/rattelse")
@needs(Permission.PROTECT_DATA)
def rectify(seq: int) -> BaseResponse | tuple[str, int]:
    """Let a note stand beside a record."""
    at, asks = office()
    at.subjects.get(asks, seq)
    form = typed()
    record = RECORD.fullmatch(form.text("handling"))
    if record is None:
        form.wrong("handling", gettext("Skriv handlingens nummer, till exempel R4711."))
    if not form.text("rattelse"):
        form.wrong("rattelse", gettext("Skriv vad som är rätt."))
    if record is not None and not form.mistakes:
        try:
            at.subjects.rectify(asks, seq, record=int(record[1]), text=form.text("rattelse"))
            return redirect(url_for("protection.request_desk", seq=seq, sagt="rattelse"), 303)
        except (ConfigError, RuleViolation, NotFound) as error:
            form.wrong("handling", gettext("Rättelsen kan inte antecknas så."), str(error))
    return _desk(seq, form), 400


# --- what is given -------------------------------------------------------------------------------


@pages.get("/dataskydd/begaran/<int:seq>/utdrag")
@needs(Permission.PROTECT_DATA)
def extract(seq: int) -> BaseResponse | str | tuple[str, int]:
    """The extract as it would be given, with others masked."""
    return _extract(seq, Form())


@pages.post("/dataskydd/begaran/<int:seq>/utdrag")
@needs(Permission.PROTECT_DATA)
def make_extract(seq: int) -> BaseResponse | str | tuple[str, int]:
    """The extract with words shown, hidden and records withheld (`gor`: visa or pdf)."""
    return _extract(seq, typed())


def _extract(seq: int, form: Form) -> BaseResponse | str | tuple[str, int]:
    at, asks = office()
    one, made, status = at.subjects.get(asks, seq), None, 200
    try:
        one, made = at.finder.extract(asks, seq, _wishes(form))
    except RuleViolation as error:
        form.wrong("dolj", gettext("Utdraget kan inte lämnas så."), str(error))
        status = 400 if request.method == "POST" else 200
    if made is not None and form.text("gor") == "pdf" and not form.mistakes:
        said = Particulars(form.text("kontakt"), form.text("ombud"))
        record = at.processing.record(asks, one.asked.authority, said)
        pdf = as_pdf(extract_document(one, made, record, language()))
        return attached(pdf, f"registerutdrag-{seq}.pdf")
    page = render_template("protection/extract.html", one=one, made=made, form=form, shown=_SHOWN)
    return (page, status) if status != 200 else page


def _wishes(form: Form) -> Wishes:
    def lines(name: str) -> tuple[str, ...]:
        return tuple(one.strip() for one in form.text(name).splitlines() if one.strip())

    withheld: dict[int, str] = {}
    for line in lines("undanta"):
        record, _, clause = line.partition(" ")
        match = RECORD.fullmatch(record)
        if match is None or not clause.strip():
            form.wrong("undanta", gettext("Skriv handlingen och bestämmelsen: R4711 OSL 21:3."))
        else:
            withheld[int(match[1])] = clause.strip()
    return Wishes(show=lines("visa"), hide=lines("dolj"), withheld=withheld)


@pages.get("/dataskydd/begaran/<int:seq>/svar")
@needs(Permission.PROTECT_DATA)
def answer(seq: int) -> BaseResponse:
    """The answer as a PDF, with how to appeal where it is a refusal."""
    at, asks = office()
    one = at.subjects.get(asks, seq)
    if one.standing.answer is None:
        return redirect(url_for("protection.request_desk", seq=seq), 303)
    document = answer_document(
        one,
        authority=name_of(one.asked.authority),
        today=at.subjects.today(),
        made_at=services().clock.now(),
        language=language(),
    )
    return attached(as_pdf(document), f"svar-{seq}.pdf")

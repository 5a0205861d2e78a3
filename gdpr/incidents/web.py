"""Dataskydd › Incidenter: the list with the hours left, recording one, and one incident's desk."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import STOCKHOLM
from archiver.core.record import instant, milliseconds
from archiver.document.parts import as_pdf
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from gdpr.core.incident import (
    NOT_TOLD,
    RISKS,
    STEPS,
    Content,
    Light,
    NotTold,
    Risk,
    Step,
    Taken,
    light,
    possible,
)
from gdpr.incidents.document import incident_document
from gdpr.incidents.service import Incident
from gdpr.incidents.steps import Noticed
from gdpr.web import (
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

TONES = {Light.GREEN: "good", Light.AMBER: "wait", Light.RED: "bad", Light.OUT: "quiet"}
# Fields of the form, in Swedish as they stand in the address: what of art. 33.3 they tell.
_CONTENT = {
    "hande": "nature",
    "vilka": "subject_categories",
    "vilka-uppgifter": "record_categories",
    "kontakt": "contact",
    "konsekvenser": "consequences",
    "atgarder": "measures",
}
_NUMBERS = {"antal": "subjects", "antal-poster": "records"}


@pages.get("/dataskydd/incidenter")
@needs(Permission.PROTECT_DATA)
def incidents() -> str:
    """Incidents, the oldest first, with the hours left; with `alla` those that were closed too."""
    at, asks = office()
    now, closed = at.incidents.now(), bool(request.args.get("alla"))
    names = dict(authorities(asks))
    rows = [row for row in at.incidents.list(asks, closed=closed) if row.authority in names]
    return render_template(
        "protection/incidents.html",
        rows=[(row, light(row.standing, now), row.standing.hours_left(now)) for row in rows],
        names=names,
        closed=closed,
        risks={one: words.say(language()) for one, words in RISKS.items()},
        tones=TONES,
    )


@pages.get("/dataskydd/incidenter/ny")
@needs(Permission.PROTECT_DATA)
def new_incident() -> str:
    """The form for a breach."""
    at, _ = office()
    return _new(Form({"kand": _local(at.incidents.now())}))


@pages.post("/dataskydd/incidenter/ny")
@needs(Permission.PROTECT_DATA)
def record_incident() -> BaseResponse | tuple[str, int]:
    """Record a breach: the hours run from when it became known."""
    at, asks = office()
    form = typed()
    authority = asked_authority(asks, form)
    if not form.text("text"):
        form.wrong("text", gettext("Skriv vad som har hänt."))
    known = _instant(form, "kand", needed=True)
    began, ended = _instant(form, "borjade"), _instant(form, "slutade")
    records = numbers_in(form, "handlingar")
    if known is not None and not form.mistakes:
        noticed = Noticed(
            authority=authority,
            known_at=known,
            text=form.text("text"),
            began_at=began,
            ended_at=ended,
            records=records,
        )
        try:
            seq = at.incidents.record(asks, noticed)
            return redirect(url_for("protection.incident", seq=seq, sagt="steg"), 303)
        except (ConfigError, NotFound) as error:
            form.wrong("text", gettext("Incidenten kan inte antecknas så."), str(error))
    return _new(form), 400


def _new(form: Form) -> str:
    _, asks = office()
    return render_template(
        "protection/incident_new.html",
        form=form,
        authority=asked_authority(asks, form if form.text("namnd") else None),
        authorities=authorities(asks),
    )


@pages.get("/dataskydd/incidenter/<int:seq>")
@needs(Permission.PROTECT_DATA)
def incident(seq: int) -> str:
    """One incident: its clock, its steps, and a form for each step that may follow."""
    return _desk(seq, Form())


def _desk(seq: int, form: Form) -> str:
    at, asks = office()
    one, now, say = at.incidents.get(asks, seq), at.incidents.now(), language()
    may, asked = possible(one.standing), form.text("steg") or request.args.get("steg", "")
    named = [step for step in may if step.value == asked]
    values = {"nar": _local(now), **_known(one)}
    return render_template(
        "protection/incident.html",
        one=one,
        name=name_of(one.noticed.authority),
        light=one.light(now),
        left=one.standing.hours_left(now),
        tones=TONES,
        risks={risk: words.say(say) for risk, words in RISKS.items()},
        steps={step: words.say(say) for step, words in STEPS.items()},
        reasons={why: words.say(say) for why, words in NOT_TOLD.items()},
        may=may,
        chosen=named[0] if named else may[0],
        form=Form({**values, **form.values}, mistakes=form.mistakes),
        said=gettext("Antecknat.") if request.args.get("sagt") == "steg" else "",
    )


def _known(one: Incident) -> dict[str, str]:
    """What was notified last, to be gone on from."""
    found = {typed: str(getattr(one.content, name)) for typed, name in _CONTENT.items()}
    for field, name in _NUMBERS.items():
        value = getattr(one.content, name)
        found[field] = "" if value is None else str(value)
    return found


@pages.post("/dataskydd/incidenter/<int:seq>/steg")
@needs(Permission.PROTECT_DATA)
def take_incident_step(seq: int) -> BaseResponse | tuple[str, int]:
    """Take a step of the incident."""
    at, asks = office()
    at.incidents.get(asks, seq)
    form = typed()
    taken = _taken(asks, form)
    if taken is not None and not form.mistakes:
        try:
            if taken.at > at.incidents.now():
                raise ConfigError("The time has not come yet.")
            at.incidents.take(asks, seq, taken)
            return redirect(url_for("protection.incident", seq=seq, sagt="steg"), 303)
        except (ConfigError, RuleViolation, NotFound) as error:
            form.wrong(form.text("steg"), gettext("Steget kan inte tas så."), str(error))
    return _desk(seq, form), 400


def _taken(asks: Viewer, form: Form) -> Taken | None:
    at = _instant(form, "nar", needed=True)
    if form.text("steg") not in {one.value for one in Step}:
        form.wrong("steg", gettext("Välj ett steg."))
    if at is None or form.mistakes:
        return None
    step, risk, why = Step(form.text("steg")), form.text("risk"), form.text("varfor-inte")
    content = None
    if step in (Step.NOTIFY, Step.SUPPLEMENT):
        words = {name: form.text(field) for field, name in _CONTENT.items()}
        numbers = {name: form.number(field) for field, name in _NUMBERS.items()}
        content = Content(**words, **numbers)  # type: ignore[arg-type]  # by the kinds of fields
    return Taken(
        step=step,
        at=at,
        actor=asks.actor,
        risk=Risk(risk) if risk in {one.value for one in Risk} else None,
        content=content,
        not_told=NotTold(why) if why in {one.value for one in NotTold} else None,
        reference=form.text("referens"),
        delay=form.text("drojsmal"),
        reason=form.text("skal"),
    )


@pages.get("/dataskydd/incidenter/<int:seq>/pdf")
@needs(Permission.PROTECT_DATA)
def incident_pdf(seq: int) -> Response:
    """All that is recorded of an incident, as a PDF."""
    at, asks = office()
    one = at.incidents.get(asks, seq)
    document = incident_document(
        one, authority=name_of(one.noticed.authority), now=at.incidents.now(), language=language()
    )
    return attached(as_pdf(document), f"incident-{seq}.pdf")


def _local(at: int) -> str:
    return f"{instant(at).astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"


def _instant(form: Form, name: str, *, needed: bool = False) -> int | None:
    """Swedish time as milliseconds UTC; of an hour that comes twice, the first."""
    text = form.text(name)
    if not text and not needed:
        return None
    try:
        local = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=STOCKHOLM)
        return milliseconds(local.astimezone(UTC))
    except (ValueError, OverflowError):
        form.wrong(name, gettext("Skriv tiden som ÅÅÅÅ-MM-DD TT:MM."))
        return None

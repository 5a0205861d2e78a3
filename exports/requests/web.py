"""Begäran: the requests with their clocks, recording one, and the desk of one request.

Nobody is asked who they are or why (TF 2:18): what a request says of its sender is optional, is
shown to those who answer it and to nobody else, and there is no field for a purpose. A step is a
form of its own; only those that may follow are there, each with what the law asks of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.procedure import Appealable
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web import queries as web_queries
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.reading.records import Line, lines
from archiver.web.services import services
from archiver.web.views import asked
from exports.core.access_request import (
    EARLY,
    Answer,
    Standing,
    State,
    Step,
    Taken,
    possible,
)
from exports.core.mandate import NoMandate
from exports.core.received import MAX_TEXT, Manner, Received, without_identity
from exports.core.ruling import OTHER_GROUNDS
from exports.release.drafts import Release
from exports.requests import web_answer, web_collect, web_rules, words
from exports.requests.service import AccessRequest
from exports.web import office, pages
from retention.web import acting_authority, day_in, name_of, own_authorities, refuse_cut

LISTED = 100  # requests on a page of the list
RECORDS = 100  # records shown of a request
VIEWS = ("svara", "beslut", "avslutade")
_AFTER = frozenset(State) - EARLY - {State.CLOSED}
# The step that is most often next; the others are folded.
_NEXT: dict[State, Step] = {
    State.RECEIVED: Step.MAKE_PRECISE,
    State.CLARIFYING: Step.MAKE_PRECISE,
    State.PRECISE: Step.ASSESS,
    State.ASSESSING: Step.ANSWER,
    State.ANSWERED: Step.CLOSE,
    State.REFUSED: Step.ASK_FOR_DECISION,
    State.DECISION_ASKED: Step.DECIDE,
    State.DECIDED: Step.SERVE,
    State.SERVED: Step.APPEAL,
    State.APPEALED: Step.FIND_IN_TIME,
    State.IN_TIME: Step.HAND_TO_COURT,
    State.IN_COURT: Step.JUDGE,
    State.JUDGED: Step.CLOSE,
    State.CLOSED: Step.REOPEN,
}


# --- the list ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A request in the list, and its clock."""

    one: AccessRequest
    clock: words.Clock
    authority: str


@pages.get("/begaran")
@needs(Permission.READ)
def listing() -> str:
    """Requests, the oldest first: those to answer, those answered with a refusal or awaiting an
    end (`visa=beslut`), those closed (`visa=avslutade`, the newest first); of an authority with
    `namnd`."""
    at, asks = office()
    view = asked.word("visa", frozenset(VIEWS)) or VIEWS[0]
    names = dict(own_authorities(asks))
    only = asked.number("namnd")
    rows = [
        row
        for row in at.requests.list(asks, closed=view == "avslutade")
        if row.authority in names and only in (None, row.authority)
    ]
    by_view = {
        "svara": [row for row in rows if row.state in EARLY],
        "beslut": [row for row in rows if row.state in _AFTER],
        "avslutade": [row for row in reversed(rows) if row.state is State.CLOSED],
    }
    found, today = by_view[view], at.requests.today()
    read = [at.requests.get(asks, row.seq) for row in found[:LISTED]]
    return render_template(
        "requests/list.html",
        view=view,
        counts={"svara": len(by_view["svara"]), "beslut": len(by_view["beslut"])},
        found=[
            Listed(
                one=one,
                clock=words.clock(one.standing, today),
                authority=names[one.received.authority],
            )
            for one in read
        ],
        left=max(0, len(found) - LISTED),
        names=names,
        only=only,
        said=_said(),
    )


def _said() -> str:
    said = _SAID.get(request.args.get("sagt", ""))
    return said() if said else ""


_SAID = {
    "inkommen": lambda: gettext("Begäran är antecknad. Klockan går från den dag den kom in."),
    "steg": lambda: gettext("Antecknat."),
    "inget-paket": lambda: gettext(
        "Det finns inget sådant paket: inget överklagande, eller inget dolt."
    ),
    **web_collect.SAID,
}


# --- recording one -------------------------------------------------------------------------------


@pages.get("/begaran/ny")
@needs(Permission.DISCLOSE)
def new() -> str:
    """The form for a request that has come in."""
    at, _ = office()
    values = {"inkom": at.requests.today().isoformat(), "satt": Manner.ORAL.value}
    return _form(Form({**values, **Form.of(request.args).values}))


def _form(form: Form) -> str:
    _, asks = office()
    authority = acting_authority(asks, form, Permission.DISCLOSE)
    return render_template(
        "requests/new.html",
        form=form,
        authority=authority,
        authorities=[
            (seq, name) for seq, name in own_authorities(asks) if asks.may(Permission.DISCLOSE, seq)
        ],
        manners=list(words.MANNERS.items()),
        most=MAX_TEXT,
    )


@pages.post("/begaran/ny")
@needs(Permission.DISCLOSE)
def receive() -> BaseResponse | tuple[str, int]:
    """Record it, in its own words. The clock runs from the day it came in."""
    at, asks = office()
    form = Form.of(request.form)
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    form.values = {**form.values, "text": text[: MAX_TEXT + 1]}
    form.cut = form.cut - {"text"}
    authority = acting_authority(asks, form, Permission.DISCLOSE)
    given = _received(authority, form, at.requests.today())
    if given is not None:
        with form.judging("text", gettext("Begäran kan inte antecknas så.")):
            seq = at.requests.receive(asks, given)
            return redirect(url_for("requests.one", seq=seq, sagt="inkommen"), 303)
    return _form(form), 400


def _received(authority: int, form: Form, today: date) -> Received | None:
    """What was typed; None, with the mistakes noted."""
    refuse_cut(form)
    text = form.text("text")
    if not text:
        form.wrong("text", gettext("Skriv vad som begärs, med de ord som användes."))
    elif len(text) > MAX_TEXT:
        form.wrong("text", gettext("Texten är för lång: högst %(num)s tecken.", num=MAX_TEXT))
    on = day_in(form, "inkom", needed=True)
    if on is not None and on > today:
        form.wrong("inkom", gettext("Den dagen har inte varit än."))
    if form.text("satt") not in set(Manner):
        form.wrong("satt", gettext("Välj hur begäran kom in."))
    if form.mistakes or on is None:
        return None
    return Received(
        authority=authority,
        on=on,
        manner=Manner(form.text("satt")),
        text=text,
        sender=form.text("avsandare"),
        delivery=form.text("svar-till"),
    )


# --- one -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A step that may follow. `open`: it is the one most often next, or has a mistake. `barred`:
    why it cannot be taken yet, in words."""

    step: Step
    words: words.StepWords
    open: bool
    barred: str = ""


@pages.get("/begaran/<int:seq>")
@needs(Permission.READ)
def one(seq: int) -> str:
    """The desk of one request."""
    at, _ = office()
    today = at.requests.today().isoformat()
    return _desk(seq, Form({f"dag-{step.value}": today for step in Step}))


def _desk(seq: int, form: Form, draft: str = "") -> str:
    at, asks = office()
    found = at.requests.get(asks, seq)
    standing, today = found.standing, at.requests.today()
    may = asks.may(Permission.DISCLOSE, found.received.authority)
    held = at.requests.records(asks, seq)
    collected = [one.record for one in at.collected.of(seq) if one.record not in set(held)]
    releases = _releases(asks, seq) if may else []
    answers = words.answers(at.requests.extent(asks, seq))
    with services().ledger.database.read() as connection:
        shown = _lines(connection, asks, held[:RECORDS])
        listed = _lines(connection, asks, collected[:RECORDS])
    return render_template(
        "requests/request.html",
        one=found,
        standing=standing,
        clock=words.clock(standing, today),
        rail=words.rail(standing),
        name=name_of(found.received.authority),
        may_disclose=may,
        asked_words=without_identity(found.received),
        early=standing.state in EARLY,
        offers=_offers(standing, form, today, bool(collected)) if may else [],
        answers=[("", gettext("Välj")), *((a.value, words.answer_words(a)) for a in answers)],
        step_words=words.STEPS,
        held=shown,
        held_count=len(held),
        collected=listed,
        collected_count=len(collected),
        draft=draft,
        papers=web_answer.papers(asks, seq) if may else [],
        releases=releases,
        given_out={
            item.record for each in releases if each.made for item in each.items if item.leaves
        },
        other_grounds=[("", gettext("Inget")), *_other_grounds()],
        appeal_if_today=Appealable(served=today).appeal_until,
        today=today,
        changer=web_rules.changer(),
        form=form,
        said=_said(),
    )


def _releases(asks: Viewer, seq: int) -> list[Release]:
    """The releases of a request, in order."""
    at, _ = office()
    return at.releases.drafts.all(asks, seq)


def _other_grounds() -> list[tuple[str, str]]:
    """Why something is not given out, other than secrecy."""
    return [(one.value, said.say(chosen())) for one, said in OTHER_GROUNDS.items()]


def _lines(connection: Connection, asks: Viewer, seqs: Sequence[int]) -> list[Line]:
    found = web_queries.records(connection, asks.authorities(Permission.READ), seqs)
    return lines(services(), asks, [found[one] for one in seqs if one in found])


def _offers(standing: Standing, form: Form, today: date, collected: bool) -> list[Offer]:
    """The steps that may follow, that which is most often next first."""
    first = _NEXT[standing.state]
    until, came = standing.appeal_until, standing.appealed
    late = until is not None and came is not None and came > until
    if standing.state is State.SERVED and until is not None and today > until:
        first = Step.CLOSE
    if standing.state is State.APPEALED and late:
        first = Step.DISMISS_AS_LATE
    if standing.state is State.PRECISE and collected:
        first = Step.MAKE_PRECISE
    offers = []
    for step in sorted(possible(standing), key=lambda one: one is not first):
        if step is Step.DISMISS_AS_LATE and not late:
            continue
        faulty = any(name.endswith(f"-{step.value}") for name in form.mistakes)
        barred = ""
        if step is Step.MAKE_PRECISE and not collected:
            barred = gettext("Samla först in de handlingar som begäran gäller.")
        if step is Step.CLOSE and standing.state is State.SERVED and first is not Step.CLOSE:
            barred = gettext("Överklagandetiden löper till och med %(day)s.", day=until)
        is_open = step is first or faulty
        offers.append(Offer(step=step, words=words.STEPS[step], open=is_open, barred=barred))
    return offers


@pages.post("/begaran/<int:seq>/steg")
@needs(Permission.DISCLOSE)
def take(seq: int) -> BaseResponse | tuple[str, int]:
    """Take a step (`steg`); its fields bear its name: `dag-serve`."""
    at, asks = office()
    found = at.requests.get(asks, seq)
    asks.require(Permission.DISCLOSE, found.received.authority)
    form = Form.of(request.form)
    refuse_cut(form)
    if form.text("steg") not in set(Step):
        form.wrong("steg", gettext("Välj ett steg."))
        return _desk(seq, form), 400
    step = Step(form.text("steg"))
    taken = _taken(step, form, asks, at.requests.today())
    if taken is not None and step is Step.DECIDE and form.text("utkast"):
        return _desk(seq, form, draft=web_answer.draft(seq, form, taken.day)), 200
    if taken is not None and (wrong := _wrong(found, taken, asks)):
        form.wrong(f"{wrong.field}-{step.value}", wrong.words)
    if taken is None or form.mistakes:
        return _desk(seq, form), 400
    if web_answer.writes(step):
        if not web_answer.write(seq, step, form, taken.day):
            return _desk(seq, form), 400
        return redirect(url_for("requests.one", seq=seq, sagt="steg"), 303)
    collected = [one.record for one in at.collected.of(seq)]
    records = collected if step is Step.MAKE_PRECISE else ()
    try:
        at.requests.take(asks, seq, taken, records=records)
    except NotFound as error:
        told = gettext("Någon av handlingarna finns inte längre. Ta bort den ur listan.")
        form.wrong(f"dag-{step.value}", told, str(error))
    except NoMandate as error:
        form.wrong(f"delegation-{step.value}", web_answer.no_mandate(), str(error))
    except (ConfigError, RuleViolation) as error:
        form.wrong(f"dag-{step.value}", gettext("Steget kan inte tas så."), str(error))
    if form.mistakes:
        return _desk(seq, form), 400
    if records:
        at.collected.remove(seq, records)
    return redirect(url_for("requests.one", seq=seq, sagt="steg"), 303)


def _wrong(found: AccessRequest, taken: Taken, asks: Viewer) -> words.Fault | None:
    """Why a step cannot be taken: by its own rules, or by what the releases amount to."""
    if wrong := words.fault(found.standing, _as_if(taken)):
        return wrong
    at, _ = office()
    return words.unanswered(at.requests.extent(asks, found.seq), found.standing, taken)


def _as_if(taken: Taken) -> Taken:
    """A step as if it rested on something: what a decision rests on is found where it is made."""
    return replace(taken, body="-") if taken.step is Step.DECIDE else taken


def _taken(step: Step, form: Form, asks: Viewer, today: date) -> Taken | None:
    """The step as it was typed; None, with the mistake noted."""

    def said(name: str) -> str:
        return form.text(f"{name}-{step.value}")

    day = day_in(form, f"dag-{step.value}", needed=True)
    if day is not None and day > today:
        form.wrong(f"dag-{step.value}", gettext("Den dagen har inte varit än."))
    if day is None or form.mistakes:
        return None
    answer = said("svar") if step is Step.ANSWER else ""
    return Taken(
        step=step,
        day=day,
        actor=asks.actor,
        answer=Answer(answer) if answer in set(Answer) else None,
        told=bool(said("upplyst")),
        mandate=said("delegation"),
        body=said("organ"),
        excused=said("ursakt"),
        reason=said("skal"),
    )

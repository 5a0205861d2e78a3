"""Begäran: the desk of one request.

A step is a form of its own; only those that may follow are there, each with what the law asks of
it. Who asked is shown to those who answer and to nobody else (TF 2:18).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask import redirect, render_template, url_for
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
from exports.core.received import without_identity
from exports.core.ruling import OTHER_GROUNDS
from exports.release.drafts import Release
from exports.requests import web_answer, web_list, web_papers, web_rules, words
from exports.requests.paper import Paper, PaperKind
from exports.requests.service import AccessRequest
from exports.web import office, pages
from retention.web import day_in, name_of, refuse_cut

RECORDS = 100  # records shown of a request
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
    return desk_page(seq, Form({f"dag-{one}": today for one in (*Step, "papper")}))


def desk_page(seq: int, form: Form, draft: str = "") -> str:
    """The page, with what was typed wrong, and a draft if one was asked for."""
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
        papers=web_papers.listed(asks, seq) if may else [],
        paper_kinds=[("", gettext("Välj")), *web_papers.kinds()],
        lacks_appeal=may and web_papers.lacks_appeal(asks, seq, standing),
        releases=releases,
        given_out={
            item.record for each in releases if each.made for item in each.items if item.leaves
        },
        other_grounds=[("", gettext("Inget")), *_other_grounds()],
        charges=web_rules.charges(asks, seq) if may else [],
        media=[(one.value, web_rules.medium_words(one)) for one in web_rules.PRICED],
        appeal_if_today=Appealable(served=today).appeal_until,
        today=today,
        changer=web_rules.changer(),
        form=form,
        said=web_list.said(),
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
    form = web_papers.form_with_text()
    refuse_cut(form)
    if form.text("steg") not in set(Step):
        form.wrong("steg", gettext("Välj ett steg."))
        return desk_page(seq, form), 400
    step = Step(form.text("steg"))
    taken = _taken(step, form, asks, at.requests.today())
    if taken is not None and step is Step.DECIDE and form.text("utkast"):
        return desk_page(seq, form, draft=web_answer.draft(seq, form, taken.day)), 200
    if taken is not None and (wrong := _wrong(found, taken, asks)):
        form.wrong(f"{wrong.field}-{step.value}", wrong.words)
    papers: list[Paper] = []
    if taken is not None and step in web_papers.WITH_STEP:
        given = web_papers.given(form, step.value, web_papers.WITH_STEP[step], taken.day)
        papers = [given] if given else []
    if taken is None or form.mistakes:
        return desk_page(seq, form), 400
    if web_answer.writes(step):
        if not web_answer.write(seq, step, form, taken.day):
            return desk_page(seq, form), 400
        return redirect(url_for("requests.one", seq=seq, sagt="steg"), 303)
    collected = [one.record for one in at.collected.of(seq)]
    records = collected if step is Step.MAKE_PRECISE else ()
    try:
        at.requests.take(asks, seq, taken, records=records, papers=papers)
    except NotFound as error:
        told = gettext("Någon av handlingarna finns inte längre. Ta bort den ur listan.")
        form.wrong(f"dag-{step.value}", told, str(error))
    except NoMandate as error:
        form.wrong(f"delegation-{step.value}", web_answer.no_mandate(), str(error))
    except (ConfigError, RuleViolation) as error:
        form.wrong(f"dag-{step.value}", gettext("Steget kan inte tas så."), str(error))
    if form.mistakes:
        return desk_page(seq, form), 400
    if records:
        at.collected.remove(seq, records)
    return redirect(url_for("requests.one", seq=seq, sagt="steg"), 303)


@pages.post("/begaran/<int:seq>/handlingar")
@needs(Permission.DISCLOSE)
def keep(seq: int) -> BaseResponse | tuple[str, int]:
    """Keep a paper that came in with a request."""
    at, asks = office()
    found = at.requests.get(asks, seq)
    asks.require(Permission.DISCLOSE, found.received.authority)
    form = web_papers.form_with_text()
    refuse_cut(form)
    day = day_in(form, "dag-papper", needed=True)
    if day is not None and day > at.requests.today():
        form.wrong("dag-papper", gettext("Den dagen har inte varit än."))
    if form.text("sort-papper") not in web_papers.INCOMING:
        form.wrong("sort-papper", gettext("Välj vad det är."))
    if day is None or form.mistakes:
        return desk_page(seq, form), 400
    given = web_papers.given(form, "papper", PaperKind(form.text("sort-papper")), day)
    if given is None:
        form.wrong("fil-papper", gettext("Välj en fil, eller skriv av texten."))
        return desk_page(seq, form), 400
    with form.judging("fil-papper", gettext("Handlingen kan inte läggas in så.")):
        at.answers.notes.file(asks, seq, given)
        return redirect(url_for("requests.one", seq=seq, sagt="papper"), 303)
    return desk_page(seq, form), 400


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

"""Beslut: disposal decisions as they stand, recording one, confirming running disposal, revoking.

A decision is recorded as it was taken (arkivlag 10 §, 16 §): what it says of itself, what it covers
and what was weighed. Before it is saved the page shows how many records its scope takes today; when
it is revoked, what that stops. Whoever recorded a decision does not confirm its running disposal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, RuleViolation
from archiver.registry.core.phrase import Problem, Refused
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from retention.core import vocabulary as words
from retention.core.binding import changed_codes, may_run
from retention.core.decision import Decision, MinorCondition
from retention.core.schedule import DecisionLevel, RetainPermanently, Schedule
from retention.schedule.reading import ScopeCount
from retention.schedule.service import NotAnotherPerson
from retention.schedule.words import said, standing
from retention.web import (
    acting_authority,
    asked_authority,
    channels_of,
    day_in,
    name_of,
    office,
    own_authorities,
    pages,
    refuse_cut,
    today,
)

# Where on the form a problem belongs, by its code; the others are told at the top.
_FIELDS = {
    "decision_future": "dag",
    "decision_early": "skal-tidigare",
    "decision_no_schedule": "giltig-fran",
    "decision_no_rules": "klasser",
    "decision_scope": "klasser",
    "decision_rule_unknown": "klasser",
    "decision_rule_kept": "klasser",
    "decision_conditions": "villkor",
    "decision_channels": "kanaler",
    "channel_unknown": "kanaler",
    "decision_sample": "urval",
    "decision_waiting": "vantetid",
    "decision_known": "dnr",
    "decision_replaces": "ersatter",
    "day_order": "giltig-till",
}


@pages.get("/gallring/beslut")
@needs(Permission.READ)
def decisions() -> str:
    """An authority's decisions (`namnd`), the newest first."""
    at, asks = office()
    authority, day = asked_authority(asks), today()
    held = at.plans.held_decisions(asks, authority)[::-1]
    schedule = at.plans.schedule_in_force(authority, day)
    return render_template(
        "retention/decisions.html",
        authority=authority,
        authorities=own_authorities(asks),
        held=held,
        looks={one.decision.seq: standing(one.decision, day) for one in held},
        may_set=asks.may(Permission.SET_RETENTION, authority),
        changed={one.decision.seq: changed_codes(one.decision, schedule) for one in held},
        has_plan=schedule is not None,
        said=said(request.args.get("sagt", "")),
    )


# --- recording -----------------------------------------------------------------------------------


@pages.get("/gallring/beslut/nytt")
@needs(Permission.SET_RETENTION)
def new_decision() -> str:
    """The form for a decision that was taken."""
    _, asks = office()
    form = Form.of(request.args)
    authority = acting_authority(asks, form, Permission.SET_RETENTION)
    values = {"vantetid": "7", "niva": DecisionLevel.AUTHORITY.value, "metod": "1", **form.values}
    return _form(authority, Form(values))


def _form(authority: int, form: Form) -> str:
    at, asks = office()
    schedule = _schedule_for(authority, form)
    rules = {
        rule.code: rule
        for rule in (schedule.rules if schedule else ())
        if not isinstance(rule.retention, RetainPermanently)
    }
    return render_template(
        "retention/decision_form.html",
        authority=authority,
        name=name_of(authority),
        form=form,
        schedule=schedule,
        rules=rules.values(),
        channels=channels_of(authority),
        levels=[(code, one.say(chosen())) for code, one in words.LEVELS.items()],
        conditions=list(MinorCondition),
        replaceable=[
            one.decision
            for one in at.plans.held_decisions(asks, authority)
            if one.decision.revoked_on is None
        ],
    )


def _schedule_for(authority: int, form: Form) -> Schedule | None:
    """The schedule in force when the decision begins to hold."""
    at, _ = office()
    quiet = Form(form.values)
    begins = day_in(quiet, "giltig-fran") or day_in(quiet, "dag") or today()
    return at.plans.schedule_in_force(authority, max(begins, today()))


@pages.post("/gallring/beslut/nytt")
@needs(Permission.SET_RETENTION)
def record_decision() -> BaseResponse | tuple[str, int] | str:
    """Look at a decision with what its scope takes (`gor=granska`), change it (`andra`), or record
    it (`spara`)."""
    at, asks = office()
    form = Form.of(request.form)
    authority = acting_authority(asks, form, Permission.SET_RETENTION)
    if form.text("gor") == "andra":
        return _form(authority, form)
    decision = _asked(authority, asks, form)
    if decision is not None:
        refused = at.plans.would_refuse(asks, decision)
        if refused is None and form.text("gor") != "spara":
            return _review(decision, form)
        done = refused or at.plans.decide(asks, decision)
        if not isinstance(done, Refused):
            where = url_for("retention.decision", seq=done.decision.seq, sagt="beslut")
            return redirect(where, 303)
        _tell(form, done.problems)
    return _form(authority, form), 400


def _asked(authority: int, asks: Viewer, form: Form) -> Decision | None:
    """The decision that the form describes; None, with its mistakes noted, if there is no making
    one of it."""
    needed = {
        "dnr": gettext("Fyll i beslutets diarienummer."),
        "organ": gettext("Fyll i vem som har beslutat."),
        "paragraf": gettext("Fyll i beslutets paragraf."),
    }
    for name, told in needed.items():
        if not form.text(name):
            form.wrong(name, told)
    refuse_cut(form)
    decided = day_in(form, "dag", needed=True)
    days = {name: day_in(form, name) for name in ("giltig-fran", "giltig-till", "fran", "till")}
    level = form.text("niva")
    if level not in set(DecisionLevel):
        form.wrong("niva", gettext("Välj vem som har beslutat."))
    if form.text("lopande") and not asks.actor:
        told = gettext("Logga in för att anteckna löpande gallring: den kräver två kända personer.")
        form.wrong("lopande", told)
    waiting, sample = _count(form, "vantetid", 7), _count(form, "urval", 0)
    if form.mistakes or decided is None:
        return None
    return Decision(
        seq=0,
        authority=authority,
        level=DecisionLevel(level),
        decided_on=decided,
        rules=_ticked(form, "klass-"),
        channels=_channels(form),
        records_from=days["fran"],
        records_until=days["till"],
        conditions=frozenset(MinorCondition(one) for one in _ticked(form, "villkor-") & _KNOWN),
        valid_from=days["giltig-fran"] or decided,
        valid_until=days["giltig-till"],
        replaces=form.number("ersatter"),
        asks_running=bool(form.text("lopande")),
        accepts_key_destruction=bool(form.text("metod")),
        keep_one_of=sample,
        waiting_days=waiting,
        number=_plain(form, "dnr"),
        body=_plain(form, "organ"),
        paragraph=_plain(form, "paragraf"),
        grounds=_plain(form, "lagrum"),
        early_reason=_plain(form, "skal-tidigare"),
    )


_KNOWN = frozenset(one.value for one in MinorCondition)


def _plain(form: Form, name: str) -> str:
    """A field on one line."""
    return " ".join(form.text(name).split())


def _count(form: Form, name: str, default: int) -> int:
    found = form.number(name) if form.text(name) else default
    if found is None:
        form.wrong(name, gettext("Skriv ett heltal."))
    return found or 0


def _ticked(form: Form, prefix: str) -> frozenset[str]:
    """What is ticked among boxes whose names begin so."""
    return frozenset(n.removeprefix(prefix) for n in form.values if n.startswith(prefix))


def _channels(form: Form) -> frozenset[int] | None:
    """The channels that were chosen; None for all."""
    if form.text("kanaler") != "valda":
        return None
    return form.ticked("kanal-")


def _tell(form: Form, problems: tuple[Problem, ...]) -> None:
    for one in problems:
        form.wrong(_FIELDS.get(one.reason.code, "beslutet"), one.reason.say(chosen()))


def _review(decision: Decision, form: Form) -> str:
    at, _ = office()
    schedule = _schedule_for(decision.authority, form)
    return render_template(
        "retention/decision_review.html",
        decision=decision,
        name=name_of(decision.authority),
        scope=at.plans.scope_count(decision, today()),
        rules=_labels(schedule, decision),
        titles=_titles(decision),
        conditions=list(MinorCondition),
        form=form,
    )


def _labels(schedule: Schedule | None, decision: Decision) -> list[tuple[str, str]]:
    named = {rule.code: rule.label for rule in (schedule.rules if schedule else ())}
    return [(code, named.get(code, "")) for code in sorted(decision.rules)]


def _titles(decision: Decision) -> list[str]:
    chosen_ = decision.channels or frozenset()
    return [f"{c.title} (C{c.seq})" for c in channels_of(decision.authority) if c.seq in chosen_]


# --- one -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Effect:
    """What revoking would change, as far as that can be told."""

    pending: tuple[int, ...]
    uncovered: tuple[str, ...]


@pages.get("/gallring/beslut/<int:seq>")
@needs(Permission.READ)
def decision(seq: int) -> str:
    """One decision: what it says, what its scope takes today, and what can be done with it."""
    return _one(seq, Form())


def _one(seq: int, form: Form) -> str:
    at, asks = office()
    held = at.plans.decision(asks, seq)
    one, day = held.decision, today()
    ends = one.ends()
    open_ = ends is None or ends > day
    schedule = at.plans.schedule_in_force(one.authority, max(day, one.valid_from))
    may_set = asks.may(Permission.SET_RETENTION, one.authority)
    effect = None
    if may_set and open_ and one.revoked_on is None:
        found = at.plans.effect_of_revoking(asks, seq)
        effect = _Effect(found.pending, tuple(sorted(found.uncovered)))
    scope: ScopeCount = at.plans.scope_count(one, day)
    waits = open_ and one.asks_running and one.confirmed_by is None
    return render_template(
        "retention/decision.html",
        authority=one.authority,
        name=name_of(one.authority),
        held=held,
        decision=one,
        look=standing(one, day),
        changed=changed_codes(one, schedule) if open_ else (),
        runs_no_more=open_ and one.running and not may_run(one, schedule),
        scope=scope,
        rules=_labels(schedule, one),
        titles=_titles(one),
        conditions=list(MinorCondition),
        effect=effect,
        waits=waits,
        may_confirm=waits and asks.may(Permission.DISPOSE, one.authority),
        is_recorder=asks.actor in (0, one.recorded_by),
        day=day,
        form=form,
        said=said(request.args.get("sagt", "")),
    )


@pages.post("/gallring/beslut/<int:seq>/bekrafta")
@needs(Permission.DISPOSE)
def confirm_running(seq: int) -> BaseResponse | tuple[str, int]:
    """Confirm, as another person, that disposal under the decision runs."""
    at, asks = office()
    form = Form.of(request.form)
    try:
        at.plans.confirm_running(asks, seq)
    except NotAnotherPerson as error:
        told = gettext("Den som antecknade beslutet kan inte bekräfta det. Be en kollega.")
        form.wrong("bekrafta", told, str(error))
        return _one(seq, form), 400
    except RuleViolation as error:
        form.wrong("bekrafta", gettext("Det finns inget att bekräfta."), str(error))
        return _one(seq, form), 400
    return redirect(url_for("retention.decision", seq=seq, sagt="beslut-lopande"), 303)


@pages.post("/gallring/beslut/<int:seq>/upphav")
@needs(Permission.SET_RETENTION)
def revoke(seq: int) -> BaseResponse | tuple[str, int]:
    """Revoke the decision from a day on, with a reason."""
    at, asks = office()
    form = Form.of(request.form)
    authority = at.plans.decision(asks, seq).decision.authority
    asks.require(Permission.SET_RETENTION, authority)
    day: date | None = day_in(form, "dag")
    if not form.text("skal"):
        form.wrong("skal", gettext("Skriv varför beslutet upphävs."))
    if not form.mistakes:
        try:
            at.plans.revoke(asks, seq, reason=form.text("skal"), day=day)
        except ConfigError as error:
            form.wrong("skal", gettext("Skälet kan inte sparas så."), str(error))
        except RuleViolation as error:
            form.wrong("dag", gettext("Beslutet kan inte upphävas den dagen."), str(error))
    if form.mistakes:
        return _one(seq, form), 400
    return redirect(url_for("retention.decision", seq=seq, sagt="beslut-upphavt"), 303)

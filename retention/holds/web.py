"""Gallringsstopp: those in force and those lifted, placing one, reviewing and lifting.

Whoever places a hold says why, who answers for it, and when it is looked at again. A hold that
follows from another matter is shown with it and ends with it. Lifting disposes of nothing.
"""

from __future__ import annotations

import re

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.registry.queries import places
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import services
from retention.core.hold import HoldKind, HoldScope
from retention.core.hold_request import HoldRequest
from retention.core.trace_words import HOLDS
from retention.holds.following import following
from retention.holds.service import HeldHold
from retention.schedule.words import said
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

_RECORD = re.compile(r"[Rr]?(\d{1,15})")
_SHOWN = 50  # records that a hold names, one by one
# What a person places; the other kinds follow from a fact by themselves.
_PLACED = [one for one in HoldKind if one is not HoldKind.OPEN_CASE]


@pages.get("/gallring/stopp")
@needs(Permission.READ)
def holds() -> str:
    """An authority's holds (`namnd`) by when they are to be reviewed; with `havda` lifted ones."""
    at, asks = office()
    authority, day = asked_authority(asks), today()
    lifted = bool(request.args.get("havda"))
    held = at.holds.list(asks, lifted=lifted, authorities=frozenset({authority}))
    ordered = sorted(held, key=lambda one: (one.hold.lifted_on is not None, one.hold.review_on))
    with services().ledger.database.read() as connection:
        facts = following(connection, authority)
    return render_template(
        "retention/holds.html",
        authority=authority,
        authorities=own_authorities(asks),
        held=ordered,
        following=facts,
        lifted=lifted,
        overdue=sum(1 for one in held if one.hold.is_overdue(day)),
        may_hold=asks.may(Permission.HOLD, authority),
        titles={one.seq: one.title for one in channels_of(authority)},
        day=day,
        said=said(request.args.get("sagt", "")),
    )


# --- placing -------------------------------------------------------------------------------------


@pages.get("/gallring/stopp/nytt")
@needs(Permission.HOLD)
def new_hold() -> str:
    """The form for a hold; of a record (`handling`), or whatever else."""
    _, asks = office()
    form = Form.of(request.args)
    record = form.text("handling")
    if record and not form.text("namnd"):
        owner = _owner(asks, record)
        form = Form({**form.values, "namnd": str(owner)})
    authority = acting_authority(asks, form, Permission.HOLD)
    values = {"vad": "handlingar", "handlingar": record, **form.values}
    return _form(authority, Form(values))


def _owner(asks: Viewer, record: str) -> int:
    """The authority of a record that the viewer may hold."""
    match = _RECORD.fullmatch(record)
    with services().ledger.database.read() as connection:
        found = places(connection, [int(match[1])]) if match else {}
    for place in found.values():
        if asks.may(Permission.READ, place.authority):
            return int(place.authority)
    raise NotFound("There is no such record.", remedy="`diarkiv records list` shows them.")


def _form(authority: int, form: Form) -> str:
    at, asks = office()
    schedule = at.plans.schedule_in_force(authority, today())
    labels = {rule.code: rule.label for rule in (schedule.rules if schedule else ())}
    return render_template(
        "retention/hold_form.html",
        authority=authority,
        name=name_of(authority),
        form=form,
        kinds=[("", gettext("Välj"))] + [(one.value, HOLDS[one].say(chosen())) for one in _PLACED],
        classes=sorted(labels.items()),
        channels=channels_of(authority),
        me=asks.actor,
    )


@pages.post("/gallring/stopp/nytt")
@needs(Permission.HOLD)
def place_hold() -> BaseResponse | tuple[str, int]:
    """Place a hold: from then on nothing in its scope is disposed of, whatever rule says so."""
    at, asks = office()
    form = Form.of(request.form)
    authority = acting_authority(asks, form, Permission.HOLD)
    asked = _asked(authority, asks, form)
    if asked is not None:
        try:
            seq = at.holds.place(asks, asked)
            return redirect(url_for("retention.hold", seq=seq, sagt="stopp"), 303)
        except NotFound as error:
            told = gettext("Någon av handlingarna finns inte hos myndigheten.")
            form.wrong("handlingar", told, str(error))
        except ConfigError as error:
            form.wrong("handlingar", gettext("Stoppet kan inte läggas så."), str(error))
    return _form(authority, form), 400


def _asked(authority: int, asks: Viewer, form: Form) -> HoldRequest | None:
    kind = form.text("slag")
    if kind not in {one.value for one in _PLACED}:
        form.wrong("slag", gettext("Välj varför handlingarna stoppas."))
    if not form.text("skal"):
        form.wrong("skal", gettext("Skriv varför."))
    review = day_in(form, "granskas", needed=True)
    if review is not None and review < today():
        form.wrong("granskas", gettext("Välj i dag eller en senare dag."))
    refuse_cut(form)
    scope = _scope(form)
    if scope is None or review is None or form.mistakes:
        return None
    return HoldRequest(
        authority=authority,
        kind=HoldKind(kind),
        scope=scope,
        reason=" ".join(form.text("skal").split()),
        review_on=review,
        owner=asks.actor,
    )


def _scope(form: Form) -> HoldScope | None:
    """What is to be held; None, with the mistake noted, if it is not told."""
    what, since, until = form.text("vad"), day_in(form, "fran"), day_in(form, "till")
    if since and until and until < since:
        form.wrong("till", gettext("Den sista dagen ligger före den första."))
    if what == "allt":
        return HoldScope(since=since, until=until)
    if what in ("kanaler", "klasser"):
        prefix = "kanal-" if what == "kanaler" else "klass-"
        ticked = [n.removeprefix(prefix) for n in form.values if n.startswith(prefix)]
        if not ticked:
            form.wrong(what, gettext("Välj minst en."))
            return None
        if what == "klasser":
            return HoldScope(classes=frozenset(ticked), since=since, until=until)
        return HoldScope(channels=form.ticked(prefix), since=since, until=until)
    parts = re.split(r"[\s,;]+", form.text("handlingar"))
    matches = [_RECORD.fullmatch(one) for one in parts if one]
    seqs = frozenset(int(one[1]) for one in matches if one)
    if not seqs or None in matches:
        form.wrong("handlingar", gettext("Skriv handlingarnas nummer, till exempel R4711."))
        return None
    if what == "tradar":
        return HoldScope(threads=seqs, since=since, until=until)
    return HoldScope(records=seqs, since=since, until=until)


# --- one -----------------------------------------------------------------------------------------


@pages.get("/gallring/stopp/<int:seq>")
@needs(Permission.READ)
def hold(seq: int) -> str:
    """One hold: what it covers, why, what was noted of it since."""
    return _one(seq, Form())


def _one(seq: int, form: Form) -> str:
    at, asks = office()
    held: HeldHold = at.holds.one(asks, seq)
    one = held.hold
    named = sorted((one.scope.records or frozenset()) | (one.scope.threads or frozenset()))
    return render_template(
        "retention/hold.html",
        authority=one.authority,
        name=name_of(one.authority),
        held=held,
        hold=one,
        named=named[:_SHOWN],
        left=max(0, len(named) - _SHOWN),
        titles={each.seq: each.title for each in channels_of(one.authority)},
        may_hold=asks.may(Permission.HOLD, one.authority) and one.lifted_on is None,
        day=today(),
        form=form,
        said=said(request.args.get("sagt", "")),
    )


@pages.post("/gallring/stopp/<int:seq>/granska")
@needs(Permission.HOLD)
def review_hold(seq: int) -> BaseResponse | tuple[str, int]:
    """Note that the hold was reviewed and is needed still, and when it is looked at next."""
    at, asks = office()
    form = _standing(seq)
    until = day_in(form, "granskas", needed=True)
    if until is not None and until < today():
        form.wrong("granskas", gettext("Välj i dag eller en senare dag."))
    if not form.text("skal"):
        form.wrong("skal", gettext("Skriv varför stoppet behövs."))
    if until is not None and not form.mistakes:
        try:
            at.holds.review(asks, seq, until=until, reason=form.text("skal"))
            return redirect(url_for("retention.hold", seq=seq, sagt="stopp-granskat"), 303)
        except (ConfigError, RuleViolation) as error:
            form.wrong("skal", gettext("Det kan inte antecknas så."), str(error))
    return _one(seq, form), 400


@pages.post("/gallring/stopp/<int:seq>/hav")
@needs(Permission.HOLD)
def lift_hold(seq: int) -> BaseResponse | tuple[str, int]:
    """Lift the hold. Nothing is disposed of by that."""
    at, asks = office()
    form = _standing(seq)
    if not form.text("havs"):
        form.wrong("havs", gettext("Skriv varför stoppet hävs."))
    if not form.mistakes:
        try:
            at.holds.lift(asks, seq, reason=form.text("havs"))
            return redirect(url_for("retention.hold", seq=seq, sagt="stopp-havt"), 303)
        except (ConfigError, RuleViolation) as error:
            form.wrong("havs", gettext("Stoppet kan inte hävas så."), str(error))
    return _one(seq, form), 400


def _standing(seq: int) -> Form:
    """What was typed about a hold that the viewer may change; `NotFound` and `AccessRefused`."""
    at, asks = office()
    asks.require(Permission.HOLD, at.holds.one(asks, seq).hold.authority)
    return Form.of(request.form)

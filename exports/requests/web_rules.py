"""Delegationer and Avgifter: what an authority has decided on how it answers requests.

Who may decide in its name, with the decision that each mandate rests on, given and ended here as on
the command line; and its tables of fees, each adopted by a decision, with a calculator. Nothing is
changed: a mandate is ended, a table is followed by the next, and what was decided stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.services import services
from exports.core import fee_proposal
from exports.core.fees import FeeTable, Medium, Rate, in_force, kronor, ore
from exports.core.mandate import CHANGERS, KINDS, Mandate, MandateKind
from exports.requests.fees import AdoptedTable, Calculated, Charged
from exports.web import office, pages
from retention.web import asked_authority, day_in, own_authorities, refuse_cut

# What a table can have a price for; reading on the spot is free (TF 2:15).
PRICED = (Medium.PAPER, Medium.DIGITAL)
_DIGITS = 7  # of a number of pages


def changer() -> str:
    """Who may change a decision, in the reader's language."""
    at, _ = office()
    return CHANGERS[at.requests.changed_by].say(chosen())


# --- mandates ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMandate:
    """A mandate in the list. `state`: now, later or past; `may_end`: whether the viewer may."""

    one: Mandate
    kinds: tuple[str, ...]
    state: str
    may_end: bool


@pages.get("/begaran/delegationer")
@needs(Permission.READ)
def mandates() -> str:
    """Who may decide, of one authority (`namnd`), with mandates that have ended too."""
    return _mandates(Form())


def _mandates(form: Form) -> str:
    at, asks = office()
    names = dict(own_authorities(asks))
    authority = asked_authority(asks) if names else 0
    today = at.requests.today()
    found = [one for one in at.mandates.list(asks) if one.authority == authority]
    rows = [_listed(one, today, asks) for one in found]
    order = {"now": 0, "later": 1, "past": 2}
    return render_template(
        "requests/mandates.html",
        rows=sorted(rows, key=lambda row: (order[row.state], -row.one.seq)),
        names=names,
        authority=authority,
        people=dict(at.people()),
        yesterday=today - timedelta(days=1),
        changer=changer(),
        form=form,
        said=_said(),
    )


def _listed(one: Mandate, today: date, asks: Viewer) -> ListedMandate:
    state = "now" if one.is_in_force(today) else "later" if one.valid_from > today else "past"
    return ListedMandate(
        one=one,
        kinds=tuple(KINDS[kind].say(chosen()) for kind in MandateKind if kind in one.kinds),
        state=state,
        may_end=state != "past" and asks.may(Permission.SET_USERS, one.authority),
    )


@pages.get("/begaran/delegationer/ny")
@needs(Permission.SET_USERS)
def new_mandate() -> str:
    """The form for a mandate that the delegation gives."""
    at, _ = office()
    return _mandate_form(Form({"fran": at.requests.today().isoformat()}))


def _mandate_form(form: Form) -> str:
    at, asks = office()
    people = [(seq, f"{name} (U{seq})") for seq, name in at.people() if seq != asks.actor]
    return render_template(
        "requests/mandate_new.html",
        form=form,
        authorities=_setting(asks, Permission.SET_USERS),
        people=[("", gettext("Välj")), *people],
        kinds=[(kind.value, KINDS[kind].say(chosen())) for kind in MandateKind],
    )


@pages.post("/begaran/delegationer/ny")
@needs(Permission.SET_USERS)
def give_mandate() -> BaseResponse | tuple[str, int]:
    """Record a mandate, with the decision that it rests on."""
    at, asks = office()
    form = Form.of(request.form)
    mandate = _given(form, _authority(asks, form, Permission.SET_USERS))
    if mandate is not None:
        try:
            with form.judging("bestammelse", gettext("Delegationen kan inte läggas in så.")):
                at.mandates.add(asks, mandate)
        except RuleViolation as error:
            form.wrong("person", gettext("Ingen lägger in en delegation åt sig själv."), str(error))
    if form.mistakes or mandate is None:
        return _mandate_form(form), 400
    if not asks.may(Permission.READ, mandate.authority):
        return redirect(url_for("requests.new_mandate", sagt="delegerad"), 303)
    where = url_for("requests.mandates", namnd=mandate.authority, sagt="delegerad")
    return redirect(where, 303)


def _given(form: Form, authority: int) -> Mandate | None:
    """The mandate as it was typed; None, with the mistakes noted."""
    refuse_cut(form)
    user = form.number("person")
    if not user:
        form.wrong("person", gettext("Välj vem som får besluta."))
    kinds = frozenset(kind for kind in MandateKind if form.text(f"slag-{kind.value}"))
    if not kinds:
        form.wrong("slag", gettext("Kryssa i minst ett slags beslut."))
    if not form.text("bestammelse"):
        form.wrong("bestammelse", gettext("Skriv punkten i delegationsordningen."))
    if not form.text("beslut"):
        form.wrong("beslut", gettext("Skriv nämndens beslut som delegationen vilar på."))
    first, last = day_in(form, "fran", needed=True), day_in(form, "till")
    if first and last and last < first:
        form.wrong("till", gettext("Den sista dagen ligger före den första."))
    if form.mistakes or not user or first is None:
        return None
    return Mandate(
        authority=authority,
        user=user,
        kinds=kinds,
        provision=form.text("bestammelse"),
        decision=form.text("beslut"),
        valid_from=first,
        valid_to=last,
    )


@pages.post("/begaran/delegationer/avsluta")
@needs(Permission.SET_USERS)
def end_mandate() -> BaseResponse | tuple[str, int]:
    """End a mandate (`delegation`) after a day; what was decided under it stands."""
    at, asks = office()
    form = Form.of(request.form)
    refuse_cut(form)
    seq = form.number("delegation") or 0
    day, reason = f"sista-{seq}", f"skal-{seq}"
    last = day_in(form, day, needed=True)
    if not form.text(reason):
        form.wrong(reason, gettext("Skriv varför delegationen upphör."))
    if last is not None and not form.mistakes:
        try:
            held = at.mandates.end(asks, seq, last=last, reason=form.text(reason))
            where = url_for("requests.mandates", namnd=held.authority, sagt="avslutad-delegation")
            return redirect(where, 303)
        except NotFound as error:
            form.wrong(day, gettext("Det finns ingen sådan delegation."), str(error))
        except (ConfigError, RuleViolation) as error:
            form.wrong(day, gettext("Delegationen kan inte upphöra den dagen."), str(error))
    return _mandates(form), 400


# --- fees ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTable:
    """A table of fees in the list, with its rates in words. `state`: now, later or past."""

    one: AdoptedTable
    rates: tuple[str, ...]
    state: str


@pages.get("/begaran/avgifter")
@needs(Permission.READ)
def fees() -> str:
    """The tables of one authority (`namnd`), the newest first; what so many pages or files
    (`antal`, `medium`) cost today. With `forslag` the form holds the proposal."""
    form = Form.of(request.args)
    if form.text("forslag"):
        form.values = {**form.values, **_typed(fee_proposal.RATES)}
    return _fees(form)


def _fees(form: Form) -> str:
    at, asks = office()
    names = dict(own_authorities(asks))
    authority = asked_authority(asks, form) if names else 0
    today = at.requests.today()
    tables = at.answers.fees.tables(asks, authority) if authority else []
    now = in_force([one.table for one in tables], today)
    calculated = _calculated(asks, authority, form) if authority else None
    return render_template(
        "requests/fees.html",
        tables=[_listed_table(one, now, today) for one in reversed(tables)],
        in_force=now,
        names=names,
        authority=authority,
        may_set=asks.may(Permission.SET_USERS, authority),
        media=[(one.value, medium_words(one)) for one in PRICED],
        calculated=calculated,
        cost=kronor(calculated.amount) if calculated else "",
        proposal=[_rate(one) for one in fee_proposal.RATES],
        form=form,
        said=_said(),
    )


def _listed_table(one: AdoptedTable, now: FeeTable | None, today: date) -> ListedTable:
    state = "later" if one.table.valid_from > today else "now" if one.table == now else "past"
    return ListedTable(one=one, rates=tuple(map(_rate, one.table.rates)), state=state)


def _calculated(asks: Viewer, authority: int, form: Form) -> Calculated | None:
    """What was asked of the calculator; None if nothing was, or with the mistake noted."""
    at, _ = office()
    if request.method != "GET" or not form.text("antal"):
        return None
    units = form.number("antal")
    if units is None or len(form.text("antal")) > _DIGITS or form.text("medium") not in PRICED:
        form.wrong("antal", gettext("Skriv antalet sidor eller filer som ett heltal."))
        return None
    with form.judging("antal", gettext("Så många går inte att räkna på.")):
        return at.answers.fees.calculate(asks, authority, Medium(form.text("medium")), units)
    return None


@pages.post("/begaran/avgifter")
@needs(Permission.SET_USERS)
def adopt_fees() -> BaseResponse | tuple[str, int]:
    """Record a table that was adopted. It counts from its day; the one before stays known."""
    at, asks = office()
    form = Form.of(request.form)
    authority = _authority(asks, form, Permission.SET_USERS)
    table = _table(form)
    if table is not None:
        with form.judging("beslut", gettext("Taxan kan inte läggas in så.")):
            at.answers.fees.adopt(asks, authority, table)
            return redirect(url_for("requests.fees", namnd=authority, sagt="taxa"), 303)
    return _fees(form), 400


def _table(form: Form) -> FeeTable | None:
    """The table as it was typed; None, with the mistakes noted."""
    refuse_cut(form)
    if not form.text("beslut"):
        form.wrong("beslut", gettext("Skriv beslutet som taxan vilar på."))
    first, last = day_in(form, "fran", needed=True), day_in(form, "till")
    if first and last and last < first:
        form.wrong("till", gettext("Den sista dagen ligger före den första."))
    rates = [rate for medium in PRICED if (rate := _typed_rate(form, medium))]
    if not rates and not form.mistakes:
        form.wrong("fria-paper", gettext("Skriv vad kopior kostar för minst ett slag."))
    if form.mistakes or first is None:
        return None
    return FeeTable(
        decision=form.text("beslut"), valid_from=first, valid_to=last, rates=tuple(rates)
    )


def _typed_rate(form: Form, medium: Medium) -> Rate | None:
    """What copies of a medium cost, as typed; None if nothing was, or with the mistake noted."""
    names = [f"{part}-{medium.value}" for part in ("fria", "forsta", "varje")]
    if not any(map(form.text, names)):
        return None
    free = form.number(names[0])
    if not free:
        form.wrong(names[0], gettext("Skriv från vilken sida eller fil det kostar: 1 eller mer."))
    amounts = []
    for name in names[1:]:
        with form.judging(name, gettext("Skriv kronor, till exempel 50 eller 2,50.")):
            amounts.append(ore(form.text(name)))
    if not free or len(amounts) != 2:
        return None
    return Rate(medium=medium, free_below=free, first=amounts[0], each=amounts[1])


def _typed(rates: tuple[Rate, ...]) -> dict[str, str]:
    """Rates as the fields of the form."""
    said: dict[str, str] = {}
    for one in rates:
        medium = one.medium.value
        said |= {f"fria-{medium}": str(one.free_below), f"forsta-{medium}": kronor(one.first)}
        said[f"varje-{medium}"] = kronor(one.each)
    return said


def medium_words(one: Medium) -> str:
    """What copies are on, in words."""
    return gettext("papper, per sida") if one is Medium.PAPER else gettext("filer, per fil")


def _rate(one: Rate) -> str:
    """A rate in words."""
    medium = medium_words(one.medium).capitalize()
    if not one.first and not one.each:
        return gettext("%(medium)s: fritt.", medium=medium)
    first = gettext(
        "%(medium)s: från och med nummer %(number)s kostar det %(first)s kr, och därefter "
        "%(each)s kr för varje.",
        medium=medium,
        number=one.free_below,
        first=kronor(one.first),
        each=kronor(one.each),
    )
    if one.free_below == 1:
        return first
    free = one.free_below - 1
    return f"{first} " + gettext("Upp till och med %(number)s är fria.", number=free)


class Charge(NamedTuple):
    """A charge in words. `corrected`: another has taken its place."""

    said: Charged
    medium: str
    kronor: str
    corrected: bool


def charges(asks: Viewer, seq: int) -> list[Charge]:
    """What was charged for a request, in order."""
    found = office()[0].answers.fees.charged(asks, seq)
    corrected = {one.corrects for one in found}
    return [
        Charge(one, medium_words(one.medium), kronor(one.amount), one.seq in corrected)
        for one in found
    ]


# --- both ----------------------------------------------------------------------------------------


def _setting(asks: Viewer, needed: Permission) -> list[tuple[int, str]]:
    """The authorities for which the viewer holds a permission, by number and name."""
    there = services().authorities()
    return [(one.seq, one.name) for one in there if asks.may(needed, one.seq)]


def _authority(asks: Viewer, form: Form, needed: Permission) -> int:
    """The authority that a form is about; who may set users need be no reader."""
    mine = [seq for seq, _ in _setting(asks, needed)]
    named = form.text("namnd") or str(mine[0] if mine else "")
    if named not in map(str, mine):
        raise NotFound("There is no such authority.", remedy="Choose one of the list.")
    return int(named)


def _said() -> str:
    said = _SAID.get(request.args.get("sagt", ""))
    return said() if said else ""


_SAID = {
    "delegerad": lambda: gettext("Delegationen är inlagd."),
    "avslutad-delegation": lambda: gettext(
        "Delegationen är avslutad. Det som har beslutats med stöd av den står kvar."
    ),
    "taxa": lambda: gettext("Taxan är inlagd. Den gäller från sin dag; den tidigare finns kvar."),
}

"""Livscykel: the initiatives, the eight steps of each, the gate in words, and what is done to them.

A row of the checklist is `web_checklist`, what is done `web_do`, what the body is shown
`web_underlag`; the forms are data (`web_doings`). Each page declares the permission it needs;
what is not the viewer's is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from archiver.channels.desk import WebDesk
from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, NotFound
from archiver.governance.accounts.service import Accounts
from archiver.governance.core.acts import Opened
from archiver.governance.core.gate import GATE_STATES, GateState, Verdict
from archiver.governance.core.lifecycle import step_remains
from archiver.governance.core.steps import STEPS
from archiver.governance.moderation.service import Moderation
from archiver.governance.service import Initiative, Initiatives
from archiver.governance.web_choices import account_name, choices_of, platform_name
from archiver.governance.web_doing import Doing, day_field, some_of
from archiver.governance.web_doings import EVERY, OF_AN_INITIATIVE
from archiver.governance.web_fields import Choices, Field, Kind, read
from archiver.web.app import Part
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext, ngettext
from archiver.web.i18n import lazy_gettext as _l
from archiver.web.needs import needs
from archiver.web.services import services, viewer

EXTENSION = "diarkiv-lifecycle"
pages = Blueprint("lifecycle", __name__, template_folder="templates")
GATE_TONES = {
    GateState.NOT_READY: "wait",
    GateState.READY: "good",
    GateState.DECIDED: "wait",
    GateState.CLEARED: "good",
}
_OPEN: tuple[Field, ...] = (
    Field(
        name="namnd",
        key="authority",
        label=_l("Myndighet"),
        kind=Kind.CHOICE,
        needed=True,
        of="authorities",
        to=int,
    ),
    Field(name="rubrik", key="title", label=_l("Rubrik"), needed=True),
    Field(
        name="plattform",
        key="platforms",
        label=_l("Plattformar"),
        kind=Kind.MANY,
        needed=True,
        of="platforms",
    ),
    some_of("konto", _l("Konton som redan finns"), "channels", int, none=_l("Om det finns några.")),
    day_field("i-drift", "live_since", _l("I drift sedan")),
    Field(name="ansvarig", key="owner", label=_l("Ansvarig")),
)


@dataclass(frozen=True, slots=True)
class Office:
    """What the pages of one app work with."""

    initiatives: Initiatives
    moderation: Moderation
    accounts: Accounts
    desk: WebDesk


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with the lifecycle."""

    def attach(app: Flask) -> None:
        from archiver.governance import web_checklist, web_do, web_underlag
        from archiver.governance.accounts import web as web_accounts
        from archiver.governance.moderation import web as web_moderation

        del web_checklist, web_do, web_underlag  # routes are on `pages`
        del web_accounts, web_moderation
        app.extensions[EXTENSION] = made()
        app.register_blueprint(pages)

    return attach


def rooms() -> Office:
    """What the pages of the app that handles this request work with."""
    return cast("Office", current_app.extensions[EXTENSION])


def office() -> tuple[Initiatives, Viewer]:
    """The initiatives, and who asks."""
    return rooms().initiatives, viewer()


def gate_words(verdict: Verdict, one: Initiative) -> str:
    """The gate's state in words, with what remains or what was decided."""
    words = GATE_STATES[verdict.state].say(chosen())
    if verdict.state is GateState.NOT_READY:
        left = ngettext("en sak återstår", "%(num)s saker återstår", len(verdict.remaining))
        return f"{words} – {left}"
    if verdict.state is GateState.DECIDED and one.standing.decision:
        return f"{words} {one.standing.decision.approval.reference}"
    return words


@pages.get("/livscykel")
@needs(Permission.OVERSEE)
def initiatives() -> str:
    """Initiatives, the oldest first, with their step and the gate; with `alla` closed ones too."""
    at, asks = office()
    closed = bool(request.args.get("alla"))
    every = [at.get(asks, row.seq) for row in at.list(asks, closed=closed)]
    return render_template(
        "lifecycle/initiatives.html",
        rows=[(one, one.verdict, gate_words(one.verdict, one)) for one in every],
        names={one.seq: one.name for one in services().authorities()},
        platform_name=platform_name,
        steps=STEPS,
        tones=GATE_TONES,
        closed=closed,
    )


@pages.get("/livscykel/ny")
@needs(Permission.GOVERN)
def new() -> str:
    """The form for an initiative."""
    return _new(Form())


@pages.post("/livscykel/ny")
@needs(Permission.GOVERN)
def open_() -> Response | tuple[str, int]:
    """Open an initiative."""
    at, asks = office()
    form = Form.of(request.form)
    given = read(_OPEN, form, request.files, _open_choices(asks))
    if not form.mistakes:
        try:
            seq = at.open(asks, Opened(day=at.today(), **given))
            return redirect(url_for("lifecycle.initiative", seq=seq, sagt="ja"), 303)
        except (ConfigError, NotFound) as error:
            form.wrong("gor", gettext("Initiativet kan inte öppnas så."), str(error))
    return _new(form), 400


def _new(form: Form) -> str:
    _, asks = office()
    return render_template(
        "lifecycle/new.html", form=form, fields=_OPEN, choices=_open_choices(asks)
    )


def _open_choices(asks: Viewer) -> Choices:
    mine = [one for one in services().authorities() if asks.may(Permission.GOVERN, one.seq)]
    numbers = {one.seq for one in mine}
    return {
        "authorities": [(str(one.seq), one.name) for one in mine],
        "platforms": sorted(services().platforms.items(), key=lambda one: one[1].casefold()),
        "channels": [
            (str(one.seq), account_name(one.seq))
            for one in services().channels()
            if one.authority in numbers
        ],
    }


@pages.get("/livscykel/I<int:seq>")
@needs(Permission.OVERSEE)
def initiative(seq: int) -> str:
    """One initiative: its steps, the gate, and a form for each thing that can be done."""
    at, asks = office()
    return shown(at.get(asks, seq), Form.of(request.args))


def shown(one: Initiative, form: Form) -> str:
    """The page of an initiative, with a form as it was typed."""
    standing, step = one.standing, one.standing.step
    asked = request.args.get("steg", "")
    at = STEPS[int(asked) - 1 if asked in {str(each.number) for each in STEPS} else step - 1]
    offered = sorted(
        (each for each in OF_AN_INITIATIVE if each.when(one)),
        key=lambda each: step not in each.steps,
    )
    return render_template(
        "lifecycle/initiative.html",
        one=one,
        at=at,
        steps=STEPS,
        verdict=one.verdict,
        gate=gate_words(one.verdict, one),
        tones=GATE_TONES,
        left=step_remains(standing, one.bearings) if at.number == step else [],
        notes=[each for each in standing.notes if each.step == at.number],
        rows=[
            each for each in one.bearings.checklist.rows if each.id.startswith(at.rows or ("0",))
        ],
        name=next(a.name for a in services().authorities() if a.seq == standing.opened.authority),
        platform_name=platform_name,
        account_name=account_name,
        **doing_parts(one, offered, form),
    )


def doing_parts(one: Initiative, offered: Sequence[Doing], form: Form) -> dict[str, object]:
    """What a page needs for the forms of what is offered: the one that is asked for is open."""
    names = {each.name: each for each in offered}
    doing = EVERY.get(form.text("gor"))
    if doing is None or (doing.name not in names and not form.mistakes):
        doing = offered[0]
    standing = one.standing
    pending = standing.pending.digest if standing.pending else ""
    values = {"steg": str(standing.step), "visat": pending, "talar": "ja", **form.values}
    if doing.name in ("anteckna", "klart"):
        values["steg"] = str(standing.step)
    return {
        "offered": offered,
        "doing": doing,
        "choices": choices_of(one),
        "form": Form(values, mistakes=form.mistakes),
        "said": gettext("Antecknat.") if request.args.get("sagt") else "",
    }

"""Lägg till konto, step by step: platform, address and login, check, schedule and owner.

Each step is a page and a form, so that it works without scripts and can be gone back to; what was
typed is kept, secrets are not shown again. The check runs beside the pages and may be left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.channels import report, words
from archiver.channels.change import one_line
from archiver.channels.cost import allowed_per_day
from archiver.channels.draft import Draft
from archiver.channels.service import DEFAULT_INTERVAL
from archiver.channels.web import desk, draft_of, office
from archiver.channels.web_change import given_login, schedule_change
from archiver.core.access import Permission
from archiver.core.connector import Connector, ControlStatus, Login
from archiver.errors import ConfigError
from archiver.harvest.address import AllowedAddress
from archiver.web import words as shared_words
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services, viewer

pages = Blueprint("channel_add", __name__, template_folder="templates")


def _page(template: str, step: int, **values: object) -> str:
    return render_template(f"channels/{template}", step=step, **values)


def _to(step: str, draft: Draft) -> BaseResponse:
    return redirect(url_for(f"channel_add.{step}", id=draft.id), 303)


# --- 1 platform ----------------------------------------------------------------------------------


@pages.get("/konton/ny")
@needs(Permission.SET_CHANNELS)
def platform() -> str:
    """Which platform, and what each of them lets us see."""
    return _page("add_platform.html", 1, platforms=desk().channels.platforms(), form=Form())


@pages.post("/konton/ny")
@needs(Permission.SET_CHANNELS)
def set_platform() -> BaseResponse | tuple[str, int]:
    """Begin a draft on the platform."""
    form = Form.of(request.form)
    with form.judging("plattform", gettext("Välj en plattform.")):
        connector = desk().channels.connector(form.text("plattform"))
        return _to("address", office().drafts.new(connector.platform, viewer().actor))
    found = desk().channels.platforms()
    return _page("add_platform.html", 1, platforms=found, form=form), 400


# --- 2 address, login, options -------------------------------------------------------------------


@pages.get("/konton/ny/<id>/adress")
@needs(Permission.SET_CHANNELS)
def address(id: str) -> str:
    """The account's address, its login and its platform's options."""
    draft = draft_of(id)
    values = {"adress": draft.target, "privat": draft.allow}
    values |= {f"val-{name}": value for name, value in draft.options.items()}
    return _address(draft, Form(values))


@pages.post("/konton/ny/<id>/adress")
@needs(Permission.SET_CHANNELS)
def set_address(id: str) -> BaseResponse | tuple[str, int]:
    """Take what was typed and begin the check."""
    draft, form = draft_of(id), Form.of(request.form)
    connector = desk().channels.connector(draft.platform)
    found = _typed(draft, connector, form)
    office().drafts.keep(found)
    if form.mistakes:
        return _address(found, form), 400
    office().drafts.look(found)
    return _to("check", found)


def _typed(draft: Draft, connector: Connector, form: Form) -> Draft:
    """The draft with what was typed; mistakes are noted in the form."""
    channels, names = desk().channels, [option.name for option in connector.options]
    found = replace(
        draft,
        target=form.text("adress"),
        allow=" ".join(form.text("privat").replace(",", " ").split()),
        options={name: form.text(f"val-{name}") for name in names},
        credential=_login(draft, connector, form),
        looking=None,
    )
    with form.judging(
        "adress", gettext("Adressen går inte att använda. Skriv den som i webbläsarens adressfält.")
    ):
        connector.normalise_target(found.target)
    with form.judging(
        "privat", gettext("En privat adress skrivs som IP:PORT, till exempel 10.1.2.3:8080.")
    ):
        for text in found.proposal.allow:
            AllowedAddress.parse(text)
    if not form.mistakes:
        with form.judging(
            "adress",
            gettext("Inloggningen skulle skickas oskyddad till en http-adress. Använd https."),
        ):
            channels.proposed(found.proposal)
    if not form.mistakes:
        with form.judging("adress", gettext("Kontot finns redan.")):
            channels.not_there(found.platform, connector.normalise_target(found.target))
    return found  # fmt: skip


def _login(draft: Draft, connector: Connector, form: Form) -> Any:
    """The login that was typed, else the one typed before, if it was for this very address and
    with these options, which may lead elsewhere."""
    if connector.capabilities.login is Login.NONE or form.text("utan"):
        return None
    if not request.form.get("hemlighet") and not request.form.get("anvandare"):
        if draft.credential is None:
            if connector.capabilities.needs_credential:
                form.wrong("hemlighet", gettext("Plattformen kan inte läsas utan inloggning."))
            return None
        if form.text("adress") == draft.target and all(
            form.text(f"val-{name}") == value for name, value in draft.options.items()
        ):
            return draft.credential
        form.wrong(
            "hemlighet",
            gettext("Adressen är en annan. Skriv inloggningen igen, så att den inte skickas fel."),
        )
        return None
    with form.judging("hemlighet", gettext("Inloggningen går inte att använda.")):
        return given_login(desk().channels, draft.platform)
    return None


def _address(draft: Draft, form: Form) -> str:
    connector = desk().channels.connector(draft.platform)
    kind = connector.capabilities.login.value
    return _page("add_address.html", 2, draft=draft, connector=connector, form=form, kind=kind)


# --- 3 check -------------------------------------------------------------------------------------


@pages.get("/konton/ny/<id>/kontroll")
@needs(Permission.SET_CHANNELS)
def check(id: str) -> BaseResponse | str:
    """How far the check has come, and what it found."""
    draft = draft_of(id)
    if draft.looking is None:
        return _to("address", draft)
    view = check_view(draft, DEFAULT_INTERVAL)
    return _page("add_check.html", 3, draft=draft, now=services().clock.now(), **view)


@pages.post("/konton/ny/<id>/kontroll")
@needs(Permission.SET_CHANNELS)
def set_check(id: str) -> BaseResponse:
    """Check again, or go on: also where the account cannot be read, if that is chosen."""
    draft, chosen = draft_of(id), request.form.get("val", "")
    if chosen == "igen":
        office().drafts.look(draft)
        return _to("check", draft)
    found = draft.looking.result if draft.looking else None
    if chosen == "anda" or (found is not None and found.status is ControlStatus.OK):
        office().drafts.keep(replace(draft, anyway=True))
        return _to("owner", draft)
    return _to("check", draft)


@pages.get("/konton/ny/<id>/kontroll/lage")
@needs(Permission.SET_CHANNELS)
def check_state(id: str) -> Response:
    """How far the check has come, as data for the page's own script."""
    looking = draft_of(id).looking
    if looking is None or not looking.going_on:
        return jsonify({"running": False})
    return jsonify(
        {
            "running": True,
            "title": gettext("Kontot kontrolleras"),
            "note": looked_at(looking.what),
            "done": looking.done,
            "total": looking.total,
        }
    )


def looked_at(what: str) -> str:
    """What the check looks at just now."""
    if what in ("", "control"):
        return gettext("Går kontot att läsa?")
    return gettext("Listan %(name)s", name=shared_words.collection(what))


def check_view(draft: Draft, interval: int) -> dict[str, Any]:
    """What the check's page shows."""
    looking = draft.looking
    found = looking.result if looking else None
    connector = desk().channels.connector(draft.platform)
    schedules = list(desk().schedules.values())
    return {
        "looking": looking,
        "note": looked_at(looking.what if looking else ""),
        "result": found,
        "status": _status(found.refused_address, found.status.value) if found else "",
        "costs": report.costs(found, schedules, interval) if found else [],
        "allowed": allowed_per_day(connector.capabilities.rates),
    }


def _status(refused: bool, status: str) -> str:
    return "refused_address" if refused else status


# --- 4 schedule and owner ------------------------------------------------------------------------


@pages.get("/konton/ny/<id>/agare")
@needs(Permission.SET_CHANNELS)
def owner(id: str) -> BaseResponse | str:
    """Who owns the account, what it is called here, and how often it is read."""
    draft = draft_of(id)
    if not draft.anyway:
        return _to("check", draft)
    found = draft.looking.result if draft.looking else None
    values = {"schema": "interval", "minuter": str(DEFAULT_INTERVAL // 60)}
    values["namn"] = found.name if found else ""
    return _owner(draft, Form({**values, **draft.fields}))


@pages.post("/konton/ny/<id>/agare")
@needs(Permission.SET_CHANNELS)
def set_owner(id: str) -> BaseResponse | tuple[str, int]:
    """Add the channel."""
    draft, form = draft_of(id), Form.of(request.form)
    if not draft.anyway:
        return _to("check", draft)
    office().drafts.keep(replace(draft, fields=form.values))
    change = schedule_change(form)
    if form.text("namn"):
        with form.judging("namn", gettext("Namnet måste vara en rad med högst 200 tecken.")):
            one_line(form.text("namn"), "title")
    authority = _authority(form)
    if form.mistakes:
        return _owner(draft, form), 400
    try:
        proposal = draft.proposal
        one = desk().channels.add_channel(
            proposal.platform,
            proposal.target,
            authority=authority,
            title=form.text("namn"),
            interval=change.interval or DEFAULT_INTERVAL,
            credential=proposal.credential,
            allow=proposal.allow,
            options=proposal.options,
            schedule=change.schedule or "interval",
            actor=viewer().actor,
        )
    except ConfigError as error:
        form.values = {**form.values, "agare": authority, "kod": "", "nytt": ""}
        form.wrong("namn", gettext("Kontot kunde inte läggas till."), str(error))
        return _owner(draft, form), 400
    office().drafts.forget(draft.id)
    return redirect(url_for("channels.channel", seq=one.seq, sagt="tillagt"), 303)


def _authority(form: Form) -> str:
    """The owner's code, of those whose channels the viewer may set; a new owner, which takes the
    right for the whole home, is added once everything else is right."""
    channels, code, name = desk().channels, form.text("kod"), form.text("nytt")
    if code or name:
        viewer().require(Permission.SET_CHANNELS)
        if not form.mistakes:
            with form.judging(
                "kod", gettext("Skriv en kort kod som inte används än, och myndighetens namn.")
            ):
                return channels.add_authority(code, name, actor=viewer().actor).code
        return ""
    with form.judging("agare", gettext("Välj vilken myndighet som äger kontot.")):
        found = channels.authority(form.text("agare"))
        if viewer().may(Permission.SET_CHANNELS, found.seq):
            return found.code
        form.wrong("agare", gettext("Välj vilken myndighet som äger kontot."))
    return ""  # fmt: skip


def _owner(draft: Draft, form: Form) -> str:
    schedules = words.with_tiers(list(desk().schedules.values()))
    return _page(
        "add_owner.html",
        4,
        draft=draft,
        form=form,
        authorities=[
            one
            for one in desk().channels.authorities()
            if viewer().may(Permission.SET_CHANNELS, one.seq)
        ],
        whole=viewer().may(Permission.SET_CHANNELS),
        schedules=schedules,
    )

"""Jour: who is on duty now, and the roster.

Whoever oversees anything sees who to turn to; whoever sets users changes the roster, which is noted
in the access log first. Who cannot be told is shown as passed over, with the reason.
"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from archiver.core.access import Permission
from archiver.errors import ConfigError, NotFound
from archiver.notify.duty import Weekly, cells
from archiver.people.duty import Duty
from archiver.people.service import User
from archiver.people.trail import Happened
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services, viewer
from archiver.web.trail import note

pages = Blueprint("duty", __name__)


def _duty() -> Duty:
    found = services().duty
    if found is None:
        abort(404)
    return found


def _users() -> list[User]:
    """Who can be chosen: not who is locked."""
    sign_in = services().sign_in
    found = sign_in.people.users() if sign_in else []
    return [one for one in found if not one.disabled and one.roles]


@pages.get("/jour")
@needs(Permission.OVERSEE)
def roster() -> str:
    """Who is on duty now, and every line of the roster."""
    return _page(Form())


def _page(form: Form) -> str:
    duty = _duty()
    lines = [
        {
            "cells": cells(one),
            "weekly": isinstance(one, Weekly),
            "who": duty.told(one.address) if one.address else None,
        }
        for one in duty.roster().lines
    ]
    return render_template(
        "duty.html",
        form=form,
        lines=lines,
        present=duty.now(services().clock.now()),
        edits=viewer().may(Permission.SET_USERS),
        users=_users() if viewer().may(Permission.SET_USERS) else [],
        said=request.args.get("sagt", ""),
    )


@pages.post("/jour/rader")
@needs(Permission.SET_USERS, home=True)
def add() -> Response | tuple[str, int]:
    """Add a line: a user or an address is on duty from one moment to another."""
    form, duty = Form.of(request.form), _duty()
    chosen, address = form.text("vem"), form.text("adress")
    if chosen and address:
        form.wrong("adress", gettext("Välj en användare eller skriv en adress, inte båda."))
    with form.judging("vem", gettext("Den användaren finns inte.")):
        chosen = duty.meant(chosen) if chosen else ""
    try:
        duty.meant(address)
    except (ConfigError, NotFound):
        form.wrong("adress", gettext("Det är ingen e-postadress."))
    if not form.mistakes:
        words = gettext(
            "Skriv båda tiderna som ”mån 16:00” och välj vem, eller båda som ”2026-12-24 16:00”,"
            " den första före den andra."
        )
        with form.judging("fran", words):
            note(Happened.ROSTER_CHANGED, viewer().actor, wait=True)
            duty.add(form.text("fran"), form.text("till"), chosen or address)
            return redirect(url_for("duty.roster", sagt="tillagd"), 303)
    return _page(form), 400


@pages.post("/jour/ta-bort")
@needs(Permission.SET_USERS, home=True)
def remove() -> Response:
    """Take a line away."""
    duty, line = _duty(), request.form.get("rad", "")
    if line not in {";".join(cells(one)) for one in duty.roster().lines}:
        raise NotFound("There is no such line in the duty roster.", remedy="Load the page again.")
    note(Happened.ROSTER_CHANGED, viewer().actor, wait=True)
    duty.remove(line)
    return redirect(url_for("duty.roster", sagt="borttagen"), 303)

"""Nummerserier: how an authority's numbers are written, what comes next, and the form that sets it.

What was typed is shown as numbers before it is saved, by the same rules that save it. A form that
was read before somebody else set the series is told so, and sets nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound
from archiver.registry import words
from archiver.registry.core.mask import BadMask, check_code
from archiver.registry.numbering import (
    GivenAlready,
    Series,
    StaleSetting,
    Upcoming,
    WouldGap,
)
from archiver.registry.web import Office, chosen_authority, office, own_authorities
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services
from archiver.web.views import asked

pages = Blueprint("series", __name__, template_folder="templates")
SUGGESTED = "{ORG} {ÅÅÅÅ}/{LÖP}"


@pages.get("/diarium/serier")
@needs(Permission.SET_REGISTER)
def series() -> str:
    """The series of numbers and what each gives next; `serie=` fills the form in with one."""
    at, asks = office()
    one = _own(at, asks, asked.number("serie"))
    return _page(at, asks, Form(_typed_of(one)) if one else Form({"mask": SUGGESTED}))


@pages.post("/diarium/serier")
@needs(Permission.SET_REGISTER)
def set_series() -> BaseResponse | tuple[str, int] | str:
    """Make a series of numbers, or write one anew from now on; `gor=prova` only shows how."""
    at, asks = office()
    form = Form.of(request.form)
    one = _own(at, asks, form.number("serie"))
    if form.text("serie") and one is None:
        raise NotFound("There is no such series.", remedy="List the series there are.")
    authority = one.authority if one else chosen_authority(form, asks, Permission.SET_REGISTER)
    first = _first(form)
    with form.judging("kod", gettext("Koden har 1 till 16 bokstäver, siffror och bindestreck.")):
        check_code(form.text("kod"))
    told: Upcoming | None = None
    with _judging(form):
        if authority is not None:
            told = at.register.foretell(
                asks,
                authority,
                form.text("kod"),
                form.text("mask"),
                series=one.seq if one else None,
                first=first,
                at=services().clock.now(),
            )
    if form.mistakes or authority is None or told is None:
        return _page(at, asks, form), 400
    if form.text("gor") == "prova":
        return _page(at, asks, form, told)
    with _judging(form):
        at.register.set_series(
            asks,
            authority,
            form.text("kod"),
            form.text("mask"),
            series=one.seq if one else None,
            first=first,
            seen=form.number("sedd") if one else None,
        )
        return redirect(url_for("series.series", sagt="serie"), 303)
    if one and "sedd" in form.mistakes:  # what is there now stands in the form; it can be sent anew
        fresh = _own(at, asks, one.seq) or one
        form.values = {**form.values, "sedd": str(fresh.set_at)}
        return _page(at, asks, form), 409
    return _page(at, asks, form), 400


def _first(form: Form) -> tuple[int, int] | None:
    """The first number of this year, if one was typed."""
    text, number = form.text("forsta"), form.number("forsta")
    if not text:
        return None
    if not number:
        form.wrong("forsta", gettext("Skriv ett heltal från 1, eller lämna fältet tomt."))
        return None
    return stockholm_date(services().clock.now()).year, number


@contextmanager
def _judging(form: Form) -> Iterator[None]:
    """What the rules say of a setting, beside the field that it is about."""
    try:
        yield
    except BadMask as error:
        form.wrong("mask", words.flaw(error.why))
    except GivenAlready:
        said = gettext("En annan serie ger, eller har gett, sådana nummer. Ändra kod eller mall.")
        form.wrong("mask", said)
    except WouldGap:
        form.wrong("forsta", gettext("Serien har redan gett nummer i år: det skulle bli en lucka."))
    except StaleSetting:
        said = gettext("Någon ändrade serien medan du skrev. Se hur den är nu, och spara igen.")
        form.wrong("sedd", said)
    except ConfigError as error:
        form.wrong("mask", gettext("Numren kan inte skrivas så."), str(error))


def _own(at: Office, asks: Viewer, seq: int | None) -> Series | None:
    """A series that the viewer may set."""
    return next(
        (
            one
            for one in at.register.series(asks)
            if one.seq == seq and asks.may(Permission.SET_REGISTER, one.authority)
        ),
        None,
    )


def _typed_of(one: Series) -> dict[str, str]:
    return {
        "serie": str(one.seq),
        "kod": one.code,
        "mask": str(one.mask),
        "sedd": str(one.set_at),
    }


def _page(at: Office, asks: Viewer, form: Form, told: Upcoming | None = None) -> str:
    return render_template(
        "registry/series.html",
        series=at.register.upcoming(asks, services().clock.now()),
        one=_own(at, asks, form.number("serie")),
        names={one.seq: one.name for one in services().authorities()},
        authorities=own_authorities(asks, Permission.SET_REGISTER),
        form=form,
        told=told,
        said=words.said(request.args.get("sagt", "")),
    )

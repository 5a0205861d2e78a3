"""Webbdiariet: what an authority decides of it, what stands there now, and taking an entry down.

The pages decide by `registry.publishing` and write by `registry.publisher`; what may be shown is
judged by neither of them, but by `core.publication`. What is decided is sealed first and written at
once; if it cannot be written now, whoever decided is told, and the worker tries again.
"""

from __future__ import annotations

from dataclasses import replace

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, DiarkivError
from archiver.registry import publication_form, words
from archiver.registry.core.entry import Direction, Entry
from archiver.registry.core.publication import MAX_DESCRIPTION, Field, Setting
from archiver.registry.numbering import StaleSetting
from archiver.registry.publishing import TakenDown
from archiver.registry.reading import no_entry
from archiver.registry.web import Office, chosen_authority, office, own_authorities
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services
from archiver.web.views import asked

pages = Blueprint("publication", __name__, template_folder="templates")
AT_ONCE = 50  # entries on a page
_log = structlog.get_logger(__name__)


@pages.get("/diarium/webb")
@needs(Permission.PUBLISH)
def publication() -> str:
    """What is decided for an authority (`namnd`) and what stands on the web, from `fran` on; with
    `post`, whether that entry does."""
    at, asks = office()
    form, entry = None, asked.number("post")
    if number := request.args.get("nummer", "").strip():
        entry = _looked_up(at, asks, number)
        if entry is None:
            form = Form({"nummer": number})
            form.wrong("nummer", gettext("Det finns ingen sådan post i diariet."))
    if entry is not None:
        return _page(at, asks, _owner(at, asks, entry), entry=entry)
    there = own_authorities(asks, Permission.PUBLISH)
    wanted = asked.number("namnd")
    authority = wanted if wanted in dict(there) and wanted else (there[0][0] if there else 0)
    return _page(at, asks, authority, form)


def _looked_up(at: Office, asks: Viewer, number: str) -> int | None:
    """The entry of a number as people write it, if the viewer may publish for its authority."""
    year = stockholm_date(services().clock.now()).year
    for one in at.register.reader.find(asks, number[:100], this_year=year, full=False):
        if isinstance(one, Entry) and asks.may(Permission.PUBLISH, one.fields.authority):
            return one.seq
    return None


def _owner(at: Office, asks: Viewer, entry: int) -> int:
    """The authority of an entry that the viewer may publish; nothing that is protected is read."""
    authority = at.register.reader.entry(asks, entry, full=False).fields.authority
    if not asks.may(Permission.PUBLISH, authority):
        raise no_entry()
    return authority


@pages.post("/diarium/webb")
@needs(Permission.PUBLISH)
def decide() -> BaseResponse | tuple[str, int]:
    """Decide anew, as a whole."""
    at, asks = office()
    form = Form.of(request.form)
    authority = chosen_authority(form, asks, Permission.PUBLISH)
    if authority is None:
        there = own_authorities(asks, Permission.PUBLISH)
        return _page(at, asks, there[0][0] if there else 0, form), 400
    today = stockholm_date(services().clock.now())
    setting = publication_form.setting_of(form, authority, today)
    if form.mistakes:
        return _page(at, asks, authority, form), 400
    return _set(at, asks, setting, form, "webb-sparad")


@pages.post("/diarium/webb/av")
@needs(Permission.PUBLISH)
def switch_off() -> BaseResponse | tuple[str, int]:
    """Show nothing any more; what else was decided stays."""
    at, asks = office()
    form = Form.of(request.form)
    authority = chosen_authority(form, asks, Permission.PUBLISH)
    if authority is None:
        there = own_authorities(asks, Permission.PUBLISH)
        return _page(at, asks, there[0][0] if there else 0, form), 400
    now = at.web_diary.setting(asks, authority)
    if not now.on:
        return _done(at, authority, "webb-avstangd")
    return _set(at, asks, replace(now, on=False), publication_form.typed(now), "webb-avstangd")


def _set(
    at: Office, asks: Viewer, setting: Setting, form: Form, said: str
) -> BaseResponse | tuple[str, int]:
    authority = setting.authority
    # Switching off waits for nobody: what another decided meanwhile is switched off as well.
    seen = form.number("sedd") or 0 if said == "webb-sparad" else None
    try:
        at.web_diary.set(asks, setting, seen=seen)
    except StaleSetting:
        told = gettext(
            "Någon annan fattade ett nytt beslut medan du skrev. Läs om sidan och se vad som "
            "gäller, eller spara igen om ditt ska gälla i stället."
        )
        form.wrong("pa", told)
        form.values = {**form.values, "sedd": str(at.web_diary.decided(asks, authority))}
        return _page(at, asks, authority, form), 409
    except ConfigError as error:
        form.wrong("pa", gettext("Det går inte att spara så."), str(error))
        return _page(at, asks, authority, form), 400
    return _done(at, authority, said)


@pages.post("/diarium/webb/undanta")
@needs(Permission.PUBLISH)
def withhold() -> BaseResponse | tuple[str, int]:
    """Take an entry down, or with `ater=1` put it back, with the reason."""
    at, asks = office()
    form = Form.of(request.form)
    entry, back = form.number("post"), form.text("ater") == "1"
    if entry is None:
        form.wrong("nummer", gettext("Välj en post."))
        there = own_authorities(asks, Permission.PUBLISH)
        return _page(at, asks, there[0][0] if there else 0, form), 400
    authority = _owner(at, asks, entry)
    if not form.text("skal"):
        form.wrong("skal", gettext("Skriv varför. Skälet förseglas i arkivet."))
        return _page(at, asks, authority, form, entry), 400
    try:
        with form.judging("skal", gettext("Skälet kan inte se ut så.")):
            at.web_diary.withhold(asks, entry, reason=form.text("skal"), lifted=back, once=True)
    except StaleSetting:
        form.wrong("skal", gettext("Det är redan gjort. Inget mer har ändrats."))
        return _page(at, asks, authority, form, entry), 409
    if form.mistakes:
        return _page(at, asks, authority, form, entry), 400
    return _done(at, authority, "webb-ater" if back else "webb-undantagen", entry)


def _done(at: Office, authority: int, said: str, entry: int | None = None) -> BaseResponse:
    """What was decided is written, as far as it can be now."""
    try:
        at.publisher.tick()
    except (DiarkivError, OSError) as error:
        _log.error("webdiary.error", error=type(error).__name__)
        said = "webb-senare"
    name, number = ("namnd", authority) if entry is None else ("post", entry)
    return redirect(f"{url_for('publication.publication')}?{name}={number}&sagt={said}", 303)


def _page(
    at: Office, asks: Viewer, authority: int, form: Form | None = None, entry: int | None = None
) -> str:
    there = own_authorities(asks, Permission.PUBLISH)
    if not authority:
        return render_template("registry/publication.html", authority=0, form=form or Form())
    setting = at.web_diary.setting(asks, authority)
    begins = asked.number("fran") or 0
    shown = at.publisher.shown(asks, authority, start=begins, limit=AT_ONCE)
    if form is None or "beslut" not in form.values:
        filled = publication_form.typed(setting)
        filled.values = {**filled.values, "sedd": str(at.web_diary.decided(asks, authority))}
        filled.values = {**filled.values, **(form.values if form else {})}
        filled.mistakes = form.mistakes if form else {}
        form = filled
    down = at.web_diary.withheld(asks, authority)
    return render_template(
        "registry/publication.html",
        authority=authority,
        authorities=there,
        name=dict(there)[authority],
        setting=setting,
        form=form,
        every_field=list(Field),
        every_direction=list(Direction),
        most_letters=MAX_DESCRIPTION,
        shown=shown,
        rows=shown.rows,
        start=shown.start,
        at_once=AT_ONCE,
        down=down,
        numbers={one.entry: _number(at, asks, one) for one in down[:AT_ONCE]},
        entry=at.register.reader.entry(asks, entry, full=False) if entry is not None else None,
        why=at.publisher.reason(asks, entry) if entry is not None else None,
        is_down=any(one.entry == entry for one in down),
        said=words.said(request.args.get("sagt", "")),
    )


def _number(at: Office, asks: Viewer, one: TakenDown) -> str:
    return at.register.reader.entry(asks, one.entry, full=False).number

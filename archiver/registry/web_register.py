"""Diariet: the register's list, an entry with everything that happened to it, cases."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.registry import words
from archiver.registry.core.entry import (
    CORRECTABLE,
    SECRET_FIELDS,
    Entry,
    Marking,
    Relation,
)
from archiver.registry.web import Office, chosen_authority, office, own_authorities
from archiver.web import trail
from archiver.web.dates import parse_day
from archiver.web.form import Form
from archiver.web.i18n import gettext
from archiver.web.needs import needs
from archiver.web.services import services
from archiver.web.views import asked

pages = Blueprint("register", __name__, template_folder="templates")


def _day(name: str) -> int | None:
    day = parse_day(request.args.get(name, ""))
    return int(f"{day:%Y%m%d}") if day else None


@pages.get("/diarium")
@needs(Permission.READ)
def entries() -> str:
    """Entries, newest first; `offentlig=1` shows what anybody may read at the authority."""
    at, asks = office()
    today = stockholm_date(services().clock.now()).isoformat()
    return _entries(at, asks, asked.number("arende"), Form({"avslutat": today}))


def _entries(at: Office, asks: Viewer, case: int | None, form: Form) -> str:
    public = bool(request.args.get("offentlig"))
    of = at.register.reader.case(asks, case) if case is not None else None
    page = at.register.reader.entries(
        asks,
        before=asked.number("fore"),
        since=_day("fran"),
        until=_day("till"),
        case=case,
        full=not public,
    )
    return render_template(
        "registry/entries.html",
        page=page,
        public=public,
        case=of,
        may_close=of and asks.may(Permission.REGISTER, of.authority) and not of.voided,
        form=form,
        kept=asked.kept("fore"),
        said=words.said(request.args.get("sagt", "")),
    )


@pages.get("/diarium/<int:seq>")
@needs(Permission.READ)
def entry(seq: int) -> str:
    """One entry."""
    at, asks = office()
    return _entry(at, asks, seq, Form())


def _entry(at: Office, asks: Viewer, seq: int, form: Form) -> str:
    public = bool(request.args.get("offentlig"))
    found = at.register.reader.entry(asks, seq, full=not public)
    if found.fields.secret:
        trail.protected(found.seq, found.fields.authority)
    case = found.fields.case
    return render_template(
        "registry/entry.html",
        entry=found,
        case=at.register.reader.case(asks, case) if case is not None else None,
        public=public,
        form=form,
        related=at.register.reader.named(asks, [one.other for one in found.relations]),
        relations=[one.value for one in Relation],
        correctable=list(CORRECTABLE),
        secret_fields=sorted(SECRET_FIELDS),
        may_write=asks.may(Permission.REGISTER, found.fields.authority) and not public,
        may_mark=asks.may(Permission.MARK_SECRECY, found.fields.authority) and not public,
        sees_all=asks.may(Permission.READ_PROTECTED, found.fields.authority) and not public,
        said=words.said(request.args.get("sagt", "")),
    )


@pages.post("/diarium/<int:seq>/samband")
@needs(Permission.REGISTER)
def relate(seq: int) -> BaseResponse | tuple[str, int]:
    """Say that it has to do with another entry, by the number that one has."""
    at, asks = office()
    here, form = at.register.reader.entry(asks, seq, full=False), Form.of(request.form)
    try:
        relation = Relation(form.text("samband"))
    except ValueError:
        form.wrong("samband", gettext("Välj hur posterna hänger ihop."))
        return _entry(at, asks, seq, form), 400
    year = stockholm_date(services().clock.now()).year
    with form.judging("annan", gettext("Det går inte att läsa som ett diarienummer.")):
        found = at.register.reader.find(asks, form.text("annan"), this_year=year, full=False)
        others = [
            one
            for one in found
            if isinstance(one, Entry) and one.fields.authority == here.fields.authority
        ]
        if len(others) != 1 or others[0].seq == seq:
            form.wrong(
                "annan", gettext("Skriv numret på en annan post i samma myndighets diarium.")
            )
        else:
            seen = form.number("sett") or 0
            at.register.relate(asks, seq, others[0].seq, relation, seen=seen)
            return _done(seq, "samband")
    return _entry(at, asks, seq, form), 400


@pages.post("/diarium/<int:seq>/samband/bort")
@needs(Permission.REGISTER)
def unrelate(seq: int) -> BaseResponse | tuple[str, int]:
    """Take a relation back; it stays seen."""
    at, asks = office()
    at.register.reader.entry(asks, seq, full=False)
    form = Form.of(request.form)
    if not form.text("sambandskal"):
        form.wrong("sambandskal", gettext("Skriv varför sambandet tas tillbaka."))
    with form.judging("vilket", gettext("Välj det samband som ska tas tillbaka.")):
        if not form.mistakes:
            at.register.unrelate(
                asks,
                seq,
                form.number("vilket") or 0,
                reason=form.text("sambandskal"),
                seen=form.number("sett") or 0,
            )
            return _done(seq, "sambandslut")
    return _entry(at, asks, seq, form), 400


def _done(seq: int, said: str) -> BaseResponse:
    return redirect(url_for("register.entry", seq=seq, sagt=said), 303)


@pages.post("/diarium/<int:seq>/ratta")
@needs(Permission.REGISTER)
def correct(seq: int) -> BaseResponse | tuple[str, int]:
    """Put a field right; what stood there stays seen."""
    at, asks = office()
    form = Form.of(request.form)
    secret = form.text("hemlig") == "1"
    if not form.text("skal"):
        form.wrong("skal", gettext("Skriv varför uppgiften rättas."))
    if form.text("falt") not in CORRECTABLE:
        form.wrong("falt", gettext("Välj den uppgift som ska rättas."))
    if not form.mistakes:
        with form.judging("varde", gettext("Uppgiften kan inte se ut så.")):
            at.register.correct(
                asks,
                seq,
                form.text("falt"),
                form.text("varde"),
                reason=form.text("skal"),
                secret=secret,
                conceals=form.text("dolj") == "1",
            )
            return _done(seq, "rattad")
    return _entry(at, asks, seq, form), 400


@pages.post("/diarium/<int:seq>/makulera")
@needs(Permission.REGISTER)
def void(seq: int) -> BaseResponse | tuple[str, int]:
    """Void an entry: its number is never given again."""
    at, asks = office()
    form = Form.of(request.form)
    with form.judging("makulering", gettext("Skriv varför posten makuleras.")):
        at.register.void(asks, seq, reason=form.text("makulering"))
        return _done(seq, "makulerad")
    return _entry(at, asks, seq, form), 400


@pages.post("/diarium/<int:seq>/sekretess")
@needs(Permission.MARK_SECRECY)
def mark(seq: int) -> BaseResponse | tuple[str, int]:
    """Put a secrecy marking on, or take it off."""
    at, asks = office()
    form = Form.of(request.form)
    off = form.text("av") == "1"
    entry_: Entry = at.register.reader.entry(asks, seq)
    names = {one.seq: one.name for one in services().authorities()}
    marking = (
        None
        if off
        else Marking(
            clause=form.text("lagrum"),
            day=stockholm_date(services().clock.now()).isoformat(),
            authority=names.get(entry_.fields.authority, ""),
        )
    )
    field = "lagrum" if not off and not form.text("lagrum") else "markskal"
    help_ = {
        "lagrum": gettext("Skriv vilken bestämmelse som kan gälla (OSL 5:5)."),
        "markskal": gettext("Skriv varför."),
    }
    with form.judging(field, help_[field]):
        at.register.mark(asks, seq, marking, reason=form.text("markskal"))
        return _done(seq, "avmarkerad" if off else "markerad")
    return _entry(at, asks, seq, form), 400


@pages.get("/diarium/arenden")
@needs(Permission.READ)
def cases() -> str:
    """Cases, newest first, and the form that opens one."""
    at, asks = office()
    return _cases(at, asks, Form())


def _cases(at: Office, asks: Viewer, form: Form) -> str:
    return render_template(
        "registry/cases.html",
        cases=at.register.reader.cases(asks, before=asked.number("fore")),
        series=at.register.series(asks),
        authorities=own_authorities(asks, Permission.REGISTER),
        form=form,
        said=words.said(request.args.get("sagt", "")),
    )


@pages.post("/diarium/arenden")
@needs(Permission.REGISTER)
def open_case() -> BaseResponse | tuple[str, int]:
    """Open a case."""
    at, asks = office()
    form = Form.of(request.form)
    authority = chosen_authority(form, asks, Permission.REGISTER)
    with form.judging("arendemening", gettext("Ärendet kan inte öppnas så.")):
        if authority is not None:
            at.register.open_case(
                asks,
                authority,
                form.text("arendemening"),
                class_code=form.text("klass"),
                series=form.number("serie"),
                collective=form.text("samling") == "1",
            )
            return redirect(url_for("register.cases", sagt="arende"), 303)
    return _cases(at, asks, form), 400


@pages.post("/diarium/arenden/<int:seq>/avsluta")
@needs(Permission.REGISTER)
def close_case(seq: int) -> BaseResponse | tuple[str, int]:
    """Close a case."""
    at, asks = office()
    at.register.reader.case(asks, seq)
    form = Form.of(request.form)
    day = parse_day(form.text("avslutat"))
    with form.judging("avslutat", gettext("Ärendet kan inte avslutas den dagen.")):
        if day is None:
            form.wrong("avslutat", gettext("Skriv dagen som ÅÅÅÅ-MM-DD."))
        else:
            at.register.cases.close(asks, seq, day=day.isoformat(), note=form.text("avslutsnot"))
            return redirect(url_for("register.entries", arende=seq, sagt="avslutat"), 303)
    return _entries(at, asks, seq, form), 400


@pages.post("/diarium/arenden/<int:seq>/ateruppta")
@needs(Permission.REGISTER)
def reopen_case(seq: int) -> BaseResponse | tuple[str, int]:
    """Take a closed case up again."""
    at, asks = office()
    at.register.reader.case(asks, seq)
    form = Form.of(request.form)
    with form.judging("aterskal", gettext("Skriv varför ärendet återupptas.")):
        at.register.cases.reopen(asks, seq, reason=form.text("aterskal"))
        return redirect(url_for("register.entries", arende=seq, sagt="aterupptaget"), 303)
    return _entries(at, asks, seq, form), 400

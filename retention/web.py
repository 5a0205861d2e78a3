"""Gallring in the web shell: what its pages work with, and the part that puts them in.

The board and a disposal's own pages are `web_disposal`, its certificate `web_certificate`; plans,
decisions, holds and what is tried out are `web_plan`, `web_decision`, `web_hold`, `web_simulate`
and `web_document`. Pages of others add what stands here: on a record's page what becomes of it and
why, and where a record was disposed of, under which decision. Each page declares the permission it
needs; what is not the viewer's is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast

from flask import Blueprint, Flask, current_app, render_template, request
from sqlalchemy import select

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.channel import Channel
from archiver.db import disposal_tables as d
from archiver.db import tables as t
from archiver.db.capture_drafts import CaptureDrafts
from archiver.errors import NotFound
from archiver.web.app import Part
from archiver.web.form import MOST, Form
from archiver.web.i18n import chosen, gettext
from archiver.web.services import beside, services, viewer
from retention.core import trace_words
from retention.core.decision import Decision
from retention.core.evaluate import Evaluation
from retention.core.stage import is_complete
from retention.core.words import Language
from retention.disposal.board import Board
from retention.disposal.service import Disposals, HeldDisposal
from retention.due.evaluator import Evaluator
from retention.holds.service import Holds
from retention.schedule.service import Retention

EXTENSION = "diarkiv-retention"
_YEARS = range(1000, 9000)  # beyond them a day is a slip of the hand
pages = Blueprint("retention", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the pages of one app work with; `uploads` keeps a file while it is looked at."""

    board: Board
    disposals: Disposals
    plans: Retention
    evaluator: Evaluator
    holds: Holds
    uploads: CaptureDrafts


class Fate(NamedTuple):
    """What becomes of a record: in words, from when, by which decisions, and step by step."""

    words: str
    due: date | None
    may_go: bool
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A record that was disposed of: under which disposal and decisions. `complete`: backups are
    rolled out too, and it was checked; only then is it said to be disposed of."""

    record: int
    disposal: HeldDisposal
    decisions: tuple[Decision, ...]
    complete: bool


def part(made: Callable[[], Office]) -> Part:
    """The part of the web shell with retention and disposal."""

    def attach(app: Flask) -> None:
        from retention.disposal import web as disposal_web
        from retention.disposal import web_certificate
        from retention.disposal import words as disposal_words
        from retention.documents import web as document_web
        from retention.due import web as due_web
        from retention.holds import web as hold_web
        from retention.schedule import web as schedule_web
        from retention.schedule import web_decision
        from retention.schedule import words as schedule_words

        del web_decision, document_web, hold_web, schedule_web, due_web  # routes are on `pages`
        app.extensions[EXTENSION] = made()
        app.jinja_env.filters.update({**disposal_words.FILTERS, **schedule_words.FILTERS})
        app.jinja_env.globals.update(fate_of=fate_of, gone_record=gone_record)
        for own in (pages, disposal_web.pages, web_certificate.pages):
            app.register_blueprint(own)
        beside(app).gone = gone_page

    return attach


def office() -> tuple[Office, Viewer]:
    """The office of the app that handles this request, and who asks."""
    return cast("Office", current_app.extensions[EXTENSION]), viewer()


def language() -> Language:
    """The reader's language, for documents."""
    return "en" if chosen() == "en" else "sv"


def fate_of(record: int) -> Fate | None:
    """For templates: what becomes of a record that the viewer reads, and why on that very day."""
    at, _ = office()
    with services().ledger.database.read() as connection:
        today = at.disposals.today()
        found = at.evaluator.evaluate_records(connection, [record], today, whole=True)
    return _fate(found[record]) if record in found else None


def _fate(one: Evaluation) -> Fate:
    say = chosen()
    steps = tuple(trace_words.say(step, say) for step in one.trace)
    return Fate(trace_words.FATES[one.fate].say(say), one.due, one.may_go, steps)


def gone_record(record: int) -> Gone | None:
    """For templates: under what a record was disposed of; None if it was not, or if the viewer may
    not know."""
    at, asks = office()
    s, c = d.suppressed.c, t.channel.c
    query = (
        select(s.proposal, c.authority)
        .join(t.channel, c.seq == s.channel)
        .where(s.record == record)
    )
    with services().ledger.database.read() as connection:
        row = connection.execute(query).first()
    if row is None or not asks.may(Permission.READ, row.authority):
        return None
    held = at.disposals.get(asks, row.proposal)
    complete = False
    if held.row.certificate is not None:
        certificate = at.disposals.certificate(asks, row.proposal)
        complete = is_complete(certificate, at.disposals.today())
    decisions = tuple(decisions_of(at, held))
    return Gone(record=record, disposal=held, decisions=decisions, complete=complete)


def decisions_of(at: Office, held: HeldDisposal) -> list[Decision]:
    """The decisions that a disposal rests on, as they stand now."""
    with services().ledger.database.read() as connection:
        return at.disposals.decisions_of(connection, held.row.authority, held.proposal.decisions)


def gone_page(asks: Viewer, record: int) -> str | None:
    """The page at the address of a record that was disposed of: under which decision, and nothing
    of what it held. None if it was not, or is not the viewer's."""
    found = gone_record(record)
    if found is None or not asks.may(Permission.READ, found.disposal.row.authority):
        return None
    return render_template("disposal/gone.html", gone=found, row=found.disposal.row)


def today() -> date:
    """The Swedish day."""
    return stockholm_date(services().clock.now())


def own_authorities(asks: Viewer) -> list[tuple[int, str]]:
    """The authorities whose records the viewer may read, by number and name."""
    there = services().authorities()
    return [(one.seq, one.name) for one in there if asks.may(Permission.READ, one.seq)]


def name_of(authority: int) -> str:
    """What an authority is called."""
    return next((one.name for one in services().authorities() if one.seq == authority), "")


def asked_authority(asks: Viewer, form: Form | None = None) -> int:
    """The authority that the address or the form names (`namnd`), else the first there is.
    `NotFound` for one that is not the viewer's to read, or if there is none."""
    there = [seq for seq, _ in own_authorities(asks)]
    named = form.text("namnd") if form else request.args.get("namnd", "")
    if named:
        if named in map(str, there):
            return int(named)
        raise NotFound("There is no such authority.", remedy="Choose one of the list.")
    if not there:
        raise NotFound("There is no authority yet.", remedy="Add one with `diarkiv authority add`.")
    return there[0]


def acting_authority(asks: Viewer, form: Form, needed: Permission) -> int:
    """The authority that a form is about; else the first that the viewer holds the permission
    for. `AccessRefused` without it."""
    if not form.text("namnd"):
        for seq, _ in own_authorities(asks):
            if asks.may(needed, seq):
                return seq
    authority = asked_authority(asks, form)
    asks.require(needed, authority)
    return authority


def channels_of(authority: int) -> list[Channel]:
    """The channels of an authority, by number."""
    found = [one for one in services().channels() if one.authority == authority]
    return sorted(found, key=lambda one: one.seq)


def refuse_cut(form: Form) -> None:
    """Note as a mistake each field that is longer than what is held of it: half of a list, or of a
    text, is not what was meant."""
    for name in form.cut:
        form.wrong(name, gettext("Texten är för lång: högst %(num)s tecken.", num=MOST))


def day_in(form: Form, name: str, *, needed: bool = False) -> date | None:
    """A field as a day; what is none is noted as a mistake, and so is a day that is left out though
    it is needed."""
    text = form.text(name)
    if not text:
        if needed:
            form.wrong(name, gettext("Skriv dagen som ÅÅÅÅ-MM-DD."))
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text or found.year not in _YEARS:
        form.wrong(name, gettext("Skriv dagen som ÅÅÅÅ-MM-DD."))
        return None
    return found

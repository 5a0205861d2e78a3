"""Gallring: the board, what would be proposed, and a disposal with what may be done to it.

A form carries the digest of the set that its reader looked at, and whoever confirms says that they
looked at the sample: what forbids the rest is asked again where it is done, and answered with a
page that names the rule.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.registry.queries import instants
from archiver.web import queries as web_queries
from archiver.web.form import Form
from archiver.web.i18n import gettext, ngettext
from archiver.web.needs import needs
from archiver.web.reading.records import Line, lines
from archiver.web.services import services
from archiver.web.views import asked
from retention.core.cited import Cited, unrecorded
from retention.core.disposal import Proposal, State
from retention.disposal.queries import DisposalRow
from retention.disposal.service import MAX_NOTE, HeldDisposal
from retention.disposal.words import STEPS
from retention.web import Office, decisions_of, office

pages = Blueprint("disposal", __name__, template_folder="../templates")
BEGUN = (State.INTENDED, State.KEYS_DESTROYED)


@pages.get("/gallring")
@needs(Permission.READ)
def board() -> str:
    """The board, of one authority with `namnd`."""
    at, asks = office()
    there = {one.seq: one.name for one in services().authorities()}
    mine = {seq: name for seq, name in there.items() if asks.may(Permission.READ, seq)}
    only = asked.number("namnd")
    chosen = {only} & mine.keys() if only else set(mine)
    return render_template(
        "disposal/board.html",
        view=at.board.view(asks, chosen),
        cited=[one for seq in sorted(chosen & set(mine)) for one in _unrecorded(at, seq)],
        names=mine,
        only=only,
        titles=_titles(),
        today=at.disposals.today(),
    )


def _unrecorded(at: Office, authority: int) -> tuple[Cited, ...]:
    """Decisions that an authority's schedule cites and nobody has recorded."""
    schedule = at.plans.schedule_in_force(authority, at.disposals.today())
    return unrecorded(schedule, at.plans.decisions(authority)) if schedule else ()


@pages.get("/gallring/foresla")
@needs(Permission.DISPOSE)
def draft() -> str:
    """What would be proposed now, of an authority (`namnd`), and if given a class and a channel."""
    return _draft_page(Form(request.args.to_dict()))


@pages.post("/gallring/foresla")
@needs(Permission.DISPOSE)
def propose() -> BaseResponse | tuple[str, int]:
    """Propose it: each set of decisions it is due under is a disposal of its own."""
    at, asks = office()
    form = Form.of(request.form)
    authority = _authority(form, asks) if form.text("namnd") else None
    if len(form.text("not")) > MAX_NOTE:
        form.wrong("not", gettext("Anteckningen är för lång."))
    if authority is None or form.mistakes:
        return _draft_page(form), 400
    rules, channels = _narrowed(form)
    with form.judging("not", gettext("Anteckningen kan inte sparas så.")):
        made = at.disposals.propose(
            asks, authority, rules=rules, channels=channels, note=form.text("not")
        )
    if form.mistakes:
        return _draft_page(form), 400
    if len(made) == 1:
        return redirect(url_for("disposal.disposal", seq=made[0], sagt="foreslagen"), 303)
    return redirect(url_for("disposal.board", namnd=authority), 303)


def _draft_page(form: Form) -> str:
    at, asks = office()
    authority = _authority(form, asks)
    rules, channels = _narrowed(form)
    drafts = (
        at.disposals.drafts(asks, authority, rules=rules, channels=channels)
        if authority is not None
        else []
    )
    with services().ledger.database.read() as connection:
        decided = [
            at.disposals.decisions_of(connection, one.authority, one.decisions) for one in drafts
        ]
    return render_template(
        "disposal/draft.html",
        form=form,
        authority=authority,
        drafts=list(zip(drafts, decided, strict=True)),
        own_authorities=_own(asks),
        titles=_titles(),
    )


def _own(asks: Viewer) -> dict[int, str]:
    """The authorities for which the viewer may dispose."""
    named = services().authorities()
    return {one.seq: one.name for one in named if asks.may(Permission.DISPOSE, one.seq)}


def _authority(form: Form, asks: Viewer) -> int | None:
    own, number = _own(asks), form.number("namnd")
    if number is None and len(own) == 1:
        return next(iter(own))
    if number in own:
        return number
    form.wrong("namnd", gettext("Välj en myndighet."))
    return None


def _narrowed(form: Form) -> tuple[list[str] | None, list[int] | None]:
    """The class and the channel that were chosen; None for all."""
    rule, channel = form.text("klass"), form.number("konto")
    return [rule] if rule else None, [channel] if channel is not None else None


# --- one disposal --------------------------------------------------------------------------------


@pages.get("/gallring/<int:seq>")
@needs(Permission.READ)
def disposal(seq: int) -> str:
    """A disposal: its set, its digest, what it rests on, a sample, and what may be done."""
    return _page(seq, Form())


def _page(seq: int, form: Form) -> str:
    at, asks = office()
    held = at.disposals.get(asks, seq)
    row = held.row
    with services().ledger.database.read() as connection:
        seqs = [row.seq, *([row.confirmed] if row.confirmed else [])]
        at_ = instants(connection, seqs)
        sample = _sample(connection, asks, held)
    may = asks.may(Permission.DISPOSE, row.authority)
    open_ = row.state in (State.PROPOSED, State.CONFIRMED)
    waits = row.state is State.PROPOSED
    by_nobody = held.proposal.actor == 0 and not held.proposal.running
    return render_template(
        "disposal/disposal.html",
        held=held,
        row=row,
        proposal=held.proposal,
        decisions=decisions_of(at, held),
        sample=sample,
        at=at_,
        name={one.seq: one.name for one in services().authorities()}.get(row.authority, ""),
        titles=_titles(),
        form=form,
        may_withdraw=may and open_,
        may_confirm=may and waits and not by_nobody and _is_another(asks, held.proposal),
        by_nobody=may and waits and by_nobody,
        is_own=may and waits and not _is_another(asks, held.proposal),
        labels=_labels(at, held),
        begun=row.state in BEGUN,
        progress=_progress(row),
        said=_SAID.get(request.args.get("sagt", ""), lambda: "")(),
    )


def _is_another(asks: Viewer, proposal: Proposal) -> bool:
    return asks.actor not in (0, proposal.actor)


def _sample(connection: Connection, asks: Viewer, held: HeldDisposal) -> list[Line]:
    """The sample, as far as the viewer reads it; none once it is being destroyed."""
    if held.row.state not in (State.PROPOSED, State.CONFIRMED):
        return []
    authorities = asks.authorities(Permission.READ)
    found = web_queries.records(connection, authorities, held.sample())
    return lines(services(), asks, [found[seq] for seq in sorted(found)])


def _labels(at: Office, held: HeldDisposal) -> Mapping[str, str]:
    """Record class → what the schedule calls it."""
    with services().ledger.database.read() as connection:
        schedule = at.plans.schedule_in_force(held.row.authority, at.disposals.today(), connection)
    return {rule.code: rule.label for rule in schedule.rules} if schedule else {}


def _titles() -> dict[int, str]:
    return {one.seq: one.title or one.url for one in services().channels()}


@pages.post("/gallring/<int:seq>/bekrafta")
@needs(Permission.DISPOSE)
def confirm(seq: int) -> BaseResponse | tuple[str, int]:
    """Confirm it, as another person, the set that the page showed."""
    at, asks = office()
    asks.require(Permission.DISPOSE, at.disposals.row(asks, seq).authority)
    form = Form.of(request.form)
    if form.text("granskat") != "1":
        form.wrong("granskat", gettext("Kryssa i att du har granskat urvalet."))
        return _page(seq, form), 400
    at.disposals.confirm(asks, seq, digest=form.text("digest"))
    return redirect(url_for("disposal.disposal", seq=seq, sagt="bekraftad"), 303)


@pages.post("/gallring/<int:seq>/aterta")
@needs(Permission.DISPOSE)
def withdraw(seq: int) -> BaseResponse | tuple[str, int]:
    """Take it back, with a reason, as long as nothing is done."""
    at, asks = office()
    asks.require(Permission.DISPOSE, at.disposals.row(asks, seq).authority)
    form = Form.of(request.form)
    reason = form.text("skal")
    if not reason or len(reason) > MAX_NOTE:
        form.wrong("skal", gettext("Skriv varför, kortfattat."))
        return _page(seq, form), 400
    with form.judging("skal", gettext("Skälet kan inte sparas så.")):
        at.disposals.withdraw(asks, seq, reason=reason)
    if form.mistakes:
        return _page(seq, form), 400
    return redirect(url_for("disposal.disposal", seq=seq, sagt="atertagen"), 303)


_SAID = {
    "foreslagen": lambda: gettext("Föreslagen. En annan person granskar och bekräftar."),
    "bekraftad": lambda: gettext("Bekräftad. Den verkställs när väntetiden har gått."),
    "atertagen": lambda: gettext("Återtagen. Ingenting har gallrats."),
}


# --- being carried out ---------------------------------------------------------------------------


@pages.get("/gallring/<int:seq>/lage")
@needs(Permission.READ)
def progress(seq: int) -> BaseResponse:
    """How far it has come, as data for the page that follows it."""
    at, asks = office()
    row = at.disposals.row(asks, seq)
    return jsonify({**_progress(row), "running": row.state in BEGUN})


def _progress(row: DisposalRow) -> dict[str, int | str]:
    """Steps done of all, and what was done last."""
    states = [state for state, _ in STEPS]
    done = states.index(row.state) + 1 if row.state in states else 0
    note = str(STEPS[done - 1][1]) if done else ""
    count = row.records
    title = ngettext("Gallrar %(num)s handling", "Gallrar %(num)s handlingar", count)
    return {"title": title, "done": done, "total": len(STEPS), "note": note}

"""Utlämnande: the versions that are looked at for a request, what is decided on each, and exactly
what would leave.

A form that releases carries the digest of the set its reader looked at: what was changed since is
not released. What stops a release is said beside the record it is about. Reading what is protected
is noted first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission, Viewer
from archiver.errors import ConfigError, RuleViolation
from archiver.web import queries as web_queries
from archiver.web.form import Form
from archiver.web.i18n import chosen, gettext
from archiver.web.needs import needs
from archiver.web.reading.records import Line, lines
from archiver.web.services import services
from exports.core.access_request import REFUSALS
from exports.core.extent import named
from exports.core.release import DECISIONS, REASONS, Because, Item, ItemDecision
from exports.release import words
from exports.release.drafts import Release
from exports.release.service import Checked, Releases
from exports.release.work import Going, Work
from exports.web import office, pages
from gdpr.core.ground import Citation, Clause
from gdpr.masks.service import Masks

_AT_ONCE = 500  # versions on the page of a release


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A version on the page of a release: the record's line, how many masks are in force on it and
    how many suggestions wait, and what is left to do."""

    item: Item
    line: Line | None
    masks: int
    pending: int
    left: str


def desk() -> tuple[Releases, Masks, Work, Viewer]:
    """What the pages of releases work with, and who asks."""
    at, asks = office()
    return at.releases, at.masks, at.work, asks


def own(seq: int) -> Release:
    """A release that the viewer may work at; `NotFound` and `AccessRefused` if it is not."""
    releases, _, _, asks = desk()
    found = releases.drafts.get(asks, seq)
    asks.require(Permission.DISCLOSE, found.authority)
    return found


@pages.post("/begaran/<int:seq>/utlamnande")
@needs(Permission.DISCLOSE)
def prepare(seq: int) -> BaseResponse:
    """Prepare a release of what a request concerns, or of the records that are ticked (`r-4711`);
    every version of them with `alla`. Suggestions of what to mask are made at once."""
    releases, masks, work, asks = desk()
    at, _ = office()
    asks.require(Permission.DISCLOSE, at.requests.get(asks, seq).received.authority)
    form, held = Form.of(request.form), at.requests.records(asks, seq)
    ticked = form.ticked("r-")
    records = [one for one in held if one in ticked] or list(held)
    every = bool(form.text("alla"))
    release = releases.drafts.add(asks, seq, records, every_version=every)
    masks.suggest(asks, records, matter=seq)
    work.forget(release)
    return redirect(url_for("requests.release", seq=release, sagt="forberett"), 303)


@pages.get("/utlamnanden/<int:seq>")
@needs(Permission.DISCLOSE)
def release(seq: int) -> str:
    """A release: its versions and what is decided on each; what was made of it."""
    return release_page(seq, Form())


def release_page(seq: int, form: Form) -> str:
    """The page, with what was typed wrong."""
    releases, _, work, asks = desk()
    found = own(seq)
    rows = _rows(found, asks)
    going = work.of(found.seq)
    at, _ = office()
    return render_template(
        "release/release.html",
        release=found,
        asked=at.requests.get(asks, found.request),
        rows=rows,
        ready=bool(rows) and not any(row.left for row in rows) and any(r.item.leaves for r in rows),
        decisions=[(one, DECISIONS[one].say(chosen())) for one in ItemDecision],
        reasons=[(one.value, REASONS[one].say(chosen())) for one in Because],
        grounds=_grounds(found),
        first=next((row.item.record for row in [*(r for r in rows if r.pending), *rows]), 0),
        records=",".join(f"R{one}" for one in dict.fromkeys(i.record for i in found.items)),
        clauses=releases.clauses(asks, seq) if found.made else [],
        deliveries=list(words.DELIVERIES.items()),
        delivered=releases.drafts.delivered(asks, seq),
        files=names_of(found, work),
        untaken=releases.untaken(asks, seq) if found.made else "",
        going=going,
        form=form,
        said=_said(),
    )


def names_of(found: Release, work: Work) -> list[tuple[str, int]]:
    """Name and size of each file at hand."""
    return [(one.name, len(one.content)) for one in work.files(found.seq) or ()]


def _grounds(found: Release) -> list[tuple[str, str]]:
    """What the authority may cite: clause and what it is about."""
    _, masks, _, asks = desk()
    own_grounds = masks.grounds(asks, found.authority)
    return [(str(one.clause), one.topic.say(chosen())) for one in own_grounds]


def _rows(found: Release, asks: Viewer) -> list[Row]:
    _, masks, _, _ = desk()
    items = found.items[:_AT_ONCE]
    records = sorted({one.record for one in items})
    in_force: dict[int, int] = {}
    pending: dict[int, int] = {}
    if records and not found.made:
        for count, held in ((in_force, masks.in_force), (pending, masks.pending)):
            for kept in held(asks, records).values():
                for one in kept:
                    count[one.mask.version] = count.get(one.mask.version, 0) + 1
    shown = _lines(asks, records)
    return [
        Row(
            item=one,
            line=shown.get(one.record),
            masks=in_force.get(one.version, 0),
            pending=pending.get(one.version, 0),
            left=""
            if found.made
            else words.left(one, in_force.get(one.version, 0), pending.get(one.version, 0)),
        )
        for one in items
    ]


def _lines(asks: Viewer, records: Sequence[int]) -> Mapping[int, Line]:
    with services().ledger.database.read() as connection:
        found = web_queries.records(connection, asks.authorities(Permission.READ), records)
    return {one.row.seq: one for one in lines(services(), asks, list(found.values()))}


def _said() -> str:
    said = _SAID.get(request.args.get("sagt", ""))
    return said() if said else ""


_SAID = {
    "forberett": lambda: gettext("Handlingarna är med. Bedöm var och en."),
    "bedomt": lambda: gettext("Bedömningen är antecknad."),
    "undantaget": lambda: gettext("Undantaget är antecknat."),
    "lamnat": lambda: gettext("Antecknat hur det lämnades."),
}


@pages.post("/utlamnanden/<int:seq>/besluta")
@needs(Permission.DISCLOSE)
def decide(seq: int) -> BaseResponse | tuple[str, int]:
    """Decide on the ticked versions (`v-…`): `beslut`, and of what is withheld why (`varfor`, and
    `lagrum`)."""
    releases, _, work, asks = desk()
    found, form = own(seq), Form.of(request.form)
    known = {one.version for one in found.items}
    versions = {one.version for one in found.items} if form.text("alla") else form.ticked("v-")
    decision, because = form.text("beslut"), form.text("varfor") or Because.SECRECY.value
    if not versions & known:
        form.wrong("versioner", gettext("Kryssa i minst en handling."))
    if decision not in set(ItemDecision):
        form.wrong("beslut", gettext("Välj vad som ska hända med dem."))
    withheld = decision == ItemDecision.WITHHELD.value
    citations = _citations(found, form) if withheld and because == Because.SECRECY.value else ()
    if not form.mistakes and because in set(Because):
        try:
            releases.drafts.decide(
                asks,
                found.seq,
                ItemDecision(decision),
                versions=versions & known,
                because=Because(because),
                citations=citations,
            )
            work.forget(found.seq)
            return redirect(
                url_for("requests.release", seq=found.seq, sagt="bedomt", _anchor="handlingar"), 303
            )
        except (RuleViolation, ConfigError) as error:
            why = words.stop_reason(error.message)
            form.wrong("lagrum", gettext("Det kan inte beslutas så. %(why)s", why=why), str(error))
    return release_page(seq, form), 400


def _citations(found: Release, form: Form) -> tuple[Citation, ...]:
    """The sections that were typed, each in the authority's own activity where it holds in one."""
    _, masks, _, asks = desk()
    mine = masks.activities(asks, found.authority)
    by_clause = {one.clause: one for one in masks.grounds(asks, found.authority)}
    cited = []
    for text in filter(None, (part.strip() for part in re.split(r"[,;]", form.text("lagrum")))):
        try:
            clause = Clause.parse(text)
        except ConfigError as error:
            told = gettext("Skriv hela lagrummet, till exempel 21:7 eller 39:3 1 st.")
            form.wrong("lagrum", told, str(error))
            return ()
        ground = by_clause.get(clause) or by_clause.get(clause.whole)
        within = sorted(ground.activities & mine) if ground else []
        cited.append(Citation(clause=clause, activity=within[0] if within else ""))
    if not cited:
        form.wrong("lagrum", gettext("Skriv det lagrum som hindrar att det lämnas ut."))
    return tuple(cited)


# --- exactly what leaves -------------------------------------------------------------------------


@pages.get("/utlamnanden/<int:seq>/exakt")
@needs(Permission.DISCLOSE)
def exact(seq: int) -> str:
    """Exactly what would be given out now: every field of every version as it would leave. With
    `dolj` the proof hides even how many words are hidden."""
    return exact_page(seq, Form())


def _found_something(going: Going | None) -> bool:
    """Whether a check has ended that pointed at something."""
    return going is not None and isinstance(going.result, Checked) and bool(going.result.leaks)


def hides_structure() -> bool:
    """Whether the page is to hide the number of hidden words, too."""
    return bool(request.values.get("dolj"))


def exact_page(seq: int, form: Form) -> str:
    """The page, with what was typed wrong."""
    releases, _, work, asks = desk()
    found = own(seq)
    preview = releases.preview(asks, found.seq, hide_structure=hides_structure())
    going = work.of(found.seq)
    at, _ = office()
    asked = at.requests.get(asks, found.request)
    return render_template(
        "release/exact.html",
        release=found,
        asked=asked,
        preview=preview,
        refuses=preview.extent.answer in REFUSALS,
        left=named(preview.extent.left),
        masked=words.masked_places(preview.set.masks),
        going=going,
        suspected=releases.suspected(asks, found.seq) if _found_something(going) else {},
        form=form,
        said=_said(),
    )

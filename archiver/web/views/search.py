"""Sök: full text with highlights and filters, when the hits fall, and searches to run again.

The words asked for stand in no operational log; that somebody searched is noted, sealed, in the
archive's own. No filter, count or saved search picks persons (dataskyddslag 3:3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from archiver.core.access import Permission
from archiver.core.egress import Purpose, release
from archiver.core.search import Note, Searched, SearchPage
from archiver.db.saved_searches import FILTERS, MAX_QUERY, MAX_VALUE, SavedSearches
from archiver.errors import NotFound
from archiver.web import queries
from archiver.web.difference import Kind, Piece
from archiver.web.needs import needs
from archiver.web.reading import channels, records
from archiver.web.reading.records import Line
from archiver.web.register_queries import class_codes, filed
from archiver.web.rows import NEVER_HIDDEN, NOT_VISIBLE, Selection
from archiver.web.services import WebServices, beside, services, viewer
from archiver.web.timeline import Bar, bars
from archiver.web.views import asked, shortcut
from archiver.web.words import KINDS

pages = Blueprint("search", __name__)
HITS_AT_ONCE = 20
NOTED_AT_ONCE = 1_000  # hits of a search that is noted elsewhere with what it found
MAX_OFFSET = 10_000
CLASSES_AT_ONCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit as shown: its record, the version the words stand in (from 1), and the pieces around
    them."""

    line: Line
    version: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A page of hits. `lag`: newer records are not in the index yet. `last`: whether there is no
    further page. `bars`: when all hits fall."""

    total: int
    hits: tuple[Found, ...]
    lag: bool
    last: bool
    bars: tuple[Bar, ...]
    notes: tuple[Note, ...]


@pages.get("/sok")
@needs(Permission.READ)
def search() -> BaseResponse | str:
    """Search the text of every record's newest version. A number or an address that leads to one
    thing alone leads straight there; in quotes it is text."""
    query = request.args.get("q", "").strip()[:MAX_QUERY]
    selection, kind = asked.selection(), asked.word("slag", frozenset(KINDS))
    offset = min(asked.number("start") or 0, MAX_OFFSET)
    known = channels.accounts(services(), viewer(), Permission.READ)
    filters = {name: value for name, value in asked.kept().items() if name in FILTERS}
    shortcuts = shortcut.of(query)
    if len(shortcuts) == 1 and not filters and not offset:
        _note(query, filters, 1, lambda: [])
        return redirect(shortcut.address(shortcuts[0]), 303)
    registered, results = _registered(), None
    if query or filters:
        results = _results(services(), query, selection, kind, offset, registered.records)
    if results is not None:
        _note(query, filters, results.total, lambda: _every(query, selection, kind, registered))
    saved = services().saved
    return render_template(
        "search.html",
        query=query,
        results=results,
        selection=selection,
        accounts=known,
        states=asked.STATE_CHOICES,
        kinds=tuple(KINDS),
        kind=kind,
        offset=offset,
        step=HITS_AT_ONCE,
        kept=asked.kept("start", "samlade"),
        ready=services().search is not None,
        shortcuts=[(one, shortcut.address(one)) for one in shortcuts],
        filed=registered,
        saved=None if saved is None else saved.of(viewer().actor),
        filters=filters,
    )


@pages.post("/sok/sparade")
@needs(Permission.READ)
def save() -> BaseResponse:
    """Keep the search under a name, for the one who saved it."""
    form = request.form
    filters = {name: form.get(name, "") for name in FILTERS}
    one = _saved().save(viewer().actor, form.get("namn", ""), form.get("q", ""), filters)
    again: dict[str, Any] = {"q": one.query, **one.filters}
    return redirect(url_for("search.search", **again), 303)


@pages.post("/sok/sparade/<int:number>/ta-bort")
@needs(Permission.READ)
def forget(number: int) -> BaseResponse:
    """Forget a saved search of one's own."""
    _saved().remove(viewer().actor, number)
    return redirect(url_for("search.search"), 303)


def _saved() -> SavedSearches:
    found = services().saved
    if found is None:
        raise NotFound("This home keeps no saved searches.")
    return found


def _every(query: str, selection: Selection, kind: str, registered: Registered) -> list[int]:
    """The records that a search finds, at most `NOTED_AT_ONCE`."""
    page = _page(services(), query, selection, kind, registered.records, limit=NOTED_AT_ONCE)
    return sorted({hit.record for hit in page.hits}) if page else []


def _note(
    query: str, filters: Mapping[str, str], total: int, found: Callable[[], Sequence[int]]
) -> None:
    given = services()
    named = tuple((name, value[:MAX_VALUE]) for name, value in sorted(filters.items()))
    at, actor = given.clock.now(), viewer().actor
    made = Searched(at=at, actor=actor, query=query, filters=named, total=total)
    if given.search_log is not None:
        given.search_log.note(made)
    if not asked.number("start"):
        beside().searched(made, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The filters of the register: as typed, the classes there are to choose from, whether a case
    of that number was found, and the records that they leave (None: they do not narrow)."""

    class_code: str
    case: str
    classes: tuple[str, ...]
    no_case: bool
    records: tuple[int, ...] | None


def _registered() -> Registered:
    """Klass and ärende: a class as it is written, a case by its number."""
    code = request.args.get("klass", "").strip()[:MAX_VALUE]
    number = request.args.get("arende", "").strip()[:MAX_VALUE]
    authorities = viewer().authorities(Permission.READ)
    cases = shortcut.cases(number) if number else None
    with services().ledger.database.read() as connection:
        classes = class_codes(connection, authorities, limit=CLASSES_AT_ONCE)
        records = (
            filed(connection, authorities, class_code=code, cases=cases)
            if code or cases is not None
            else None
        )
    return Registered(
        class_code=code,
        case=number,
        classes=tuple(classes),
        no_case=cases == [],
        records=None if records is None else tuple(records),
    )


def _results(
    given: WebServices,
    query: str,
    selection: Selection,
    kind: str,
    offset: int,
    among: Collection[int] | None,
) -> Results | None:
    page = _page(given, query, selection, kind, among, limit=HITS_AT_ONCE, offset=offset)
    if page is None:
        return None
    return Results(
        total=page.total,
        hits=_found(given, page),
        lag=page.lag,
        last=offset + HITS_AT_ONCE >= min(page.total, MAX_OFFSET),
        bars=bars(page.months),
        notes=page.notes,
    )


def _page(
    given: WebServices,
    query: str,
    selection: Selection,
    kind: str,
    among: Collection[int] | None,
    *,
    limit: int,
    offset: int = 0,
) -> SearchPage | None:
    if given.search is None:
        return None
    return given.search.search(
        query,
        authorities=viewer().authorities(Permission.READ),
        channels=None if selection.channel is None else [selection.channel],
        records=among,
        kinds=[kind] if kind else None,
        states=_states(selection.state),
        origins=[selection.origin] if selection.origin else None,
        edited=True if selection.edited else None,
        since_ms=selection.since,
        until_ms=selection.until,
        limit=limit,
        offset=offset,
        timeline=True,
        older=bool(request.args.get("aldre")),
    )


def _found(given: WebServices, page: SearchPage) -> tuple[Found, ...]:
    with given.ledger.database.read() as connection:
        authorities = viewer().authorities(Permission.READ)
        rows = queries.records(connection, authorities, [hit.record for hit in page.hits])
        numbers = queries.version_numbers(connection, [hit.version for hit in page.hits])
    read = {line.row.seq: line for line in records.lines(given, viewer(), list(rows.values()))}
    hits = []
    for hit in page.hits:
        if hit.record in read and hit.version in numbers:
            text = release(viewer(), Purpose.READ, {"text": hit.snippet}).get("text", "")
            pieces = tuple(highlighted(text, hit.highlights))
            hits.append(Found(line=read[hit.record], version=numbers[hit.version], pieces=pieces))
    return tuple(hits)


def _states(state: str) -> list[str] | None:
    if state == NOT_VISIBLE:
        return [one for one in asked.STATE_CHOICES if one not in (NOT_VISIBLE, *NEVER_HIDDEN)]
    return [state] if state else None


def highlighted(text: str, spans: Iterable[tuple[int, int]]) -> list[Piece]:
    """The snippet in pieces; what was found is `ADDED`. Spans are code points, start and end."""
    pieces, done = list[Piece](), 0
    for start, end in sorted(spans):
        begin = max(start, done)
        if begin < min(end, len(text)):
            pieces += [Piece(Kind.SAME, text[done:begin]), Piece(Kind.ADDED, text[begin:end])]
            done = end
    return [piece for piece in [*pieces, Piece(Kind.SAME, text[done:])] if piece.text]

"""Sök: full text with highlights and filters. The words asked for are never logged."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from archiver.core.access import Permission
from archiver.core.egress import Purpose, release
from archiver.web import queries
from archiver.web.difference import Kind, Piece
from archiver.web.needs import needs
from archiver.web.reading import channels, records
from archiver.web.reading.records import Line
from archiver.web.rows import NOT_VISIBLE, Selection
from archiver.web.services import WebServices, services, viewer
from archiver.web.views import asked

pages = Blueprint("search", __name__)
HITS_AT_ONCE = 20
MAX_QUERY = 400
MAX_OFFSET = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit as shown: its record, the version the words stand in, and the pieces around them."""

    line: Line
    version: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A page of hits. `lag`: newer records are not in the index yet."""

    total: int
    hits: tuple[Found, ...]
    lag: bool


@pages.get("/sok")
@needs(Permission.READ)
def search() -> str:
    """Search the text of every version."""
    query = request.args.get("q", "").strip()[:MAX_QUERY]
    selection = asked.selection()
    offset = min(asked.number("start") or 0, MAX_OFFSET)
    known = channels.accounts(services(), viewer(), Permission.READ)
    results = _results(services(), query, selection, offset, known) if query else None
    return render_template(
        "search.html",
        query=query,
        results=results,
        selection=selection,
        accounts=known,
        states=asked.STATE_CHOICES,
        offset=offset,
        step=HITS_AT_ONCE,
        kept=asked.kept("start"),
        ready=services().search is not None,
    )


def _results(
    given: WebServices, query: str, selection: Selection, offset: int, known: Collection[int]
) -> Results | None:
    """`known`: the channels that whoever asks may read, and the index is asked about."""
    if given.search is None:
        return None
    page = given.search.search(
        query,
        channels=_channels(selection.channel, known),
        states=_states(selection.state),
        since_ms=selection.since,
        until_ms=selection.until,
        limit=HITS_AT_ONCE,
        offset=offset,
    )
    with given.ledger.database.read() as connection:
        authorities = viewer().authorities(Permission.READ)
        rows = queries.records(connection, authorities, [hit.record for hit in page.hits])
    read = {line.row.seq: line for line in records.lines(given, viewer(), list(rows.values()))}
    hits = []
    for hit in page.hits:
        if hit.record in read:
            text = release(viewer(), Purpose.READ, {"text": hit.snippet}).get("text", "")
            pieces = tuple(highlighted(text, hit.highlights))
            hits.append(Found(line=read[hit.record], version=hit.version, pieces=pieces))
    return Results(total=page.total, hits=tuple(hits), lag=page.lag)


def _channels(chosen: int | None, known: Collection[int]) -> Collection[int] | None:
    """What the index is asked about; None: everything, for whoever may read all there is."""
    if chosen is not None:
        return [chosen] if chosen in known else []
    return None if viewer().may(Permission.READ) else sorted(known)


def _states(state: str) -> list[str] | None:
    if state == NOT_VISIBLE:
        return [one for one in asked.STATE_CHOICES if one not in (NOT_VISIBLE, "visible")]
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

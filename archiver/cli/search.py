"""`diarkiv search` and `saved`: full text from the terminal, and searches to run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from datetime import datetime, timedelta
from typing import Any, Protocol

import click

from archiver.cli.output import json_option, say, show, table_of, with_options
from archiver.cli.records import number
from archiver.cli.when import STOCKHOLM, swedish_time
from archiver.core.access import LOCAL
from archiver.core.changes import State
from archiver.core.ports import Clock
from archiver.core.search import Hit, Note, Searched, SearchIndex, SearchLog, SearchPage
from archiver.db.saved_searches import SavedSearches
from archiver.errors import ConfigError

# The options that can be saved, and what each is called in an address of the web.
_SAVED = {
    "channel": "konto",
    "state": "tillstand",
    "direction": "riktning",
    "kind": "slag",
    "edited": "andrade",
    "older": "aldre",
    "since": "fran",
    "until": "till",
}
_NOTES = {
    Note.OPEN_QUOTE: "The quote was never closed: everything after it is one phrase.",
    Note.STAR_IGNORED: "Too few letters beside the star: the word is searched for without it.",
    Note.SHORTENED: "The search is too long: only its beginning is searched for.",
    Note.NO_WORD: "There is no letter or digit to search for.",
}
_NOT_VISIBLE = "not_visible"  # what the web calls every state but one
_day = click.DateTime(["%Y-%m-%d"])
_FILTERS = (
    click.option("--channel", metavar="ID", help="Only this channel (C17)."),
    click.option("--state", help="Only this state: visible, held, gone_confirmed …"),
    click.option("--kind", help="Only this kind: post, comment …"),
    click.option(
        "--direction", type=click.Choice(["received", "drawn_up"]), help="Only in, or only out."
    ),
    click.option("--edited", is_flag=True, help="Only what was edited after it was first seen."),
    click.option("--older", is_flag=True, help="Also in versions that were replaced."),
    click.option("--since", type=_day, metavar="DATE", help="Not before this Swedish date."),
    click.option("--until", type=_day, metavar="DATE", help="Not after this Swedish date."),
)


class ClosingLog(SearchLog, Protocol):
    """A `SearchLog` that writes what waits when it is closed."""

    def close(self) -> None: ...


class Desk(Protocol):
    """What the commands need of a home."""

    @property
    def index(self) -> SearchIndex: ...

    @property
    def saved_searches(self) -> SavedSearches: ...

    @property
    def clock(self) -> Clock: ...

    def search_log(self) -> ClosingLog: ...


def commands(desk: Callable[[], Desk]) -> Sequence[click.Command]:
    """The commands, over the home that the composition root gives."""

    @click.group("saved")
    def saved() -> None:
        """Searches that you have saved."""

    for one in (_list, _run, _remove):
        saved.add_command(one(desk))
    return (_search(desk), saved)


def _search(desk: Callable[[], Desk]) -> click.Command:
    @click.command("search")
    @click.argument("query")
    @with_options(_FILTERS)
    @click.option("--limit", default=20, show_default=True, help="At most so many.")
    @click.option("--timeline", is_flag=True, help="Also count the hits by month.")
    @click.option("--save", "name", metavar="NAME", help="Keep the search, to run it again.")
    @json_option
    def search(
        query: str, limit: int, timeline: bool, name: str | None, as_json: bool, **options: Any
    ) -> None:
        """Search posts and comments. All words must be there, in any inflection.

        Quotes make an exact phrase; bygg* is the beginning of a word, *plan its end and *lov* any
        part of it. That you searched is noted in the archive's log.

        \b
        Examples:
          diarkiv search snöröjning
          diarkiv search '"nya cykelvägen"' --channel C17
          diarkiv search 'bibliot*' --since 2026-01-01 --timeline --json
          diarkiv search '*lov*' --direction received --save "Bygglov in"
        """
        filters = _filters(options)
        if name is not None:
            desk().saved_searches.save(LOCAL.actor, name, query, filters)
        _answer(desk(), query, filters, limit=limit, timeline=timeline, as_json=as_json)

    return search


def _list(desk: Callable[[], Desk]) -> click.Command:
    @click.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """List them.

        \b
        Example:
          diarkiv saved list
        """
        found = desk().saved_searches.of(LOCAL.actor)
        data = [one._asdict() for one in found]
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "text": one.query,
                "filters": " ".join(f"{k}={v}" for k, v in one.filters.items()),
                "saved": swedish_time(one.created_at),
            }
            for one in found
        ]
        show(as_json, data, lambda: table_of("Saved searches", rows, "No saved search."))

    return list_


def _run(desk: Callable[[], Desk]) -> click.Command:
    @click.command("run")
    @click.argument("name")
    @click.option("--limit", default=20, show_default=True, help="At most so many.")
    @click.option("--timeline", is_flag=True, help="Also count the hits by month.")
    @json_option
    def run(name: str, limit: int, timeline: bool, as_json: bool) -> None:
        """Run one, by its name or number.

        \b
        Example:
          diarkiv saved run "Bygglov in" --timeline
        """
        one = desk().saved_searches.get(LOCAL.actor, name)
        _answer(desk(), one.query, one.filters, limit=limit, timeline=timeline, as_json=as_json)

    return run


def _remove(desk: Callable[[], Desk]) -> click.Command:
    @click.command("remove")
    @click.argument("name")
    @json_option
    def remove(name: str, as_json: bool) -> None:
        """Forget one, by its name or number.

        \b
        Example:
          diarkiv saved remove "Bygglov in"
        """
        kept = desk().saved_searches
        one = kept.get(LOCAL.actor, name)
        kept.remove(LOCAL.actor, one.id)
        show(as_json, {"removed": one.id}, lambda: "Removed.")

    return remove


def _filters(options: Mapping[str, Any]) -> dict[str, str]:
    """Options as the filters of a saved search; those that were not given are left out."""
    return {_SAVED[name]: _text(name, value) for name, value in options.items() if value}


def _text(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if name == "channel":
        return f"C{number(value, 'C')}"
    return "1" if value is True else str(value)


def _answer(
    desk: Desk,
    query: str,
    filters: Mapping[str, str],
    *,
    limit: int,
    timeline: bool,
    as_json: bool,
) -> None:
    states = _only(filters, "tillstand")
    if states == [_NOT_VISIBLE]:
        states = [state.value for state in State if state is not State.VISIBLE]
    page = desk.index.search(
        query,
        channels=[number(one, "C") for one in _only(filters, "konto") or ()] or None,
        kinds=_only(filters, "slag"),
        states=states,
        origins=_only(filters, "riktning"),
        edited=True if filters.get("andrade") else None,
        since_ms=_instant(filters.get("fran"), 0),
        until_ms=_instant(filters.get("till"), 1),
        limit=limit,
        timeline=timeline,
        older=bool(filters.get("aldre")),
    )
    log: AbstractContextManager[ClosingLog] = closing(desk.search_log())
    with log as notes:
        notes.note(
            Searched(
                at=desk.clock.now(),
                actor=LOCAL.actor,
                query=query,
                filters=tuple(sorted(filters.items())),
                total=page.total,
            )
        )
    _show(page, timeline=timeline, as_json=as_json)


def _only(filters: Mapping[str, str], name: str) -> list[str] | None:
    return [filters[name]] if filters.get(name) else None


def _instant(day: str | None, days: int) -> int | None:
    """The first instant of a Swedish date, or of one some days later."""
    if not day:
        return None
    try:
        at = datetime.fromisoformat(day).replace(tzinfo=STOCKHOLM) + timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{day!r} is no date of the form 2026-11-22.") from error
    return int(at.timestamp() * 1000)


def _show(page: SearchPage, *, timeline: bool, as_json: bool) -> None:
    rows = [{"id": f"R{hit.record}", "text": _marked(hit)} for hit in page.hits]
    data: dict[str, object] = {
        "total": page.total,
        "lag": page.lag,
        "notes": [note.value for note in page.notes],
        "hits": [
            {
                "record": f"R{hit.record}",
                "version": hit.version,
                "score": hit.score,
                "snippet": hit.snippet,
                "highlights": hit.highlights,
            }
            for hit in page.hits
        ],
    }
    if timeline:
        data["months"] = dict(page.months)
    show(as_json, data, lambda: table_of(f"{page.total} hits", rows, "No hit."))
    if as_json:
        return
    if page.months:
        months = [{"month": month, "hits": count} for month, count in page.months]
        show(False, months, lambda: table_of("Hits by month", months, ""))
    for note in page.notes:
        say(_NOTES[note])
    if page.lag:
        say("The index is behind the archive; a running worker catches up.")


def _marked(hit: Hit) -> str:
    """The snippet with ‹hits› marked, on one line."""
    text, at = "", 0
    for start, end in hit.highlights:
        text += f"{hit.snippet[at:start]}‹{hit.snippet[start:end]}›"
        at = end
    return " ".join((text + hit.snippet[at:]).split())

"""Records as the interface gives them: narrowed in the query, every field through the gate.

What is registered as possibly secret (level 4, or marked at any time) is given without its text to
a token that may not read what is protected, and is not found by its words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from archiver.api import cursor, queries
from archiver.api.queries import RecordRow, Selection
from archiver.api.schemas import RecordsQuery, SearchQuery
from archiver.api.services import ApiServices, note_protected
from archiver.core.access import Permission, Viewer
from archiver.core.calendar import STOCKHOLM, stockholm_date
from archiver.core.egress import Purpose, release
from archiver.core.record import milliseconds
from archiver.core.search import Searched
from archiver.db.apart import under_apart
from archiver.errors import NotFound, StoreUnavailable
from archiver.registry.core.entry import day_number
from archiver.registry.queries import all_guarded, guarded
from archiver.registry.shown import moment

ANSWERS = 200
MOST_HITS = 10_000
_WORDS = ("title", "text", "author_name", "url")
Fields = Mapping[str, Any]


def records(services: ApiServices, viewer: Viewer, asked: RecordsQuery) -> Fields:
    """A page of records by falling legal date."""
    after = cursor.numbers(asked.cursor, 2)
    selection = Selection(
        authority=asked.authority,
        channel=asked.channel,
        state=asked.state,
        origin=asked.origin,
        since=begin_of(asked.since),
        until=begin_of(asked.until, days=1),
    )
    with services.ledger.database.read() as connection:
        rows = queries.listed(
            connection,
            viewer.authorities(Permission.READ),
            selection,
            after=(after[0], after[1]) if after else None,
            limit=asked.limit + 1,
        )
        shown = rows[: asked.limit]
        items = _fields(services, viewer, connection, shown)
    more = len(rows) > len(shown)
    return {
        "items": items,
        "next": cursor.written(shown[-1].legal_at, shown[-1].seq) if more else None,
    }


def record(services: ApiServices, viewer: Viewer, seq: int) -> Fields:
    """One record; `NotFound` if the viewer may read none of that number."""
    with services.ledger.database.read() as connection:
        row = _row(connection, viewer, seq)
        return _fields(services, viewer, connection, [row])[0]


def versions(services: ApiServices, viewer: Viewer, seq: int) -> Fields:
    """Every state a record was seen in."""
    with services.ledger.database.read() as connection:
        row = _row(connection, viewer, seq)
        kept = _withheld(services, viewer, connection, [row])
        rows = [] if kept else queries.versions(connection, seq)
        nameless = _without_address(services, viewer, connection, [row])
    opened = services.ledger.open([one.seq for one in rows])
    items = []
    for one in rows:
        envelope: Mapping[str, Any] = opened[one.seq].envelope if one.seq in opened else {}
        fields = release(viewer, Purpose.READ, envelope)
        said = {name: fields.get(name, "") for name in _WORDS}
        said |= {"url": ""} if nameless else {}
        items.append(
            {
                "seq": one.seq,
                "n": one.n,
                "captured_at": moment(one.captured_at),
                "state": fields.get("state", ""),
                "changes": one.changes.split(","),
                "links": list(fields.get("links", [])),
                **said,
            }
        )
    withheld = bool(kept) or any(one.seq not in opened for one in rows)
    return {"withheld": withheld, "items": items}


def thread(services: ApiServices, viewer: Viewer, seq: int) -> Fields:
    """The thread that a record is in."""
    authorities = viewer.authorities(Permission.READ)
    with services.ledger.database.read() as connection:
        root = queries.root_of(connection, authorities, _row(connection, viewer, seq))
        rows, total = queries.answers(connection, authorities, root, limit=ANSWERS)
        first, *rest = _fields(services, viewer, connection, [root, *rows])
    return {"root": first, "answers": rest, "more": total - len(rows)}


def visible(services: ApiServices, viewer: Viewer, seq: int) -> None:
    """`NotFound` unless the viewer may read a record of that number."""
    with services.ledger.database.read() as connection:
        _row(connection, viewer, seq)


def search(services: ApiServices, viewer: Viewer, asked: SearchQuery) -> Fields:
    """A page of hits, best first."""
    if services.search is None:
        raise StoreUnavailable("There is no search index.", remedy="Let the worker run.")
    place = cursor.numbers(asked.cursor, 1)
    offset = min(place[0], MOST_HITS) if place else 0
    page = services.search.search(
        asked.q,
        authorities=viewer.authorities(Permission.READ),
        channels=None if asked.channel is None else [asked.channel],
        without=_not_to_find(services, viewer),
        states=[asked.state] if asked.state else None,
        since_ms=begin_of(asked.since),
        until_ms=begin_of(asked.until, days=1),
        limit=asked.limit,
        offset=offset,
    )
    # The index may know what the tables do not (any more): only what may be read now is given.
    with services.ledger.database.read() as connection:
        authorities = viewer.authorities(Permission.READ)
        rows = queries.records(connection, authorities, [hit.record for hit in page.hits])
        kept = _withheld(services, viewer, connection, list(rows.values()))
    items = [
        {
            "record": hit.record,
            "version": hit.version,
            "snippet": release(viewer, Purpose.READ, {"text": hit.snippet}).get("text", ""),
            "highlights": [list(one) for one in hit.highlights],
        }
        for hit in page.hits
        if hit.record in rows and hit.record not in kept
    ]
    total = page.total - len(page.hits) + len(items)
    _note_search(services, viewer, asked, total)
    end = offset + len(page.hits)
    more = page.hits and end < min(page.total, MOST_HITS)
    return {
        "total": total,
        "lag": page.lag,
        "items": items,
        "next": cursor.written(end) if more else None,
    }


def _not_to_find(services: ApiServices, viewer: Viewer) -> list[int]:
    """Records whose words the viewer may not read: they are neither found nor counted."""
    held = [
        one.seq
        for one in services.authorities()
        if viewer.may(Permission.READ, one.seq)
        and not viewer.may(Permission.READ_PROTECTED, one.seq)
    ]
    with services.ledger.database.read() as connection:
        return all_guarded(connection, held)


def begin_of(day: str | None, *, days: int = 0) -> int | None:
    """When a Swedish day begins, or one so many days later: milliseconds UTC. `ConfigError` for
    what is no day."""
    if day is None:
        return None
    day_number(day)
    parsed = min(date.fromisoformat(day), date.max - timedelta(days=2))
    return milliseconds(datetime.combine(parsed + timedelta(days=days), time(), STOCKHOLM))


def _note_search(services: ApiServices, viewer: Viewer, asked: SearchQuery, total: int) -> None:
    """Free text is never blocked, but it is noted (dataskyddslag 3:3)."""
    if services.search_log is None or not asked.q.strip():
        return
    given = {"channel": asked.channel, "state": asked.state, "since": asked.since}
    named = tuple((name, str(value)) for name, value in given.items() if value)
    at = services.clock.now()
    services.search_log.note(
        Searched(at=at, actor=viewer.actor, query=asked.q, filters=named, total=total)
    )


def _row(connection: Connection, viewer: Viewer, seq: int) -> RecordRow:
    found = queries.records(connection, viewer.authorities(Permission.READ), [seq])
    if seq not in found:
        raise NotFound("There is no such record.", remedy="List the records there are.")
    return found[seq]


def _withheld(
    services: ApiServices, viewer: Viewer, connection: Connection, rows: Collection[RecordRow]
) -> frozenset[int]:
    """Those of the records whose words the viewer may not read."""
    kept = guarded(connection, [row.seq for row in rows])
    if not kept:
        return kept
    owners = {one.seq: one.authority for one in services.channels()}
    held = {row.seq: owners[row.channel] for row in rows if row.seq in kept}
    read = {seq for seq, owner in held.items() if viewer.may(Permission.READ_PROTECTED, owner)}
    note_protected(services, viewer, [(held[seq], seq) for seq in read])
    return kept - read


def _fields(
    services: ApiServices, viewer: Viewer, connection: Connection, rows: Sequence[RecordRow]
) -> list[dict[str, Any]]:
    kept = _withheld(services, viewer, connection, rows)
    nameless = _without_address(services, viewer, connection, rows)
    opened = services.ledger.open([row.latest for row in rows if row.seq not in kept])
    found = [
        _one(viewer, row, opened[row.latest].envelope if row.latest in opened else None)
        for row in rows
    ]
    return [one | ({"url": ""} if one["seq"] in nameless else {}) for one in found]


def _without_address(
    services: ApiServices, viewer: Viewer, connection: Connection, rows: Collection[RecordRow]
) -> frozenset[int]:
    """Those of the records whose address may hold words of one that the viewer may not read: they
    stand under it. Where they may, that is noted."""
    under = under_apart(connection, [row.seq for row in rows])
    if not under:
        return frozenset()
    owners = {one.seq: one.authority for one in services.channels()}
    held = {row.seq: owners[row.channel] for row in rows if row.seq in under}
    read = {
        seq
        for seq, owner in held.items()
        if not under[seq].stopped and viewer.may(Permission.READ_PROTECTED, owner)
    }
    note_protected(services, viewer, [(held[seq], under[seq].record) for seq in read])
    return frozenset(under) - read


def _one(viewer: Viewer, row: RecordRow, envelope: Mapping[str, Any] | None) -> dict[str, Any]:
    said = release(viewer, Purpose.READ, envelope or {})
    return {
        "seq": row.seq,
        "channel": row.channel,
        "kind": row.kind,
        "origin": row.origin,
        "day": stockholm_date(row.legal_at).isoformat(),
        "legal_at": moment(row.legal_at),
        "legal_basis": row.legal_basis,
        "captured_at": moment(row.captured_at),
        "state": row.state,
        "versions": row.versions,
        "version": row.latest,
        "outcome": row.outcome,
        "withheld": envelope is None,
        **{name: said.get(name, "") for name in _WORDS},
    }

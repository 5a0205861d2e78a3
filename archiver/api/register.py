"""Register entries: read, made once, corrected, voided, marked and related by programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apiflask import APIBlueprint

from archiver.api import cursor, given, schemas
from archiver.api.asked import draft_of, etag_of, marking, registration, seen_in
from archiver.api.services import note_protected, services, viewer
from archiver.core.calendar import stockholm_date
from archiver.registry import shown
from archiver.registry.core import entry as rules
from archiver.registry.core.entry import Entry, Relation, day_number

pages = APIBlueprint("register", __name__, tag="Register", url_prefix="/api/v1")


def _given(entry: Entry, status: int = 200) -> Any:
    return listed([entry])[0], status, etag_of(entry.newest)


def listed(found: Iterable[Entry]) -> list[Any]:
    """Entries as they leave; that what is sealed apart was read is in the log by then."""
    found = list(found)
    apart = [(one.fields.authority, one.seq) for one in found if one.fields.secret]
    note_protected(services(), viewer(), apart)
    return [shown.entry_fields(viewer(), one) for one in found]


def _now(seq: int) -> Any:
    """The entry as it is after it was changed."""
    return _given(services().register.reader.entry(viewer(), seq))


@pages.get("/entries")
@pages.input(schemas.EntriesQuery, location="query")
@pages.output(given.Entries)
def entries(query_data: schemas.EntriesQuery) -> Any:
    """Entries, the newest first, or those with a `number` as people write it."""
    asked, reader = query_data, services().register.reader
    full = asked.view == "full"
    before = cursor.numbers(asked.cursor, 1)
    since = day_number(asked.since) if asked.since else None
    until = day_number(asked.until) if asked.until else None
    if asked.number:
        year = stockholm_date(services().clock.now()).year
        found = reader.find(viewer(), asked.number, this_year=year, full=full)
        items = [one for one in found if isinstance(one, Entry)]
        return {"items": listed(items), "next": None}
    page = reader.entries(
        viewer(),
        before=before[0] if before else None,
        limit=asked.limit,
        since=since,
        until=until,
        case=asked.case,
        authority=asked.authority,
        direction=asked.direction,
        level=asked.level,
        class_code=asked.class_code,
        full=full,
    )
    return {
        "items": listed(page.entries),
        "next": None if page.before is None else cursor.written(page.before),
    }


@pages.get("/entries/<int:seq>")
@pages.input(schemas.ViewQuery, location="query")
@pages.output(given.Entry)
def entry(seq: int, query_data: schemas.ViewQuery) -> Any:
    """One entry, with its corrections. Its ETag is what a change of it must show."""
    full = query_data.view == "full"
    return _given(services().register.reader.entry(viewer(), seq, full=full))


@pages.post("/entries")
@pages.input(schemas.Once, location="headers")
@pages.input(schemas.EntryIn)
@pages.output(given.Entry, status_code=201)
def add_entry(headers_data: schemas.Once, json_data: schemas.EntryIn) -> Any:
    """Register records, or something else that came in or was drawn up."""
    register = services().register
    draft = draft_of("entry", headers_data.idempotency_key)
    asked = registration(json_data, draft)
    plain = rules.checked(asked, today=stockholm_date(services().clock.now()).isoformat())
    payload = rules.payload(plain, actor=viewer().actor)
    register.reader.sealed_as(draft, payload)
    seq = register.register(viewer(), asked)
    return _given(register.reader.entry(viewer(), seq), 201)


@pages.post("/entries/<int:seq>/corrections")
@pages.input(schemas.Unchanged, location="headers")
@pages.input(schemas.CorrectionIn)
@pages.output(given.Entry)
def correct(seq: int, headers_data: schemas.Unchanged, json_data: schemas.CorrectionIn) -> Any:
    """Put one field right; what stood there stays seen."""
    services().register.correct(
        viewer(),
        seq,
        json_data.field,
        json_data.value,
        reason=json_data.reason,
        secret=json_data.secret,
        conceals=json_data.conceals,
        seen=seen_in(headers_data.if_match),
    )
    return _now(seq)


@pages.post("/entries/<int:seq>/voiding")
@pages.input(schemas.Unchanged, location="headers")
@pages.input(schemas.ReasonIn)
@pages.output(given.Entry)
def void(seq: int, headers_data: schemas.Unchanged, json_data: schemas.ReasonIn) -> Any:
    """Void an entry (makulera): it stays, and its number is never given again."""
    register = services().register
    register.reader.entry(viewer(), seq)  # cases are not voided here
    seen = seen_in(headers_data.if_match)
    register.void(viewer(), seq, reason=json_data.reason, seen=seen)
    return _now(seq)


@pages.post("/entries/<int:seq>/markings")
@pages.input(schemas.Unchanged, location="headers")
@pages.input(schemas.MarkingChangeIn)
@pages.output(given.Entry)
def mark(seq: int, headers_data: schemas.Unchanged, json_data: schemas.MarkingChangeIn) -> Any:
    """Mark an entry as possibly secret, or take the marking off (null)."""
    register = services().register
    held = register.reader.entry(viewer(), seq)
    wanted = json_data.marking
    made = marking(wanted, held.fields.authority) if wanted else None
    seen = seen_in(headers_data.if_match)
    register.mark(viewer(), seq, made, reason=json_data.reason, seen=seen)
    return _now(seq)


@pages.post("/entries/<int:seq>/relations")
@pages.input(schemas.Unchanged, location="headers")
@pages.input(schemas.RelationIn)
@pages.output(given.Entry)
def relate(seq: int, headers_data: schemas.Unchanged, json_data: schemas.RelationIn) -> Any:
    """Say how it has to do with another entry of the same authority."""
    seen = seen_in(headers_data.if_match)
    relation = Relation(json_data.relation)
    services().register.relate(viewer(), seq, json_data.other, relation, seen=seen)
    return _now(seq)

"""Every read of requests' tables."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver.db import hold_tables as h
from archiver.db import release_tables as d
from archiver.db import request_tables as q
from archiver.db.matter import MatterTables
from exports.core.access_request import State
from exports.core.extent import Decided
from exports.core.release import ItemDecision


class RequestRow(NamedTuple):
    """A request: its entry, whose it is, the day it came in, where it stands, and the entry that
    brought it there."""

    seq: int
    authority: int
    received: date
    state: State
    changed: int


def _row(seq: int, authority: int, received: int, state: str, changed: int) -> RequestRow:
    day = h.day_of(received)
    assert day is not None
    return RequestRow(seq, authority, day, State(state), changed)


REQUESTS = MatterTables(q.access_request, q.access_request_step, q.access_request.c.received, _row)
request = REQUESTS.one


def notes(connection: Connection, seq: int, kind: str) -> list[int]:
    """The entries of one type that were noted of a request, in order."""
    c = q.request_note.c
    query = select(c.seq).where(c.of == seq, c.kind == kind).order_by(c.seq)
    return list(connection.scalars(query))


def request_of_note(connection: Connection, seq: int, kind: str) -> int | None:
    """The request that an entry of one type was noted of; None if there is no such entry."""
    c = q.request_note.c
    query = select(c.of).where(c.seq == seq, c.kind == kind)
    return connection.execute(query).scalar_one_or_none()


def rules(connection: Connection, kind: str, authority: int | None = None) -> list[int]:
    """The entries of one type by which an authority (None: any) decided on answers, in order."""
    c = q.answer_rule.c
    query = select(c.seq).where(c.kind == kind).order_by(c.seq)
    return list(
        connection.scalars(query if authority is None else query.where(c.authority == authority))
    )


def releases(connection: Connection, seq: int) -> set[int]:
    """The releases of a request, made or not."""
    c = d.release.c
    return set(connection.scalars(select(c.seq).where(c.request == seq)))


def decided(connection: Connection, seq: int, draft: int | None = None) -> list[Decided]:
    """What the releases of a request that were made say of each version, in the order they were
    made; with a `draft` (the entry that began it) as if it were made now."""
    c, item = d.release.c, d.release_item.c
    query = (
        select(c.seq, c.made, item.seq.label("said"), item.record, item.version, item.decision)
        .join(d.release_item, item.release == c.seq)
        .where(c.request == seq, item.decision.is_not(None))
    )
    rows = [row for row in connection.execute(query) if row.made is not None or row.seq == draft]
    rows.sort(key=lambda row: (row.made is None, row.made or 0, row.said))
    return [Decided(row.record, row.version, ItemDecision(row.decision)) for row in rows]


def holds_of(connection: Connection, seq: int) -> list[tuple[date, date | None]]:
    """The holds that a request has placed: the day each was placed on and lifted on."""
    hold = h.disposal_hold.c
    query = select(hold.placed_on, hold.lifted_on).where(hold.source == seq).order_by(hold.seq)
    found = []
    for placed, lifted in connection.execute(query):
        on = h.day_of(placed)
        assert on is not None
        found.append((on, h.day_of(lifted) if lifted else None))
    return found


def records_of(connection: Connection, seq: int) -> list[int]:
    """The records that a request holds, or has held."""
    hold, held = h.disposal_hold.c, h.hold_record.c
    query = select(held.record).join(h.disposal_hold, hold.seq == held.hold)
    return sorted(set(connection.scalars(query.where(hold.source == seq))))


def held(connection: Connection, seq: int) -> list[int]:
    """The records that are held for a request, by number."""
    hold, named = h.disposal_hold.c, h.hold_record.c
    query = (
        select(named.record)
        .join(h.disposal_hold, hold.seq == named.hold)
        .where(hold.source == seq, hold.lifted_on.is_(None))
    )
    return sorted(set(connection.scalars(query)))

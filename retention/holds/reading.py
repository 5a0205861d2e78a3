"""Holds as the tables have them: those that persons and other parts placed, and those that follow
from facts by themselves: a case that is open, a handover without a receipt.

What follows from a fact needs no event and cannot be forgotten: it is there as long as the fact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from sqlalchemy import ColumnElement, Connection, Select, select

from archiver.core.access import Authorities
from archiver.db import hold_tables as h
from archiver.db.among import among
from archiver.db.apart import ApartState
from archiver.db.register_tables import handover, triage
from archiver.db.retention_tables import case_state
from archiver.db.tables import apart
from retention.core.hold import DisposalHold, HoldKind, HoldScope
from retention.links import Link, in_parts

FOLLOWS = date.min  # such a hold is there since its fact is, and is reviewed by nobody
ENDLESS = date.max


def holds_in_force(
    connection: Connection, day: date, records: Collection[int] | None = None
) -> list[DisposalHold]:
    """Every hold in force on a day, by number. With `records`, of the scopes that name records only
    these: no more is read than they need."""
    c = h.disposal_hold.c
    begun = c.placed_on <= h.number_of(day)
    query = select(h.disposal_hold).where(
        begun, c.lifted_on.is_(None) | (c.lifted_on > h.number_of(day))
    )
    return _built(connection, query.order_by(c.seq), records)


def holds_where(connection: Connection, *conditions: ColumnElement[bool]) -> list[DisposalHold]:
    """The holds under conditions on their table, lifted ones too, by number."""
    query = select(h.disposal_hold).where(*conditions).order_by(h.disposal_hold.c.seq)
    return _built(connection, query, None)


def visible_to(authorities: Authorities) -> list[ColumnElement[bool]]:
    """The condition that a hold is of these authorities."""
    return [] if authorities is None else [h.disposal_hold.c.authority.in_(authorities)]


def _built(
    connection: Connection, query: Select[tuple[object, ...]], records: Collection[int] | None
) -> list[DisposalHold]:
    rows = connection.execute(query).all()
    numbers = [row.seq for row in rows]
    named = [row.seq for row in rows if row.records]
    of_records = (
        _scopes(connection, h.hold_record.c.hold, h.hold_record.c.record, named)
        if records is None
        else _naming(connection, records)
    )
    threads = _scopes(connection, h.hold_thread.c.hold, h.hold_thread.c.record, numbers)
    channels = _scopes(connection, h.hold_channel.c.hold, h.hold_channel.c.channel, numbers)
    codes: dict[int, set[str]] = {}
    for part in in_parts(numbers):
        c = h.hold_class.c
        for hold, code in connection.execute(select(c.hold, c.code).where(among(c.hold, part))):
            codes.setdefault(hold, set()).add(code)

    def narrowed(flag: int, scopes: dict[int, set[int]], hold: int) -> frozenset[int] | None:
        return frozenset(scopes.get(hold, ())) if flag else None

    return [
        DisposalHold(
            seq=row.seq,
            authority=row.authority,
            kind=HoldKind(row.kind),
            scope=HoldScope(
                records=narrowed(row.records, of_records, row.seq),
                threads=narrowed(row.threads, threads, row.seq),
                channels=narrowed(row.channels, channels, row.seq),
                classes=frozenset(codes.get(row.seq, ())) if row.classes else None,
                since=h.day_of(row.since),
                until=h.day_of(row.until),
            ),
            owner=row.owner,
            placed_on=h.day_of(row.placed_on) or FOLLOWS,
            review_on=h.day_of(row.review_on) or ENDLESS,
            lifted_on=h.day_of(row.lifted_on) if row.lifted_on else None,
            automatic=row.source is not None,
        )
        for row in rows
    ]


def _scopes(
    connection: Connection,
    hold: ColumnElement[int],
    what: ColumnElement[int],
    numbers: Collection[int],
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for part in in_parts(numbers):
        for of, one in connection.execute(select(hold, what).where(among(hold, part))):
            found.setdefault(of, set()).add(one)
    return found


def _naming(connection: Connection, records: Collection[int]) -> dict[int, set[int]]:
    """Hold → those of the records that it names."""
    found, c = dict[int, set[int]](), h.hold_record.c
    for part in in_parts(records):
        for of, one in connection.execute(select(c.hold, c.record).where(among(c.record, part))):
            found.setdefault(of, set()).add(one)
    return found


def open_cases(connection: Connection, records: Collection[int]) -> Iterator[tuple[int, int]]:
    """(record, case) of the cases that are open."""
    link, state = Link(), case_state.alias().c
    for part in in_parts(records):
        closed = select(state.case).where(state.closed_on.is_not(None), state.case == link.e.case)
        query = link.select(link.record, link.e.case).where(
            among(link.record, part), link.e.case.is_not(None), ~closed.exists()
        )
        yield from ((row[0], row[1]) for row in connection.execute(query))


def unreceipted(
    connection: Connection, records: Collection[int] | None = None
) -> Iterator[tuple[int, int]]:
    """(record, handover) of what was handed over, and nobody has said that they have it; of these
    records, or of all."""
    parts = [None] if records is None else in_parts(records)
    for part in parts:
        query = select(triage.c.record, handover.c.seq).join_from(
            handover, triage, triage.c.seq == handover.c.seq
        )
        query = query.where(handover.c.closed.is_(None), handover.c.received.is_(None))
        if part is not None:
            query = query.where(among(triage.c.record, part))
        yield from ((row[0], row[1]) for row in connection.execute(query))


def following(kind: HoldKind, seq: int, authority: int, record: int) -> DisposalHold:
    """A hold that a fact is: `seq` is the fact's entry."""
    return DisposalHold(
        seq=seq,
        authority=authority,
        kind=kind,
        scope=HoldScope(records=frozenset({record})),
        owner=0,
        placed_on=FOLLOWS,
        review_on=ENDLESS,
        automatic=True,
    )


def stopped(connection: Connection, records: Collection[int]) -> dict[int, int]:
    """Record → the stop (emergency stop) that put it out of everybody's reach, while nothing has
    been decided to the end. Such a record has no row that a rule could take."""
    found, a = dict[int, int](), apart.c
    states = (ApartState.STOPPED.value, ApartState.HANDED_OVER.value)
    for part in in_parts(records):
        query = select(a.record, a.seq).where(among(a.record, part), a.state.in_(states))
        found |= {row.record: row.seq for row in connection.execute(query)}
    return found

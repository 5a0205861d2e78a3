"""Every read of the tables of data subjects' requests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from archiver.db import gdpr_tables as g
from archiver.db import hold_tables as h
from archiver.db import tables as t
from archiver.db.apart import kept_out
from archiver.db.matter import MatterTables
from gdpr.core.subject_request import Right, Standing, State

_PART = 500  # numbers of one statement
_NEAR = 5_000


class RequestRow(NamedTuple):
    """A request: its entry, whose it is, the right, the day it came in, where it stands, the entry
    that brought it there, and whether two months more were taken."""

    seq: int
    authority: int
    right: Right
    received: date
    state: State
    changed: int
    extended: bool

    @property
    def standing(self) -> Standing:
        """What of its standing the tables tell: the clock."""
        return Standing(
            right=self.right, received=self.received, state=self.state, extended=self.extended
        )


def _row(
    seq: int, authority: int, right: str, received: int, state: str, changed: int, extended: int
) -> RequestRow:
    day = h.day_of(received)
    assert day is not None
    return RequestRow(seq, authority, Right(right), day, State(state), changed, bool(extended))


REQUESTS = MatterTables(
    g.subject_request, g.subject_request_step, g.subject_request.c.received, _row
)
requests = REQUESTS.rows


def notes_beside(connection: Connection, records: Collection[int]) -> dict[int, list[int]]:
    """Record → the entries of the rectifications that stand beside it, in order."""
    c = g.rectification.c
    found: dict[int, list[int]] = {}
    for part in _parts(sorted(records)):
        query = select(c.record, c.seq).where(c.record.in_(part)).order_by(c.seq)
        for record, seq in connection.execute(query):
            found.setdefault(record, []).append(seq)
    return found


def by_author(
    connection: Connection, authority: int, tokens: Mapping[int, Collection[bytes]]
) -> list[int]:
    """The records of an authority of which a version was written under one of these identities;
    `tokens`: channel → the identities under that channel's key. What is kept apart is left out."""
    v, r = t.version.c, t.record.c
    apart = set(kept_out(connection))
    found = set[int]()
    for channel, wanted in tokens.items():
        query = (
            select(r.seq)
            .join(t.version, v.record == r.seq)
            .join(t.channel, t.channel.c.seq == r.channel)
            .where(
                r.channel == channel,
                t.channel.c.authority == authority,
                v.author.in_(list(wanted)),
            )
        )
        found |= set(connection.scalars(query.distinct()))
    return sorted(found - apart)


def owners(connection: Connection, records: Collection[int]) -> dict[int, int]:
    """Record → the authority that it belongs to, of those there are and that are not apart."""
    r, c = t.record.c, t.channel.c
    apart = set(kept_out(connection))
    found: dict[int, int] = {}
    for part in _parts(sorted(records)):
        query = select(r.seq, c.authority).join(t.channel, c.seq == r.channel)
        found |= {
            seq: authority
            for seq, authority in connection.execute(query.where(r.seq.in_(part)))
            if seq not in apart
        }
    return found


class VersionRow(NamedTuple):
    """A version of a record: its entry, number, when it was captured, and the record's channel,
    kind, legal date (milliseconds UTC) and state."""

    record: int
    seq: int
    n: int
    captured_at: int
    channel: int
    kind: str
    legal_at: int
    state: str


def versions(connection: Connection, records: Collection[int]) -> list[VersionRow]:
    """Every version of these records, in order, but of what is kept apart."""
    v, r = t.version.c, t.record.c
    apart = set(kept_out(connection))
    found: list[VersionRow] = []
    for part in _parts(sorted(records)):
        query = (
            select(v.record, v.seq, v.n, v.captured_at, r.channel, r.kind, r.legal_at, r.state)
            .join(t.record, r.seq == v.record)
            .where(v.record.in_(part))
            .order_by(v.record, v.n)
        )
        found += [VersionRow(*row) for row in connection.execute(query) if row[0] not in apart]
    return found


def received_near(connection: Connection, records: Collection[int]) -> dict[int, int]:
    """Record → newest version, of these records and what stands in the same threads, as far as it
    was received: whose authors are others, or the data subject. At most `_NEAR` for each part of
    the records; what is kept apart is left out."""
    one, r = t.record.alias().c, t.record.c
    apart = set(kept_out(connection))
    found: dict[int, int] = {}
    for part in _parts(sorted(records)):
        near = or_(
            r.seq == one.seq,
            r.native == one.parent,
            r.native == one.root,
            r.root == one.root,
            r.root == one.native,
            r.parent == one.native,
        )
        query = (
            select(r.seq, r.latest)
            .where(r.channel == one.channel, near, one.seq.in_(part), r.origin == "received")
            .distinct()
            .limit(_NEAR)
        )
        found |= {seq: latest for seq, latest in connection.execute(query) if seq not in apart}
    return found


def channels(connection: Connection, authority: int) -> list[int]:
    """The channels of an authority, by number."""
    c = t.channel.c
    query = select(c.seq).where(c.authority == authority).order_by(c.seq)
    return list(connection.scalars(query))


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[i : i + _PART] for i in range(0, len(numbers), _PART))

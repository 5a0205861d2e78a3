"""Every read of the masks' tables, and of the records they lie on: whose, and for whose eyes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from archiver.core.access import Permission, Viewer
from archiver.core.record import Origin
from archiver.db import mask_tables as m
from archiver.db import tables as t
from archiver.db.among import among
from archiver.db.apart import ApartState
from archiver.errors import NotFound
from gdpr.core.mask import MaskState

_AT_ONCE = 5000


class Place(NamedTuple):
    """A record that may be looked at: whose it is, its newest version, whether it was received,
    and whether it is kept apart as possibly secret."""

    record: int
    authority: int
    latest: int
    received: bool
    protected: bool


class MaskRow(NamedTuple):
    """A mask: numbers and codes. `carried`: the mask of an earlier version that it repeats."""

    number: int
    record: int
    version: int
    target: str
    category: str
    source: str
    carried: int | None


class StateRow(NamedTuple):
    """What an entry says of a mask, and nobody took back."""

    mask: int
    seq: int
    state: str
    until: int | None
    matter: int | None
    actor: int


def places(connection: Connection, viewer: Viewer, records: Collection[int]) -> dict[int, Place]:
    """The records, whose masks the viewer may work at: those of authorities for which they may
    disclose, protected ones only with the right to read such. `AccessRefused` if that is nowhere;
    `NotFound` if any of the records is not there, or not for them."""
    if not viewer.may_somewhere(Permission.DISCLOSE):
        viewer.require(Permission.DISCLOSE)
    r, c, a = t.record.c, t.channel.c, t.apart.c
    query = (
        select(r.seq, c.authority, r.latest, r.origin, a.state)
        .join_from(t.record, t.channel, c.seq == r.channel)
        .join(t.apart, and_(a.record == r.seq, a.state != ApartState.OPEN.value), isouter=True)
    )
    for permission in (Permission.READ, Permission.DISCLOSE):
        mine = viewer.authorities(permission)
        if mine is not None:
            query = query.where(c.authority.in_(mine))
    secret = viewer.authorities(Permission.READ_PROTECTED)
    if secret is not None:
        query = query.where(or_(a.state.is_(None), c.authority.in_(secret)))
    found = {
        seq: Place(seq, authority, latest, origin == Origin.RECEIVED, state is not None)
        for part in _parts(records)
        for seq, authority, latest, origin, state in connection.execute(
            query.where(among(r.seq, part))
        )
    }
    for one in records:
        if one not in found:
            raise NotFound(
                f"There is no record R{one}.", remedy="`diarkiv records list` shows them."
            )
    return found


def masks(connection: Connection, records: Collection[int]) -> list[MaskRow]:
    """Every mask there ever was of the records, by number."""
    query = select(m.mask).order_by(m.mask.c.number)
    return [
        MaskRow(*row)
        for part in _parts(records)
        for row in connection.execute(query.where(among(m.mask.c.record, part)))
    ]


def records_of(connection: Connection, numbers: Collection[int]) -> dict[int, int]:
    """Mask → its record."""
    query = select(m.mask.c.number, m.mask.c.record)
    return {
        number: record
        for part in _parts(numbers)
        for number, record in connection.execute(query.where(among(m.mask.c.number, part)))
    }


def states(
    connection: Connection, numbers: Collection[int], without: int | None = None
) -> dict[int, list[StateRow]]:
    """What holds of the masks, each in order: the last says how far it has come. `without`: an
    entry that is left out."""
    c = m.mask_state.c
    query = select(c.mask, c.seq, c.state, c.until, c.matter, c.actor).where(c.undone.is_(None))
    if without is not None:
        query = query.where(c.seq != without)
    found: dict[int, list[StateRow]] = {}
    for part in _parts(numbers):
        ordered = query.where(among(c.mask, part)).order_by(c.mask, c.seq)
        for row in connection.execute(ordered):
            found.setdefault(row.mask, []).append(StateRow(*row))
    return found


def touched(connection: Connection, seq: int) -> list[int]:
    """The masks that an entry says something of."""
    c = m.mask_state.c
    return list(connection.scalars(select(c.mask).where(c.seq == seq).order_by(c.mask)))


def last_decided(connection: Connection, record: int, actor: int) -> int | None:
    """The entry by which somebody last decided anything of a record's masks, which nobody took
    back; None if there is none. Suggesting decides nothing."""
    c, of = m.mask_state.c, m.mask.c
    query = (
        select(func.max(c.seq))
        .join(m.mask, of.number == c.mask)
        .where(of.record == record, c.actor == actor, c.undone.is_(None))
        .where(c.state.in_((MaskState.ACCEPTED.value, MaskState.REJECTED.value)))
    )
    found: int | None = connection.scalar(query)
    return found


def activities(connection: Connection, authority: int) -> frozenset[str]:
    """The kinds of activity that an authority carries on; none, if nobody has said."""
    c = m.authority_activity.c
    query = select(c.activities).where(c.authority == authority).order_by(c.seq.desc()).limit(1)
    said = connection.scalar(query)
    return frozenset(said.split(",")) if said else frozenset()


class VersionRow(NamedTuple):
    """A version of a record: its entry, and its number in the record, from 1."""

    seq: int
    n: int


def versions(connection: Connection, record: int) -> list[VersionRow]:
    """A record's versions, first to last."""
    v = t.version.c
    query = select(v.seq, v.n).where(v.record == record).order_by(v.n)
    return [VersionRow(*row) for row in connection.execute(query)]


def whole_media(connection: Connection, seqs: Collection[int]) -> list[tuple[int, int]]:
    """(version, number) of every file that is held whole, of these versions."""
    c = t.media.c
    query = select(c.version, c.number).where(c.component.is_not(None), among(c.version, seqs))
    return [(row.version, row.number) for row in connection.execute(query.order_by(c.version))]


def _parts(numbers: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(set(numbers))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]

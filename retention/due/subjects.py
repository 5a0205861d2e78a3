"""Records as triggers and rules see them, read from the tables: one row each, many at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from archiver.core.record import Origin
from archiver.db.among import among
from archiver.db.hold_tables import MODERATED_STATE, MODERATED_VERSION
from archiver.db.register_tables import entry_record
from archiver.db.retention_tables import record_class
from archiver.db.tables import record, transition, version
from retention.links import Link, in_parts
from retention.trigger import Subject

_r, _answer = record.c, record.alias("answer").c


def _flag(condition: ColumnElement[bool], bit: int = 1) -> ColumnElement[int]:
    return case((condition, literal_column(str(bit))), else_=literal_column("0"))


# What the authority itself has hidden or removed of what others wrote: see the trigger `moderated`.
IS_MODERATED = and_(
    _r.origin == Origin.RECEIVED.value,
    or_(
        exists().where(version.c.record == _r.seq, MODERATED_VERSION),
        exists().where(transition.c.record == _r.seq, MODERATED_STATE),
    ),
)
IS_CLASSED = exists().where(record_class.c.record == _r.seq)
_ANSWERED = exists().where(_answer.channel == _r.channel, _answer.parent == _r.native)
_BEGINS = exists().where(_answer.channel == _r.channel, _answer.root == _r.native)
_SUBJECTS = select(
    _r.seq,
    _r.channel,
    _r.kind,
    _r.origin,
    _r.native,
    _r.parent,
    _r.root,
    _r.legal_at,
    _r.captured_at,
    func.coalesce(_r.outcome, ""),
    _flag(IS_CLASSED),
    _flag(exists().where(entry_record.c.record == _r.seq)),
    _flag(IS_MODERATED),
    _flag(_ANSWERED) + _flag(_BEGINS, 2),
)


def subjects_where(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    """The statement that reads records of the table `record` under conditions."""
    return _SUBJECTS.where(*conditions)


def made(row: Sequence[object]) -> Subject:
    """A row of that statement."""
    return Subject._make(row)


def subjects(connection: Connection, records: Collection[int]) -> list[Subject]:
    """The records of these numbers that there are, rising. What was disposed of, stopped or
    destroyed has no row."""
    return [
        made(row)
        for part in in_parts(records)
        for row in connection.execute(subjects_where(among(_r.seq, part)).order_by(_r.seq)).all()
    ]


def class_codes_of(connection: Connection, records: Collection[int]) -> dict[int, frozenset[str]]:
    """The codes of the classification scheme that records are registered under."""
    found, link = dict[int, frozenset[str]](), Link()
    for part in in_parts(records):
        query = link.select(link.record, link.class_code)
        for seq, code in connection.execute(query.where(among(link.record, part))):
            if code:
                found[seq] = found.get(seq, frozenset()) | {code}
    return found

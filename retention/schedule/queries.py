"""Every SQL statement of schedules, decisions and record classes. Days are YYYYMMDD."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from archiver.core.calendar import day_begins, day_ends
from archiver.db import register_tables as r
from archiver.db import retention_tables as k
from archiver.db import tables as t
from archiver.db.among import among
from retention.core.decision import Decision
from retention.core.schedule import Rule
from retention.due.subjects import IS_CLASSED, IS_MODERATED
from retention.links import Link, in_parts


class ScheduleRow(NamedTuple):
    """A version of a schedule."""

    seq: int
    authority: int
    effective_from: int
    effective_until: int


class DecisionRow(NamedTuple):
    """A decision: `revoked` and `confirmed` are the entries that say so."""

    seq: int
    authority: int
    level: str
    valid_from: int
    valid_until: int
    revoked_on: int | None
    revoked: int | None
    confirmed: int | None


def _columns(table: Any, row: type[Any]) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in row._fields]


def schedules(
    connection: Connection, authorities: Collection[int] | None, *, begun_by: int | None = None
) -> list[ScheduleRow]:
    """Versions of schedules as they were recorded; those that have begun on a day."""
    query = select(*_columns(k.schedule, ScheduleRow)).order_by(k.schedule.c.seq)
    if authorities is not None:
        query = query.where(k.schedule.c.authority.in_(authorities))
    if begun_by is not None:
        query = query.where(k.schedule.c.effective_from <= begun_by)
    return [ScheduleRow(*row) for row in connection.execute(query)]


def decisions(connection: Connection, authorities: Collection[int] | None) -> list[DecisionRow]:
    """Disposal decisions as they were recorded."""
    c = k.disposal_decision.c
    query = select(*_columns(k.disposal_decision, DecisionRow)).order_by(c.seq)
    if authorities is not None:
        query = query.where(c.authority.in_(authorities))
    return [DecisionRow(*row) for row in connection.execute(query)]


def decision(connection: Connection, seq: int) -> DecisionRow | None:
    """One decision."""
    c = k.disposal_decision.c
    query = select(*_columns(k.disposal_decision, DecisionRow)).where(c.seq == seq)
    row = connection.execute(query).one_or_none()
    return DecisionRow(*row) if row else None


def channels(connection: Connection, authority: int) -> frozenset[int]:
    """The channels of an authority."""
    query = select(t.channel.c.seq).where(t.channel.c.authority == authority)
    return frozenset(connection.scalars(query))


def class_codes(connection: Connection, authority: int) -> frozenset[str] | None:
    """Every class code of the schemes that the authority has imported; None if it has none."""
    query = (
        select(r.scheme_class.c.code)
        .join(r.class_import, r.class_import.c.seq == r.scheme_class.c.of)
        .where(r.class_import.c.authority == authority)
    )
    return frozenset(connection.scalars(query)) or None


def classes_of(connection: Connection, records: Sequence[int]) -> dict[int, frozenset[str]]:
    """Record → the classes that a person has put it in, where there is any."""
    found: dict[int, set[str]] = {}
    c = k.record_class.c
    for part in in_parts(records):
        query = select(c.record, c.code).where(among(c.record, part))
        for record, code in connection.execute(query):
            found.setdefault(record, set()).add(code)
    return {record: frozenset(codes) for record, codes in found.items()}


# --- how many a decision takes -------------------------------------------------------------------


def _in_scope(decision_: Decision) -> ColumnElement[bool]:
    record = t.record.c
    tests = [
        t.channel.c.authority == decision_.authority,
        record.legal_at >= day_begins(decision_.records_from or decision_.valid_from),
    ]
    if decision_.records_until is not None:
        tests.append(record.legal_at < day_ends(decision_.records_until))
    if decision_.channels is not None:
        tests.append(record.channel.in_(sorted(decision_.channels)))
    return and_(*tests)


def _put_in(codes: Collection[str]) -> ColumnElement[bool]:
    """Whether a person has put the record in one of these classes."""
    c = k.record_class.c
    return select(c.record).where(c.record == t.record.c.seq, c.code.in_(sorted(codes))).exists()


def _describes(rule: Rule) -> ColumnElement[bool]:
    """Whether a rule takes the record by what the record is."""
    applies = rule.applies
    if applies.explicit_only:
        return false()
    record, tests = t.record.c, list[ColumnElement[bool]]()
    pairs = (
        (record.kind, applies.kinds),
        (record.origin, applies.origins),
        (func.coalesce(record.outcome, ""), applies.outcomes),
        (record.channel, applies.channels),
    )
    tests += [column.in_(sorted(codes)) for column, codes in pairs if codes is not None]
    if rule.moderated is not None:
        tests.append(IS_MODERATED if rule.moderated else ~IS_MODERATED)
    if applies.class_codes is not None:
        link = Link()
        query = link.select(link.record).where(link.e.class_code.in_(sorted(applies.class_codes)))
        tests.append(record.seq.in_(query))
    if applies.since is not None:
        tests.append(record.legal_at >= day_begins(applies.since))
    if applies.until is not None:
        tests.append(record.legal_at < day_ends(applies.until))
    return and_(*tests) if tests else record.seq.is_not(None)


def taken(rules: Collection[Rule]) -> ColumnElement[bool]:
    """Whether any of these rules takes the record: since a person said so, or by what it is where
    nobody has put it in any class."""
    codes = {rule.code for rule in rules}
    if not codes:
        return false()
    described = or_(*(_describes(rule) for rule in rules))
    return or_(_put_in(codes), and_(~IS_CLASSED, described))


def count(connection: Connection, decision_: Decision, *tests: ColumnElement[bool]) -> int:
    """How many records within a decision's dates and channels pass all of the tests."""
    query = (
        select(func.count())
        .select_from(t.record)
        .join(t.channel, t.channel.c.seq == t.record.c.channel)
        .where(_in_scope(decision_), *tests)
    )
    return connection.scalar(query) or 0


def day_of(number: int | None) -> date | None:
    """A day of the tables; None for none and for no end."""
    if number is None or number >= r.LAST_DAY:
        return None
    return date(number // 10_000, number // 100 % 100, number % 100)


def number_of(day: date) -> int:
    """A day as the tables hold it."""
    return day.year * 10_000 + day.month * 100 + day.day

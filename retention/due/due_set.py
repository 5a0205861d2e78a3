"""What is due on a day, without reading every record.

A period that ends on a day was begun, for every record of a rule, by an event up to one same day,
the *cut-off*. So each rule asks the tables, channel by channel and by range, for the records whose
event lies before it; each that is found is then evaluated exactly. A record may go only if the rule
that decides is due, and that rule finds it: nothing is missed, and nothing is told twice.

What was not due on an earlier day and is now lies between two cut-offs; or it was answered then by
what is due now, or held until now; or something else was decided, and everything is asked anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, and_, false, func, literal_column, or_, select

from archiver.core.access import Authorities
from archiver.core.calendar import day_begins, day_ends
from archiver.db.retention_tables import record_class
from archiver.db.tables import record
from retention.core.binding import still_binds
from retention.core.decision import Decision
from retention.core.due import cut_off
from retention.core.evaluate import Evaluation
from retention.core.schedule import Rule, TriggerName
from retention.due import answers
from retention.due.look import Judged, Look, Standing
from retention.due.subjects import IS_CLASSED, IS_MODERATED, made, subjects, subjects_where
from retention.links import Link
from retention.trigger import Span, Subject, triggers

AT_ONCE = 5000  # records in memory
_r = record.c
# Columns in a form that no index is looked up by.
_LEGAL_AT: ColumnElement[int] = _r.legal_at + literal_column("0")
_CHANNEL: ColumnElement[int] = _r.channel + literal_column("0")
# Triggers whose day is the record's own legal day: a range of them is a range of that index.
_LEGAL = frozenset({TriggerName.RECEIVED, TriggerName.DRAWN_UP})
_FIRST = date(1, 1, 3)  # before it, instants cannot be told

Found = tuple[Judged, Evaluation]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one rule asks of one channel: its place in the schedule, and which records' legal days
    the decisions on it cover."""

    place: int
    rule: Rule
    channel: int
    since: date
    until: date


def due_set(look: Look, authorities: Authorities = None, *, kept: bool = False) -> Iterator[Found]:
    """What may be disposed of on the day of the look; with `kept` also what nothing but a hold or
    an answer keeps. `look` should have read everything that holds."""
    for asked in _all_asked(look, authorities):
        edge = _edge(asked.rule, look.today)
        if edge is not None:
            for batch in _open(look, asked, Span(None, edge)):
                yield from (one for one in look.evaluations(batch) if kept or one[1].may_go)


def gained(one: Look, other: Look, authorities: Authorities = None) -> Iterator[Found]:
    """What may be disposed of by one look and may not by another, whatever differs between them."""
    for batch in _batches(due_set(one, authorities)):
        going = _going(other, [judged.subject for judged, _ in batch])
        yield from (found for found in batch if found[1].record not in going)


def newly_due(now: Look, then: Look, authorities: Authorities = None) -> Iterator[Found]:
    """What may be disposed of on the day of `now` and might not on the earlier one of `then`, by
    the facts as they are: just what `gained` tells, at the cost of what lies between the days.
    Where something else is in force than was, that is everything."""
    for authority in sorted(set(now.channels.values())):
        if authorities is None or authority in authorities:
            alone = frozenset({authority})
            released = _released(now, then, authority)
            if released is None or now.in_force(authority) != then.in_force(authority):
                yield from gained(now, then, alone)
            else:
                yield from _ripened(now, then, alone, released)


def _ripened(
    now: Look, then: Look, alone: frozenset[int], released: frozenset[int]
) -> Iterator[Found]:
    """What became due or was released between the days, and what waited only for it."""
    told = set[int]()
    for batch in _between(now, then, alone, released):
        over = answers.above(now.connection, batch) - {one.record for one in batch}
        asked = [*batch, *subjects(now.connection, over)]
        judged = now.judged([one for one in asked if one.record not in told])
        gone = [one for one in now.evaluations(judged) if one[1].may_go]
        before = _going(then, [one.subject for one, _ in gone])
        for found in gone:
            if found[1].record not in before:
                told.add(found[1].record)
                yield found


def _between(
    now: Look, then: Look, alone: frozenset[int], released: frozenset[int]
) -> Iterator[list[Subject]]:
    """Batches of what is due now and was not then, and of what was released."""
    if released:
        yield subjects(now.connection, released)
    for asked in _all_asked(now, alone):
        edges = _edge(asked.rule, then.today), _edge(asked.rule, now.today)
        if edges[1] is not None and edges[0] != edges[1]:
            for batch in _open(now, asked, Span(edges[0], edges[1])):
                yield [one.subject for one in batch]


def _released(now: Look, then: Look, authority: int) -> frozenset[int] | None:
    """The records of holds that were in force then and are not now; None if one of them named
    more than records."""
    holding = {one.seq for one in now.holds(authority)}
    gone = [one for one in then.holds(authority) if one.seq not in holding]
    named = [one.scope.records for one in gone]
    if any(one is None for one in named):
        return None
    return frozenset(record for one in named for record in one or ())


def _going(look: Look, records: Sequence[Subject]) -> set[int]:
    """Those of the records that may be disposed of by a look."""
    found = look.evaluations(look.judged(records))
    return {evaluation.record for _, evaluation in found if evaluation.may_go}


def _batches(found: Iterator[Found]) -> Iterator[list[Found]]:
    while batch := list(islice(found, AT_ONCE)):
        yield batch


# --- what rules ask --------------------------------------------------------------------------


def _all_asked(look: Look, authorities: Authorities) -> Iterator[_Asked]:
    """What each rule asks of each channel, where decisions let anything go by it at all."""
    for channel, authority in sorted(look.channels.items()):
        if authorities is None or authority in authorities:
            standing = look.standing(authority)
            for place, rule in enumerate(standing.schedule.rules if standing.schedule else ()):
                if asked := _asked(place, rule, channel, standing, look.today):
                    yield asked


def _asked(place: int, rule: Rule, channel: int, standing: Standing, today: date) -> _Asked | None:
    assert standing.schedule is not None
    mine = [
        one
        for one in standing.decisions
        if _lets(one, rule.code, channel, today) and still_binds(one, rule.code, standing.schedule)
    ]
    if not mine or standing.schedule.required_levels - {one.level for one in mine}:
        return None
    untils = [one.records_until or date.max for one in mine]
    since = min(one.records_from or one.valid_from for one in mine)
    return _Asked(place, rule, channel, since, max(untils))


def _lets(decision: Decision, code: str, channel: int, today: date) -> bool:
    channels = decision.channels
    return (
        decision.is_in_force(today)
        and code in decision.rules
        and (channels is None or channel in channels)
    )


def _edge(rule: Rule, today: date) -> date | None:
    """The latest day a period may have begun to be over on a day."""
    return None if rule.trigger is None else cut_off(rule.retention, today)


# --- asking the tables -----------------------------------------------------------------------


def _open(look: Look, asked: _Asked, span: Span) -> Iterator[list[Judged]]:
    """Batches of what the rule decides on and lets go, whose period began on a day of the span."""
    rule = asked.rule
    assert rule.trigger is not None
    rare = triggers()[rule.trigger].rare or span.after is not None
    few = rare and rule.trigger not in _LEGAL
    ways: list[tuple[int, list[ColumnElement[bool]]]] = []
    if look.is_classed(rule.code):
        code = select(record_class.c.record).where(record_class.c.code == rule.code)
        ways.append((1, [_r.seq.in_(code)]))
    if not rule.applies.explicit_only:
        ways.append((0, [*_scope(rule, asked.channel), ~IS_CLASSED]))
    for way, scope in ways:
        for begun, after in _begun(asked, span):
            conditions = [*scope, *begun]
            if after is None and (few or way):
                pages = _few(look, [_CHANNEL.in_([asked.channel]), *conditions])
            else:
                low = max(asked.since, _FIRST, after or _FIRST)
                pages = _many(look, [_r.channel == asked.channel, *conditions], low, span.until)
            for page in pages:
                judged = look.judged(page)
                found = [
                    one
                    for one in judged
                    if one.verdict.open
                    and one.verdict.place == asked.place
                    and one.subject.classed == way
                ]
                if found:
                    look.remember(judged)
                    yield found


def _begun(asked: _Asked, span: Span) -> Iterator[tuple[list[ColumnElement[bool]], date | None]]:
    """The conditions, each met by other records, that a rule's period began in a span, on the day
    of the event or that of the record, whichever is later, and that decisions cover the record.
    With each the first legal day that can meet it, None where that says little."""
    rule, after = asked.rule, span.after
    assert rule.trigger is not None
    within = triggers()[rule.trigger].within
    shift = rule.inactive_days if rule.trigger is TriggerName.THREAD_INACTIVE else 0
    first = None if after is None else after + timedelta(days=1)
    covered = [day_begins(max(asked.since, _FIRST)) <= _LEGAL_AT]
    if asked.until < date.max:
        covered.append(day_ends(asked.until) > _LEGAL_AT)
    there = [*covered, span.of_instants(_LEGAL_AT)]
    if rule.trigger in _LEGAL:  # the event's day is the record's
        yield [*there, within(asked.channel, Span(None, span.until))], first
        return
    before = Span(None, span.until).of_instants(_LEGAL_AT)
    event = Span(_earlier(after, shift) if after else None, _earlier(span.until, shift))
    yield [*covered, before, within(asked.channel, event)], None
    if event.after is not None:
        yield [*there, within(asked.channel, Span(None, event.after))], first


def _earlier(day: date, days: int) -> date:
    return max(_FIRST, date.fromordinal(max(1, day.toordinal() - days)))


def _scope(rule: Rule, channel: int) -> Iterator[ColumnElement[bool]]:
    """The condition that a rule takes a record of a channel by itself."""
    applies = rule.applies
    columns = (
        (_r.kind, applies.kinds),
        (_r.origin, applies.origins),
        (func.coalesce(_r.outcome, ""), applies.outcomes),
    )
    yield from (column.in_(sorted(held)) for column, held in columns if held is not None)
    if applies.channels is not None and channel not in applies.channels:
        yield false()
    if rule.moderated is not None:
        yield IS_MODERATED if rule.moderated else ~IS_MODERATED
    if applies.class_codes is not None:
        link = Link()
        query = link.select(link.record).where(link.class_code.in_(sorted(applies.class_codes)))
        yield _r.seq.in_(query)
    if applies.since is not None:
        yield day_begins(applies.since) <= _LEGAL_AT
    if applies.until is not None:
        yield day_ends(applies.until) > _LEGAL_AT


def _few(look: Look, conditions: Sequence[ColumnElement[bool]]) -> Iterator[list[Subject]]:
    """What is under conditions that few records meet, as it is found."""
    rows = look.connection.execute(subjects_where(*conditions))
    while page := rows.fetchmany(AT_ONCE):
        yield [made(row) for row in page]


def _many(
    look: Look, conditions: Sequence[ColumnElement[bool]], first: date, until: date
) -> Iterator[list[Subject]]:
    """What is under the conditions, from a legal day to another, in their order, a page at a time.
    Each page is a range of their index that begins where the one before ended; no other condition
    may look as if it were that range (`_LEGAL_AT`)."""
    low, high, last = day_begins(first), day_ends(until), -1
    while True:
        on = and_(_r.legal_at >= low, _r.legal_at < high)
        later = or_(low < _LEGAL_AT, _r.seq > last)
        query = subjects_where(on, later, *conditions).order_by(_r.legal_at, _r.seq)
        page = [made(row) for row in look.connection.execute(query.limit(AT_ONCE)).all()]
        if page:
            yield page
        if len(page) < AT_ONCE:
            return
        low, last = page[-1].legal_at, page[-1].record

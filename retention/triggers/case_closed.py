"""Case closed (ärendet avslutat): the latest day of all its cases; while one is open, none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, or_

from archiver.db.among import among
from archiver.db.hold_tables import day_of, number_of
from archiver.db.retention_tables import case_state
from archiver.db.tables import record
from retention.core.schedule import TriggerName
from retention.links import Link, in_parts
from retention.trigger import Span, Subject


class CaseClosed:
    """Records in cases, by entries that are not voided."""

    name = TriggerName.CASE_CLOSED
    rare = True

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The latest day, where every case is closed."""
        found, link, state = dict[int, date](), Link(), case_state.alias()
        for part in in_parts([one.record for one in subjects if one.filed]):
            query = (
                link.select(link.record, func.max(state.c.closed_on))
                .outerjoin(state, state.c.case == link.e.case)
                .where(among(link.record, part), link.e.case.is_not(None))
                .group_by(link.record)
                .having(func.count() == func.count(state.c.closed_on))
            )
            for seq, number in connection.execute(query):
                if day := day_of(number):
                    found[seq] = day
        return found

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """The last of its cases was closed on a day of the span."""
        del channel
        link, state = Link(), case_state.alias()
        closed = (
            link.select(link.record)
            .join(state, state.c.case == link.e.case)
            .where(span.of_numbers(state.c.closed_on))
        )
        other, later = Link(), case_state.alias()
        is_open = or_(later.c.closed_on.is_(None), later.c.closed_on > number_of(span.until))
        still = (
            other.select(other.record)
            .outerjoin(later, later.c.case == other.e.case)
            .where(other.e.case.is_not(None), is_open, other.record == record.c.seq)
        )
        return and_(record.c.seq.in_(closed), ~still.correlate(record).exists())


trigger = CaseClosed()

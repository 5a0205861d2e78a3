"""Moderated: hidden or removed by the authority itself, where others had written.

The platforms do not say who hid a comment; on a channel of its own the authority alone can. What
the sender or the platform took away is another state. Of several, the latest sight counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, select, union_all
from sqlalchemy.sql.selectable import Subquery

from archiver.core.record import Origin
from archiver.db.among import among
from archiver.db.hold_tables import MODERATED_STATE, MODERATED_VERSION
from archiver.db.tables import record, transition, version
from retention.core.schedule import TriggerName
from retention.links import in_parts
from retention.trigger import Span, Subject, swedish_day


class Moderated:
    """Received records that were seen hidden or removed."""

    name = TriggerName.MODERATED
    rare = True

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The last day it was found so."""
        found = dict[int, date]()
        for part in in_parts([one.record for one in subjects if one.moderated]):
            seen = _seen(part)
            query = select(seen.c.record, func.max(seen.c.at)).group_by(seen.c.record)
            found |= {seq: swedish_day(at) for seq, at in connection.execute(query)}
        return found

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """Found so for the last time on a day of the span."""
        del channel
        seen = _seen()
        query = select(seen.c.record).group_by(seen.c.record)
        return and_(
            record.c.origin == Origin.RECEIVED.value,
            record.c.seq.in_(query.having(span.of_instants(func.max(seen.c.at)))),
        )


def _seen(records: Collection[int] | None = None) -> Subquery:
    v, c = version.c, transition.c
    versions = select(v.record, v.captured_at.label("at")).where(MODERATED_VERSION)
    states = select(c.record, c.at).where(MODERATED_STATE)
    if records is not None:
        versions, states = (
            versions.where(among(v.record, records)),
            states.where(among(c.record, records)),
        )
    return union_all(versions, states).subquery()


trigger = Moderated()

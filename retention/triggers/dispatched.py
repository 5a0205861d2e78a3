"""Dispatched (expedierad, TF 2:10): the day of the register entry by which a record was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, func

from archiver.db.among import among
from archiver.db.hold_tables import day_of
from archiver.db.tables import record
from archiver.registry.core.entry import Direction
from retention.core.schedule import TriggerName
from retention.links import Link, in_parts
from retention.trigger import Span, Subject


class Dispatched:
    """What stands in the register with the direction dispatched; voided entries do not count."""

    name = TriggerName.DISPATCHED
    rare = True

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The latest day it was dispatched."""
        found, link = dict[int, date](), Link()
        for part in in_parts([one.record for one in subjects if one.filed]):
            query = link.select(link.record, func.max(link.day)).where(
                among(link.record, part), link.direction == Direction.DISPATCHED.value
            )
            for seq, number in connection.execute(query.group_by(link.record)):
                if day := day_of(number):
                    found[seq] = day
        return found

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """Dispatched for the last time on a day of the span."""
        del channel
        link = Link()
        query = link.select(link.record).where(link.direction == Direction.DISPATCHED.value)
        return record.c.seq.in_(
            query.group_by(link.record).having(span.of_numbers(func.max(link.day)))
        )


trigger = Dispatched()

"""Drawn up (upprättad, TF 2:10): the record's own legal day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_

from archiver.core.record import Origin
from archiver.db.tables import record
from retention.core.schedule import TriggerName
from retention.trigger import Span, Subject, swedish_day


class DrawnUp:
    """What the authority itself published."""

    name = TriggerName.DRAWN_UP
    rare = False

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The legal day of what was drawn up."""
        del connection
        own = Origin.DRAWN_UP.value
        return {one.record: swedish_day(one.legal_at) for one in subjects if one.origin == own}

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """Drawn up on a day of the span."""
        del channel
        r = record.c
        return and_(r.origin == Origin.DRAWN_UP.value, span.of_instants(r.legal_at))


trigger = DrawnUp()

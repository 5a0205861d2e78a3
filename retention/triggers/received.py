"""Received (inkommen, TF 2:9): the record's own legal day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_

from archiver.core.record import Origin
from archiver.db.tables import record
from retention.core.schedule import TriggerName
from retention.trigger import Span, Subject, swedish_day


class Received:
    """What somebody else sent or published to the authority."""

    name = TriggerName.RECEIVED
    rare = False

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The legal day of what was received."""
        del connection
        received = Origin.RECEIVED.value
        return {one.record: swedish_day(one.legal_at) for one in subjects if one.origin == received}

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """Received on a day of the span."""
        del channel
        r = record.c
        return and_(r.origin == Origin.RECEIVED.value, span.of_instants(r.legal_at))


trigger = Received()

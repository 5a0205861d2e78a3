"""Version superseded (ersatt): an earlier state of a record, kept as a record of its own.

Whoever saw it as an earlier state saw that there is a newer one: the day it was captured is the
first on which that is known. What is in force is superseded by nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_

from archiver.core.observation import REVISION
from archiver.db.tables import record
from retention.core.schedule import TriggerName
from retention.trigger import Span, Subject, swedish_day


class VersionSuperseded:
    """Revisions, as platforms that keep earlier states show them."""

    name = TriggerName.VERSION_SUPERSEDED
    rare = True

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The day it was first seen as an earlier state."""
        del connection
        return {
            one.record: swedish_day(one.captured_at) for one in subjects if one.kind == REVISION
        }

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """First seen so on a day of the span."""
        del channel
        r = record.c
        return and_(r.kind == REVISION, span.of_instants(r.captured_at))


trigger = VersionSuperseded()

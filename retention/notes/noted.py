"""Triggers whose day a person has noted, for a record or for a whole channel.

No table of the archive tells when a project ended or a decision gained legal force: somebody says
so, and may take it back; the newest note of a subject holds. Where both a record and its channel
have one, the later day counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select
from sqlalchemy.sql.selectable import Select

from archiver.db.among import among
from archiver.db.hold_tables import day_of, number_of, trigger_note
from archiver.db.tables import record
from retention.core.schedule import TriggerName
from retention.links import in_parts
from retention.trigger import Span, Subject

NOTED = frozenset(
    {
        TriggerName.PROJECT_CLOSED,
        TriggerName.BLOCK_LIFTED,
        TriggerName.DECISION_FINAL,
        TriggerName.DECLARED_INACTIVE,
        TriggerName.TRANSFER_RECEIPTED,
    }
)


class NotedOf(StrEnum):
    """What a note is about."""

    RECORD = "record"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Noted:
    """A trigger that stands in the notes under its name."""

    name: TriggerName
    rare: bool = True

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The later of the days noted for a record and for its channel."""
        channels = self._newest(connection, NotedOf.CHANNEL, {one.channel for one in subjects})
        records = self._newest(connection, NotedOf.RECORD, {one.record for one in subjects})
        found = dict[int, date]()
        for one in subjects:
            both = (channels.get(one.channel), records.get(one.record))
            if days := [day for day in both if day]:
                found[one.record] = max(days)
        return found

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """Noted for a day of the span, and for none after it."""
        r = record.c.seq
        days, later = span.of_numbers(trigger_note.c.day), trigger_note.c.day
        after = later > number_of(span.until)
        of_channel = self._standing(NotedOf.CHANNEL).where(trigger_note.c.subject == channel)
        of_record = self._standing(NotedOf.RECORD)
        return and_(
            or_(r.in_(of_record.where(days)), of_channel.where(days).exists()),
            ~r.in_(of_record.where(after)),
            ~of_channel.where(after).exists(),
        )

    def _newest(
        self, connection: Connection, of: NotedOf, subjects: Collection[int]
    ) -> dict[int, date]:
        found, c = dict[int, date](), trigger_note.c
        for part in in_parts(subjects):
            query = self._standing(of).add_columns(c.day).where(among(c.subject, part))
            for subject, number in connection.execute(query):
                if day := day_of(number):
                    found[subject] = day
        return found

    def _standing(self, of: NotedOf) -> Select[tuple[int]]:
        """The subjects of the newest notes that were not taken back."""
        c, newer = trigger_note.c, trigger_note.alias().c
        mine = (c.name == self.name.value, c.of == of.value, c.day.is_not(None))
        is_newer = and_(
            newer.name == c.name, newer.of == c.of, newer.subject == c.subject, newer.seq > c.seq
        )
        return select(c.subject).where(*mine, ~exists().where(is_newer))

"""Channel closed (konto avslutat): the day its newest state became closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, exists, select
from sqlalchemy.sql.selectable import Select

from archiver.core.channel import ChannelState
from archiver.db.tables import channel_change, entry
from retention.core.schedule import TriggerName
from retention.trigger import Span, Subject, swedish_day


class ChannelClosed:
    """All records of a channel that is closed; one that is harvested again is not closed."""

    name = TriggerName.CHANNEL_CLOSED
    rare = False

    def days(self, connection: Connection, subjects: Sequence[Subject]) -> Mapping[int, date]:
        """The day their channel was closed."""
        closed = {row.channel: swedish_day(row.at) for row in connection.execute(_closed())}
        return {one.record: closed[one.channel] for one in subjects if one.channel in closed}

    def within(self, channel: int, span: Span) -> ColumnElement[bool]:
        """Of a channel that was closed on a day of the span."""
        query = _closed().where(channel_change.c.channel == channel)
        return query.where(span.of_instants(entry.c.at)).exists()


def _closed() -> Select[tuple[int, int]]:
    c, later = channel_change.c, channel_change.alias()
    newer = exists().where(
        later.c.channel == c.channel, later.c.seq > c.seq, later.c.state.is_not(None)
    )
    query = select(c.channel, entry.c.at).join_from(channel_change, entry, entry.c.seq == c.seq)
    return query.where(c.state == ChannelState.CLOSING.value, ~newer)


trigger = ChannelClosed()

"""The table of adopted privacy notices, from their events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.ledger.projection import Event


class NoticeProjector:
    """Which notices were adopted, of which authority and channel."""

    types: frozenset[str] = frozenset({EventType.NOTICE_ADOPTED})

    def project(self, event: Event, rows: Rows) -> None:
        """Add the row of one event."""
        said = event.payload
        rows.add("notice", event.seq, said["authority"], said.get("channel", 0))

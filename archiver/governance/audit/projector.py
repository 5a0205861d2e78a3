"""The table of assessments, from their events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.governance.core import audit
from archiver.governance.queries import day_number
from archiver.ledger.projection import Event


class AuditProjector:
    """A row for each assessment."""

    types: frozenset[str] = frozenset({EventType.AUDIT_ASSESSMENT})

    def project(self, event: Event, rows: Rows) -> None:
        """Add the row of one event."""
        note = audit.BOOK.note_of(event.payload)
        said = note.said
        rows.add(
            "audit_assessment",
            event.seq,
            note.authority,
            said.question,
            day_number(said.since),
            day_number(said.until),
            said.verdict.value,
        )

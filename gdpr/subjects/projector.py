"""The tables of data subjects' requests, from their events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.hold_tables import number_of
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from gdpr.core.asked import asked_of
from gdpr.core.subject_request import State, Step, leads_to
from gdpr.subjects.steps import taken_of


class SubjectProjector:
    """Requests, where they stand, and the notes that stand beside records."""

    types: frozenset[str] = frozenset(
        {
            EventType.SUBJECT_REQUEST_RECEIVED,
            EventType.SUBJECT_REQUEST_STEP,
            EventType.RECTIFICATION_NOTED,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        match event.type:
            case EventType.SUBJECT_REQUEST_RECEIVED:
                asked = asked_of(event.payload)
                rows.add(
                    "subject_request",
                    event.seq,
                    asked.authority,
                    asked.right.value,
                    number_of(asked.on),
                    State.RECEIVED.value,
                    event.seq,
                    0,
                )
            case EventType.RECTIFICATION_NOTED:
                record, authority = event.payload["record"], event.payload["authority"]
                rows.add("rectification", event.seq, record, authority)
            case _:
                of = int(str(event.payload["of"]))
                taken = taken_of(event.payload)
                to = leads_to(taken.step, taken.answer)
                extended = 1 if taken.step is Step.EXTEND else None
                rows.add("subject_request_step", event.seq, of)
                went = to.value if to else None
                rows.add("subject_request_went", went, event.seq, extended, of)

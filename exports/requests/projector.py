"""The tables of requests, from their events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.hold_tables import number_of
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from exports.core.access_request import State, Step, leads_to
from exports.core.received import received_of
from exports.requests.steps import taken_of

NOTES: frozenset[str] = frozenset(
    {
        EventType.REQUEST_PAPER,
        EventType.REQUEST_FEE,
        EventType.REQUEST_SEARCHED,
        EventType.REQUEST_ASKED,
        EventType.REQUEST_REGISTERED,
        EventType.REQUEST_PACKED,
    }
)
RULES: frozenset[str] = frozenset(
    {EventType.MANDATE_GIVEN, EventType.MANDATE_ENDED, EventType.FEE_TABLE_SET}
)


class RequestProjector:
    """Requests, where they stand, what was noted of them; what authorities decided on answers."""

    types: frozenset[str] = frozenset(
        {EventType.REQUEST_RECEIVED, EventType.REQUEST_STEP, *NOTES, *RULES}
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        if event.type == EventType.REQUEST_RECEIVED:
            asked = received_of(event.payload)
            rows.add(
                "access_request",
                event.seq,
                asked.authority,
                number_of(asked.on),
                State.RECEIVED.value,
                event.seq,
            )
            return
        if event.type in RULES:
            rows.add("answer_rule", event.seq, int(str(event.payload["authority"])), event.type)
            return
        of = int(str(event.payload["of"]))
        if event.type in NOTES:
            rows.add("request_note", event.seq, of, event.type)
            return
        taken = taken_of(event.payload)
        to = leads_to(Step(taken.step), taken.answer)
        rows.add("access_request_step", event.seq, of)
        rows.add("access_request_went", to.value if to else None, event.seq, of)

"""The tables of incidents, from their events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from gdpr.core.incident import State, Step, leads_to
from gdpr.incidents.steps import noticed_of, taken_of


class IncidentProjector:
    """Incidents, their risk, and whether IMY was told."""

    types: frozenset[str] = frozenset({EventType.INCIDENT_RECORDED, EventType.INCIDENT_STEP})

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        if event.type == EventType.INCIDENT_RECORDED:
            one = noticed_of(event.payload)
            rows.add(
                "incident", event.seq, one.authority, one.known_at, State.OPEN.value, None, None
            )
            return
        of = int(str(event.payload["of"]))
        taken = taken_of(event.payload)
        to = leads_to(taken.step)
        risk = taken.risk.value if taken.risk else None
        notified = taken.at if taken.step is Step.NOTIFY else None
        rows.add("incident_step", event.seq, of)
        rows.add("incident_went", to.value if to else None, risk, notified, of)

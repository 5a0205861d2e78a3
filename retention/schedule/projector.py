"""The tables of retention, from its events: numbers, codes and days. Texts stay in the frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archiver.core.event import EventType
from archiver.db.register_tables import LAST_DAY
from archiver.db.rows import Rows
from archiver.ledger.projection import Event


class RetentionProjector:
    """Schedules, disposal decisions, and the classes that people put records in."""

    types: frozenset[str] = frozenset(
        {
            EventType.SCHEDULE_SET,
            EventType.DISPOSAL_DECIDED,
            EventType.DISPOSAL_DECISION_REVOKED,
            EventType.RUNNING_DISPOSAL_CONFIRMED,
            EventType.RECORD_CLASSIFIED,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        payload: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.SCHEDULE_SET:
                rows.add(
                    "schedule",
                    event.seq,
                    payload["authority"],
                    _day(payload["effective_from"]),
                    _day(payload.get("effective_until")),
                )
            case EventType.DISPOSAL_DECIDED:
                rows.add(
                    "disposal_decision",
                    event.seq,
                    payload["authority"],
                    payload["level"],
                    _day(payload["valid_from"]),
                    _day(payload.get("valid_until")),
                    None,
                    None,
                    None,
                )
            case EventType.DISPOSAL_DECISION_REVOKED:
                rows.add("decision_revoked", _day(payload["day"]), event.seq, payload["of"])
            case EventType.RUNNING_DISPOSAL_CONFIRMED:
                rows.add("decision_confirmed", event.seq, payload["of"])
            case EventType.RECORD_CLASSIFIED:
                _classified(event.seq, payload, rows)


def _classified(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    code = payload["code"]
    rows.barrier()
    for record in payload["records"]:
        rows.add("record_class_ends", record, code)
    rows.barrier()
    if not payload["taken_back"]:
        for record in payload["records"]:
            rows.add("record_class", record, code, seq)
        rows.barrier()


def _day(day: str | None) -> int:
    return int(day.replace("-", "")) if day else LAST_DAY

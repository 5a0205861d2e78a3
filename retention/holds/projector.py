"""The tables of holds, of events that persons noted, and of what was corrected in the register as
far as rules look at it, from their events. Words stay in the frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.calendar import stockholm_date
from archiver.core.event import EventType
from archiver.db.hold_tables import number_of
from archiver.db.register_tables import FIRST_DAY, LAST_DAY
from archiver.db.rows import Rows
from archiver.ledger.projection import Event

_SCOPES = (
    ("records", "hold_record"),
    ("threads", "hold_thread"),
    ("channels", "hold_channel"),
    ("classes", "hold_class"),
)


class HoldProjector:
    """Holds, what is noted of them, noted events, corrected entries."""

    types: frozenset[str] = frozenset(
        {
            EventType.HOLD_PLACED,
            EventType.HOLD_REVIEWED,
            EventType.HOLD_LIFTED,
            EventType.TRIGGER_NOTED,
            EventType.REGISTER_CORRECTED,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        payload: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.HOLD_PLACED:
                _placed(event, payload, rows)
            case EventType.HOLD_REVIEWED:
                rows.add("hold_note", event.seq, payload["of"], event.type)
                rows.add("hold_reviewed", _number(payload["review_on"], LAST_DAY), payload["of"])
            case EventType.HOLD_LIFTED:
                day = number_of(stockholm_date(event.at))
                rows.add("hold_note", event.seq, payload["of"], event.type)
                rows.add("hold_lifted", day, payload["of"])
            case EventType.TRIGGER_NOTED:
                of, on = payload["of"], payload.get("on")
                number = _number(on, LAST_DAY) if on else None
                for subject in payload["subjects"]:
                    rows.add("trigger_note", payload["trigger"], of, subject, event.seq, number)
            case EventType.REGISTER_CORRECTED:
                _corrected(event.seq, payload, rows)


def _placed(event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
    scope = payload["scope"]
    rows.add(
        "disposal_hold",
        event.seq,
        payload["authority"],
        payload["kind"],
        payload["owner"],
        payload.get("source"),
        number_of(stockholm_date(event.at)),
        _number(payload["review_on"], LAST_DAY),
        None,
        *(int(name in scope) for name, _ in _SCOPES),
        _number(scope.get("since"), FIRST_DAY),
        _number(scope.get("until"), LAST_DAY),
    )
    for name, table in _SCOPES:
        for one in scope.get(name, ()):
            rows.add(table, event.seq, one)


def _corrected(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    """What rules look at of a register entry; a title or a name is none of theirs."""
    field, value = payload["field"], payload["value"]
    if field in ("class_code", "direction"):
        rows.add("entry_correction", seq, payload["of"], field, value, None)
    elif field == "day":
        rows.add("entry_correction", seq, payload["of"], field, None, _number(value, LAST_DAY))


def _number(day: str | None, otherwise: int) -> int:
    return number_of(date.fromisoformat(day)) if day else otherwise

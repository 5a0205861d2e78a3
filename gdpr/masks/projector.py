"""The tables of masks, from their entries. Grounds and notes stay in the frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from archiver.core.event import EventType
from archiver.db.hold_tables import number_of
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from gdpr.masks.sealed import IN_ONE, PERSON


class MaskProjector:
    """Masks, how far they have come, and what activities authorities carry on."""

    types: frozenset[str] = frozenset(
        {
            EventType.MASKS_SUGGESTED,
            EventType.MASK_MADE,
            EventType.MASKS_DECIDED,
            EventType.MASKS_UNDONE,
            EventType.ACTIVITIES_SET,
            EventType.GROUNDS_SET,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        said: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.MASKS_SUGGESTED:
                for place, item in enumerate(said["masks"]):
                    _mask(event.seq, place, said, item, rows)
                    _state(event.seq, event.seq * IN_ONE + place, "suggested", said, rows)
            case EventType.MASK_MADE:
                _mask(event.seq, 0, said, {**said, "source": PERSON}, rows)
                _state(event.seq, event.seq * IN_ONE, "accepted", said, rows)
            case EventType.MASKS_DECIDED:
                for number in said["masks"]:
                    _state(event.seq, number, said["state"], said, rows)
            case EventType.MASKS_UNDONE:
                rows.add("mask_undone", event.seq, said["of"])
            case EventType.ACTIVITIES_SET:
                codes = ",".join(said["activities"])
                rows.add("authority_activity", event.seq, said["authority"], codes)
            case EventType.GROUNDS_SET:
                last = int(said["part"] == said["parts"])
                first = said.get("of", event.seq)
                rows.add("own_grounds", event.seq, first, said["authority"], last)


def _mask(
    seq: int, place: int, said: Mapping[str, Any], item: Mapping[str, Any], rows: Rows
) -> None:
    rows.add(
        "mask",
        seq * IN_ONE + place,
        said["record"],
        said["version"],
        item["target"],
        item["category"],
        item["source"],
        item.get("carried"),
    )


def _state(seq: int, number: int, state: str, said: Mapping[str, Any], rows: Rows) -> None:
    until = said.get("until")
    day = number_of(date.fromisoformat(until)) if until else None
    rows.add("mask_state", number, seq, state, day, said.get("matter"), said["actor"], None)

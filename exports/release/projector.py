"""The tables of releases, from their events. What is released stays in the frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.ledger.projection import Event

_HAPPENED: Mapping[str, str] = {
    EventType.RELEASE_STOPPED: "stopped",
    EventType.RELEASE_WAIVED: "waived",
    EventType.RELEASE_MADE: "made",
    EventType.RELEASE_DELIVERED: "delivered",
}


class ReleaseProjector:
    """Releases, their items, and what happened to them."""

    types: frozenset[str] = frozenset(
        {EventType.RELEASE_BEGUN, EventType.RELEASE_ITEMS, *_HAPPENED}
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        said: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.RELEASE_BEGUN:
                rows.add("release", event.seq, said["request"], said["authority"], None)
                return
            case EventType.RELEASE_ITEMS:
                for one in said["items"]:
                    place = (said["of"], one["record"], one["n"], one.get("decision"))
                    rows.add("release_item", event.seq, one["version"], *place)
                return
        rows.add("release_event", event.seq, said["of"], _HAPPENED[event.type])
        if event.type == EventType.RELEASE_MADE:
            rows.add("release_was_made", event.seq, said["of"])

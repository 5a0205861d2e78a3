"""The tables of what is kept apart, from its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archiver.core.event import EventType
from archiver.db.apart import ApartState
from archiver.db.rows import Rows
from archiver.ledger.projection import Event


class ApartProjector:
    """The tables `apart` and `quarantine_key`."""

    types: frozenset[str] = frozenset(
        {
            EventType.QUARANTINE_KEY_SET,
            EventType.RECORD_PROTECTED,
            EventType.RECORD_UNPROTECTED,
            EventType.RECORD_STOPPED,
            EventType.RECORD_HANDED_OVER,
            EventType.RECORD_DESTROYED,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        payload: Mapping[str, Any] = event.payload
        if event.type == EventType.QUARANTINE_KEY_SET:
            rows.add("quarantine_key", event.seq, bytes.fromhex(payload["public"]))
            return
        record, who = payload["record"], payload["actor"]
        rows.barrier()
        match event.type:
            case EventType.RECORD_PROTECTED | EventType.RECORD_STOPPED:
                _apart(event, payload, rows)
            case EventType.RECORD_UNPROTECTED:
                rows.add("apart_state", event.seq, ApartState.OPEN.value, event.at, who, record)
            case EventType.RECORD_HANDED_OVER:
                state = ApartState.HANDED_OVER.value
                rows.add("apart_state", event.seq, state, event.at, who, record)
            case EventType.RECORD_DESTROYED:
                state = ApartState.DESTROYED.value
                rows.add("apart_state", event.seq, state, event.at, who, record)
        rows.barrier()


def _apart(event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
    is_stop = event.type == EventType.RECORD_STOPPED
    rows.add("apart_ends", payload["record"])
    rows.barrier()
    rows.add(
        "apart",
        payload["record"],
        event.seq,
        (ApartState.STOPPED if is_stop else ApartState.PROTECTED).value,
        event.at,
        payload["actor"],
        payload["authority"],
        payload["channel"],
        payload["kind"],
        bytes.fromhex(payload["native"]),
        payload["origin"],
        payload["legal_at"],
        payload["versions"],
        payload["since"],
        payload["until"],
        payload.get("cohort"),
    )
    # What a stopped answer brought to its thread: it can no longer be told from the answer.
    for thread in payload.get("threads", ()):
        looked = (thread.get("scanned_at"), thread.get("activity_at"), thread.get("activity_seq"))
        rows.add("thread_set", *looked, thread["empty"], thread["record"])

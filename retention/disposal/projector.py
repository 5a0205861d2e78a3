"""The tables of disposal, from their events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archiver.core.event import EventType
from archiver.core.tombstone import Tombstone
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from retention.core.disposal import State, seqs_in

NATIVE_HEX = 32  # characters of a native token


class DisposalProjector:
    """The tables `disposal`, `proposed`, `tombstone`, `suppressed` and `purge_year`."""

    types: frozenset[str] = frozenset(
        {
            EventType.DISPOSAL_PROPOSED,
            EventType.DISPOSAL_CONFIRMED,
            EventType.DISPOSAL_WITHDRAWN,
            EventType.TOMBSTONE,
            EventType.RECORDS_SUPPRESSED,
            EventType.DISPOSAL_ABORTED,
            EventType.DISPOSAL_EXECUTED,
            EventType.DISPOSAL_COMPLETED,
            EventType.DISPOSED_SEEN,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event. Each says what holds after it, so none waits for others."""
        payload: Mapping[str, Any] = event.payload
        changed = (event.seq, event.at)
        rows.barrier()
        match event.type:
            case EventType.DISPOSAL_PROPOSED:
                _proposed(event, payload, rows)
            case EventType.DISPOSAL_CONFIRMED:
                until = payload["waits_until"]
                of = payload["proposal"]
                rows.add(
                    "disposal_confirmed", State.CONFIRMED.value, *changed, event.seq, until, of
                )
            case EventType.DISPOSAL_WITHDRAWN:
                ended = State.ABORTED if payload["aborted"] else State.WITHDRAWN
                rows.add("disposal_state", ended.value, *changed, payload["proposal"])
            case EventType.TOMBSTONE:
                stone = Tombstone.parse(event.payload)
                for run in stone.runs:
                    rows.add("tombstone", stone.proposal, *run)
                rows.add("disposal_intended", State.INTENDED.value, event.at, stone.proposal)
            case EventType.RECORDS_SUPPRESSED:
                _suppressed(event, payload, rows)
            case EventType.DISPOSAL_ABORTED:
                rows.add("unsuppress", payload["proposal"])
                rows.add("untomb", payload["proposal"])
            case EventType.DISPOSAL_EXECUTED:
                state = State.KEYS_DESTROYED.value
                rows.add("disposal_executed", state, *changed, event.at, payload["proposal"])
                for year in payload["years"]:
                    rows.add("purge_year", event.seq, year)
            case EventType.DISPOSAL_COMPLETED:
                done = (event.at, payload["rolls_on"], event.seq, payload["proposal"])
                rows.add("disposal_completed", State.COMPLETED.value, *changed, *done)
            case EventType.DISPOSED_SEEN:
                rows.add("suppressed_seen", event.seq, payload["record"])
        rows.barrier()


def _proposed(event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
    rows.add(
        "disposal",
        event.seq,
        payload["authority"],
        State.PROPOSED.value,
        event.seq,
        event.at,
        len(payload["newest"]),
        int(payload["running"]),
        *(None,) * 7,
    )
    for record in seqs_in(payload["records"]):
        rows.add("proposed", event.seq, record, 0)
    for record in seqs_in(payload["kept"]):
        rows.add("proposed", event.seq, record, 1)


def _suppressed(event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
    """What a harvest would know each record again by; and how the threads that the records stood
    in have been read, which can no longer be told from the records."""
    natives = payload["natives"]
    for number, record in enumerate(seqs_in(payload["records"])):
        native = bytes.fromhex(natives[number * NATIVE_HEX : (number + 1) * NATIVE_HEX])
        last = payload["last"][number]
        row = (payload["channel"], native, record, event.seq, payload["proposal"], last, None)
        rows.add("suppressed", *row)
    for thread in payload["threads"]:
        looked = (thread.get("scanned_at"), thread.get("activity_at"), thread.get("activity_seq"))
        rows.add("thread_set", *looked, thread["empty"], thread["record"])

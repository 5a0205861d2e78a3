"""Tables of manual capture, from its events: how a record came, its files, the looks for malware.

Rows hold numbers, codes and HMACs. A correction that states another legal date changes the
record's: the newest statement counts, the older ones stay in their versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archiver.core.channel import MANUAL
from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from archiver.registry.capture_files import file_token
from archiver.store.keys import KeyRing


class CaptureProjector:
    """Projects what manual capture writes, beside `HarvestProjector`, which projects its versions
    and components as it does all others."""

    types: frozenset[str] = frozenset(
        {EventType.VERSION, EventType.MANUAL_CAPTURE, EventType.FILE_SCANNED}
    )

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def project(self, event: Event, rows: Rows) -> None:
        payload: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.VERSION:
                if payload.get("collection") == MANUAL:
                    self._version(event, payload, rows)
            case EventType.MANUAL_CAPTURE:
                rows.add(
                    "manual_capture",
                    event.seq,
                    payload["record"],
                    payload["version"],
                    event.at,
                    payload["way"],
                    payload["actor"],
                )
            case EventType.FILE_SCANNED:
                place = (payload["version"], payload["number"])
                rows.add("file_scan", event.seq, *place, event.at, payload["verdict"])

    def _version(self, event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
        for number in payload["media"]:
            digest = payload["attachments"][number]["digest"]
            rows.add("captured_file", event.seq, number, file_token(event.lookup, digest))
        if "record" in payload and "legal_at" in payload:
            legal = (payload["legal_at"], payload["legal_basis"])
            rows.add("record_legal", *legal, payload["record"])

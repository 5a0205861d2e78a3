"""Tables of authorities, channels, records, captures and runs, from their events.

Every row follows from one event and the keys. Identities become HMACs: native and author ids
under the channel's key, content under a key that follows from the version's own, cut to 16
bytes (128 bits: no collision is to be expected below 10^18 items).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from archiver.core.disappearance import transition_of
from archiver.core.event import EventType
from archiver.core.observation import POST, REVISION
from archiver.core.plan import Scope
from archiver.core.record import content_form
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from archiver.store.keys import KeyRing

HMAC_BYTES = 16


def keyed(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256, cut to 16 bytes."""
    return hmac.digest(key, data, "sha256")[:HMAC_BYTES]


def native_token(key: bytes, kind: str, native_id: str) -> bytes:
    """What stands in the tables for an item's id on its platform."""
    return keyed(key, f"{kind}\x00{native_id}".encode())


class HarvestProjector:
    """Projects what harvesting and its set-up write."""

    types: frozenset[str] = frozenset(
        {
            EventType.AUTHORITY_ADDED,
            EventType.CHANNEL_ADDED,
            EventType.CHANNEL_CHANGED,
            EventType.CAPTURE,
            EventType.VERSION,
            EventType.COMPONENT,
            EventType.RUN,
        }
    )

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def project(self, event: Event, rows: Rows) -> None:
        payload: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.AUTHORITY_ADDED:
                rows.add("authority", event.seq)
            case EventType.CHANNEL_ADDED:
                rows.add(
                    "channel",
                    event.seq,
                    payload["authority"],
                    payload["platform"],
                    payload["interval"],
                )
                if "schedule" in payload:
                    _channel_change(event, event.seq, {"schedule": payload["schedule"]}, rows)
            case EventType.CHANNEL_CHANGED:
                _channel_change(event, payload["channel"], payload, rows)
            case EventType.CAPTURE:
                exchange = event.seq - payload["exchange"]
                rows.add("capture", event.seq, payload["channel"], payload["at"], exchange)
            case EventType.VERSION:
                self._version(event, payload, rows)
            case EventType.COMPONENT:
                place = (payload["version"], payload["number"])
                rows.add("component", event.seq, *place, payload["part"])
                if payload["last"]:
                    rows.add("media_done", event.seq, *place)
            case EventType.RUN:
                _run(event, payload, rows)

    def _version(self, event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
        key = self._keys.channel(payload["channel"])
        record, state = payload.get("record"), payload["state"]
        if record is None:
            record = event.seq
            rows.add(
                "record",
                record,
                payload["channel"],
                payload["kind"],
                native_token(key, payload["kind"], payload["native_id"]),
                _token(key, payload.get("parent")),
                _token(key, payload.get("root")),
                payload["origin"],
                payload.get("created_at"),
                payload["legal_at"],
                payload["legal_basis"],
                payload["captured_at"],
                state,
                event.seq,
                event.seq,
                1,
                0,
                None,
            )
        else:
            rows.add("record_version", state, event.seq, event.seq, payload["n"], record)
        author = payload.get("author_id") or payload.get("author_name")
        rows.add(
            "version",
            event.seq,
            record,
            payload["n"],
            payload["captured_at"],
            event.seq - payload["capture"] if "capture" in payload else None,
            state,
            ",".join(payload["changes"]),
            payload["normaliser"],
            native_token(key, "author", author) if author else None,
            keyed(event.lookup, content_form(event.payload)),
            keyed(event.lookup, event.raw),
        )
        if payload.get("record") is None and payload["kind"] == POST:
            native = native_token(key, POST, payload["native_id"])
            posted = payload.get("created_at", payload["captured_at"])
            rows.add("thread", record, payload["channel"], native, posted, None, None, None, 0)
        root = _token(key, payload.get("root"))
        if root is not None and payload["kind"] != REVISION:
            news = (payload["captured_at"], event.seq)
            rows.add("thread_activity", *news, payload["channel"], root)
        for number in payload.get("media", ()):
            rows.add("media", event.seq, number, None, 0)


def _token(key: bytes, ref: Sequence[str] | None) -> bytes | None:
    return native_token(key, *ref) if ref else None


def _channel_change(event: Event, channel: int, payload: Mapping[str, Any], rows: Rows) -> None:
    fields = ("interval", "schedule", "crisis_until", "state")
    rows.add("channel_change", event.seq, channel, *(payload.get(name) for name in fields))


def _run(event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
    """One row for the run, one per collection, and the states it observed without a version."""
    collections: Sequence[Mapping[str, Any]] = payload["collections"]

    def total(name: str) -> int:
        return sum(int(one.get(name, 0)) for one in collections)

    rows.add(
        "run",
        event.seq,
        payload["channel"],
        payload["started"],
        payload["ended"],
        payload["outcome"],
        payload["scope"],
        len(payload["exchanges"]),
        total("expected") if any("expected" in one for one in collections) else None,
        total("seen"),
        total("created"),
        total("changed"),
        total("unchanged"),
        total("missing"),
    )
    for one in collections:
        rows.add(
            "coverage",
            event.seq,
            one["name"],
            payload["channel"],
            one.get("since"),
            payload["started"],  # what came after the look began may not have been seen
            one["status"],
            one["reason"],
            one.get("expected"),
            one["seen"],
            one["missing"],
            one["scope"],
            one.get("window"),
        )
    for line in payload["states"]:
        found = transition_of(line)
        rows.add("record_state", found.state.value, event.seq, found.record, event.seq)
        rows.add(
            "transition",
            found.record,
            event.seq,
            payload["ended"],
            found.state.value,
            found.reason,
            found.why.value if found.why else None,
            found.by,
            *((None,) * 4 if found.absence is None else astuple(found.absence)),
        )
    read = (payload["started"], payload.get("began", event.seq))
    if payload["scope"] == Scope.FULL and payload["outcome"] == "complete":
        rows.add("threads_scanned", *read, -1, payload["channel"], event.seq)
    for record in payload["threads"]:
        rows.add("threads_scanned", *read, record, -1, 0)
    for version, number, *_ in payload["media_failed"]:
        rows.add("media_failed", version, number)

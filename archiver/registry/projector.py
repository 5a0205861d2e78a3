"""The register's tables, from its events: numbers, days and places. Texts stay in the frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archiver.core.event import EventType
from archiver.db.register_tables import FIRST_DAY, LAST_DAY
from archiver.db.rows import Rows
from archiver.ledger.projection import Event
from archiver.registry.core.entry import day_number
from archiver.registry.core.triage import HandoverStep, Outcome


class RegisterProjector:
    """Entries, cases, numbers, changes and decisions."""

    types: frozenset[str] = frozenset(
        {
            EventType.SERIES_SET,
            EventType.CASE_OPENED,
            EventType.REGISTERED,
            EventType.REGISTERED_APART,
            EventType.REGISTER_CORRECTED,
            EventType.REGISTER_VOIDED,
            EventType.SECRECY_MARKED,
            EventType.ENTRIES_RELATED,
            EventType.TRIAGED,
            EventType.HANDOVER_NOTED,
            EventType.PACKAGE_MADE,
            EventType.WEB_REGISTER_SET,
            EventType.WEB_REGISTER_WITHHELD,
            EventType.CLASSES_IMPORTED,
            EventType.ROUTES_SET,
            EventType.CASE_CLOSED,
            EventType.CASE_REOPENED,
        }
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        payload: Mapping[str, Any] = event.payload
        match event.type:
            case EventType.SERIES_SET:
                _series(event.seq, payload, rows)
            case EventType.CASE_OPENED:
                _case(event.seq, payload, rows)
            case EventType.REGISTERED:
                _entry(event.seq, payload, rows)
            case EventType.REGISTERED_APART:
                rows.add("entry_protected", event.seq, payload["of"])
            case EventType.TRIAGED:
                _decision(event.seq, payload, rows)
            case EventType.HANDOVER_NOTED:
                _noted(event, payload, rows)
            case EventType.PACKAGE_MADE:
                made = (payload["of"], payload["authority"], payload["sha256"])
                rows.add("file_package", event.seq, *made)
            case EventType.WEB_REGISTER_SET:
                rows.add("web_register", event.seq, payload["authority"])
            case EventType.CLASSES_IMPORTED:
                _classes(event.seq, payload, rows)
            case EventType.ROUTES_SET:
                last = int(payload["part"] == payload["parts"])
                first = payload.get("of", event.seq)
                rows.add("routing", event.seq, first, payload["authority"], last)
            case EventType.CASE_CLOSED | EventType.CASE_REOPENED:
                rows.barrier()
                rows.add("case_state_ends", payload["of"])
                rows.barrier()
                day = payload.get("day")
                rows.add("case_state", payload["of"], event.seq, day and day_number(day))
                rows.barrier()
            case _:
                apart = int(bool(payload.get("secret")))
                rows.add("register_change", event.seq, payload["of"], event.type, apart)


def _series(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    rows.add(
        "series",
        seq,
        payload.get("series", seq),
        payload["authority"],
        payload.get("year"),
        payload.get("first"),
    )


def _noted(event: Event, payload: Mapping[str, Any], rows: Rows) -> None:
    of, step = payload["of"], payload["step"]
    rows.add("handover_note", event.seq, of, step, payload.get("stage"))
    if step == HandoverStep.RECEIVED:
        rows.add("handover_received", event.at, of)
        rows.add("handover_taken", event.at, of)
    elif step == HandoverStep.ANSWERED:
        rows.add("handover_answered", event.at, event.at, of)


def _classes(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    first = payload.get("of", seq)
    for one in payload["classes"]:
        since, until = one.get("valid_from"), one.get("valid_to")
        rows.add(
            "scheme_class",
            first,
            one["code"],
            seq,
            _plain_day(since) if since else FIRST_DAY,
            _plain_day(until) if until else LAST_DAY,
        )
    if payload["part"] == payload["parts"]:  # with its last part an import counts
        names = (payload["scheme"], payload["version"])
        rows.add("class_import", first, payload["authority"], *names)


def _plain_day(day: str) -> int:
    return int(day.replace("-", ""))  # a scheme may be older than any register


def _number(holder: int, payload: Mapping[str, Any], rows: Rows) -> None:
    rows.add("register_number", payload["series"], payload["year"], payload["running"], holder)


def _case(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    _number(seq, payload, rows)
    rows.add(
        "register_case",
        seq,
        payload["authority"],
        payload["series"],
        payload["year"],
        payload["running"],
        int(payload["collective"]),
        bytes.fromhex(draft) if (draft := payload.get("draft")) else None,
    )


def _entry(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    case, draft = payload.get("case"), payload.get("draft")
    if case is None:
        _number(seq, payload, rows)
    rows.add(
        "register_entry",
        seq,
        payload["authority"],
        payload["series"],
        payload["year"],
        payload["running"],
        case,
        payload.get("part"),
        payload["direction"],
        day_number(payload["day"]),
        payload["level"],
        payload.get("class_code"),
        bytes.fromhex(draft) if draft else None,
        None,
    )
    for record in payload["records"]:
        rows.add("entry_record", seq, record)
        _decided(record, seq, Outcome.REGISTERED, rows)


def _decided(record: int, seq: int, outcome: Outcome, rows: Rows) -> None:
    rows.add("record_triaged", seq, outcome.value, record, seq)


def _decision(seq: int, payload: Mapping[str, Any], rows: Rows) -> None:
    outcome, draft = Outcome(payload["outcome"]), payload.get("draft")
    for record in payload["records"]:
        rows.add(
            "triage",
            record,
            seq,
            outcome.value,
            payload.get("level"),
            bytes.fromhex(draft) if draft else None,
        )
        _decided(record, seq, outcome, rows)
    if to := payload.get("handover"):
        rows.add("handover", seq, payload["authority"], to.get("due"), None, None, None)

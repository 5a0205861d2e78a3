"""Log entries: the clear envelope of every event, its one byte form, and version upcasting.

An entry is one leaf of the log, ≤ 300 bytes as a rule. A *sealed* entry points at an encrypted
frame; a *clear* entry carries facts that name no person and no content (a pack's digest, say).
No names, text, URLs, platform ids, classes, channels or exact lengths stand here.

    {"at":1795353955123,"c":"…64…","co":3,"id":"…32…","t":"version","v":1,"x":"…64…"}

`at` is milliseconds since 1970 UTC (as in RFC 6962 timestamps); `c` the disclosure commitment,
`x` SHA-256 of the ciphertext frame, so that a keyless scrub finds rot. Payloads belong to the
feature that makes them. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeAlias, TypeGuard

from archiver.core import canonical
from archiver.core.canonical import Json, JsonObject
from archiver.errors import NotCanonical


class EventType(StrEnum):
    """The types this release writes. Reading accepts any well-formed name: the set is open."""

    HOME_CREATED = "home_created"
    DICTIONARY_ADDED = "dictionary_added"
    COHORT_OPENED = "cohort_opened"
    PACK_SEALED = "pack_sealed"
    CLOCK_JUMPED = "clock_jumped"
    ANCHOR = "anchor"
    AUTHORITY_ADDED = "authority_added"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_CHANGED = "channel_changed"
    CAPTURE = "capture"
    EXCHANGE = "exchange"
    VERSION = "version"
    COMPONENT = "component"
    RUN = "run"
    PUSH_RECEIVED = "push_received"
    GAP_ACKNOWLEDGED = "gap_acknowledged"
    SERIES_SET = "series_set"
    CASE_OPENED = "case_opened"
    REGISTERED = "registered"
    REGISTERED_APART = "registered_apart"
    REGISTER_CORRECTED = "register_corrected"
    REGISTER_VOIDED = "register_voided"
    SECRECY_MARKED = "secrecy_marked"
    ENTRIES_RELATED = "entries_related"
    TRIAGED = "triaged"
    HANDOVER_NOTED = "handover_noted"
    PACKAGE_BEGUN = "package_begun"
    PACKAGE_MADE = "package_made"
    SEARCHED = "searched"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    ACCESS_NOTED = "access_noted"
    MANUAL_CAPTURE = "manual_capture"
    FILE_SCANNED = "file_scanned"
    WEB_REGISTER_SET = "web_register_set"
    WEB_REGISTER_WITHHELD = "web_register_withheld"
    CLASSES_IMPORTED = "classes_imported"
    ROUTES_SET = "routes_set"
    TOKEN_ADDED = "token_added"  # noqa: S105 no password
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 no password
    KEYS_REWRAPPED = "keys_rewrapped"
    QUARANTINE_KEY_SET = "quarantine_key_set"
    RECORD_PROTECTED = "record_protected"
    RECORD_UNPROTECTED = "record_unprotected"
    RECORD_STOPPED = "record_stopped"
    RECORD_HANDED_OVER = "record_handed_over"
    RECORD_DESTROYED = "record_destroyed"
    SCHEDULE_SET = "schedule_set"
    DISPOSAL_DECIDED = "disposal_decided"
    DISPOSAL_DECISION_REVOKED = "disposal_decision_revoked"
    DECISION_INTERVAL = "decision_interval"
    RUNNING_DISPOSAL_CONFIRMED = "running_disposal_confirmed"
    RECORD_CLASSIFIED = "record_classified"
    CASE_CLOSED = "case_closed"
    CASE_REOPENED = "case_reopened"
    TRIGGER_NOTED = "trigger_noted"
    HOLD_PLACED = "hold_placed"
    HOLD_REVIEWED = "hold_reviewed"
    HOLD_LIFTED = "hold_lifted"
    REQUEST_RECEIVED = "request_received"
    REQUEST_STEP = "request_step"
    REQUEST_PAPER = "request_paper"
    REQUEST_FEE = "request_fee"
    REQUEST_SEARCHED = "request_searched"
    REQUEST_ASKED = "request_asked"
    REQUEST_REGISTERED = "request_registered"
    REQUEST_PACKED = "request_packed"
    MANDATE_GIVEN = "mandate_given"
    MANDATE_ENDED = "mandate_ended"
    FEE_TABLE_SET = "fee_table_set"
    ACTIVITIES_SET = "activities_set"
    GROUNDS_SET = "grounds_set"
    MASKS_SUGGESTED = "masks_suggested"
    MASK_MADE = "mask_made"
    MASKS_DECIDED = "masks_decided"
    MASKS_UNDONE = "masks_undone"
    RELEASE_BEGUN = "release_begun"
    RELEASE_ITEMS = "release_items"
    RELEASE_STOPPED = "release_stopped"
    RELEASE_WAIVED = "release_waived"
    RELEASE_MADE = "release_made"
    RELEASE_DELIVERED = "release_delivered"
    DISPOSAL_PROPOSED = "disposal_proposed"
    DISPOSAL_CONFIRMED = "disposal_confirmed"
    PROPOSAL_CONFIRMED = "proposal_confirmed"
    DISPOSAL_WITHDRAWN = "disposal_withdrawn"
    TOMBSTONE = "tombstone"
    DISPOSAL_ABORTED = "disposal_aborted"
    DISPOSAL_EXECUTED = "disposal_executed"
    DISPOSED_SEEN = "disposed_seen"
    RECORDS_SUPPRESSED = "records_suppressed"
    PACK_COMPACTED = "pack_compacted"
    DISPOSAL_COMPLETED = "disposal_completed"
    STORE_PROBED = "store_probed"
    LOG_RECOVERED = "log_recovered"
    RECOVERY_NOTED = "recovery_noted"
    DISPOSAL_REPEATED = "disposal_repeated"
    LOSS_ATTESTED = "loss_attested"
    LOSS_EXPLAINED = "loss_explained"
    SUBJECT_REQUEST_RECEIVED = "subject_request_received"
    SUBJECT_REQUEST_STEP = "subject_request_step"
    RECTIFICATION_NOTED = "rectification_noted"
    INCIDENT_RECORDED = "incident_recorded"
    INCIDENT_STEP = "incident_step"
    NOTICE_ADOPTED = "notice_adopted"
    INITIATIVE_OPENED = "initiative_opened"
    INITIATIVE_ACT = "initiative_act"
    GATE_CLASS_SET = "gate_class_set"
    MODERATION_ACT = "moderation_act"
    ACCOUNT_ACT = "account_act"
    UPKEEP_ACT = "upkeep_act"
    AUDIT_ASSESSMENT = "audit_assessment"


class SealedEntry(NamedTuple):
    """A leaf with a frame: `cohort` number, frame `id` (32 hex), `c` and `x` (64 hex each)."""

    type: str
    version: int
    at: int
    cohort: int
    id: str
    c: str
    x: str

    def encode(self) -> bytes:
        """The leaf's canonical bytes; `NotCanonical` if a field is not of its form."""
        data = (
            f'{{"at":{self.at},"c":"{self.c}","co":{self.cohort},"id":"{self.id}",'
            f'"t":"{self.type}","v":{self.version},"x":"{self.x}"}}'
        ).encode()
        if not _SEALED.fullmatch(data):
            raise NotCanonical("A field of a log entry is not of its form.")
        return data


class ClearEntry(NamedTuple):
    """A leaf without a frame: `facts` are canonical JSON beside at, t and v."""

    type: str
    version: int
    at: int
    facts: JsonObject

    def encode(self) -> bytes:
        """The leaf's canonical bytes."""
        fields = {**self.facts, "at": self.at, "t": self.type, "v": self.version}
        data = canonical.encode(fields)
        if len(fields) != len(self.facts) + len(_ENVELOPE) or parse(data) != self:
            raise NotCanonical("A fact of a log entry has a reserved name.")
        return data


Entry: TypeAlias = SealedEntry | ClearEntry

# The pattern *is* the canonical form of a sealed entry: what matches needs no re-encoding.
_NUMBER = rb"(0|[1-9][0-9]{0,14})"
_SEALED = re.compile(
    rb'\{"at":' + _NUMBER + rb',"c":"([0-9a-f]{64})","co":' + _NUMBER + rb',"id":"([0-9a-f]{32})",'
    rb'"t":"([a-z_]{1,32})","v":' + _NUMBER + rb',"x":"([0-9a-f]{64})"\}'
)
_TYPE = re.compile(r"[a-z_]{1,32}")
_ENVELOPE = {"at", "t", "v"}
_SEALED_ONLY = {"c", "co", "id", "x"}


def parse(data: bytes) -> Entry:
    """The entry in canonical bytes; `NotCanonical` for anything else."""
    match = _SEALED.fullmatch(data)
    if match:
        at, c, cohort, frame_id, type_, version, x = match.groups()
        return SealedEntry(
            type_.decode(),
            int(version),
            int(at),
            int(cohort),
            frame_id.decode(),
            c.decode(),
            x.decode(),
        )
    value = canonical.decode_object(data)
    at_, type__, version_ = value.get("at"), value.get("t"), value.get("v")
    if (
        not _is_count(at_)
        or not _is_count(version_)
        or not isinstance(type__, str)
        or not _TYPE.fullmatch(type__)
        or value.keys() & _SEALED_ONLY
    ):
        raise NotCanonical("The bytes are not a log entry.")
    facts = {key: item for key, item in value.items() if key not in _ENVELOPE}
    return ClearEntry(type__, version_, at_, facts)


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 10**15


Upcaster: TypeAlias = Callable[[Mapping[str, Json]], dict[str, Json]]


def _run_1(payload: Mapping[str, Json]) -> dict[str, Json]:
    """Runs knew one scope, and their states no reason but the platform's."""
    names = ("record", "state", "exchange", "reason")
    states, lines = payload["states"], payload["collections"]
    assert isinstance(states, list | tuple)
    assert isinstance(lines, list | tuple)
    return {
        **payload,
        "scope": "full",
        "threads": [],
        "states": [
            dict(zip(names, one, strict=True)) for one in states if isinstance(one, list | tuple)
        ],
        "collections": [{**one, "scope": "all"} for one in lines if isinstance(one, Mapping)],
    }


# (type, version) → function to the next version. Pure; never removed while an archive holds one.
UPCASTERS: dict[tuple[str, int], Upcaster] = {(EventType.RUN, 1): _run_1}
RUN_VERSION = 2


def upcast(
    type_: str,
    version: int,
    payload: Mapping[str, Json],
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Mapping[str, Json]:
    """The payload in the newest version of its type."""
    while step := upcasters.get((type_, version)):
        payload, version = step(payload), version + 1
    return payload

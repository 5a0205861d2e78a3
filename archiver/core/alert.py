"""What is told to people who are not looking: an alert, in codes, numbers and instants.

An alert leaves the house by ways nobody here controls. It therefore says which authority (by its
code), platform and channel, what is wrong, since when and how much; never a title, name, address or
text. It is made of fields that the egress gate has released for `Purpose.ALERT` and of no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from archiver.core.canonical import Json


class Kind(StrEnum):
    """What an alert is about."""

    GAP = "gap"  # a gap that has lasted longer than the channel tolerates
    LOGIN = "login"  # a login is refused or has run out
    TOKEN = "token"  # noqa: S105 a login that will run out
    MASS_DISAPPEARANCE = "mass_disappearance"
    VERSION_SUNSET = "version_sunset"
    ACCOUNT_GONE = "account_gone"
    UNSEEN = "unseen"  # no run has seen anything of a channel for hours
    WORKER_SILENT = "worker_silent"
    INTEGRITY = "integrity"
    HANDOVER = "handover"  # what was handed over has no receipt, or no answer, in time
    STOPPED = "stopped"  # the emergency stop was pressed
    UNSTAMPED = "unstamped"  # no outside authority has stamped the log for a day
    STORE = "store"  # the archive is not shipped to its bucket
    HOLD_REVIEW = "hold_review"  # a disposal hold should have been reviewed
    REQUEST_WAITS = "request_waits"  # somebody waits for an answer since an earlier working day
    DISPOSAL = "disposal"  # a disposal cannot go on, or was ended by what spoke against it
    DISPOSED_CHANGED = "disposed_changed"  # what was disposed of is shown, with another text
    INCIDENT = "incident"  # a personal data breach waits for its notification (72 hours)
    SUBJECT_REQUEST = "subject_request"  # a data subject's request has little time left, or none
    TEST = "test"


class Severity(StrEnum):
    """Whom it goes to: the recipients, or also whoever is on duty."""

    ORDINARY = "ordinary"
    URGENT = "urgent"


class Phase(StrEnum):
    """What is said: it began, it got another reason, it goes on, it has ended."""

    RAISED = "raised"
    CHANGED = "changed"
    REPEATED = "repeated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message. `number` is the same each time it is sent, so that whoever gets it twice can
    tell. `at` is when it was decided, `since` and `until` when the trouble began and ended,
    milliseconds UTC. `channel` is its number, None for the whole home; `reasons` are codes;
    `count` collections concerned, `days` until a login runs out, `hours` since anything was seen.
    `item`: the number in the log of the handover, or of the record, that it is about; `step`: which
    reminder it is.
    """

    number: str
    kind: Kind
    severity: Severity
    phase: Phase
    at: int
    since: int
    until: int | None = None
    channel: int | None = None
    authority_code: str = ""
    platform: str = ""
    reasons: tuple[str, ...] = ()
    count: int = 0
    days: int | None = None
    hours: int | None = None
    item: int | None = None
    step: int | None = None

    def fields(self) -> dict[str, Json]:
        """The alert as JSON; what is not known is left out."""
        plain = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return {**plain, "reasons": list(self.reasons)}

    @classmethod
    def of(cls, fields: Mapping[str, Json]) -> Alert:
        """The alert in such fields; `ValueError`, `KeyError` or `TypeError` if they are none."""
        values: dict[str, Any] = dict(fields)
        values |= {
            "kind": Kind(values["kind"]),
            "severity": Severity(values["severity"]),
            "phase": Phase(values["phase"]),
            "reasons": tuple(values["reasons"]),
        }
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom an alert is for, by ways that have addresses. `nobody_on_duty`: it is urgent, and the
    roster names nobody for this hour who can be reached; `missed`: how many users it names who were
    passed over, locked or without an address."""

    addresses: tuple[str, ...] = ()
    nobody_on_duty: bool = False
    missed: int = 0

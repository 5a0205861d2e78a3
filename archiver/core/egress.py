"""The egress gate: the one place that decides which fields leave the archive, for whom, and why.

Pure and closed: a purpose that is not named lets nothing out, and a field that is not named for a
purpose does not leave. Every view, list, snippet, proof, feed and export passes its fields through
`release`; masks and release decisions come on top of it, never instead of it.
Rests on OSL 2009:400 (secrecy holds unless released) and GDPR art. 5.1 c (data minimisation).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from archiver.core.access import Viewer
from archiver.errors import AccessRefused

T = TypeVar("T")


class Purpose(StrEnum):
    """Why something leaves."""

    READ = "read"  # a member of staff reads a record on a screen or in a terminal
    EVIDENCE = "evidence"  # … and the raw exchange behind it
    REGISTER = "register"  # … or the register: entries, cases, decisions
    OVERVIEW = "overview"  # lists, coverage, the channel register
    INDEX = "index"  # the home's own search index
    PROOF = "proof"  # a whole, unmasked proof bundle, to be handled as the record itself
    ALERT = "alert"  # what an e-mail or a webhook may say of the home's health
    LOG = "log"  # operational logs and metrics
    DISCLOSURE = "disclosure"  # what is given out on a request; masks come on top
    WEB_REGISTER = "web_register"  # what everybody may read on the web, once it was decided
    SUBJECT_ACCESS = "subject_access"  # to whom the data are about, others masked (GDPR art. 15)


# Of a completed disposal: its certificate names no person but those who proposed and approved.
_CERTIFICATE = {
    "actor",
    "authority",
    "certificate",
    "entry",
    "number",
    "proposal",
    "removed_at",
} | {"rolls_on"}
_CONTENT = {
    "attachments",
    "author_id",
    "author_name",
    "author_url",
    "kind",
    "links",
    "native_id",
    "parent",
    "root",
    "text",
    "title",
    "url",
}
_CIRCUMSTANCES = {
    "capture",
    "captured_at",
    "changes",
    "channel",
    "collection",
    "created_at",
    "legal_at",
    "legal_basis",
    "media",
    "n",
    "normaliser",
    "origin",
    "record",
    "state",
    "updated_at",
}
_EXCHANGE = {
    "at",
    "certificate",
    "digest",
    "encoding",
    "ended_at",
    "exchange",
    "failure",
    "holes",
    "length",
    "method",
    "number",
    "peer",
    "problem",
    "redactions",
    "request_headers",
    "response_headers",
    "started_at",
    "status",
    "template",
    "truncated",
    "whole",
}
_COMPONENT = {"digest", "last", "mime", "number", "part", "size", "version"}
_CHANNEL = {"allow", "authority", "code", "crisis_until", "interval", "name", "options", "platform"}
_CHANNEL |= {"schedule", "state"}
_CAPTURED = {"according_to", "actor", "found", "engine", "received", "verdict", "way", "why"}
_REGISTER = {
    "actor",
    "at",
    "authority",
    "case",
    "changed",
    "class_code",
    "closed_on",
    "collective",
    "corrections",
    "dated",
    "day",
    "direction",
    "elsewhere",
    "handover",
    "level",
    "marking",
    "markings",
    "note",
    "number",
    "outcome",
    "part",
    "received",
    "recipient",
    "record_class",
    "records",
    "relations",
    "secret",
    "sender",
    "seq",
    "series",
    "title",
    "trigger",
    "voided",
}
_ALERT = {
    "at",
    "authority_code",
    "channel",
    "count",
    "days",
    "hours",
    "item",
    "kind",
    "number",
    "phase",
    "platform",
    "reasons",
    "severity",
    "since",
    "step",
    "until",
}

_DISCLOSED = {
    "attachments",
    "author_name",
    "author_url",
    "captured_at",
    "created_at",
    "kind",
    "legal_at",
    "legal_basis",
    "links",
    "n",
    "origin",
    "state",
    "text",
    "title",
    "updated_at",
    "url",
}

ALLOWED: Mapping[Purpose, frozenset[str]] = {
    Purpose.READ: frozenset(_CONTENT | _CIRCUMSTANCES | _CAPTURED | {"problem"}),
    Purpose.EVIDENCE: frozenset(_CONTENT | _CIRCUMSTANCES | _EXCHANGE | {"raw"}),
    Purpose.REGISTER: frozenset(_REGISTER),
    Purpose.OVERVIEW: frozenset(_CHANNEL | {"title", "url"}),
    Purpose.INDEX: frozenset({"author_name", "text", "title"}),
    Purpose.PROOF: frozenset(
        _CONTENT | _CIRCUMSTANCES | _COMPONENT | _CAPTURED | _CERTIFICATE | {"raw"}
    ),
    Purpose.ALERT: frozenset(_ALERT),
    Purpose.LOG: frozenset(),
    Purpose.DISCLOSURE: frozenset(_DISCLOSED),
    Purpose.WEB_REGISTER: frozenset(
        {"case", "day", "direction", "number", "record_class", "title"}
    ),
    Purpose.SUBJECT_ACCESS: frozenset(
        {"attachments", "author_id", "author_name", "author_url", "kind", "links", "text"}
        | {"title", "url"}
    ),
}


def release(viewer: Viewer, purpose: Purpose, fields: Mapping[str, T]) -> dict[str, T]:
    """The fields that may leave for this purpose; the others are left out.

    `AccessRefused` if the viewer may not see anything for it.
    """
    if not viewer.staff:
        raise AccessRefused("This is for the authority's own staff.", remedy="Sign in first.")
    allowed = ALLOWED.get(purpose, frozenset[str]())
    return {name: value for name, value in fields.items() if name in allowed}

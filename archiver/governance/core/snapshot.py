"""The underlag as it was sent: frozen, bound by its digest, and the same byte for byte ever after.

Canonical JSON of the checklist's version, every row with its question, answer, attester, evidence
and condition, what every check found, the deviations, and what remained. A later edit of any of
them changes nothing here: the bytes lie in the log, and what is decided names their digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from archiver.core import canonical
from archiver.core.canonical import Json
from archiver.errors import DigestMismatch
from archiver.governance.core.answers import Answer, AnswerState
from archiver.governance.core.check import Result
from archiver.governance.core.checklist import GateClass, Row
from archiver.governance.core.form import write
from archiver.governance.core.gate import Bearings, before_decision
from archiver.governance.core.standing import Deviation, Standing

VERSION = 1


class Snapshot(NamedTuple):
    """Canonical JSON as text, and its SHA-256 (hex)."""

    text: str
    digest: str


def freeze(initiative: int, standing: Standing, bearings: Bearings) -> Snapshot:
    """The underlag of an initiative (its number) as it stands."""
    content: dict[str, Json] = {
        "v": VERSION,
        "initiative": initiative,
        "cycle": standing.cycle,
        "day": bearings.today.isoformat(),
        "about": write(standing.opened),
        "channels": sorted(standing.channels),
        "checklist": bearings.checklist.version,
        "rows": [_row(row, standing) for row in bearings.checklist.rows],
        "inapplicable_mandatory": [
            row.id
            for row in bearings.checklist.rows
            if row.gate is GateClass.MANDATORY
            and standing.answer(row.id).state is AnswerState.INAPPLICABLE
        ],
        "goals": [write(one) for one in standing.goals],
        "notes": [write(one) for one in standing.notes],
        "checks": [_check(one) for _, one in sorted(bearings.results.items())],
        "deviations": [_deviation(one) for one in standing.deviations if one.is_open],
        "remaining": [one.words.sv for one in before_decision(standing, bearings)],
    }
    data = canonical.encode(content)
    return Snapshot(data.decode(), digest(data))


def digest(data: bytes) -> str:
    """SHA-256 (hex)."""
    return hashlib.sha256(data).hexdigest()


def opened(text: str, expected: str) -> Mapping[str, Any]:
    """What a frozen underlag says. `DigestMismatch` if it is not what the digest binds."""
    if digest(text.encode()) != expected:
        raise DigestMismatch(
            "The underlag is not what was sent: its digest is another.",
            remedy="Verify the archive: `diarkiv verify`.",
        )
    return canonical.decode_object(text.encode())


def evidence_of(content: Mapping[str, Any], row: str) -> dict[str, str]:
    """The evidence of a row in a frozen underlag: name → SHA-256 (hex)."""
    rows = [one for one in content["rows"] if one["id"] == row]
    return {e["name"]: e["sha256"] for one in rows for e in one["answer"].get("evidence", ())}


def refuse_changed(content: Mapping[str, Any], row: str, name: str, found: str) -> None:
    """`DigestMismatch` unless the evidence of that name is what the underlag was sent with."""
    frozen = evidence_of(content, row).get(name)
    if frozen != found:
        held = f"SHA-256 {frozen}" if frozen else "not in it"
        raise DigestMismatch(
            f"{row}: {name} is not the evidence that the underlag was sent with "
            f"({held}; given: SHA-256 {found}).",
            remedy="Find the file that was sent, or give the new one another name.",
        )


def _row(row: Row, standing: Standing) -> Json:
    return {
        "id": row.id,
        "question": row.question.sv,
        "gate": row.gate.value,
        "provenance": row.provenance.value,
        "phase": row.phase.value,
        "now": row.now,
        "checks": list[Json](row.checks),
        "answer": _answer(standing.answer(row.id)),
    }


def _answer(answer: Answer) -> Json:
    return write(answer)


def _check(result: Result) -> Json:
    return {
        "check": result.check,
        "outcome": result.outcome.value,
        "reason": result.reason.sv,
        "data": result.data,
    }


def _deviation(one: Deviation) -> Json:
    said: dict[str, Json] = {
        "number": one.number,
        "found_on": one.found_on.isoformat(),
        "cycle": one.cycle,
        "said": write(one.said),
    }
    if one.handled and one.handled_on:
        said["handled"] = write(one.handled)
        said["handled_on"] = one.handled_on.isoformat()
    return said

"""What a registrar asks for, as bytes to be kept until it is sealed, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from archiver.registry.core.entry import Dated, Direction, Marking, Registration, Secret
from archiver.registry.core.triage import Decision, Elsewhere, Handover, Outcome

Asked: TypeAlias = Registration | Decision


def to_bytes(asked: Asked, secluded: Sequence[int] = ()) -> bytes:
    """UTF-8 JSON of everything that is asked, and which records were secluded for it."""
    fields = asdict(asked) | {"draft": asked.draft.hex(), "is": type(asked).__name__}
    return json.dumps(fields | {"secluded": list(secluded)}, ensure_ascii=False).encode()


def secluded(data: bytes) -> list[int]:
    """The records that were secluded for what was asked."""
    found: list[int] = json.loads(data)["secluded"]
    return found


def from_bytes(data: bytes) -> Asked:
    """What was asked."""
    fields: dict[str, Any] = json.loads(data)
    kind = fields.pop("is")
    fields.pop("secluded")
    fields |= {"draft": bytes.fromhex(fields["draft"]), "records": tuple(fields["records"])}
    return _decision(fields) if kind == Decision.__name__ else _registration(fields)


def _registration(fields: Mapping[str, Any]) -> Registration:
    marking = fields["marking"]
    given = {
        "direction": Direction(fields["direction"]),
        "dated": Dated(fields["dated"]),
        "marking": Marking(**marking) if marking else None,
        "secret": Secret(**fields["secret"]),
    }
    return Registration(**{**fields, **given})


def _decision(fields: Mapping[str, Any]) -> Decision:
    there, to = fields["elsewhere"], fields["handover"]
    given = {
        "outcome": Outcome(fields["outcome"]),
        "elsewhere": Elsewhere(**there) if there else None,
        "handover": Handover(**to) if to else None,
    }
    return Decision(**{**fields, **given})

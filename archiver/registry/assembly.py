"""Entries and cases put together from what was sealed: pure, given rows and opened frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archiver.core.event import EventType
from archiver.registry.core import entry as rules
from archiver.registry.core.entry import (
    Entry,
    Marked,
    Marking,
    Related,
    Relation,
    Secret,
    Voided,
)
from archiver.registry.queries import CaseRow, ChangeRow, EntryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An ärende: a number, a title, and documents under it. `collective`: samlingsärende, one a
    year for what is kept together. `at` is milliseconds UTC; `closed_on` the day it was closed on
    (YYYY-MM-DD), "" while it is open."""

    seq: int
    at: int
    actor: int
    authority: int
    number: str
    title: str
    class_code: str = ""
    collective: bool = False
    closed_on: str = ""
    voided: Voided | None = None


Frames = Mapping[int, Mapping[str, Any]]


def entry_of(
    row: EntryRow, frames: Frames, at: Mapping[int, int], changes: Sequence[ChangeRow]
) -> Entry:
    """An entry as it stands now, of its row, its changes in order, and their opened frames."""
    sealed = frames[row.seq]
    fields = rules.registration(sealed)
    if row.protected is not None and row.protected in frames:
        hidden = frames[row.protected]
        fields = replace(
            fields, secret=Secret(**{name: hidden.get(name, "") for name in rules.SECRET_FIELDS})
        )
    fields, corrections = rules.corrected(
        fields,
        [
            (one.seq, at[one.seq], frames[one.seq])
            for one in changes
            if one.type == EventType.REGISTER_CORRECTED
        ],
    )
    return Entry(
        seq=row.seq,
        at=at[row.seq],
        actor=sealed["actor"],
        number=sealed["number"],
        part=row.part,
        fields=fields,
        corrections=corrections,
        markings=tuple(_marked(one, frames, at) for one in changes if _is_marking(one)),
        relations=_related(changes, frames, at),
        voided=_voided(changes, frames, at),
    )


def _related(
    changes: Sequence[ChangeRow], frames: Frames, at: Mapping[int, int]
) -> tuple[Related, ...]:
    """Relations in order; what takes one back is in the one that it takes back."""
    found: dict[int, Related] = {}
    for seq in (one.seq for one in changes if one.type == EventType.ENTRIES_RELATED):
        sealed = frames[seq]
        of, who = sealed.get("ends"), sealed["actor"]
        if of in found:
            ended = Voided(seq=seq, at=at[seq], actor=who, reason=sealed["reason"])
            found[of] = replace(found[of], ended=ended)
        elif of is None:
            relation = Relation(sealed["relation"])
            found[seq] = Related(
                seq=seq, at=at[seq], actor=who, other=sealed["other"], relation=relation
            )
    return tuple(found.values())


def _is_marking(change: ChangeRow) -> bool:
    return change.type == EventType.SECRECY_MARKED


def _marked(change: ChangeRow, frames: Frames, at: Mapping[int, int]) -> Marked:
    sealed = frames[change.seq]
    marking = sealed.get("marking")
    return Marked(
        seq=change.seq,
        at=at[change.seq],
        actor=sealed["actor"],
        marking=Marking(**marking) if marking else None,
        reason=sealed["reason"],
    )


def _voided(changes: Sequence[ChangeRow], frames: Frames, at: Mapping[int, int]) -> Voided | None:
    for one in changes:
        if one.type == EventType.REGISTER_VOIDED:
            sealed = frames[one.seq]
            return Voided(
                seq=one.seq, at=at[one.seq], actor=sealed["actor"], reason=sealed["reason"]
            )
    return None


def case_of(
    row: CaseRow,
    sealed: Mapping[str, Any],
    at: Mapping[int, int],
    changes: Sequence[ChangeRow],
    frames: Frames,
    closed: int | None,
) -> Case:
    """A case as it stands now, of its row, its changes in order, and their opened frames; `closed`:
    the day it was closed on, YYYYMMDD."""
    return Case(
        seq=row.seq,
        at=at[row.seq],
        actor=sealed["actor"],
        authority=row.authority,
        number=sealed["number"],
        title=sealed["title"],
        class_code=sealed.get("class_code", ""),
        collective=bool(row.collective),
        closed_on=f"{closed // 10_000:04}-{closed // 100 % 100:02}-{closed % 100:02}"
        if closed
        else "",
        voided=_voided(changes, frames, at),
    )

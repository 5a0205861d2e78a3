"""What the entries of masks say, as payloads and back. Pure.

`masks_suggested` holds several masks of one version, `mask_made` one that a person made,
`masks_decided` a decision over any number of them. A mask's number is its entry's, times 256, and
its place in it. Where a mask lies is one line of codes and numbers (`gdpr.core.place`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from archiver.core.canonical import Json, encode
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import Mask, MaskState, Target
from gdpr.core.place import code

IN_ONE = 256  # masks that an entry may hold
_ROOM = 3_000  # bytes of masks in an entry of 4 KiB
EARLIER = "earlier/1"  # the source of what was carried over from an earlier version
SAME = "same/1"  # … of what has the same value as something that a person masked
AUTHOR = "author/1"  # … of what names the author of a received record
PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A place that something points at. `carried`: the mask of an earlier version it repeats, with
    whose grounds it is put forward."""

    target: Target
    category: str
    source: str
    citations: tuple[Citation, ...] = ()
    carried: int | None = None

    @property
    def item(self) -> dict[str, Json]:
        """As it stands in an entry."""
        found: dict[str, Json] = {
            "target": code(self.target),
            "category": self.category,
            "source": self.source,
        }
        if self.citations:
            found["citations"] = cited(self.citations)
        return found if self.carried is None else {**found, "carried": self.carried}


def cited(citations: Iterable[Citation]) -> list[Json]:
    """Citations as they stand in an entry."""
    found: list[Json] = []
    for one in citations:
        said: dict[str, Json] = {"clause": str(one.clause)}
        if one.activity:
            said["activity"] = one.activity
        if one.through:
            said["through"] = str(one.through)
        found.append(said)
    return found


def citations_of(said: Mapping[str, Any]) -> tuple[Citation, ...]:
    """The citations in an entry, or in one mask of it."""
    return tuple(
        Citation(
            clause=Clause.parse(one["clause"]),
            activity=one.get("activity", ""),
            through=Clause.parse(one["through"]) if "through" in one else None,
        )
        for one in said.get("citations", ())
    )


def in_entries(suggestions: Iterable[Suggestion]) -> Iterator[list[Json]]:
    """The suggestions, as many in each list as an entry holds."""
    held: list[Json] = []
    room = _ROOM
    for one in suggestions:
        item = one.item
        size = len(encode(item)) + 1
        if held and (size > room or len(held) == IN_ONE):
            yield held
            held, room = [], _ROOM
        held.append(item)
        room -= size
    if held:
        yield held


def made(mask: Mask, *, authority: int, actor: int, until: date | None) -> dict[str, Json]:
    """The payload of a mask that a person made."""
    said: dict[str, Json] = {
        "authority": authority,
        "record": mask.record,
        "version": mask.version,
        "target": code(mask.target),
        "category": mask.category,
        "actor": actor,
    }
    return said | _why(mask.citations, mask.note, until)


def decided(
    numbers: Sequence[int],
    state: MaskState,
    *,
    authority: int,
    actor: int,
    citations: Sequence[Citation] = (),
    note: str = "",
    until: date | None = None,
    matter: int | None = None,
) -> dict[str, Json]:
    """The payload of a decision over masks."""
    said: dict[str, Json] = {
        "authority": authority,
        "masks": list(numbers),
        "state": state.value,
        "actor": actor,
    }
    if matter is not None:
        said["matter"] = matter
    return said | _why(citations, note, until)


def _why(citations: Sequence[Citation], note: str, until: date | None) -> dict[str, Json]:
    said: dict[str, Json] = {}
    if citations:
        said["citations"] = cited(citations)
    if note:
        said["note"] = note
    if until is not None:
        said["until"] = until.isoformat()
    return said

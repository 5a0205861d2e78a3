"""What a request's releases amount to together: what was given whole, what was refused, what is
left. Pure.

A part that is given out whole makes no whole answer: what is masked or withheld in any release is
refused in part, and whoever asked is told of the right to a written decision (OSL 2009:400 6:3).
Of each version the newest release that says something counts. An answer that is no refusal is
given only where nothing was refused, and "given out" only where everything the request concerns
was: in a release, or read on the spot since the request was made precise (TF 2:15).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from archiver.errors import RuleViolation
from exports.core.access_request import REFUSALS, Answer, Standing, State, Step, Taken
from exports.core.release import ItemDecision

_HIDES = (ItemDecision.MASKED, ItemDecision.WITHHELD)
_NAMED = 20  # records that a message names


class Decided(NamedTuple):
    """What a release says of a version of a record."""

    record: int
    version: int
    decision: ItemDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Records by their numbers. `given`: whole; `refused`: masked or withheld, a version of them
    at least; `left`: nothing is decided on them in any release; `leaves`: whether anything at all
    is given out."""

    given: tuple[int, ...]
    refused: tuple[int, ...]
    left: tuple[int, ...]
    leaves: bool

    @property
    def answer(self) -> Answer | None:
        """What the answer is; None while something is left, or nothing was decided at all."""
        if self.left or not (self.given or self.refused):
            return None
        if self.refused:
            return Answer.MASKED if self.leaves else Answer.REFUSED
        return Answer.RELEASED


def extent(
    concerned: Collection[int], decided: Iterable[Decided], steps: Iterable[Taken]
) -> Extent:
    """How far a request is given out. `concerned`: the records it was made precise with;
    `decided`: what its releases say, in the order they were made; `steps`: taken so far."""
    newest = {one.version: one for one in decided}.values()
    refused = {one.record for one in newest if one.decision in _HIDES}
    given = {one.record for one in newest if one.decision is ItemDecision.GIVEN} - refused
    left = set(concerned) - {one.record for one in newest}
    if left and _was_read(steps):
        given, left = given | left, set()
    return Extent(
        given=tuple(sorted(given)),
        refused=tuple(sorted(refused)),
        left=tuple(sorted(left)),
        leaves=bool(given) or any(one.decision is ItemDecision.MASKED for one in newest),
    )


def _was_read(steps: Iterable[Taken]) -> bool:
    """Whether the records were read on the spot since the request was made precise."""
    read = False
    for taken in steps:
        read = taken.step is Step.READ_ON_SITE or (read and taken.step is not Step.MAKE_PRECISE)
    return read


def faults(found: Extent, standing: Standing, taken: Taken) -> Iterator[str]:
    """Why a request cannot be answered, or closed with the answer it has, as its releases stand;
    nothing if it can."""
    closes = taken.step is Step.CLOSE and standing.state is State.ANSWERED
    if taken.step is not Step.ANSWER and not closes:
        return
    answer = taken.answer if taken.step is Step.ANSWER else standing.answer
    if answer is None or answer in REFUSALS:
        return
    if found.refused:
        yield (
            f"{named(found.refused)}: masked or withheld. That is a refusal in part, also where "
            "the rest is given out (OSL 6:3)."
        )
    if answer is Answer.RELEASED:
        yield from left_over(found)


def answered(found: Extent) -> Answer:
    """What the answer is, once it is about all that was asked for; `RuleViolation` says what is
    left."""
    if found.answer is None:
        raise RuleViolation(
            f"It is no whole answer. {' '.join(left_over(found))}",
            remedy="Release it as a part, or decide on the rest too.",
        )
    return found.answer


def left_over(found: Extent) -> Iterator[str]:
    """What keeps an answer from being about all that was asked for."""
    if found.left:
        yield f"{named(found.left)}: in no release, so nothing is decided on it."
    elif not (found.given or found.refused):
        yield "Nothing was given out."


def named(records: Collection[int]) -> str:
    """Records by their numbers, as "R4, R7"; of many the first."""
    said = ", ".join(f"R{one}" for one in list(records)[:_NAMED])
    return said if len(records) <= _NAMED else f"{said} … ({len(records)})"

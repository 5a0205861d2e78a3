"""Whether masks may be as somebody wants them: their grounds, their places, their next step.

A refusal names place and rule and never what stands there. What was wrong before, and is no worse
now, stops nobody: a file that can no longer be measured must not keep a name from being masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from archiver.errors import ConfigError, RuleViolation
from gdpr.core.ground import Citation, Picklist
from gdpr.core.mask import MAX_NOTE, Mask, MaskState, Measure, faults, may_become, place
from gdpr.masks.reading import Kept

MOST = 5_000  # masks in one decision
_MOST_CITATIONS = 10
_SHOWN = 5  # faults that a refusal names


def check_numbers(numbers: Sequence[int]) -> None:
    """`ConfigError` unless a decision is of some masks, and not of too many at once."""
    if not 0 < len(numbers) <= MOST:
        raise ConfigError(f"A decision is of one mask at least, and of {MOST} at most.")


def check_note(note: str) -> None:
    """`ConfigError` for a note that is too long."""
    if len(note) > MAX_NOTE:
        raise ConfigError(
            f"The note is longer than {MAX_NOTE} characters.", remedy="Say it in fewer words."
        )


def check_until(until: date | None, today: date) -> None:
    """`ConfigError` for a last day that has passed."""
    if until is not None and until < today:
        raise ConfigError(
            "The last day that the mask is valid has passed already.",
            remedy="Choose today or a day to come, or none.",
        )


def check_grounds(
    where: str, citations: Sequence[Citation], grounds: Picklist, activities: frozenset[str]
) -> None:
    """`RuleViolation` unless a mask rests on sections of law that the authority may cite."""
    if not citations:
        raise RuleViolation(
            f"{where}: a mask rests on a section of law, and this one names none.",
            remedy='Name it in full, as "21:7" or "39:3 1 st".',
        )
    found = [f"{where}: {one}" for said in citations for one in grounds.faults(said, activities)]
    if len(citations) > _MOST_CITATIONS:
        found.append(f"{where}: at most {_MOST_CITATIONS} sections are cited of one mask")
    _refuse(found)


def check_step(chosen: Iterable[Kept], state: MaskState) -> None:
    """`RuleViolation` for masks that cannot go on to that state from where they are."""
    _refuse(
        [
            f"{place(one.mask.target)}: is {one.mask.state.value}, and cannot become {state.value}"
            for one in chosen
            if not may_become(one.mask, state)
        ]
    )


def check_fit(before: Iterable[Mask], after: Iterable[Mask], measure: Measure) -> None:
    """`RuleViolation` if masks in force of one version do not fit into it, or beside each other,
    and did not stand so before."""
    known = set(_wrong(before, measure))
    _refuse([one for one in _wrong(after, measure) if one not in known])


def _wrong(masks: Iterable[Mask], measure: Measure) -> Iterator[str]:
    return faults([one for one in masks if one.hides], measure)


def _refuse(found: Sequence[str]) -> None:
    if found:
        more = f" (and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
        raise RuleViolation(
            f"Not masked: {'; '.join(found[:_SHOWN])}{more}.",
            remedy="Nothing was changed. Correct what is named, and try again.",
        )

"""The auditor's report: what is asked, what the system sees, what the auditor says, the sample.

The rules:

- What the system sees are figures, never a verdict. A figure that cannot be given says why
  (*underlag saknas*); it is never guessed, and nothing that is missing counts as 0.
- The verdict is the auditor's, of a question over a period: recorded as it is said, with the digest
  of the figures that were seen, so that one can tell whether they are others today.
- A sample is drawn by its seed alone. Each number of the frame is set in order by SHA-256 of
  `seed:number` (UTF-8), and the first are taken: whoever has the frame draws the same with
  `sha256sum`. The frame's own digest says whether it is the same frame.

Pure. Days are Swedish.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from archiver.core.canonical import Json, encode
from archiver.core.event import EventType
from archiver.core.reason import Wording
from archiver.governance.core.book import Book, Note


class Verdict(StrEnum):
    """What an auditor finds of a question."""

    MET = "uppfyllt"
    PARTLY = "delvis"
    NOT_MET = "ej"


VERDICTS: Mapping[Verdict, Wording] = {
    Verdict.MET: Wording("uppfyllt", "met"),
    Verdict.PARTLY: Wording("delvis uppfyllt", "partly met"),
    Verdict.NOT_MET: Wording("ej uppfyllt", "not met"),
}


class Period(NamedTuple):
    """From a day to a day, both within it."""

    since: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the system sees of a question: each figure is in `figures`, or in `missing` with why it
    cannot be given. Figures are counts, days or hours, as their question's data says."""

    figures: Mapping[str, int] = field(default_factory=dict, hash=False)
    missing: Mapping[str, Wording] = field(default_factory=dict, hash=False)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the figures as canonical JSON: what an assessment rests on."""
        figures: dict[str, Json] = dict(self.figures)
        return hashlib.sha256(encode({"figures": figures})).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An auditor's verdict on a question over a period, in words. `seen`: the digest of the figures
    the auditor was shown."""

    question: str
    since: date
    until: date
    verdict: Verdict
    text: str
    seen: str

    @property
    def period(self) -> Period:
        """Which period it is of."""
        return Period(self.since, self.until)


# What is noted as `audit_assessment`, by the name it is sealed under.
BOOK: Book[Assessed] = Book(event=EventType.AUDIT_ASSESSMENT, names={"assess": Assessed})


def standing(
    notes: Iterable[Note[Assessed]], period: Period
) -> tuple[dict[str, Note[Assessed]], dict[str, Note[Assessed]]]:
    """By question: the newest assessment of this very period, and the newest one of the latest
    period that ended before this one began (last year's finding). `notes` in their order."""
    now: dict[str, Note[Assessed]] = {}
    before: dict[str, Note[Assessed]] = {}
    for note in notes:
        said = note.said
        if said.period == period:
            now[said.question] = note
        elif said.until < period.since:
            held = before.get(said.question)
            if held is None or held.said.until <= said.until:
                before[said.question] = note
    return now, before


def drawn(seed: str, frame: Iterable[int], size: int) -> list[int]:
    """`size` numbers of a frame, all of them if it holds fewer, in the order they are drawn."""
    return sorted(set(frame), key=lambda one: (_place(seed, one), one))[: max(size, 0)]


def frame_digest(frame: Iterable[int]) -> str:
    """SHA-256 (hex) of a frame: its numbers in rising order, one a line, each with a line feed."""
    lines = "".join(f"{one}\n" for one in sorted(set(frame)))
    return hashlib.sha256(lines.encode()).hexdigest()


def _place(seed: str, number: int) -> str:
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


class Category(NamedTuple):
    """A category of deviations: how many here, by its code and words, and the survey's `named` of
    all `n` that named a problem (None: the survey did not ask)."""

    code: str
    words: Wording
    found: int
    named: int | None
    n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample and what it takes to draw it again: the seed, what the frame is, how many it holds,
    its digest, and the numbers drawn, in order."""

    frame: str
    period: Period
    seed: str
    population: int
    digest: str
    numbers: Sequence[int]


def sampled(frame: str, period: Period, seed: str, numbers: Iterable[int], size: int) -> Sample:
    """Draw a sample of a frame, and keep what another needs to repeat it."""
    held = sorted(set(numbers))
    return Sample(
        frame=frame,
        period=period,
        seed=seed,
        population=len(held),
        digest=frame_digest(held),
        numbers=tuple(drawn(seed, held, size)),
    )

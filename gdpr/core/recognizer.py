"""The port of recognisers: what finds one kind of personal data in a text. Pure.

A recogniser is one file in `gdpr/recognizers/` with an attribute `recognizer`, or a distribution
that names such an object under the entry-point group `diarkiv.recognizers`; `gdpr/detector.py`
finds both. It carries its own examples, and a contract suite reads them: in a row what must be
found stands between ⟦ and ⟧; a row without such marks must give nothing.

What every one must keep: the same text gives the same spans, whichever thread asks; no text makes
it raise; spans lie within the text; it looks at nothing but the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from gdpr.core.normalise import Copy, normalised
from gdpr.core.span import Span


class Mode(StrEnum):
    """SUGGEST: what is shown to a person who decides, precision first. LEAK_CHECK: what must not
    have remained in something that leaves the authority, recall first."""

    SUGGEST = "suggest"
    LEAK_CHECK = "leak-check"


class Reading:
    """A text as recognisers read it. `year`: the current one; nobody is born after it."""

    __slots__ = ("__dict__", "mode", "text", "year")

    def __init__(self, text: str, mode: Mode, year: int) -> None:
        self.text = text
        self.mode = mode
        self.year = year

    @cached_property
    def copy(self) -> Copy:
        """The plain copy, for patterns."""
        return normalised(self.text)

    @property
    def plain(self) -> str:
        """The plain copy's characters."""
        return self.copy.plain

    @cached_property
    def folded(self) -> str:
        """The plain copy in small letters, with the same offsets."""
        low = self.plain.lower()
        return low if len(low) == len(self.plain) else "".join(map(_lower, self.plain))

    @cached_property
    def has_digit(self) -> bool:
        """Whether there is any digit: most patterns need one."""
        return any(map(str.isdigit, self.plain))

    @cached_property
    def caseless(self) -> bool:
        """Whether the case of letters tells nothing: all small, or all capital."""
        return self.plain == self.folded or self.plain == self.plain.upper()


def _lower(one: str) -> str:
    low = one.lower()
    return low if len(low) == 1 else one


@dataclass(frozen=True, slots=True)
class Found:
    """A finding in the plain copy; `span` puts it in the captured text."""

    start: int
    end: int
    label: str
    score: float
    reason: str

    def span(self, reading: Reading, source: str) -> Span:
        """As a span of what was captured."""
        start, end = reading.copy.back(self.start, self.end)
        return Span(
            start=start, end=end, label=self.label, score=self.score, source=source,
            reason=self.reason,
        )  # fmt: skip


class Recognizer(Protocol):
    """Finds one kind. `name` and `version`: who found it, and which rules; `version` is raised
    with every change of what is found. `examples`: rows as the module's docstring says."""

    name: str
    version: int
    examples: Sequence[str]

    def find(self, reading: Reading) -> Iterable[Span]: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A recogniser that is a function over the plain copy."""

    name: str
    version: int
    examples: Sequence[str]
    seek: Callable[[Reading], Iterable[Found]]

    def find(self, reading: Reading) -> Iterable[Span]:
        """The findings as spans of the captured text, none of them of white space only."""
        source = f"{self.name}/{self.version}"
        return [one.span(reading, source) for one in self.seek(reading) if one.start < one.end]

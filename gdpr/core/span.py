"""What a recogniser says: from here to there in a text stands something of this kind. Pure.

Offsets are code points of the text as it was captured (redaction: spans never depend on a
normalised copy). A score orders findings of one recogniser; it is no probability. Every span names
who found it, with the version, so that a suggestion can be traced after the recognisers change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """Kinds of personal data that the recognisers here know; a plug-in may bring its own."""

    PERSON = "PERSON"
    PERSONAL_NUMBER = "PERSONNUMMER"
    COORDINATION_NUMBER = "SAMORDNINGSNUMMER"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    ADDRESS = "ADDRESS"
    PROPERTY = "PROPERTY"
    PLATE = "PLATE"
    BANKGIRO = "BANKGIRO"
    PLUSGIRO = "PLUSGIRO"
    ACCOUNT = "BANK_ACCOUNT"
    IBAN = "IBAN"
    HANDLE = "HANDLE"
    URL = "URL_ID"
    IP = "IP"


FLAGS = ("ART9_", "ART10_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`text[start:end]` is a `label`. `score`: 0 < score ≤ 1. `source`: the recogniser and its
    version, as "phone/1". `reason`: why, in words for the person who decides; it never repeats
    what it found."""

    start: int
    end: int
    label: str
    score: float
    source: str
    reason: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError("a span has a beginning before its end")
        if not 0 < self.score <= 1:
            raise ValueError("a score is above 0 and at most 1")

    @property
    def flags_only(self) -> bool:
        """Whether it points at something to look at (GDPR art. 9 and 10) and never masks alone."""
        return self.label.startswith(FLAGS)

    def holds(self, other: Span) -> bool:
        """Whether the other lies within this one."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Whether the two have a character in common."""
        return self.start < other.end and other.start < self.end

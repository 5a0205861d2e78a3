"""Grounds of secrecy: which paragraph a mask rests on, and whether it may be cited at all. Pure.

Inside an official document only secrecy hides anything (TF 2:1, 2:15), and what is hidden is told
by its paragraph, never by its chapter. Most of the secrecy that protects persons holds *within an
activity* (23, 25, 26, 39 kap. OSL 2009:400): the same sentence that is secret at the social
services is not so on the municipal board's page, unless the secrecy came along with it (11 kap.).
So a ground is cited as primary only by an authority that carries on an activity it holds in, and as
secondary only with the provision that carried it over. GDPR is never a ground (dataskyddslagen
2018:218 1:7).

The picklist is data (`gdpr/grounds.toml`), and each row says how well it is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from archiver.core.reason import Wording
from archiver.errors import ConfigError

ACT = "offentlighets- och sekretesslagen (2009:400)"
_FIRST, _LAST = 15, 40  # the chapters of OSL that say what is secret (avdelning IV and V)
_TRANSFER = 11  # its chapter on secrecy that is carried over
_ORDINALS = (
    "första",
    "andra",
    "tredje",
    "fjärde",
    "femte",
    "sjätte",
    "sjunde",
    "åttonde",
    "nionde",
)
_CLAUSE = re.compile(
    r"(?:OSL\s*)?(?P<chapter>[1-9]\d?)\s*(?::|kap\.?\s)\s*(?P<section>[1-9]\d?)\s*(?P<letter>[a-z])?"
    r"(?:\s*§)?(?:\s*(?P<paragraph>[1-9])\s*st(?:\.|ycket)?)?",
    re.IGNORECASE,
)
_HOW = 'Write it as "21:7", "21:3 a" or "39:3 1 st": chapter, section and, if needed, paragraph.'


@dataclass(frozen=True, slots=True, order=True)
class Clause:
    """A section of OSL, and one paragraph (stycke) of it where that is meant; 0: all of it."""

    chapter: int
    section: int
    letter: str = ""
    paragraph: int = 0

    @classmethod
    def parse(cls, text: str) -> Clause:
        """Read `21:7`, `OSL 21:3 a`, `39 kap. 3 § 1 st`. `ConfigError` for anything less: a whole
        chapter, or a range, tells nobody what was applied."""
        found = _CLAUSE.fullmatch(" ".join(text.split()))
        if found is None:
            raise ConfigError("A ground names one section in full.", remedy=_HOW)
        paragraph = int(found["paragraph"] or 0)
        letter = (found["letter"] or "").lower()
        return cls(int(found["chapter"]), int(found["section"]), letter, paragraph)

    def __str__(self) -> str:
        """The short form, which `parse` reads: `21:3 a 1 st`."""
        letter = f" {self.letter}" if self.letter else ""
        paragraph = f" {self.paragraph} st" if self.paragraph else ""
        return f"{self.chapter}:{self.section}{letter}{paragraph}"

    def in_words(self) -> str:
        """As a decision writes it: "21 kap. 3 a § första stycket offentlighets- och …"."""
        letter = f" {self.letter}" if self.letter else ""
        paragraph = f" {_ORDINALS[self.paragraph - 1]} stycket" if self.paragraph else ""
        return f"{self.chapter} kap. {self.section}{letter} §{paragraph} {ACT}"

    @property
    def is_of_secrecy(self) -> bool:
        """Whether its chapter says what is secret (OSL, parts IV and V)."""
        return _FIRST <= self.chapter <= _LAST

    @property
    def whole(self) -> Clause:
        """The section that the paragraph is of."""
        return Clause(self.chapter, self.section, self.letter)


class HarmTest(StrEnum):
    """What must be shown before something is secret (skaderekvisit)."""

    STRAIGHT = "straight"  # rakt: public unless harm can be assumed
    REVERSED = "reversed"  # omvänt: secret unless it is clear that there is no harm
    SPECIAL_REASON = "special_reason"  # public unless, for a special reason, harm can be assumed
    MUST_BE_ASSUMED = "must_be_assumed"  # public unless considerable harm must be assumed
    ABSOLUTE = "absolute"
    VARIES = "varies"  # by paragraph: read the section


class Certainty(StrEnum):
    """How well a row of the picklist is known; shown wherever the row is."""

    VERIFIED = "verified"  # the statute itself was read
    PREDECESSOR = "predecessor"  # read in sekretesslagen 1980:100, whose rule OSL carried over
    UNVERIFIED = "unverified"  # common knowledge; a jurist confirms before it is used


@dataclass(frozen=True, slots=True, kw_only=True)
class SecrecyGround:
    """A row of the picklist.

    `activities`: the kinds of activity it holds in, none for every authority. `years`: how long
    the secrecy lasts at most, None where the row does not know. `asks`: whether its test is of the
    recipient, so that one may ask who wants it and why (the only exception from TF 2:18). `own`:
    whether it is of the authority's own list, not of the one that ships.
    """

    clause: Clause
    topic: Wording
    harm: HarmTest
    certainty: Certainty
    activities: frozenset[str] = frozenset()
    years: int | None = None
    asks: bool = False
    example: str = ""
    own: bool = False

    def is_within(self, activities: frozenset[str]) -> bool:
        """Whether an authority with those activities may cite it as its own."""
        return not self.activities or bool(self.activities & activities)

    def ends(self, of: date) -> date | None:
        """The last day that the secrecy of a document of that day may last to; None if unknown."""
        return None if self.years is None else of + relativedelta(years=self.years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """How a mask rests on a ground. `activity`: in which of the authority's activities, where the
    ground holds within one; `through`: the provision that carried secondary secrecy over."""

    clause: Clause
    activity: str = ""
    through: Clause | None = None

    @property
    def is_primary(self) -> bool:
        """Whether the secrecy is the authority's own."""
        return self.through is None


class Picklist:
    """The grounds that can be cited, by clause."""

    def __init__(self, grounds: Iterable[SecrecyGround]) -> None:
        self._by_clause: Mapping[Clause, SecrecyGround] = {one.clause: one for one in grounds}

    def __iter__(self) -> Iterator[SecrecyGround]:
        return iter(self._by_clause.values())

    def find(self, clause: Clause) -> SecrecyGround | None:
        """The row of a clause; a paragraph without a row of its own is of its section's."""
        return self._by_clause.get(clause) or self._by_clause.get(clause.whole)

    def within(self, activities: frozenset[str]) -> list[SecrecyGround]:
        """What an authority with those activities may cite as its own, in order of clause."""
        own = [one for one in self if one.is_within(activities)]
        return sorted(own, key=lambda one: one.clause)

    def faults(self, citation: Citation, activities: frozenset[str]) -> Iterator[str]:
        """Why an authority with those activities cannot cite so; nothing if it can."""
        clause = citation.clause
        if not clause.is_of_secrecy:
            yield f"{clause}: the chapters that say what is secret are {_FIRST} to {_LAST} of OSL"
            return
        ground = self.find(clause)
        if ground is None:
            yield f"{clause}: not in the list of grounds; `diarkiv gdpr mask grounds` shows it"
            return
        if citation.through is not None:
            if citation.through.chapter != _TRANSFER:
                yield f"{clause}: secrecy is carried over by a section of {_TRANSFER} kap."
        elif not ground.is_within(activities):
            where = ", ".join(sorted(ground.activities))
            yield f"{clause}: holds within {where}, which the authority does not carry on"
        elif ground.activities and citation.activity not in ground.activities & activities:
            yield f"{clause}: say in which activity, as it holds within that only"

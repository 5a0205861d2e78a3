"""Personal identity numbers and coordination numbers in text: date and check digit.

Form: YYMMDD-NNNN or YYYYMMDD-NNNN, the sign `-` or (from a hundred years) `+`, or a space, or none
(folkbokföringslagen 1991:481 18 §). In a coordination number 60 is added to the day. The last
digit is Luhn's over the ten last. An organisation number is told apart by its month of 20 or more.

Invariants: what is found has a day that exists in some century it may mean; its check digit is
right, or something else says what it is; digits that go on to either side are another number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from archiver.registry.core.detector import Finding

PERSONAL = "personal_number"
COORDINATION = "coordination_number"

# Cheap to refuse: most texts hold no six digits in a row. The date may be written with hyphens.
_SHAPE = re.compile(
    r"(?<![\d+])(?<!\d[.,:/-])"
    r"(?P<century>1[89]|2[01])?(?P<year>\d\d)(?P<in1>[- ]?)(?P<month>[01]\d)(?P=in1)(?P<day>\d\d)"
    r"(?P<sign>\ ?[-‐‑‒–—−+]\ ?|\ {0,2})(?P<tail>\d{4})(?![\d])(?![.,:/-]\d)"
)

_SAID = re.compile(r"perso?nn?(?:um|r)|samordningsn", re.IGNORECASE)
_NEAR = 40  # characters around a number in which it may be called by its name


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


class PersonalNumbers:
    """A detector of both kinds of number. A wrong check digit, a slip of the pen, is let pass where
    the text calls the number by its name; with `strict=False` wherever a sign stands between date
    and number."""

    def __init__(self, *, strict: bool = True) -> None:
        self._strict = strict

    def find(self, text: str) -> Iterator[Finding]:
        """Each number in the text, by its kind."""
        if not any(letter.isdecimal() for letter in text):
            return
        for match in _SHAPE.finditer(text):
            day = int(match["day"])
            coordination = day > 60
            if not _exists(
                match["century"], match["year"], match["month"], day - 60 * coordination
            ):
                continue
            if _looks_like_a_telephone(match, coordination):
                continue
            core = match["year"] + match["month"] + match["day"] + match["tail"]
            signed = match["sign"].strip() != ""
            around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
            if luhn(core) or (signed and (not self._strict or _SAID.search(around))):
                kind = COORDINATION if coordination else PERSONAL
                yield Finding(kind, match.start(), match.end())


def _exists(century: str | None, year: str, month: str, day: int) -> bool:
    for full in (century,) if century else ("19", "20"):
        try:
            date(int(full + year), int(month), day)
        except ValueError:
            continue
        return True
    return False


def _looks_like_a_telephone(match: re.Match[str], coordination: bool) -> bool:
    """Ten digits in a row from 070, 072, 073, 076 or 079, where only the day of a coordination
    number would fit: a mobile number in nine cases of ten that pass the check digit."""
    bare = not match["sign"] and not match["in1"] and not match["century"]
    return bare and coordination and re.match(r"07[02369]", match[0]) is not None

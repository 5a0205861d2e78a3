"""Number masks: how an authority writes its registration numbers (diarienummer).

OSL 2009:400 5:2 demands "diarienummer eller annan beteckning" and no form of it; every authority
has its own. A mask is text with tokens:

    {ORG}             the series' code, as it is written ("KS", "RA-KS")
    {ÅÅÅÅ} {ÅÅ}       the year
    {LÖP} {LÖP:05}    the running number, filled with zeros to at least that many digits
    {KLASS}           the class' code in the classification scheme ("1.7.9")
    {HANDL} {HANDL:03}  the document's number in its case, last in the mask

A mask without {HANDL} writes a case and a document by itself as it stands, and a document in a case
with a hyphen and its number after it (KS 2026/14-2): no two things ever share a number.

What was rendered can be read again in one way only: a mask that would be ambiguous is refused. The
running number begins anew each year, so the year must stand in the mask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from archiver.errors import ConfigError

LONGEST = 60  # characters of a mask
MOST_DIGITS = 9
_TOKEN = re.compile(r"\{([^{}]*)\}")
_LITERAL = re.compile(r"[A-Za-zÅÄÖåäö0-9 /.:_-]*")
_CODE = re.compile(r"[A-Za-zÅÄÖåäö0-9][A-Za-zÅÄÖåäö0-9-]{0,15}")
_CLASS = r"[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*"
_PART_BEHIND = "-"  # parts a document's number from its case's, where the mask has no {HANDL}
_FIRST = {"ORG": "A1", "KLASS": "A1"}  # what a token may begin with; the others are digits
_REMEDY = "Write it of {ORG}, {ÅÅÅÅ} or {ÅÅ}, {LÖP}, {KLASS} and {HANDL}, as in {ORG} {ÅÅÅÅ}/{LÖP}."


class Flaw(StrEnum):
    """What is wrong with a mask; the interface has its own words for each."""

    LENGTH = f"it must have 1 to {LONGEST} characters and no blank at its ends"
    TWICE = "a token stands twice"
    RUNNING = "the running number {LÖP} is missing"
    YEAR = "the year is missing, and the running number begins anew each year"
    PART = "{HANDL} must stand last"
    TOKEN = "there is a token that is not known"  # noqa: S105 no secret
    COLON = "the digits after the colon are missing"
    DIGITS = "the number of digits is written as {LÖP:05}, from 01 to 09"
    LETTERS = "between the tokens stand only letters, digits, blanks and / . : _ -"
    BLANKS = "two blanks stand together"
    AFTER_NUMBER = "after a running number must stand something that is no digit"
    AFTER_CLASS = "after the class must stand something that is no part of it"


class BadMask(ConfigError):
    """A mask that cannot be used, and why."""

    def __init__(self, why: Flaw) -> None:
        super().__init__(f"The number's mask cannot be used: {why.value}.", remedy=_REMEDY)
        self.why = why


class Number(NamedTuple):
    """What a registration number says: the year, the running number within it, and the document's
    number in its case (None: of the case, or of a document by itself)."""

    year: int
    running: int
    part: int | None = None


class _Part(NamedTuple):
    """A piece of a mask: literal text, or a token with its least number of digits."""

    name: str
    text: str = ""
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask that has been found good; `str()` gives it as it was written."""

    text: str
    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: str) -> Mask:
        """The mask; `ConfigError` says what is wrong with it."""
        if not 0 < len(text) <= LONGEST or text != text.strip():
            raise BadMask(Flaw.LENGTH)
        parts = tuple(_parts(text))
        names = [part.name for part in parts if part.name]
        if len(set(names)) < len(names) or {"ÅÅÅÅ", "ÅÅ"} <= set(names):
            raise BadMask(Flaw.TWICE)
        if "LÖP" not in names:
            raise BadMask(Flaw.RUNNING)
        if not {"ÅÅÅÅ", "ÅÅ"} & set(names):
            raise BadMask(Flaw.YEAR)
        if "HANDL" in names and parts[-1].name != "HANDL":
            raise BadMask(Flaw.PART)
        _refuse_ambiguous(parts)
        return cls(text, parts)

    def __str__(self) -> str:
        return self.text

    @property
    def needs_class(self) -> bool:
        """Whether a number cannot be given before its class is known."""
        return any(part.name == "KLASS" for part in self.parts)

    def render(self, number: Number, *, code: str, class_code: str = "") -> str:
        """The number as the authority writes it. A number without a part leaves {HANDL} and what
        separates it out; where the mask has no {HANDL}, a part stands behind a hyphen."""
        if self.needs_class and not class_code:
            raise ConfigError(
                "The number's mask holds the class, and none is given.",
                remedy="Choose a class for the document first.",
            )
        return "".join(
            _rendered(part, number, code, class_code) for part in self._shown(number.part)
        )

    def read(self, text: str, *, code: str, this_year: int) -> Number | None:
        """The number that was rendered as this text (case and doubled blanks do not matter); None
        if it is not of this mask. `this_year` tells which century {ÅÅ} means: no later than next
        year."""
        text = " ".join(text.split())
        for with_part in (True, False):
            found = re.fullmatch(self._pattern(code, with_part), text, re.IGNORECASE)
            if found:
                groups = found.groupdict()
                year = int(groups["year"])
                if len(groups["year"]) == 2:
                    year += (this_year + 1) // 100 * 100
                    year -= 100 if year > this_year + 1 else 0
                part = groups.get("part")
                return Number(year, int(groups["running"]), int(part) if part else None)
        return None

    def _shown(self, part: int | None) -> tuple[_Part, ...]:
        held = self.parts[-1].name == "HANDL"
        if part is not None:
            return self.parts if held else (*self.parts, _Part("", _PART_BEHIND), _Part("HANDL"))
        if not held:
            return self.parts
        shown = self.parts[:-1]
        return shown[:-1] if shown and not shown[-1].name else shown

    def _pattern(self, code: str, with_part: bool) -> str:
        return "".join(_pattern(part, code) for part in self._shown(0 if with_part else None))


def check_code(code: str) -> str:
    """A series' code as it may be; `ConfigError` otherwise."""
    if not _CODE.fullmatch(code):
        raise ConfigError(
            "A series' code has 1 to 16 letters, digits and hyphens.", remedy="For example KS."
        )
    return code


def _parts(text: str) -> Iterator[_Part]:
    end = 0
    for match in _TOKEN.finditer(text):
        yield from _literal(text[end : match.start()])
        name, _, digits = match[1].partition(":")
        if name not in ("ORG", "ÅÅÅÅ", "ÅÅ", "LÖP", "KLASS", "HANDL"):
            raise BadMask(Flaw.TOKEN)
        if not digits and match[1].endswith(":"):
            raise BadMask(Flaw.COLON)
        if digits and (name not in ("LÖP", "HANDL") or not re.fullmatch(r"0[1-9]", digits)):
            raise BadMask(Flaw.DIGITS)
        yield _Part(name, digits=int(digits) if digits else 1)
        end = match.end()
    yield from _literal(text[end:])


def _literal(text: str) -> Iterator[_Part]:
    if not _LITERAL.fullmatch(text):
        raise BadMask(Flaw.LETTERS)
    if "  " in text:
        raise BadMask(Flaw.BLANKS)
    if text:
        yield _Part("", text)


def _refuse_ambiguous(parts: tuple[_Part, ...]) -> None:
    """Where one token ends and the next begins must be plain: after a running number no digit,
    after a class nothing that a class may hold. A code may begin with anything."""
    for one, after in pairwise(parts):
        first = _FIRST.get(after.name, "1") if after.name else after.text[:1]
        if one.name in ("LÖP", "HANDL") and any(c.isdecimal() for c in first):
            raise BadMask(Flaw.AFTER_NUMBER)
        if one.name == "KLASS" and any(c.isalnum() or c == "." for c in first):
            raise BadMask(Flaw.AFTER_CLASS)


def _rendered(part: _Part, number: Number, code: str, class_code: str) -> str:
    match part.name:
        case "ORG":
            return code
        case "ÅÅÅÅ":
            return f"{number.year:04}"
        case "ÅÅ":
            return f"{number.year % 100:02}"
        case "LÖP":
            return f"{number.running:0{part.digits}}"
        case "HANDL":
            return f"{number.part or 0:0{part.digits}}"
        case "KLASS":
            return class_code
    return part.text


def _pattern(part: _Part, code: str) -> str:
    match part.name:
        case "ORG":
            return re.escape(code)
        case "ÅÅÅÅ":
            return "(?P<year>[0-9]{4})"
        case "ÅÅ":
            return "(?P<year>[0-9]{2})"
        case "LÖP":
            return _digits("running", part.digits)
        case "HANDL":
            return _digits("part", part.digits)
        case "KLASS":
            return _CLASS
    return re.escape(part.text)


def _digits(name: str, least: int) -> str:
    """Filled to `least` digits; a number that is longer has no zero in front."""
    more = f"|[1-9][0-9]{{{least},{MOST_DIGITS}}}"
    return f"(?P<{name}>[0-9]{{{least}}}{more})"

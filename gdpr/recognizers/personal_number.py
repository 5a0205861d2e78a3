"""Personal identity numbers and coordination numbers.

Folkbokföringslag (1991:481) 18 § and 18 a §: date of birth, a serial number of three digits, a
check digit (Luhn over ten digits); a coordination number has 60 added to the day. With or without
century, written with "-", "+" (from the year one turns 100), dots, spaces, grouped, or nothing.
A number with the wrong check digit counts only beside a word that says what it was meant to be.
Interim numbers have a letter first in the last four, and no check digit that counts here.
Organisation numbers have a third digit of at least 2, so their month is no month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from archiver.registry.core.personal_number import luhn
from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_NUMBER = re.compile(
    r"(?<![\d/:])(?<!\d[-.,])(?P<century>1[89]|20)?(?P<year>\d\d)(?P<a>[-./ ]?)(?P<month>\d\d)"
    r"(?P=a)(?P<day>\d\d)(?P<b> ?[-+/.] ?| {0,2})"
    r"(?P<serial>[\dJ-NR-UWX]\d\d)(?P<check>\d)(?!\d)(?![-/:]\d)"
)
_CUES = words(
    """personnummer personnumret personnr pnr pnummer persnr persnummer personnumer
    samordningsnummer samordningsnumret samordningsnr samnr födelsenummer födelsenumret
    födelsenr född personid folkbokförd identitetsnummer personnummret personnummren
    personnumren"""
)
_TIME = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d|20[0-9]\d|19\d\d")
_MOBILE = re.compile(r"07[02369]")
_OLDEST = 1880


def _born(century: str | None, year: str, month: str, day: int, latest: int) -> bool:
    """Whether there was such a day; without a century, in any of the two there could be."""
    for first in (century,) if century else ("19", "20"):
        full = int(first + year)
        if _OLDEST <= full <= latest:
            try:
                date(full, int(month), day)
            except ValueError:
                continue
            return True
    return False


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for one in _NUMBER.finditer(reading.plain):
        day = int(one["day"])
        coordination = day > 60
        if not _born(
            one["century"], one["year"], one["month"], day - 60 * coordination, reading.year
        ):
            continue
        said = cued(reading.folded, one.start(), one.end(), _CUES, before=40, after=40)
        if one["serial"] == "000" and not said:
            continue
        apart = bool(re.search(r"[-+]", one["b"]))
        digits = one["year"] + one["month"] + one["day"] + one["serial"] + one["check"]
        valid = luhn(digits) if digits.isdecimal() else apart
        if not said and (
            not valid
            or (not apart and one["a"] != " " and one["b"] and _TIME.fullmatch(one[0][-4:]))
            or (not one["century"] and len(one[0]) == 10 and _MOBILE.match(one[0]))
        ):
            continue
        yield Found(
            one.start(),
            one.end(),
            Label.COORDINATION_NUMBER if coordination else Label.PERSONAL_NUMBER,
            0.99 if valid and (apart or said) else 0.9 if valid else 0.7,
            "a date and a check digit that fit" if valid else "a word beside it says what it is",
        )


recognizer = Rule(
    name="personal-number",
    version=1,
    examples=(
        "mitt nummer är ⟦850101-9809⟧ sen förut",
        "⟦19850101-9809⟧",
        "⟦198501019809⟧ och ⟦8501019809⟧",
        "⟦850101 9809⟧, ⟦850101–9809⟧, ⟦850101‑9809⟧",
        "⟦19850101 - 9809⟧ stämmer",
        "⟦1985-01-01-9809⟧",
        "⟦85 01 01 9809⟧ skrev hon",
        "⟦850101+9809⟧ fyllde hundra",
        "samordningsnummer ⟦850161-9806⟧",
        "⟦19850161-9806⟧",
        "interimsnummer ⟦850101-T123⟧",
        "Personnr: ⟦850101-9803⟧ (fel siffra)",
        "⟦850101-9803⟧ är personnumret jag uppgav",
        "mitt pesonnummer ⟦850101-9803⟧",
        "⟦８５０１０１－９８０９⟧",
        "850101-9803",
        "850101 M123",
        "Serienummer 8501019803 på skrivaren",
        "bolaget 556016-0680 fakturerade",
        "organisationsnummer 212000-0142",
        "206402229869 är i framtiden",
        "821403-9860 har ingen månad",
        "2026-05-27 1400",
        "OCR 809066824240",
        "KS 2018/00517",
        "ring 0701740605",
    ),
    seek=_seek,
)

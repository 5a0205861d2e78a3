"""Telephone numbers: Swedish ones however they are written, and others with their country's code.

Google's `phonenumbers` decides, region SE, whether a number can exist ("valid"; merely "possible"
ones are dates and register numbers as often). What it is asked about is cut by a pattern of ours:
its own search takes opening hours, dates and serial numbers that happen to be valid. A number
without area code counts only beside a word such as "tel".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_SEP = r"(?: ?[-/.] ?| {1,2})"
_CANDIDATE = re.compile(
    r"(?<!\w)(?<!\d[-.:])"
    r"(?:(?:\+ ?|00 ?)[1-9]\d{0,2}(?: ?\(0\))?|\(\+?\d{2,4}\)|\(0\d{1,3}\)|0\d)"
    rf"(?:{_SEP}?\d){{5,24}}(?!\w|[-:]\d)"
)
_LOCAL = re.compile(
    r"(?<![\d:/,+])(?<!\d[-. ])[1-9]\d{1,2}(?:[- ]?\d{2,3}){1,3}"
    r"(?! ?\d|[\w/:]|[-.,]\d|(?: ?kr| ?%))"
)
_CUES = words(
    """tel telefon telefonnummer telefonnr telnr tfn tlf mobil mobilnummer mobilnr mob mobilen
    telefonen telnummer ring ringa"""
)
_NOT_CUES = words(
    """serienummer serienr ocr ocrnr ocrnummer faktura fakturan fakturanummer fakturanr
    ordernummer ordernr order referensnummer refnr kundnummer kundnr artikelnummer artnr
    ärendenummer dnr diarienummer diarienr orgnr organisationsnummer ean isbn issn streckkod
    mätarnummer kollinummer kollinr löpnummer försändelse försändelsenummer inventarienummer
    projektnummer"""
)
_CAN_BEGIN = re.compile(r"[+0]")
_OTHERWISE = re.compile(  # times, dates, the form of a personal number
    r"\d{1,2}[.:]\d\d ?- ?\d{1,2}[.:]\d\d|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d"
    r"|0\d-\d\d-\d\d(?:[ -]\d\d[.:]?\d\d)?|\d{6} ?[-+] ?\d{4}"
)
_DIGIT_RUN = re.compile(r"\d+")


@lru_cache(maxsize=4096)
def _valid(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, "SE")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed)


def _digits(written: str) -> str:
    """What is dialled: "+" and digits, without the (0) that stands after a country's code."""
    without = re.sub(r"^(\+ ?\d{1,3}|00 ?\d{1,3}) ?\(0\)", r"\1", written)
    return ("+" if "+" in without else "") + re.sub(r"\D", "", without)


def _longest(written: str) -> int:
    """How many characters of a candidate are a valid number: all, or what is left without its last
    groups (a number followed by another)."""
    ends = [one.end() for one in _DIGIT_RUN.finditer(written)]
    if _OTHERWISE.fullmatch(written):
        return 0
    for end in reversed(ends):
        if _valid(_digits(written[:end])):
            return end
    return 0


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    if _CAN_BEGIN.search(reading.plain):
        at = 0
        while one := _CANDIDATE.search(reading.plain, at):
            at = one.end()
            length = _longest(one[0])
            if length and not cued(reading.folded, one.start(), one.start(), _NOT_CUES, before=18):
                at = one.start() + length
                yield Found(one.start(), at, Label.PHONE, 0.95, "a number that can exist")
    for one in _LOCAL.finditer(reading.plain):
        digits = sum(map(str.isdigit, one[0]))
        if 5 <= digits <= 8 and cued(reading.folded, one.start(), one.start(), _CUES, before=14):
            yield Found(one.start(), one.end(), Label.PHONE, 0.6, "a word before it says so")


recognizer = Rule(
    name="phone",
    version=1,
    examples=(
        "ring ⟦070-174 06 05⟧ efter fem",
        "⟦070-1740605⟧, ⟦070 174 06 05⟧, ⟦0701740605⟧",
        "⟦070.174.06.05⟧ eller ⟦070/1740605⟧",
        "(⟦070-174 06 05⟧)",
        "⟦070-1740605⟧,⟦070-1740606⟧ och ⟦070-1740605⟧/⟦070-1740606⟧",
        "⟦(070) 174 06 05⟧ går bra",
        "⟦(08) 465 004 04⟧",
        "⟦+46 (0)70-174 06 05⟧ och ⟦+46701740605⟧",
        "⟦0046701740605⟧",
        "⟦070 - 1740605⟧ på kvällen",
        "⟦08.465.004.04⟧? tack",
        "⟦0980-319207⟧.",
        "⟦+46 8 465 004 04⟧!",
        "⟦+358 40 1234567⟧",
        "tel ⟦46 50 04⟧",
        "mobil:⟦070‑174 06 05⟧",
        "⟦０７０－１７４０６０５⟧",
        "felanmält 2026-05-27 och 20260527",
        "KS 2018/00517, BUN 2026-002529-7, SBN 2010:724",
        "org.nr 212000-0142",
        "OCR 809066824240",
        "38 200 000 kr eller 91 707 413 kr",
        "SFS 2009:400 och prop. 2017/18:105",
        "Serienummer 0811249850 på skrivaren",
        "serienummer 031926-9899",
        "ring 112 eller 1177",
        "EAN 7310865004703",
        "öppet 08.00-16.30",
        "resultat 0-0, 0-1",
    ),
    seek=_seek,
)

"""Bank accounts: a clearing number of four digits (five at one bank) and the account's number.

They have no form of their own that dates and invoice numbers lack, so a word for them must stand
before ("konto", "clearing").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_ACCOUNT = re.compile(
    r"(?<![\d/:-])(?<!\d[ .,])(?!\d{4}-\d\d-\d\d)[1-9]\d{3}(?:-\d)?"
    r"(?:(?:[ ,.-]|, | - |,? ?konto(?:nr|nummer)?:? )?"
    r"\d(?:[ .-]?\d){5,9})(?![\d:/]|-\d)"
)
_ALONE = re.compile(
    r"(?<![\d/:-])(?<!\d[ .,])(?!\d{4}-\d\d-\d\d)[1-9]\d(?:[ .-]?\d){5,9}(?![\d:/]|-\d| ?kr)"
)
_HINT = re.compile(r"konto|clear|bank|nordea|\bseb\b")
_CUES = words(
    """konto kontot kontonr kontonummer kontonumret bankkonto clearing clearingnr
    clearingnummer clearingnumret lönekonto
    swedbank handelsbanken nordea seb sparbanken danske sparkonto privatkonto personkonto
    bankkontonummer"""
)


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit or not _HINT.search(reading.folded):
        return
    for pattern, score in ((_ACCOUNT, 0.9), (_ALONE, 0.6)):
        for one in pattern.finditer(reading.plain):
            if cued(reading.folded, one.start(), one.start(), _CUES, before=26):
                yield Found(one.start(), one.end(), Label.ACCOUNT, score, "a word before it")


recognizer = Rule(
    name="account",
    version=1,
    examples=(
        "sätt in på konto ⟦8327-9 123 456 789-0⟧ tack",
        "kontonummer ⟦5000-0583982⟧",
        "clearing ⟦3300, konto 850101 9809⟧",
        "clearingnr ⟦6000-123 456 789⟧",
        "kontonr: ⟦6000 123456789⟧",
        "konto ⟦123 456 78-9⟧",
        "clearingnummer ⟦8327-9 kontonummer 123456789⟧",
        "Swedbank ⟦8327-9, 123 456 789-0⟧",
        "mitt konto är hackat sedan 2026-05-27",
        "konto 2440 leverantörsskulder",
        "6000-123 456 789",
        "kontot har 1 500 kr",
    ),
    seek=_seek,
)

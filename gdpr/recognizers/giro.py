"""Bankgiro and plusgiro numbers, beside a word that says they are.

The form is Bankgirot's: three or four digits, a dash, four more, the last a check digit; plusgiro
two to eight digits with the check digit after a dash. By themselves such numbers are anything,
and a company's is no personal data: who decides sees it and why. One whose check digit does not
fit counts only where nothing may leak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from archiver.registry.core.personal_number import luhn
from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Mode, Reading, Rule
from gdpr.core.span import Label

_BANKGIRO = re.compile(r"(?<![\d-])\d{3,4} ?- ?\d{4}(?![\d-])|(?<![\d-])\d{7,8}(?![\d-])")
_PLUSGIRO = re.compile(r"(?<![\d-])\d{1,3}(?: ?\d{2,3}){0,3} ?- ?\d(?![\d-])")
_BANKGIRO_CUES = words(
    """bg bankgiro bankgironr bankgironummer bankgirot bankgironumret bgnr bankgirokonto"""
)
_PLUSGIRO_CUES = words(
    """pg plusgiro plusgironr plusgironummer plusgirot plusgirokonto postgiro postgironr pgnr"""
)
_KINDS = (
    (Label.BANKGIRO, _BANKGIRO, _BANKGIRO_CUES),
    (Label.PLUSGIRO, _PLUSGIRO, _PLUSGIRO_CUES),
)


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for label, pattern, cues in _KINDS:
        for one in pattern.finditer(reading.plain):
            valid = luhn(re.sub(r"\D", "", one[0]))
            if not valid and reading.mode is Mode.SUGGEST:
                continue
            if cued(reading.folded, one.start(), one.end(), cues, before=24, after=12):
                reason = (
                    "a word beside it, and the check digit fits" if valid else "a word beside it"
                )
                yield Found(one.start(), one.end(), label, 0.95 if valid else 0.6, reason)


recognizer = Rule(
    name="giro",
    version=1,
    examples=(
        "Betala hyran till bankgiro ⟦5050-1055⟧ annars",
        "bg ⟦5050-1055⟧",
        "BG: ⟦5050-1055⟧",
        "Bankgironr ⟦5050-1055⟧ och bnakgiro ⟦991-2346⟧",
        "⟦5050-1055⟧ (bg)",
        "plusgiro ⟦4 12 51-0⟧",
        "PG ⟦28 65 43-4⟧",
        "5050-1055",
        "bankgiro 5050-1054",
        "år 2020-2021 på bankgirot",
        "postnummer 123 45",
    ),
    seek=_seek,
)

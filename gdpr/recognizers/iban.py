"""International bank account numbers (ISO 13616): country, two check digits, the account.

Another country's counts when its check digits fit (modulo 97). A Swedish one has 24 characters and
is shown with wrong check digits too: nothing else looks like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_SWEDISH = re.compile(r"(?<!\w)SE ?\d\d(?:[ -]?\d){20}(?!\w)", re.IGNORECASE)
_ANY = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")


def _fits(written: str) -> bool:
    plain = re.sub(r"[ -]", "", written).upper()
    if not 15 <= len(plain) <= 34 or not plain.isascii():
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for one in _SWEDISH.finditer(reading.plain):
        sure = _fits(one[0])
        reason = (
            "check digits fit" if sure else "the form of a Swedish IBAN; check digits do not fit"
        )
        yield Found(one.start(), one.end(), Label.IBAN, 0.99 if sure else 0.7, reason)
    for one in _ANY.finditer(reading.plain):
        if not one[0].startswith("SE") and _fits(one[0]):
            yield Found(one.start(), one.end(), Label.IBAN, 0.98, "check digits fit")


recognizer = Rule(
    name="iban",
    version=1,
    examples=(
        "betala till ⟦SE45 5000 0000 0583 9825 7466⟧ tack",
        "⟦SE4550000000058398257466⟧",
        "⟦se45 5000 0000 0583 9825 7466⟧.",
        "⟦SE46 5000 0000 0583 9825 7466⟧ har fel kontrollsiffra",
        "⟦DE89 3704 0044 0532 0130 00⟧ i Tyskland",
        "⟦NO9386011117947⟧",
        "DE88 3704 0044 0532 0130 00",
        "SE-421 69 Sjöholm",
        "OCR 809066824240",
    ),
    seek=_seek,
)

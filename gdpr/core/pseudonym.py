"""Tokens that stand for what is hidden: `[NAMN-7f3a]`. Pure.

The same value gets the same token within a release, so that a reader can follow who answers whom,
and no token can be led back to its value: it is cut from an HMAC under a key that lives only with
the release (RFC 2104), and the number of its digits tells nothing of what it hides. An unkeyed hash
would not do: all personal identity numbers can be tried in a minute.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import sha256

KEY_BYTES = 32
_SHORTEST = 4  # hexadecimal digits
_SEPARATORS = re.compile(r"[\s\-+–—‑.,:/()]+")
# What stands in the token, by category; any other is "UPPGIFT".
_WORDS: Mapping[str, str] = {
    "name": "NAMN",
    "personal_number": "PERSONNUMMER",
    "coordination_number": "PERSONNUMMER",
    "phone": "TELEFON",
    "email": "E-POST",
    "address": "ADRESS",
    "property": "FASTIGHET",
    "plate": "REGNUMMER",
    "bankgiro": "KONTO",
    "plusgiro": "KONTO",
    "account": "KONTO",
    "iban": "KONTO",
    "handle": "KONTONAMN",
    "url": "LÄNK",
    "ip": "IP-ADRESS",
}
_NUMBERS = frozenset({"personal_number", "coordination_number"})


def normal(category: str, value: str) -> str:
    """What counts as the same value: 850101-9802 = 198501019802, Annas = anna.

    A name loses a final s, be it the genitive's or its own: Klas and Kla become one token, which
    misleads less than Anna and Annas as two persons.
    """
    plain = unicodedata.normalize("NFKC", value).casefold().strip()
    if category == "name":
        return " ".join(plain.split()).rstrip("'’").removesuffix("s").rstrip("'’")
    compact = _SEPARATORS.sub("", plain)
    return compact[-10:] if category in _NUMBERS else compact


def tokens(key: bytes, values: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The token of each (category, value), the same for what counts as the same value.

    `key`: 32 random bytes, of one release. The digits are as few as tell all of them apart, four at
    least, and the same number in all tokens.
    """
    if len(key) != KEY_BYTES:
        raise ValueError("A release's key has 32 bytes.")
    wanted = set(values)
    digests = {(word(category), normal(category, value)): "" for category, value in wanted}
    for name, same in digests:
        digests[name, same] = hmac.digest(key, f"{name}\0{same}".encode(), sha256).hex()
    length = _SHORTEST
    while len({found[:length] for found in digests.values()}) < len(digests):
        length += 1
    return {
        (category, value): _token(
            category, digests[word(category), normal(category, value)][:length]
        )
        for category, value in wanted
    }


def word(category: str) -> str:
    """What a token calls what it hides."""
    return _WORDS.get(category, "UPPGIFT")


def _token(category: str, digits: str) -> str:
    return f"[{word(category)}-{digits}]"

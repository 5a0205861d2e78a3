"""IP addresses, versions 4 and 6: an online identifier (GDPR recital 30)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_FOUR = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_SIX = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
_VERSION = words("""version versionen ver v release firmware kapitel avsnitt punkt""")


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for pattern in (_FOUR, _SIX):
        for one in pattern.finditer(reading.plain):
            try:
                address = ipaddress.ip_address(one[0])
            except ValueError:
                continue
            if address.is_unspecified or address.is_loopback:
                continue
            if cued(reading.folded, one.start(), one.start(), _VERSION, before=12):
                continue
            yield Found(one.start(), one.end(), Label.IP, 0.9, "the form of an IP address")


recognizer = Rule(
    name="ip-address",
    version=1,
    examples=(
        "loggat från ⟦192.0.2.44⟧ i går",
        "(⟦198.51.100.7⟧)",
        "⟦2001:db8::8a2e:370:7334⟧ är min",
        "version 10.2.3.1 är ute",
        "300.1.2.3",
        "08.465.004.04 är en telefon",
        "12.10.2026",
        "127.0.0.1 och ::1",
        "kl 12:30:15",
    ),
    seek=_seek,
)

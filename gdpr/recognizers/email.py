"""E-mail addresses, also those written so that machines shall not find them.

"anna snabel-a exempel punkt se", "anna (at) exempel.se": the plain form is told by its "@", the
others by a word for it between a name and a domain that ends in letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label
from gdpr.core.written import WRITTEN

_PLAIN = re.compile(
    r"(?<![\w.+%-])[\w.+%'-]*[\w+%-]@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,24}(?![^\W_]|-\w)"
)
_HIDDEN = re.compile(WRITTEN)
_HINT = re.compile(r"@|\bat\b|\bät\b|snab+el|kanelbulle|[(\[{<] ?a ?[)\]}>]")


def _seek(reading: Reading) -> Iterator[Found]:
    text = reading.folded
    if not _HINT.search(text):
        return
    for one in _PLAIN.finditer(text):
        yield Found(one.start(), one.end(), Label.EMAIL, 0.99, "an address with @")
    for one in _HIDDEN.finditer(text):
        yield Found(one.start(), one.end(), Label.EMAIL, 0.9, "an address written out")


recognizer = Rule(
    name="email",
    version=1,
    examples=(
        "Mejla ⟦anna.ek@example.se⟧ så svarar hon",
        "⟦ANNA.EK@EXAMPLE.ORG⟧, tack",
        "⟦anna_ek+kommun@mejl.example.com⟧.",
        "(⟦aek@example.se⟧)",
        "mailto:⟦a.ek@example.net⟧",
        "⟦anna.ek[at]example.com⟧",
        "⟦anna.ek (at) mejl.example.com⟧ eller",
        "⟦anna punkt ek snabela example punkt org⟧",
        "skriv till ⟦anna.ek snabel-a example.se⟧",
        "⟦anna.ek (snabel-a) example (punkt) se⟧",
        "⟦anna at example punkt se⟧ går bra",
        "⟦anna.ek @ example.se⟧",
        "⟦anna＠example．se⟧",
        "⟦åsa.öberg@example.se⟧",
        "@annaek är på instagram",
        "@anna.ek @bo.alm kom och titta",
        "5 st @ 20 kr",
        "vi ses at home. se till att komma",
        "snabel-a heter tecknet",
        "www.example.se och example.com",
    ),
    seek=_seek,
)

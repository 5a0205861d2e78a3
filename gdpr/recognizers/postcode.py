"""Postcodes with their places, and no street before them: "802 63 Gävle".

A postcode is 100 00 to 984 99. Five digits and a word may be anything, so it takes two signs of
four where a person decides, and one where nothing may leak: a capital after digits in the groups
of a postcode, a name that ends as Swedish places do, a word that leads to a place, a cue. The sign
of the country is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Mode, Reading, Rule
from gdpr.core.span import Label

_BEFORE = "västra|östra|norra|södra|stora|lilla|nya|gamla|upplands|sankt|s:t|vä|ny"
_CODE = re.compile(
    r"(?<![\w@/#.,:+-])(?<!\d )(?<!\d[.,-])(?P<country>SE?(?: ?- ?| ))?"
    r"(?P<code>(?:[1-8]\d|9[0-8])\d(?P<gap> ?)\d{2})(?!\d|-\d)"
    rf" {{1,2}}(?P<town>(?:(?:{_BEFORE}) )?(?P<name>[^\W\d_]{{2,}}(?:-[^\W\d_]+)*))",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\w{2,}(?:köping|berg|berga|borg|torp|arp|sjö|stad|sta|vik|holm|hamn|fors|sund|ås|åsen|ö|löv|"
    r"lunda|inge|red|ryd|rud|hult|bro|näs|vall|rum|bäck|ström|sele|åker|åkra|ånger|tuna|hem|lösa|"
    r"tälje|änge|hed|strand|träsk|bruk|gård|mo|sala|hall|köp|skog|älv|dala|lycke|by|bo)",
    re.IGNORECASE,
)
_LEADS_TO = re.compile(r"(?:\A|[\n,:(]|\b(?:i|till|från|på|är)) *\Z", re.IGNORECASE)
_CUES = words(
    """adress adressen adresser postadress postadressen postnummer postnumret postnr bor bodde
    bosatt bott flyttar flyttat flyttade flytta folkbokförd skriven hemma box"""
)
_UNITS = words(
    """kr kronor kvm kvadratmeter km m meter mil liter st styck ton kg gånger ggr personer invånare
    barn elever procent år dagar timmar tim min minuter tkr mkr mnkr euro"""
)


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    least = 1 if reading.mode is Mode.LEAK_CHECK else 2
    for one in _CODE.finditer(reading.plain):
        if one["country"] or _signs(reading, one) >= least:
            reason = "a postcode and a place"
            yield Found(one.start(), one.end("town"), Label.ADDRESS, 0.8, reason)


def _signs(reading: Reading, one: re.Match[str]) -> int:
    """How much says that it is one; 0 for what cannot be the name of a place."""
    name = one["name"]
    written = name[0].isupper() and not reading.caseless
    cue = cued(reading.folded, one.start(), one.start(), _CUES)
    place = bool(_ENDS.fullmatch(name)) and (written or reading.caseless or cue)
    if name.lower() in _UNITS or not (written or place or (cue and one["gap"])):
        return 0
    leads = bool(_LEADS_TO.search(reading.plain, max(0, one.start() - 12), one.start()))
    return leads + cue + place + bool(written and one["gap"])


recognizer = Rule(
    name="postcode",
    version=1,
    examples=(
        "Vi bor i ⟦123 45 Ekvik⟧ sedan i maj",
        "ny adress: ⟦12345 Norrhamra⟧",
        "flyttat till ⟦123 45 norrhamn⟧",
        "Åter till ⟦SE-123 45 Lillsjö⟧.",
        "⟦123 45 Västra Ekvik⟧",
        "⟦123 45 Täby⟧, ⟦234 56 Nol⟧",
        "min adress är ⟦123 45 gävle⟧",
        "125 00 kronor i bidrag, eller 412 15 barn",
        "Kurskod 114 20 Matematik och 15060 Watt",
        "OCR 12345 Tack",
        "ring 070-174 06 05 Malmö",
        "buss 572 12 avgår",
    ),
    seek=_seek,
)

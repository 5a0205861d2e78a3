"""Registration plates of vehicles: three letters, two digits, a digit or letter.

Transportstyrelsen uses no I, Q, V, Å, Ä, Ö, and no O as the last sign. Capital letters together or
with a space or dash; small letters without one; else beside a word for a vehicle. Three letters
that are a word before a number ("MAX 100") are no plate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_L = "A-HJ-PR-UW-Z"
_PLATE = re.compile(
    rf"(?<![\w@#/.=-])(?P<word>[{_L}]{{3}})(?P<sep>[ -]?)(?P<rest>\d\d[\dA-HJ-NPR-UW-Z])"
    r"(?![\w@=]|[-/]\w|:(?!s\b)\w|[.,]\d)",
    re.IGNORECASE,
)
_CUES = words(
    """bil bilen bilar bilarna regnr regnummer registreringsnummer registreringsnumret regskylt
    skylt plåt plåtar parkerar parkerad parkerat parkera blockerar blockerade lastbil
    lastbilen skåpbil moped mopeden släp släpet husvagn husvagnen volvo saab audi bmw tesla
    taxi reg registrerad kör körde körde fordon fordonet mc motorcykel felparkerad
    felparkerat står skåpbilen epa epatraktor"""
)
_WORDS = words(
    """max har upp dom kom ben sek eur usd nok dkk gbp den det ett ger far mer per tre fem sex
    nrs ska som med mot hos ner nya nej men man kan kun ksn bun son sbn sou sfs dnr art par
    kap lag nja ark osl pbl tfn tel mob mån ons tor fre ist apr jan feb mar maj jun jul aug
    sep okt nov dec kbt cet utc gmt iso rtx gtx usb led mak can abs ssk sos bup hbt lss ads
    ppm dna sms mms pdf jpg png html för bor bra cup rum hus gat sal tåg bus buss spa nmr
    num ean ocr pnr alt mkr ksk kso alla beg hor hur tom upp ute but net lan wlan hej tar
    tog gav ses sen sju tio ont ord ordf plan"""
)


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for one in _PLATE.finditer(reading.plain):
        word = one["word"].lower()
        apart, capital = bool(one["sep"]), one["word"].isupper()
        said = cued(reading.folded, one.start(), one.end(), _CUES, before=32, after=24)
        if not said and (word in _WORDS and (apart or one["rest"].isdigit())):
            continue
        if not said and apart and not capital:
            continue
        if not capital and apart and word in _WORDS and one["rest"].isdigit():
            continue
        if one["word"] != one["word"].lower() and not capital:  # "Ekb123"
            continue
        yield Found(
            one.start(), one.end(), Label.PLATE, 0.95 if said or capital else 0.8,
            "the form of a plate" + (", and a word for a vehicle" if said else ""),
        )  # fmt: skip


recognizer = Rule(
    name="plate",
    version=1,
    examples=(
        "⟦KPJ 51E⟧ blockerar infarten",
        "⟦UBY-72P⟧ igen",
        "⟦UBY72P⟧:s ägare",
        "⟦LHZ67D⟧, ⟦ECL489⟧",
        "⟦khf573⟧ står här",
        "bilen med regnr ⟦abc 12d⟧",
        "⟦ABC‑123⟧",
        "MAX 100 kr",
        "har 200 kr kvar",
        "det kostar sek 500",
        "KS-2019-35, SBN 2010:724",
        "en 123 meter lång väg",
        "bil 200",
        "CO2 och H2O",
        "ABC 1234",
        "ÅAB 123",
    ),
    seek=_seek,
)

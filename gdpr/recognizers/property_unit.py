"""Property designations (fastighetsbeteckning): district, block and unit, as "Ekvik Kvarnen 12:3".

Fastighetsregisterlag (2000:224): the municipality, the district or block, a register number. Times,
results, sections of law and Bible verses have the same digits, so the word before must be written
as a name, or something beside it must speak of land.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.cue import cued, words
from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_UNIT = re.compile(
    r"(?<![\w@/#-])(?P<first>[^\W\d_][\w-]+ {1,2})??(?P<name>[^\W\d_][\w-]+) {1,2}"
    r"(?P<block>\d{1,4}|[sS]):(?P<unit>\d{1,4})(?:>\d{1,3})?(?![\w:]|[.,]\d)"
)
_CUES = words(
    """fastighet fastigheten fastighets fastigheterna tomt tomten tomter tomterna mark marken
    lagfart ägare ägaren äger granne bygglov bygglovet detaljplan detaljplanen avstyckning
    servitut arrende arrendet gård gården stycka styckning taxering taxerad fastigheter
    planbesked strandskydd"""
)
# Words that are no district, whatever stands after them.
_NEVER = words(
    """kl klockan tid tiden tiderna start slut till från vid efter före innan runt omkring
    cirka ca idag imorgon ikväll igår på i om och eller den det de en ett vi jag du han hon
    är var var blev med mot vann vinst förlust förlorade ledde leder slutade slutresultat
    resultat matchen match seger oavgjort kapitel kap lag lagen lagens sfs sou prop dir ds
    tf rf yf ygl osl pbl mb kl fl fpl sol lss lvu lvm brb jb hd hfd nja rå ark johannes joh
    matt matteus luk lukas mark markus mos psalm ps kor rom upp apg skala format bild ratio
    förhållande sida tabell figur version klass måndag tisdag onsdag torsdag fredag lördag
    söndag mån tis ons tor fre lör sön sbn ks bun son kf dnr diarienr ärende nr nummer
    avsnitt del buss linje tåg att som så bara nu då"""
)
_NAME_BEFORE = words("""västra östra norra södra stora lilla gamla nya övre nedre""")


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for one in _URBAN.finditer(reading.plain):
        if one["name"][0].isupper() and not one["name"].isupper():
            yield Found(one.start("name"), one.end(), Label.PROPERTY, 0.8, "a block and a number")
    if ":" not in reading.plain:
        return
    for one in _UNIT.finditer(reading.plain):
        low = reading.folded[one.start("name") : one.end("name")]
        if low in _NEVER or (len(low) < 3 and low != "by"):
            continue
        said = cued(reading.folded, one.start(), one.end(), _CUES, before=48, after=32)
        named = one["name"][0].isupper() and not reading.caseless
        if not said and (not named or one["name"].isupper()):
            continue
        yield Found(
            _begin(reading, one.start("name"), named), one.end(), Label.PROPERTY,
            0.95 if said else 0.8, "block and unit" + (", and a word for land" if said else ""),
        )  # fmt: skip


_URBAN = re.compile(
    r"(?<!\w)(?:fastigheten|fastighetsbeteckning|tomten|kvarteret|kv\.?) {1,2}"
    r"(?P<name>[^\W\d_][\w-]+(?: [^\W\d_][\w-]+)? {1,2}\d{1,3})(?![\w:%]|[.,-]\d| ?(?:kr|m|år)\b)",
    re.IGNORECASE,
)


def _begin(reading: Reading, at: int, named: bool) -> int:
    """Where the designation begins: the municipality or the rest of the district stands before."""
    for _ in range(2):
        before = re.compile(r"(?<![\w@/#-])([^\W\d_][\w-]+) {1,2}\Z").search(reading.plain[:at])
        if before is None:
            return at
        low = before[1].lower()
        if low in _NEVER or low in _CUES or low in _ORDINARY:
            return at
        if named and not before[1][0].isupper():
            return at
        at = before.start(1)
        if low not in _NAME_BEFORE and not named:
            return at
    return at


_ORDINARY = (
    words(
        """heter kallas köpa köpte sålde säljer sälja bor ligger gäller avser angående ang har hade
    ska kan får min mitt mina din ditt er ert vår vårt hans hennes deras denna detta dessa
    ingen inget gränsar bredvid intill nära bakom kring inom utanför mellan under över mitt
    hela delar alla några fler flera sin sitt borde tar finns nya nytt gamla vilken vilka
    samt även utom för av tomt hej tack ja nej"""
    )
    - _NAME_BEFORE
)


recognizer = Rule(
    name="property-unit",
    version=1,
    examples=(
        "fler tomter som ⟦Storköping Kvarnen 19:34⟧ här",
        "fler tomter som ⟦storköping kvarnen 19:34⟧ här",
        "TOMTER SOM ⟦VRETSTA LÄRKAN 18:197⟧ TACK",
        "⟦Hagen 22:81⟧ är såld",
        "fastigheten ⟦Ekvik Västra Kråkan 1:2⟧ då",
        "äger ⟦Norrby 16:141⟧, eller",
        "fastigheten ⟦Ekvik S:12⟧",
        "fastigheten ⟦Kvarnen 12⟧ och kv. ⟦Norra Hagen 3⟧",
        "Bygglov för ⟦Lärkan 3:4>2⟧ söks",
        "tomten kostar 12 kr",
        "vi ses kl 19:34",
        "Måndag 19:30",
        "Hammarby vann med 3:1",
        "PBL 9:2 och BrB 4:5",
        "SOU 2012:75, SFS 2009:400",
        "SBN 2010:724",
        "Johannes 3:16",
        "bussen går 12:15",
    ),
    seek=_seek,
)

"""Postal addresses: a street with a number, the flat, the postcode and the place after it.

The first row of Swedish addresses (SS 613401) is a street's name and a number. A street is known
by how its name ends; one with another name counts when a postcode and a place follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gdpr.core.recognizer import Found, Reading, Rule
from gdpr.core.span import Label

_ENDS = (
    "gatan|gata|vägen|väg|gränd|gränden|stigen|stig|torget|torg|plan|planen|platsen|plats|allén|allé|"
    "alle|allen|backen|backe|gården|gård|leden|kajen|kaj|stråket|esplanaden|parken|slingan|svängen|"
    "kroken|liden|höjden|brinken|vretten|vreten|åsen|bron|trappan|trappor|rundan|ringen|bågen|"
    "gången|strand|stranden|hamnen|hamn|tået|skogen|ängen|lunden|dalen|tomten|terrassen|passagen|"
    "hagen|berget|holmen|spåret|gläntan|udden|viken|näset|gärdet|tppan|täppan|löten|vallen|brottet"
)
_SURE_ENDS = (
    "gatan|gata|vägen|väg|gränd|gränden|stigen|stig|torget|torg|allén|allé|alle|allen|backen|backe|"
    "slingan|svängen|esplanaden|stråket|leden|kajen|kroken|brinken|vreten|liden|trappan|rundan|"
    "gläntan|löten|täppan|gården|höjden|ringen|terrassen|planen|platsen|parken|ängen|gärdet"
)
_BEFORE = (
    "östra|västra|norra|södra|gamla|nya|stora|lilla|övre|nedre|inre|yttre|mellersta|kungliga|"
    "s:t|s:ta|sankt|sankta|första|andra|tredje|fjärde"
)
_NUMBER = (
    r" {1,2}(?:nr\.? ?)?\d{1,3}(?!\d| ?[:/%]|[.,]\d|-\d{2,}|[^\W\d_]{2})(?: ?- ?\d{1,3}\b)?"
    r"(?: ?[A-Ha-hJ-Nj-n](?![\w@]))?"
    r"(?!(?: {1,2})(?:km|m|meter|mil|kr|kronor|år|årig|veckor|vecka|dagar|dag|st|tim|timmar|min|"
    r"minuter|gånger|ggr|personer|barn|procent|januari|februari|mars|april|maj|juni|juli|augusti|"
    r"september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sep|sept|okt|nov|dec|av|till\s\d)\b)"
)
_FLAT = (
    r"(?:,? {1,2}(?:lgh|lägenhet|lght|vån|våning|tr|uppg|uppgång|port)\.? {0,2}"
    r"(?:\d{1,4}|[a-e])\b(?: tr\b)?|,? {1,2}\d{1,2} ?tr\b)*"
)
_TOWN_BEFORE = "västra|östra|norra|södra|stora|lilla|nya|gamla|upplands|sankt|s:t|vä|ny"
_TOWN = rf" {{1,2}}(?:(?:{_TOWN_BEFORE}) )?[^\W\d_]{{2,}}(?:-[^\W\d_]+)*"
_POST = rf"(?:,|[\n]| ?-)? {{0,2}}(?:(?:SE|S)- ?)?\d{{3}} ?\d{{2}}(?!\d|-){_TOWN}"
_CARE_OF = r"(?:c/o {1,2}[^\W\d_]+(?: [^\W\d_]+)?,? {1,2})?"

_STREET = re.compile(
    rf"(?<![\w@/#.-]){_CARE_OF}(?P<before>(?:{_BEFORE}) {{1,2}})?"
    rf"(?P<name>[^\W\d_][\w-]*?[^\W\d_](?:{_ENDS})|(?(before)(?:{_ENDS})|(?!))|[^\W\d_]+s {{1,2}}"
    r"(?:gata|väg|gränd|torg|plats|allé|stig|backe|gård|park|esplanad|kaj|led|plan|torp))"
    rf"(?P<number>{_NUMBER})(?P<flat>{_FLAT})(?P<post>{_POST})?",
    re.IGNORECASE,
)
_OTHER = re.compile(
    rf"(?<![\w@/#.-]){_CARE_OF}[^\W\d_][\w-]+(?: [^\W\d_][\w-]+)? {{1,2}}"
    rf"\d{{1,4}} ?[A-Za-z]?{_FLAT}(?=,| |\n){_POST}",
    re.IGNORECASE,
)
_NO_STREET = re.compile(
    r"(?:på|vid|i|hos|till|från|bor|ligger|om|är|och|adress|adressen|nära|mitt|den|av)\b:? +",
    re.IGNORECASE,
)
_SURE = re.compile(rf"(?:{_SURE_ENDS}|[^\W\d_]+s {{1,2}}\w+)\Z", re.IGNORECASE)
_GIVEN = re.compile(r"(?:[^\W\d_][\w-]+ {1,2}){1,2}\Z")
_NEVER = re.compile(
    r"\A(?:riksväg|länsväg|europaväg|motorväg|genomfartsväg|väg|vägen|gatan|plan|planen|stranden|"
    r"platsen|gården|parken|skogen|dalen|åsen|hela vägen|bostadsgata|gågatan|motorvägen|"
    r"riksvägen|länsvägen|europavägen|gång- och cykelvägen|cykelvägen|gångvägen|detaljplan|"
    r"detaljplanen|översiktsplan|översiktsplanen|arbetsplats|arbetsplatsen|parkeringsplats|"
    r"bilden|affärsplan|budgetplan|fotbollsplan|fotbollsplanen|våningsplan|ansökan|lekplats|"
    r"lekplatsen|hållplats|hållplatsen|förskolegården|skolgården|badplatsen|kyrkogården|"
    r"äldreboendeplats|vårdplats|årsplan|dagens|boendeplats|sommarens plan)\Z",
    re.IGNORECASE,
)


def _seek(reading: Reading) -> Iterator[Found]:
    if not reading.has_digit:
        return
    for one in _STREET.finditer(reading.plain):
        name = one["name"]
        if (not one["before"] and _NEVER.match(name)) or (
            one["post"] is None and not _known(name, reading)
        ):
            continue
        start = _with_first_name(reading, one.start("name"), name, one.start())
        reason = "a street, a number" + (", a postcode and a place" if one["post"] else "")
        yield Found(start, one.end(), Label.ADDRESS, 0.97 if one["post"] else 0.9, reason)
    for one in _OTHER.finditer(reading.plain):
        first = _NO_STREET.match(one[0])
        yield Found(
            one.start() + (first.end() if first else 0),
            one.end(),
            Label.ADDRESS,
            0.9,
            "a number, a postcode and a place",
        )


def _known(name: str, reading: Reading) -> bool:
    """Whether a street's name alone is enough: how it ends, or that it is written as a name."""
    return bool(_SURE.search(name)) or (name[0].isupper() and not reading.caseless)


def _with_first_name(reading: Reading, at: int, name: str, start: int) -> int:
    """Where "Olof Palmes gata" begins, not "Palmes gata": a street named after somebody."""
    if " " not in name or reading.caseless or not name[0].isupper():
        return start
    before = _GIVEN.search(reading.plain, max(0, at - 24), at)
    if before is None:
        return start
    last = before[0].split()[-1]
    if not last[0].isupper() or last.lower() in ("på", "vid", "hos", "i"):
        return start
    return before.start() + before[0].rindex(last)


recognizer = Rule(
    name="address",
    version=1,
    examples=(
        "Lyset är trasigt vid ⟦Klockarvägen 88 B, SE-421 69 Sjöholm⟧, felanmält",
        "bor på ⟦Åsgatan 76, lgh 1102, 649 23 Norrhamra⟧",
        "⟦åsgatan 76, lgh 1102, 649 23 norrhamra⟧ i natt",
        "⟦ÅSGATAN 45 B, LGH 1304, 66580 GRANBY⟧",
        "⟦Tallstigen 13⟧ är mörk",
        "⟦västra hamngatan 96⟧ och ⟦Östra Allén 53C⟧",
        "⟦Västra Hamngatan 96, 660 26 Västra Ekvik⟧ heter det",
        "⟦lärkvägen 7 b⟧ svarar inte",
        "⟦Storgatan 5⟧ i Ekvik",
        "på ⟦Olof Palmes gata 12⟧ nu",
        "⟦Kungs gränd 3⟧",
        "⟦Vasagatan 3, 3tr⟧ och ⟦Hamngatan nr 5⟧",
        "⟦Kvarnbacken 19C⟧,",
        "⟦Sjötorpet 4, 123 45 Ekvik⟧ är till salu",
        "⟦c/o Ek, Storgatan 5, 123 45 Ekvik⟧",
        "⟦Storgatan  5⟧",
        "väg 73 och riksväg 40 är avstängda",
        "Storgatan 30 km/h borde gälla",
        "på Storgatan 15 maj",
        "på vägen 3 gånger",
        "detaljplan 12 är antagen",
        "Storgatan 2026",
        "felanmält 20260711 Tack",
        "tomter som Kvarnen 12:139",
        "planen 5 mål",
        "KS 2018/00517 gatan",
    ),
    seek=_seek,
)

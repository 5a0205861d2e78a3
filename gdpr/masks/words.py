"""What the pages of masks call categories, fields, grounds and states. Codes are in the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archiver.web.i18n import Words, gettext
from archiver.web.i18n import lazy_gettext as _l
from gdpr.core.ground import Certainty, Citation, HarmTest
from gdpr.core.mask import MaskState
from gdpr.core.place import only_flags
from gdpr.masks.reading import Again, Kept

CATEGORIES: Mapping[str, Words] = {
    "name": _l("Namn"),
    "personal_number": _l("Personnummer"),
    "coordination_number": _l("Samordningsnummer"),
    "phone": _l("Telefonnummer"),
    "email": _l("E-postadress"),
    "address": _l("Bostadsadress"),
    "property": _l("Fastighetsbeteckning"),
    "plate": _l("Registreringsnummer"),
    "account": _l("Kontonummer"),
    "bankgiro": _l("Bankgiro"),
    "plusgiro": _l("Plusgiro"),
    "iban": _l("IBAN"),
    "handle": _l("Användarnamn"),
    "url": _l("Länk"),
    "ip": _l("IP-adress"),
    "health": _l("Hälsa"),
    "face": _l("Ansikte"),
    "other": _l("Annan uppgift"),
}
_FIELDS: Mapping[str, Words] = {
    "title": _l("Rubrik"),
    "text": _l("Text"),
    "author_name": _l("Avsändare"),
    "author_url": _l("Avsändarens sida"),
    "author_id": _l("Avsändarens nummer hos plattformen"),
    "url": _l("Adress hos plattformen"),
    "native_id": _l("Nummer hos plattformen"),
    "parent": _l("Det som besvaras, nummer hos plattformen"),
    "root": _l("Trådens början, nummer hos plattformen"),
    "alt": _l("beskrivning"),
    "name": _l("filnamn"),
    "created_at": _l("Publicerad"),
    "updated_at": _l("Ändrad"),
}
_HARM: Mapping[HarmTest, Words] = {
    HarmTest.STRAIGHT: _l("rakt skaderekvisit"),
    HarmTest.REVERSED: _l("omvänt skaderekvisit"),
    HarmTest.SPECIAL_REASON: _l("bara om det av särskild anledning kan antas att skada uppstår"),
    HarmTest.MUST_BE_ASSUMED: _l("bara om betydande skada måste antas"),
    HarmTest.ABSOLUTE: _l("absolut sekretess"),
    HarmTest.VARIES: _l("skaderekvisitet skiljer sig mellan styckena: läs paragrafen"),
}
_CERTAINTY: Mapping[Certainty, Words] = {
    Certainty.VERIFIED: _l("läst i lagtexten"),
    Certainty.PREDECESSOR: _l("läst i sekretesslagen 1980:100: kontrollera mot gällande lag"),
    Certainty.UNVERIFIED: _l("inte kontrollerad mot lagtexten: en jurist bekräftar"),
}
_STATES: Mapping[MaskState, Words] = {
    MaskState.SUGGESTED: _l("Förslag"),
    MaskState.ACCEPTED: _l("Maskad"),
    MaskState.REJECTED: _l("Avvisad"),
    MaskState.CONFIRMED: _l("Maskad och utlämnad så"),
}
_SOURCES: Mapping[str, Words] = {
    "author": _l("avsändarens uppgifter"),
    "same": _l("samma ord som redan är maskade"),
    "earlier": _l("det som var maskat i en tidigare version"),
}
_AGAIN: Mapping[Again, Words] = {
    Again.EXPIRED: _l("giltighetstiden har gått ut"),
    Again.RELEASED: _l("från ett tidigare utlämnande"),
    Again.CARRIED: _l("från en tidigare version"),
}


def category(code: str) -> str:
    """What a mask hides."""
    if only_flags(code):
        if code.startswith("art10"):
            return gettext("Uppgift om brott, granska")
        return gettext("Känslig uppgift, granska")
    return str(CATEGORIES.get(code, code))


def field(path: str) -> str:
    """A field of a record."""
    name, _, rest = path.partition("/")
    number, _, part = rest.partition("/")
    if name == "links":
        return gettext("Länk %(number)s", number=int(number) + 1)
    if name == "attachments":
        what = _FIELDS[part] if part in ("alt", "name") else gettext("adress")
        return gettext("Bilaga %(number)s, %(what)s", number=int(number) + 1, what=what)
    return str(_FIELDS.get(name, name))


def group(source: str, kept: Sequence[Kept]) -> str:
    """What a recogniser's suggestions hide: its kinds, or why it made them."""
    if source in _SOURCES:
        return str(_SOURCES[source])
    return ", ".join(dict.fromkeys(category(one.mask.category) for one in kept))


def citation(one: Citation) -> str:
    """A ground as it is cited, in short."""
    if one.through is not None:
        return gettext("%(clause)s genom %(through)s", clause=one.clause, through=one.through)
    return str(one.clause)


FILTERS: Mapping[str, Callable[..., str]] = {
    "mask_category": category,
    "mask_field": field,
    "mask_group": group,
    "mask_citation": citation,
    "mask_harm": lambda one: str(_HARM[one]),
    "mask_certainty": lambda one: str(_CERTAINTY[one]),
    "mask_state": lambda one: str(_STATES[one]),
    "mask_again": lambda one: str(_AGAIN[one]),
}


def said(code: str, count: int) -> str:
    """What was just done, for the line that says so; empty for what is not known."""
    match code:
        case "forslag":
            return gettext("Nya förslag: %(count)s.", count=count)
        case "maskat":
            return gettext("Maskat.")
        case "godtaget":
            return gettext("Maskade förslag: %(count)s.", count=count)
        case "avvisat":
            return gettext("Avvisade: %(count)s.", count=count)
        case "angrat":
            return gettext("Ångrade beslut om masker: %(count)s.", count=count)
        case "verksamheter":
            return gettext("Verksamhetsgrenarna är sparade.")
    return ""

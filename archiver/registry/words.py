"""Codes of the register put into words, the way a registrar would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archiver.registry.core.entry import MAX_TITLE
from archiver.registry.core.phrase import Phrase
from archiver.registry.core.routing import Level, RoutingTable
from archiver.web.i18n import Words, chosen, gettext
from archiver.web.i18n import lazy_gettext as _l

DIRECTIONS: Mapping[str, Words] = {
    "received": _l("Inkommen"),
    "drawn_up": _l("Upprättad"),
    "dispatched": _l("Expedierad"),
    "note": _l("Anteckning"),
}
DIRECTION_LETTERS: Mapping[str, str] = {
    "received": "I",
    "drawn_up": "U",
    "dispatched": "E",
    "note": "–",
}
DATED: Mapping[str, Words] = {
    "platform": _l("enligt plattformen, och sett av arkivet"),
    "first_seen": _l("när arkivet först såg den"),
    "unobserved": _l("enligt plattformen, ej observerat"),
    "stated": _l("enligt den som registrerade"),
}
OUTCOMES: Mapping[str, Words] = {
    "minor": _l("Av ringa betydelse"),
    "kept_in_order": _l("Hålls ordnad"),
    "registered": _l("Registrerad"),
    "elsewhere": _l("Registrerad i annat system"),
    "handed_over": _l("Överlämnad"),
}
WHY: Mapping[str, Words] = {
    "new": _l("Ny"),
    "changed": _l("Ändrad efter beslut"),
    "gone": _l("Borttagen efter beslut"),
}
FIELDS: Mapping[str, Words] = {
    "title": _l("Ärendemening"),
    "sender": _l("Avsändare"),
    "recipient": _l("Mottagare"),
    "day": _l("Datum"),
    "direction": _l("Riktning"),
    "class_code": _l("Klass"),
    "record_class": _l("Handlingstyp"),
}
RELATIONS: Mapping[str, Words] = {
    "answers": _l("besvarar"),
    "continues": _l("fortsätter"),
    "concerns": _l("rör"),
    "replaces": _l("ersätter"),
}
STANDINGS: Mapping[str, Words] = {
    "receipt": _l("Väntar på kvittens"),
    "answer": _l("Väntar på svar"),
    "late": _l("Försenad"),
    "done": _l("Avslutad"),
}
STANDING_TONES: Mapping[str, str] = {
    "receipt": "wait",
    "answer": "wait",
    "late": "bad",
    "done": "good",
}
STEPS: Mapping[str, Words] = {
    "received": _l("Kvitterad"),
    "answered": _l("Besvarad"),
    "escalated": _l("Påmind"),
}
STAGES: Mapping[str, Words] = {
    "receipt_1": _l("Kvittensen saknades. Till den som har jour, eller den första mottagaren."),
    "receipt_2": _l("Kvittensen saknades. Till nästa mottagare."),
    "receipt_3": _l("Kvittensen saknades. Till alla mottagare."),
    "answer_1": _l("Svaret saknades. Till den som har jour, eller den första mottagaren."),
    "answer_2": _l("Svaret saknades. Till nästa mottagare."),
    "answer_3": _l("Svaret saknades. Till alla mottagare."),
}
APART: Mapping[str, Words] = {
    "protected": _l("Kan vara hemlig"),
    "stopped": _l("Stoppad"),
    "handed_over": _l("Stoppad, utlämnad efter instruktion"),
    "destroyed": _l("Förstörd"),
}
APART_TONES: Mapping[str, str] = {
    "protected": "wait",
    "stopped": "bad",
    "handed_over": "bad",
    "destroyed": "quiet",
}
VIEWS: Mapping[str, Words] = {
    "allt": _l("Allt som väntar"),
    "nytt": _l("Nytt"),
    "atgard": _l("Kräver åtgärd"),
    "fraga": _l("Fråga till kommunen"),
    "sekretess": _l("Möjlig sekretess"),
    "andrat": _l("Ändrat"),
    "borttaget": _l("Borttaget"),
}
SAID: Mapping[str, Words] = {
    "ordnad": _l("Handlingen hålls ordnad."),
    "ringa": _l("Handlingen är av ringa betydelse."),
    "registrerad": _l("Handlingen registreras. Numret ges när beslutet förseglas."),
    "annat": _l("Noterat att handlingen är registrerad i ett annat system."),
    "overlamnad": _l("Handlingen är överlämnad."),
    "stoppad": _l(
        "Handlingen är stoppad. Ingen kan längre se den. Ring den som är utsedd, och polisen."
    ),
    "angrat": _l("Beslutet är ångrat. Handlingen ligger i inkorgen igen."),
    "rattad": _l("Uppgiften är rättad. Det som stod förut syns kvar."),
    "makulerad": _l("Posten är makulerad. Numret används inte igen."),
    "markerad": _l("Posten är sekretessmarkerad."),
    "avmarkerad": _l("Sekretessmarkeringen är borttagen. Historiken syns kvar."),
    "serie": _l("Nummerserien är sparad."),
    "arende": _l("Ärendet är öppnat."),
    "samband": _l("Sambandet är antecknat."),
    "sambandslut": _l("Sambandet är taget tillbaka. Det syns kvar i historiken."),
    "kvittens": _l("Kvittensen är antecknad."),
    "besvarad": _l("Svaret är antecknat. Överlämningen är avslutad."),
}


def _of(table: Mapping[str, Words] | Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: str(table.get(code, code))


def level(value: int) -> str:
    """A level in words."""
    return Level(value).words.say(chosen())


def reason(phrase: Phrase) -> str:
    """A suggestion's reason."""
    return phrase.say(chosen())


def trigger(code: str, table: RoutingTable) -> str:
    """What a route is about."""
    route = table.routes.get(code)
    return route.title.say(chosen()) if route else code


def said(code: str) -> str:
    """What was just done, for a code in an address; "" for none."""
    return str(SAID.get(code, ""))


def suggested_title(*, answers: bool, top: str, channel: str) -> str:
    """A title that names nobody: what the item is, the authority's post that it answers, and the
    account. Whoever registers writes what it is about."""
    if answers and top:
        text = gettext("Kommentar till ”%(top)s” på %(channel)s", top=top, channel=channel)
    elif answers:
        text = gettext("Kommentar på %(channel)s", channel=channel)
    else:
        text = gettext("Inlägg på %(channel)s", channel=channel)
    return text if len(text) <= MAX_TITLE else text[: MAX_TITLE - 1] + "…"


FILTERS: Mapping[str, Callable[..., str]] = {
    "direction_words": _of(DIRECTIONS),
    "direction_letter": _of(DIRECTION_LETTERS),
    "dated_words": _of(DATED),
    "outcome_words": _of(OUTCOMES),
    "waits_words": _of(WHY),
    "entry_field_words": _of(FIELDS),
    "relation_words": _of(RELATIONS),
    "apart_words": _of(APART),
    "apart_tone": _of(APART_TONES),
    "standing_words": _of(STANDINGS),
    "standing_tone": _of(STANDING_TONES),
    "step_words": _of(STEPS),
    "stage_words": _of(STAGES),
    "view_words": _of(VIEWS),
    "level_words": level,
    "reason_of": reason,
    "trigger_words": trigger,
}

"""Codes of the register put into words, the way a registrar would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup, escape

from archiver.registry.core.due import Running, pace, what
from archiver.registry.core.entry import MAX_TITLE
from archiver.registry.core.mask import Flaw
from archiver.registry.core.phrase import Phrase
from archiver.registry.core.routing import Level, Pace, Recipient, RoutingTable
from archiver.web.dates import hour_of, weekday_of
from archiver.web.i18n import Words, chosen, gettext, ngettext
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
    "klockan": _l("Klockan går"),
    "andrat": _l("Ändrat"),
    "borttaget": _l("Borttaget"),
}
FLAWS: Mapping[Flaw, Words] = {
    Flaw.LENGTH: _l("Mallen har 1 till 60 tecken, och inget mellanslag först eller sist."),
    Flaw.TWICE: _l("Samma del står två gånger i mallen."),
    Flaw.RUNNING: _l("Löpnumret saknas: skriv {LÖP}."),
    Flaw.YEAR: _l("Året saknas: skriv {ÅÅÅÅ} eller {ÅÅ}. Löpnumret börjar om varje år."),
    Flaw.PART: _l("{HANDL} ska stå sist."),
    Flaw.TOKEN: _l(
        "Mallen har en del som inte finns. De som finns: {ORG}, {ÅÅÅÅ}, {ÅÅ}, {LÖP}, {KLASS}, "
        "{HANDL}."
    ),
    Flaw.COLON: _l("Siffrorna efter kolon saknas: skriv till exempel {LÖP:05}."),
    Flaw.DIGITS: _l("Antalet siffror skrivs {LÖP:05}, från 01 till 09."),
    Flaw.LETTERS: _l(
        "Mellan delarna får bara stå bokstäver, siffror, mellanslag och tecknen / . : _ -"
    ),
    Flaw.BLANKS: _l("Två mellanslag står intill varandra."),
    Flaw.AFTER_NUMBER: _l("Efter ett löpnummer får ingen siffra stå: numret gick inte att läsa."),
    Flaw.AFTER_CLASS: _l("Efter klassen får ingen bokstav, siffra eller punkt stå."),
}
PUBLIC_FIELDS: Mapping[str, Words] = {
    "number": _l("Diarienummer"),
    "day": _l("Datum"),
    "direction": _l("Riktning"),
    "title": _l("Ärendemening"),
    "case": _l("Ärendets nummer"),
    "record_class": _l("Handlingstyp"),
}
WITHHELD: Mapping[str, Words] = {
    "off": _l("Webbdiariet är avstängt för myndigheten."),
    "voided": _l("Posten, eller dess ärende, är makulerad."),
    "taken_down": _l("Posten är undantagen."),
    "direction": _l("Riktningen är inte bland dem som visas."),
    "record_class": _l("Handlingstypen är inte bland dem som visas."),
    "day": _l("Datumet ligger utanför den tid som visas."),
    "unseen": _l(
        "En handling i posten är dold eller borta på plattformen, eller inhämtad för hand."
    ),
    "restricted": _l("Behandlingen av en handling i posten är begränsad (art. 18)."),
    "marked": _l("Posten är sekretessmarkerad."),
    "level": _l("Nivån är inte 2 eller 3."),
    "apart": _l("Något i posten är förseglat avskilt."),
    "title": _l("Ärendemeningen pekar ut någon, eller citerar det som kom in."),
}
CHANGES: Mapping[str, Words] = {
    "new": _l("Ny"),
    "changed": _l("Ändrad"),
    "ended": _l("Upphör"),
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
    "oppnad": _l("Handlingen hålls inte åtskild längre."),
    "markerad": _l("Posten är sekretessmarkerad."),
    "avmarkerad": _l("Sekretessmarkeringen är borttagen. Historiken syns kvar."),
    "valj": _l("Välj minst en tråd först."),
    "flera-ordnad": _l("Handlingarna hålls ordnade."),
    "flera-ringa": _l("Handlingarna är av ringa betydelse."),
    "flera-annat": _l("Noterat att handlingarna är registrerade i ett annat system."),
    "flera-overlamna": _l("Handlingarna är överlämnade."),
    "dirigering": _l("Dirigeringen är sparad. Inkorgens förslag följer den från och med nu."),
    "oforandrad": _l("Filen är den som redan gäller. Inget ändrades."),
    "serie": _l("Nummerserien är sparad."),
    "klasser": _l("Klassificeringen är inläst och gäller från och med nu."),
    "klasser-avbrutna": _l("Inget lästes in. Filen är borttagen."),
    "klasser-borta": _l(
        "Filen finns inte kvar: den är redan inläst, borttagen eller äldre än ett dygn. "
        "Inget mer lästes in."
    ),
    "webb-sparad": _l("Beslutet är förseglat och webbdiariet är skrivet efter det."),
    "webb-avstangd": _l("Webbdiariet är avstängt. Inget av registret visas där längre."),
    "webb-undantagen": _l("Posten är undantagen och visas inte i webbdiariet."),
    "webb-ater": _l("Posten är inte undantagen längre. Den visas om beslutet tillåter det."),
    "webb-senare": _l(
        "Beslutet är förseglat, men webbdiariet kunde inte skrivas just nu. Den löpande driften "
        "försöker igen var femtonde sekund. Kontrollera att det har hänt."
    ),
    "arende": _l("Ärendet är öppnat."),
    "avslutat": _l("Ärendet är avslutat. Frister som räknas från avslutet börjar nu."),
    "aterupptaget": _l("Ärendet är återupptaget. Skälet syns kvar i loggen."),
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


def flaw(why: Flaw) -> str:
    """What is wrong with a mask of numbers."""
    return str(FLAWS[why])


def clock(running: Running, now: int) -> Markup:
    """What is to be done, how soon, the last day, and in words whether it is late."""
    text = escape(what(running, chosen()))
    if running.last is not None and running.clock.pace is not Pace.IMMEDIATELY:
        shown = hour_of if running.by_the_hour else weekday_of
        text += Markup(" · {} {}").format(gettext("till"), shown(running.last, now))
    if running.late(now):
        days = running.late_days(now)
        late = ngettext("%(num)s arbetsdag försenat", "%(num)s arbetsdagar försenat", days)
        text += Markup(" · <strong>{}</strong>").format(late if days else gettext("försenat"))
    return text


def recipients(leads_to: Sequence[Recipient]) -> str:
    """Whom a route leads to, with where they are reached."""
    return ", ".join(
        f"{one.title.say(chosen())} ({one.address})" if one.address else one.title.say(chosen())
        for one in leads_to
    )


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
    "public_field_words": _of(PUBLIC_FIELDS),
    "withheld_words": _of(WITHHELD),
    "class_change_words": _of(CHANGES),
    "clock_words": clock,
    "recipient_words": recipients,
    "pace_words": lambda one: pace(one).say(chosen()),
}

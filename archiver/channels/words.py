"""What the channels' screens say, in the reader's language: Swedish stands here.

A code this release does not know is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import format_date  # type: ignore[import-untyped]

from archiver.channels.cost import Cadence
from archiver.web import words as shared
from archiver.web.dates import moment
from archiver.web.i18n import Words, gettext, ngettext
from archiver.web.i18n import lazy_gettext as _l
from archiver.web.words import Badge

CONTROL: Mapping[str, tuple[Words, Words]] = {
    "ok": (_l("Ja, kontot går att läsa"), ""),
    "login_refused": (
        _l("Nej, inloggningen godtas inte"),
        _l("Den är fel eller återkallad. Skapa en ny på plattformen och skriv in den här."),
    ),
    "login_expired": (
        _l("Nej, inloggningen har gått ut"),
        _l("Skapa en ny på plattformen och skriv in den här."),
    ),
    "missing_rights": (
        _l("Nej, inloggningen godtas men ser för lite"),
        _l("Använd en inloggning som får moderera kommentarer (i WordPress: en redaktör)."),
    ),
    "quota_exhausted": (
        _l("Inte just nu, plattformens gräns för antal anrop är nådd"),
        _l("Försök igen senare, eller använd en egen inloggning."),
    ),
    "version_sunset": (
        _l("Nej, plattformen har slutat stödja den version som Diarkiv talar"),
        _l("Uppgradera Diarkiv."),
    ),
    "account_gone": (
        _l("Nej, plattformen säger att kontot är avstängt, avpublicerat eller borttaget"),
        _l("Är kontot ert och ska finnas: återställ det på plattformen. Annars kan det läggas till "
           "ändå, så att det framgår att det har funnits."),
    ),
    "account_moved": (
        _l("Nej, kontot säger att det har flyttat"),
        _l("Lägg till det nya kontot i stället."),
    ),
    "unreachable": (
        _l("Nej, inget användbart svarar på adressen"),
        _l("Öppna adressen i en webbläsare och kontrollera att den stämmer."),
    ),
    "changed": (
        _l("Nej, det som svarar är något annat än plattformen"),
        _l("Kontrollera att adressen leder till kontot och att rätt plattform är vald."),
    ),
    "refused_address": (
        _l("Nej, adressen är privat och får inte besökas"),
        _l("Är det en webbplats på ert eget nät: ange dess exakta IP-adress och port under ”Privat "
           "adress”."),
    ),
}  # fmt: skip

BLIND: Mapping[str, Words] = {
    "others_replies": _l("Vad andra har svarat läses inte alls."),
    "held": _l("Det som väntar på granskning, är skräppost eller ligger i papperskorgen."),
    "hidden": _l("Det som myndigheten själv har dolt."),
    "between_looks": _l("En text som bara stod där mellan två insamlingar."),
    "deletions": _l("Att något har tagits bort: att det saknas betyder inget här."),
    "private": _l("Det som inte visas för allmänheten."),
    "authors": _l("Vem som har skrivit det andra har svarat."),
    "older": _l("Det som är för gammalt för att plattformen ska visa det."),
    "untried": _l("Om allt detta stämmer: kopplingen är inte prövad mot plattformen själv än."),
    "who_removed": _l("Om det var avsändaren eller myndigheten som tog bort något."),
}

LOGINS: Mapping[str, Words] = {
    "": _l("Ingen inloggning"),
    "basic": _l("Användarnamn och applikationslösenord"),
    "bearer": _l("Åtkomstnyckel"),
}

STATES: Mapping[str, Words] = {
    "active": _l("Samlas in"),
    "paused": _l("Pausat"),
    "closing": _l("Avslutas: läses i sin helhet en sista gång"),
    "ended": _l("Avslutat"),
}
_STATE_BADGES: Mapping[str, Badge] = {
    "active": Badge("●", "good"),
    "paused": Badge("‖", "quiet"),
    "closing": Badge("◔", "wait"),
    "ended": Badge("■", "quiet"),
}

_DAYS: Mapping[str, Words] = {
    "paused": _l("Pausat"),
    "later": _l("Inte än"),
    "before": _l("Kontot var inte tillagt"),
}
_DAY_SIGNS = {"paused": "‖", "later": "", "before": ""}

SCHEDULES: Mapping[str, Words] = {
    "interval": _l("Allt med jämna mellanrum"),
    "full": _l("Fullständigt schema"),
    "eco": _l("Sparsamt schema"),
}

FIELDS: Mapping[str, Words] = {
    "authority": _l("Ägare"),
    "platform": _l("Plattform"),
    "url": _l("Adress"),
    "title": _l("Namn"),
    "interval": _l("Mellanrum"),
    "allow": _l("Privat adress som får besökas"),
    "schedule": _l("Schema"),
    "crisis_until": _l("Krisläge till"),
    "state": _l("Läge"),
}

SAID: Mapping[str, Words] = {
    "tillagt": _l("Kontot är tillagt."),
    "andrat": _l("Ändringen är sparad."),
    "oforandrat": _l("Det var redan så. Inget är ändrat."),
    "pausat": _l("Kontot är pausat och samlas inte in."),
    "aterupptaget": _l("Kontot samlas in igen."),
    "avslutas": _l("Kontot läses i sin helhet en sista gång och sedan inte mer."),
    "kris": _l("Krisläge är på."),
    "kris-av": _l("Krisläget är avslutat."),
    "inloggning": _l("Den nya inloggningen är sparad. Den gamla är glömd."),
    "kvitterad": _l("Luckan är kvitterad."),
}


def _words(table: Mapping[str, Words], code: str) -> str:
    found = table.get(code)
    return str(found) if found is not None else code


def control(code: str) -> str:
    return str(CONTROL[code][0]) if code in CONTROL else code


def control_remedy(code: str) -> str:
    return str(CONTROL[code][1]) if code in CONTROL else ""


def blind(code: str) -> str:
    return _words(BLIND, code)


def login(code: str) -> str:
    return _words(LOGINS, code)


def state(code: str) -> str:
    return _words(STATES, code)


def channel_badge(code: str) -> Badge:
    return _STATE_BADGES.get(code, Badge("?", "quiet"))


def schedule(code: str) -> str:
    return _words(SCHEDULES, code)


def said(code: str) -> str:
    """What was done, told after a redirect; empty for anything else."""
    return str(SAID.get(code, ""))


def day(status: str) -> str:
    """A day's coverage."""
    return str(_DAYS[status]) if status in _DAYS else shared.status(status)


def day_sign(status: str) -> str:
    return _DAY_SIGNS[status] if status in _DAY_SIGNS else shared.status_badge(status).sign


OPTIONS: Mapping[str, Words] = {
    "media_host": _l("Värd som instansen har sina filer på, om det är en annan."),
    "graph": _l("Adressen till Graph-gränssnittet."),
    "plc": _l("Adressen till katalogen över konton (PLC)."),
    "pds": _l("Adressen till kontots dataserver; tomt tar den som kontots DID anger."),
    "appview": _l("Adressen till den AppView som samlar andras svar; ”none” läser inga."),
}


def option(name: str, otherwise: str) -> str:
    """What a platform's setting is for; the connector's own words if it is not known here."""
    return _words(OPTIONS, name) if name in OPTIONS else otherwise


def field(name: str) -> str:
    head, colon, option = name.partition(":")
    return gettext("Inställningen %(name)s", name=option) if colon else _words(FIELDS, head)


def value(name: str, text: str) -> str:
    """A field's value as people say it."""
    match name:
        case "state":
            return state(text) if text else ""
        case "schedule":
            return schedule(text) if text else ""
        case "interval" if text:
            return shared.interval(int(text))
        case "crisis_until":
            return moment(int(text)) if text not in ("", "0") else gettext("av")
    return text or "–"


def age(seconds: int) -> str:
    """An age of a post."""
    if seconds % 86_400 == 0 and seconds >= 172_800:
        return ngettext("en dag", "%(num)s dagar", seconds // 86_400)
    return ngettext("en timme", "%(num)s timmar", seconds // 3600)


def tiers(cadence: Cadence) -> list[str]:
    """A schedule's tiers, one sentence each."""
    lines, younger = [], ""
    for until, seconds in cadence.tiers:
        named = {"often": shared.interval(seconds), "age": age(until), "from": younger}
        if younger:
            lines.append(gettext("Från %(from)s till %(age)s: %(often)s.", **named))
        else:
            lines.append(gettext("Till en ålder av %(age)s: %(often)s.", **named))
        younger = age(until)
    if lines:
        often = shared.interval(cadence.deep)
        lines.append(gettext("Äldre inlägg läses när allt läses om: %(often)s.", often=often))
    return lines


def month(first: date) -> str:
    """A month's name and year."""
    return str(format_date(first, "LLLL y"))


def with_tiers(schedules: Sequence[Cadence]) -> list[tuple[Cadence, list[str]]]:
    """Schedules with their tiers in words."""
    return [(one, tiers(one)) for one in schedules]


FILTERS = {
    "month_words": month,
    "control_words": control,
    "control_remedy": control_remedy,
    "blind_words": blind,
    "login_words": login,
    "channel_state": state,
    "channel_badge": channel_badge,
    "schedule_words": schedule,
    "tiers_words": tiers,
    "day_words": day,
    "day_sign": day_sign,
    "field_words": field,
    "option_words": option,
}

"""Codes put into words, the way a registrar would write them.

A code this release does not know is shown as it stands: an open enumeration must not hide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archiver.core.reason import ADVICE
from archiver.core.reason import remedy as advised
from archiver.web.chronicle import Stretch
from archiver.web.i18n import Words, chosen, gettext, ngettext
from archiver.web.i18n import lazy_gettext as _l


class Badge(NamedTuple):
    """A sign and a colour class for what the words say."""

    sign: str
    tone: str


TRAIL: Mapping[str, Words] = {
    "signed_in": _l("Loggade in"),
    "sign_in_failed": _l("Misslyckad inloggning"),
    "signed_out": _l("Loggade ut"),
    "protected_read": _l("Läste en skyddad handling"),
    "protected_listed": _l("Läste listan över vad som hålls åtskilt"),
    "user_added": _l("Lade till användare"),
    "user_changed": _l("Ändrade användare"),
    "passkey_added": _l("Lade till en passkey"),
    "passkey_removed": _l("Tog bort en passkey"),
    "passkey_suspected": _l("En passkey som kan vara kopierad stoppades"),
    "password_set": _l("Gav en användare ett nytt lösenord"),
    "link_given": _l("Gav en länk för nytt lösenord"),
    "link_used": _l("Valde nytt lösenord med en länk"),
    "sessions_ended": _l("Avslutade en användares sessioner"),
    "address_changed": _l("Ändrade en användares e-postadress"),
    "roster_changed": _l("Ändrade jourlistan"),
}

ROLES: Mapping[str, Words] = {
    "registrar": _l("Registrator"),
    "lawyer": _l("Jurist"),
    "archivist": _l("Arkivarie"),
    "auditor": _l("Revisor"),
    "communicator": _l("Kommunikatör"),
    "dpo": _l("Dataskyddsombud"),
    "operator": _l("Driftansvarig"),
}

STATES: Mapping[str, Words] = {
    "visible": _l("Synlig"),
    "held": _l("Väntar på granskning"),
    "spam": _l("Skräppost"),
    "hidden": _l("Dold"),
    "trashed": _l("I papperskorgen"),
    "missing_suspected": _l("Saknas – misstänkt"),
    "unknown_access": _l("Ej åtkomlig"),
    "gone_confirmed": _l("Borta – bekräftat"),
    "author_gone": _l("Avsändarens konto borta"),
    "platform_removed": _l("Borttagen av plattformen"),
    "captured": _l("Fångad för hand"),
}

EXPLAINED: Mapping[str, Words] = {
    "visible": _l("Handlingen syntes för alla vid senaste insamlingen."),
    "held": _l("Handlingen väntar på kontoägarens granskning och syns inte för allmänheten."),
    "spam": _l("Handlingen är sorterad som skräppost på plattformen."),
    "hidden": _l("Handlingen är dold på plattformen och syns inte för allmänheten."),
    "trashed": _l("Handlingen ligger i plattformens papperskorg."),
    "missing_suspected": _l(
        "Handlingen fanns inte med vid en fullständig läsning, och en direkt fråga gav svaret att "
        "den inte finns. Det räcker inte för att kalla den borttagen: frågan ställs igen över "
        "flera dygn."
    ),
    "unknown_access": _l(
        "Plattformen nekar åtkomst till handlingen. Det säger inte om den är borttagen."
    ),
    "gone_confirmed": _l("Handlingen finns inte längre på plattformen. Arkivets exemplar är kvar."),
    "author_gone": _l(
        "Kontot som skrev handlingen är avstängt, inaktiverat eller borttaget. Det kan komma "
        "tillbaka."
    ),
    "platform_removed": _l("Plattformen har tagit bort handlingen."),
    "captured": _l("Handlingen är fångad för hand. Ingen insamling läser av var den kom ifrån."),
}

_STATE_BADGES: Mapping[str, Badge] = {
    "visible": Badge("●", "good"),
    "held": Badge("◔", "wait"),
    "spam": Badge("⊘", "quiet"),
    "hidden": Badge("◌", "wait"),
    "trashed": Badge("⊘", "wait"),
    "missing_suspected": Badge("?", "bad"),
    "unknown_access": Badge("?", "bad"),
    "gone_confirmed": Badge("✗", "bad"),
    "author_gone": Badge("✗", "bad"),
    "platform_removed": Badge("✗", "bad"),
    "captured": Badge("✎", "quiet"),
}

STATUSES: Mapping[str, Words] = {
    "complete": _l("Fullständig"),
    "partial": _l("Delvis"),
    "gap": _l("Lucka"),
    "": _l("Ingen tittade"),
}
_STATUS_BADGES: Mapping[str, Badge] = {
    "complete": Badge("✓", "good"),
    "partial": Badge("◐", "wait"),
    "gap": Badge("✗", "bad"),
    "": Badge("–", "quiet"),
}

REASONS: Mapping[str, Words] = {
    "error": _l("svaret är sparat som belägg för varför läsningen bröts"),
    "missing_suspected": _l("plattformen svarade att handlingen inte finns"),
    "unknown_access": _l("plattformen nekade åtkomst"),
    # Codes that a platform gave, or the harvester, about one item.
    "seen_again": _l("syns igen vid insamlingen"),
    "rest_comment_invalid_id": _l("källan svarade att kommentaren inte finns"),
    "rest_post_invalid_id": _l("källan svarade att inlägget inte finns"),
    "rest_cannot_read": _l("källan nekade läsning"),
    "rest_cannot_read_post": _l("källan nekade läsning av inlägget"),
    "rest_forbidden": _l("källan nekade åtkomst"),
    "rest_forbidden_context": _l("källan nekade åtkomst till uppgifterna"),
    "source": _l("filen kunde inte hämtas"),
    "source-unavailable": _l("källan svarade inte"),
    "source-changed": _l("källan svarade i en form som inte känns igen"),
    "source-refused-address": _l("adressen får inte besökas"),
}

WHYS: Mapping[str, Words] = {
    "probes": _l("upprepade direkta frågor över flera dygn gav samma svar"),
    "proof": _l("kontots egen signatur visar att den inte finns där"),
    "platform": _l("plattformens eget besked"),
    "with_parent": _l("det som den stod under finns inte heller"),
}

CHANGES: Mapping[str, Words] = {
    "created": _l("Första iakttagelsen"),
    "edited": _l("Innehållet ändrat"),
    "hidden": _l("Undan från allmänheten"),
    "unhidden": _l("Synlig igen"),
    "restored": _l("Återkommen"),
    "corrected": _l("Rättad"),
}

HAPPENED: Mapping[str, Words] = {
    "entered": _l("Registrerad"),
    "corrected": _l("Rättad"),
    "marked": _l("Sekretessmarkerad"),
    "unmarked": _l("Sekretessmarkeringen borttagen"),
    "voided": _l("Makulerad"),
}

ORIGINS: Mapping[str, Words] = {
    "received": _l("Inkommen"),
    "drawn_up": _l("Upprättad"),
}

BASES: Mapping[str, Words] = {
    "platform": _l("plattformens tid, bekräftad av insamlingen före och efter"),
    "first_seen": _l("när Diarkiv först såg handlingen"),
    "unobserved": _l("enligt plattformen, ej observerat"),
    "stated": _l("enligt den som fångade handlingen"),
}

KINDS: Mapping[str, Words] = {
    "post": _l("Inlägg"),
    "comment": _l("Kommentar"),
    "reply": _l("Svar"),
    "review": _l("Omdöme"),
    "story": _l("Händelse"),
    "message": _l("Meddelande"),
    "profile_page": _l("Profilsida"),
    "revision": _l("Tidigare lydelse"),
    "share": _l("Delning"),
    "threadgate": _l("Svarsregler"),
    "call_note": _l("Samtalsanteckning"),
    "email": _l("E-post"),
    "screenshot": _l("Skärmbild"),
    "file": _l("Fil"),
    "letter": _l("Brev"),
    "visit_note": _l("Besöksanteckning"),
}

NOTES: Mapping[str, Words] = {
    "open_quote": _l("Citattecknet stängdes aldrig: allt efter det söks som en fras."),
    "star_ignored": _l("Det är för få tecken vid stjärnan: ordet söks utan den."),
    "shortened": _l("Sökningen är för lång: bara början söks."),
    "no_word": _l("Det finns ingen bokstav eller siffra att söka efter."),
}

_LISTS: Mapping[str, Words] = {
    "posts": _l("Inlägg"),
    "comments": _l("Kommentarer"),
    "entries": _l("Flödets poster"),
    "statuses": _l("Inlägg"),
    "replies": _l("Svar"),
    "own-replies": _l("Egna svar"),
    "edits": _l("Tidigare lydelse"),
    "threads": _l("Svar"),
    "reposts": _l("Delningar"),
    "gates": _l("Svarsregler"),
    "profile": _l("Profilsida"),
    "media": _l("Mediefiler"),
    "manual": _l("Fångad för hand"),
}
_LIST_STATES: Mapping[str, Words] = {
    "publish": _l("publicerade"),
    "private": _l("privata"),
    "trash": _l("i papperskorgen"),
    "approve": _l("godkända"),
    "hold": _l("väntar på granskning"),
    "spam": _l("skräppost"),
    "post-trashed": _l("vars inlägg ligger i papperskorgen"),
    "revisions": _l("tidigare lydelser"),
}

ENTRY_TYPES: Mapping[str, Words] = {
    "home_created": _l("Arkivet skapat"),
    "dictionary_added": _l("Ordlista för packning"),
    "cohort_opened": _l("Nyckelgrupp öppnad"),
    "pack_sealed": _l("Arkivfil förseglad"),
    "clock_jumped": _l("Klockan ställdes om"),
    "authority_added": _l("Myndighet tillagd"),
    "channel_added": _l("Konto tillagt"),
    "channel_changed": _l("Konto ändrat"),
    "capture": _l("Svar från en källa"),
    "exchange": _l("Uppgifter om ett svar"),
    "version": _l("Version av en handling"),
    "component": _l("Del av en mediefil"),
    "run": _l("Insamling"),
    "user_added": _l("Användare tillagd"),
    "user_changed": _l("Användare ändrad"),
    "access_noted": _l("Åtkomst antecknad"),
    "gap_acknowledged": _l("Lucka bemött"),
    "searched": _l("Sökning"),
    "push_received": _l("Besked från en plattform"),
    "manual_capture": _l("Handling fångad för hand"),
    "file_scanned": _l("Fil genomsökt efter skadlig kod"),
}

REDACTED: Mapping[str, Words] = {
    "authorization": _l("inloggningsuppgift"),
    "cookie": _l("kaka"),
    "token": _l("åtkomstnyckel"),
    "query": _l("nyckel i adressen"),
    "userinfo": _l("inloggningsuppgift"),
    "known-secret": _l("inloggningsuppgift"),
}


def _in_words(words: Mapping[str, Words], code: str) -> str:
    found = words.get(code)
    return str(found) if found is not None else code


def state(code: str) -> str:
    return _in_words(STATES, code)


def explained(code: str) -> str:
    return str(EXPLAINED.get(code, ""))


def state_badge(code: str) -> Badge:
    return _STATE_BADGES.get(code, Badge("?", "quiet"))


def status(code: str) -> str:
    return _in_words(STATUSES, code)


def status_badge(code: str) -> Badge:
    return _STATUS_BADGES.get(code, Badge("?", "quiet"))


def reason(code: str) -> str:
    """A reason in words; an HTTP status or a platform's own code is named as such."""
    if code in ADVICE:
        return ADVICE[code].words.say(chosen())
    if code in REASONS:
        return str(REASONS[code])
    head, colon, rest = code.partition(":")
    if colon and head == "http":
        return gettext("källan svarade med HTTP-status %(status)s", status=rest)
    if colon and head == "status":
        return gettext("källan anger läget ”%(status)s”", status=rest)
    return (
        gettext("plattformens kod: %(code)s", code=code) if code else gettext("inget skäl angivet")
    )


def why(code: str) -> str:
    return _in_words(WHYS, code)


def remedy(code: str) -> str:
    """What to do about a reason for a gap; empty if there is nothing to say."""
    return advised(code, chosen())


def change(code: str) -> str:
    return _in_words(CHANGES, code)


def happened(code: str) -> str:
    """What happened in the register, in a record's chronicle."""
    return _in_words(HAPPENED, code)


def state_tones(stretches: Iterable[Stretch]) -> frozenset[str]:
    """The colour classes that a chronicle's states are drawn in."""
    codes = {one.code for one in stretches}
    return frozenset(
        "unsure" if code.startswith("unsure") else state_badge(code).tone for code in codes
    )


def origin(code: str) -> str:
    return _in_words(ORIGINS, code)


def basis(code: str) -> str:
    return _in_words(BASES, code)


def kind(code: str) -> str:
    return _in_words(KINDS, code)


def note(code: str) -> str:
    """How a search was understood, where that is not as it was typed."""
    return _in_words(NOTES, code)


def collection(name: str) -> str:
    """A collection's name: "comments:spam" → "Kommentarer, skräppost"."""
    head, colon, tail = name.partition(":")
    words = _in_words(_LISTS, head)
    return f"{words}, {_in_words(_LIST_STATES, tail)}" if colon else words


def entry_type(code: str) -> str:
    return _in_words(ENTRY_TYPES, code)


def role(code: str) -> str:
    return _in_words(ROLES, code)


def trail(code: str) -> str:
    return _in_words(TRAIL, code)


def redacted(code: str) -> str:
    return _in_words(REDACTED, code)


def interval(seconds: int) -> str:
    """How often, in the largest unit that comes out even."""
    if seconds % 86_400 == 0:
        days = seconds // 86_400
        return ngettext("med en dags mellanrum", "med %(num)s dagars mellanrum", days)
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return ngettext("med en timmes mellanrum", "med %(num)s timmars mellanrum", hours)
    minutes = max(1, round(seconds / 60))
    return ngettext("med en minuts mellanrum", "med %(num)s minuters mellanrum", minutes)


FILTERS = {
    "interval_words": interval,
    "state_words": state,
    "state_explained": explained,
    "state_badge": state_badge,
    "status_words": status,
    "status_badge": status_badge,
    "reason_words": reason,
    "why_words": why,
    "remedy_words": remedy,
    "change_words": change,
    "origin_words": origin,
    "happened_words": happened,
    "state_tones": state_tones,
    "basis_words": basis,
    "kind_words": kind,
    "note_words": note,
    "collection_words": collection,
    "entry_words": entry_type,
    "role_words": role,
    "trail_words": trail,
    "redacted_words": redacted,
}

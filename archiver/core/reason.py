"""Why something could not be seen, in words, and what to do about it: data in one place.

The command line (English), the pages and the alerts (Swedish first) all read it from here. A code
this release does not know is shown as it stands: an open enumeration must not hide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

NOT_LOOKED = "not_looked"
CLOCK_SKEW = "clock_skew"
MASS_DISAPPEARANCE = "mass_disappearance"


class Wording(NamedTuple):
    """A sentence in each language of the interface."""

    sv: str
    en: str

    def say(self, language: str) -> str:
        """The sentence in that language, Swedish unless it is "en"."""
        return self.en if language == "en" else self.sv


class Advice(NamedTuple):
    """A reason in words, and what to do."""

    words: Wording
    remedy: Wording


def _advice(sv: str, en: str, *, do_sv: str, do_en: str) -> Advice:
    return Advice(Wording(sv, en), Wording(do_sv, do_en))


ADVICE: Mapping[str, Advice] = {
    "unreachable": _advice(
        "källan svarade inte",
        "the source did not answer",
        do_sv="Webbplatsen svarade inte, avbröt eller svarade med ett fel eller alldeles för mycket"
        ". Öppna adressen i en webbläsare; nästa insamling försöker igen.",
        do_en="The site did not answer, broke off, or answered with an error or far too much. "
        "Open its address in a browser; the next run tries again.",
    ),
    "quota_exhausted": _advice(
        "plattformens gräns för antal frågor var nådd",
        "the platform's limit was used up",
        do_sv="Nästa insamling sker när plattformen släpper in oss igen. Läs kontot mer sällan, "
        "eller med en egen inloggning.",
        do_en="The platform's limit is used up. The next run comes when it lets us in again; read "
        "the channel more seldom, or with a login of its own.",
    ),
    "login_refused": _advice(
        "inloggningen godtogs inte",
        "the login was not accepted",
        do_sv="Inloggningen är fel eller har återkallats. Lägg in en ny med `diarkiv channel "
        "credential`.",
        do_en="The site does not accept the login: it is wrong, or was withdrawn. Give a new one "
        "with `diarkiv channel credential`.",
    ),
    "login_expired": _advice(
        "inloggningen har gått ut",
        "the login has run out",
        do_sv="Inloggningens tid är slut. Lägg in en ny med `diarkiv channel credential`.",
        do_en="The login has run out. Give a new one: `diarkiv channel credential`.",
    ),
    "missing_rights": _advice(
        "inloggningen har inte de behörigheter som behövs",
        "the login sees too little",
        do_sv="Inloggningen godtas men får se för lite. Lägg in en som får granska kommentarer "
        "(WordPress: ett programlösenord för en redaktör; Facebook: en sidtoken med "
        "pages_read_engagement och pages_read_user_content).",
        do_en="The login is accepted but may see too little. Give one that may moderate "
        "(WordPress: an editor's application password; Facebook: a page token with "
        "pages_read_engagement and pages_read_user_content).",
    ),
    "version_sunset": _advice(
        "plattformen har stängt den version av gränssnittet som används",
        "the platform no longer serves this version of its interface",
        do_sv="Uppgradera Diarkiv: den här utgåvan talar en version som plattformen har stängt.",
        do_en="The platform no longer serves the version of its interface that this release "
        "speaks. Upgrade Diarkiv.",
    ),
    "account_gone": _advice(
        "kontot är avstängt, avpublicerat eller borttaget",
        "the account is deactivated, suspended, unpublished or deleted",
        do_sv="Inget av det som arkiverats räknas som borttaget, och kontot eftersöks igen. Ta "
        "reda på vad som har hänt med kontot.",
        do_en="The account is deactivated, suspended, unpublished or deleted. Nothing of it is "
        "taken for deleted; it is looked for again.",
    ),
    "account_moved": _advice(
        "kontot uppger att det har flyttat",
        "the account says that it has moved",
        do_sv="Lägg till det nya kontot som en egen kanal; det gamla kontots handlingar är kvar.",
        do_en="The account says that it has moved. Add the new one as a channel of its own; what "
        "the old one said is kept.",
    ),
    "refused_address": _advice(
        "adressen får inte besökas",
        "the address may not be visited",
        do_sv="Adressen är privat, lokal eller på en annan port än 80 och 443, eller leder vidare "
        "till en sådan. Är det avsett: lägg till kanalen med --allow-address IP:PORT.",
        do_en="The address is private, local or on another port than 80 and 443, or redirects to "
        "such a one. If that is meant, add the channel with --allow-address IP:PORT.",
    ),
    "source_changed": _advice(
        "källan svarade i en form som inte känns igen",
        "the source answered in an unknown form",
        do_sv="Svaret är sparat. Stämmer kanalens adress? Annars behöver Diarkiv uppgraderas.",
        do_en="The site answered with something else than its platform should (a page in place of "
        "data, say). Its answer is kept. Is the channel's address right?",
    ),
    "list_loops": _advice(
        "en lista ledde tillbaka till sin början",
        "a list led back to where it began",
        do_sv="Det som kom före är arkiverat. Felet ligger hos plattformen; kommer det igen, anmäl "
        "det dit.",
        do_en="A list led back to where it began; what came before is archived.",
    ),
    "list_short": _advice(
        "listan visade färre handlingar än plattformen räknar",
        "a list showed fewer items than the platform counts",
        do_sv="Det som visades är arkiverat och inget räknas som borttaget. Nästa insamling läser "
        "listan på nytt.",
        do_en="What was shown is archived, and nothing is taken for deleted. The next run reads "
        "the list again.",
    ),
    "window_passed": _advice(
        "flödet hade gått vidare, något kan ha passerat osett",
        "the feed had moved on, something may have passed unseen",
        do_sv="Flödet visar bara poster som är nya för arkivet. Samla in det oftare.",
        do_en="The feed shows only entries that are new to us: some may have passed unseen. "
        "Harvest it more often.",
    ),
    "bad_items": _advice(
        "några delar av svaret gick inte att tolka, de är sparade som de kom",
        "some parts of the answer could not be read, they are kept as they came",
        do_sv="Resten är arkiverat. En senare utgåva av Diarkiv kan tolka det som sparats.",
        do_en="Some items could not be read; their bytes are kept, the rest is archived.",
    ),
    "too_many_missing": _advice(
        "för många handlingar saknades för att kunna frågas efter en och en",
        "too many items were missing to be asked for one by one",
        do_sv="Nästa insamlingar fortsätter att fråga. Se efter om webbplatsen visar allt.",
        do_en="More items than can be asked for one by one were not listed. The next runs go on "
        "asking; look whether the site still shows everything.",
    ),
    MASS_DISAPPEARANCE: _advice(
        "ovanligt mycket försvann på en gång, inget har antecknats som borttaget",
        "unusually much disappeared at once, nothing was noted as gone",
        do_sv="Se efter på kontot. Är handlingarna verkligen borttagna, godta det med `diarkiv gap "
        "acknowledge --accept-disappearance`; annars åtgärda behörighet eller publicering.",
        do_en="Look at the account. If it was meant, accept it with `diarkiv gap acknowledge "
        "--accept-disappearance`; else put right what the login may see, or the publication.",
    ),
    "control_failed": _advice(
        "en handling som ska finnas gick inte heller att läsa, inget har antecknats som borttaget",
        "an item that is known to exist could not be read either, nothing was noted as gone",
        do_sv="Kommer det igen: se efter om inloggningen får läsa det som kontot visar.",
        do_en="An item that is known to exist could not be read either, so nothing was concluded "
        "from what was missing. If it comes again, see what the login may read.",
    ),
    "probe_failed": _advice(
        "en direkt fråga gav inget säkert svar",
        "a direct question gave no certain answer",
        do_sv="Frågan ställs igen vid nästa insamling.",
        do_en="A direct question for an item gave no certain answer; it comes again.",
    ),
    "media_missing": _advice(
        "någon av våra egna mediefiler gick inte att hämta",
        "one of our own media files could not be fetched",
        do_sv="Hämtningen görs om så länge det kan hjälpa. Finns filen kvar?",
        do_en="A media file of yours could not be fetched; it is tried again while that may help. "
        "Is the file still there?",
    ),
    "too_long": _advice(
        "läsningen tog för lång tid och avbröts",
        "the reading took too long and was broken off",
        do_sv="Läsningen tog mer än en timme. Nästa insamling fortsätter; svarar webbplatsen "
        "långsamt?",
        do_en="Reading took more than an hour and was broken off.",
    ),
    NOT_LOOKED: _advice(
        "ingen insamling gjordes när den skulle",
        "no run was made when it was due",
        do_sv="Insamlaren stod stilla. Starta den (`diarkiv run` eller `diarkiv worker`) och se "
        "efter med `diarkiv doctor` varför den stannade.",
        do_en="The worker was not running, or had no time. Start it (`diarkiv run` or `diarkiv "
        "worker`), and see with `diarkiv doctor` why it stopped.",
    ),
    CLOCK_SKEW: _advice(
        "datorns klocka gick fel, tiderna är osäkra",
        "the machine's clock was wrong, the times are uncertain",
        do_sv="Ställ datorns klocka rätt och låt den följa en tidsserver (NTP). Inget har "
        "antecknats som borttaget under tiden.",
        do_en="Set this machine's clock right, and let it follow a time server (NTP). Nothing was "
        "concluded from what was missing meanwhile.",
    ),
}


def words(code: str, language: str) -> str:
    """A reason in words; the code itself if it is not known."""
    found = ADVICE.get(code)
    return found.words.say(language) if found else code


def remedy(code: str, language: str = "en") -> str:
    """What to do about a reason; empty if the code is not known."""
    found = ADVICE.get(code)
    return found.remedy.say(language) if found else ""


def remedies(codes: Iterable[str], language: str = "en") -> list[str]:
    """What to do about several reasons, each once, in their order."""
    return list(dict.fromkeys(text for code in codes if (text := remedy(code, language))))

"""An alert in words, Swedish or English. What stands in the alert, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from archiver.core.alert import Alert, Audience, Kind, Phase, Severity
from archiver.core.reason import ADVICE, NOT_LOOKED, Wording, remedies, words
from archiver.core.record import instant

STOCKHOLM = ZoneInfo("Europe/Stockholm")

TITLES: Mapping[Kind, Wording] = {
    Kind.GAP: Wording("Lucka i arkivet", "Gap in the archive"),
    Kind.LOGIN: Wording("Inloggningen godtas inte", "The login is not accepted"),
    Kind.TOKEN: Wording("Inloggningen går snart ut", "The login will run out soon"),
    Kind.MASS_DISAPPEARANCE: Wording("Mycket försvann på en gång", "Much disappeared at once"),
    Kind.VERSION_SUNSET: Wording(
        "Plattformen har stängt gränssnittet", "The platform has closed its interface"
    ),
    Kind.ACCOUNT_GONE: Wording("Kontot går inte att nå", "The account is gone"),
    Kind.UNSEEN: Wording("Ingen lyckad insamling", "No successful harvest"),
    Kind.WORKER_SILENT: Wording("Insamlaren står stilla", "The worker is silent"),
    Kind.INTEGRITY: Wording("Arkivet stämmer inte", "The archive does not verify"),
    Kind.HANDOVER: Wording("En överlämning är försenad", "A handover is late"),
    Kind.STOPPED: Wording("Nödstopp", "Emergency stop"),
    Kind.UNSTAMPED: Wording("Tidsstämplarna uteblir", "No time stamps come"),
    Kind.STORE: Wording("Arkivets kopia har problem", "Trouble with the archive's copy"),
    Kind.HOLD_REVIEW: Wording("Ett gallringsstopp ska ses över", "A hold is to be reviewed"),
    Kind.REQUEST_WAITS: Wording("En begäran väntar på svar", "A request waits for an answer"),
    Kind.DISPOSAL: Wording("En gallring har stannat", "A disposal has stopped"),
    Kind.DISPOSED_CHANGED: Wording(
        "Gallrat visas ändrat på plattformen", "What was disposed of is shown with another text"
    ),
    Kind.INCIDENT: Wording(
        "En personuppgiftsincident ska anmälas", "A personal data breach is to be notified"
    ),
    Kind.SUBJECT_REQUEST: Wording(
        "En registrerads begäran ska besvaras", "A data subject's request is to be answered"
    ),
    Kind.TEST: Wording("Prov av larm", "Test of alerts"),
}
PHASES: Mapping[Phase, Wording] = {
    Phase.RAISED: Wording("", ""),
    Phase.CHANGED: Wording("nytt skäl", "new reason"),
    Phase.REPEATED: Wording("pågår än", "still so"),
    Phase.CLEARED: Wording("avhjälpt", "all clear"),
}
REMEDIES: Mapping[Kind, Wording] = {
    Kind.TOKEN: Wording(
        "Skaffa en ny inloggning och lägg in den med `diarkiv channel credential`.",
        "Get a new login and give it with `diarkiv channel credential`.",
    ),
    Kind.UNSEEN: Wording(
        "Se skälen med `diarkiv gap list`, och läget med `diarkiv doctor`.",
        "See why with `diarkiv gap list`, and how it stands with `diarkiv doctor`.",
    ),
    Kind.WORKER_SILENT: ADVICE[NOT_LOOKED].remedy,
    Kind.INTEGRITY: Wording(
        "Ändra ingenting. Kör `diarkiv verify` och `diarkiv doctor`, och tala med revisorn.",
        "Change nothing. Run `diarkiv verify` and `diarkiv doctor`, and tell the auditor.",
    ),
    Kind.HANDOVER: Wording(
        "Öppna överlämningen under Diarium › Överlämnat, hör av dig till mottagaren, och anteckna "
        "kvittensen eller svaret. Då upphör påminnelserna.",
        "Open the handover under Diarium › Överlämnat, get in touch with the recipient, and note "
        "the receipt or the answer. The reminders end with it.",
    ),
    Kind.STOPPED: Wording(
        "En handling har gjorts oåtkomlig för alla, vid misstanke om brott. Ring polisen (112 om "
        "någon är i fara, annars 114 14) och den som har nyckeln. Ingenting i arkivet går att "
        "visa; följ rutinen och vänta på en dokumenterad instruktion.",
        "A record was put out of everybody's reach, on suspicion of a crime. Call the police (112 "
        "if somebody is in danger, else 114 14) and whoever holds the key. Nothing of it can be "
        "shown; follow the routine and wait for a documented instruction.",
    ),
    Kind.UNSTAMPED: Wording(
        "Kör `diarkiv stamp`: svaret säger vad som är fel. Arkivet tar emot handlingar som "
        "vanligt; det som kräver en tidsstämpel väntar.",
        "Run `diarkiv stamp`: it says what is wrong. The archive takes records in as usual; what "
        "needs a time stamp waits.",
    ),
    Kind.STORE: Wording(
        "Arkivet kopieras inte till sin lagringsplats, eller så går låsen där inte att förlänga. "
        "Inget är förlorat, men det som kommer in nu finns kanske bara på den här maskinen. Se "
        "skälet med `diarkiv s3 status`, och prova `diarkiv s3 ship` och `diarkiv doctor s3`.",
        "The archive is not being copied to its store, or the locks there cannot be renewed. "
        "Nothing is lost, but what comes in now may be on this machine only. See why with "
        "`diarkiv s3 status`, and try `diarkiv s3 ship` and `diarkiv doctor s3`.",
    ),
    Kind.HOLD_REVIEW: Wording(
        "Dagen för översyn har passerat. Stoppet gäller än: se över det med `diarkiv retention "
        "hold review`, eller häv det med `diarkiv retention hold lift`.",
        "The day of its review has passed. It still holds: review it with `diarkiv retention hold "
        "review`, or lift it with `diarkiv retention hold lift`.",
    ),
    Kind.REQUEST_WAITS: Wording(
        "En begäran om allmän handling ska normalt besvaras samma dag. Öppna den under Begäran, "
        "lämna ut det som är klart och berätta när resten kommer.",
        "A request for public records is normally answered the same day. Open it under Requests, "
        "give out what is ready, and say when the rest will come.",
    ),
    Kind.DISPOSAL: Wording(
        "Öppna gallringen under Gallring: där står vad som tog emot. Det som väntar försöker "
        "Diarkiv med igen av sig självt; en gallring som avbröts föreslås på nytt.",
        "Open the disposal under Disposal: it says what stood in the way. What waits is tried "
        "again by itself; one that was ended is proposed anew.",
    ),
    Kind.DISPOSED_CHANGED: Wording(
        "Något som har gallrats visas än på plattformen, med ändrad text. Arkivet tar inte in det "
        "igen av sig självt. Se listan under Gallring och bedöm om det är en ny handling.",
        "Something that was disposed of is still shown on the platform, with another text. The "
        "archive does not take it in again by itself. See the list under Disposal, and judge "
        "whether it is a new record.",
    ),
    Kind.INCIDENT: Wording(
        "Öppna incidenten under Dataskydd. Bedöm risken, och anmäl till IMY inom 72 timmar från "
        "att den blev känd; det som inte är känt än kompletteras senare. Är risken osannolik: "
        "anteckna varför.",
        "Open the incident under Dataskydd. Assess the risk, and notify IMY within 72 hours of "
        "becoming aware; what is not known yet follows later. If a risk is unlikely: note why.",
    ),
    Kind.SUBJECT_REQUEST: Wording(
        "Öppna begäran under Dataskydd och besvara den, eller förläng tiden inom den första "
        "månaden och tala om varför.",
        "Open the request under Dataskydd and answer it, or take more time within the first month "
        "and tell why.",
    ),
    Kind.TEST: Wording(
        "Inget behöver göras: någon provade om larmen kommer fram.",
        "Nothing need be done: somebody tried whether alerts arrive.",
    ),
}
_URGENT = Wording("BRÅDSKANDE", "URGENT")
_WITHOUT_REASON = frozenset(
    {Kind.TOKEN, Kind.TEST, Kind.HANDOVER, Kind.STOPPED, Kind.UNSTAMPED, Kind.STORE}
    | {Kind.HOLD_REVIEW, Kind.DISPOSED_CHANGED, Kind.INCIDENT, Kind.SUBJECT_REQUEST}
)
_WAITS: Mapping[str, Wording] = {
    "amber": Wording("den kom in föregående arbetsdag", "it came in the working day before"),
    "red": Wording("den har väntat två arbetsdagar eller mer", "it has waited two working days"),
}
_STOOD_IN_THE_WAY: Mapping[str, Wording] = {
    "waiting": Wording(
        "den har inte verkställts fast tiden är inne", "it was not carried out when it was time"
    ),
    "unstamped": Wording("tidsstämpeln saknas", "the time stamp is missing"),
    "unfinished": Wording(
        "nycklarna är förstörda, men allt är inte borttaget",
        "the keys are destroyed, but not all is removed",
    ),
    "hold-in-force": Wording("ett gallringsstopp", "a disposal hold"),
    "set-changed": Wording("urvalet har ändrats", "the set has changed"),
    "disposal-not-authorised": Wording(
        "inget gällande beslut täcker det, eller fristen löper än",
        "no decision in force covers it, or it is not due",
    ),
}
_ITEMS: Mapping[Kind, str] = {Kind.STOPPED: "R", Kind.REQUEST_WAITS: "B"}
_REMINDER = Wording("påminnelse", "reminder")
_CAUSES: Mapping[str, Wording] = {
    "receipt": Wording("kvittens från mottagaren", "the recipient's receipt"),
    "answer": Wording("svar, efter vår egen frist", "an answer, by our own deadline"),
}
_NOBODY = Wording(
    "Ingen har jour just nu: larmet går till alla mottagare.",
    "Nobody is on duty now: this goes to all recipients.",
)
_MISSED = Wording(
    "{} i jourlistan kunde inte nås: avstängd, utan roll eller utan e-postadress.",
    "{} in the duty roster could not be reached: locked, without a role or without an address.",
)


def subject(alert: Alert, language: str) -> str:
    """One line: how urgent, what, where, and whether it goes on or has ended."""
    phase = PHASES[alert.phase].say(language)
    if alert.kind is Kind.HANDOVER:
        phase = f"{_REMINDER.say(language)} {alert.step}"
    urgent = alert.severity is Severity.URGENT and alert.phase is not Phase.CLEARED
    parts = [
        f"[Diarkiv] {_URGENT.say(language)}:" if urgent else "[Diarkiv]",
        TITLES[alert.kind].say(language),
        f"({phase})" if phase else "",
        f"– {_place(alert)}" if _place(alert) else "",
    ]
    return " ".join(part for part in parts if part)


def body(alert: Alert, language: str, audience: Audience | None = None) -> str:
    """The whole message as plain text."""
    audience = audience or Audience()
    sv = language != "en"
    lines = [TITLES[alert.kind].say(language) + ".", ""]
    facts = {
        ("Konto" if sv else "Channel") if alert.item is None else ("Gäller" if sv else "About"): (
            _place(alert)
        ),
        "Saknas" if sv else "Missing": _missing(alert, language),
        "Sedan" if sv else "Since": _time(alert.since),
        "Till" if sv else "Until": _time(alert.until),
        "Skäl" if sv else "Reason": _whys(alert, language),
        "Listor" if sv else "Lists": str(alert.count) if alert.count else "",
        "Dagar kvar" if sv else "Days left": "" if alert.days is None else str(alert.days),
        _hours_of(alert, language): "" if alert.hours is None else str(alert.hours),
    }
    lines += [f"{name}: {value}" for name, value in facts.items() if value]
    if alert.phase is not Phase.CLEARED:
        todo = remedies(alert.reasons, language)
        if alert.kind in REMEDIES:
            todo = [REMEDIES[alert.kind].say(language)]
        lines += ["", *todo]
    if audience.missed:
        lines += ["", _MISSED.say(language).format(audience.missed)]
    if audience.nobody_on_duty:
        lines += ["", _NOBODY.say(language)]
    lines += ["", f"{'Larm' if sv else 'Alert'} {alert.number}"]
    return "\n".join(lines) + "\n"


def _hours_of(alert: Alert, language: str) -> str:
    """What an alert's hours count."""
    if alert.kind is Kind.INCIDENT:
        return Wording("Timmar kvar", "Hours left").say(language)
    return Wording("Timmar utan insamling", "Hours unseen").say(language)


def _reasons(alert: Alert) -> tuple[str, ...]:
    """A login that runs out has no reason besides."""
    return () if alert.kind in _WITHOUT_REASON else alert.reasons


def _whys(alert: Alert, language: str) -> str:
    """The reasons in words."""
    known = {Kind.DISPOSAL: _STOOD_IN_THE_WAY, Kind.REQUEST_WAITS: _WAITS}.get(alert.kind, {})
    found = (known[c].say(language) if c in known else words(c, language) for c in _reasons(alert))
    return "; ".join(found)


def _missing(alert: Alert, language: str) -> str:
    """What a reminder asks for."""
    cause = alert.reasons[0].partition("_")[0] if alert.kind is Kind.HANDOVER else ""
    return _CAUSES[cause].say(language) if cause in _CAUSES else ""


def _place(alert: Alert) -> str:
    channel = "" if alert.channel is None else f"C{alert.channel}"
    item = "" if alert.item is None else f"{_ITEMS.get(alert.kind, '')}{alert.item}"
    return ", ".join(part for part in (alert.authority_code, alert.platform, channel, item) if part)


def _time(at: int | None) -> str:
    return "" if at is None else f"{instant(at).astimezone(STOCKHOLM):%Y-%m-%d %H:%M %Z}"

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
    Kind.TEST: Wording(
        "Inget behöver göras: någon provade om larmen kommer fram.",
        "Nothing need be done: somebody tried whether alerts arrive.",
    ),
}
_URGENT = Wording("BRÅDSKANDE", "URGENT")
_WITHOUT_REASON = frozenset({Kind.TOKEN, Kind.TEST, Kind.HANDOVER, Kind.STOPPED})
_ITEMS: Mapping[Kind, str] = {Kind.STOPPED: "R"}
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
        "Skäl" if sv else "Reason": "; ".join(words(code, language) for code in _reasons(alert)),
        "Listor" if sv else "Lists": str(alert.count) if alert.count else "",
        "Dagar kvar" if sv else "Days left": "" if alert.days is None else str(alert.days),
        "Timmar utan insamling" if sv else "Hours unseen": (
            "" if alert.hours is None else str(alert.hours)
        ),
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


def _reasons(alert: Alert) -> tuple[str, ...]:
    """A login that runs out has no reason besides."""
    return () if alert.kind in _WITHOUT_REASON else alert.reasons


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

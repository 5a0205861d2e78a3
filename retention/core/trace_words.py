"""The steps of a trace and the kinds of holds in words, Swedish and English: one place for pages,
prints and commands. A code this release does not know is shown as it stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from archiver.core.reason import Wording
from retention.core.evaluate import Fate, Reason, Step
from retention.core.hold import HoldKind
from retention.core.vocabulary import LEVELS, TRIGGERS

HOLDS: Mapping[str, Wording] = {
    HoldKind.ACCESS_REQUEST: Wording("begäran om utlämnande", "request for access"),
    HoldKind.SUPERVISION: Wording("tillsyn", "supervision"),
    HoldKind.POLICE: Wording("polisanmälan", "police report"),
    HoldKind.COURT: Wording("rättsprocess", "court proceedings"),
    HoldKind.AUDIT: Wording("revision", "audit"),
    HoldKind.RESTRICTION: Wording("begränsning enligt GDPR", "restriction under GDPR"),
    HoldKind.INCIDENT: Wording("personuppgiftsincident", "personal data breach"),
    HoldKind.OPEN_CASE: Wording("öppet ärende", "open case"),
    HoldKind.UNDELIVERED_TRANSFER: Wording(
        "överlämning utan kvittens", "handover without a receipt"
    ),
    HoldKind.ARCHIVAL_AUTHORITY: Wording(
        "arkivmyndighetens stopp", "the archival authority's stop"
    ),
    HoldKind.OTHER: Wording("annat", "other"),
}
FATES: Mapping[str, Wording] = {
    Fate.UNRULED: Wording("Bevaras: ingen regel gäller", "Kept: no rule takes it"),
    Fate.PERMANENT: Wording("Bevaras", "Kept for ever"),
    Fate.WAITING: Wording("Bevaras tills vidare", "Kept until its event has happened"),
    Fate.TIMED: Wording("Gallras efter en frist", "Disposed of after a time"),
}
_STEPS: Mapping[str, Wording] = {
    Reason.NO_SCHEDULE: Wording(
        "Myndigheten har ingen plan som gäller den dagen.",
        "The authority has no schedule in force that day.",
    ),
    Reason.CLASSED: Wording(
        "En person har fört handlingen till {rule}.", "A person has put the record in {rule}."
    ),
    Reason.UNKNOWN_CLASS: Wording(
        "En person har fört handlingen till {rule}, som planen inte har: den bevaras.",
        "A person has put the record in {rule}, which the schedule does not have: it is kept.",
    ),
    Reason.APPLIES: Wording("{rule} omfattar handlingen.", "{rule} takes the record."),
    Reason.NO_RULE: Wording(
        "Ingen rad i planen omfattar handlingen: den bevaras.",
        "No row of the schedule takes the record: it is kept.",
    ),
    Reason.KEPT_FOR_EVER: Wording("{rule}: bevaras.", "{rule}: kept for ever."),
    Reason.EVENT_MISSING: Wording(
        "{rule}: händelsen har inte inträffat ({detail}).",
        "{rule}: the event has not happened ({detail}).",
    ),
    Reason.EVENT: Wording(
        "{rule}: fristen räknas från {day} ({detail}).",
        "{rule}: the period runs from {day} ({detail}).",
    ),
    Reason.DUE: Wording("{rule}: kan gallras från {day}.", "{rule}: may go from {day}."),
    Reason.STRONGEST: Wording(
        "Flera rader gäller, och den strängaste avgör: {rule}.",
        "Several rows apply, and the strictest decides: {rule}.",
    ),
    Reason.NOT_YET: Wording("Fristen har inte gått ut.", "The time has not run out."),
    Reason.DECIDED: Wording(
        "Gallringsbeslut {seq} omfattar handlingen ({detail}).",
        "Disposal decision {seq} covers the record ({detail}).",
    ),
    Reason.LEVEL_MISSING: Wording(
        "Det saknas ett gällande beslut som omfattar handlingen: {detail}.",
        "No decision in force covers the record at this level: {detail}.",
    ),
    Reason.UNDECIDED: Wording(
        "Inget gällande gallringsbeslut omfattar handlingen.",
        "No disposal decision in force covers the record.",
    ),
    Reason.CHANGED_RULE: Wording(
        "Gallringsbeslut {seq} omfattar inte handlingen. Beslutet gäller raden {rule} som den löd "
        "då; planen har ändrats sedan dess.",
        "Disposal decision {seq} does not cover the record. The decision is about the row {rule} "
        "as it stood then; the schedule has changed since.",
    ),
    Reason.HELD: Wording("Gallringsstopp {seq}: {detail}.", "Hold {seq}: {detail}."),
    Reason.ANSWERED: Wording(
        "R{seq}, som svarar på handlingen, bevaras: då gör den det också.",
        "R{seq}, which answers the record, is kept: so it is too.",
    ),
}


def say(step: Step, language: str) -> str:
    """A step as a sentence, Swedish unless the language is "en"."""
    wording = _STEPS.get(step.code)
    if wording is None:
        return " ".join(str(one) for one in (step.code, step.rule, step.detail) if one)
    detail = step.detail
    for words in (TRIGGERS, LEVELS, HOLDS):
        if detail in words:
            detail = words[detail].say(language)
            break
    day = step.day.isoformat() if step.day else ""
    return wording.say(language).format(rule=step.rule, seq=step.seq, day=day, detail=detail)

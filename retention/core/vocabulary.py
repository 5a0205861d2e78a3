"""The codes of schedules and decisions in words, Swedish and English: one place for files, pages
and commands.

A file may say a code, or its word in either language; a code this release does not know is shown as
it stands. The words are those of a municipal records schedule (informationshanteringsplan). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from archiver.core.reason import Wording
from archiver.core.record import Origin
from archiver.registry.core.triage import Outcome
from retention.core.decision import MinorCondition
from retention.core.schedule import DecisionLevel, Rounding, TextStatus, TriggerName

TRIGGERS: Mapping[str, Wording] = {
    TriggerName.RECEIVED: Wording("inkommen", "received"),
    TriggerName.DRAWN_UP: Wording("upprättad", "drawn up"),
    TriggerName.DISPATCHED: Wording("expedierad", "dispatched"),
    TriggerName.CASE_CLOSED: Wording("ärendet avslutat", "case closed"),
    TriggerName.CHANNEL_CLOSED: Wording("kontot avslutat", "channel closed"),
    TriggerName.PROJECT_CLOSED: Wording("projektet avslutat", "project closed"),
    TriggerName.MODERATED: Wording("modererad", "moderated"),
    TriggerName.BLOCK_LIFTED: Wording("blockeringen hävd", "block lifted"),
    TriggerName.DECISION_FINAL: Wording("beslutet har fått laga kraft", "decision final"),
    TriggerName.VERSION_SUPERSEDED: Wording("versionen ersatt", "version superseded"),
    TriggerName.THREAD_INACTIVE: Wording("tråden inaktiv", "thread inactive"),
    TriggerName.DECLARED_INACTIVE: Wording("förklarad inaktuell", "declared inactive"),
    TriggerName.TRANSFER_RECEIPTED: Wording("leveransen kvitterad", "transfer receipted"),
}
ROUNDINGS: Mapping[str, Wording] = {
    Rounding.CALENDAR_YEAR: Wording("kalenderår", "calendar year"),
    Rounding.EXACT: Wording("exakt dag", "exact"),
    Rounding.MONTH_END: Wording("månadsslut", "month end"),
}
STATUSES: Mapping[str, Wording] = {
    TextStatus.DECIDED: Wording("beslutad", "decided"),
    TextStatus.PROPOSED: Wording("förslag", "proposed"),
    TextStatus.RECONSTRUCTED: Wording("rekonstruerad", "reconstructed"),
    TextStatus.UNVERIFIED: Wording("ej verifierad", "unverified"),
}
LEVELS: Mapping[str, Wording] = {
    DecisionLevel.COUNCIL: Wording("kommunfullmäktige", "council"),
    DecisionLevel.ARCHIVAL_AUTHORITY: Wording("arkivmyndigheten", "archival authority"),
    DecisionLevel.AUTHORITY: Wording("myndigheten", "authority"),
    DecisionLevel.APPLICATION: Wording("tillämpningsbeslut", "application"),
}
CONDITIONS: Mapping[str, Wording] = {
    MinorCondition.INSIGHT: Wording(
        "insynen åsidosätts inte", "the right of access does not suffer"
    ),
    MinorCondition.NO_VALUE: Wording(
        "inget värde för rättskipning, förvaltning eller forskning",
        "no value to justice, administration or research",
    ),
    MinorCondition.PROCESSED: Wording(
        "föreskriven bearbetning, redovisning och kontroll är klar",
        "prescribed processing, accounting and control are done",
    ),
    MinorCondition.AUDIT_PASSED: Wording(
        "revision och preskription har passerat", "audit and prescription have passed"
    ),
    MinorCondition.NO_RIGHTS: Wording(
        "ingen betydelse kvar för rättigheter eller skyldigheter",
        "no bearing left on rights or obligations",
    ),
}
ORIGINS: Mapping[str, Wording] = {
    Origin.RECEIVED: Wording("inkommen", "received"),
    Origin.DRAWN_UP: Wording("upprättad", "drawn up"),
}
OUTCOMES: Mapping[str, Wording] = {
    "": Wording("inget beslut", "undecided"),
    Outcome.MINOR: Wording("av ringa betydelse", "minor"),
    Outcome.KEPT_IN_ORDER: Wording("hålls ordnad", "kept in order"),
    Outcome.REGISTERED: Wording("registrerad", "registered"),
    Outcome.ELSEWHERE: Wording("registrerad i annat system", "registered elsewhere"),
    Outcome.HANDED_OVER: Wording("överlämnad", "handed over"),
}
# Kinds of records there are; an authority's file that names another would take nothing.
KINDS: Mapping[str, Wording] = {
    "post": Wording("inlägg", "post"),
    "comment": Wording("kommentar", "comment"),
    "reply": Wording("svar", "reply"),
    "review": Wording("omdöme", "review"),
    "story": Wording("händelse", "story"),
    "message": Wording("meddelande", "message"),
    "profile_page": Wording("profilsida", "profile page"),
    "revision": Wording("tidigare lydelse", "revision"),
    "share": Wording("delning", "share"),
    "threadgate": Wording("svarsregler", "thread gate"),
    "call_note": Wording("samtalsanteckning", "call note"),
    "email": Wording("e-post", "e-mail"),
    "screenshot": Wording("skärmbild", "screenshot"),
    "file": Wording("fil", "file"),
    "letter": Wording("brev", "letter"),
    "visit_note": Wording("besöksanteckning", "visit note"),
}
ANSWERS: Mapping[str, Wording] = {"yes": Wording("ja", "yes"), "no": Wording("nej", "no")}

Code = TypeVar("Code", bound=StrEnum)


def word(words: Mapping[str, Wording], code: str, language: str) -> str:
    """A code in words; as it stands if there are none."""
    found = words.get(code)
    return found.say(language) if found else code


def code_of(words: Mapping[str, Wording], text: str) -> str | None:
    """The code that a text names, in code or words of either language; None if there is none."""
    wanted = _plain(text)
    for code, wording in words.items():
        if wanted in {_plain(one) for one in (code, *wording)}:
            return code
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())

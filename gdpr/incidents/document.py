"""An incident as a document: what is kept of every breach (art. 33.5), and what IMY asks for."""

from __future__ import annotations

from collections.abc import Iterable

from archiver.core.calendar import STOCKHOLM
from archiver.core.reason import Wording
from archiver.core.record import instant
from archiver.document.parts import Document, Field, Fields, Heading, Notice, Paragraph, Part
from gdpr.core.incident import HOURS, NOT_TOLD, RISKS, STEPS, Content, Taken
from gdpr.core.processing import Language
from gdpr.incidents.service import Incident

_CONTENT = {
    "nature": Wording("Vad som hänt (33.3 a)", "Nature of the breach (33.3 a)"),
    "subject_categories": Wording("Kategorier av registrerade", "Categories of data subjects"),
    "subjects": Wording("Ungefärligt antal registrerade", "Approximate number of data subjects"),
    "record_categories": Wording("Kategorier av uppgifter", "Categories of records"),
    "records": Wording("Ungefärligt antal poster", "Approximate number of records"),
    "contact": Wording("Dataskyddsombud eller kontakt (33.3 b)", "Contact (33.3 b)"),
    "consequences": Wording("Sannolika konsekvenser (33.3 c)", "Likely consequences (33.3 c)"),
    "measures": Wording("Åtgärder (33.3 d)", "Measures (33.3 d)"),
}


def incident_document(
    one: Incident, *, authority: str, now: int, language: Language = "sv"
) -> Document:
    """All that is recorded of an incident. `now` in milliseconds UTC."""

    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    standing = one.standing
    risk = (
        RISKS[standing.risk].say(language) if standing.risk else say("inte bedömd", "not assessed")
    )
    parts: list[Part] = []
    if standing.clock_runs:
        left = standing.hours_left(now)
        parts.append(
            Notice(
                say(
                    f"Anmälan till IMY: {left} timmar återstår." if left >= 0
                    else f"Tiden på {HOURS} timmar har gått ut.",
                    f"Notification to IMY: {left} hours left." if left >= 0
                    else f"The {HOURS} hours are over.",
                )
            )
        )  # fmt: skip
    parts += [
        Heading(say("Händelsen", "What happened")),
        Paragraph(one.noticed.text),
        Fields(
            (
                Field(say("Känd", "Known"), moment(one.noticed.known_at)),
                Field(say("Senast anmäld", "Notify until"), moment(standing.due_at)),
                Field(
                    say("Anmäld till IMY", "Notified to IMY"),
                    moment(standing.notified_at) if standing.notified_at else say("nej", "no"),
                ),
                Field(say("Skäl till dröjsmål", "Reason for delay"), standing.delay or "–"),
                Field(say("Risk", "Risk"), risk),
                Field(say("Berörda handlingar", "Records"), str(len(one.noticed.records))),
            )
        ),
        Heading(say("Anmälan enligt artikel 33.3", "Notification under art. 33.3")),
        Fields(tuple(_content(standing.content, language))),
        Heading(say("Åtgärder i ordning", "Steps in order")),
        *(Fields((_step(taken, language),)) for taken in one.steps),
    ]
    return Document(
        kind=say("Personuppgiftsincident", "Personal data breach"),
        title=say("Dokumentation enligt artikel 33.5", "Documentation under art. 33.5"),
        issuer=authority,
        language=language,
        made_at=now,
        particulars=(Field(say("Incident", "Incident"), str(one.seq)),),
        parts=tuple(parts),
    )


def moment(at: int) -> str:
    """An instant in Swedish time, to the minute, with its distance from UTC."""
    return f"{instant(at).astimezone(STOCKHOLM):%Y-%m-%d %H:%M %z}"


def _content(content: Content, language: Language) -> Iterable[Field]:
    unknown = Wording("inte känt än", "not known yet").say(language)
    for name, label in _CONTENT.items():
        value = getattr(content, name)
        yield Field(label.say(language), unknown if value in ("", None) else str(value))


def _step(taken: Taken, language: Language) -> Field:
    said = [moment(taken.at)]
    if taken.risk:
        said.append(RISKS[taken.risk].say(language))
    if taken.not_told:
        said.append(NOT_TOLD[taken.not_told].say(language))
    said += [one for one in (taken.reference, taken.reason, taken.delay) if one]
    return Field(STEPS[taken.step].say(language), ". ".join(said))

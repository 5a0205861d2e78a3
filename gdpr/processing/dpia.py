"""The template of a data protection impact assessment (GDPR art. 35), with the product's own risks.

What the product knows is filled in: what is processed, why, and against which risks what is done
(`dpia.toml`). Likelihood, severity, what remains and the decision are the authority's: the lines
for them are empty, and the document says that it is a template. Pure but for reading that file.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from archiver.core.reason import Wording
from archiver.document.parts import (
    Document,
    Field,
    Fields,
    Heading,
    Notice,
    Paragraph,
    Points,
    Signatures,
)
from gdpr.core.processing import Language, ProcessingRecord


class Risk(NamedTuple):
    """A risk, what the product does about it, and what the authority has still to assess."""

    risk: Wording
    done: Wording
    left: Wording


@cache
def risks() -> tuple[Risk, ...]:
    """The risks that the product knows, in the order of the file."""
    rows = tomllib.loads(files(__package__).joinpath("dpia.toml").read_text("utf-8"))["risk"]
    return tuple(
        Risk(Wording(*row["risk"]), Wording(*row["done"]), Wording(*row["left"])) for row in rows
    )


_QUESTIONS = (
    Wording(
        "Behövs en konsekvensbedömning? (tröskelbedömning, artikel 35.1 och 35.3)",
        "Is an assessment needed? (threshold, arts. 35.1 and 35.3)",
    ),
    Wording(
        "Är behandlingen nödvändig och proportionerlig för vart ändamål?",
        "Is the processing necessary and proportionate for each purpose?",
    ),
    Wording("Dataskyddsombudets råd (artikel 35.2)", "The data protection officer's advice (35.2)"),
    Wording("Synpunkter från registrerade (artikel 35.9)", "Views of data subjects (35.9)"),
    Wording(
        "Behövs förhandssamråd med IMY? (artikel 36)", "Is prior consultation needed? (art. 36)"
    ),
)


def as_document(record: ProcessingRecord, language: Language) -> Document:
    """The template for one authority."""

    def say(sv: str, en: str) -> str:
        return Wording(sv, en).say(language)

    blank = "\u00a0"
    parts: list[Heading | Notice | Points | Paragraph | Fields | Signatures] = [
        Notice(
            say(
                "Mall: ingenting här är bedömt eller beslutat av myndigheten.",
                "A template: nothing here was assessed or decided by the authority.",
            )
        ),
        Heading(say("Behandlingen", "The processing")),
        Points(tuple(f"{row[0]}. {row[1]}" for row in record.rows(language))),
        Heading(say("Frågor att besvara", "Questions to answer")),
        Fields(tuple(Field(one.say(language), blank) for one in _QUESTIONS)),
        Heading(say("Risker", "Risks")),
    ]
    for number, one in enumerate(risks(), 1):
        parts.append(Heading(f"{number}. {one.risk.say(language)}", 2))
        parts.append(
            Fields(
                (
                    Field(
                        say("Det här gör systemet", "What the system does"), one.done.say(language)
                    ),
                    Field(say("Återstår att bedöma", "Left to assess"), one.left.say(language)),
                    Field(say("Sannolikhet, allvar", "Likelihood, severity"), blank),
                    Field(say("Åtgärd, ansvarig, klart", "Measure, who, when"), blank),
                )
            )
        )
    parts.append(Heading(say("Beslut", "Decision")))
    parts.append(Signatures((say("Den personuppgiftsansvarige", "For the controller"),)))
    return Document(
        kind=say("Konsekvensbedömning, mall", "Impact assessment, template"),
        title=say("Sociala medier och arkivet av dem", "Social media and the archive of them"),
        issuer=record.authority,
        language=language,
        made_at=record.made_at,
        particulars=(),
        parts=tuple(parts),
    )

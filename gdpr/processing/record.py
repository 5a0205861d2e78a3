"""The record of processing (GDPR art. 30) generated from what is configured: PDF, JSON and CSV.

The rows of the purposes are data (`purposes.toml`); channels and platforms come from the register
of channels, periods from the authority's schedule. Nothing is recorded by generating it.
"""

from __future__ import annotations

import csv
import io
import tomllib
from functools import cache
from importlib.resources import files

from archiver.core.canonical import Json, encode
from archiver.core.reason import Wording
from archiver.document.parts import Column, Document, Field, Fields, Heading, Notice, Points, Table
from archiver.document.render import Attachment
from gdpr.core.processing import CODES, COLUMNS, Language, ProcessingRecord, Purpose

_TEXTS = ("name", "basis", "subjects", "data", "recipients", "transfers", "safeguards", "confirm")


@cache
def purposes() -> tuple[Purpose, ...]:
    """The purposes that the product knows, in the order of the file."""
    text = files(__package__).joinpath("purposes.toml").read_text("utf-8")
    return tuple(
        Purpose(
            code=row["code"],
            classes=tuple(row["classes"]),
            **{name: Wording(*row[name]) for name in _TEXTS},
        )
        for row in tomllib.loads(text)["purpose"]
    )


def as_data(record: ProcessingRecord, language: Language) -> dict[str, Json]:
    """The record as JSON: columns by their codes."""
    return {
        "controller": record.authority,
        "contact": record.contact,
        "data_protection_officer": record.officer,
        "made_at": record.made_at,
        "channels": [
            {"channel": f"C{one.channel}", "platform": one.platform, "title": one.title}
            for one in record.sources
        ],
        "purposes": [
            {"code": one.code, **dict(zip(CODES, row, strict=True))}
            for one, row in zip(record.purposes, record.rows(language), strict=True)
        ],
        "missing": [one.say(language) for one in record.missing()],
    }


def as_csv(record: ProcessingRecord, language: Language) -> str:
    """The purposes as CSV under their columns; what a spreadsheet would compute is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([one.say(language) for one in COLUMNS])
    for row in record.rows(language):
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t" else cell for cell in row])
    return out.getvalue()


def as_document(record: ProcessingRecord, language: Language) -> Document:
    """The record as a document, with its JSON attached."""
    title = Wording("Register över behandling", "Record of processing activities").say(language)
    missing = record.missing()
    parts: list[Heading | Notice | Points | Fields | Table] = []
    if missing:
        parts += [
            Notice(
                Wording("Registret är inte fullständigt.", "The record is not complete.").say(
                    language
                )
            ),
            Points(tuple(one.say(language) for one in missing)),
        ]
    unknown = Wording("Inte angivet", "Not given").say(language)
    who = (
        (Wording("Personuppgiftsansvarig", "Controller"), record.authority),
        (Wording("Kontakt", "Contact"), record.contact or unknown),
        (Wording("Dataskyddsombud", "Data protection officer"), record.officer or unknown),
    )
    parts.append(Fields(tuple(Field(label.say(language), value) for label, value in who)))
    parts.append(Heading(Wording("Kanaler", "Channels").say(language)))
    heads = (Wording("Plattform", "Platform"), Wording("Konto", "Account"))
    parts.append(
        Table(
            tuple(Column(one.say(language), 1) for one in heads),
            tuple((one.platform, one.title) for one in record.sources),
        )
    )
    for row in record.rows(language):
        parts.append(Heading(row[0]))
        labels = [one.say(language) for one in COLUMNS[1:]]
        parts.append(
            Fields(tuple(Field(label, cell) for label, cell in zip(labels, row[1:], strict=True)))
        )
    return Document(
        kind=title,
        title=Wording("Sociala medier", "Social media").say(language),
        issuer=record.authority,
        language=language,
        made_at=record.made_at,
        particulars=(),
        parts=tuple(parts),
        attached=(
            Attachment(
                name="behandlingsregister.json",
                media_type="application/json",
                data=encode(as_data(record, language)),
                purpose=Wording("samma uppgifter i maskinläsbar form", "the same as data").say(
                    language
                ),
            ),
        ),
    )

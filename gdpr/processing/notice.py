"""The privacy notice (GDPR arts. 13–14) of an authority or one of its channels, in two languages.

The paragraphs are data (`notice.toml`); names, contacts, channels and periods are filled in. Whom
others mention is not told separately (GDPR art. 14.5 b and c): the notice is public instead. Pure
but for reading that file once.
"""

from __future__ import annotations

import tomllib
from functools import cache
from hashlib import sha256
from importlib.resources import files

from archiver.core.canonical import encode
from archiver.core.reason import Wording
from archiver.document.parts import Document, Heading, Paragraph
from gdpr.core.processing import Language, ProcessingRecord

_TITLE = Wording(
    "Så behandlar vi personuppgifter i sociala medier",
    "How we process personal data on social media",
)
_KIND = Wording("Information till registrerade", "Privacy notice")
_MISSING = Wording("[fylls i av myndigheten]", "[the authority fills in]")
_KEPT = Wording("allt bevaras tills något annat beslutas", "all is kept until otherwise decided")


@cache
def _parts() -> tuple[tuple[Wording, Wording], ...]:
    rows = tomllib.loads(files(__package__).joinpath("notice.toml").read_text("utf-8"))["part"]
    return tuple(
        (Wording(row["sv"][0], row["en"][0]), Wording(row["sv"][1], row["en"][1])) for row in rows
    )


def paragraphs(record: ProcessingRecord, language: Language) -> list[tuple[str, str]]:
    """The notice: (heading, text), for the channels of the record."""
    missing = _MISSING.say(language)
    decided = [one for one in record.periods if one.decided]
    filled = {
        "authority": record.authority,
        "contact": record.contact or missing,
        "officer": record.officer or missing,
        "channels": "; ".join(f"{one.title} ({one.platform})" for one in record.sources) or missing,
        "platforms": ", ".join(sorted({one.platform for one in record.sources})) or missing,
        "periods": "; ".join(f"{one.label}: {one.words.say(language)}" for one in decided)
        or _KEPT.say(language),
    }
    return [
        (heading.say(language), text.say(language).format(**filled)) for heading, text in _parts()
    ]


def as_text(record: ProcessingRecord, language: Language) -> str:
    """The notice as plain text, to be put where people look."""
    blocks = [f"{heading}\n{text}" for heading, text in paragraphs(record, language)]
    return "\n\n".join([f"{_TITLE.say(language)}\n{record.authority}", *blocks]) + "\n"


def as_document(record: ProcessingRecord, language: Language) -> Document:
    """The notice as a document."""
    parts: list[Heading | Paragraph] = []
    for heading, text in paragraphs(record, language):
        parts += [Heading(heading), Paragraph(text)]
    return Document(
        kind=_KIND.say(language),
        title=_TITLE.say(language),
        issuer=record.authority,
        language=language,
        made_at=record.made_at,
        particulars=(),
        parts=tuple(parts),
    )


def digest(swedish: str, english: str) -> str:
    """SHA-256 (hex) of both texts, as it stands in the log when they are adopted."""
    return sha256(encode({"en": english, "sv": swedish})).hexdigest()

"""What a document is made of: headings, paragraphs, fields, tables, notices, signatures.

One structure gives the PDF (`as_pdf`) and the plain text (`as_text`), so that the two cannot say
different things. All words come from whoever makes the document, in its language: the template
holds none. Pure but for `as_pdf`, which runs typst. Invariants: a row of a table has a cell for
each column; a document has a title and a language.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archiver.core.canonical import JsonObject
from archiver.core.record import instant
from archiver.document.characters import shown
from archiver.document.render import Attachment, render

Language = Literal["sv", "en"]
_WIDTH = 78
_PAGE: dict[Language, str] = {"sv": "Sida", "en": "Page"}
_CODED: dict[Language, str] = {
    "sv": "Tecken som inte kan återges i skrift här står med sin kod, [U+…].",
    "en": "Characters that cannot be shown here stand as their codes, [U+…].",
}
_FILES: dict[Language, str] = {
    "sv": "Bilagt i filen",
    "en": "Attached in this file",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the first level below the title, or of the second."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, without markup of any kind."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What nobody may miss, in a frame: that nothing is decided, or not finished."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list of points."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what is said under it; `exact` is for digests, set in a fixed width."""

    label: str
    value: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels and values, one a row."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: `share` of the width (0: what it needs); numbers stand to the right."""

    label: str
    share: int = 0
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers that come again on each page. ValueError if a row has other columns."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        every = (*self.rows, self.total) if self.total else self.rows
        if any(len(row) != len(self.columns) for row in every):
            raise ValueError("A row does not have a cell for each column.")


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on, each with who signs below it."""

    signers: tuple[str, ...]


Part: TypeAlias = Heading | Paragraph | Notice | Points | Fields | Table | Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of an authority. `made_at` is in milliseconds since 1970 UTC.

    `kind` is what it is called (Gallringsprotokoll), `title` what this one is about; `particulars`
    stand in its head: date, number.
    """

    kind: str
    title: str
    issuer: str
    language: Language
    made_at: int
    particulars: tuple[Field, ...]
    parts: tuple[Part, ...]
    attached: tuple[Attachment, ...] = ()


def as_pdf(document: Document) -> bytes:
    """The document as PDF/A-3a and PDF/UA-1. Raises `RenderFailed`."""
    return render("document", _data(document), made_at=document.made_at, attached=document.attached)


def as_text(document: Document) -> str:
    """The document as plain text of 78 columns, for mail, archive systems and screen readers. What
    would rule a terminal or turn the direction of writing is its code, as in the PDF."""
    head = [document.issuer, document.kind.upper()]
    head += [f"{one.label}: {one.value}" for one in document.particulars]
    blocks = ["\n".join(head), f"{document.title}\n{'=' * min(len(document.title), _WIDTH)}"]
    for part in document.parts:
        blocks += ["\n".join(lines) for lines in _text(part)]
    return shown("\n\n".join(block for block in blocks if block)) + "\n"


def _text(part: Part) -> Iterator[Sequence[str]]:
    """The blocks of lines that a part is in plain text; between blocks stands an empty line."""
    match part:
        case Heading(text, level):
            yield [text, ("-" if level == 1 else ".") * min(len(text), _WIDTH)]
        case Paragraph(text):
            yield _wrapped(text)
        case Notice(text):
            yield _wrapped(f"*** {text} ***")
        case Points(items):
            yield [line for item in items for line in _wrapped(item, first="– ", rest="  ")]
        case Fields(fields):
            yield [line for one in fields for line in _field(one.label, one.value)]
        case Table(columns, rows, total):
            for row in (*rows, total) if total else rows:
                cells = zip(columns, row, strict=True)
                lines = [line for c, cell in cells if cell for line in _field(c.label, cell)]
                yield [f"{'–' if i == 0 else ' '} {line}" for i, line in enumerate(lines)]
        case Signatures(signers):
            for signer in signers:
                yield ["", "_" * 40, signer]


def _field(label: str, value: str) -> Sequence[str]:
    return _wrapped(value, first=f"{label}: ", rest="    ")


def _wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    wrapper = textwrap.TextWrapper(
        width=_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    paragraphs = text.split("\n")
    lines = wrapper.wrap(paragraphs[0]) or [first.rstrip()]
    wrapper.initial_indent = rest
    for one in paragraphs[1:]:
        lines += wrapper.wrap(one)
    return lines


def _data(document: Document) -> JsonObject:
    """The document as the template reads it."""
    day = instant(document.made_at)
    return {
        "kind": document.kind,
        "title": document.title,
        "issuer": document.issuer,
        "language": document.language,
        "made": {"year": day.year, "month": day.month, "day": day.day},
        "particulars": [{"label": one.label, "value": one.value} for one in document.particulars],
        "parts": [_part(one) for one in document.parts],
        "words": {
            "page": _PAGE[document.language],
            "coded": _CODED[document.language],
            "files": _FILES[document.language],
        },
    }


def _part(part: Part) -> JsonObject:
    match part:
        case Heading(text, level):
            return {"is": "heading", "text": text, "level": level}
        case Paragraph(text):
            return {"is": "paragraph", "text": text}
        case Notice(text):
            return {"is": "notice", "text": text}
        case Points(items):
            return {"is": "points", "items": list(items)}
        case Fields(fields):
            return {
                "is": "fields",
                "fields": [
                    {"label": one.label, "value": one.value, "exact": one.exact} for one in fields
                ],
            }
        case Table(columns, rows, total):
            return {
                "is": "table",
                "columns": [
                    {"label": one.label, "share": one.share, "number": one.number}
                    for one in columns
                ],
                "rows": [list(row) for row in rows],
                "total": list(total),
            }
        case Signatures(signers):
            return {"is": "signatures", "signers": list(signers)}

"""One structure, two forms: what the PDF says, the plain text says."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest

from archiver.document.parts import (
    Column,
    Document,
    Field,
    Fields,
    Heading,
    Notice,
    Paragraph,
    Points,
    Signatures,
    Table,
    as_pdf,
    as_text,
)

DOCUMENT = Document(
    kind="Protokoll",
    title="Gallring av kommentarer",
    issuer="Kommunstyrelsen, Testköpings kommun",
    language="sv",
    made_at=1_795_000_000_000,
    particulars=(Field("Diarienummer", "KS 2026/118"), Field("Datum", "2026-11-18")),
    parts=(
        Notice("Inte slutförd."),
        Heading("Omfattning"),
        Paragraph("Första raden.\nAndra raden, som är så lång att den måste brytas " + "ord " * 20),
        Heading("Närmare", 2),
        Points(("en punkt", "en annan")),
        Fields((Field("Rot", "ab" * 32, exact=True), Field("Tom", ""))),
        Table(
            (Column("Klass", 3), Column("Antal", 1, number=True)),
            (("SM05 Kommentar", "12"), ("SM11 Spam", "3")),
            ("Summa", "15"),
        ),
        Signatures(("Testa Testsson\narkivarie",)),
    ),
)


def test_plain_text_rules_no_terminal_and_turns_no_writing() -> None:
    said = as_text(replace(DOCUMENT, title="\x1b[2J\x07\u202egnirllag", issuer="KS\x85"))
    assert "[U+001B][2J[U+0007][U+202E]gnirllag" in said
    assert all(one.isprintable() or one == "\n" for one in said)


def test_plain_text_says_it_all_in_78_columns() -> None:
    said = as_text(DOCUMENT)
    assert max(map(len, said.splitlines())) <= 78
    assert said.startswith(
        "Kommunstyrelsen, Testköpings kommun\nPROTOKOLL\nDiarienummer: KS 2026/118"
    )
    assert "*** Inte slutförd. ***" in said
    assert "Omfattning\n----------" in said
    assert "Närmare\n......." in said
    assert "Första raden.\nAndra raden" in said
    assert "– en punkt\n– en annan" in said
    assert f"Rot: {'ab' * 32}\nTom:" in said
    assert "– Klass: SM05 Kommentar\n  Antal: 12" in said
    assert "– Klass: Summa\n  Antal: 15" in said
    assert said.endswith("Testa Testsson\narkivarie\n")


def test_the_pdf_says_the_same() -> None:
    pages = pypdf.PdfReader(io.BytesIO(as_pdf(DOCUMENT))).pages
    pdf = "".join("".join(page.extract_text() for page in pages).split()).replace("\u200b", "")
    for line in as_text(DOCUMENT).splitlines():
        said = line.strip("*=-._– ")
        label, _, value = said.partition(": ")
        for one in (label, value) if value else (said,):
            assert "".join(one.split()).removesuffix(":") in pdf


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="cell"):
        Table((Column("a"), Column("b")), (("1",),))
    with pytest.raises(ValueError, match="cell"):
        Table((Column("a"),), (("1",),), total=("1", "2"))

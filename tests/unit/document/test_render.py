"""Data set as PDF: kept, read aloud, the same each time, and never code."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.document.parts import Column as Col
from archiver.document.parts import Document, Field, Fields, Paragraph, Table, as_pdf
from archiver.document.render import Attachment, render
from archiver.errors import RenderFailed

AT = 1_795_000_000_000  # 2026-11-18
SPECIAL = (
    "#let x = 1; *fet* _kursiv_ $a^2$ `rå` <etikett> @ref // /* [x] \\ ~ --- = rubrik #panic()"
)


def document(*parts: Any, **changed: Any) -> Document:
    values: dict[str, Any] = {
        "kind": "Prov",
        "title": "Ett prov",
        "issuer": "Kommunstyrelsen, Testköpings kommun",
        "language": "sv",
        "made_at": AT,
        "particulars": (Field("Diarienummer", "KS 2026/118"),),
        "parts": parts,
    }
    return Document(**{**values, **changed})


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf), strict=True)


def text(pdf: bytes) -> str:
    """What stands in a PDF, without what marks where a word may be broken."""
    pages = "\n".join(page.extract_text() for page in read(pdf).pages)
    return pages.replace("\u200b", "")


def squeezed(said: str) -> str:
    """Without spaces, and without the marks where a line breaks within a word."""
    return "".join(said.split()).replace("\u00ad", "")


def tags(pdf: bytes) -> list[str]:
    """The names of the structure's elements, in order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict) and "/S" in node:
            found.append(str(node["/S"]))
            walk(node.get("/K", []))

    walk(read(pdf).root_object["/StructTreeRoot"]["/K"])  # type: ignore[index]
    return found


def test_a_pdf_is_an_archive_copy_and_accessible() -> None:
    reader = read(as_pdf(document(Paragraph("Hej"))))
    about = reader.xmp_metadata
    assert about is not None
    xmp = about.stream.get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "sv"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Prov: Ett prov"
    assert reader.metadata["/CreationDate"].startswith("D:20261118")


def test_the_same_data_are_the_same_bytes_in_another_process_too() -> None:
    made = as_pdf(document(Paragraph("Hej")))
    assert as_pdf(document(Paragraph("Hej"))) == made
    assert as_pdf(document(Paragraph("Hå"))) != made
    again = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from archiver.document.parts import *\n"
            "sys.stdout.buffer.write(as_pdf(Document(kind='Prov', title='Ett prov',"
            "issuer='Kommunstyrelsen, Testköpings kommun', language='sv',"
            f"made_at={AT}, particulars=(Field('Diarienummer', 'KS 2026/118'),),"
            "parts=(Paragraph('Hej'),))))",
        ],
        capture_output=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )
    assert again.stdout == made


def test_text_is_never_markup() -> None:
    pdf = as_pdf(
        document(
            Paragraph(SPECIAL),
            Fields((Field("Fält " + SPECIAL, SPECIAL),)),
            Table((Col(SPECIAL),), ((SPECIAL,),)),
            title=SPECIAL,
        )
    )
    assert squeezed(text(pdf)).count(squeezed(SPECIAL)) == 6
    assert tags(pdf).count("/H1") == 0


@given(st.text(alphabet="#$*_`<>@[]{}\\/=+-~\"'ab 1\n;:,()&^%!?|", max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_of_special_characters_is_anything_but_itself(said: str) -> None:
    assert squeezed(said) in squeezed(text(as_pdf(document(Paragraph("¶" + said + "¶")))))


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_set(said: str) -> None:
    try:
        said.encode()
    except UnicodeEncodeError:
        return
    assert as_pdf(document(Paragraph(said))).startswith(b"%PDF-1.7")


def test_letters_of_the_world_and_emoji_stand_as_themselves() -> None:
    said = text(as_pdf(document(Paragraph("Åsa räknar öre 😀 שלום ЩИ ไทย"))))
    for one in ("Åsa räknar öre", "😀", "שלום", "ЩИ", "ไทย"):
        assert one in said
    arabic = text(as_pdf(document(Paragraph("مرحبا"))))
    assert set("مرحبا") == {c for c in arabic if "\u0600" <= c <= "\u06ff"}  # in forms that join
    assert "[U+" not in said + arabic


def test_what_no_font_shows_stands_as_its_code_and_that_is_said() -> None:
    said = text(as_pdf(document(Paragraph('中文 "citat" \\ \x07 \ue000 slut'))))
    assert '[U+4E2D][U+6587] "citat" \\ [U+0007] [U+E000] slut' in said
    assert "står med sin kod" in said
    assert "står med sin kod" not in text(as_pdf(document(Paragraph("vanligt"))))


def test_a_mark_of_another_script_costs_no_letter() -> None:
    said = text(as_pdf(document(Paragraph("ses\u064b och Åsas \U0001f3fb vänner"))))
    assert "ses[U+064B] och Åsas" in said
    assert "Kommunstyrelsen" in said


def test_what_turns_the_direction_of_writing_is_told_not_done() -> None:
    said = text(as_pdf(document(Paragraph("bild\u202egnp.exe \u202e\t\u0367\u5b6f"))))
    assert "bild[U+202E]gnp.exe" in said


def test_a_word_without_end_stays_on_the_page() -> None:
    address = "https://exempel.invalid/" + "abcdefghij" * 30
    page = read(as_pdf(document(Paragraph(address)))).pages[0]
    furthest = 0.0

    def visit(piece: str, _cm: Any, at: list[float], _font: Any, size: float) -> None:
        nonlocal furthest
        furthest = max(furthest, at[4] + 0.4 * size * len(piece.replace("\u200b", "")))

    said = page.extract_text(visitor_text=visit)
    assert address in squeezed(said).replace("\u200b", "")
    assert furthest < float(page.mediabox.width)


def test_headers_of_a_long_table_come_again_and_are_headers() -> None:
    rows = tuple((f"rad {i}", str(i)) for i in range(200))
    pdf = as_pdf(document(Table((Col("Sak", 2), Col("Antal", 1, True)), rows)))
    pages = read(pdf).pages
    assert len(pages) > 3
    assert all("Sak Antal" in page.extract_text() for page in pages)
    assert tags(pdf).count("/TH") == 2  # read aloud once
    assert tags(pdf).count("/TD") == 400
    assert f"Sida 2 ({len(pages)})" in pages[1].extract_text()
    assert "Prov, KS 2026/118" in pages[1].extract_text()


def test_a_file_is_carried_as_it_is() -> None:
    one = Attachment(
        name="prov.json", media_type="application/json", data=b'{"a":1}', purpose="samma sak"
    )
    reader = read(as_pdf(document(Paragraph("Hej"), attached=(one,))))
    assert reader.attachments["prov.json"] == [b'{"a":1}']
    assert "prov.json (samma sak)" in reader.pages[-1].extract_text()


def test_a_template_there_is_none_of_is_refused() -> None:
    with pytest.raises(RenderFailed):
        render("none", {}, made_at=AT)


def test_an_error_holds_nothing_of_the_text() -> None:
    with pytest.raises(RenderFailed) as raised:  # the template finds no title
        render("document", {"kind": "Hemligt namn"}, made_at=AT)
    error: BaseException | None = raised.value
    assert "Hemligt" not in str(error)
    assert error is not None
    assert error.__suppress_context__


def test_dates_and_numbers_in_a_table_can_be_copied_as_they_are() -> None:
    row = ("2025-01-02\u00a0– 2025-12-30", "1\u00a0234\u00a0567 (KS-2026-00526-1)", "§ 118")
    columns = (Col("Tid", 1), Col("Antal", 1), Col("§", 1))
    broken = Table((Col("", 1),) * 7, (("Informationssäkerhetssamordnaren",) * 7,))
    said = read(as_pdf(document(broken, Table(columns, (row,))))).pages[0].extract_text()
    assert "Informations\u00ad\nsäkerhets" in said  # a word is broken first, and hyphens remain
    assert "\u200b" not in said
    assert "2025-01-02" in said
    assert "KS-2026-00526-1" in said


def test_a_table_of_ten_thousand_rows_is_set_in_a_few_seconds() -> None:
    rows = tuple((str(i), f"Konto {i % 9}", "SM05") for i in range(10_000))
    begun = time.monotonic()
    pdf = as_pdf(document(Table((Col("Löpnummer", 1), Col("Konto", 2), Col("Typ", 1)), rows)))
    assert time.monotonic() - begun < 30  # two seconds on a machine at rest
    assert b"%%EOF" in pdf[-16:]

"""Files under masks: their measure, their words as suggestions, and what cannot be dealt with."""

from __future__ import annotations

import pikepdf
from pikepdf import Dictionary, Name, Stream

from gdpr.core.mask import Component, PageBox
from gdpr.detector import detector
from gdpr.masks.pictures import found_in, measured, picture
from tests.unit.gdpr.redaction.conftest import without_child as _without_child
from tests.unit.gdpr.redaction.received import saved

without_child = _without_child  # the fixture


def text_pdf(text: str) -> bytes:
    """A page on which a line stands."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(300, 200))
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
    )
    page = pdf.pages[0].obj
    page.Resources = Dictionary(Font=Dictionary(F=pdf.make_indirect(font)))
    drawn = f"BT /F 12 Tf 20 150 Td ({text}) Tj ET".encode("cp1252")
    page.Contents = pdf.make_indirect(Stream(pdf, drawn))
    return saved(pdf)


def test_words_in_a_page_are_suggested_as_boxes(without_child: object) -> None:
    content = text_pdf("Ring 070-174 06 05 i kväll")
    size = measured(content, "application/pdf")
    (found,) = found_in(detector(2026), content, "application/pdf", 3, size, read=False)
    assert found.category == "phone"
    box = found.target
    assert isinstance(box, PageBox)
    assert (box.media, box.page) == (3, 0)
    width, height = size.pages[0]
    assert 0 < box.left < box.left + box.width < width
    assert 0 < box.top < box.top + box.height < height
    assert list(found_in(detector(2026), b"%PDF", "application/pdf", 0, size)) == []
    assert measured(b"", "text/plain") == Component()
    assert picture(b"", "text/plain", 0) == b""

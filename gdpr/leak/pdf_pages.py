"""Reads a PDF's pages as a reader of it does: their text, whether it can be seen or not.

What lies under a box, in white letters, outside the page or behind a picture is text like any
other here. Where a reader of pixels is at hand, each page is drawn and read as well.
"""

from __future__ import annotations

import pypdfium2 as pdfium

from gdpr.leak.piece import Gathered, Unread

_DPI = 150


def read_pages(content: bytes, place: str, into: Gathered, *, newest: bool) -> None:
    """All pages. A file that does not open is unread; an earlier revision that does not is a part
    of the file that was never one (its objects are read all the same)."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        if newest:
            into.unread.append(Unread(place + "PDF", "does not open"))
        return
    try:
        if len(document) > into.limits.pages:
            into.unread.append(Unread(place + "PDF", f"more than {into.limits.pages} pages"))
        for number in range(min(len(document), into.limits.pages)):
            where = f"{place}page {number + 1}, "
            try:
                _read_page(document, number, where, into, newest=newest)
            except pdfium.PdfiumError:
                into.unread.append(Unread(where + "text", "cannot be read"))
    finally:
        document.close()


def _read_page(
    document: pdfium.PdfDocument, number: int, where: str, into: Gathered, *, newest: bool
) -> None:
    page = document[number]
    try:
        text = page.get_textpage()
        try:
            # U+0002 is how a hyphen at the end of a line is told, U+FFFE one that is not shown.
            shown = text.get_text_range().replace("\x02", "-\n").replace("\ufffe", "-\n")
        finally:
            text.close()
        into.spend(len(shown))
        into.text(where + "text", shown)
        if newest and into.ocr is not None:
            width, height = page.get_size()
            scale = _DPI / 72
            if width * height * scale * scale > into.limits.pixels:
                into.unread.append(Unread(where + "pixels", "more pixels than are read"))
                return
            into.pixels(where + "pixels", page.render(scale=scale).to_pil().convert("L"), _DPI)
    finally:
        page.close()

"""Pages of a received PDF, in the child: drawn as they are shown, and their words.

pdfium runs no script and here knows no font of the machine, so that the same file gives the same
pixels everywhere. Annotations and form values are drawn as a reader would see them: what is seen
can be masked, and what is not seen does not go on. Invariants: no page has more pixels than
allowed; drawing that takes too long ends the process, whatever it is doing.
"""

from __future__ import annotations

import ctypes
import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageDraw

from gdpr.core.mask import Component, PageBox
from gdpr.redaction.answer import Limits, Refusal, Word, refused
from gdpr.redaction.grid import pixels
from gdpr.redaction.reading import Seen

_LEAST_DPI = 40
_LONGEST = 1_440_000  # hundredths of a point: the side a PDF's page may have


def without_fonts_of_the_machine() -> None:
    """Has pdfium begin anew with its own fonts only. Before the first file."""
    nowhere = (ctypes.POINTER(ctypes.c_char) * 1)()
    pdfium.FPDF_DestroyLibrary()
    pdfium.FPDF_InitLibraryWithConfig(
        pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=nowhere)
    )


@contextmanager
def hurried(seconds: int) -> Iterator[None]:
    """Ends the process by a signal if what is inside takes longer."""
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def opened(content: bytes, limits: Limits) -> pypdfium2.PdfDocument:
    """The document. Raises `CannotRedact`."""
    with hurried(limits.page_seconds):
        try:
            pdf = pypdfium2.PdfDocument(content)
            count = len(pdf)
        except pypdfium2.PdfiumError:
            locked = pdfium.FPDF_GetLastError() in (
                pdfium.FPDF_ERR_PASSWORD,
                pdfium.FPDF_ERR_SECURITY,
            )
            raise refused(Refusal.ENCRYPTED if locked else Refusal.CORRUPT) from None
        if count < 1:
            raise refused(Refusal.CORRUPT)
        if count > limits.pages:
            raise refused(Refusal.MANY_PAGES, count)
        pdf.init_forms()
    return pdf


def measured(pdf: pypdfium2.PdfDocument) -> Component:
    """Its pages as they are shown."""
    sizes = [pdf.get_page_size(at) for at in range(len(pdf))]
    pages = tuple((round(width * 100), round(height * 100)) for width, height in sizes)
    if any(not 0 < side <= _LONGEST for page in pages for side in page):
        raise refused(Refusal.TOO_LARGE)
    return Component(pages=pages)


def check(boxes: Sequence[PageBox], component: Component) -> None:
    """Refuses boxes that do not lie on their page."""
    if any(_outside(box, component) for box in boxes):
        raise refused(Refusal.OUTSIDE)


def drawn(
    pdf: pypdfium2.PdfDocument,
    size: tuple[int, int],
    at: int,
    areas: Sequence[PageBox],
    *,
    dpi: float,
    limits: Limits,
) -> tuple[Image.Image, float]:
    """A page, `size` hundredths of a point large, with areas of it filled, and the resolution it
    was drawn at."""
    width, height = (side / 7200 for side in size)  # inches
    dpi = min(dpi, math.sqrt(limits.pixels / (width * height)))
    if dpi < _LEAST_DPI:
        raise refused(Refusal.TOO_LARGE)
    with hurried(limits.page_seconds):
        try:
            page = pdf[at]
            bitmap = page.render(scale=dpi / 72, rev_byteorder=True, may_draw_forms=True)
            image = bitmap.to_pil().convert("RGB")
            page.close()
        except pypdfium2.PdfiumError:
            raise refused(Refusal.CORRUPT) from None
    draw = ImageDraw.Draw(image)
    for area in areas:
        left, top, right, bottom = pixels(area, dpi, image.size)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=(0, 0, 0))
    return image, dpi


def told(pdf: pypdfium2.PdfDocument, at: int, component: Component) -> list[Word]:
    """Words of a page as the file tells them, seen or not."""
    page = pdf[at]
    try:
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    found: list[Word] = []
    letters: list[tuple[str, tuple[int, int, int, int]]] = []
    line = 0
    for index in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(text.raw, index))
        if letter.isspace() or not letter.isprintable():
            found += _word(letters, at, line, component)
            letters = []
            line += letter in "\r\n"
            continue
        letters.append((letter, _place(page, component.pages[at], text.get_charbox(index))))
    return [*found, *_word(letters, at, line, component)]


def seen(words: Sequence[Seen], at: int, dpi: float, component: Component) -> list[Word]:
    """Words that were read from a page's pixels, in the page's coordinates."""
    scale = 7200 / dpi
    found: list[Word] = []
    for word in words:
        corners = (word.left, word.top, word.left + word.width, word.top + word.height)
        left, top, right, bottom = (round(number * scale) for number in corners)
        box = _box(at, left, top, right, bottom, component)
        found.append(Word(word.text, box, word.line, True))
    return found


def together(by_file: Sequence[Word], by_pixels: Sequence[Word]) -> list[Word]:
    """Both, without what was read from pixels where the file tells the same word; where the two
    differ, both stay: it is what is seen that must be masked."""
    known: dict[str, list[PageBox]] = {}
    for word in by_file:
        if isinstance(word.box, PageBox):
            known.setdefault(_bare(word.text), []).append(word.box)
    first = max((word.line for word in by_file), default=-1) + 1
    further = [
        word._replace(line=first + word.line)
        for word in by_pixels
        if isinstance(word.box, PageBox)
        and not any(_meet(word.box, box) for box in known.get(_bare(word.text), ()))
    ]
    return [*by_file, *further]


def _bare(text: str) -> str:
    return text.casefold().strip(".,;:!?()\"'”’")


def _meet(one: PageBox, other: PageBox) -> bool:
    across = one.left < other.left + other.width and other.left < one.left + one.width
    return across and one.top < other.top + other.height and other.top < one.top + one.height


def _outside(box: PageBox, component: Component) -> bool:
    if not 0 <= box.page < len(component.pages):
        return True
    width, height = component.pages[box.page]
    right, bottom = box.left + box.width, box.top + box.height
    return not (0 <= box.left < right <= width and 0 <= box.top < bottom <= height)


def _place(
    page: pypdfium2.PdfPage, size: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[int, int, int, int]:
    """A letter's box as left, top, right, bottom in hundredths of a point of the page as shown."""
    x, y = ctypes.c_int(), ctypes.c_int()
    corners: list[tuple[int, int]] = []
    for across, up in ((box[0], box[1]), (box[2], box[3])):
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, across, up, x, y)
        corners.append((x.value, y.value))
    (a, b), (c, d) = corners
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _word(
    letters: Sequence[tuple[str, tuple[int, int, int, int]]],
    at: int,
    line: int,
    component: Component,
) -> Iterator[Word]:
    if letters:
        boxes = [box for _, box in letters]
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
        box = _box(at, left, top, right, bottom, component)
        yield Word("".join(letter for letter, _ in letters), box, line, False)


def _box(at: int, left: int, top: int, right: int, bottom: int, component: Component) -> PageBox:
    """A box inside its page, at least one hundredth of a point wide and high."""
    width, height = component.pages[at]
    left, top = min(max(0, left), width - 1), min(max(0, top), height - 1)
    right, bottom = min(max(left + 1, right), width), min(max(top + 1, bottom), height)
    return PageBox(0, at, left, top, right - left, bottom - top)

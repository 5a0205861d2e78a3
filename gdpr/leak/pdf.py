"""Reads a PDF: every object of every revision, and every page as a reader of it would see it.

Read are all strings and names of all objects, also of those packed in object streams; what pages
draw, as it is written and by every table of letters in the file (so neither a table that lies nor
one that is missing hides anything); attachments, as files; pictures whole, also those that a page
shows a part of; what readers of the newest and of each earlier revision extract; and pixels of the
pages where they can be read. A locked file is unread. Pure over bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from PIL import Image

from gdpr.leak import pdf_syntax as syntax
from gdpr.leak.archive import unfold_flate
from gdpr.leak.pdf_fonts import Letters, letters_of_font, letters_of_table
from gdpr.leak.pdf_pages import read_pages
from gdpr.leak.picture import read_picture, read_pixels
from gdpr.leak.piece import Gathered, Raw, Unread

Inner = Callable[[bytes, str], None]

# Strings that a person may read; all others are only searched for masked values.
_PROSE = {
    *(b"Title Author Subject Keywords Creator Contents RC V DV TU TM Alt ActualText E".split()),
    *(b"UF F URI Desc T Subj Name Location Reason ContactInfo Opt".split()),
}
_UNPACKED = {b"FlateDecode", b"Fl", b"ASCIIHexDecode", b"AHx", b"ASCII85Decode", b"A85"}
_UNPACKED |= {b"LZWDecode", b"LZW", b"RunLengthDecode", b"RL"}
_DRAWN = {b"DCTDecode", b"DCT", b"JPXDecode"}
_MODES = {b"DeviceRGB": "RGB", b"DeviceGray": "L", b"DeviceCMYK": "CMYK"}
_FONT = re.compile(rb"/FontFile[23]?[\0\t\n\f\r ]+(\d+)")
_ENCRYPTED = re.compile(rb"/Encrypt\b")
_SHOWING = {b"Tj", b"TJ", b"'", b'"'}
_WORD_SPACE = -180  # thousandths of an em: a gap within a TJ array that is a space
_MOST_TABLES = 200


def read_pdf(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """A PDF file."""
    found = list(syntax.objects(content))
    rest = syntax.between(content, found)
    if _locked(rest, found):
        into.unread.append(Unread(place + "PDF", "locked by a password"))
    _strings(rest, f"{place}between objects", into)
    into.text(f"{place}between objects", rest.decode("latin-1"), prose=False)
    reading = _Reading(place, into, inner, found)
    for one in found:
        reading.take(one)
    reading.shown()
    ends = [end.end() for end in re.finditer(rb"%%EOF", content)]
    if len(ends) > into.limits.revisions:
        into.unread.append(Unread(place + "PDF", f"more than {into.limits.revisions} revisions"))
    for number, end in enumerate(ends[:-1][: into.limits.revisions], 1):
        read_pages(content[:end], f"{place}revision {number}, ", into, newest=False)
    read_pages(content, place, into, newest=True)


def _locked(rest: bytes, found: list[syntax.Object]) -> bool:
    trailers = [one.value for one in found if b"/XRef" in one.value and one.stream is not None]
    return any(map(_ENCRYPTED.search, (rest, *trailers)))


class _Reading:
    """The objects of one file, while they are read."""

    def __init__(
        self, place: str, into: Gathered, inner: Inner, found: list[syntax.Object]
    ) -> None:
        self._place = place
        self._into = into
        self._inner = inner
        self._drawn: list[tuple[str, bytes]] = []
        self._letters: list[Letters] = []
        self._fonts = {int(font[1]) for one in found for font in _FONT.finditer(one.value)}

    def take(self, one: syntax.Object) -> None:
        """Reads an object."""
        where = f"{self._place}object {one.number}"
        _strings(one.value, where, self._into)
        if one.stream is None:
            return
        if _FONT.search(one.value):
            self._fonts |= {int(font[1]) for font in _FONT.finditer(one.value)}
        left = syntax.filters(one.value)
        data = self._unpacked(one, left)
        if b"/ObjStm" in one.value:
            self._packed(data, one.value, where)
        elif re.search(rb"/Subtype[\0\t\n\f\r ]*/Image\b", one.value):
            self._picture(data, one.value, left, where)
        elif left:
            reason = "packed in a way that is not known"
            self._into.unread.append(Unread(where, reason))
        elif one.number in self._fonts or data[:4] in (b"\0\1\0\0", b"OTTO", b"true"):
            self._letters += letters_of_font(data)
            self._into.raw.append(Raw(f"{where}, font", data))
        elif b"/EmbeddedFile" in one.value:
            self._inner(data, f"{where}, attachment, ")
        elif b"begincmap" in data or b"beginbfchar" in data or b"beginbfrange" in data:
            self._letters += letters_of_table(data)
        elif b"/Metadata" in one.value or data.lstrip()[:1] == b"<":
            self._inner(data, f"{where}, metadata, ")
        elif b"/XRef" not in one.value:
            self._drawn.append((f"{where}, drawing", data))

    def _unpacked(self, one: syntax.Object, left: list[bytes]) -> bytes:
        """The stream with the filters taken off that can be; those are taken from `left` too."""
        data = one.stream or b""
        while left and left[0] in _UNPACKED:
            kind = left.pop(0)
            match kind:
                case b"FlateDecode" | b"Fl":
                    data = self._predicted(unfold_flate(data, self._into), one.value)
                case b"LZWDecode" | b"LZW":
                    data = self._predicted(syntax.unlzw(data, self._into.left()), one.value)
                case b"ASCIIHexDecode" | b"AHx":
                    data = syntax.unhexed(data)
                case b"ASCII85Decode" | b"A85":
                    data = syntax.unascii85(data)
                case _:
                    data = syntax.unrun(data, self._into.left())
            self._into.spend(len(data))
        return data

    def _predicted(self, data: bytes, value: bytes) -> bytes:
        predictor = syntax.number(value, b"Predictor")
        if predictor < 10 or b"/XRef" in value:
            return data
        columns = syntax.number(value, b"Columns") or 1
        colors = syntax.number(value, b"Colors") or 1
        depth = syntax.number(value, b"BitsPerComponent") or 8
        return syntax.unpredicted(data, predictor, columns, colors, depth)

    def _packed(self, data: bytes, value: bytes, where: str) -> None:
        first = syntax.number(value, b"First")
        numbers = [int(one) for one in re.findall(rb"\d+", data[:first])]
        starts = [first + one for one in numbers[1::2]]
        for number, start, end in zip(numbers[::2], starts, [*starts[1:], len(data)], strict=False):
            part = data[start : end if end > start else None]
            self.take(syntax.Object(number, part, None, 0, 0))
        _strings(data, where, self._into)
        self._fonts |= {int(font[1]) for font in _FONT.finditer(data)}

    def _picture(self, data: bytes, value: bytes, left: list[bytes], where: str) -> None:
        if left and left[0] in _DRAWN:
            read_picture(data, f"{where}, ", self._into)
            return
        width, height = syntax.number(value, b"Width"), syntax.number(value, b"Height")
        space = re.search(rb"/ColorSpace[\0\t\n\f\r ]*/(Device\w+)", value)
        mode = _MODES.get(space[1], "") if space else ""
        depth = syntax.number(value, b"BitsPerComponent")
        self._into.raw.append(Raw(f"{where}, pixels", data))
        fits = mode and len(data) >= width * height * len(mode if mode != "L" else "L")
        if not left and fits and depth == 8 and 0 < width * height <= self._into.limits.pixels:
            size = width * height * {"RGB": 3, "L": 1, "CMYK": 4}[mode]
            if len(data) >= size:
                image = Image.frombytes(mode, (width, height), data[:size])
                read_pixels(image, f"{where}, ", self._into)
                return
        # Others (palettes, fax, masks) are seen in the pages that draw them.
        self._into.pictures_unread += self._into.ocr is None

    def shown(self) -> None:
        """What the pages and forms draw, by every table of letters in the file."""
        if len(self._letters) > _MOST_TABLES:
            self._into.unread.append(Unread(self._place + "PDF", "too many tables of letters"))
        for where, data in self._drawn:
            _strings(data, where, self._into)
            runs = list(_runs(data))
            if not runs:
                self._into.raw.append(Raw(where, data))
                continue
            plain = "\n".join(map(syntax.string_text, runs))
            self._into.text(where, plain, prose=False)
            wide = "\n".join(run.decode("utf-16-be", "replace") for run in runs)
            self._into.text(where, wide, prose=False, noisy=True)
            for letters in self._letters[:_MOST_TABLES]:
                decoded = "\n".join(map(letters.text, runs))
                self._into.text(where, decoded, prose=False, noisy=True)
                self._into.text(where, decoded.replace("\n", ""), prose=False, noisy=True)
            self._into.text(where, plain.replace("\n", ""), prose=False, noisy=True)


def _runs(data: bytes) -> Iterator[bytes]:
    """The strings that a content stream shows, those of one array as one."""
    run: list[bytes] = []
    for token in syntax.tokens(data):
        if token.kind == "string":
            run.append(token.value)
        elif token.kind == "word":
            if token.value in _SHOWING:
                yield b"".join(run)
                run = []
            elif not re.fullmatch(rb"[-+.\d]+", token.value):
                run = []


def _strings(value: bytes, where: str, into: Gathered) -> None:
    """Every string and name of an object's value."""
    names: list[str] = []
    for token in syntax.tokens(value):
        if token.kind == "string" and token.value:
            text = syntax.string_text(token.value)
            known = token.key.decode("latin-1") if token.key in _PROSE else ""
            into.text(f"{where} /{known}" if known else where, text, prose=bool(known))
        elif token.kind == "name" and len(token.value) > 2:
            names.append(token.value.decode("utf-8", "replace"))
    into.text(f"{where}, names", "\n".join(names), prose=False)

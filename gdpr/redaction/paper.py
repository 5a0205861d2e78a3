"""Makes a PDF of drawn pages, in the child: each page one picture, and what was read in it.

The file is meant as PDF/A-2b (ISO 19005-2): a colour space that is told, no font that is needed to
draw, no scripts, metadata that say only what it is. Text that was read from the pixels lies over
them without being drawn, so that the copy can be searched and heard; its font has no shapes.
Invariants: nothing of the source comes here but pixels; the same pages give the same bytes.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageChops, ImageCms

from gdpr.redaction.reading import Seen

_FLAT = 0.35  # bytes a pixel: what packs worse than this is a photograph
_PER_FONT = 255
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_MAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Read def /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange
{rows}
endcmap CMapName currentdict /CMap defineresource pop end end"""


class Paper:
    """A PDF that grows page by page; `size` is about how large it is by now, in bytes."""

    def __init__(self) -> None:
        self._pdf = pikepdf.new()
        self._codes: dict[str, int] = {}
        self._fonts: list[Dictionary] = []
        self.size = 0

    def add(self, image: Image.Image, dpi: float, words: Sequence[Seen]) -> None:
        """A page that shows the image at its resolution."""
        # A thousandth of a pixel less: drawn at the same resolution again, it is the same pixels.
        width, height = ((side - 0.001) * 72 / dpi for side in image.size)
        drawn = self._picture(image)
        content = f"q {width:.4f} 0 0 {height:.4f} 0 0 cm /P Do Q\n" + self._written(
            words, height, 72 / dpi
        )
        packed = zlib.compress(content.encode("ascii"))
        stream = Stream(self._pdf, packed, Filter=Name.FlateDecode)
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, round(width, 4), round(height, 4)]),
            Resources=Dictionary(XObject=Dictionary(P=drawn), Font=Dictionary()),
            Contents=self._pdf.make_indirect(stream),
        )
        self._pdf.pages.append(pikepdf.Page(self._pdf.make_indirect(page)))

    def made(self) -> bytes:
        """The file."""
        fonts = Dictionary({f"/F{at}": font for at, font in enumerate(self._made_fonts())})
        shared = self._pdf.make_indirect(fonts)
        for page in self._pdf.pages:
            page.obj.Resources.Font = shared
        root = self._pdf.Root
        root.Lang = "sv"
        root.Metadata = self._pdf.make_indirect(
            Stream(self._pdf, _XMP.encode(), Type=Name.Metadata, Subtype=Name.XML)
        )
        profile = Stream(self._pdf, zlib.compress(_colours()), Filter=Name.FlateDecode, N=3)
        root.OutputIntents = Array(
            [
                Dictionary(
                    Type=Name.OutputIntent,
                    S=Name.GTS_PDFA1,
                    OutputConditionIdentifier="sRGB",
                    DestOutputProfile=self._pdf.make_indirect(profile),
                )
            ]
        )
        out = io.BytesIO()
        self._pdf.save(
            out,
            deterministic_id=True,
            force_version="1.7",
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
        return out.getvalue()

    def _picture(self, image: Image.Image) -> pikepdf.Object:
        bands = image.split()
        grey = all(ImageChops.difference(bands[0], one).getbbox() is None for one in bands[1:])
        plain = bands[0] if grey else image
        packed, how = zlib.compress(plain.tobytes(), 6), Name.FlateDecode
        if len(packed) > _FLAT * image.width * image.height:
            out = io.BytesIO()
            plain.save(out, "JPEG", quality=90, subsampling=0)
            if out.tell() < len(packed):
                packed, how = out.getvalue(), Name.DCTDecode
        self.size += len(packed)
        stream = Stream(
            self._pdf,
            packed,
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=image.width,
            Height=image.height,
            ColorSpace=Name.DeviceGray if grey else Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=how,
        )
        return self._pdf.make_indirect(stream)

    def _written(self, words: Sequence[Seen], height: float, scale: float) -> str:
        """Words as text that is not drawn, each stretched to its place. A letter of the font is
        half as wide as it is high."""
        parts: list[str] = []
        for word in words:
            size = max(1.0, word.height * scale)
            text = word.text + " "
            stretch = 100 * word.width * scale / (0.5 * size * len(text))
            left, bottom = word.left * scale, height - (word.top + word.height) * scale
            parts.append(f"BT 3 Tr {stretch:.3f} Tz 1 0 0 1 {left:.4f} {bottom:.4f} Tm")
            for font, codes in self._runs(text):
                parts.append(f"/F{font} {size:.4f} Tf <{codes}> Tj")
            parts.append("ET")
        return "\n".join(parts)

    def _runs(self, text: str) -> list[tuple[int, str]]:
        """Text as codes of one font after the other: a font has 255 characters."""
        runs: list[tuple[int, str]] = []
        for character in text:
            font, code = divmod(self._codes.setdefault(character, len(self._codes)), _PER_FONT)
            if not runs or runs[-1][0] != font:
                runs.append((font, ""))
            runs[-1] = (font, f"{runs[-1][1]}{code + 1:02X}")
        return runs

    def _made_fonts(self) -> list[pikepdf.Object]:
        known = list(self._codes)
        empty = self._pdf.make_indirect(Stream(self._pdf, b"500 0 0 0 500 1000 d1"))
        made: list[pikepdf.Object] = []
        for start in range(0, len(known), _PER_FONT):
            letters = known[start : start + _PER_FONT]
            names = Array([1, *[Name.x] * len(letters)])
            font = Dictionary(
                Type=Name.Font,
                Subtype=Name.Type3,
                FontBBox=Array([0, 0, 1000, 1000]),
                FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
                Resources=Dictionary(),
                CharProcs=Dictionary(x=empty),
                Encoding=Dictionary(Type=Name.Encoding, Differences=names),
                FirstChar=1,
                LastChar=len(letters),
                Widths=Array([500] * len(letters)),
                ToUnicode=self._pdf.make_indirect(Stream(self._pdf, _unicode(letters))),
            )
            made.append(self._pdf.make_indirect(font))
        return made


def _unicode(letters: Sequence[str]) -> bytes:
    rows: list[str] = []
    for start in range(0, len(letters), 100):
        some = letters[start : start + 100]
        rows.append(f"{len(some)} beginbfchar")
        for at, letter in enumerate(some, start + 1):
            rows.append(f"<{at:02X}> <{letter.encode('utf-16-be').hex().upper()}>")
        rows.append("endbfchar")
    return _MAP.format(rows="\n".join(rows)).encode("ascii")


@cache
def _colours() -> bytes:
    """The profile of a screen's colours, without the day it was made."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes((7, 234, 0, 1, 0, 1)) + bytes(6)
    return bytes(made)

"""Names what a received PDF holds besides what is seen, in the child, to report that it is dropped.

Nothing rests on the answer: all of it is dropped, known or not. A file that cannot be examined so
says `unexamined`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

_MOST = 500_000  # objects
_KEYS = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/EmbeddedFiles": "embedded-files",
    "/EF": "embedded-files",
    "/RichMedia": "media",
    "/Outlines": "outline",
    "/XFA": "form",
    "/AcroForm": "form",
    "/OCProperties": "layers",
    "/StructTreeRoot": "structure",
    "/PieceInfo": "private-data",
    "/Thumb": "thumbnails",
    "/ByteRange": "signature",
}
_ACTIONS = {
    "/Launch": "launch",
    "/JavaScript": "javascript",
    "/SubmitForm": "submit",
    "/ImportData": "import",
    "/URI": "links",
    "/GoToR": "links",
    "/GoToE": "embedded-files",
}


def dropped(content: bytes) -> list[str]:
    """Words for what it holds: `javascript`, `embedded-files`, `annotations`, `metadata` …"""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            found = set(_of(pdf))
    except (pikepdf.PdfError, RuntimeError, ValueError, RecursionError):
        return ["unexamined"]
    if content.count(b"%%EOF") > 1:
        found.add("revisions")
    return sorted(found)


def _of(pdf: pikepdf.Pdf) -> Iterator[str]:
    if pdf.trailer.get("/Info") or pdf.Root.get("/Metadata"):
        yield "metadata"
    for at, one in enumerate(pdf.objects):
        if at >= _MOST:
            yield "unexamined"
            return
        yield from _in(one, 0)


def _in(one: object, depth: int) -> Iterator[str]:
    """Direct values too; an indirect one is an object of its own, and comes by itself."""
    if depth > 20:
        return
    if isinstance(one, Array):
        for value in one:
            if not getattr(value, "is_indirect", False):
                yield from _in(value, depth + 1)
    if not isinstance(one, Dictionary | Stream):
        return
    for key, value in one.items():
        if key in _KEYS:
            yield _KEYS[key]
        if key == "/S" and isinstance(value, Name) and str(value) in _ACTIONS:
            yield _ACTIONS[str(value)]
        if key == "/Annots":
            yield "annotations"
        if not getattr(value, "is_indirect", False):
            yield from _in(value, depth + 1)

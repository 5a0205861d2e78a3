"""Names what a received PDF holds besides what is seen, in the child, to report that it is dropped.

Nothing rests on the answer: all of it is dropped, known or not. A file that cannot be examined so
says `unexamined`.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from gdpr.redaction.answer import Limits, Refusal, refused

_MOST = 500_000  # objects
_KEYS = {
    "/AA": "actions",
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
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
}
_UNSEEN = 1 | 2 | 32  # flags of an annotation: invisible, hidden, no view (ISO 32000-1, 12.5.3)
_STEP = 1_000_000  # bytes that are unfolded at a time


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


def refuse_large(content: bytes, limits: Limits) -> None:
    """`CannotRedact` if what is packed in it, pictures apart, unfolds to more than allowed: found
    out piece by piece, so that a bomb costs no more than the limit."""
    left = limits.unfolded
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            for one in pdf.objects:
                if not isinstance(one, Stream) or one.get("/Subtype") == Name.Image:
                    continue
                left -= _unfolded(one, left)
                if left < 0:
                    raise refused(Refusal.TOO_LARGE)
    except (pikepdf.PdfError, RuntimeError, ValueError, RecursionError):
        return  # `dropped` says that it is unexamined


def _unfolded(stream: Stream, most: int) -> int:
    """How many bytes a stream unfolds to; some number above `most` if it is more."""
    raw = bytes(stream.read_raw_bytes())
    how = stream.get("/Filter")
    if how != Name.FlateDecode:
        return len(raw) if how is None else len(stream.read_bytes())
    packed, size = zlib.decompressobj(), 0
    try:
        while raw and size <= most:
            size += len(packed.decompress(raw, _STEP))
            raw = packed.unconsumed_tail
    except zlib.error:
        pass  # as much as there is of it
    return size


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
        if key == "/F" and "/Rect" in one and isinstance(value, int) and value & _UNSEEN:
            yield "hidden-annotations"
        if not getattr(value, "is_indirect", False):
            yield from _in(value, depth + 1)

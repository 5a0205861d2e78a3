"""Reads one output, whatever it is, and all that is in it.

Knows a file by its bytes, never by its name. What it does not know is told as unread, which stops a
release: nobody can say what is in it. Pure over bytes; reads what may be hostile, so it is run
where it can do no harm (`gdpr.leak.contained`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from gdpr.leak import archive, markup, picture
from gdpr.leak.piece import Gathered, Limits, Ocr, Raw, TooMuch, Unread
from gdpr.leak.unwrap import files, readable

Inner: TypeAlias = Callable[[bytes, str], None]
Reads: TypeAlias = Callable[[bytes, str, Gathered, Inner], None]

_PICTURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
    b"\0\0\1\0",
)
_RECORDING = re.compile(
    rb"(?s)(?:....ftyp(?!avif|heic|mif1)|\x1aE\xdf\xa3|OggS|ID3|\xff[\xfb\xf3\xf2\xf1\xf9]|fLaC"
    rb"|RIFF....(?:WAVE|AVI )|FLV\x01)"
)
_LATE_PDF = re.compile(rb"(?m)^%PDF-\d\.\d")
_LATE = 1024  # bytes before "%PDF-" that readers put up with


def read(name: str, content: bytes, limits: Limits, ocr: Ocr | None = None) -> Gathered:
    """Everything that can be read of an output."""
    into = Gathered(limits, ocr)
    if name:
        into.text("file name", name)
    if len(content) > limits.content:
        into.unread.append(Unread("file", f"larger than {limits.content} bytes"))
        return into
    try:
        reader = _Reader(into)
        reader.read(content, "", 0)
        reader.read_embedded()
    except (TooMuch, RecursionError, MemoryError) as error:
        reason = str(error) if isinstance(error, TooMuch) else "too deep or too large"
        into.unread.append(Unread("file", reason))
    return into


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(marks)


def _is_pdf(content: bytes) -> bool:
    if content[:_LATE].lstrip().startswith(b"%PDF-"):
        return True
    return bool(_LATE_PDF.search(content, 0, _LATE)) and b"%%EOF" in content


def _is_picture(content: bytes) -> bool:
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    boxed = content[4:12] in (b"ftypavif", b"ftypheic", b"ftypmif1")
    return webp or boxed or content.startswith(_PICTURES)


def _is_zip(content: bytes) -> bool:
    # A program in Python is one, behind a line that says what runs it.
    behind = content.startswith(b"#!") and zipfile.is_zipfile(io.BytesIO(content))
    return behind or content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _read_pdf(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    from gdpr.leak.pdf import read_pdf  # PDF and font libraries, which most that start need not

    read_pdf(content, place, into, inner)


def _read_picture(content: bytes, place: str, into: Gathered, _inner: Inner) -> None:
    picture.read_picture(content, place, into)


_KINDS: Sequence[tuple[Callable[[bytes], bool], Reads]] = (
    (_is_pdf, _read_pdf),
    (_is_picture, _read_picture),
    (_is_zip, archive.read_zip),
    (_begins(b"\x1f\x8b"), archive.read_gzip),
    (_begins(b"BZh"), archive.read_bzip2),
    (_begins(b"\xfd7zXZ\0"), archive.read_xz),
    (_begins(b"\x28\xb5\x2f\xfd"), archive.read_zstd),
    (lambda content: content[257:262] == b"ustar", archive.read_tar),
    (markup.is_warc, markup.read_warc),
)


def is_text(content: bytes) -> bool:
    """Whether it is nothing but text, with no file within but as base64."""
    packed = any(is_one(content) for is_one, _ in _KINDS)
    return not packed and markup.text_of(content) is not None


class _Reader:
    """Leads each part to what can read it."""

    def __init__(self, into: Gathered) -> None:
        self._into = into

    def read(self, content: bytes, place: str, depth: int) -> None:
        """A file, or what was found in one."""
        if not content.strip(b"\0\t\r\n "):
            return
        if depth > self._into.limits.depth:
            raise TooMuch(f"more than {self._into.limits.depth} files within each other")

        def inner(found: bytes, where: str) -> None:
            self.read(found, where, depth + 1)

        into = self._into
        for is_one, reads in _KINDS:
            if is_one(content):
                into.raw.append(Raw(f"{place}bytes", content))
                reads(content, place, into, inner)
                return
        if (text := markup.text_of(content)) is not None:
            markup.read_text(text, place, into, inner, depth)
        else:
            self._unknown(content, place)

    def read_embedded(self) -> None:
        """Files that stand as base64 in the texts that were found, and those within them."""
        done = 0
        for depth in range(1, self._into.limits.depth):
            new = self._into.pieces[done:]
            done += len(new)
            for piece in new:
                for content in files(piece.text):
                    self._into.spend(len(content))
                    self.read(content, f"{piece.place}, file within, ", depth)

    def _unknown(self, content: bytes, place: str) -> None:
        """Sound and film a person can answer for; nobody can for what is not known at all."""
        into = self._into
        into.raw.append(Raw(f"{place}bytes", content))
        into.text(f"{place}bytes", "\n".join(readable(content)), prose=False, noisy=True)
        if _RECORDING.match(content):
            digest = sha256(content).hexdigest()
            into.unread.append(Unread(f"{place}file", "sound or film", True, digest))
        else:
            into.unread.append(Unread(f"{place}file", "of a kind that is not known"))

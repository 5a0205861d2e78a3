"""Reads containers: zip with all that can be hidden in it, gzip, bzip2, xz, zstd and tar.

Of a zip the names, comments, extra fields, members that its list does not name, and what lies
between are read. Names count as text (a file name is an output like any other). Within limits;
what is locked, torn or of an unknown way of packing is told as unread. Pure over bytes.
"""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Protocol

import zstandard

from gdpr.leak.piece import Gathered, Raw, TooMuch, Unread
from gdpr.leak.unwrap import decoded, readable

Inner = Callable[[bytes, str], None]  # reads what a container holds: content, place

_LOCAL = b"PK\x03\x04"
_CHUNK = 1 << 20


class _Unfolds(Protocol):
    """A decompressor of the standard library."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


def read_zip(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """A zip, or what is built as one (xlsx, docx, epub, wacz)."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        into.unread.append(Unread(place, "a broken zip"))
        return
    with archive:
        _strings(archive.comment, f"{place}comment", into)
        for number, info in enumerate(archive.infolist(), 1):
            where = f"{place}member {number}, "
            into.text(f"{where}name", info.filename)
            _strings(info.orig_filename.encode("utf-8", "replace"), f"{where}name", into)
            _strings(info.comment, f"{where}comment", into)
            _strings(info.extra, f"{where}extra field", into)
            if info.is_dir():
                continue
            try:
                with archive.open(info) as member:
                    unfolded = _drawn(member, into, max(info.compress_size, 1))
            except (
                RuntimeError,
                NotImplementedError,
                zipfile.BadZipFile,
                zlib.error,
                lzma.LZMAError,
                EOFError,
                OSError,
                ValueError,
            ):
                locked = info.flag_bits & 1
                reason = "locked by a password" if locked else "cannot be unpacked"
                into.unread.append(Unread(where + "content", reason))
            else:
                inner(unfolded, where)
        _unlisted(content, archive.infolist(), place, into, inner)


def _drawn(member: IO[bytes], into: Gathered, packed: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := member.read(_CHUNK):
        parts.append(part)
        size += len(part)
        into.spend(len(part))
        if size > 10_000_000 and size > packed * into.limits.ratio:
            raise TooMuch(f"unfolds to more than {into.limits.ratio} times its size")
    return b"".join(parts)


def _unlisted(
    content: bytes, listed: list[zipfile.ZipInfo], place: str, into: Gathered, inner: Inner
) -> None:
    """Members whose data is there though the list of members does not name them, and whatever else
    lies between those it names."""
    for start, end in _gaps(content, listed):
        gap = content[start:end]
        into.raw.append(Raw(f"{place}between members at byte {start}", gap))
        at = gap.find(_LOCAL)
        while at >= 0:
            names = int.from_bytes(gap[at + 26 : at + 28], "little")
            extra = int.from_bytes(gap[at + 28 : at + 30], "little")
            where = f"{place}unlisted member at byte {start + at}, "
            data = gap[at + 30 + names + extra :]
            _strings(gap[at + 30 : at + 30 + names + extra], f"{where}name", into)
            packed = int.from_bytes(gap[at + 8 : at + 10], "little")
            size = int.from_bytes(gap[at + 18 : at + 22], "little")
            after = gap.find(_LOCAL, at + 4)
            stored = data[: size or None]
            if unfolded := unfold_flate(data, into, wbits=-15) if packed else stored:
                inner(unfolded, where)
            at = gap.find(_LOCAL, at + 30 + size) if size else after


def _gaps(content: bytes, listed: list[zipfile.ZipInfo]) -> Iterator[tuple[int, int]]:
    """Bytes before the list of members that belong to none of them."""
    at = 0
    for info in sorted(listed, key=lambda one: one.header_offset):
        start = info.header_offset
        if start > at:
            yield at, start
        names = int.from_bytes(content[start + 26 : start + 28], "little")
        extra = int.from_bytes(content[start + 28 : start + 30], "little")
        at = max(at, start + 30 + names + extra + info.compress_size)
    end = content.rfind(b"PK\1\2")
    first = content.find(b"PK\1\2", at)
    if 0 <= first <= end and first > at:
        yield at, first


def unfold_flate(content: bytes, into: Gathered, wbits: int = 15) -> bytes:
    """What a deflated stream holds, as far as it goes; empty if it is none."""
    machine = zlib.decompressobj(wbits)
    try:
        unfolded = machine.decompress(content, into.left() + 1)
    except zlib.error:
        return _as_far_as_it_goes(content, into, wbits)
    into.spend(len(unfolded), len(content))
    return unfolded


def _as_far_as_it_goes(content: bytes, into: Gathered, wbits: int) -> bytes:
    machine = zlib.decompressobj(wbits)
    parts: list[bytes] = []
    for at in range(0, len(content), 256):
        try:
            parts.append(machine.decompress(content[at : at + 256], into.left() + 1))
        except zlib.error:
            break
        into.spend(len(parts[-1]))
    return b"".join(parts)


def read_gzip(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """gzip, its members one after the other, and the name and comment each may carry."""
    _strings(content[:1024], f"{place}gzip header", into)
    _members(lambda: zlib.decompressobj(31), content, place, into, inner)


def read_bzip2(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """bzip2."""
    _members(bz2.BZ2Decompressor, content, place, into, inner)


def read_xz(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """xz."""
    _members(lambda: lzma.LZMADecompressor(memlimit=256 << 20), content, place, into, inner)


def _members(
    machine: Callable[[], _Unfolds], content: bytes, place: str, into: Gathered, inner: Inner
) -> None:
    parts: list[bytes] = []
    rest = content
    try:
        while rest:
            one = machine()
            parts.append(one.decompress(rest, into.left() + 1))
            into.spend(len(parts[-1]), len(rest))
            if not one.eof:
                into.unread.append(Unread(place + "content", "torn"))
                break
            rest = one.unused_data.lstrip(b"\0")
    except (zlib.error, OSError, EOFError, lzma.LZMAError):
        if not parts:
            into.unread.append(Unread(place + "content", "cannot be unpacked"))
            return
        _strings(rest, f"{place}after the end", into)
    inner(b"".join(parts), place)


def read_zstd(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """Zstandard, all frames."""
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            content, read_across_frames=True
        ) as reader:
            unfolded = reader.read(into.left() + 1)
    except zstandard.ZstdError:
        into.unread.append(Unread(place + "content", "cannot be unpacked"))
        return
    into.spend(len(unfolded), len(content))
    inner(unfolded, place)


def read_tar(content: bytes, place: str, into: Gathered, inner: Inner) -> None:
    """tar, with the names, owners and remarks of its members."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for number, info in enumerate(archive, 1):
                where = f"{place}member {number}, "
                told = (info.name, info.linkname, info.uname, info.gname)
                into.text(f"{where}name", "\n".join((*told, *info.pax_headers.values())))
                if file := archive.extractfile(info) if info.isfile() else None:
                    unfolded = file.read()
                    into.spend(len(unfolded))
                    inner(unfolded, where)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError):
        into.unread.append(Unread(place + "content", "a broken tar"))


def _strings(content: bytes, place: str, into: Gathered) -> None:
    if content:
        into.text(place, "\n".join([decoded(content), *readable(content)]), prose=False)

"""Reading one response body: unpacked if the server packed it, and never more than is allowed.

Requests ask for `Accept-Encoding: identity`. Where a server packs all the same, the unpacked bytes
are what is archived, and the exchange says which coding they came in. Memory is bounded whatever
the server sends: a packed chunk is unpacked in steps, and a body that grows beyond `RATIO` times
what was sent is taken for a decompression bomb.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from archiver.harvest.wire import WireError

RATIO = 100
"""Unpacked bytes per packed byte; repetitive JSON stays below 50."""

_RATIO_FROM = 1 << 20  # bytes below which the ratio is not looked at
_STEP = 1 << 16
_GZIP = zlib.MAX_WBITS | 16


def coding(response: httpx.Response) -> str:
    """The content coding of an answer in lower case, empty if its bytes are as they are."""
    named = response.headers.get("content-encoding", "").strip().lower()
    return "" if named == "identity" else named


def read(response: httpx.Response, cap: int) -> Iterator[bytes]:
    """The body of `response` in pieces, at most `cap` bytes in all.

    Every piece that came is yielded before a `WireError` says why there is no more: `cut-off`,
    `timeout`, `too-large`, `bomb`, or `coding` (unknown or corrupt). The caller closes `response`.
    """
    packed = coding(response)
    if not packed:
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:18]) > cap:
            raise _too_large(cap)
    sent = total = 0
    unpack = _unpacker(packed)
    for chunk in response.iter_raw():
        sent += len(chunk)
        for piece in unpack.feed(chunk):
            yield piece[: cap - total]
            total += len(piece)
            if total > cap:
                raise _too_large(cap)
            if packed and total > max(_RATIO_FROM, RATIO * sent):
                raise WireError("bomb", "sent an answer that unpacks to far more than was sent")
    if not unpack.complete:
        raise WireError("cut-off", "broke off its answer")


def _too_large(cap: int) -> WireError:
    return WireError("too-large", f"sent more than the {cap} bytes that are accepted")


class _Plain:
    """No coding: the bytes are the body."""

    complete = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk


class _Packed:
    """gzip (also of several members, RFC 1952 §2.2) and deflate (RFC 9110 §8.4.1.2)."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._object = zlib.decompressobj(window)
        self._head: bytes | None = b"" if window == zlib.MAX_WBITS else None
        self.complete = True  # an empty body is whole

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._head is not None:
            chunk = self._head + chunk
            self.complete = not chunk
            self._head = chunk if len(chunk) < 2 else None
            if self._head is not None:
                return
            if chunk[0] & 15 != 8 or int.from_bytes(chunk[:2], "big") % 31:
                self._window = -zlib.MAX_WBITS  # many servers leave out the zlib header
                self._object = zlib.decompressobj(self._window)
        while chunk:
            if self._object.eof:
                self._object = zlib.decompressobj(self._window)
            try:
                piece = self._object.decompress(chunk, _STEP)
            except zlib.error:
                raise WireError("coding", "sent an answer that cannot be unpacked") from None
            chunk = self._object.unconsumed_tail or self._object.unused_data
            self.complete = self._object.eof
            if piece:
                yield piece


def _unpacker(packed: str) -> _Plain | _Packed:
    if not packed:
        return _Plain()
    if packed in ("gzip", "x-gzip"):
        return _Packed(_GZIP)
    if packed == "deflate":
        return _Packed(zlib.MAX_WBITS)
    # Its bytes are not kept either: what cannot be unpacked cannot be searched for secrets.
    raise WireError("coding", "packed its answer in a coding it was not asked for")

"""Sealing: content becomes an encrypted frame under a data key of its own.

A frame's plaintext is `u32 length of envelope ‖ envelope (canonical JSON) ‖ raw bytes`. The
envelope is what we say of the bytes; the raw part is the platform's own bytes, if any. The
plaintext is compressed (zstd-3 with a dictionary free of personal data) and encrypted with
AES-256-GCM under a single-use random key, with the frame's header as associated data.

The frame's byte form is in `core.layout`. Nothing here does I/O; randomness is a parameter.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import NamedTuple, cast

import orjson
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.core.canonical import Json
from archiver.core.commitment import Leaf, commit
from archiver.core.layout import FRAME_HEADER, FRAME_LENGTH_BYTES, MAX_FRAME, frame_length
from archiver.core.ports import Random
from archiver.core.record import frame_leaves
from archiver.errors import SealBroken

_LENGTH = struct.Struct(">I")
_LENGTH_BYTES = _LENGTH.size
KEY_BYTES = 32
TAG_BYTES = 16
DICTIONARY = 1
_LEVEL = 3
UNCOMPRESSED = 0


class FrameKind(IntEnum):
    """What a frame holds; the log entry's type says it too."""

    EVENT = 1
    VERSION = 2
    COMPONENT = 3
    CAPTURE = 4
    EXCHANGE = 5
    PUSH = 6


class Sealed(NamedTuple):
    """A frame ready to be appended: its bytes, key and proof, and the content for projecting."""

    frame: bytes
    id: bytes
    dek: bytes
    c: str
    x: str
    kind: FrameKind
    envelope: Mapping[str, Json]
    raw: bytes


class Opened(NamedTuple):
    """A frame's content."""

    kind: FrameKind
    envelope: dict[str, Json]
    raw: bytes


@cache
def dictionary_bytes(version: int) -> bytes:
    """The zstd dictionary of that version, made from invented structure only."""
    return (resources.files("archiver.store") / f"skeleton-{version}.zdict").read_bytes()


@cache
def _dictionary(version: int) -> zstandard.ZstdCompressionDict:
    """Digested once: threads share it, and it must not be digested anew under their feet."""
    dictionary = zstandard.ZstdCompressionDict(
        dictionary_bytes(version), dict_type=zstandard.DICT_TYPE_RAWCONTENT
    )
    dictionary.precompute_compress(level=_LEVEL)
    return dictionary


def _compressor(version: int) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(
        level=_LEVEL, dict_data=_dictionary(version), write_checksum=False
    )


def _decompressor(version: int) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=_dictionary(version))


class _Codecs(threading.local):
    """One of each per thread: zstd's contexts are not to be shared, and making them is dear."""

    def __init__(self) -> None:
        self.compressor = cache(_compressor)
        self.decompressor = cache(_decompressor)


_codecs = _Codecs()


def content_leaves(kind: FrameKind, envelope: Mapping[str, Json], raw: bytes) -> list[Leaf]:
    """The committed leaves of a frame's content."""
    return frame_leaves(envelope, None if kind is FrameKind.EVENT else sha256(raw).hexdigest())


def seal(
    kind: FrameKind,
    envelope: Mapping[str, Json],
    raw: bytes = b"",
    *,
    random: Random,
    nonce: bytes | None = None,
) -> Sealed:
    """Seal one frame. `envelope` must lie within the canonical profile.

    A component's chunk passes its position as `nonce` (11-byte index ‖ last flag), so that chunks
    cannot be reordered or cut off unseen; media are stored uncompressed.
    """
    entropy = random(16 + KEY_BYTES + 12)
    frame_id, dek = entropy[:16], entropy[16:48]
    nonce = nonce or entropy[48:]
    envelope_bytes = orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS)
    plaintext = _LENGTH.pack(len(envelope_bytes)) + envelope_bytes + raw
    dictionary = UNCOMPRESSED if kind is FrameKind.COMPONENT else DICTIONARY
    if dictionary:
        plaintext = _codecs.compressor(dictionary).compress(plaintext)
    length = FRAME_HEADER.size - FRAME_LENGTH_BYTES + len(plaintext) + TAG_BYTES
    header = FRAME_HEADER.pack(length, frame_id, kind, dictionary, nonce)
    frame = header + AESGCM(dek).encrypt(nonce, plaintext, header)
    return Sealed(
        frame,
        frame_id,
        dek,
        commit(dek, content_leaves(kind, envelope, raw)).hex(),
        sha256(frame).hexdigest(),
        kind,
        envelope,
        raw,
    )


def unseal(frame: bytes, dek: bytes) -> Opened:
    """The content of a whole frame; `SealBroken` if key, header or bytes are not those sealed."""
    try:
        header = frame[: FRAME_HEADER.size]
        _, _, kind, dictionary, nonce = FRAME_HEADER.unpack(header)
        if frame_length(header) != len(frame):
            raise SealBroken("A frame's length does not fit its header.")
        plaintext = AESGCM(dek).decrypt(nonce, frame[FRAME_HEADER.size :], header)
        if dictionary:
            plaintext = _codecs.decompressor(dictionary).decompress(plaintext, MAX_FRAME)
        (size,) = _LENGTH.unpack_from(plaintext)
        envelope = orjson.loads(plaintext[_LENGTH_BYTES : _LENGTH_BYTES + size])
        return Opened(
            FrameKind(kind),
            cast("dict[str, Json]", envelope),
            plaintext[_LENGTH_BYTES + size :],
        )
    except (InvalidTag, struct.error, zstandard.ZstdError, ValueError, OSError) as error:
        raise SealBroken("A frame does not open under its key.") from error

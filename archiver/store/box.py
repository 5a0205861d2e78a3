"""Sealing a key to somebody who is not here: only the holder of the private half opens it.

A *box* is `32-byte ephemeral public key ‖ AES-256-GCM over the key`. The cipher's key and nonce
are HKDF-SHA-256 of the X25519 secret, with both public keys as salt and the box's name as info; the
name is associated data too, so that a box cannot be put in another's place.

A private half is kept in a file of one line: `DIARKIV-QUARANTINE-KEY-1 <64 hex> <SHA-256 of the
text before>`. No role of the application needs it, and none looks for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from archiver.core.ports import Random
from archiver.errors import AlreadyExists, ConfigError, SealBroken

_FILE = "DIARKIV-QUARANTINE-KEY-1"
_INFO = b"diarkiv/box/v1 "
_KEY = 32


class KeyPair(NamedTuple):
    """32 bytes each; the private half never goes into the home's secret store."""

    private: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"<KeyPair {fingerprint(self.public)}>"


def new_pair(random: Random) -> KeyPair:
    """A fresh pair."""
    return pair_of(random(_KEY))


def pair_of(private: bytes) -> KeyPair:
    """The pair of a private half."""
    key = X25519PrivateKey.from_private_bytes(private)
    return KeyPair(private, key.public_key().public_bytes_raw())


def fingerprint(public: bytes) -> str:
    """Sixteen hex digits by which people compare public halves."""
    return sha256(public).hexdigest()[:16]


def seal_box(public: bytes, key: bytes, name: str, random: Random) -> bytes:
    """A box that only the holder of the private half opens; `ConfigError` for a public half that
    is none (one of small order would give a box that anyone opens)."""
    own = new_pair(random)
    try:
        shared = X25519PrivateKey.from_private_bytes(own.private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError as error:
        raise ConfigError("The quarantine's public key is not one.") from error
    cipher, nonce = _cipher(shared, own.public + public, name)
    return own.public + cipher.encrypt(nonce, key, name.encode())


def open_box(private: bytes, box: bytes, name: str) -> bytes:
    """The key in a box; `SealBroken` if the private half is another's or the box is damaged."""
    public = pair_of(private).public
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(box[:_KEY])
        )
        cipher, nonce = _cipher(shared, box[:_KEY] + public, name)
        return cipher.decrypt(nonce, box[_KEY:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(
            "The key given does not open this quarantine.",
            remedy="Use the private half that belongs to the public key of that day.",
        ) from error


def _cipher(shared: bytes, salt: bytes, name: str) -> tuple[AESGCM, bytes]:
    made = HKDF(SHA256(), _KEY + 12, salt=salt, info=_INFO + name.encode()).derive(shared)
    return AESGCM(made[:_KEY]), made[_KEY:]


def render_private(private: bytes) -> str:
    """The file of a private half."""
    text = f"{_FILE} {private.hex()}"
    return f"{text} {sha256(text.encode()).hexdigest()}\n"


def parse_private(text: str) -> bytes:
    """The private half in a file; `ConfigError` if it is not just what `render_private` wrote."""
    try:
        private = bytes.fromhex(text.split()[1])
    except (IndexError, ValueError):
        private = b""
    if len(private) != _KEY or render_private(private).strip() != text.strip():
        raise ConfigError(
            "The file does not hold the private half of a quarantine key.",
            remedy="It is one line, as `diarkiv quarantine key` wrote it.",
        )
    return private


def write_private(path: Path, private: bytes) -> None:
    """Keep a private half in a new file of mode 0600, durably; `AlreadyExists` if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise AlreadyExists(f"{path.name} exists.", remedy="Name another file.") from error
    try:
        os.write(file, render_private(private).encode())
        os.fsync(file)
    finally:
        os.close(file)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with suppress(OSError):
        os.fsync(folder)
    os.close(folder)

"""Signed tree heads: C2SP tlog-checkpoint over a signed note.

    diarkiv/5f0c…/1          origin: home and log generation
    109482                   number of leaves
    sFodV/vSp5O8…            base64 of the root hash

    — diarkiv/5f0c…/1 hI2DJw…    base64(key id ‖ Ed25519 signature over the text above)

The parser refuses every second spelling (spare base64 bits, leading zeros), so that each flipped
bit is found. Signing is done elsewhere; verification here is pure Python.
Sources: c2sp.org/tlog-checkpoint, c2sp.org/signed-note.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from archiver.core import ed25519
from archiver.errors import NotCanonical, SignatureInvalid

_ED25519 = b"\x01"
# Printable ASCII: a name that looks like another name is no name.
_NAME = re.compile(r"[!-*,-~]{1,255}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,14}")


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Strict base64; `NotCanonical` for any spelling but the one `to_base64` gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotCanonical("A value is not base64.") from error
    if to_base64(data) != text:
        raise NotCanonical("A base64 value has spare bits.")
    return data


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named Ed25519 public key; `str()` is its vkey form, which people pin."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key)."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the vkey in groups of four, for reading aloud."""
        digest = sha256(str(self).encode()).hexdigest()
        return " ".join(digest[i : i + 4] for i in range(0, 64, 4))

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a vkey line; `NotCanonical` if it is malformed or its key id does not fit."""
        parts = text.removesuffix("\n").split("+", 2)
        if len(parts) != 3:
            raise NotCanonical("A verifier key has the form name+id+base64.")
        data = from_base64(parts[2])
        if len(data) != 33 or data[:1] != _ED25519:
            raise NotCanonical("The verifier key is not an Ed25519 key.")
        if not _NAME.fullmatch(parts[0]) or ed25519.is_small_order(data[1:]):
            raise NotCanonical("The verifier key's name or key is not one a log may have.")
        key = cls(parts[0], data[1:])
        if str(key) != text.removesuffix("\n"):
            raise NotCanonical("The verifier key's id does not fit its name and key.")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One head of a log: origin, number of leaves, 32-byte root."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The text that is signed, with its final newline."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    def signed(self, key: VerifierKey, sign: Callable[[bytes], bytes]) -> str:
        """The signed note; `sign` gives the 64-byte Ed25519 signature over the body.
        `NotCanonical` if the head is not one a verifier would read."""
        self.parse_body(self.body())
        signature = to_base64(key.key_id + sign(self.body().encode()))
        return f"{self.body()}\n— {key.name} {signature}\n"

    @classmethod
    def parse_body(cls, body: str) -> Checkpoint:
        """Read an unsigned body; `NotCanonical` unless it is exactly what `body()` writes."""
        lines = body.split("\n")
        if len(lines) != 4 or not _SIZE.fullmatch(lines[1]):
            raise NotCanonical("A checkpoint has an origin, a size and a root.")
        head = cls(lines[0], int(lines[1]), from_base64(lines[2]))
        if head.body() != body or len(head.root) != 32 or not _NAME.fullmatch(head.origin):
            raise NotCanonical("The checkpoint is not in canonical form.")
        return head


def _divide(note: str) -> tuple[str, list[str]]:
    body, separator, signatures = note.partition("\n\n")
    lines = signatures.split("\n")
    if not separator or lines.pop() != "" or not lines:
        raise NotCanonical("A signed note has a body, an empty line and signature lines.")
    return body + "\n", lines


def open_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """The head in `note`, once `key`'s signature over it has been verified.

    `SignatureInvalid` if no line is by `key`, or it does not verify; `NotCanonical` if malformed.
    Today a note carries exactly the log's own line: a second line is refused until witnesses exist,
    since bytes nobody checks could be altered unseen.
    """
    try:
        body, lines = _divide(note.decode())
    except UnicodeDecodeError as error:
        raise NotCanonical("The checkpoint is not UTF-8.") from error
    head = Checkpoint.parse_body(body)
    prefix = f"— {key.name} "
    if len(lines) != 1 or not lines[0].startswith(prefix):
        raise SignatureInvalid("The checkpoint is not signed by the expected key.")
    blob = from_base64(lines[0][len(prefix) :])
    if blob[:4] != key.key_id or not ed25519.verify(key.public_key, body.encode(), blob[4:]):
        raise SignatureInvalid("The checkpoint's signature does not verify.")
    if head.origin != key.name:
        raise SignatureInvalid("The checkpoint is signed by the key of another log.")
    return head

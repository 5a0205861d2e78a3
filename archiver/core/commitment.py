"""The disclosure commitment: what lets a masked copy prove itself.

A frame's content is an ordered list of leaves (path, value). Each leaf is hashed under a salt of
its own, and the commitment is one hash over the leaf digests. A released copy carries
(salt, path, value) for what is shown and only the digest for what is hidden; whoever holds the
copy recomputes the commitment. Free text has two levels, so that single words can be hidden.

    salts   = SHAKE-256("diarkiv/salt/v1" ‖ DEK), 16 bytes each, in order of use
    d       = SHA256(salt ‖ path ‖ 0x00 ‖ value)                       plain leaf, and each token
    d_text  = SHA256(salt ‖ path ‖ 0x01 ‖ d_token0 ‖ d_token1 ‖ …)      text leaf
    c       = SHA256("DIARKIV-C1" ‖ d_0 ‖ d_1 ‖ …)

A text leaf takes its own salt first, then one per token. Destroying the DEK destroys the salts:
then no digest can be linked to any guess. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from typing import TypeAlias

SALT_BYTES = 16
_SALT_DOMAIN = b"diarkiv/salt/v1"
_DOMAIN = b"DIARKIV-C1"

# A word with one trailing space; white space; any other ASCII character by itself. Everything
# beyond ASCII counts as a letter: no Unicode table, whose version would change the split.
_TOKEN = re.compile(r"[0-9A-Za-z_\x80-\U0010FFFF]+ ?|[\t\n\r ]+|[\x00-\x7f]")

Digest: TypeAlias = bytes


@dataclass(frozen=True, slots=True)
class Leaf:
    """One committed value: `path` is ASCII, `value` any Unicode text; `text` = two levels."""

    path: str
    value: str
    text: bool = False


def tokens(text: str) -> list[str]:
    """Split free text into maskable tokens; joining them gives the text back."""
    return _TOKEN.findall(text)


def plain_digest(salt: bytes, path: str, value: str) -> Digest:
    """Digest of one plain leaf or one token, 32 bytes."""
    return sha256(salt + path.encode() + b"\x00" + value.encode()).digest()


def text_digest(salt: bytes, path: str, token_digests: Iterable[Digest]) -> Digest:
    """Digest of a text leaf over its tokens' digests, 32 bytes."""
    return sha256(salt + path.encode() + b"\x01" + b"".join(token_digests)).digest()


def combine(leaf_digests: Iterable[Digest]) -> Digest:
    """The commitment `c` over the leaf digests in order, 32 bytes."""
    return sha256(_DOMAIN + b"".join(leaf_digests)).digest()


def salts(dek: bytes, count: int) -> list[bytes]:
    """The first `count` salts under a 32-byte data key."""
    stream = shake_256(_SALT_DOMAIN + dek).digest(count * SALT_BYTES)
    return [stream[i : i + SALT_BYTES] for i in range(0, len(stream), SALT_BYTES)]


def commit(dek: bytes, leaves: Sequence[Leaf]) -> Digest:
    """The commitment to `leaves` under the frame's data key, 32 bytes.

    Kept tight because every record passes here: one salt stream, no objects per token.
    """
    split = [_TOKEN.findall(leaf.value) if leaf.text else None for leaf in leaves]
    count = len(leaves) + sum(len(words) for words in split if words is not None)
    stream = shake_256(_SALT_DOMAIN + dek).digest(count * SALT_BYTES)
    whole, at = sha256(_DOMAIN), 0
    for leaf, words in zip(leaves, split, strict=True):
        salt = stream[at : at + SALT_BYTES]
        at += SALT_BYTES
        path = leaf.path.encode()
        if words is None:
            whole.update(sha256(salt + path + b"\x00" + leaf.value.encode()).digest())
            continue
        text, middle = sha256(salt + path + b"\x01"), path + b"\x00"
        for word in words:
            inner = stream[at : at + SALT_BYTES] + middle + word.encode()
            text.update(sha256(inner).digest())
            at += SALT_BYTES
        whole.update(text.digest())
    return whole.digest()


@dataclass(frozen=True, slots=True)
class Shown:
    """A revealed plain leaf or token."""

    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """A masked leaf or token: only its digest remains."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class ShownText:
    """A revealed text leaf, token by token; some of them may be hidden."""

    salt: bytes
    tokens: tuple[Shown | Hidden, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """One leaf of a released copy. The path of a hidden leaf is a label, not a proven fact."""

    path: str
    content: Shown | Hidden | ShownText

    def digest(self) -> Digest:
        """The leaf's digest, recomputed from what is shown."""
        match self.content:
            case Hidden(digest):
                return digest
            case Shown(salt, value):
                return plain_digest(salt, self.path, value)
            case ShownText(salt, parts):
                return text_digest(salt, self.path, [_token(self.path, part) for part in parts])

    def text(self, mask: str = "█") -> str:
        """What a reader sees, `mask` standing for each hidden token or leaf."""
        match self.content:
            case Hidden():
                return mask
            case Shown(_, value):
                return value
            case ShownText(_, parts):
                return "".join(part.value if isinstance(part, Shown) else mask for part in parts)

    @property
    def masked(self) -> bool:
        """Whether anything in this leaf is hidden."""
        if isinstance(self.content, ShownText):
            return any(isinstance(part, Hidden) for part in self.content.tokens)
        return isinstance(self.content, Hidden)


def _token(path: str, part: Shown | Hidden) -> Digest:
    return part.digest if isinstance(part, Hidden) else plain_digest(part.salt, path, part.value)


def open_leaves(dek: bytes, leaves: Sequence[Leaf]) -> list[Opening]:
    """Full openings of every leaf, from which a masked copy then hides parts."""
    split = [_TOKEN.findall(leaf.value) if leaf.text else None for leaf in leaves]
    count = len(leaves) + sum(len(words) for words in split if words is not None)
    supply = iter(salts(dek, count))
    openings = []
    for leaf, words in zip(leaves, split, strict=True):
        salt = next(supply)
        content: Shown | ShownText = (
            Shown(salt, leaf.value)
            if words is None
            else ShownText(salt, tuple(Shown(next(supply), word) for word in words))
        )
        openings.append(Opening(leaf.path, content))
    return openings


def hide(opening: Opening, token_indexes: Iterable[int] | None = None) -> Opening:
    """The opening with the given tokens hidden, or the whole leaf when none are named."""
    if token_indexes is None or not isinstance(opening.content, ShownText):
        return Opening(opening.path, Hidden(opening.digest()))
    cut = set(token_indexes)
    parts = tuple(
        Hidden(_token(opening.path, part)) if i in cut else part
        for i, part in enumerate(opening.content.tokens)
    )
    return Opening(opening.path, ShownText(opening.content.salt, parts))


def recompute(openings: Iterable[Opening]) -> Digest:
    """The commitment that a released copy leads to; compare with the logged `c`."""
    return combine(opening.digest() for opening in openings)

"""The disclosure commitment: what lets a masked copy prove itself.

A frame's content is an ordered list of leaves (path, value). Each leaf is hashed under a salt of
its own, and the commitment is one hash over the leaf digests. A released copy carries
(salt, path, value) for what is shown and only the digest for what is hidden; whoever holds the
copy recomputes the commitment. Free text has two levels, so that single words can be hidden.

    salts   = SHAKE-256("diarkiv/salt/v1" ‖ DEK), 16 bytes each, in order of use
    d       = SHA256(salt ‖ path ‖ 0x00 ‖ value)                       string leaf, and each token
    d_text  = SHA256(salt ‖ path ‖ 0x01 ‖ d_token0 ‖ d_token1 ‖ …)      text leaf
    d_json  = SHA256(salt ‖ path ‖ 0x02 ‖ canonical JSON of the value)  any other leaf
    c       = SHA256("DIARKIV-C1" ‖ d_0 ‖ d_1 ‖ …)

A text leaf takes its own salt first, then one per token. Salts are 16 bytes, digests 32, paths
printable ASCII without spaces: with those fixed, nobody can move a boundary, so a copy can show
nothing but what was sealed. Destroying the DEK destroys the salts:
then no digest can be linked to any guess. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256, shake_256
from typing import NamedTuple, TypeAlias

from archiver.errors import NotCanonical, ProofInvalid

SALT_BYTES = 16
DIGEST_BYTES = 32
_SALT_DOMAIN = b"diarkiv/salt/v1"
_DOMAIN = b"DIARKIV-C1"

# A word with one trailing space; white space; any other ASCII character by itself. Everything
# beyond ASCII counts as a letter: no Unicode table, whose version would change the split.
_TOKEN = re.compile(r"[0-9A-Za-z_\x80-\U0010FFFF]+ ?|[\t\n\r ]+|[\x00-\x7f]")
# The same over UTF-8, where every byte of a character beyond ASCII is \x80 or more.
_TOKEN_BYTES = re.compile(rb"[0-9A-Za-z_\x80-\xff]+ ?|[\t\n\r ]+|[\x00-\x7f]")

_PATH = re.compile(r"[!-~]+")

Digest: TypeAlias = bytes


class Form(IntEnum):
    """How a leaf's value is read, and the byte that says so."""

    STRING = 0
    TEXT = 1
    JSON = 2


class Leaf(NamedTuple):
    """One committed value. `value` is the string itself, free text, or canonical JSON."""

    path: str
    value: str
    form: Form = Form.STRING


def tokens(text: str) -> list[str]:
    """Split free text into maskable tokens; joining them gives the text back."""
    return _TOKEN.findall(text)


def _digest(salt: bytes, path: str, form: Form, content: bytes) -> Digest:
    """Digest of one leaf or token, 32 bytes; `ProofInvalid` if a part has not its fixed shape."""
    if len(salt) != SALT_BYTES or not _PATH.fullmatch(path):
        raise ProofInvalid("A salt or a path in an opening is malformed.")
    return sha256(salt + path.encode() + bytes((form,)) + content).digest()


def _encoded(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("A committed value holds a lone surrogate.") from error


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
    text = Form.TEXT
    values = [_encoded(leaf.value) for leaf in leaves]
    words = {
        i: _TOKEN_BYTES.findall(values[i]) for i, leaf in enumerate(leaves) if leaf.form is text
    }
    count = len(leaves) + sum(map(len, words.values()))
    stream = shake_256(_SALT_DOMAIN + dek).digest(count * SALT_BYTES)
    digests, at = [_DOMAIN], 0
    for i, (path, _, form) in enumerate(leaves):
        salt, heads, content = stream[at : at + SALT_BYTES], _heads(path), values[i]
        at += SALT_BYTES
        if form is text:
            token, places = heads[Form.STRING], range(at, len(stream), SALT_BYTES)
            parts = [
                sha256(stream[place : place + SALT_BYTES] + token + word).digest()
                for place, word in zip(places, words[i], strict=False)
            ]
            at += len(parts) * SALT_BYTES
            content = b"".join(parts)
        digests.append(sha256(salt + heads[form] + content).digest())
    return sha256(b"".join(digests)).digest()


@lru_cache(maxsize=256)
def _heads(path: str) -> tuple[bytes, ...]:
    """What stands between salt and content, by form; schemas have few paths. `NotCanonical` for a
    path that is not printable ASCII."""
    if not _PATH.fullmatch(path):
        raise NotCanonical("A committed path is not printable ASCII.")
    return tuple(path.encode() + bytes((form,)) for form in Form)


@dataclass(frozen=True, slots=True)
class Shown:
    """A revealed leaf or token: a string, or (`json`) canonical JSON."""

    salt: bytes
    value: str
    json: bool = False


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
            case Hidden():
                return _part(self.path, self.content)
            case Shown():
                return _part(self.path, self.content)
            case ShownText(salt, parts):
                content = b"".join(_part(self.path, part) for part in parts)
                return _digest(salt, self.path, Form.TEXT, content)

    def text(self, mask: str = "█") -> str:
        """What a reader sees, `mask` standing for each hidden token or leaf."""
        match self.content:
            case Hidden():
                return mask
            case Shown(value=value):
                return value
            case ShownText(_, parts):
                return "".join(part.value if isinstance(part, Shown) else mask for part in parts)

    @property
    def masked(self) -> bool:
        """Whether anything in this leaf is hidden."""
        if isinstance(self.content, ShownText):
            return any(isinstance(part, Hidden) for part in self.content.tokens)
        return isinstance(self.content, Hidden)


def _part(path: str, part: Shown | Hidden) -> Digest:
    if isinstance(part, Shown):
        form = Form.JSON if part.json else Form.STRING
        return _digest(part.salt, path, form, _encoded(part.value))
    if len(part.digest) != DIGEST_BYTES:
        raise ProofInvalid("The digest of a hidden part does not have 32 bytes.")
    if not _PATH.fullmatch(path):
        raise ProofInvalid("The label of a hidden part is no path.")
    return part.digest


def _split(leaves: Sequence[Leaf]) -> list[list[str] | None]:
    """The tokens of each text leaf, None for the others; refuses malformed paths."""
    if not all(_PATH.fullmatch(leaf.path) for leaf in leaves):
        raise NotCanonical("A committed path is not printable ASCII.")
    return [_TOKEN.findall(leaf.value) if leaf.form is Form.TEXT else None for leaf in leaves]


def _salt_count(split: Sequence[list[str] | None]) -> int:
    return len(split) + sum(len(words) for words in split if words is not None)


def open_leaves(dek: bytes, leaves: Sequence[Leaf]) -> list[Opening]:
    """Full openings of every leaf, from which a masked copy then hides parts."""
    split = _split(leaves)
    supply = iter(salts(dek, _salt_count(split)))
    openings = []
    for leaf, words in zip(leaves, split, strict=True):
        salt = next(supply)
        content: Shown | ShownText = (
            Shown(salt, leaf.value, leaf.form is Form.JSON)
            if words is None
            else ShownText(salt, tuple(Shown(next(supply), word) for word in words))
        )
        openings.append(Opening(leaf.path, content))
    return openings


def hide(opening: Opening, token_indexes: Iterable[int] | None = None) -> Opening:
    """The opening with the given tokens hidden; the whole leaf where `token_indexes` is None.

    `IndexError` for a token that is not there, `ValueError` for tokens of a leaf that has none:
    a mask that hides nothing must not pass for one.
    """
    if token_indexes is None:
        return Opening(opening.path, Hidden(opening.digest()))
    if not isinstance(opening.content, ShownText):
        raise ValueError(f"the leaf {opening.path} is not divided into tokens")
    cut = set(token_indexes)
    if not cut:
        raise ValueError("no token is named that should be hidden")
    if not cut <= set(range(len(opening.content.tokens))):
        raise IndexError(f"the leaf {opening.path} has {len(opening.content.tokens)} tokens")
    parts = tuple(
        Hidden(_part(opening.path, part)) if i in cut else part
        for i, part in enumerate(opening.content.tokens)
    )
    return Opening(opening.path, ShownText(opening.content.salt, parts))


def recompute(openings: Iterable[Opening]) -> Digest:
    """The commitment that a released copy leads to; compare with the logged `c`."""
    return combine(opening.digest() for opening in openings)

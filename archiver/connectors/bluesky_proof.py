"""Checks a signed proof that a record is, or is not, in an AT Protocol repository. Pure.

Source: https://atproto.com/specs/repository (commit, MST, CAR), /specs/cryptography (did:key,
low-S). `com.atproto.sync.getRecord` answers with a CAR file: the signed commit, the nodes of the
tree from its root to where the record stands or would have to stand, and the record if it is there.

What holds of an answer that is not refused:

1. Every block is what its name (CID: SHA-256) says, and is reached from the one root, the commit.
2. The commit is of the account asked about and bears a signature of the key given.
3. Every node of the tree is written in the one form there is for it: keys in rising order, between
   those of the node above, at the depth that their hash gives. In such a tree a record can stand in
   one place only, so that what does not stand there is not in the tree.
4. The path from the root to that place is whole.

It proves what the holder of the account's key signed at revision `rev`: that the record was not in
the repository then, not who took it away. Nothing here reads a socket, a file or a clock.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Any

import libipld
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from archiver.errors import ProofInvalid

_CID = b"\x01\x71\x12\x20"  # version 1, dag-cbor, SHA-256 of 32 bytes: the only one in a tree
_CID_LENGTH = len(_CID) + 32
_COMMIT = {"did", "version", "data", "rev", "prev", "sig"}
_PATH = re.compile(rb"[A-Za-z0-9.-]{1,317}/[A-Za-z0-9._:~-]{1,512}")
_TID = re.compile(r"[2-7a-j][2-7a-z]{12}")
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
# Multicodec prefix of a compressed public key → its curve and the order of that curve's group.
_CURVES: Mapping[bytes, tuple[ec.EllipticCurve, int]] = {
    b"\x80\x24": (
        ec.SECP256R1(),
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
    b"\xe7\x01": (
        ec.SECP256K1(),
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    ),
}


class Flaw(StrEnum):
    """Why a proof is refused."""

    FILE = "file"  # no CAR file, cut off, or of another form
    HASH = "hash"  # a block is not what its name says
    MISSING = "missing-block"  # the path is not whole
    STRAY = "stray-block"  # a block that nothing leads to
    COMMIT = "commit"  # the root is no commit
    ACCOUNT = "other-account"
    KEY = "key"  # the key is none that AT Protocol knows
    SIGNATURE = "signature"
    TREE = "tree"  # a node is not in the one form there is for it
    STALE = "stale"  # signed before there was such a record, so its absence says nothing
    LOG = "did-log"  # the account's log of keys does not hold together


class RecordProofInvalid(ProofInvalid):
    """A signed statement of an AT Protocol account does not hold; `flaw` says why."""

    code = "record-proof-invalid"

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(
            f"The account's signed proof does not hold ({flaw.value}).",
            remedy="Nothing was concluded from it; the next run asks again.",
        )
        self.flaw = flaw


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProof:
    """What an account signed of one record: at revision `rev` (a TID), in the commit of CID
    `commit`, the record had CID `record`, or was not there (None)."""

    did: str
    rev: str
    commit: str
    record: str | None


def verify_record_proof(
    car: bytes, *, did: str, did_key: str, collection: str, rkey: str
) -> RecordProof:
    """What `car` proves of the record `collection`/`rkey` of account `did`, whose signing key is
    `did_key` ("did:key:z…"). `RecordProofInvalid` if any of the duties above is not met."""
    root, blocks = _blocks(car)
    commit = _commit(_block(blocks, root), did)
    _check_signature(commit, did_key)
    path = f"{collection}/{rkey}".encode()
    nodes: dict[bytes, _Node] = {}
    record = _find(blocks, nodes, commit["data"], path)
    if record is not None:
        _block(blocks, record)
    reached = {root, *_reached(blocks, nodes, commit["data"])}
    if blocks.keys() - reached:
        raise RecordProofInvalid(Flaw.STRAY)
    return RecordProof(
        did=did,
        rev=commit["rev"],
        commit=libipld.encode_cid(root),
        record=None if record is None else libipld.encode_cid(record),
    )


def verify_signature(did_key: str, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (64 bytes, r ‖ s, s in the lower half) over SHA-256 of `message` is by
    `did_key`. `RecordProofInvalid` if that is no key of P-256 or K-256."""
    key, order = _public_key(did_key)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not (0 < r < order and 0 < s <= order // 2):
        return False
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def cid_of(block: bytes) -> str:
    """The CID of a block of dag-cbor."""
    cid: str = libipld.encode_cid(_CID + sha256(block).digest())
    return cid


def blob_digest(cid: str) -> str:
    """SHA-256 (hex) that a media file of this CID must have; empty if it is no CID of bytes."""
    try:
        found = libipld.decode_cid(cid)
    except ValueError:
        return ""
    known = (found["version"], found["codec"], found["hash"]["code"]) == (1, 0x55, 0x12)
    digest: bytes = found["hash"]["digest"]
    return digest.hex() if known and len(digest) == 32 else ""


def tid_time(tid: str) -> int | None:
    """The instant in a TID (record key, revision), milliseconds since 1970 UTC; None if it is
    none. Whoever writes the record chooses it."""
    if not _TID.fullmatch(tid):
        return None
    value = 0
    for letter in tid:
        value = value << 5 | _DIGITS.index(letter)
    return (value >> 10) // 1000


def predates(rev: str, rkey: str, *, now: int) -> bool:
    """Whether a commit was signed before the record can have been made: then its absence is no
    news (a repository set back to an old copy, say). A record key from the future (`now` in
    milliseconds UTC) tells nothing of when its record was made."""
    signed, made = tid_time(rev), tid_time(rkey)
    return signed is not None and made is not None and signed < made <= now


# Blocks.


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:  # another way to write the same number
                break
            return value, at
        shift += 7
    raise RecordProofInvalid(Flaw.FILE)


def _section(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = _varint(data, at)
    if at + length > len(data):
        raise RecordProofInvalid(Flaw.FILE)
    return data[at : at + length], at + length


def _blocks(car: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The root and the blocks of a CAR file (version 1), each checked against its name."""
    header, at = _section(car, 0)
    told = decode(header, Flaw.FILE)
    roots = told.get("roots")
    if told.keys() != {"roots", "version"} or told["version"] != 1 or not isinstance(roots, list):
        raise RecordProofInvalid(Flaw.FILE)
    if len(roots) != 1 or not _is_link(roots[0]):
        raise RecordProofInvalid(Flaw.FILE)
    blocks: dict[bytes, bytes] = {}
    while at < len(car):
        section, at = _section(car, at)
        cid, data = section[:_CID_LENGTH], section[_CID_LENGTH:]
        if not _is_link(cid) or cid in blocks:
            raise RecordProofInvalid(Flaw.FILE)
        if sha256(data).digest() != cid[len(_CID) :]:
            raise RecordProofInvalid(Flaw.HASH)
        blocks[cid] = data
    return roots[0], blocks


def _block(blocks: Mapping[bytes, bytes], cid: bytes) -> bytes:
    if cid not in blocks:
        raise RecordProofInvalid(Flaw.MISSING)
    return blocks[cid]


def decode(data: bytes, flaw: Flaw) -> dict[str, Any]:
    """A map in dag-cbor, in its one canonical form; `RecordProofInvalid(flaw)` for anything else.

    Links come as bytes. Writing it again tells a link from a string of bytes that looks like one.
    """
    try:
        value = libipld.decode_dag_cbor(data)
        if isinstance(value, dict) and libipld.encode_dag_cbor(value) == data:
            return value
    except (ValueError, RecursionError) as error:
        raise RecordProofInvalid(flaw) from error
    raise RecordProofInvalid(flaw)


def _is_link(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == _CID_LENGTH and value.startswith(_CID)


# The commit.


def _commit(block: bytes, did: str) -> dict[str, Any]:
    commit = decode(block, Flaw.COMMIT)
    sound = (
        commit.keys() == _COMMIT
        and commit["version"] == 3
        and type(commit["version"]) is int
        and _is_link(commit["data"])
        and (commit["prev"] is None or _is_link(commit["prev"]))
        and isinstance(commit["rev"], str)
        and isinstance(commit["sig"], bytes)
        and tid_time(commit["rev"]) is not None
    )
    if not sound:
        raise RecordProofInvalid(Flaw.COMMIT)
    if commit["did"] != did:
        raise RecordProofInvalid(Flaw.ACCOUNT)
    return commit


def _check_signature(commit: Mapping[str, Any], did_key: str) -> None:
    unsigned = {name: value for name, value in commit.items() if name != "sig"}
    if not verify_signature(did_key, commit["sig"], libipld.encode_dag_cbor(unsigned)):
        raise RecordProofInvalid(Flaw.SIGNATURE)


def _public_key(did_key: str) -> tuple[ec.EllipticCurvePublicKey, int]:
    try:
        base, data = libipld.decode_multibase(did_key.removeprefix("did:key:"))
        curve, order = _CURVES[data[:2]]
        if base != "z" or len(data) != 35:
            raise RecordProofInvalid(Flaw.KEY)
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, data[2:]), order
    except (ValueError, KeyError) as error:
        raise RecordProofInvalid(Flaw.KEY) from error


# The tree.


@dataclass(frozen=True, slots=True)
class _Node:
    """Keys in rising order, the record of each, and the subtree to the left of all (`under[0]`)
    and to the right of each."""

    keys: tuple[bytes, ...]
    records: tuple[bytes, ...]
    under: tuple[bytes | None, ...]


def _node(data: bytes) -> _Node:
    told = decode(data, Flaw.TREE)
    entries = told.get("e")
    if told.keys() != {"l", "e"} or not isinstance(entries, list):
        raise RecordProofInvalid(Flaw.TREE)
    keys: list[bytes] = []
    under = [_subtree(told["l"])]
    for entry in entries:
        if not isinstance(entry, dict) or entry.keys() != {"p", "k", "v", "t"}:
            raise RecordProofInvalid(Flaw.TREE)
        shared, rest = entry["p"], entry["k"]
        last = keys[-1] if keys else b""
        if type(shared) is not int or not isinstance(rest, bytes) or not 0 <= shared <= len(last):
            raise RecordProofInvalid(Flaw.TREE)
        key = last[:shared] + rest
        longer = last[shared : shared + 1]  # what is shared is to be told as shared
        if (longer and longer == rest[:1]) or not _PATH.fullmatch(key):
            raise RecordProofInvalid(Flaw.TREE)
        if not _is_link(entry["v"]):
            raise RecordProofInvalid(Flaw.TREE)
        keys.append(key)
        under.append(_subtree(entry["t"]))
    if any(one >= other for one, other in pairwise(keys)):
        raise RecordProofInvalid(Flaw.TREE)
    return _Node(tuple(keys), tuple(entry["v"] for entry in entries), tuple(under))


def _subtree(link: object) -> bytes | None:
    if link is None:
        return None
    if not _is_link(link) or not isinstance(link, bytes):
        raise RecordProofInvalid(Flaw.TREE)
    return link


def layer_of(path: bytes) -> int:
    """How high in the tree a key stands: leading zero bits of its SHA-256, in pairs."""
    bits = int.from_bytes(sha256(path).digest(), "big")
    return (256 - bits.bit_length()) // 2


def _find(
    blocks: Mapping[bytes, bytes], nodes: dict[bytes, _Node], root: bytes, path: bytes
) -> bytes | None:
    """The record at `path`, or None where it would have to stand and does not; `nodes` takes those
    on the way."""
    link: bytes | None = root
    height: int | None = None  # of the node that is come to; unknown at the root
    low, high = b"", b"\xff"
    while link is not None:
        node = nodes[link] = _node(_block(blocks, link))
        heights = {layer_of(key) for key in node.keys}
        if height is not None:
            heights.add(height)
        elif not node.keys and node.under[0] is not None:  # a root that holds nothing itself
            raise RecordProofInvalid(Flaw.TREE)
        empty = not node.keys and node.under[0] is None and height is not None
        if len(heights) > 1 or empty or not all(low < key < high for key in node.keys):
            raise RecordProofInvalid(Flaw.TREE)
        place = bisect_left(node.keys, path)
        if place < len(node.keys) and node.keys[place] == path:
            return node.records[place]
        low = node.keys[place - 1] if place else low
        high = node.keys[place] if place < len(node.keys) else high
        link = node.under[place]
        height = heights.pop() - 1 if heights else -1
        if link is not None and height < 0:
            raise RecordProofInvalid(Flaw.TREE)
    return None


def _reached(
    blocks: Mapping[bytes, bytes], nodes: dict[bytes, _Node], root: bytes
) -> Iterator[bytes]:
    """Every block of the tree that is there: servers may send the neighbours along."""
    waiting = [root]
    while waiting:
        link = waiting.pop()
        if link not in blocks:
            continue
        yield link
        node = nodes[link] if link in nodes else _node(blocks[link])
        yield from (record for record in node.records if record in blocks)
        waiting += [below for below in node.under if below is not None]

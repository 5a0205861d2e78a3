"""An AT Protocol repository in memory, to make proofs with: sound ones, and any that lie.

Written after the repository specification, apart from the code it tests: the tree is built from the
whole set of keys by their layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Any

import libipld
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DID = "did:plc:" + "t" * 24
_PREFIX = b"\x01\x71\x12\x20"
_CODES = {"secp256r1": b"\x80\x24", "secp256k1": b"\xe7\x01"}
_HALF = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}


def block_of(value: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The CID and the bytes of a value."""
    data: bytes = libipld.encode_dag_cbor(dict(value))
    return _PREFIX + sha256(data).digest(), data


def layer(key: bytes) -> int:
    """How high a key stands, told bit by bit."""
    bits = "".join(f"{byte:08b}" for byte in sha256(key).digest())
    return (len(bits) - len(bits.lstrip("0"))) // 2


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def car_of(root: bytes, blocks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A CAR file."""
    header: bytes = libipld.encode_dag_cbor({"roots": [root], "version": 1})
    parts = [varint(len(header)) + header]
    parts += [varint(len(cid) + len(data)) + cid + data for cid, data in blocks]
    return b"".join(parts)


@dataclass
class Signer:
    """A signing key."""

    curve: ec.EllipticCurve = field(default_factory=ec.SECP256K1)

    def __post_init__(self) -> None:
        self.private = ec.generate_private_key(self.curve)

    @property
    def did_key(self) -> str:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return "did:key:" + libipld.encode_multibase("z", _CODES[self.curve.name] + point)

    def sign(self, message: bytes, *, high: bool = False) -> bytes:
        """r ‖ s with s in the lower half, or (`high`) in the upper one, which is as true."""
        order = _HALF[self.curve.name]
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        if (s > order // 2) is not high:
            s = order - s
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Repository:
    """A tree over `records` (path → record). `blocks` are its nodes by CID."""

    def __init__(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        self.records = {path.encode(): block_of(value) for path, value in records.items()}
        self.blocks: dict[bytes, bytes] = {}
        keys = sorted(self.records)
        top = max(map(layer, keys), default=0)
        self.root = self._build(keys, top) or self._node(None, [])

    def _node(self, left: bytes | None, entries: list[dict[str, Any]]) -> bytes:
        cid, data = block_of({"l": left, "e": entries})
        self.blocks[cid] = data
        return cid

    def _build(self, keys: list[bytes], height: int) -> bytes | None:
        if not keys:
            return None
        here = [key for key in keys if layer(key) == height]
        bounds = [b"", *here, b"\xff"]
        gaps = [
            self._build([k for k in keys if low < k < high], height - 1)
            for low, high in pairwise(bounds)
        ]
        entries, last = list[dict[str, Any]](), b""
        for key, right in zip(here, gaps[1:], strict=True):
            shared = 0
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
            entries.append({"p": shared, "k": key[shared:], "v": self.records[key][0], "t": right})
            last = key
        return self._node(gaps[0], entries)

    def way_to(self, path: str) -> list[tuple[bytes, bytes]]:
        """The nodes from the root to where `path` stands or would stand, and the record."""
        key, link, way = path.encode(), self.root, list[tuple[bytes, bytes]]()
        while link is not None:
            way.append((link, self.blocks[link]))
            node = libipld.decode_dag_cbor(self.blocks[link])
            last, link = b"", node["l"]
            for entry in node["e"]:
                last = last[: entry["p"]] + entry["k"]
                if last == key:
                    return [*way, self.records[key]]
                if last < key:
                    link = entry["t"]
        return way

    def proof(
        self, path: str, signer: Signer, *, rev: str = "3n2w4zotn3k2w", **odd: object
    ) -> bytes:
        """A CAR with the way to `path` under a signed commit; `odd` replaces parts of it."""
        return signed_car(self.root, self.way_to(path), signer, {"rev": rev, **odd})


def signed_car(
    data: bytes,
    blocks: Sequence[tuple[bytes, bytes]],
    signer: Signer,
    odd: Mapping[str, object] | None = None,
    *,
    high: bool = False,
) -> bytes:
    """Blocks under a commit to the tree `data`."""
    commit: dict[str, object] = {
        "did": DID,
        "version": 3,
        "data": data,
        "rev": "3n2w4zotn3k2w",
        "prev": None,
    }
    commit |= odd or {}
    commit["sig"] = signer.sign(libipld.encode_dag_cbor(commit), high=high)
    root, body = block_of(commit)
    return car_of(root, [(root, body), *blocks])

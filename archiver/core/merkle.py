"""RFC 6962 Merkle tree: pure maths over hashes, and the C2SP tlog-tiles layout.

Nothing here reads a file: functions that need stored hashes take a `NodeReader`, which returns
the hash of the perfect subtree (level, index) covering leaves [index·2^level, (index+1)·2^level).
Invariant: a proof made for (index, size) verifies against the root at `size`, for every
index < size. Standard library only.
Sources: RFC 6962 §2.1, RFC 9162 §2.1.3–2.1.4, c2sp.org/tlog-tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from archiver.errors import ProofInvalid

Hash: TypeAlias = bytes
NodeReader: TypeAlias = Callable[[int, int], Hash]

EMPTY_ROOT: Hash = sha256(b"").digest()
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


def leaf_hash(data: bytes) -> Hash:
    """SHA-256(0x00 ‖ data), 32 bytes (RFC 6962 §2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """SHA-256(0x01 ‖ left ‖ right), 32 bytes (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one hash per set bit of its size.

    Appending costs O(1) amortised and the root O(log n), so a leaf's cost does not depend on
    how many came before.
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[Hash] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)  # largest subtree first
        if len(self.peaks) != size.bit_count():
            raise ValueError("a frontier has one hash per set bit of its size")

    def copy(self) -> Frontier:
        return Frontier(self.size, self.peaks)

    def append(self, leaf: Hash) -> None:
        """Add one leaf hash."""
        node, size = leaf, self.size
        while size & 1:
            node = sha256(b"\x01" + self.peaks.pop() + node).digest()
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> Hash:
        """The tree's root hash at the present size."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    @classmethod
    def at(cls, size: int, read: NodeReader) -> Frontier:
        """The frontier of the first `size` leaves, from stored nodes."""
        return cls(size, [read(level, index) for level, index in _cover(0, size)])


def _cover(start: int, end: int) -> list[tuple[int, int]]:
    """The perfect subtrees that tile [start, end), left to right, largest that are aligned."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def range_root(start: int, end: int, read: NodeReader) -> Hash:
    """Root of the subtree over leaves [start, end), as RFC 6962's recursion splits it.

    `start` must be aligned as in that recursion (a multiple of the power of two ≥ end − start).
    """
    hashes = [read(level, index) for level, index in _cover(start, end)]
    root = hashes[-1]
    for peak in reversed(hashes[:-1]):
        root = node_hash(peak, root)
    return root


def _split(width: int) -> int:
    """The largest power of two below `width` (RFC 6962 §2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[Hash]:
    """Audit path of leaf `index` in the tree of `size` leaves, leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_root(middle, end, read))
            end = middle
        else:
            proof.append(range_root(start, middle, read))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, read: NodeReader) -> list[Hash]:
    """Proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 6962 §2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof from {old} to {new}")
    proof: list[Hash] = []
    start, end, whole = 0, new, True
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(range_root(middle, end, read))
            end = middle
        else:
            proof.append(range_root(start, middle, read))
            start, whole = middle, False
    if not whole:
        proof.append(range_root(start, end, read))
    return proof[::-1]


def root_from_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash]) -> Hash:
    """The root that `proof` leads to (RFC 9162 §2.1.3.2); `ProofInvalid` if malformed."""
    if not 0 <= index < size:
        raise ProofInvalid(f"The proof is for leaf {index} of a tree of {size}.")
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("The inclusion proof is too long.")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ProofInvalid("The inclusion proof is too short.")
    return node


def verify_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> None:
    """`ProofInvalid` unless `leaf` is number `index` under `root` of `size` leaves."""
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise ProofInvalid("The inclusion proof does not lead to the signed root.")


def verify_consistency(
    old: int, old_root: Hash, new: int, new_root: Hash, proof: Sequence[Hash]
) -> None:
    """`ProofInvalid` unless the tree (old, old_root) is a prefix of (new, new_root).

    RFC 9162 §2.1.4.2.
    """
    if not 0 < old <= new:
        raise ProofInvalid(f"No tree of {new} extends one of {old}.")
    if old == new:
        if proof or old_root != new_root:
            raise ProofInvalid("Two heads of one size differ: the log is forked.")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofInvalid("The consistency proof is empty.")
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_node = new_node = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofInvalid("The consistency proof is too long.")
        if position & 1 or position == last:
            old_node = node_hash(node, old_node)
            new_node = node_hash(node, new_node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new_node = node_hash(new_node, node)
        position >>= 1
        last >>= 1
    if last or old_node != old_root or new_node != new_root:
        raise ProofInvalid("The consistency proof does not join the two heads.")


# --- tiles (c2sp.org/tlog-tiles) -------------------------------------------------------------


def tile_number(number: int) -> str:
    """Path form of a tile's number: 1234067 → `x001/x234/067`."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def hash_tile_name(level: int, number: int) -> str:
    """Name of the full hash tile at tile level `level` (each level is 8 tree levels)."""
    return f"tile/{level}/{tile_number(number)}"


def entry_tile_name(number: int) -> str:
    """Name of the full bundle of entries [256·number, 256·(number+1))."""
    return f"tile/entries/{tile_number(number)}"


def pack_entries(entries: Iterable[bytes]) -> bytes:
    """Entries, each behind its length as u16 big-endian (the tlog-tiles bundle form); an entry
    may have at most 65,535 bytes."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(data: bytes) -> list[bytes]:
    """Entries of a bundle; `ProofInvalid` if the last one is cut off."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ProofInvalid("A bundle of entries is cut off.")
        entries.append(data[at + 2 : end])
        at = end
    return entries


def fold(hashes: Sequence[Hash]) -> list[Hash]:
    """One tree level up: pairs hashed; an odd last one is left out (its pair is not there yet)."""
    return [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]

"""RFC 6962 trees against two oracles: the RFC's own recursion, and `pymerkle`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree  # type: ignore[import-untyped]

from archiver.core import merkle
from archiver.errors import ProofInvalid

LARGEST = 3000
DATA = [f"löv {n}".encode() for n in range(LARGEST)]
LEAVES = [merkle.leaf_hash(data) for data in DATA]

LEVELS = [LEAVES]
while len(LEVELS[-1]) > 1:
    LEVELS.append(merkle.fold(LEVELS[-1]))


def read(level: int, index: int) -> bytes:
    return LEVELS[level][index]


# --- the RFC's recursion, word for word ------------------------------------------------------


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def turns(index: int, size: int) -> tuple[int, ...]:
    """On which side each sibling stands, leaf first: all that a proof's shape depends on."""
    if size == 1:
        return ()
    k = split(size)
    return (*turns(index, k), 0) if index < k else (*turns(index - k, size - k), 1)


@pytest.fixture(scope="module")
def other_tree() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for data in DATA:
        tree.append_entry(data)
    return tree


def root(size: int) -> bytes:
    return merkle.Frontier.at(size, read).root()


# --- roots and frontiers ---------------------------------------------------------------------


def test_roots_of_every_small_size(other_tree: InmemoryTree) -> None:
    frontier = merkle.Frontier()
    for size in range(131):
        stored = merkle.Frontier.at(size, read)
        assert stored.peaks == frontier.peaks
        assert stored.root() == frontier.root() == naive_root(LEAVES[:size])
        assert frontier.root() == other_tree.get_root(size)
        if size:
            assert merkle.range_root(0, size, read) == frontier.root()
        frontier.append(LEAVES[size])


@given(st.integers(0, LARGEST))
@settings(max_examples=40)
def test_roots_of_large_sizes(other_tree: InmemoryTree, size: int) -> None:
    assert root(size) == other_tree.get_root(size) == naive_root(LEAVES[:size])


@given(st.integers(0, LARGEST), st.integers(0, 60))
def test_a_frontier_goes_on_from_any_size(size: int, more: int) -> None:
    more = min(more, LARGEST - size)
    start = merkle.Frontier.at(size, read)
    before, kept = start.root(), start.copy()
    for leaf in LEAVES[size : size + more]:
        start.append(leaf)
    assert start.size == size + more
    assert start.peaks == merkle.Frontier.at(size + more, read).peaks
    assert kept.root() == before  # a copy shares nothing
    with pytest.raises(ValueError, match="one hash per set bit"):
        merkle.Frontier(size + more, [*start.peaks, before])


# --- inclusion -------------------------------------------------------------------------------


def check_inclusion(tree: InmemoryTree, index: int, size: int) -> None:
    proof = merkle.inclusion_proof(index, size, read)
    assert proof == naive_path(index, LEAVES[:size])
    assert proof == tree.prove_inclusion(index + 1, size).path[1:]
    merkle.verify_inclusion(LEAVES[index], index, size, proof, root(size))


def test_every_leaf_at_every_small_size(other_tree: InmemoryTree) -> None:
    for size in range(1, 71):
        for index in range(size):
            check_inclusion(other_tree, index, size)


@given(st.data())
@settings(max_examples=60)
def test_inclusion_in_large_trees(other_tree: InmemoryTree, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGEST))
    check_inclusion(other_tree, data.draw(st.integers(0, size - 1)), size)


def holds(check: Callable[..., None], *claim: object) -> bool:
    try:
        check(*claim)
    except ProofInvalid:
        return False
    return True


included = partial(holds, merkle.verify_inclusion)
consistent = partial(holds, merkle.verify_consistency)


def flips(data: bytes) -> list[bytes]:
    whole = int.from_bytes(data, "big")
    return [(whole ^ (1 << bit)).to_bytes(len(data), "big") for bit in range(len(data) * 8)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 11])
def test_every_flipped_bit_of_an_inclusion_proof_is_refused(size: int) -> None:
    head = root(size)
    for index in range(size):
        leaf, proof = LEAVES[index], merkle.inclusion_proof(index, size, read)
        assert not any(included(bad, index, size, proof, head) for bad in flips(leaf))
        assert not any(included(leaf, index, size, proof, bad) for bad in flips(head))
        for i, node in enumerate(proof):
            for bad in flips(node):
                assert not included(leaf, index, size, [*proof[:i], bad, *proof[i + 1 :]], head)


def moved(proof: list[bytes]) -> list[list[bytes]]:
    """Nodes too short or too long, neighbours swapped, and boundaries between them moved."""
    wrong = [[node[:-1] for node in proof], [node + b"\0" for node in proof]]
    for i, (a, b) in enumerate(pairwise(proof)):
        cuts = (b, a), (a[:-1], a[-1:] + b), (a + b[:1], b[1:]), (b[-1:] + a, b[:-1]), (a + b,)
        wrong += [[*proof[:i], *pair, *proof[i + 2 :]] for pair in cuts]
    return wrong


def test_cut_stretched_and_reordered_inclusion_proofs_are_refused() -> None:
    for size in range(1, 34):
        head = root(size)
        for index in range(size):
            leaf, proof = LEAVES[index], merkle.inclusion_proof(index, size, read)
            wrong = [[*proof, head], [leaf, *proof], [*proof, *proof[-1:]], [b"", *proof]]
            wrong += [proof[:i] + proof[i + 1 :] for i in range(len(proof))]
            wrong += moved(proof)
            for bad in wrong:
                if bad != proof:
                    assert not included(leaf, index, size, bad, head)


def test_a_proof_holds_for_its_own_index_only() -> None:
    for size in range(1, 41):
        head = root(size)
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, read)
            for other in range(-1, size + 2):
                assert included(LEAVES[index], other, size, proof, head) == (other == index)


def test_a_wrong_size_passes_only_where_the_shape_is_the_same() -> None:
    """RFC 6962 does not bind the size into the root; the signed checkpoint does.

    So both must come from that checkpoint: leaf 0 of 3 has the same shape as leaf 0 of 4.
    """
    for size in range(1, 20):
        head = root(size)
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, read)
            for other_size in range(1, 36):
                for other in range(other_size):
                    same = turns(other, other_size) == turns(index, size)
                    assert included(LEAVES[index], other, other_size, proof, head) == same


def test_no_proof_outside_the_tree() -> None:
    for index, size in ((0, 0), (-1, 3), (3, 3), (5, 3), (0, -1)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_proof(index, size, read)
        assert not included(LEAVES[0], index, size, [], LEAVES[0])


# --- consistency -----------------------------------------------------------------------------


def check_consistency(tree: InmemoryTree, old: int, new: int) -> None:
    proof = merkle.consistency_proof(old, new, read)
    assert proof == naive_subproof(old, LEAVES[:new])
    # pymerkle's paths split further than the RFC's, so only its verdict on our roots is asked.
    theirs = tree.prove_consistency(old, new)
    theirs.verify(root(old), root(new), prior_size=old, later_size=new)
    merkle.verify_consistency(old, root(old), new, root(new), proof)


def test_consistency_of_every_small_pair(other_tree: InmemoryTree) -> None:
    for new in range(1, 41):
        for old in range(1, new + 1):
            check_consistency(other_tree, old, new)


@given(st.integers(1, LARGEST), st.integers(1, LARGEST))
@settings(max_examples=40)
def test_consistency_of_large_pairs(other_tree: InmemoryTree, a: int, b: int) -> None:
    check_consistency(other_tree, min(a, b), max(a, b))


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 3), (3, 7), (4, 7), (6, 8), (7, 11), (8, 11)])
def test_every_flipped_bit_of_a_consistency_proof_is_refused(old: int, new: int) -> None:
    a, b = root(old), root(new)
    proof = merkle.consistency_proof(old, new, read)
    assert not any(consistent(old, bad, new, b, proof) for bad in flips(a))
    assert not any(consistent(old, a, new, bad, proof) for bad in flips(b))
    for i, node in enumerate(proof):
        for bad in flips(node):
            assert not consistent(old, a, new, b, [*proof[:i], bad, *proof[i + 1 :]])


def test_cut_stretched_and_moved_consistency_proofs_are_refused() -> None:
    for new in range(1, 34):
        for old in range(1, new + 1):
            a, b = root(old), root(new)
            proof = merkle.consistency_proof(old, new, read)
            wrong = [[*proof, b], [a, *proof], [b"", *proof], proof[::-1]]
            wrong += [proof[:i] + proof[i + 1 :] for i in range(len(proof))]
            wrong += moved(proof)
            for bad in wrong:
                if bad != proof:
                    assert not consistent(old, a, new, b, bad)
            assert consistent(old, a, new, b, []) == (old == new)
            if old < new:
                assert not consistent(old, b, new, a, proof)
                assert not consistent(old, a, old, b, proof)
                assert not consistent(new, a, old, b, proof)


def shape(old: int, new: int, whole: bool = True) -> tuple[int | bool, ...]:
    """Where each node of the proof stands, and whether the old root itself is left out."""
    if old == new:
        return (whole,)
    k = split(new)
    return (*shape(old, k, whole), 0) if old <= k else (*shape(old - k, new - k, False), 1)


def test_wrong_sizes_pass_only_where_the_shape_is_the_same() -> None:
    """As for inclusion: sizes are bound by the two signed heads, not by the roots."""
    for new in range(1, 12):
        for old in range(1, new + 1):
            a, b = root(old), root(new)
            proof = merkle.consistency_proof(old, new, read)
            for other_new in range(1, 26):
                for other_old in range(1, other_new + 1):
                    same = shape(other_old, other_new) == shape(old, new)
                    assert consistent(other_old, a, other_new, b, proof) == same


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    forged = [merkle.leaf_hash(b"annat"), *LEAVES[1:12]]
    for old in range(1, 12):
        proof = naive_subproof(old, forged)
        assert not consistent(old, root(old), 12, naive_root(forged), proof)


def test_no_consistency_outside_the_tree() -> None:
    for old, new in ((0, 0), (0, 3), (4, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no consistency proof"):
            merkle.consistency_proof(old, new, read)
        assert not consistent(old, LEAVES[0], new, LEAVES[0], [])


# --- the certificate-transparency project's own vectors --------------------------------------

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
             "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_PATH_0_OF_8 = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
CT_CONSISTENCY_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def test_certificate_transparency_vectors() -> None:
    def stored(level: int, index: int) -> bytes:
        hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
        for _ in range(level):
            hashes = merkle.fold(hashes)
        return hashes[index]

    for size, expected in enumerate(CT_ROOTS):
        assert merkle.Frontier.at(size, stored).root().hex() == expected
    assert [node.hex() for node in merkle.inclusion_proof(0, 8, stored)] == CT_PATH_0_OF_8
    proof = merkle.consistency_proof(6, 8, stored)
    assert [node.hex() for node in proof] == CT_CONSISTENCY_6_TO_8


# --- tiles -----------------------------------------------------------------------------------


def test_tile_names() -> None:
    names = [merkle.tile_number(number) for number in (0, 999, 1000, 1234067)]
    assert names == ["000", "999", "x001/000", "x001/x234/067"]  # the last: the specification's own
    assert merkle.hash_tile_name(0, 5) == "tile/0/005"
    assert merkle.hash_tile_name(2, 1234067) == "tile/2/x001/x234/067"
    assert merkle.entry_tile_name(70000) == "tile/entries/x070/000"


@given(st.lists(st.integers(0, 10**10), min_size=2, max_size=2, unique=True))
def test_tile_numbers_are_one_to_one(numbers: list[int]) -> None:
    names = [merkle.tile_number(number) for number in numbers]
    assert names[0] != names[1]
    assert [int(name.replace("/", "").replace("x", "")) for name in names] == numbers


def test_folded_tiles_are_the_tree() -> None:
    tile = LEAVES[: merkle.TILE_WIDTH]
    for _ in range(merkle.TILE_HEIGHT):
        tile = merkle.fold(tile)
    assert tile == [naive_root(LEAVES[:256])]
    assert merkle.fold(LEAVES[:5]) == merkle.fold(LEAVES[:4])  # the odd one waits
    assert merkle.fold([]) == merkle.fold(LEAVES[:1]) == []


@given(st.lists(st.binary(max_size=20) | st.binary(min_size=255, max_size=258), max_size=5))
def test_bundles_of_entries_whole_and_cut(entries: list[bytes]) -> None:
    bundle = merkle.pack_entries(entries)
    assert merkle.unpack_entries(bundle) == entries
    whole = {len(merkle.pack_entries(entries[:n])): n for n in range(len(entries))}
    for cut in range(len(bundle)):
        if cut in whole:
            assert merkle.unpack_entries(bundle[:cut]) == entries[: whole[cut]]
            continue
        with pytest.raises(ProofInvalid):
            merkle.unpack_entries(bundle[:cut])


def test_the_longest_entry_fits_a_bundle() -> None:
    assert merkle.unpack_entries(merkle.pack_entries([bytes(65535)])) == [bytes(65535)]
    with pytest.raises(OverflowError):
        merkle.pack_entries([bytes(65536)])

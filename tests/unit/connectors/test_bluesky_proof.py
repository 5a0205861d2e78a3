"""A signed proof that a record is there or not: the real ones hold, no tampered one does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import libipld
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.connectors.bluesky_did import identity_from_log
from archiver.connectors.bluesky_proof import (
    Flaw,
    RecordProof,
    RecordProofInvalid,
    blob_digest,
    layer_of,
    predates,
    tid_time,
    verify_record_proof,
    verify_signature,
)
from tests.unit.connectors.bluesky_repository import (
    DID,
    Repository,
    Signer,
    block_of,
    car_of,
    layer,
    signed_car,
    varint,
)

# Made by the protocol's own PDS: 40 posts of an invented account, the twelfth of them deleted.
MADE = Path(__file__).parent / "bluesky"
CASE = json.loads((MADE / "case.json").read_text())
PRESENT, ABSENT = (MADE / "present.car").read_bytes(), (MADE / "absent.car").read_bytes()
KEY = identity_from_log(CASE["did"], (MADE / "log.json").read_bytes()).key
POSTS = "app.bsky.feed.post"
SIGNER = Signer()
PATHS = [f"{POSTS}/3n2w4zo{a}{b}aa2w" for a in "234567" for b in "234567"]
REPOSITORY = Repository({path: {"text": path} for path in PATHS})


def rkey(uri: str) -> str:
    return uri.rpartition("/")[2]


def real(car: bytes, uri: str, **other: str) -> RecordProof:
    asked = {"did": CASE["did"], "did_key": KEY, "collection": POSTS, "rkey": rkey(uri), **other}
    return verify_record_proof(car, **asked)


def made(car: bytes, path: str, signer: Signer = SIGNER, did: str = DID) -> RecordProof:
    collection, _, key = path.partition("/")
    return verify_record_proof(
        car, did=did, did_key=signer.did_key, collection=collection, rkey=key
    )


def flaw_of(judge: Callable[[], object]) -> Flaw:
    with pytest.raises(RecordProofInvalid) as caught:
        judge()
    return caught.value.flaw


# What a real server gives.


def test_a_record_that_is_there_is_proved_with_its_cid() -> None:
    proof = real(PRESENT, CASE["present"])
    assert proof.record == CASE["cid"]
    assert proof.did == CASE["did"]
    assert tid_time(proof.rev)


def test_a_record_that_was_deleted_is_proved_absent() -> None:
    assert real(ABSENT, CASE["absent"]).record is None


def test_a_false_claim_has_no_proof() -> None:
    """The way to one record says nothing of another whose place lies elsewhere."""
    assert flaw_of(lambda: real(ABSENT, CASE["present"])) is Flaw.MISSING
    other = real(PRESENT, CASE["present"][:-1] + "x")  # a neighbour that never was: same place
    assert other.record is None


@pytest.mark.parametrize("car", [PRESENT, ABSENT], ids=["present", "absent"])
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_no_byte_can_be_changed(car: bytes, bit: int) -> None:
    uri = CASE["present"] if car is PRESENT else CASE["absent"]
    for at in range(len(car)):
        changed = car[:at] + bytes([car[at] ^ bit]) + car[at + 1 :]
        with pytest.raises(RecordProofInvalid):
            real(changed, uri)


@pytest.mark.parametrize("car", [PRESENT, ABSENT], ids=["present", "absent"])
def test_no_byte_can_be_left_out_or_added(car: bytes) -> None:
    uri = CASE["present"] if car is PRESENT else CASE["absent"]
    for length in range(len(car)):
        with pytest.raises(RecordProofInvalid):
            real(car[:length], uri)
    for more in (b"\0", b"\x80", car, b"\x01a"):
        with pytest.raises(RecordProofInvalid):
            real(car + more, uri)


def test_another_key_or_account_is_refused() -> None:
    uri = CASE["absent"]
    assert flaw_of(lambda: real(ABSENT, uri, did_key=Signer().did_key)) is Flaw.SIGNATURE
    assert (
        flaw_of(lambda: real(ABSENT, uri, did_key=Signer(ec.SECP256R1()).did_key)) is Flaw.SIGNATURE
    )
    assert flaw_of(lambda: real(ABSENT, uri, did=DID)) is Flaw.ACCOUNT
    for key in ("", "did:key:", "did:key:z", "did:key:zQ3sh", "did:key:uAAAA", KEY[:-1], KEY + "a"):
        assert flaw_of(lambda key=key: real(ABSENT, uri, did_key=key)) is Flaw.KEY


# What a server that lies might give, signed with the account's own key.


@pytest.mark.parametrize("signer", [SIGNER, Signer(ec.SECP256R1())], ids=["k256", "p256"])
def test_every_record_is_proved_by_both_kinds_of_key(signer: Signer) -> None:
    for path in PATHS:
        assert made(REPOSITORY.proof(path, signer), path, signer).record is not None
    for path in (f"{POSTS}/a", f"{POSTS}/zz", "app.bsky.graph.follow/3n2w4zo", "a.b/c"):
        assert made(REPOSITORY.proof(path, signer), path, signer).record is None


@settings(deadline=None, max_examples=120)
@given(
    keys=st.sets(st.from_regex(r"[a-c]{1,4}", fullmatch=True), max_size=40),
    asked=st.from_regex(r"[a-c]{1,4}", fullmatch=True),
)
def test_a_proof_says_what_the_repository_holds(keys: set[str], asked: str) -> None:
    paths = {f"a.b.c/{key}": {"text": key} for key in keys}
    path = f"a.b.c/{asked}"
    found = made(Repository(paths).proof(path, SIGNER), path)
    assert (found.record is not None) == (path in paths)


@given(key=st.binary(max_size=20))
def test_layers_are_told_alike(key: bytes) -> None:
    assert layer_of(key) == layer(key)


def test_an_empty_repository_holds_nothing() -> None:
    assert made(Repository({}).proof(PATHS[0], SIGNER), PATHS[0]).record is None


def nodes(path: str) -> list[dict[str, Any]]:
    return [libipld.decode_dag_cbor(data) for _, data in REPOSITORY.way_to(path)]


def lying(*blocks: dict[str, Any], **odd: object) -> bytes:
    """A proof whose tree begins at the first of `blocks`."""
    cut = [block_of(block) for block in blocks]
    return signed_car(cut[0][0], cut, SIGNER, odd)


ABSENTEE = f"{POSTS}/3n2w4zo2222zz"


def bent(change: Callable[[dict[str, Any]], object]) -> Callable[[], bytes]:
    """The root node with a change that only the holder of the key could sign."""

    def make() -> bytes:
        root = nodes(ABSENTEE)[0]
        change(root)
        return lying(root)

    return make


def entry(key: str, shared: int = 0, **more: object) -> dict[str, Any]:
    cid, _ = block_of({"text": "x"})
    return {"p": shared, "k": key.encode(), "v": cid, "t": None, **more}


LIES: dict[str, tuple[Callable[[], bytes], Flaw]] = {
    "keys fall": (bent(lambda n: n["e"].reverse()), Flaw.TREE),
    "a field more": (bent(lambda n: n.update(x=1)), Flaw.TREE),
    "a field less": (bent(lambda n: n.pop("l")), Flaw.TREE),
    "entries are no list": (bent(lambda n: n.update(e=None)), Flaw.TREE),
    "an entry is no map": (bent(lambda n: n["e"].append(7)), Flaw.TREE),
    "an entry has no record": (bent(lambda n: n["e"][0].update(v=None)), Flaw.TREE),
    "a record is told by words": (bent(lambda n: n["e"][0].update(v="bafy")), Flaw.TREE),
    "a subtree is told by words": (bent(lambda n: n.update(l="bafy")), Flaw.TREE),
    "the first key shares": (bent(lambda n: n["e"][0].update(p=1)), Flaw.TREE),
    "a share below nothing": (bent(lambda n: n["e"][0].update(p=-1)), Flaw.TREE),
    "a share that is no number": (bent(lambda n: n["e"][0].update(p=False)), Flaw.TREE),
    "a key of another form": (lambda: lying({"l": None, "e": [entry("å/å")]}), Flaw.TREE),
    "the same key twice": (
        lambda: lying({"l": None, "e": [entry("a.b/c"), entry("", 5)]}),
        Flaw.TREE,
    ),
    "less shared than could be": (
        lambda: lying({"l": None, "e": [entry("a.b/c"), entry("a.b/d")]}),
        Flaw.TREE,
    ),
    "a root that holds nothing": (
        lambda: lying({"l": REPOSITORY.root, "e": []}, nodes(ABSENTEE)[0]),
        Flaw.TREE,
    ),
    "the tree is hidden below an empty one": (
        lambda: lying({"l": None, "e": []}, {"l": REPOSITORY.root, "e": []}),
        Flaw.STRAY,
    ),
    "no blocks at all": (lambda: signed_car(REPOSITORY.root, [], SIGNER), Flaw.MISSING),
    "a block that nothing leads to": (
        lambda: signed_car(
            REPOSITORY.root, [*REPOSITORY.way_to(ABSENTEE), block_of({"a": 1})], SIGNER
        ),
        Flaw.STRAY,
    ),
    "a block twice": (
        lambda: signed_car(REPOSITORY.root, REPOSITORY.way_to(ABSENTEE) * 2, SIGNER),
        Flaw.FILE,
    ),
    "a block under a wrong name": (
        lambda: signed_car(
            REPOSITORY.root,
            [(cid, data + b" ") for cid, data in REPOSITORY.way_to(ABSENTEE)],
            SIGNER,
        ),
        Flaw.HASH,
    ),
    "of another account": (
        lambda: REPOSITORY.proof(ABSENTEE, SIGNER, did=DID[:-1] + "u"),
        Flaw.ACCOUNT,
    ),
    "of an older form": (lambda: REPOSITORY.proof(ABSENTEE, SIGNER, version=2), Flaw.COMMIT),
    "a version that is no number": (
        lambda: REPOSITORY.proof(ABSENTEE, SIGNER, version=3.0),
        Flaw.COMMIT,
    ),
    "without a revision": (lambda: REPOSITORY.proof(ABSENTEE, SIGNER, rev="i dag"), Flaw.COMMIT),
    "with a field more": (lambda: REPOSITORY.proof(ABSENTEE, SIGNER, extra=1), Flaw.COMMIT),
    "to no tree": (lambda: REPOSITORY.proof(ABSENTEE, SIGNER, data=None), Flaw.COMMIT),
    "signed with s in the upper half": (
        lambda: signed_car(REPOSITORY.root, REPOSITORY.way_to(ABSENTEE), SIGNER, high=True),
        Flaw.SIGNATURE,
    ),
    "signed by another": (lambda: REPOSITORY.proof(ABSENTEE, Signer()), Flaw.SIGNATURE),
    "a tree for a commit": (
        lambda: car_of(REPOSITORY.root, REPOSITORY.way_to(ABSENTEE)),
        Flaw.COMMIT,
    ),
    "two roots": (
        lambda: (
            varint(
                len(
                    header := libipld.encode_dag_cbor(
                        {"roots": [REPOSITORY.root] * 2, "version": 1}
                    )
                )
            )
            + header
        ),
        Flaw.FILE,
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_refused_by_name(name: str) -> None:
    make, flaw = LIES[name]
    assert flaw_of(lambda: made(make(), ABSENTEE)) is flaw


def test_a_key_at_the_wrong_height_is_refused() -> None:
    """A record could be put where nobody looks for it."""
    low = next(path for path in PATHS if layer(path.encode()) == 0)
    high = next(path for path in PATHS if layer(path.encode()) > 0)
    both = sorted([low, high])
    keys = [entry(both[0]), entry(both[1][len(POSTS) + 8 :], len(POSTS) + 8)]
    flaw = flaw_of(lambda: made(lying({"l": None, "e": keys}), ABSENTEE))
    assert flaw is Flaw.TREE


def test_a_subtree_keeps_between_the_keys_above_it() -> None:
    """A node taken from elsewhere in the tree would prove the absence of what is there."""
    root = nodes(ABSENTEE)[0]
    assert len(root["e"]) >= 2, "the repository is to be deep enough for this"
    first, second = root["e"][0]["t"], root["e"][1]["t"]
    assert first != second
    root["e"][0]["t"], root["e"][1]["t"] = second, first
    cid, data = block_of(root)
    blocks = [(cid, data), *((c, d) for c, d in REPOSITORY.blocks.items() if c in (first, second))]
    refused = 0
    for path in PATHS:
        try:
            made(signed_car(cid, blocks, SIGNER), path)
        except RecordProofInvalid as error:
            refused += error.flaw in (Flaw.TREE, Flaw.MISSING, Flaw.STRAY)
    assert refused >= len(PATHS) // 2


# Anything at all.


@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_judged(data: bytes) -> None:
    with pytest.raises(RecordProofInvalid):
        real(data, CASE["absent"])


@settings(deadline=None, max_examples=300)
@given(
    at=st.integers(0, len(ABSENT) - 1),
    junk=st.binary(min_size=1, max_size=40),
    drop=st.integers(0, 60),
)
def test_damaged_proofs_are_judged(at: int, junk: bytes, drop: int) -> None:
    damaged = ABSENT[:at] + junk + ABSENT[at + drop :]
    if damaged != ABSENT:
        with pytest.raises(RecordProofInvalid):
            real(damaged, CASE["absent"])


# Small parts.


def test_times_are_read_from_record_keys() -> None:
    digits = "234567abcdefghijklmnopqrstuvwxyz"
    microseconds = 1_795_346_601_303_875
    number = microseconds << 10 | 42  # the clock's own number, which is no time
    tid = "".join(digits[number >> shift & 31] for shift in range(60, -1, -5))
    assert tid_time(tid) == 1_795_346_601_303
    assert tid_time("self") is None
    assert tid_time("zzzzzzzzzzzzz") is None


def test_a_commit_from_before_the_record_says_nothing_of_it() -> None:
    older, newer = "3n2viu7pfmk2p", "3n2viuaqqys2p"
    now = tid_time(newer) or 0
    assert predates(older, newer, now=now)
    assert not predates(newer, older, now=now)
    assert not predates(older, newer, now=now - 1)  # a key from the future: who knows
    assert not predates(older, "self", now=now)


def test_signatures_of_other_lengths_are_none() -> None:
    for signature in (b"", bytes(64), bytes(63), SIGNER.sign(b"m") + b"\0"):
        assert not verify_signature(SIGNER.did_key, signature, b"m")
    assert verify_signature(SIGNER.did_key, SIGNER.sign(b"m"), b"m")


def test_the_digest_of_a_file_is_in_its_cid() -> None:
    digest = blob_digest("bafkreidlp6sdj6jkroakvmbntpy2clsj77foijheae5byt3iwz7d2k542a")
    assert digest == "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0"
    assert blob_digest("bafyreidpfh3zrlbni2ynllw2qc25xfpsglf2mnj6u4hrfgmfjemhgzgkv4") == ""
    assert blob_digest("bafk") == ""

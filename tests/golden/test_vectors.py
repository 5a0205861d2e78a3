"""Frozen vectors of the core: what these bytes are today, they are for ever.

An archive outlives its software. A change that breaks this test is a change of the format, and
needs a new version beside the old one, never new vectors. `core_vectors.json` is also enough to
check a second implementation against. Where vectors are *added*, write the file anew with

    python -m tests.golden.test_vectors

and see in the diff that no line was altered.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archiver.core import bundle, canonical, commitment, event, layout, merkle
from archiver.core.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from archiver.core.commitment import Form, Leaf, Opening
from archiver.core.record import frame_leaves
from archiver.core.rewrap import Rewrap, split
from archiver.store.box import open_box, pair_of, parse_private, render_private, seal_box

FILE = Path(__file__).with_name("core_vectors.json")

DEK = bytes(range(32))
SEED = sha256(b"diarkiv golden seed").digest()
ORIGIN = "diarkiv/00112233445566778899aabbccddeeff/1"
SIGNER = Ed25519PrivateKey.from_private_bytes(SEED)
KEY = VerifierKey(ORIGIN, SIGNER.public_key().public_bytes_raw())

VALUES: list[canonical.Json] = [
    {},
    [],
    "",
    0,
    -1,
    True,
    False,
    2**53 - 1,
    -(2**53 - 1),
    {"b": 1, "a": 2, "A": 3, "_": 4, "aa": 5, "": 6},
    ["\u0000\u0001\b\t\n\u000b\f\r\u001f", '"\\/', "\u007f\u0080\u2028\u2029\ufeff", "åäö ÅÄÖ"],
    ["😀", "a\u030a", "\uffff", "\U0010ffff"],
    {"kanal": {"namn": "Lekplatser i Ekbacken", "poster": [1, [2, [3]], {}]}},
    [True, "true", 1, "1", {}, "{}"],
]
TEXTS = [
    "",
    "Hej på dig!",
    "a  b   c",
    "Ring 070-000 00 00, eller skriv till anna@exempel.se.",
    "rad ett\r\n\trad två\n\n",
    "snake_case 3,14 50% #ekbacken @vilhelmina",
    "😀😀 \u00a0\u2028å\u0308x",
    "\u0000\u0007\u007f\u0080",
]
ENVELOPE = [
    Leaf("raw", sha256(b'{"id":17}').hexdigest()),
    Leaf("media/0", sha256(b"picture").hexdigest()),
    Leaf("author/name", "Ture Ekbacke"),
    Leaf("kind", "comment"),
    Leaf("text", "Varför är lekplatsen stängd, Vilhelmina?", Form.TEXT),
    Leaf("alt", "", Form.TEXT),
    Leaf("edited", "true", Form.JSON),
    Leaf("edited", "true", Form.STRING),
    Leaf("links", '["https://exempel.se/å"]', Form.JSON),
]
FIELDS: dict[str, canonical.Json] = {
    "kind": "comment",
    "text": "Hej på dig!",
    "title": "",
    "created_at": 1795353955123,
    "links": ["https://exempel.se/å"],
    "edited": True,
    "n": "1",
}
FRAME_ID, WRAPPED = bytes(range(16)), bytes(range(100, 148))
MOVES = split(3, 2, {120: 7, 121: 7, 122: 7, 140: None, 141: 7})
ENTRIES: list[event.Entry] = [
    event.SealedEntry("version", 1, 1795353955123, 3, "0f" * 16, "1e" * 32, "2d" * 32),
    event.SealedEntry("run", 2, 0, 0, "00" * 16, "ff" * 32, "ab" * 32),
    event.ClearEntry("pack_sealed", 1, 1795353955124, {"pack": "3-1", "digest": "3c" * 32}),
    event.ClearEntry("clock_jumped", 1, 1795353955125, {}),
    event.ClearEntry("keys_rewrapped", 1, 1795353955126, MOVES[0].facts()),
    event.ClearEntry("x" * 32, 10**15 - 1, 10**15 - 1, {"A": True, "a": [1, "två"], "z": {}}),
]


def build() -> dict[str, Any]:
    """Every vector, from the present code."""
    return {
        "canonical": [canonical.encode(value).decode() for value in VALUES],
        "tokens": [{"text": text, "tokens": commitment.tokens(text)} for text in TEXTS],
        "salts": {"dek": DEK.hex(), "salts": [salt.hex() for salt in commitment.salts(DEK, 5)]},
        "commitment": _commitment(),
        "entries": [
            {"bytes": data.decode(), "leaf_hash": merkle.leaf_hash(data).hex()}
            for data in (entry.encode() for entry in ENTRIES)
        ],
        "tree": _tree(),
        "checkpoint": _checkpoint(),
        "frame_leaves": [_leaf(leaf) for leaf in frame_leaves(FIELDS, "0f" * 32)],
        "bundle": _bundle(),
        "layout": _layout(),
        "box": _box(),
        "tiles": {
            "hash": [merkle.hash_tile_name(*at) for at in ((0, 0), (1, 999), (2, 1234067))],
            "entries": [merkle.entry_tile_name(number) for number in (0, 1000, 1234067)],
            "bundle": merkle.pack_entries([b"", b"a", b"b" * 257]).hex(),
        },
    }


def _leaf(leaf: Leaf) -> list[str]:
    return [leaf.path, leaf.value, leaf.form.name.lower()]


def _masked() -> list[Opening]:
    openings = commitment.open_leaves(DEK, ENVELOPE)
    openings[2] = commitment.hide(openings[2])
    name = commitment.tokens(ENVELOPE[4].value).index("Vilhelmina")
    openings[4] = commitment.hide(openings[4], [name])
    return openings


def _commitment() -> dict[str, Any]:
    openings = commitment.open_leaves(DEK, ENVELOPE)
    return {
        "dek": DEK.hex(),
        "leaves": [_leaf(leaf) for leaf in ENVELOPE],
        "digests": [opening.digest().hex() for opening in openings],
        "c": commitment.commit(DEK, ENVELOPE).hex(),
    }


def _bundle() -> dict[str, Any]:
    document = bundle.render_entry(b"{}", _masked())
    proof = bundle.render_proof(5, merkle.inclusion_proof(5, 9, _read), _note().encode())
    return {
        "entry": document.decode(),
        "proof": proof.decode(),
        "manifest": bundle.render_manifest({"entries/5.json": document, "vkey": b"a\n"}).decode(),
    }


def _layout() -> dict[str, Any]:
    return {
        "names": [layout.pack_name(3, 1), layout.dictionary_name(1), layout.key_file(3, 2)],
        "pack_header": layout.pack_header(3, 258).hex(),
        "pack_footer": layout.pack_footer([(b"b" * 16, 16), (b"a" * 16, 2**40)]).hex(),
        "key_line": layout.key_line(FRAME_ID, WRAPPED).decode(),
        "void_line": layout.void_line(FRAME_ID).decode(),
        "tail": (layout.tail_header(256) + merkle.pack_entries([b"a", b"bc"])).hex(),
        "intent": layout.render_intent("a\n1\nAAAA\n", b"m" * 32).decode(),
        "secrets": layout.render_secrets({"kek/3.1": "0f" * 4, "channel/17": "ab"}).decode(),
        "root": layout.render_root({"key": DEK.hex(), "v": 1}).decode(),
    }


def _box() -> dict[str, Any]:
    """An ephemeral key pair, a receiver's, a KEK and the box it makes."""
    box = seal_box(pair_of(SEED).public, DEK, "quarantine/7.1", lambda count: b"\x09" * count)
    return {
        "private": SEED.hex(),
        "public": pair_of(SEED).public.hex(),
        "ephemeral": (b"\x09" * 32).hex(),
        "name": "quarantine/7.1",
        "kek": DEK.hex(),
        "box": box.hex(),
        "file": render_private(SEED),
    }


def _leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(f"leaf {n}".encode()) for n in range(count)]


def _read(level: int, index: int) -> bytes:
    hashes = _leaves(16)
    for _ in range(level):
        hashes = merkle.fold(hashes)
    return hashes[index]


def _tree() -> dict[str, Any]:
    return {
        "leaves": [f"leaf {n}" for n in range(9)],
        "roots": [merkle.Frontier.at(size, _read).root().hex() for size in range(10)],
        "inclusion_5_of_9": [node.hex() for node in merkle.inclusion_proof(5, 9, _read)],
        "consistency_6_to_9": [node.hex() for node in merkle.consistency_proof(6, 9, _read)],
    }


def _note() -> str:
    head = Checkpoint(ORIGIN, 9, merkle.Frontier.at(9, _read).root())
    return head.signed(KEY, SIGNER.sign)


def _checkpoint() -> dict[str, Any]:
    fingerprint = KEY.fingerprint
    return {"seed": SEED.hex(), "vkey": str(KEY), "fingerprint": fingerprint, "note": _note()}


@pytest.mark.parametrize("name", sorted(build()))
def test_todays_code_gives_the_frozen_bytes(name: str) -> None:
    frozen = json.loads(FILE.read_text("utf-8"))
    assert sorted(frozen) == sorted(build())
    assert build()[name] == frozen[name]


def test_the_frozen_bytes_are_read_and_verified() -> None:
    """The other direction: what an old archive holds, today's readers accept."""
    frozen = json.loads(FILE.read_text("utf-8"))
    values = [canonical.decode(text.encode()) for text in frozen["canonical"]]
    assert values == VALUES
    assert [event.parse(entry["bytes"].encode()) for entry in frozen["entries"]] == ENTRIES
    assert merkle.unpack_entries(bytes.fromhex(frozen["tiles"]["bundle"]))[2] == b"b" * 257

    key = VerifierKey.parse(frozen["checkpoint"]["vkey"])
    head = open_checkpoint(frozen["checkpoint"]["note"].encode(), key)
    tree = frozen["tree"]
    roots = [bytes.fromhex(root) for root in tree["roots"]]
    assert (head.size, head.root) == (9, roots[9])
    inclusion = [bytes.fromhex(node) for node in tree["inclusion_5_of_9"]]
    consistency = [bytes.fromhex(node) for node in tree["consistency_6_to_9"]]
    merkle.verify_inclusion(_leaves(6)[5], 5, 9, inclusion, head.root)
    merkle.verify_consistency(6, roots[6], 9, head.root, consistency)

    held = frozen["bundle"]
    data, copy = bundle.parse_entry(held["entry"].encode())
    assert (data, copy) == (b"{}", _masked())
    assert commitment.recompute(copy).hex() == frozen["commitment"]["c"]
    assert copy[4].text() == "Varför är lekplatsen stängd, █?"
    assert "Vilhelmina" not in held["entry"]
    note = frozen["checkpoint"]["note"].encode()
    assert bundle.parse_proof(held["proof"].encode()) == (5, inclusion, note)
    files = {"entries/5.json": held["entry"].encode(), "vkey": b"a\n"}
    bundle.check_manifest({**files, bundle.MANIFEST: held["manifest"].encode()})

    stored = frozen["layout"]
    assert layout.key_line_is_whole(stored["key_line"].encode(), FRAME_ID.hex())
    void = stored["void_line"].encode()
    assert layout.is_void(void)
    assert layout.key_line_is_whole(void, FRAME_ID.hex())
    assert not layout.is_void(stored["key_line"].encode())
    moved = event.parse(frozen["entries"][4]["bytes"].encode())
    assert isinstance(moved, event.ClearEntry)
    assert Rewrap.parse(moved.facts) == MOVES[0]
    box = frozen["box"]
    assert open_box(SEED, bytes.fromhex(box["box"]), box["name"]) == DEK
    assert parse_private(box["file"]) == SEED
    assert layout.read_tail(bytes.fromhex(stored["tail"])) == (256, [b"a", b"bc"], 23)
    assert layout.parse_intent(stored["intent"].encode()) == ("a\n1\nAAAA\n", b"m" * 32)
    assert layout.parse_secrets(stored["secrets"].encode())["kek/3.1"] == "0f" * 4
    assert layout.parse_root(stored["root"].encode()) == {"key": DEK.hex(), "v": 1}


if __name__ == "__main__":
    FILE.write_text(json.dumps(build(), ensure_ascii=True, indent=1) + "\n", "utf-8")

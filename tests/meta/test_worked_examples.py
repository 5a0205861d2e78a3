"""The worked examples of docs/data-format.md, recomputed from the page by its own rules.

What is here is written from the document, with none of the archive's code, and then compared with
what that code gives: if both agree, a second implementation can be written from the page.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256, shake_256
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.core import canonical, commitment, event, merkle
from archiver.core.commitment import Form, Leaf
from archiver.store import keys, seal
from archiver.store.seal import FrameKind
from tests.meta.generated import DOCS

_TOKEN = re.compile("[0-9A-Za-z_\x80-\U0010ffff]+ ?|[\t\n\r ]+|[\x00-\x7f]")
_FORM = {"string": b"\x00", "text": b"\x01", "json": b"\x02"}


def example(name: str) -> dict[str, Any]:
    text = (DOCS / "data-format.md").read_text("utf-8")
    block = text.partition(f"```json example={name}\n")[2].partition("\n```")[0]
    found: dict[str, Any] = json.loads(block)
    return found


def digest(salt: bytes, path: str, form: str, content: bytes) -> bytes:
    return sha256(salt + path.encode() + _FORM[form] + content).digest()


def commitment_of(dek: bytes, leaves: list[list[str]]) -> dict[str, Any]:
    """The page's rules for a commitment, step by step."""
    words = [
        token for form, _, value in leaves if form == "text" for token in _TOKEN.findall(value)
    ]
    stream = shake_256(b"diarkiv/salt/v1" + dek).digest(16 * (len(leaves) + len(words)))
    salts = [stream[i : i + 16] for i in range(0, len(stream), 16)]
    supply, digests, tokens = iter(salts), list[bytes](), list[bytes]()
    for form, path, value in leaves:
        salt, content = next(supply), value.encode()
        if form == "text":
            of_words = [
                digest(next(supply), path, "string", word.encode())
                for word in _TOKEN.findall(value)
            ]
            tokens += of_words
            content = b"".join(of_words)
        digests.append(digest(salt, path, form, content))
    return {
        "tokens": words,
        "salts": [salt.hex() for salt in salts],
        "token_digests": [one.hex() for one in tokens],
        "digests": [one.hex() for one in digests],
        "c": sha256(b"DIARKIV-C1" + b"".join(digests)).hexdigest(),
    }


def test_the_commitment_follows_from_the_page() -> None:
    page = example("commitment")
    dek = bytes.fromhex(page["dek"])
    assert page["leaves"][0][2] == sha256(bytes.fromhex(page["raw"])).hexdigest()
    made = commitment_of(dek, page["leaves"])
    assert {name: page[name] for name in made} == made


def test_the_code_gives_the_same_commitment() -> None:
    page = example("commitment")
    dek = bytes.fromhex(page["dek"])
    leaves = [Leaf(path, value, Form[form.upper()]) for form, path, value in page["leaves"]]
    assert commitment.commit(dek, leaves).hex() == page["c"]
    envelope = {
        path: json.loads(value) if form == "json" else value
        for form, path, value in page["leaves"][1:]
    }
    made = seal.content_leaves(FrameKind.VERSION, envelope, bytes.fromhex(page["raw"]))
    assert made == leaves
    openings = commitment.open_leaves(dek, leaves)
    openings[4] = commitment.hide(openings[4], [page["tokens"].index("Vilhelmina")])
    assert openings[4].text() == "Stängt, █?"
    assert commitment.recompute(openings).hex() == page["c"]


def test_frame_key_line_and_entry_follow_from_the_page() -> None:
    page = example("frame")
    kek, dek, frame_id, nonce, raw = (
        bytes.fromhex(page[name]) for name in ("kek", "dek", "id", "nonce", "raw")
    )
    envelope = page["envelope"].encode()
    plaintext = len(envelope).to_bytes(4, "big") + envelope + raw
    length = 16 + 1 + 1 + 12 + len(plaintext) + 16
    header = (
        length.to_bytes(4, "big") + frame_id + bytes((page["kind"], page["dictionary"])) + nonce
    )
    frame = header + AESGCM(dek).encrypt(nonce, plaintext, header)
    assert frame.hex() == page["frame"]
    assert sha256(frame).hexdigest() == page["x"]

    fields = json.loads(envelope)
    leaves = [["string", "raw", sha256(raw).hexdigest()]]
    for name in sorted(fields):
        value = fields[name]
        plain = isinstance(value, str)
        leaves.append(["string" if plain else "json", name, value if plain else json.dumps(value)])
    assert commitment_of(dek, leaves)["c"] == page["c"]

    line = f"{frame_id.hex()} {AESGCM(kek).encrypt(frame_id[:12], dek, frame_id).hex()}"
    assert f"{line} {sha256(line.encode()).hexdigest()}" == page["key_line"]
    assert sha256(b"\x00" + page["entry"].encode()).hexdigest() == page["leaf_hash"]


def test_the_code_gives_the_same_frame_key_line_and_entry() -> None:
    page = example("frame")
    kek, dek, frame_id, nonce, raw = (
        bytes.fromhex(page[name]) for name in ("kek", "dek", "id", "nonce", "raw")
    )
    envelope = canonical.decode_object(page["envelope"].encode())
    sealed = seal.seal(
        FrameKind.COMPONENT,
        envelope,
        raw,
        random=lambda _n: frame_id + dek + bytes(12),
        nonce=nonce,
    )
    assert (sealed.frame.hex(), sealed.x, sealed.c) == (page["frame"], page["x"], page["c"])
    line = keys.wrap_line(AESGCM(kek), frame_id, dek)
    assert line.decode() == page["key_line"] + "\n"
    entry = event.parse(page["entry"].encode())
    assert isinstance(entry, event.SealedEntry)
    assert (entry.id, entry.c, entry.x) == (page["id"], page["c"], page["x"])
    assert merkle.leaf_hash(entry.encode()).hex() == page["leaf_hash"]

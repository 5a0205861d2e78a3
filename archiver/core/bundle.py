"""Proof bundles: the byte form of what a recipient checks offline.

A bundle is a zip file with
    manifest.json            {"files":{name: sha256 hex}, "format":"diarkiv-bundle/1"}, canonical
    entries/<seq>.json       what is disclosed of one log entry: its openings in order, canonical
    entries/<seq>.raw        the platform's own bytes, where they are disclosed whole
    proofs/<seq>.tlog-proof  inclusion proof and signed checkpoint (c2sp.org/tlog-proof@v1)
    vkey                     the log's public key, to compare with the pinned one
    LAS-MIG.txt, verify.pyz  how to check, and the program that does

An opening is {"p":path,"s":salt,"v":string} or {"j":canonical JSON,"p":path,"s":salt} (shown),
{"d":digest,"p":path} (hidden), or {"p":path,"s":salt,"t":[[salt,token] or digest, …]} (text, word
by word); salts and digests in hex.
Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from archiver.core import canonical, merkle
from archiver.core.canonical import Json
from archiver.core.checkpoint import (
    Checkpoint,
    VerifierKey,
    from_base64,
    open_checkpoint,
    to_base64,
)
from archiver.core.commitment import Hidden, Opening, Shown, ShownText, recompute
from archiver.core.event import ClearEntry, parse
from archiver.core.verdict import Duty, Report, check_key
from archiver.errors import DiarkivError, NotCanonical, ProofInvalid

FORMAT = "diarkiv-bundle/1"
MANIFEST = "manifest.json"
_MEMBER = re.compile(
    r"manifest\.json|vkey|LAS-MIG\.txt|verify\.pyz|(?:entries/([0-9]+)\.(?:json|raw))"
    r"|(?:proofs/([0-9]+)\.tlog-proof)"
)
PROOF_MAGIC = "c2sp.org/tlog-proof@v1"


def _opening_json(opening: Opening) -> Json:
    match opening.content:
        case Shown(salt, value, json):
            return {"p": opening.path, "s": salt.hex(), "j" if json else "v": value}
        case Hidden(digest):
            return {"p": opening.path, "d": digest.hex()}
        case ShownText(salt, parts):
            tokens: list[Json] = [
                part.digest.hex() if isinstance(part, Hidden) else [part.salt.hex(), part.value]
                for part in parts
            ]
            return {"p": opening.path, "s": salt.hex(), "t": tokens}


def _parse_token(token: Json) -> Shown | Hidden:
    if isinstance(token, str):
        return Hidden(bytes.fromhex(token))
    salt, value = token  # type: ignore[misc]
    return Shown(bytes.fromhex(str(salt)), str(value))


def _parse_opening(value: Json) -> Opening:
    if not isinstance(value, Mapping):
        raise ProofInvalid("An opening is not an object.")
    path, keys = str(value.get("p", "")), set(value)
    if keys == {"p", "d"}:
        return Opening(path, Hidden(bytes.fromhex(str(value["d"]))))
    if keys in ({"p", "s", "v"}, {"p", "s", "j"}):
        json = "j" in keys
        shown = str(value["j" if json else "v"])
        return Opening(path, Shown(bytes.fromhex(str(value["s"])), shown, json))
    tokens = value.get("t")
    if keys == {"p", "s", "t"} and isinstance(tokens, Sequence) and not isinstance(tokens, str):
        parts = tuple(_parse_token(token) for token in tokens)
        return Opening(path, ShownText(bytes.fromhex(str(value["s"])), parts))
    raise ProofInvalid("An opening has an unknown form.")


def render_entry(entry: bytes, openings: Iterable[Opening]) -> bytes:
    """The bytes of `entries/<seq>.json`: the log entry and its openings in order."""
    return canonical.encode(
        {"entry": entry.decode(), "openings": [_opening_json(opening) for opening in openings]}
    )


def parse_entry(data: bytes) -> tuple[bytes, list[Opening]]:
    """The log entry and openings; `ProofInvalid` or `NotCanonical` if malformed in any way."""
    document = canonical.decode_object(data)
    entry, openings = document.get("entry"), document.get("openings")
    if set(document) != {"entry", "openings"} or not isinstance(openings, list):
        raise ProofInvalid("An entry document has an unknown form.")
    try:
        parsed = [_parse_opening(opening) for opening in openings]
    except (ValueError, TypeError) as error:
        raise ProofInvalid("An opening has an unknown form.") from error
    again = render_entry(str(entry).encode(), parsed)
    if again != data:
        raise NotCanonical("An entry document is not in canonical form.")
    return str(entry).encode(), parsed


def render_proof(index: int, hashes: Sequence[bytes], note: bytes) -> bytes:
    """A tlog-proof: index, audit path (leaf's sibling first), and the signed checkpoint."""
    lines = [PROOF_MAGIC, f"index {index}", *(to_base64(node) for node in hashes)]
    return "\n".join(lines).encode() + b"\n\n" + note


def parse_proof(data: bytes) -> tuple[int, list[bytes], bytes]:
    """(index, audit path, signed note) of a tlog-proof; every second spelling is refused."""
    head, separator, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        index = int(lines[1].removeprefix("index "))
    except (UnicodeDecodeError, ValueError, IndexError) as error:
        raise ProofInvalid("The proof is not a tlog-proof.") from error
    hashes = [from_base64(line) for line in lines[2:]]
    if not separator or render_proof(index, hashes, note) != data or index < 0:
        raise ProofInvalid("The proof is not in canonical form.")
    if any(len(node) != 32 for node in hashes):
        raise ProofInvalid("A hash in the proof does not have 32 bytes.")
    return index, hashes, note


def render_manifest(files: Mapping[str, bytes]) -> bytes:
    """The manifest over every other member."""
    digests: dict[str, Json] = {name: sha256(data).hexdigest() for name, data in files.items()}
    return canonical.encode({"files": digests, "format": FORMAT})


def check_manifest(files: Mapping[str, bytes]) -> None:
    """`ProofInvalid` unless the manifest names exactly the other members with their digests."""
    rest = {name: data for name, data in files.items() if name != MANIFEST}
    if not rest.keys() or files.get(MANIFEST) != render_manifest(rest):
        raise ProofInvalid("The bundle's files are not those its manifest names.")


def check_members(files: Mapping[str, bytes]) -> None:
    """`ProofInvalid` if a file is none that a bundle has: nothing may ride along that no proof
    covers."""
    for found in map(_MEMBER.fullmatch, files):
        number = found and (found[1] or found[2])
        if not found or (number and f"entries/{number}.json" not in files):
            raise ProofInvalid("The bundle holds a file that is no part of it.")


@dataclass
class Disclosed:
    """One entry of a bundle as a reader sees it: (path, text) in order; masked parts are █."""

    seq: int
    type: str
    fields: list[tuple[str, str]]
    raw: bytes | None


def check_bundle(
    subject: str, files: Mapping[str, bytes], pinned: str | None = None
) -> tuple[Report, list[Disclosed]]:
    """Duties 1, 2, 3 and 8 over a bundle's members; the report and what is disclosed."""
    report, disclosed = Report(subject), []
    try:
        check_members(files)
        check_manifest(files)
        key = check_key(report, files.get("vkey", b""), pinned)
        heads: dict[bytes, Checkpoint] = {}
        for name in sorted(files):
            if name.startswith("entries/") and name.endswith(".json"):
                disclosed.append(_check_entry(report, files, name, key, heads))
        if not disclosed:
            raise ProofInvalid("The bundle holds no entry.")
        report.ok(Duty.HEAD, Duty.LOG, Duty.CONTENT)
    except (DiarkivError, RecursionError) as error:
        report.fail(Duty.CONTENT, str(error))
    report.entries = len(disclosed)
    report.duties[Duty.STAMP] = None
    return report, sorted(disclosed, key=lambda one: one.seq)


def _check_entry(
    report: Report,
    files: Mapping[str, bytes],
    name: str,
    key: VerifierKey,
    heads: dict[bytes, Checkpoint],
) -> Disclosed:
    """Duties 2, 3 and 8 for one disclosed entry."""
    stem = name.removesuffix(".json")
    data, openings = parse_entry(files[name])
    proof = files.get(f"proofs/{stem.removeprefix('entries/')}.tlog-proof", b"")
    index, hashes, note = parse_proof(proof)
    if stem != f"entries/{index}":
        raise ProofInvalid(f"{name} carries the proof of entry {index}.")
    if note not in heads:
        heads[note] = open_checkpoint(note, key)
    report.head = head = heads[note]
    merkle.verify_inclusion(merkle.leaf_hash(data), index, head.size, hashes, head.root)
    entry = parse(data)
    if isinstance(entry, ClearEntry):
        raise ProofInvalid(f"Entry {index} has no content to disclose.")
    if recompute(openings).hex() != entry.c:
        raise ProofInvalid(f"Entry {index}: what is shown is not what was sealed.")
    report.masked |= any(opening.masked for opening in openings)
    raw = files.get(f"{stem}.raw")
    shown = [opening.text() for opening in openings if opening.path == "raw"]
    if raw is not None and shown != [sha256(raw).hexdigest()]:
        raise ProofInvalid(f"Entry {index}: the raw bytes are not those that were sealed.")
    return Disclosed(index, entry.type, [(o.path, o.text()) for o in openings], raw)

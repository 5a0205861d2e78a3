"""Proof bundles: the byte form of what a recipient checks offline.

A bundle is a zip file with
    manifest.json            {"files":{name: sha256 hex}, "format":"diarkiv-bundle/1"}, canonical
    entries/<seq>.json       what is disclosed of one log entry: its openings in order, canonical
    entries/<seq>.raw        the platform's own bytes, where they are disclosed whole
    proofs/<seq>.tlog-proof  inclusion proof and signed checkpoint (c2sp.org/tlog-proof@v1)
    vkey                     the log's public key, to compare with the pinned one
    stamp.tsr                an outside time stamp over the signed checkpoint, where there is one
    LAS-MIG.txt, verify.pyz  how to check, and the program that does; nothing vouches for them, and
                             the report says so (`core.enclosed`)

An opening is {"p":path,"s":salt,"v":string} or {"j":canonical JSON,"p":path,"s":salt} (shown),
{"d":digest,"p":path} (hidden), or {"p":path,"s":salt,"t":[[salt,token] or digest, …]} (text, word
by word); salts and digests in hex.

What was disposed of is proved by its leaf alone, without openings, beside four clear entries: the
`decision_interval`, the `proposal_confirmed`, the `tombstone` that names it, and the
`keys_rewrapped` that took its key. Only the whole log shows that nothing else was said in between.

Where the entry of a release stands beside records, they must be just those that were given out,
masked as they were (`core.released`).
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
from archiver.core.enclosed import Extent
from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.released import RELEASE, Release, contents, parse_release
from archiver.core.rewrap import Rewrap
from archiver.core.timestamp import is_back_dated, read_reply
from archiver.core.tombstone import Confirmed, Interval, Tombstone
from archiver.core.verdict import Duty, Report, check_key
from archiver.errors import DiarkivError, NotCanonical, ProofInvalid

FORMAT = "diarkiv-bundle/1"
MANIFEST = "manifest.json"
STAMP = "stamp.tsr"
_MEMBER = re.compile(
    r"manifest\.json|vkey|LAS-MIG\.txt|verify\.pyz|(?:entries/([0-9]+)\.(?:json|raw))"
    r"|(?:proofs/([0-9]+)\.tlog-proof)|stamp\.tsr"
)
_EXPLAINING = {
    EventType.DECISION_INTERVAL.value,
    EventType.PROPOSAL_CONFIRMED.value,
    EventType.TOMBSTONE.value,
    EventType.KEYS_REWRAPPED.value,
}
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
    at: int  # when it was logged, milliseconds UTC
    clear: ClearEntry | None = None  # of an entry that explains what was disposed of
    release: Release | None = None  # of an entry that says what was given out


def check_bundle(
    subject: str, files: Mapping[str, bytes], pinned: str | None = None
) -> tuple[Report, list[Disclosed]]:
    """Duties 1, 2, 3 and 8 over a bundle's members, and of duty 9 what needs no signature; the
    report and what is disclosed."""
    report, disclosed = Report(subject), list[Disclosed]()
    try:
        check_members(files)
        check_manifest(files)
        disclosed = check_entries(report, files, pinned)
        _check_disposed(report, disclosed)
        _check_released(report, files, disclosed)
        report.ok(Duty.HEAD, Duty.LOG, Duty.CONTENT)
        check_stamp(report, files, max(one.at for one in disclosed))
    except (DiarkivError, RecursionError) as error:
        report.fail(Duty.CONTENT, str(error))
    report.entries = len(disclosed)
    report.settle()
    return report, disclosed


def check_entries(
    report: Report, files: Mapping[str, bytes], pinned: str | None
) -> list[Disclosed]:
    """Duties 1, 2 and 3, and of 8 each entry by itself; what is disclosed, in the log's order."""
    key = check_key(report, files.get("vkey", b""), pinned)
    heads: dict[bytes, Checkpoint] = {}
    found = [
        _check_entry(report, files, name, key, heads)
        for name in sorted(files)
        if name.startswith("entries/") and name.endswith(".json")
    ]
    if not found:
        raise ProofInvalid("The bundle holds no entry.")
    return sorted(found, key=lambda one: one.seq)


def stamped(files: Mapping[str, bytes]) -> tuple[bytes, bytes] | None:
    """The time stamp in a bundle and SHA-256 of the one signed head it must be over; None if there
    is no stamp. `ProofInvalid` unless the proofs are all under the same head."""
    if STAMP not in files:
        return None
    notes = {parse_proof(data)[2] for name, data in files.items() if name.startswith("proofs/")}
    if len(notes) != 1:
        raise ProofInvalid("A bundle with a time stamp has its proofs under one head.")
    return files[STAMP], sha256(notes.pop()).digest()


def check_stamp(report: Report, files: Mapping[str, bytes], newest: int) -> None:
    """Duty 9, all but the signature: the stamp is over the head, and not older than the newest
    entry (milliseconds UTC)."""
    try:
        found = stamped(files)
        if found is None:
            return
        stamp = read_reply(found[0])
        if stamp.imprint != found[1]:
            raise ProofInvalid("The time stamp is over another head than the proofs'.")
        if is_back_dated(stamp.time, newest):
            raise ProofInvalid("The time stamp is back-dated: an entry was logged later.")
    except DiarkivError as error:
        report.fail(Duty.STAMP, error.message)


def _check_released(report: Report, files: Mapping[str, bytes], found: Sequence[Disclosed]) -> None:
    """Of what was given out: that the records beside a release are those it names, masked so; and
    how much of it is shown."""
    releases = [one for one in found if one.release is not None]
    own = {f"entries/{one.seq}.json" for one in releases}
    rest = {n: data for n, data in files.items() if n.startswith("entries/") and n not in own}
    report.shown = sum(one.release is None and one.clear is None for one in found)
    if not report.gone:
        report.extent = Extent.RELEASE_ALONE if not rest else Extent.WHOLE
    if not releases and not report.gone:
        report.extent = Extent.RECORDS_ALONE
    for one in releases:
        assert one.release is not None
        report.released = one.release.records
        if rest and contents(rest) not in one.release.files:
            report.ok(Duty.HEAD, Duty.LOG)
            raise ProofInvalid(_otherwise(report, one.seq))


def _otherwise(report: Report, seq: int) -> str:
    """What is said of a bundle that is not what the release in an entry gave out."""
    if report.released is not None and report.shown < report.released:
        report.extent = Extent.PART
        return (
            f"Entry {seq} gave out {report.released} records, and {report.shown} are here: the "
            "bundle does not show the whole release."
        )
    report.extent = Extent.OTHER
    return (
        f"Entry {seq} gave out something else: a record was added, taken away or exchanged, or is "
        "masked in another way."
    )


def _check_disposed(report: Report, found: Sequence[Disclosed]) -> None:
    """Of what is not shown at all: that it was disposed of under a decision in force."""
    gone = [one.seq for one in found if one.clear is None and not one.fields]
    clear = [(one.seq, one.clear) for one in found if one.clear is not None]
    report.disposed = len(gone)
    report.gone = len(gone) + len(clear) == len(found)
    if clear and not gone:
        raise ProofInvalid("The bundle explains a disposal of nothing.")
    intervals = [
        (n, Interval.parse(e.facts)) for n, e in clear if e.type == EventType.DECISION_INTERVAL
    ]
    stones = [
        (n, e.at, Tombstone.parse(e.facts)) for n, e in clear if e.type == EventType.TOMBSTONE
    ]
    taken = [
        (n, e.at, run)
        for n, e in clear
        if e.type == EventType.KEYS_REWRAPPED
        for run in Rewrap.parse(e.facts).runs
        if run.to is None
    ]
    for seq in gone:
        mine = [one for one in stones if one[2].names(seq) and seq < one[0]]
        if not mine:
            raise ProofInvalid(f"Entry {seq} is neither shown nor under a tombstone.")
        number, at, stone = mine[-1]
        if not stone.interval.holds(at):
            raise ProofInvalid(f"Entry {seq}: its decision was not in force when it was executed.")
        said = [
            one for n, one in intervals if one.decision == stone.interval.decision and n < number
        ]
        if not said or said[-1] != stone.interval:
            raise ProofInvalid(f"Entry {seq}: the log gives its decision another time.")
        confirmed = [
            n
            for n, e in clear
            if e.type == EventType.PROPOSAL_CONFIRMED
            and Confirmed.parse(e.facts).proposal == stone.proposal
        ]
        if not any(n < number for n in confirmed):
            raise ProofInvalid(f"Entry {seq}: nothing says that its proposal was confirmed.")
        destroyed = [at for n, at, run in taken if seq in run.seqs and n > number]
        if not destroyed:
            raise ProofInvalid(f"Entry {seq}: nothing says that its key was destroyed.")
        if not any(stone.interval.holds(at) for at in destroyed):
            raise ProofInvalid(f"Entry {seq}: its decision had ended when its key was destroyed.")


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
        if entry.type not in _EXPLAINING or openings or f"{stem}.raw" in files:
            raise ProofInvalid(f"Entry {index} has no content to disclose.")
        return Disclosed(index, entry.type, [], None, entry.at, entry)
    if not openings and f"{stem}.raw" not in files:
        return Disclosed(index, entry.type, [], None, entry.at)
    if recompute(openings).hex() != entry.c:
        raise ProofInvalid(f"Entry {index}: what is shown is not what was sealed.")
    release = _release(report, entry.type, openings)
    if release is not None:
        shown_ = [(o.path, o.text()) for o in openings if not o.masked]
        return Disclosed(index, entry.type, shown_, None, entry.at, release=release)
    report.masked |= any(opening.masked for opening in openings)
    raw = files.get(f"{stem}.raw")
    shown = [opening.text() for opening in openings if opening.path == "raw"]
    if raw is not None and shown != [sha256(raw).hexdigest()]:
        raise ProofInvalid(f"Entry {index}: the raw bytes are not those that were sealed.")
    return Disclosed(index, entry.type, [(o.path, o.text()) for o in openings], raw, entry.at)


def _release(report: Report, type_: str, openings: Sequence[Opening]) -> Release | None:
    """What an entry says was given out, if it is a release that shows it. What is hidden of it is
    no mask in what was given out; whether there is any, it says itself."""
    if type_ != RELEASE:
        return None
    shown = {o.path: o.content.value for o in openings if isinstance(o.content, Shown)}
    release = parse_release(shown)
    if release is None:
        raise ProofInvalid("The release hides which files it gave out.")
    report.masked |= release.masked
    return release

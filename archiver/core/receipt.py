"""The receipt that a released PDF carries: the proof that just this file was given out.

The PDF has an attached file `kvitto.json`, uncompressed:

    {"format":"diarkiv-receipt/1","receipt":…hole of 32 KiB…}

The digest of the PDF is SHA-256 over the whole file with the hole full of spaces. It is sealed in
the release's entry in the log; then the hole is filled with the receipt, canonical JSON and after
it spaces:

    entry   {"entry": log entry, "openings": […]} of the release, as `entries/<seq>.json`
    proof   its tlog-proof, as `proofs/<seq>.tlog-proof`
    vkey    the log's public key, to compare with the pinned one
    stamp   base64 of a time stamp over the proof's signed head, where there is one

Invariants: every byte of the file lies under the digest or is read here, so that nothing can be
changed, added or cut off unseen; no part of the PDF is parsed, so that none can do harm.
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from archiver.core import canonical
from archiver.core.bundle import (
    STAMP,
    Disclosed,
    check_entries,
    check_stamp,
    parse_proof,
)
from archiver.core.canonical import Json
from archiver.core.checkpoint import from_base64, to_base64
from archiver.core.verdict import Duty, Report
from archiver.errors import DiarkivError, ProofInvalid

NAME = "kvitto.json"
HOLE = 32 * 2**10  # bytes; a receipt with a stamp has some 10 KiB
HEAD = b'{"format":"diarkiv-receipt/1","receipt":'
TAIL = b"}\n"
EMPTY = HEAD + b" " * HOLE + TAIL
_PARTS = {"entry", "proof", "vkey"}


def hole(pdf: bytes) -> int:
    """Where the hole begins. `ProofInvalid` unless the file has just one."""
    at = pdf.find(HEAD)
    if at < 0:
        raise ProofInvalid("The PDF carries no receipt of a release.")
    if pdf.find(HEAD, at + 1) >= 0:
        raise ProofInvalid("The PDF carries more than one receipt.")
    at += len(HEAD)
    if pdf[at + HOLE : at + HOLE + len(TAIL)] != TAIL:
        raise ProofInvalid("The receipt in the PDF is not whole.")
    return at


def digest(pdf: bytes) -> str:
    """SHA-256 hex of the file with its hole full of spaces: the same before and after it was
    filled. `ProofInvalid` as `hole`."""
    at, held = hole(pdf), memoryview(pdf)
    found = sha256(held[:at])
    found.update(b" " * HOLE)
    found.update(held[at + HOLE :])
    return found.hexdigest()


def fill(pdf: bytes, receipt: bytes) -> bytes:
    """The file with the receipt in its hole, whatever was there. `ProofInvalid` if it has no room
    for it, or no hole."""
    at = hole(pdf)
    if len(receipt) > HOLE:
        raise ProofInvalid(f"The receipt has more than {HOLE} bytes.")
    return pdf[:at] + receipt.ljust(HOLE) + pdf[at + HOLE :]


def render(entry: bytes, proof: bytes, vkey: bytes, stamp: bytes = b"") -> bytes:
    """The receipt's bytes, of the members of a bundle (`core.bundle`)."""
    said: dict[str, Json] = {
        "entry": canonical.decode_object(entry),
        "proof": proof.decode(),
        "vkey": vkey.decode(),
    }
    return canonical.encode({**said, "stamp": to_base64(stamp)} if stamp else said)


def members(pdf: bytes) -> dict[str, bytes]:
    """The members of a bundle that the receipt in a PDF stands for. `ProofInvalid` or
    `NotCanonical` if there is none, or anything stands in the hole beside it."""
    at = hole(pdf)
    written = pdf[at : at + HOLE].rstrip(b" ")
    if not written:
        raise ProofInvalid("The receipt in the PDF is empty: the file was not given out.")
    said = canonical.decode_object(written)
    if said.keys() - {"stamp"} != _PARTS or not isinstance(said["entry"], Mapping):
        raise ProofInvalid("The receipt has an unknown form.")
    proof, vkey, stamp = (said.get(name, "") for name in ("proof", "vkey", "stamp"))
    if not (isinstance(proof, str) and isinstance(vkey, str) and isinstance(stamp, str)):
        raise ProofInvalid("The receipt has an unknown form.")
    number = parse_proof(proof.encode())[0]
    files = {
        f"entries/{number}.json": canonical.encode(said["entry"]),
        f"proofs/{number}.tlog-proof": proof.encode(),
        "vkey": vkey.encode(),
    }
    if "stamp" in said:
        files[STAMP] = from_base64(stamp)
    return files


def check_pdf(
    subject: str, pdf: bytes, pinned: str | None = None
) -> tuple[Report, list[Disclosed]]:
    """Duties 1, 2, 3 and 8 over a released PDF, and of duty 9 what needs no signature; the report
    and what the release says."""
    report, found = Report(subject), list[Disclosed]()
    try:
        files = members(pdf)
        found = check_entries(report, files, pinned)
        report.ok(Duty.HEAD, Duty.LOG)
        release = found[0].release
        if release is None:
            raise ProofInvalid("The receipt is of an entry that is no release.")
        if digest(pdf) not in release.files:
            raise ProofInvalid(
                "The file is not the one that was given out: something in it was changed, or the "
                "receipt is another file's."
            )
        report.ok(Duty.CONTENT)
        check_stamp(report, files, found[0].at)
    except (DiarkivError, RecursionError) as error:
        report.fail(Duty.CONTENT, str(error))
    report.entries = len(found)
    report.settle()
    return report, found

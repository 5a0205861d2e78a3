"""The receipt in a released PDF: a hole, the digest that is sealed, and what then fills the hole.

The PDF is set with `ATTACHMENT` among its files, the digest of the `hollow` file is sealed in the
release's entry, and `seal_pdf` puts the proof of that entry in the hole (`archiver.core.receipt`).
Invariants: nothing else of the file is rewritten, so it stays PDF/A-3a and PDF/UA-1; the hollow
file is the same each time, and so is its digest; a file is never sealed that would not verify.
"""

from __future__ import annotations

import re
import zlib
from hashlib import shake_256

from archiver.core import bundle
from archiver.core.receipt import EMPTY, HEAD, HOLE, NAME, TAIL, check_pdf, digest, fill, render
from archiver.document.render import Attachment
from archiver.errors import ProofInvalid, RenderFailed
from archiver.ledger.proof import first_head
from archiver.ledger.service import Ledger
from exports.release.bundle import release_openings

__all__ = ["ATTACHMENT", "digest", "hollow", "receipt_of", "seal_pdf"]

# Noise as hexadecimal digits cannot be packed to less than half: packed, it takes more room in the
# file than the hole that is put in its place, so nothing has to be moved.
_FILLING = HEAD + shake_256(b"diarkiv-receipt/1").digest(HOLE + 1024).hex().encode() + TAIL
ATTACHMENT = Attachment(
    name=NAME,
    media_type="application/json",
    data=_FILLING,
    purpose="Bevis för att just denna fil lämnades ut",
)
# A stream as typst writes it, and what of its dictionary changes where it is not packed.
_EMBEDDED = re.compile(rb"<<([^\n]*/Type/EmbeddedFile[^\n]*)>>\nstream\n")
_PACKED = b"/Filter/FlateDecode"
_LENGTH = re.compile(rb"/Length (\d+)")


def hollow(pdf: bytes) -> bytes:
    """A PDF that was set with `ATTACHMENT`, its hole empty; everything else stands where it stood,
    as it was. `RenderFailed` if there is not just one hole."""
    found = [one for one in _EMBEDDED.finditer(pdf) if _is_filling(pdf, one)]
    if len(found) == 1 and HEAD not in pdf:
        head, start = found[0][1], found[0].end()
        end = start + _length(head)
        size = b"/Size %d" % len(EMPTY)
        head = _LENGTH.sub(b"/Length %d" % len(EMPTY), head.replace(_PACKED, b""))
        head = head.replace(b"/Size %d" % len(_FILLING), size)
        room = end - found[0].start() - len(b"<<>>\nstream\n") - len(head) - len(EMPTY)
        made = b"<<" + head + b" " * room + b">>\nstream\n" + EMPTY
        if room >= 0 and size in head:
            return pdf[: found[0].start()] + made + pdf[end:]
    raise RenderFailed(
        "The PDF has no room for its receipt, or more than one.",
        remedy="Set it with the attachment of exports.release.receipt, once.",
    )


def _is_filling(pdf: bytes, found: re.Match[bytes]) -> bool:
    """Whether this embedded file is the one that keeps the receipt's place."""
    if _PACKED not in found[1] or b"/Size %d/" % len(_FILLING) not in found[1]:
        return False
    packed = pdf[found.end() : found.end() + _length(found[1])]
    return zlib.decompressobj().decompress(packed, len(_FILLING) + 1) == _FILLING


def _length(head: bytes) -> int:
    said = _LENGTH.search(head)
    return int(said[1]) if said else 0


def receipt_of(ledger: Ledger, release: int) -> bytes:
    """The receipt of what the release in this entry gave out: under the first stamped head, or the
    head that has it last where there is none. `NotFound` if the entry cannot be opened."""
    note, stamp = first_head(ledger, [release])
    proofs = ledger.prove([release], note)
    data, path = proofs.entries[release]
    entry = bundle.render_entry(data, release_openings(ledger, release))
    proof = bundle.render_proof(release, path, proofs.note)
    vkey = f"{ledger.verifier_key}\n".encode()
    whole = render(entry, proof, vkey, stamp)
    return whole if len(whole) <= HOLE else render(entry, proof, vkey)


def seal_pdf(pdf: bytes, receipt: bytes) -> bytes:
    """The PDF with the receipt in its hole. `ProofInvalid` if the receipt is of something else, or
    has no room."""
    sealed = fill(pdf, receipt)
    report, _ = check_pdf("", sealed)
    if not report.intact:
        raise ProofInvalid(f"The receipt does not prove the file: {' '.join(report.findings)}")
    return sealed

"""The auditor's verifier for what somebody was given: a proof bundle, masked or whole, or a PDF.

The file may be hostile. A zip file is unpacked within bounds, and a name that occurs twice is
refused; of a PDF nothing is parsed. Whatever the bytes are, the answer is a verdict.
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

import struct
import zipfile
from hashlib import sha256
from typing import BinaryIO

from archiver.core.bundle import Disclosed, check_bundle
from archiver.core.enclosed import Own, none_own
from archiver.core.enclosed import members as enclosed
from archiver.core.receipt import check_pdf, digest, members
from archiver.core.verdict import Duty, Report, Verdict
from archiver.errors import DiarkivError, ProofInvalid
from archiver.ledger.verify_stamp import check_bundle_stamp, shown

MAX_COPY = 512 * 2**20  # bytes, unpacked
MAX_MEMBERS = 200_000
_PDF = b"%PDF-"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END, _ENDS = 22, b"PK\5\6"  # the last record of a zip file: bytes, how it begins
_LOCAL_HEADER, _WIDE, _DESCRIBED_AFTER = 30, 20, 0x08  # of a member: bytes, bytes of extra, a flag


def verify_copy(
    name: str,
    file: BinaryIO,
    pinned: str | None = None,
    roots: bytes | None = None,
    *,
    most: int = MAX_COPY,
    most_members: int = MAX_MEMBERS,
    own: Own = none_own,
) -> tuple[Report, list[Disclosed]]:
    """Check a bundle or a released PDF; the report, and what it discloses. `most` is how many bytes
    it may have, unpacked; `roots` certificates (PEM) of time-stamp authorities that are trusted;
    `own` which enclosed files are the reader's own."""
    digests: list[str] = []
    zipped: dict[str, bytes] = {}  # of a PDF every byte lies under the digest
    try:
        if file.read(len(_PDF)) == _PDF:
            data = _PDF + file.read(most)
            if len(data) > most:
                raise ProofInvalid("it is too large; use verify.pyz.")
            report, found = check_pdf(name, data, pinned)
            files = members(data) if report.intact else {}
            digests = _digests(data) if report.intact else []
        else:
            file.seek(0)
            files = _unpacked(file, most, most_members)
            report, found = check_bundle(name, files, pinned)
            zipped = files
        check_bundle_stamp(report, files, roots)
        proven = report.verdict is not Verdict.UNPROVEN
        stamp = report.duties.get(Duty.STAMP) is True
        report.members = list(enclosed(zipped, own, proven=proven, stamp_checked=stamp))
        if report.intact:
            report.notes += [_given_out(one) for one in found if one.release is not None]
            report.notes += digests
    except Exception as error:  # noqa: BLE001 - hostile bytes end in a verdict, never a traceback
        report, found = Report(name), []
        report.fail(
            Duty.CONTENT, f"The file is not a readable bundle or released PDF: {_why(error)}"
        )
        report.settle()
    return report, found


def _why(error: Exception) -> str:
    match error:
        case DiarkivError():
            return error.message
        case zipfile.BadZipFile():
            return (
                "it is neither a whole zip file nor a PDF. Other files prove nothing by "
                "themselves: check the PDF or the bundle that came along, which name their digests."
            )
    return f"{type(error).__name__}."


def _digests(pdf: bytes) -> list[str]:
    """Both digests of a released PDF: the one that anybody computes, and the one in the log."""
    return [
        f"SHA-256 för filen som den är, med kvittot i: {sha256(pdf).hexdigest()}",
        f"SHA-256 för det som förseglades, filen med tom plats för kvittot: {digest(pdf)}",
    ]


def _given_out(one: Disclosed) -> str:
    return f"Utlämnandet är post {one.seq} i loggen, förseglad {shown(one.at)}."


def _unpacked(file: BinaryIO, most: int, most_members: int) -> dict[str, bytes]:
    """Every member of a zip file that is nothing but its members, within bounds; a name that occurs
    twice is refused. Only stored and deflated ones: others unpack more than they say."""
    with zipfile.ZipFile(file) as archive:
        listed = archive.infolist()
        if len({one.filename for one in listed}) != len(listed):
            raise ProofInvalid("The bundle names a file twice.")
        if any(one.compress_type not in _METHODS for one in listed):
            raise ProofInvalid("The bundle is packed in a way that no bundle of ours is.")
        entries = (one.file_size for one in listed if one.filename.endswith(".json"))
        if (
            len(listed) > most_members
            or sum(one.file_size for one in listed) > most
            or max(entries, default=0) > most // 8
        ):
            raise ProofInvalid("The bundle is too large unpacked; use verify.pyz.")
        _refuse_beside(file, archive, listed)
        return {one.filename: archive.read(one) for one in listed}


def _refuse_beside(file: BinaryIO, archive: zipfile.ZipFile, listed: list[zipfile.ZipInfo]) -> None:
    """`ProofInvalid` if anything lies before, between or after the members: another program could
    take it for the file, and no proof covers it."""
    at = 0
    for one in sorted(listed, key=lambda member: member.header_offset):
        file.seek(at)
        names = struct.unpack("<26xHH", file.read(_LOCAL_HEADER))
        wide = names[1] == _WIDE  # the sizes stand in 64 bits
        if one.header_offset != at or names[1] not in (0, _WIDE):
            raise ProofInvalid("Something lies in the zip file beside the bundle.")
        at += _LOCAL_HEADER + sum(names) + one.compress_size
        if one.flag_bits & _DESCRIBED_AFTER:
            at += 24 if wide else 16
    file.seek(-_END, 2)  # what comes after its end record a reader of zip files passes over
    if at != archive.start_dir or archive.comment or file.read(len(_ENDS)) != _ENDS:
        raise ProofInvalid("Something lies in the zip file beside the bundle.")

"""Verifiera: a bundle's five duties and one of the four verdicts.

The file is read in memory, within bounds, and forgotten with the answer. It is compared with this
home's own key, which is what the page says; an outsider pins the key and uses verify.pyz.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from io import BytesIO

from flask import Blueprint, render_template, request

from archiver.core.access import Permission
from archiver.core.bundle import Disclosed, check_bundle
from archiver.core.verdict import Duty, Report
from archiver.errors import DiarkivError, ProofInvalid
from archiver.web.needs import needs
from archiver.web.reading import archive
from archiver.web.services import services, viewer

pages = Blueprint("verification", __name__)
FIVE = (Duty.KEY, Duty.HEAD, Duty.LOG, Duty.CONTENT, Duty.STAMP)
MAX_MEMBERS = 2000
MAX_UNPACKED = 128 * 2**20
_UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    NotImplementedError,
    zlib.error,
    lzma.LZMAError,
    DiarkivError,
)


@pages.get("/verifiera")
@needs(Permission.OVERSEE)
def form() -> str:
    """The form alone."""
    return render_template("verify.html", report=None, vkey=archive.vkey(services(), viewer()))


@pages.post("/verifiera")
@needs(Permission.OVERSEE)
def check() -> str:
    """Check the uploaded bundle against this home's key."""
    pinned = archive.vkey(services(), viewer())
    upload = request.files.get("bundle")
    if upload is None or not upload.filename:
        return render_template("verify.html", report=None, vkey=pinned, missing=True)
    name = _plain_name(upload.filename)
    report, disclosed = verify_bytes(name, upload.stream.read(), pinned)
    return render_template(
        "verify.html",
        report=report,
        lines=[(duty, report.duties.get(duty)) for duty in FIVE],
        disclosed=disclosed,
        name=name,
        vkey=pinned,
    )


def verify_bytes(name: str, data: bytes, pinned: str) -> tuple[Report, list[Disclosed]]:
    """The report on a bundle's bytes, and what it discloses."""
    try:
        files = _members(data)
    except _UNREADABLE as error:
        report = Report(name)
        told = error.message if isinstance(error, DiarkivError) else "not a readable zip file"
        report.fail(Duty.CONTENT, f"The file is not a proof bundle: {told}.")
        return report, []
    return check_bundle(name, files, pinned)


def _members(data: bytes) -> dict[str, bytes]:
    """Every member, within bounds; a name that occurs twice is refused."""
    with zipfile.ZipFile(BytesIO(data)) as bundle:
        members = bundle.infolist()
        if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED:
            raise ProofInvalid("it is too large unpacked; use verify.pyz")
        if len({one.filename for one in members}) != len(members):
            raise ProofInvalid("it names a file twice")
        return {one.filename: bundle.read(one) for one in members}


def _plain_name(name: str) -> str:
    """A file name as it may stand in a command line."""
    return re.sub(r"[^\w.-]", "_", name.replace("\\", "/").rpartition("/")[2])[:80].lstrip("-")

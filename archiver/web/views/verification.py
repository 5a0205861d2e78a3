"""Verifiera: the five duties and one of the four verdicts over a file that somebody was given.

Open to everybody: whoever got a copy need not say who they are. The file is read in memory, within
bounds, and forgotten with the answer; nothing of it is stored or logged. It is compared with this
home's own key, which is public, and the page says so; an outsider pins the key and uses verify.pyz.
Who is not signed in may ask so many times in a while; what is counted is a keyed digest of the
address, in memory.
"""

from __future__ import annotations

import hmac
import re
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import Blueprint, Flask, abort, render_template, request
from flask_limiter import Limiter

from archiver.core.bundle import Disclosed
from archiver.core.ports import Random
from archiver.core.verdict import COPY_DUTIES, Duty, Report
from archiver.ledger.proof import is_ours
from archiver.ledger.verify_copy import verify_copy
from archiver.web import verdict_words as words
from archiver.web.i18n import chosen
from archiver.web.needs import open_to_all
from archiver.web.services import services, viewer

pages = Blueprint("verification", __name__)
MAX_MEMBERS = 2000
MAX_UNPACKED = 128 * 2**20
RATE = "10 per minute;100 per hour"  # of one address
_AT_ONCE = threading.BoundedSemaphore(2)  # each may take what is unpacked in memory
_PATIENCE = 20  # seconds


def prepare(app: Flask, random: Random) -> None:
    """Bound how often somebody who is not signed in may have a file checked."""
    key = random(32)
    limiter = Limiter(
        lambda: hmac.digest(key, (request.remote_addr or "").encode(), "sha256").hex(),
        storage_uri="memory://",
        headers_enabled=True,
    )
    limiter.init_app(app)
    bounded: Callable[[Any], Any] = limiter.limit(RATE, exempt_when=lambda: viewer().staff)
    app.view_functions["verification.check"] = bounded(app.view_functions["verification.check"])


@pages.get("/verifiera")
@open_to_all
def form() -> str:
    """The form alone."""
    return render_template("verify.html", report=None, vkey=_public_key())


@pages.post("/verifiera")
@open_to_all
def check() -> str:
    """Check the uploaded file against this home's key."""
    pinned = _public_key()
    upload = request.files.get("bundle")
    if upload is None or not upload.filename:
        return render_template("verify.html", report=None, vkey=pinned, missing=True)
    name = _plain_name(upload.filename)
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        abort(429)
    try:
        report, disclosed = verify_bytes(
            name, upload.stream.read(), pinned, services().stamp_roots()
        )
    finally:
        _AT_ONCE.release()
    return render_template(
        "verify.html",
        report=report,
        lines=[(duty, report.duties.get(duty)) for duty in COPY_DUTIES],
        disclosed=disclosed,
        told=words.verdict(report),
        findings=[words.finding(one, chosen()) for one in report.findings],
        members=[(one.name, words.standing(one)) for one in report.members],
        field=words.field,
        value=words.value,
        stamped=report.stamped if report.duties.get(Duty.STAMP) else None,
        name=name,
        vkey=pinned,
    )


def verify_bytes(
    name: str, data: bytes, pinned: str, roots: bytes | None = None
) -> tuple[Report, list[Disclosed]]:
    """The report on a file's bytes, and what it discloses; `roots` as in `verify_copy`."""
    return verify_copy(
        name, BytesIO(data), pinned, roots, most=MAX_UNPACKED, most_members=MAX_MEMBERS, own=is_ours
    )


def _public_key() -> str:
    """This home's own public key: what it is for is to be known."""
    return str(services().ledger.verifier_key)


def _plain_name(name: str) -> str:
    """A file name as it may stand in a command line."""
    return re.sub(r"[^\w.-]", "_", name.replace("\\", "/").rpartition("/")[2])[:80].lstrip("-")

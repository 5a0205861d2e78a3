"""File packages for the diarium already in use, and the receipts that come back. Pure.

A package is a zip file with
    manifest.json           {"files":{name: SHA-256 hex}, "format":"diarkiv-package/1"}, canonical
    paket.json              the register entry or the handover, and which records are enclosed
    LAS-MIG.html            the same for people
    handlingar/R<n>/…       per record: handling.json, text.txt, underlag/, filer/, bevis.zip
Names are numbers: they say nothing of anybody. A receipt is a JSON file
    {"format":"diarkiv-receipt/1","manifest":"<SHA-256 of manifest.json>","number":"KS 2026/88"}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from archiver.core import canonical
from archiver.core.canonical import Json
from archiver.errors import ConfigError
from archiver.registry.core.entry import line
from archiver.registry.core.handover import MAX_NUMBER

FORMAT = "diarkiv-package/1"
RECEIPT_FORMAT = "diarkiv-receipt/1"
MANIFEST = "manifest.json"
PACKAGE = "paket.json"
READ_ME = "LAS-MIG.html"
MAX_RECEIPT = 64 * 1024  # bytes
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The recipient has registered the package whose manifest has this digest, as this number."""

    manifest: str
    number: str


def render_manifest(digests: Mapping[str, str]) -> bytes:
    """The manifest over every other member."""
    files: dict[str, Json] = dict(digests)
    return canonical.encode({"files": files, "format": FORMAT})


def folder(record: int) -> str:
    """Where a record lies in a package."""
    return f"handlingar/R{record}/"


def parse_receipt(data: bytes) -> Receipt:
    """The receipt in a file; `ConfigError` if it is none."""
    try:
        if len(data) > MAX_RECEIPT:
            raise ValueError("too large")
        found = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
        digest, number = found["manifest"].lower(), found["number"]
        if found["format"] != RECEIPT_FORMAT or not _DIGEST.fullmatch(digest):
            raise ValueError("another form")
        return Receipt(manifest=digest, number=line(number, "recipient's number", MAX_NUMBER))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            "The file is no receipt for a package.",
            remedy=f'It is JSON: {{"format":"{RECEIPT_FORMAT}","manifest":"<64 hex digits>",'
            '"number":"…"}.',
        ) from error

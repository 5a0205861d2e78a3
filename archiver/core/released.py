"""What a sealed release says of the copies that were given out.

A `release_made` entry seals, beside what is nobody's business but the authority's, three leaves
that every copy of it opens (the third is not in releases of the first versions):

    files    canonical JSON [[name, SHA-256 hex], …], one for each file that was given out
    masked   canonical JSON true or false: whether anything was hidden in what was given out
    records  canonical JSON number: how many entries its masked bundle discloses

Of a PDF the digest is over the file with the hole of its receipt full of spaces (`core.receipt`);
of a masked bundle over the entries it discloses (`contents`); of any other file over its bytes.
Invariant: a copy whose digest is not among them is another file than the one that was given out.
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from archiver.core import canonical
from archiver.core.canonical import Json
from archiver.errors import ProofInvalid

RELEASE = "release_made"
FILES = "files"
MASKED = "masked"
RECORDS = "records"
SHOWN = frozenset({FILES, MASKED, RECORDS})  # what a recipient is shown of a release's own entry
_DIGEST = re.compile("[0-9a-f]{64}")


class Release(NamedTuple):
    """A release as its recipients see it: digest (SHA-256 hex) → name of each file, whether
    anything was masked, and how many entries its bundle discloses, if it says."""

    files: Mapping[str, str]
    masked: bool
    records: int | None = None


def contents(entries: Mapping[str, bytes]) -> str:
    """The digest by which a release names a masked bundle, SHA-256 hex: over the members
    `entries/…` that disclose records, by name. Proofs and heads are no part of it: the log goes on
    after the release."""
    named: dict[str, Json] = {name: sha256(data).hexdigest() for name, data in entries.items()}
    return sha256(canonical.encode(named)).hexdigest()


def parse_release(shown: Mapping[str, str]) -> Release | None:
    """The release that these shown leaves (path → canonical JSON) of a `release_made` entry tell
    of; None if its files are not shown. `ProofInvalid` if they have another form."""
    if FILES not in shown:
        return None
    files = canonical.decode(shown[FILES].encode())
    masked = canonical.decode(shown[MASKED].encode()) if MASKED in shown else None
    if not isinstance(masked, bool):
        raise ProofInvalid("The release does not say whether anything was masked.")
    if not isinstance(files, Sequence) or isinstance(files, str):
        raise ProofInvalid("The release's files have an unknown form.")
    named = dict(map(_file, files))
    if not named:
        raise ProofInvalid("The release names no file.")
    records = canonical.decode(shown[RECORDS].encode()) if RECORDS in shown else None
    if records is not None and (isinstance(records, bool) or not isinstance(records, int)):
        raise ProofInvalid("The release's count of records is none.")
    return Release(named, masked, records)


def _file(value: Json) -> tuple[str, str]:
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        name, digest = value
        if isinstance(name, str) and isinstance(digest, str) and _DIGEST.fullmatch(digest):
            return digest, name
    raise ProofInvalid("The release's files have an unknown form.")

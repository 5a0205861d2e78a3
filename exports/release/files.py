"""The stored files that a version shows, as they lie in the archive.

A file belongs to the version it was fetched for; a later version that shows the same attachment
shows the same file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from archiver.core.canonical import Json
from archiver.core.record import address_of
from archiver.db.queries import media_parts
from archiver.ledger.service import Ledger
from archiver.web.media import SNIFFED, UNKNOWN, sniff
from exports.release import queries

PDF = "application/pdf"
_ENDINGS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
}


class StoredFile(NamedTuple):
    """A file of a version: its place among the attachments, its type as its bytes tell it or else
    as it was given, and its bytes."""

    number: int
    mime: str
    content: bytes

    @property
    def redactable(self) -> bool:
        """Whether parts of it can be taken away."""
        picture = self.mime.startswith("image/") and not self.mime.startswith("image/svg")
        return picture or self.mime == PDF


def ending(mime: str) -> str:
    """How the name of a file of that type ends."""
    return _ENDINGS.get(mime, ".bin")


def stored_files(
    ledger: Ledger,
    connection: Connection,
    record: int,
    version: int,
    envelopes: Mapping[int, Mapping[str, Json]],
) -> list[StoredFile]:
    """The files of a version that are held whole, in the order of its attachments. `envelopes`:
    those of the record's versions up to this one."""
    shown = _attachments(envelopes[version])
    known = [one.seq for one in queries.versions(connection, [record]) if one.seq <= version]
    held = queries.whole_files(connection, known)
    found = []
    for number, attachment in enumerate(shown):
        place = _place(number, attachment, known[::-1], held, envelopes)
        if place is None:
            continue
        parts = media_parts(connection, *place)
        opened = ledger.open(parts, protected=True)
        content = b"".join(opened[seq].raw for seq in parts)
        found.append(StoredFile(number, _type(content, attachment), content))
    return found


def _place(
    number: int,
    attachment: Mapping[str, Any],
    versions: Sequence[int],
    held: set[tuple[int, int]],
    envelopes: Mapping[int, Mapping[str, Json]],
) -> tuple[int, int] | None:
    if versions and (versions[0], number) in held:
        return versions[0], number
    address = address_of(attachment)
    for version in versions[1:]:
        for at, one in enumerate(_attachments(envelopes.get(version, {}))):
            if address and address_of(one) == address and (version, at) in held:
                return version, at
    return None


def _attachments(envelope: Mapping[str, Json]) -> list[Mapping[str, Any]]:
    value = envelope.get("attachments", ())
    given = value if isinstance(value, list | tuple) else ()
    return [one if isinstance(one, Mapping) else {} for one in given]


def _type(content: bytes, attachment: Mapping[str, Any]) -> str:
    sniffed = sniff(content[:SNIFFED])
    if sniffed != UNKNOWN:
        return sniffed
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return PDF
    return str(attachment.get("mime", "")).partition(";")[0].strip().lower() or UNKNOWN

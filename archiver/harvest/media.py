"""Media: the authority's own files, streamed into sealed chunks of at most 1 MiB.

A version is sealed before its media arrive, so that a slow or broken file costs nothing but
itself; the chunks refer to the version and number of the attachment. A file is whole when its last
chunk is there. Position and end are bound into each chunk's nonce (11-byte index ‖ last flag).
Third parties' media are not fetched until an emergency stop exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from archiver.core.canonical import Json
from archiver.core.channel import Channel
from archiver.core.connector import Connector, ContentAddressed, Target
from archiver.core.event import EventType
from archiver.core.exchange import RecordedHttp
from archiver.db import queries
from archiver.db.apart import family_of
from archiver.errors import SourceChanged, SourceError, SourceUnavailable
from archiver.ledger.projection import PROTECTED, QUARANTINE
from archiver.ledger.service import Ledger
from archiver.store.seal import FrameKind, Sealed, seal

CHUNK = 2**20
CAP = 64 * 2**20
ATTEMPTS = 5
_CHUNKS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What became of the files that were waited for. `failed`: [version, number, error code]."""

    wanted: int = 0
    fetched: int = 0
    failed: tuple[Json, ...] = ()

    @property
    def missing(self) -> int:
        """Files the archive still lacks, those given up among them."""
        return self.wanted - self.fetched


def fetch_media(
    ledger: Ledger,
    channel: Channel,
    connector: Connector,
    target: Target,
    http: RecordedHttp,
    *,
    cap: int = CAP,
) -> Media:
    """Fetch every file that waits and was not given up after five answers that it cannot be had."""
    with ledger.database.read() as connection:
        waiting = queries.waiting_media(connection, channel.seq)
    failed: list[Json] = []
    fetched = 0
    trying = [one for one in waiting if one.failed < ATTEMPTS]
    for version, number, _ in trying:
        shown = ledger.open([version], protected=True).get(version)
        if shown is None:
            continue  # it was stopped meanwhile
        envelope: Mapping[str, Any] = shown.envelope
        attachment = envelope["attachments"][number]
        try:
            if not connector.owns_media(target, attachment["url"]):
                raise SourceError("The file is a third party's.")
            try:
                stream = http.stream(connector.media_url(target, attachment["url"]), cap=cap)
            except SourceUnavailable:
                break  # the server is busy or away, which says nothing of the files: later, then
            digest = ""
            if isinstance(connector, ContentAddressed):
                digest = connector.media_digest(attachment["url"])
            store_file(
                ledger, channel, (version, number), stream.mime, stream.chunks(CHUNK), digest
            )
            fetched += 1
        except SourceError as error:
            failed.append([version, number, error.code])
    return Media(wanted=len(waiting), fetched=fetched, failed=tuple(failed))


def store_file(
    ledger: Ledger,
    channel: Channel,
    place: tuple[int, int],
    mime: str,
    chunks: Iterator[bytes],
    expected: str,
) -> None:
    """Seal chunks as they come and append a few at a time; memory stays at a few MiB. A file that
    has not the digest its address names (`expected`, hex) is never made whole."""
    digest, size, batch = sha256(), 0, list[Sealed]()
    held = next(chunks, b"")
    part = 0
    while True:
        following = next(chunks, None)
        last = following is None
        digest.update(held)
        size += len(held)
        envelope: dict[str, Json] = {
            "channel": channel.seq,
            "version": place[0],
            "number": place[1],
            "part": part,
            "last": last,
        }
        if last:
            if expected and digest.hexdigest() != expected:
                raise SourceChanged("The file is not the one that its address names.")
            envelope |= {"mime": mime, "size": size, "digest": digest.hexdigest()}
        nonce = part.to_bytes(11, "big") + bytes((last,))
        batch.append(seal(FrameKind.COMPONENT, envelope, held, random=ledger.random, nonce=nonce))
        if last or len(batch) == _CHUNKS_AT_ONCE:
            _append(ledger, channel, place[0], batch)
            batch = []
        if following is None:
            return
        held, part = following, part + 1


def _append(ledger: Ledger, channel: Channel, version: int, batch: Sequence[Sealed]) -> None:
    """Append chunks where their version is kept; of one that was stopped meanwhile, nothing."""
    with ledger.writer() as writer:
        family = family_of(writer.connection, version)
        if family in (None, QUARANTINE):
            raise SourceError("The record that shows the file was stopped.")
        cohort = writer.cohort(channel.authority, PROTECTED if family == PROTECTED else "media")
        for sealed in batch:
            writer.append(EventType.COMPONENT, sealed, cohort)

"""Deep verification: open every frame with the keys, and derive its content once more.

It finds what a keyless check cannot: a commitment that does not belong to the content, or an
envelope that today's normaliser would not make from the sealed raw bytes. A version sealed by
another normaliser version is not compared (a parser's correction is no damage).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from archiver.core.commitment import commit
from archiver.core.connector import Connector
from archiver.core.event import EventType, SealedEntry, parse
from archiver.core.record import item_envelope
from archiver.db import tables as t
from archiver.db.apart import gone_from
from archiver.errors import DiarkivError, SourceChanged
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger
from archiver.store.seal import content_leaves, unseal

_BATCH = 500


def verify_deep(
    ledger: Ledger,
    connectors: Mapping[str, Connector],
    progress: Callable[[int, int], None],
) -> list[str]:
    """What is wrong, one sentence each; empty if all content is as it was sealed."""
    log = Log(ledger.store)
    log.load()
    platforms = _platforms(ledger)
    findings: list[str] = []
    for start in range(0, log.size, _BATCH):
        end = min(start + _BATCH, log.size)
        entries = {
            seq: entry
            for seq, data in enumerate(log.entries(start, end), start)
            if isinstance(entry := parse(data), SealedEntry)
        }
        findings += _check(ledger, entries, platforms, connectors)
        progress(end, log.size)
    return findings


def _check(
    ledger: Ledger,
    entries: Mapping[int, SealedEntry],
    platforms: Mapping[int, str],
    connectors: Mapping[str, Connector],
) -> Iterator[str]:
    found = set()
    try:
        for seq, frame, dek in ledger.sealed(list(entries), protected=True):
            yield from _judge(seq, entries[seq], frame, dek, platforms, connectors)
            found.add(seq)
    except DiarkivError as error:
        if len(entries) == 1:
            yield f"Entry {next(iter(entries))}: {error.message}"
            return
        for seq in sorted(entries.keys() - found):  # one damaged frame says nothing of the others
            yield from _check(ledger, {seq: entries[seq]}, platforms, connectors)
        return
    with ledger.database.read() as connection:
        gone = gone_from(connection, entries)
    for seq in sorted(entries.keys() - found - gone):
        yield f"Entry {seq}: the database does not know it; run `diarkiv rebuild`."


def _judge(
    seq: int,
    entry: SealedEntry,
    frame: bytes,
    dek: bytes,
    platforms: Mapping[int, str],
    connectors: Mapping[str, Connector],
) -> Iterator[str]:
    """What is wrong with one frame; `SealBroken` if it does not open."""
    opened = unseal(frame, dek)
    leaves = content_leaves(opened.kind, opened.envelope, opened.raw)
    if commit(dek, leaves).hex() != entry.c:
        yield f"Entry {seq}: the commitment is not to this content."
    if entry.type == EventType.VERSION:
        envelope: Mapping[str, Any] = opened.envelope
        connector = connectors.get(platforms.get(envelope["channel"], ""))
        if connector and not _derives(connector, envelope, opened.raw):
            yield f"Entry {seq}: the envelope is not what its raw bytes give."


def _derives(connector: Connector, envelope: Mapping[str, Any], raw: bytes) -> bool:
    if envelope["normaliser"] != connector.normaliser:
        return True
    try:
        again = item_envelope(connector.normalise(envelope["collection"], raw))
    except SourceChanged:
        return False
    if "state_from" in envelope:  # said in another place than the item's own bytes
        again.pop("state")
    return all(envelope.get(name) == value for name, value in again.items())


def _platforms(ledger: Ledger) -> dict[int, str]:
    with ledger.database.read() as connection:
        rows = connection.execute(select(t.channel.c.seq, t.channel.c.platform))
        return {row.seq: row.platform for row in rows}

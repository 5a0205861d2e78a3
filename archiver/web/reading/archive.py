"""The archive as a whole: how large the log is, what signs it, and what proves one entry."""

from __future__ import annotations

from dataclasses import dataclass

from archiver.core import merkle
from archiver.core.access import Viewer
from archiver.core.checkpoint import open_checkpoint
from archiver.core.egress import Purpose, release
from archiver.core.event import ClearEntry, parse
from archiver.errors import DiarkivError, NotFound
from archiver.web import queries
from archiver.web.reading import allow
from archiver.web.services import WebServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """State of the log. `signed` entries stand under the newest checkpoint, whose signature held
    just now if `signature_holds`; `newest_at` is the time of the last of them."""

    signed: int
    newest_at: int | None
    signature_holds: bool
    checkpoint: str
    vkey: str
    fingerprint: str
    types: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What binds one entry to the signed log. `problem` is the error's code where the proof does
    not compute; `pending`: written, and not signed yet."""

    seq: int
    at: int
    entry: str
    commitment: str
    frame: str
    log_size: int
    path: int
    holds: bool
    pending: bool
    problem: str


def health(services: WebServices, viewer: Viewer) -> Health:
    """How the log stands at this moment."""
    authorities = allow(viewer)
    ledger = services.ledger
    key, note = ledger.verifier_key, ledger.checkpoint()
    try:
        head = open_checkpoint(note, key)
        holds, size = True, head.size
    except DiarkivError:
        holds, size = False, 0
    with ledger.database.read() as connection:
        newest = queries.entry(connection, size - 1) if size else None
        types = queries.entry_types(connection, authorities)
    return Health(
        signed=size,
        newest_at=newest.at if newest else None,
        signature_holds=holds,
        checkpoint=note.decode("utf-8", "replace"),
        vkey=str(key),
        fingerprint=key.fingerprint,
        types=types,
    )


def vkey(services: WebServices, viewer: Viewer) -> str:
    """This home's own public key, as auditors pin it."""
    allow(viewer)
    return str(services.ledger.verifier_key)


def proof(services: WebServices, viewer: Viewer, seq: int) -> Proof:
    """Entry `seq`, and whether the newest checkpoint covers it: computed now, not remembered."""
    release(viewer, Purpose.PROOF, {})
    ledger = services.ledger
    with ledger.database.read() as connection:
        row = queries.entry(connection, seq)
    if row is None:
        raise NotFound(f"The log has no entry {seq}.")
    data, path, size, holds, pending, problem = b"", 0, 0, False, False, ""
    try:
        proofs = ledger.prove([seq])
        data, hashes = proofs.entries[seq]
        head = open_checkpoint(proofs.note, ledger.verifier_key)
        merkle.verify_inclusion(merkle.leaf_hash(data), seq, head.size, hashes, head.root)
        path, size, holds = len(hashes), head.size, True
    except NotFound:
        pending = True
    except DiarkivError as error:
        problem = error.code
    entry = parse(data) if data else None
    sealed = entry is not None and not isinstance(entry, ClearEntry)
    return Proof(
        seq=seq,
        at=row.at,
        entry=data.decode("utf-8", "replace"),
        commitment=entry.c if sealed and not isinstance(entry, ClearEntry) and entry else "",
        frame=entry.x if sealed and not isinstance(entry, ClearEntry) and entry else "",
        log_size=size,
        path=path,
        holds=holds,
        pending=pending,
        problem=problem,
    )

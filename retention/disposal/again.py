"""Disposals that are carried out again after a recovery: what was destroyed since the backup may
not come back with it (arkivlagen 10 §; GDPR art. 17, art. 5.1 e).

What is to go is known from a newer copy of the log (`core.aftermath`) or from disposal
certificates, which name entries by number. A certificate is believed only as the proof bundle of
its `disposal_completed`: shown to be sealed in this home's log, under a head signed by its key or
by one it goes on from. What it says is then compared: its heads are among what we have, its Merkle
root is that of the entries it names, as far as the log at hand reaches, and those entries hold what
was captured. JSON, which anybody can write, is refused. Nobody is asked for a decision anew: it was
taken, carried out and certified before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select

from archiver.core import form
from archiver.core.canonical import Json
from archiver.core.checkpoint import Checkpoint, VerifierKey
from archiver.core.event import ClearEntry, EventType, parse
from archiver.core.merkle import leaf_hash
from archiver.core.recovery import is_older, repetitions
from archiver.core.verdict import Verdict
from archiver.db import disposal_tables as d
from archiver.db import tables as t
from archiver.db.among import among
from archiver.errors import ConfigError, DigestMismatch, DocumentInvalid, IntegrityError
from archiver.ledger.log import Log
from archiver.ledger.projection import QUARANTINE
from archiver.ledger.recovery import Heard
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_bundle
from archiver.ledger.writer import Writer
from archiver.store.seal import FrameKind, seal
from retention.core.certificate import Certificate, disposed_root
from retention.core.disposal import OPEN
from retention.disposal.removal import held_keys
from retention.disposal.suppression import suppressions
from retention.links import in_parts

_CAPTURED = frozenset(
    {EventType.VERSION, EventType.COMPONENT, EventType.CAPTURE, EventType.EXCHANGE}
    | {EventType.PUSH_RECEIVED, EventType.MANUAL_CAPTURE, EventType.FILE_SCANNED}
)
_PROVEN = frozenset({Verdict.PROVEN, Verdict.PROVEN_MASKED})
_MASK = "█"  # what is hidden in a proof reads so; a certificate that is believed hides nothing
_REASON = "set-changed"  # the code of why a disposal that was under way ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a certificate says: its file and number, the entries it names, the log's heads it knows,
    its Merkle root, and whether that could be compared with the entries (`compared`). One of an
    older generation of the log knows no heads of this one."""

    file: str
    number: str
    entries: tuple[int, ...]
    heads: tuple[Heard, ...]
    merkle_root: str
    compared: bool = False


def certified_in(folder: Path, keys: Sequence[VerifierKey]) -> list[Certified]:
    """The certificates in a folder's proof bundles (.zip), each signed by one of the home's log
    keys, of which the first is the newest. By file: `DocumentInvalid` for one that is JSON, is not
    proven or proves something else; `ConfigError` if there is none."""
    unsigned = sorted(folder.glob("*.json"))
    if unsigned:
        raise DocumentInvalid(
            f"{unsigned[0].name} is no proof: anybody could have written it.",
            remedy="Nothing was changed. Give a folder of the certificates' proofs (.zip), as "
            "`diarkiv retention disposal certificate N --proof FILE` made them, and no JSON.",
        )
    found = [_certified(path, keys) for path in sorted(folder.glob("*.zip"))]
    if not found:
        raise ConfigError(
            f"There is no proof bundle of a certificate (.zip) in {folder}.",
            remedy="They are made by `diarkiv retention disposal certificate N --proof FILE`.",
        )
    return found


def _certified(path: Path, keys: Sequence[VerifierKey]) -> Certified:
    head, text = _proven(path, keys)
    try:
        one = form.parse(Certificate, text.encode())
    except IntegrityError as error:
        raise DocumentInvalid(
            f"{path.name} holds no disposal certificate as one is written: {error.message}",
            remedy="Nothing was changed. Take it from where certificates are kept.",
        ) from error
    said = [one.tombstone, *([one.completion] if one.completion else [])]
    heads = [head, *(Checkpoint(at.origin, at.size, bytes.fromhex(at.root)) for at in said)]
    return Certified(
        file=path.name,
        number=one.number,
        entries=tuple(n for run in one.ranges for n in range(run.first, run.last + 1)),
        heads=tuple(Heard(at, path.name) for at in heads if not is_older(at.origin, keys[0].name)),
        merkle_root=one.merkle_root,
    )


def _proven(path: Path, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, str]:
    """The signed head that a proof is under, and the certificate it shows, whole, as it was sealed;
    `DocumentInvalid` unless it is proven under one of the keys."""
    reports = []
    for key in keys:
        report, shown = verify_bundle(path, str(key))
        reports.append(report)
        if report.verdict not in _PROVEN or report.head is None:
            continue
        texts = [text for one in shown for name, text in one.fields if name == "certificate"]
        kinds = [one.type for one in shown]
        if kinds == [EventType.DISPOSAL_COMPLETED] and len(texts) == 1 and _MASK not in texts[0]:
            return report.head, texts[0]
        raise DocumentInvalid(
            f"{path.name} proves something, but shows no whole disposal certificate.",
            remedy="Nothing was changed. Leave in the folder only proofs of certificates.",
        )
    why = next((one for report in reports for one in report.findings), "its key is not this home's")
    raise DocumentInvalid(
        f"{path.name} is not proven under this home's public key: {why}",
        remedy="Nothing was changed. Take it from where certificates are kept, or leave it out.",
    )


def compared(one: Certified, ours: Log, size: int, newer: Log | None) -> Certified:
    """The certificate, once what it names was compared with the log, as far as there is one.
    `DigestMismatch` if its root is not that of the entries; `DocumentInvalid` if it names entries
    that were never captured."""
    log = newer or ours
    reach = log.size if newer else size
    for seq in one.entries:
        if seq >= reach:
            continue
        entry = parse(log.entry(seq))
        if isinstance(entry, ClearEntry) or entry.type not in _CAPTURED:
            raise DocumentInvalid(
                f"{one.file} names entry {seq}, which holds nothing that was captured.",
                remedy="Nothing was changed. Take the certificate from where they are kept.",
            )
    if one.entries[-1] >= reach and one.heads:
        return one
    if one.entries[-1] >= reach:
        raise DocumentInvalid(
            f"{one.file} is of an older generation of the log, and names entries it does not hold.",
            remedy="Nothing was changed. Leave it out.",
        )
    root = disposed_root(leaf_hash(log.entry(seq)) for seq in one.entries)
    if root != one.merkle_root:
        raise DigestMismatch(
            f"{one.file} does not have the Merkle root of the entries it names: it was altered, or "
            "is of another log.",
            remedy="Nothing was changed. Take the certificate from where they are kept.",
        )
    return replace(one, compared=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What was destroyed again: how many entries and records, and entries of a quarantine that had
    to be left."""

    entries: int = 0
    records: int = 0
    left: tuple[int, ...] = ()


def dispose_again(
    ledger: Ledger, writer: Writer, recovered: int, by: Mapping[int, int], actor: int
) -> Again:
    """In the batch of a recovery: the keys of the entries in `by` (entry → the old entry that
    explains it, 0: a certificate) go, and their records onto the list of what is not to be captured
    again. Disposals that were under way end here."""
    keys = held_keys(writer, by)
    quarantined, left = _quarantined(writer, by)
    keys |= quarantined
    seqs = [seq for held in keys.values() for seq in held]
    records = _records(writer, seqs)
    _end_open(ledger, writer)
    for authority, some in _by_authority(writer, records).items():
        cohort = writer.cohort(authority, "register")
        for payload in suppressions(writer, recovered, authority, some, actor):
            sealed = seal(FrameKind.EVENT, payload, random=ledger.random)
            writer.append(EventType.RECORDS_SUPPRESSED, sealed, cohort)
    for one in repetitions(recovered, {seq: by[seq] for seq in seqs}):
        writer.append_clear(EventType.DISPOSAL_REPEATED, one.facts())
    for cohort in sorted(keys):
        writer.rewrap(cohort, dict.fromkeys(keys[cohort]))
    return Again(entries=len(seqs), records=len(records), left=left)


def _quarantined(
    writer: Writer, by: Mapping[int, int]
) -> tuple[dict[int, list[int]], tuple[int, ...]]:
    """(cohort → entries) of quarantines all of whose keys are to go, and entries of those of which
    some are to stay: nobody here can part them."""
    e, c = t.entry.c, t.cohort.c
    found, left = dict[int, list[int]](), list[int]()
    for part in in_parts(by):
        query = select(e.seq, e.key_cohort).where(
            among(e.seq, part), c.number == e.key_cohort, c.family == QUARANTINE
        )
        for row in writer.connection.execute(query):
            found.setdefault(row.key_cohort, []).append(row.seq)
    for cohort in list(found):
        held = writer.connection.scalar(select(func.count()).where(e.key_cohort == cohort))
        if held != len(found[cohort]):
            left += found.pop(cohort)
    return found, tuple(sorted(left))


def _records(writer: Writer, entries: Collection[int]) -> set[int]:
    v, found = t.version.c, set[int]()
    for part in in_parts(entries):
        found.update(writer.connection.scalars(select(v.record).where(among(v.seq, part))))
    return found


def _by_authority(writer: Writer, records: Collection[int]) -> dict[int, list[int]]:
    r, c = t.record.c, t.channel.c
    found: dict[int, list[int]] = {}
    for part in in_parts(records):
        query = (
            select(r.seq, c.authority).join(t.channel, c.seq == r.channel).where(among(r.seq, part))
        )
        for row in writer.connection.execute(query):
            found.setdefault(row.authority, []).append(row.seq)
    return found


def _end_open(ledger: Ledger, writer: Writer) -> None:
    """Disposals that were under way in the backup end, with their tombstones and lists: what was
    confirmed may have been carried out, withdrawn, or stopped by a hold since."""
    states = sorted(state.value for state in OPEN)
    query = select(d.disposal.c.seq, d.disposal.c.authority).where(d.disposal.c.state.in_(states))
    for seq, authority in writer.connection.execute(query.order_by(d.disposal.c.seq)).all():
        writer.append_clear(EventType.DISPOSAL_ABORTED, {"proposal": seq})
        said: dict[str, Json] = {
            "authority": authority,
            "proposal": seq,
            "actor": 0,
            "reason": _REASON,
            "aborted": True,
        }
        sealed = seal(FrameKind.EVENT, said, random=ledger.random)
        cohort = writer.cohort(authority, "register")
        writer.append(EventType.DISPOSAL_WITHDRAWN, sealed, cohort)

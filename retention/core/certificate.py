"""The disposal certificate (gallringsprotokoll): what was disposed of, by whose decision, and how
that can be checked.

arkivlagen 10 § lets an authority dispose of official documents; the certificate shows afterwards
that it was done as decided, and is itself kept for ever. It is filled from events and sealed in the
entry that completes the disposal; the public log holds a commitment only. It names no person but
those who proposed, approved and carried out, and nothing of what was disposed of but numbers:
sequence numbers, counts, and the Merkle root over the leaf hashes of the disposed entries.

A disposal has three dated steps: keys destroyed, stored bytes removed, backups rolled out (how far
it has come: `retention.core.stage`). Invariants: what was decided after the act, was not in force
on its day, or was approved by one person alone is a fault; every kind of copy is answered for, also
where there is none; nothing is checked or removed before the keys were destroyed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archiver.core.calendar import stockholm_date
from archiver.core.merkle import Frontier

_HEX = re.compile(r"[0-9a-f]{64}")


class DecisionKind(StrEnum):
    """Who decides what. Which kinds are needed is in the local arkivreglemente."""

    COUNCIL = "council"
    ARCHIVAL_AUTHORITY = "archival_authority"
    COMMITTEE = "committee"
    APPLICATION = "application"  # how the authority applies the archival authority's decision
    REGULATION = "regulation"  # RA-FS and RA-MS: the only kind that a state authority may follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that the disposal rests on. `section` is its paragraph, as written: "§ 118"."""

    number: str
    on: date
    body: str
    kind: DecisionKind
    section: str = ""
    in_force_from: date
    in_force_to: date | None = None  # last day


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What was disposed of, of one record class in one channel. Dates are the records' own; the
    volume is in bytes as stored; `period` is the retention period in words."""

    record_class: str
    label: str
    channel: str = ""
    period: str = ""
    earliest: date
    latest: date
    records: int
    versions: int
    components: int
    volume: int


class Why(StrEnum):
    """Why something due was not disposed of."""

    HOLD = "hold"
    SAMPLE = "sample"  # kept as a sample for research: one of n
    THREAD = "thread"  # what is kept refers to it
    LONGER_PERIOD = "longer_period"  # another class or a case keeps it longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempted:
    """Records due but kept. `what` is the kind of hold, class or case; `one_in` is for samples."""

    why: Why
    what: str = ""
    records: int
    one_in: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """Keys are destroyed, then the stored bytes removed. `keys_accepted`: the decision accepts
    destroyed keys as disposal. `wording`: what the decision says of the method."""

    keys_accepted: bool
    wording: str = ""


class CopyKind(StrEnum):
    """Copies that a disposal must reach."""

    REPLICAS = "replicas"
    INDEX = "index"
    THUMBNAILS = "thumbnails"
    OCR = "ocr"
    EMBEDDINGS = "embeddings"
    CACHES = "caches"
    EXPORTS = "exports"


class Treatment(StrEnum):
    """What was done with the copies of a kind."""

    REMOVED = "removed"
    REBUILT = "rebuilt"  # made anew without what was disposed of
    NONE_FOUND = "none_found"
    NOT_MADE = "not_made"  # this installation makes no such copies
    UNREADABLE = "unreadable"  # still there, under keys that are destroyed
    LEFT = "left"  # out of reach: what was given out


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What was done with one kind of copy, and to how many."""

    kind: CopyKind
    treatment: Treatment
    count: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The three steps; None: not yet. Instants are in milliseconds since 1970 UTC. Backups are
    rolled out *on* a day that may be to come: when the last one with the keys is overwritten."""

    keys_destroyed_at: int | None = None
    bytes_removed_at: int | None = None
    backups_rolled_on: date | None = None


class Role(StrEnum):
    """What somebody did for the disposal."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    EXECUTED = "executed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act and who did it: the number by which the log knows them, and their name."""

    role: Role
    actor: int
    name: str
    office: str = ""
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification of the whole log said afterwards."""

    at: int
    passed: bool
    entries: int
    unexplained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidueScan:
    """The search for what might be left: places looked in, bytes read, and what was found."""

    at: int
    places: int
    volume: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeqRange:
    """Sequence numbers of the log from `first` to `last`, both among them."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A head of the log: its origin, how many entries, and the root in hexadecimal digits."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """An outside time stamp (RFC 3161): who gave it, when, and the token's SHA-256."""

    authority: str
    at: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A disposal certificate. `issued_at` is in milliseconds since 1970 UTC; `number` is its own
    registration number. `continuing`: the decision lets two persons approve the rule, and each
    run gives a certificate (löpande gallring). `merkle_root` is over the leaf hashes of the
    entries in `ranges`. `tombstone` and `completion` are the log's heads when the intent was
    written and when the disposal was completed."""

    number: str
    authority: str
    issued_at: int
    continuing: bool = False
    decisions: tuple[Decision, ...]
    extents: tuple[Extent, ...]
    exempted: tuple[Exempted, ...] = ()
    method: Method
    copies: tuple[Copies, ...]
    steps: Steps
    acts: tuple[Act, ...]
    verification: Verification | None = None
    residue: ResidueScan | None = None
    merkle_root: str
    ranges: tuple[SeqRange, ...]
    tombstone: Head
    completion: Head | None = None
    stamps: tuple[Stamp, ...] = ()
    system: str = ""

    @property
    def records(self) -> int:
        """How many records were disposed of."""
        return sum(one.records for one in self.extents)

    @property
    def entries(self) -> int:
        """How many entries of the log lie in the ranges."""
        return sum(one.last - one.first + 1 for one in self.ranges)

    def faults(self) -> Iterator[str]:
        """What is missing or cannot be, each as `member: rule`."""
        yield from _blank(number=self.number, authority=self.authority)
        yield from _decision_faults(self)
        yield from _extent_faults(self)
        yield from _copy_faults(self.copies)
        yield from _act_faults(self)
        yield from _step_faults(self.steps)
        yield from _check_faults(self)
        yield from _proof_faults(self)


def disposed_root(leaf_hashes: Iterable[bytes]) -> str:
    """The certificate's `merkle_root`: of the RFC 6962 tree whose leaf hashes are those that the
    disposed entries have in the log, in the log's order; in hexadecimal digits."""
    tree = Frontier()
    for leaf in leaf_hashes:
        tree.append(leaf)
    return tree.root().hex()


def _blank(**members: str) -> Iterator[str]:
    yield from (f"{name}: empty" for name, value in members.items() if not value.strip())


def _negative(where: str, **members: int) -> Iterator[str]:
    yield from (f"{where}.{name}: negative" for name, value in members.items() if value < 0)


def _executed(acts: Sequence[Act]) -> Act | None:
    return next((one for one in acts if one.role is Role.EXECUTED), None)


def _decision_faults(certificate: Certificate) -> Iterator[str]:
    if not certificate.decisions:
        yield "decisions: none"
    act = _executed(certificate.acts)
    for i, one in enumerate(certificate.decisions):
        where = f"decisions.{i}"
        yield from (f"{where}.{fault}" for fault in _blank(number=one.number, body=one.body))
        if one.in_force_to is not None and one.in_force_to < one.in_force_from:
            yield f"{where}.in_force_to: before in_force_from"
        if act is None:
            continue
        day = stockholm_date(act.at)
        if one.on > day:
            yield f"{where}.on: after the disposal"
        if day < one.in_force_from or (one.in_force_to is not None and day > one.in_force_to):
            yield f"{where}: not in force on the day of the disposal"


def _extent_faults(certificate: Certificate) -> Iterator[str]:
    if not certificate.extents:
        yield "extents: none"
    seen = set[tuple[str, str, str]]()
    for i, one in enumerate(certificate.extents):
        where = f"extents.{i}"
        yield from (f"{where}.{fault}" for fault in _blank(record_class=one.record_class))
        yield from _negative(
            where, versions=one.versions, components=one.components, volume=one.volume
        )
        if one.records < 1:
            yield f"{where}.records: none"
        if one.latest < one.earliest:
            yield f"{where}.latest: before earliest"
        key = (one.record_class, one.channel, one.period)
        if key in seen:
            yield f"{where}: the same class, channel and period twice"
        seen.add(key)
    for i, kept in enumerate(certificate.exempted):
        yield from _negative(f"exempted.{i}", records=kept.records)
        if (kept.one_in >= 2) != (kept.why is Why.SAMPLE):
            yield f"exempted.{i}.one_in: of a sample, and at least 2"


def _copy_faults(copies: Sequence[Copies]) -> Iterator[str]:
    kinds = [one.kind for one in copies]
    yield from (f"copies: {kind} not answered for" for kind in CopyKind if kind not in kinds)
    yield from (f"copies: {kind} twice" for kind in CopyKind if kinds.count(kind) > 1)
    for i, one in enumerate(copies):
        yield from _negative(f"copies.{i}", count=one.count)


def _act_faults(certificate: Certificate) -> Iterator[str]:
    by = {role: [one for one in certificate.acts if one.role is role] for role in Role}
    if len(by[Role.EXECUTED]) != 1:
        yield "acts: executed once, by one"
    if not certificate.continuing and not by[Role.PROPOSED]:
        yield "acts: not proposed by anybody"
    approvers = {one.actor for one in by[Role.APPROVED]}
    proposers = {one.actor for one in by[Role.PROPOSED]}
    if len(approvers) < 2 if certificate.continuing else not approvers - proposers:
        yield "acts: not approved by two persons"
    for before, after in ((Role.PROPOSED, Role.APPROVED), (Role.APPROVED, Role.EXECUTED)):
        if by[before] and any(one.at < min(b.at for b in by[before]) for one in by[after]):
            yield f"acts: {after} before {before}"
    for i, one in enumerate(certificate.acts):
        yield from (f"acts.{i}.{fault}" for fault in _blank(name=one.name))


def _step_faults(steps: Steps) -> Iterator[str]:
    keys = steps.keys_destroyed_at
    if steps.bytes_removed_at is not None and (keys is None or steps.bytes_removed_at < keys):
        yield "steps.bytes_removed_at: before the keys were destroyed"
    rolled = steps.backups_rolled_on
    if rolled is not None and (keys is None or rolled < stockholm_date(keys)):
        yield "steps.backups_rolled_on: before the keys were destroyed"


def _check_faults(certificate: Certificate) -> Iterator[str]:
    keys = certificate.steps.keys_destroyed_at
    for name, checked in (
        ("verification", certificate.verification),
        ("residue", certificate.residue),
    ):
        if checked is not None and (keys is None or checked.at < keys):
            yield f"{name}.at: before the keys were destroyed"
    if (one := certificate.verification) is not None:
        yield from _negative("verification", entries=one.entries, unexplained=one.unexplained)
        if one.passed and one.unexplained:
            yield "verification.passed: with unexplained entries"
    if (scan := certificate.residue) is not None:
        yield from _negative("residue", places=scan.places, volume=scan.volume, found=scan.found)


def _proof_faults(certificate: Certificate) -> Iterator[str]:
    digests = {"merkle_root": certificate.merkle_root, "tombstone.root": certificate.tombstone.root}
    digests |= {f"stamps.{i}.digest": one.digest for i, one in enumerate(certificate.stamps)}
    if certificate.completion is not None:
        digests["completion.root"] = certificate.completion.root
        if certificate.completion.size < certificate.tombstone.size:
            yield "completion.size: smaller than at the tombstone"
    odd = [name for name, value in digests.items() if not _HEX.fullmatch(value)]
    yield from (f"{name}: not 64 hex digits" for name in odd)
    if not certificate.ranges:
        yield "ranges: none"
    reached = -1
    for i, one in enumerate(certificate.ranges):
        if not reached < one.first <= one.last:
            yield f"ranges.{i}: not above the one before"
        reached = max(reached, one.last)
    if certificate.tombstone.size <= reached:
        yield "tombstone.size: not above what was disposed of"

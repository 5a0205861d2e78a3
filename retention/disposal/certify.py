"""The certificate of a disposal (gallringsprotokoll), filled from what the log and the tables say.

It gets its number by being registered in its authority's diarium: that is done first, with a draft
that follows from the disposal, so that after a crash it is the same entry. An authority without a
series of numbers gets the disposal's own number instead, and the certificate says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from archiver import __version__
from archiver.core.access import LOCAL
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.form import as_json
from archiver.core.merkle import leaf_hash
from archiver.core.verdict import Report
from archiver.db import register_tables as r
from archiver.db.among import among
from archiver.ledger.log import Log
from archiver.ledger.service import Ledger
from archiver.ledger.verify import verify_archive
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.queries import instants
from archiver.registry.service import Register
from retention.core.certificate import (
    Act,
    Certificate,
    Copies,
    CopyKind,
    DecisionKind,
    Exempted,
    Extent,
    Head,
    Method,
    ResidueScan,
    Role,
    SeqRange,
    Stamp,
    Steps,
    Treatment,
    Verification,
    Why,
    disposed_root,
)
from retention.core.certificate import Decision as Cited
from retention.core.decision import Decision
from retention.core.disposal import Proposal, runs_of
from retention.core.period_text import write_retention
from retention.core.schedule import DecisionLevel, Rule
from retention.disposal import queries
from retention.disposal.queries import DisposalRow
from retention.disposal.residue import Residue
from retention.due.look import Plans
from retention.links import in_parts

CLASS = "SM17"
_KINDS = {
    DecisionLevel.COUNCIL: DecisionKind.COUNCIL,
    DecisionLevel.ARCHIVAL_AUTHORITY: DecisionKind.ARCHIVAL_AUTHORITY,
    DecisionLevel.AUTHORITY: DecisionKind.COMMITTEE,
    DecisionLevel.APPLICATION: DecisionKind.APPLICATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What numbers of the log are called: people (by their first entry), authorities, channels."""

    person: Callable[[int], str]
    authority: Callable[[int], str]
    channel: Callable[[int], str]


class _End(NamedTuple):
    """Who confirmed and carried out, when the bytes were removed, and when backups are gone."""

    confirmed_by: int
    executed_by: int
    removed_at: int
    rolls_on: date


class Certification:
    """Certifies disposals of a home. `backup_days`: how long backups of key files are kept;
    `stamps`: the outside time stamps that cover an entry; `has_store`: whether the archive is
    shipped to a store, whose copies are gone when this is asked for."""

    def __init__(
        self,
        ledger: Ledger,
        register: Register,
        plans: Plans,
        names: Names,
        folder: Path,
        *,
        backup_days: int,
        stamps: Callable[[int], Sequence[Stamp]] = lambda _seq: (),
        has_store: bool = False,
    ) -> None:
        self._ledger = ledger
        self._register = register
        self._plans = plans
        self._names = names
        self._folder = folder
        self._backup_days = backup_days
        self._stamps = stamps
        self._has_store = has_store

    def certify(
        self,
        row: DisposalRow,
        proposal: Proposal,
        residue: Residue,
        *,
        confirmed_by: int,
        executed_by: int,
        removed_at: int,
    ) -> dict[str, Json]:
        """What is sealed when a disposal is completed: the certificate, its register entry (0:
        none) and the Swedish day (YYYYMMDD) when the last backup with the keys is gone."""
        assert row.destroyed_at is not None
        rolls_on = stockholm_date(row.destroyed_at) + timedelta(days=self._backup_days)
        entry = self._registered(row, proposal, removed_at, executed_by)
        number = self._number(entry) if entry else f"G{row.seq}"
        report = verify_archive(self._folder, str(self._ledger.verifier_key))
        end = _End(confirmed_by, executed_by, removed_at, rolls_on)
        certificate = self._certificate(row, proposal, residue, report, number, end)
        return {
            "entry": entry,
            "number": number,
            "removed_at": removed_at,
            "rolls_on": int(rolls_on.strftime("%Y%m%d")),
            "certificate": as_json(certificate).decode(),
        }

    # --- the register ------------------------------------------------------------------------

    def _registered(self, row: DisposalRow, proposal: Proposal, at: int, executed_by: int) -> int:
        if not self._register.series_of(row.authority):
            return 0
        day = stockholm_date(at).isoformat()
        asked = Registration(
            authority=row.authority,
            direction=Direction.DRAWN_UP,
            day=day,
            dated=Dated.STATED,
            title=f"Gallringsprotokoll, {row.records} handlingar ({', '.join(proposal.rules)})",
            record_class=CLASS,
            draft=sha256(f"disposal/{row.seq}".encode()).digest()[:16],
        )
        return self._register.register(replace(LOCAL, actor=executed_by), asked)

    def _number(self, entry: int) -> str:
        return self._register.reader.entry(LOCAL, entry).number

    # --- the certificate ---------------------------------------------------------------------

    def _certificate(
        self,
        row: DisposalRow,
        proposal: Proposal,
        residue: Residue,
        report: Report,
        number: str,
        end: _End,
    ) -> Certificate:
        log = Log(self._ledger.store)
        log.load()
        with self._ledger.database.read() as connection:
            seqs = queries.tombstoned(connection, row.seq)
            stone = queries.last_tombstone(connection, row.changed)
            decisions = {one.seq: one for one in self._plans.decisions(row.authority, connection)}
            day = _day(proposal.day)
            schedule = self._plans.schedule_in_force(row.authority, day, connection)
            rules = {rule.code: rule for rule in schedule.rules} if schedule else {}
            given_out = _given_out(connection, proposal)
        assert row.destroyed_at is not None
        went_on = stockholm_date(row.destroyed_at)
        mine = [_as_it_stood(decisions[seq], went_on) for seq in proposal.decisions]
        return Certificate(
            number=number,
            authority=self._names.authority(row.authority),
            issued_at=end.removed_at,
            continuing=proposal.running,
            decisions=tuple(_cited(one) for one in mine),
            extents=tuple(self._extent(one, rules) for one in proposal.extents),
            exempted=tuple(_exempted(proposal)),
            method=Method(keys_accepted=all(one.accepts_key_destruction for one in mine)),
            copies=self._copies(given_out),
            steps=Steps(
                keys_destroyed_at=row.destroyed_at,
                bytes_removed_at=end.removed_at,
                backups_rolled_on=end.rolls_on,
            ),
            acts=tuple(self._acts(row, proposal, mine, end)),
            verification=Verification(
                at=end.removed_at,
                passed=report.intact,
                entries=report.entries,
                unexplained=report.unexplained,
            ),
            residue=ResidueScan(
                at=end.removed_at,
                places=residue.files,
                volume=residue.volume,
                found=len(residue.found),
            ),
            merkle_root=disposed_root(_leaves(log, seqs)),
            ranges=tuple(
                SeqRange(first=first, last=first + size - 1) for first, size in runs_of(seqs)
            ),
            tombstone=self._head(log, stone + 1),
            completion=self._head(log, log.size),
            stamps=tuple(self._stamps(stone)),
            system=f"Diarkiv {__version__}",
        )

    def _head(self, log: Log, size: int) -> Head:
        root = log.frontier_at(size).root().hex()
        return Head(origin=self._ledger.origin, size=size, root=root)

    def _extent(self, one: Mapping[str, Json], rules: Mapping[str, Rule]) -> Extent:
        number = {name: int(str(one[name])) for name in one if name != "rule"}
        rule = rules.get(str(one["rule"]))
        return Extent(
            record_class=str(one["rule"]),
            label=rule.label if rule else "",
            channel=self._names.channel(number["channel"]),
            period=write_retention(rule.retention) if rule else "",
            earliest=_day(number["first"]),
            latest=_day(number["last"]),
            records=number["records"],
            versions=number["versions"],
            components=number["components"],
            volume=number["bytes"],
        )

    def _acts(
        self, row: DisposalRow, proposal: Proposal, decisions: Sequence[Decision], end: _End
    ) -> list[Act]:
        asked = [row.seq, *([row.confirmed] if row.confirmed else [])]
        with self._ledger.database.read() as connection:
            at = instants(connection, asked)
        confirmed_at = at[row.confirmed] if row.confirmed else at[row.seq]
        approvers = {end.confirmed_by}
        if proposal.running:  # two persons have confirmed the rule
            approvers |= {one.recorded_by for one in decisions}
        acts = [(Role.PROPOSED, proposal.actor, at[row.seq])]
        acts += [(Role.APPROVED, actor, confirmed_at) for actor in sorted(approvers)]
        acts.append((Role.EXECUTED, end.executed_by, row.destroyed_at or confirmed_at))
        return [
            Act(role=role, actor=actor, name=self._names.person(actor), at=when)
            for role, actor, when in acts
        ]

    def _copies(self, given_out: int) -> tuple[Copies, ...]:
        replicas = Treatment.REMOVED if self._has_store else Treatment.NOT_MADE
        exports = Treatment.LEFT if given_out else Treatment.NONE_FOUND
        treated = {
            CopyKind.REPLICAS: replicas,
            CopyKind.INDEX: Treatment.REBUILT,
            CopyKind.THUMBNAILS: Treatment.NOT_MADE,
            CopyKind.OCR: Treatment.NOT_MADE,
            CopyKind.EMBEDDINGS: Treatment.NOT_MADE,
            CopyKind.CACHES: Treatment.NONE_FOUND,
            CopyKind.EXPORTS: exports,
        }
        counts = {CopyKind.EXPORTS: given_out}
        return tuple(
            Copies(kind=kind, treatment=one, count=counts.get(kind, 0))
            for kind, one in treated.items()
        )


def _given_out(connection: Connection, proposal: Proposal) -> int:
    """How many file packages with any of the records have been given out: they are out of reach."""
    p, held = r.file_package.c, set[int]()
    for part in in_parts(proposal.newest):
        entries = select(r.entry_record.c.entry).where(among(r.entry_record.c.record, part))
        held.update(connection.scalars(select(p.seq).where(p.of.in_(entries))))
    return len(held)


def _leaves(log: Log, seqs: Sequence[int]) -> Iterator[bytes]:
    """Leaf hashes of some entries, read by runs."""
    for first, size in runs_of(seqs):
        yield from map(leaf_hash, log.entries(first, first + size))


def _as_it_stood(one: Decision, day: date) -> Decision:
    """A decision as it stood when the keys went, which was in force then: one that was revoked from
    that day on was so afterwards."""
    revoked = one.revoked_on is not None and one.revoked_on <= day
    return replace(one, revoked_on=None) if revoked else one


def _cited(one: Decision) -> Cited:
    end = one.ends()
    return Cited(
        number=one.number,
        on=one.decided_on,
        body=one.body,
        kind=_KINDS[one.level],
        section=one.paragraph,
        in_force_from=one.valid_from,
        in_force_to=end - timedelta(days=1) if end else None,
    )


def _exempted(proposal: Proposal) -> list[Exempted]:
    found = [
        Exempted(why=Why.HOLD, what=kind, records=count)
        for kind, count in sorted(proposal.held.items())
    ]
    if proposal.answered:
        found.append(Exempted(why=Why.THREAD, records=proposal.answered))
    if proposal.kept:
        kept = len(list(proposal.kept))
        found.append(Exempted(why=Why.SAMPLE, records=kept, one_in=max(2, proposal.one_of)))
    return found


def _day(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)

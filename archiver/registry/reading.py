"""The register as it is read: entries and cases put together from their frames, in two views.

The full view opens what is sealed apart, and only for who may read that. The public view (what
anybody may read at the authority, OSL 5:2) never opens a protected frame: it is not filtered out of
the full one, it is made without it. The third view, the web diarium, is a database of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from archiver.core import canonical
from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.errors import ConfigError, NotFound, RuleViolation
from archiver.ledger.service import Ledger
from archiver.registry import numbering, queries
from archiver.registry.assembly import Case, case_of, entry_of
from archiver.registry.core import entry as rules
from archiver.registry.core import triage
from archiver.registry.core.entry import (
    Dated,
    Direction,
    Entry,
)
from archiver.registry.core.triage import Decision
from archiver.registry.queries import CaseRow, EntryRow

AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries, newest first; `before` is where the next page begins, None if there is none."""

    entries: tuple[Entry, ...]
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whose records are, and when and which way they came: what an entry of them begins with."""

    authority: int
    direction: Direction
    day: str
    dated: Dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A handover without an answer. `received` is when its recipient had it (milliseconds UTC)."""

    seq: int
    decision: Decision
    received: int | None


class DraftReused(RuleViolation):
    """What tells one asking from another was used before, for something else."""

    code = "key-reused"


class RegisterReader:
    """Reads the register for somebody. Another authority's entries do not exist for whoever may not
    read them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def entry(self, viewer: Viewer, seq: int, *, full: bool = True) -> Entry:
        """One entry; `NotFound` if there is none that the viewer may read."""
        with self._ledger.database.read() as connection:
            row = queries.entry(connection, seq, viewer.authorities(Permission.READ))
            if row is None:
                raise no_entry()
            return self.build(connection, viewer, [row], full=full)[0]

    def entries(
        self,
        viewer: Viewer,
        *,
        before: int | None = None,
        limit: int = AT_ONCE,
        since: int | None = None,
        until: int | None = None,
        case: int | None = None,
        authority: int | None = None,
        direction: str | None = None,
        level: int | None = None,
        class_code: str | None = None,
        full: bool = True,
    ) -> Page:
        """Entries of the authorities whose records the viewer may read. `since` and `until` are
        days, YYYYMMDD."""
        with self._ledger.database.read() as connection:
            rows = queries.entries(
                connection,
                viewer.authorities(Permission.READ),
                before=before,
                limit=limit + 1,
                since=since,
                until=until,
                case_seq=case,
                authority=authority,
                direction=direction,
                level=level,
                class_code=class_code,
            )
            shown = rows[:limit]
            entries = self.build(connection, viewer, shown, full=full)
        more = shown[-1].seq if len(rows) > limit else None
        return Page(entries=tuple(entries), before=more)

    def find(
        self, viewer: Viewer, number: str, *, this_year: int, full: bool = True
    ) -> list[Entry | Case]:
        """What has a number, typed as people write it: case and doubled blanks do not matter. It is
        read by every mask that a series of the viewer's authorities ever had."""
        authorities = viewer.authorities(Permission.READ)
        found: dict[int, Entry | Case] = {}
        with self._ledger.database.read() as connection:
            for series in numbering.every_setting(self._ledger, connection, authorities):
                read = series.mask.read(number, code=series.code, this_year=this_year)
                if read is None:
                    continue
                holder = queries.holder(connection, series.seq, read.year, read.running)
                if holder is not None and read.part is not None:
                    holder = queries.in_case(connection, holder, read.part)
                if holder is None or holder in found:
                    continue
                entry = queries.entry(connection, holder, authorities)
                case = queries.case(connection, holder, authorities)
                if entry is not None:
                    found[holder] = self.build(connection, viewer, [entry], full=full)[0]
                elif case is not None:
                    found[holder] = self.build_cases(connection, [case])[0]
        return list(found.values())

    def known(self, viewer: Viewer, records: Sequence[int]) -> Known:
        """What is known of records before they are registered together: the oldest one leads.
        `NotFound` if one is not there for the viewer, `ConfigError` if they are of several."""
        with self._ledger.database.read() as connection:
            found = queries.places(connection, set(records))
        mine = [one for one in found.values() if viewer.may(Permission.READ, one.authority)]
        if not mine or len(mine) < len(set(records)):
            raise NotFound("There is no such record.", remedy="`diarkiv records list` shows them.")
        if len({one.authority for one in mine}) > 1:
            raise ConfigError("The records are of several authorities.", remedy="Take one's alone.")
        oldest = min(mine, key=lambda one: (one.legal_at, one.record))
        return Known(
            authority=oldest.authority,
            direction=Direction(oldest.origin),
            day=stockholm_date(oldest.legal_at).isoformat(),
            dated=Dated(oldest.legal_basis),
        )

    def sealed_as(self, draft: bytes, payload: Mapping[str, Any]) -> int | None:
        """What a draft was sealed as; None if it was not. `DraftReused` if that says something else
        than `payload`."""
        with self._ledger.database.read() as connection:
            seq = queries.sealed_drafts(connection, [draft]).get(draft)
        if seq is None:
            return None
        sealed: Mapping[str, Any] = self._ledger.open_one(seq).envelope
        there = {name: sealed[name] for name in payload if name in sealed}
        if canonical.encode(there) != canonical.encode(payload):
            raise DraftReused(
                "The same key was used for something else before.", remedy="Use a key of its own."
            )
        return seq

    def newest(self, connection: Connection, viewer: Viewer, row: EntryRow | CaseRow) -> int:
        """The seq of the newest change that the viewer may see, or of the row itself: what tells
        whether it was changed since it was read."""
        apart = viewer.may(Permission.READ_PROTECTED, row.authority)
        changes = queries.changes(connection, [row.seq])
        return max([row.seq, *(one.seq for one in changes if apart or not one.protected)])

    def decision(self, viewer: Viewer, seq: int) -> Decision:
        """One decision on records; `NotFound` if there is none that the viewer may read."""
        authorities = viewer.authorities(Permission.READ)
        with self._ledger.database.read() as connection:
            if not queries.decided(connection, seq, authorities):
                raise NotFound("There is no such decision.")
        return triage.decision(self._ledger.open_one(seq).envelope)

    def decisions(self, viewer: Viewer, record: int) -> list[tuple[int, Decision]]:
        """The decisions on a record that are no entries, oldest first."""
        with self._ledger.database.read() as connection:
            seqs = queries.decisions(connection, record)
            authorities = viewer.authorities(Permission.READ)
            seqs = [seq for seq in seqs if queries.decided(connection, seq, authorities)]
        opened = self._ledger.open(seqs)
        return [(seq, triage.decision(opened[seq].envelope)) for seq in seqs]

    def handovers(self, viewer: Viewer, *, limit: int = AT_ONCE) -> list[Waiting]:
        """Handovers that wait for a receipt or an answer, the most urgent first."""
        with self._ledger.database.read() as connection:
            rows = queries.open_handovers(
                connection, viewer.authorities(Permission.READ), limit=limit
            )
        opened = self._ledger.open([row[0] for row in rows])
        return [
            Waiting(
                seq=seq,
                decision=triage.decision(opened[seq].envelope),
                received=received,
            )
            for seq, _, _, received in rows
        ]

    def of_records(self, viewer: Viewer, records: Sequence[int]) -> dict[int, list[Entry]]:
        """Record → the entries it is registered in, oldest first."""
        with self._ledger.database.read() as connection:
            held = queries.entries_of(connection, records)
            wanted = {seq for seqs in held.values() for seq in seqs}
            rows = queries.entries(
                connection,
                viewer.authorities(Permission.READ),
                before=None,
                limit=len(wanted),
                seqs=wanted,
            )
            by_seq = {one.seq: one for one in self.build(connection, viewer, rows)}
        return {
            record: [by_seq[seq] for seq in seqs if seq in by_seq] for record, seqs in held.items()
        }

    def named(self, viewer: Viewer, seqs: Sequence[int]) -> dict[int, Entry]:
        """Seq → the entry, with what anybody may read of it at the authority: to be referred to."""
        with self._ledger.database.read() as connection:
            rows = queries.entries(
                connection,
                viewer.authorities(Permission.READ),
                before=None,
                limit=len(seqs),
                seqs=seqs,
            )
            return {one.seq: one for one in self.build(connection, viewer, rows, full=False)}

    def case(self, viewer: Viewer, seq: int) -> Case:
        """One case; `NotFound` if there is none that the viewer may read."""
        with self._ledger.database.read() as connection:
            row = queries.case(connection, seq, viewer.authorities(Permission.READ))
            if row is None:
                raise NotFound("There is no such case.", remedy="Search the register for it.")
            return self.build_cases(connection, [row])[0]

    def cases(
        self, viewer: Viewer, *, before: int | None = None, limit: int = AT_ONCE
    ) -> list[Case]:
        """Cases, newest first, from before that one."""
        with self._ledger.database.read() as connection:
            rows = queries.cases(
                connection, viewer.authorities(Permission.READ), before=before, limit=limit
            )
            return self.build_cases(connection, rows)

    # --- put together ------------------------------------------------------------------------

    def build(
        self, connection: Connection, viewer: Viewer, rows: Sequence[EntryRow], *, full: bool = True
    ) -> list[Entry]:
        """Entries of rows that were asked for with the viewer's authorities, in their order."""
        changes = queries.changes(connection, [row.seq for row in rows])
        apart = {
            row.seq: full and viewer.may(Permission.READ_PROTECTED, row.authority) for row in rows
        }
        shown = [one for one in changes if apart[one.of] or not one.protected]
        secret = [row.protected for row in rows if row.protected is not None and apart[row.seq]]
        seqs = [*(row.seq for row in rows), *(one.seq for one in shown), *secret]
        opened = self._ledger.open(seqs, protected=True)  # `secret` is what the viewer may read
        frames = {seq: found.envelope for seq, found in opened.items()}
        at = queries.instants(connection, seqs)
        built = []
        for row in rows:
            mine = [one for one in shown if one.of == row.seq]
            entry = entry_of(row, frames, at, mine)
            built.append(entry if apart[row.seq] else rules.public(entry))
        return built

    def build_cases(self, connection: Connection, rows: Sequence[CaseRow]) -> list[Case]:
        """Cases of rows that were asked for with the viewer's authorities, in their order."""
        changes = queries.changes(connection, [row.seq for row in rows])
        seqs = [*(row.seq for row in rows), *(one.seq for one in changes)]
        frames = {seq: found.envelope for seq, found in self._ledger.open(seqs).items()}
        at = queries.instants(connection, seqs)
        closed = queries.closed_on(connection, [row.seq for row in rows])
        return [
            case_of(
                row,
                frames[row.seq],
                at,
                [one for one in changes if one.of == row.seq],
                frames,
                closed.get(row.seq),
            )
            for row in rows
        ]


def no_entry() -> NotFound:
    """What is said of an entry that is not there, or not for who asks."""
    return NotFound("There is no such register entry.", remedy="Search the register for it.")

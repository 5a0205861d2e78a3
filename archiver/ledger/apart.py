"""Records kept apart: what may be secret, and what was stopped at once.

*Protected* (suspected secrecy; OSL 5:1: what is secret is not mixed with what is merely kept in
order): the record's keys go to its authority's cohort of the family `protected`. Whoever may read
such records asks for them expressly (`Ledger.open(…, protected=True)`), the search index forgets
the words, and later versions are sealed there from the start. It can be undone.

*Stopped* (suspicion that to hold it is a crime): the keys go under a key that no application can
open, at one word of one person. Rows, index and previews go at once. A contact outside holds the
other half. Afterwards a documented instruction decides: handed over, or destroyed (never under a
disposal hold). What a harvest finds of it again is not stored.

The frames stay where they are, and the log says of every key that it went; the tables keep of a
stopped record what the event says: number, kind, dates, its token to be known again by.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, func, select

from archiver.core.access import LOCAL, Permission, Viewer
from archiver.core.canonical import Json
from archiver.core.commitment import Opening, open_leaves
from archiver.core.event import EventType
from archiver.core.layout import FRAME_ID, KEY_LINE_BYTES, key_file
from archiver.core.ports import Derivative
from archiver.db import apart as facts
from archiver.db import tables as t
from archiver.db.apart import ApartRow, ApartState
from archiver.errors import NotFound, RuleViolation, SealBroken
from archiver.ledger.belonging import belonging
from archiver.ledger.projection import HOME_COHORT, PROTECTED, QUARANTINE
from archiver.ledger.proof import build_bundle
from archiver.ledger.service import Ledger
from archiver.ledger.writer import Writer
from archiver.store.box import fingerprint, new_pair, open_box, pair_of, write_private
from archiver.store.keys import quarantine_name, unwrap_line
from archiver.store.pack import Pack
from archiver.store.seal import FrameKind, content_leaves, seal, unseal

KEYS = "quarantine"  # the folder, in the home, of private halves that nobody has taken away
_IN_AT_MOST = 500
_SAID = ("instruction", "recipient", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a record: its state, how many keys went with it, the event that says so."""

    record: int
    state: ApartState
    entries: int
    seq: int

    def as_json(self) -> dict[str, Any]:
        return {
            "record": f"R{self.record}",
            "state": self.state.value,
            "keys": self.entries,
            "seq": self.seq,
        }


class Holding(Protocol):
    """`HoldInForce` for what a disposal hold covers (`retention.holds.over_stopped`)."""

    def refuse(self, connection: Connection, held: ApartRow, entries: Sequence[int]) -> None: ...


class Apart:
    """The use-cases. `derivatives` forget what they hold of a record; `folder` is the home;
    `holding` says what may not be destroyed (None: there are no holds)."""

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        derivatives: Sequence[Derivative] = (),
        holding: Holding | None = None,
    ) -> None:
        self._ledger = ledger
        self._folder = folder
        self._derivatives = derivatives
        self._holding = holding

    # --- what may be secret ----------------------------------------------------------------------

    def protect(self, record: int, *, reason: str, viewer: Viewer = LOCAL) -> Done:
        """Keep a record apart as possibly secret. `NotFound` if there is none; `RuleViolation` if
        it is kept apart already."""
        with self._ledger.writer() as writer:
            said = self._facts(writer, record)
            viewer.require(Permission.MARK_SECRECY, int(str(said["authority"])))
            self._refuse_apart(writer, record)
            found = belonging(self._ledger, writer.connection, [record])
            cohort = writer.cohort(int(str(said["authority"])), PROTECTED)
            moved = self._move(writer, found.entries, cohort, leaving_alone={PROTECTED})
            payload = {**said, "actor": viewer.actor, "reason": reason}
            seq = self._say(writer, EventType.RECORD_PROTECTED, payload)
        self._purge(found.records)
        return Done(record=record, state=ApartState.PROTECTED, entries=moved, seq=seq)

    def unprotect(self, record: int, *, reason: str, viewer: Viewer = LOCAL) -> Done:
        """Put a protected record back among the others. What also belongs to another protected
        record stays."""
        with self._ledger.writer() as writer:
            held = self._held(writer, record, ApartState.PROTECTED)
            viewer.require(Permission.MARK_SECRECY, held.authority)
            found = belonging(self._ledger, writer.connection, [record])
            near = facts.all_apart(writer.connection, [held.authority])
            protected = (one.record for one in near if one.state is ApartState.PROTECTED)
            others = [one for one in protected if one != record]
            kept = [belonging(self._ledger, writer.connection, [one]).entries for one in others]
            moved = self._bring_back(writer, found.entries.difference(*kept), held.authority)
            payload: dict[str, Json] = {
                "record": record,
                "authority": held.authority,
                "actor": viewer.actor,
                "reason": reason,
            }
            seq = self._say(writer, EventType.RECORD_UNPROTECTED, payload)
        self._purge(found.records)
        return Done(record=record, state=ApartState.OPEN, entries=moved, seq=seq)

    # --- the emergency stop ----------------------------------------------------------------------

    def stop(self, record: int, *, reason: str, viewer: Viewer = LOCAL) -> Done:
        """Put a record out of everybody's reach at once. Waits for nothing and nobody: without a
        contact's key, one is made on the spot and its private half left in the home."""
        with self._ledger.writer() as writer:
            said = self._facts(writer, record)
            viewer.require(Permission.STOP, int(str(said["authority"])))
            found = belonging(self._ledger, writer.connection, [record])
            threads = self._threads(writer, found.records)
            public = facts.quarantine_key(writer.connection) or self._key_on_the_spot(writer)
            cohort = writer.quarantine(int(str(said["authority"])), public)
            moved = self._move(writer, found.entries, cohort, leaving_alone={QUARANTINE})
            payload = {**said, "actor": viewer.actor, "reason": reason, "cohort": cohort}
            if threads:
                payload["threads"] = threads
            seq = self._say(writer, EventType.RECORD_STOPPED, payload)
        self._purge(found.records)
        return Done(record=record, state=ApartState.STOPPED, entries=moved, seq=seq)

    def destroy(self, record: int, *, instruction: str, viewer: Viewer = LOCAL) -> Done:
        """Destroy the keys of a stopped record, under a documented instruction (its number, who
        gave it and when). Nothing brings it back. `HoldInForce` while a disposal hold covers it."""
        if not instruction.strip():
            raise RuleViolation(
                "A stopped record is destroyed under a documented instruction only.",
                remedy="Say which: who gave it, when, and its number.",
            )
        with self._ledger.writer() as writer:
            held = self._held(writer, record, ApartState.STOPPED, ApartState.HANDED_OVER)
            viewer.require(Permission.INSTRUCT, held.authority)
            entries = self._going(writer.connection, held)
            assert held.cohort is not None
            writer.rewrap(held.cohort, dict.fromkeys(entries))
            payload: dict[str, Json] = {
                "record": record,
                "authority": held.authority,
                "actor": viewer.actor,
                "instruction": instruction,
            }
            seq = self._say(writer, EventType.RECORD_DESTROYED, payload)
        return Done(record=record, state=ApartState.DESTROYED, entries=len(entries), seq=seq)

    def hand_over(
        self, record: int, *, recipient: str, private: bytes, viewer: Viewer = LOCAL
    ) -> bytes:
        """A proof bundle of everything of a stopped record, for a recipient that an instruction
        names, opened with the contact's private half. It is logged, with the bundle's digest,
        before it is given. The record stays stopped until it is destroyed."""
        with self._ledger.database.read() as connection:
            found = facts.apart(connection, record)
        held = self._checked(found, record, ApartState.STOPPED, ApartState.HANDED_OVER)
        viewer.require(Permission.INSTRUCT, held.authority)
        disclosed = self._quarantined(held, private)
        bundle = build_bundle(self._ledger, disclosed, f"R{record}.zip")
        with self._ledger.writer() as writer:
            self._held(writer, record, ApartState.STOPPED, ApartState.HANDED_OVER)
            payload: dict[str, Json] = {
                "record": record,
                "authority": held.authority,
                "actor": viewer.actor,
                "recipient": recipient,
                "sha256": sha256(bundle).hexdigest(),
            }
            self._say(writer, EventType.RECORD_HANDED_OVER, payload)
        return bundle

    def set_contact(self, private: bytes, *, contact: str, viewer: Viewer = LOCAL) -> str:
        """Seal what is stopped from now on to the holder of this private half, which is not kept.
        The fingerprint of its public half."""
        viewer.require(Permission.INSTRUCT)
        public = pair_of(private).public
        with self._ledger.writer() as writer:
            _set_key(writer, public, contact, viewer.actor)
        return fingerprint(public)

    # --- reading ---------------------------------------------------------------------------------

    def all(self, viewer: Viewer = LOCAL) -> list[ApartRow]:
        """Records kept apart at the authorities where the viewer may know of them, newest first."""
        authorities = viewer.authorities(Permission.READ_PROTECTED)
        with self._ledger.database.read() as connection:
            return facts.all_apart(connection, authorities)

    def page(
        self, viewer: Viewer, *, before: int | None = None, limit: int = 50
    ) -> list[tuple[ApartRow, str]]:
        """Records kept apart where the viewer may know of them, newest first, from before that
        event; each with what was said of it last: why, to whom, or under which instruction."""
        authorities = viewer.authorities(Permission.READ_PROTECTED)
        with self._ledger.database.read() as connection:
            rows = facts.all_apart(connection, authorities, before=before, limit=limit)
        opened = self._ledger.open([row.seq for row in rows])
        said = {seq: frame.envelope for seq, frame in opened.items()}
        return [(row, _last_said(said.get(row.seq, {}))) for row in rows]

    def destructible(self, record: int, viewer: Viewer = LOCAL) -> Done:
        """What `destroy` would do; the event's number is -1. Refuses as that does."""
        with self._ledger.database.read() as connection:
            row = facts.apart(connection, record)
            held = self._checked(row, record, ApartState.STOPPED, ApartState.HANDED_OVER)
            viewer.require(Permission.INSTRUCT, held.authority)
            entries = self._going(connection, held)
        return Done(record=record, state=held.state, entries=len(entries), seq=-1)

    def left_keys(self) -> list[Path]:
        """Private halves that lie in the home: whoever has the home can open what was stopped."""
        return sorted((self._folder / KEYS).glob("*.key"))

    # --- inside ----------------------------------------------------------------------------------

    def _facts(self, writer: Writer, record: int) -> dict[str, Json]:
        """What is said of a record in the event that sets it apart."""
        r, v = t.record.c, t.version.c
        query = select(t.record, t.channel.c.authority).where(
            r.seq == record, t.channel.c.seq == r.channel
        )
        row = writer.connection.execute(query).one_or_none()
        if row is None:
            self._refuse_apart(writer, record)
            raise NotFound(f"There is no record R{record}.", remedy="Look at its number again.")
        times = select(func.min(v.captured_at), func.max(v.captured_at)).where(v.record == record)
        since, until = writer.connection.execute(times).one()
        return {
            "record": record,
            "authority": row.authority,
            "channel": row.channel,
            "kind": row.kind,
            "native": row.native.hex(),
            "origin": row.origin,
            "legal_at": row.legal_at,
            "versions": row.versions,
            "since": since,
            "until": until,
        }

    def _refuse_apart(self, writer: Writer, record: int) -> None:
        held = facts.apart(writer.connection, record)
        if held is not None:
            raise RuleViolation(f"R{record} is kept apart already ({held.state}).")

    def _held(self, writer: Writer, record: int, *states: ApartState) -> ApartRow:
        return self._checked(facts.apart(writer.connection, record), record, *states)

    @staticmethod
    def _checked(held: ApartRow | None, record: int, *states: ApartState) -> ApartRow:
        if held is None or held.state not in states:
            now = "open" if held is None else held.state.value
            raise RuleViolation(
                f"R{record} is not {' or '.join(states)}; it is {now}.",
                remedy="`diarkiv apart list` shows what is kept apart.",
            )
        return held

    def _going(self, connection: Connection, held: ApartRow) -> list[int]:
        """The entries that a destruction takes."""
        entries = facts.lying_in(connection, held.cohort or 0)
        if self._holding is not None:
            self._holding.refuse(connection, held, entries)
        return entries

    def _say(self, writer: Writer, type_: EventType, payload: Mapping[str, Json]) -> int:
        sealed = seal(FrameKind.EVENT, payload, random=self._ledger.random)
        cohort = writer.cohort(int(str(payload["authority"])), "register")
        return writer.append(type_, sealed, cohort)

    def _places(self, writer: Writer, entries: Collection[int]) -> list[tuple[int, int, int, str]]:
        """(entry, its cohort, the cohort its key lies in, that one's family), of those with one."""
        e, c, found = t.entry.c, t.cohort.c, []
        ordered = sorted(entries)
        for start in range(0, len(ordered), _IN_AT_MOST):
            query = select(e.seq, e.cohort, e.key_cohort, c.family).where(
                e.seq.in_(ordered[start : start + _IN_AT_MOST]), c.number == e.key_cohort
            )
            found += [tuple(row) for row in writer.connection.execute(query)]
        return found

    def _move(
        self, writer: Writer, entries: Collection[int], to: int, leaving_alone: Collection[str]
    ) -> int:
        """Move keys to a cohort, from wherever they lie; how many."""
        away: dict[int, dict[int, int | None]] = {}
        for seq, _, holder, family in self._places(writer, entries):
            if family not in leaving_alone:
                away.setdefault(holder, {})[seq] = to
        for source in sorted(away):
            writer.rewrap(source, away[source])
        return sum(len(one) for one in away.values())

    def _bring_back(self, writer: Writer, entries: Collection[int], authority: int) -> int:
        """Move protected keys to where their frames lie; what was sealed as protected from the
        start goes to the open cohort of the present month."""
        away: dict[int, dict[int, int | None]] = {}
        for seq, own, holder, family in self._places(writer, entries):
            if family == PROTECTED:
                was_open = self._ledger.projection.cohorts[own].family != PROTECTED
                to = own if was_open else writer.cohort(authority, "content")
                away.setdefault(holder, {})[seq] = to
        for source in sorted(away):
            writer.rewrap(source, away[source])
        return sum(len(one) for one in away.values())

    @staticmethod
    def _threads(writer: Writer, records: Collection[int]) -> list[Json]:
        """How the threads that these records are answers in have been read."""
        r, th = t.record.c, t.thread.c
        query = (
            select(t.thread)
            .join(t.record, (r.channel == th.channel) & (r.root == th.native))
            .where(r.seq.in_(records), th.record.not_in(records))
            .order_by(th.record)
            .distinct()
        )
        names = ("record", "scanned_at", "activity_at", "activity_seq", "empty")
        return [
            {name: value for name in names if (value := getattr(row, name)) is not None}
            for row in writer.connection.execute(query)
        ]

    def _key_on_the_spot(self, writer: Writer) -> bytes:
        """A pair whose private half is in a file of the home, durably, before anything needs it."""
        pair = new_pair(self._ledger.random)
        write_private(self._folder / KEYS / f"{fingerprint(pair.public)}.key", pair.private)
        _set_key(writer, pair.public, "", 0)
        return pair.public

    def _quarantined(
        self, held: ApartRow, private: bytes
    ) -> dict[int, tuple[list[Opening], bytes]]:
        """Everything of a stopped record, opened; what is in a bundle of it."""
        assert held.cohort is not None
        store, name = self._ledger.store, quarantine_name(held.cohort, 1)
        kek = AESGCM(open_box(private, self._ledger.keys.secrets.get(name), name))
        e, p = t.entry.c, t.compacted.c
        query = (
            select(t.entry, p.revision)
            .join(t.compacted, (p.cohort == e.cohort) & (p.pack == e.pack), isouter=True)
            .where(e.key_cohort == held.cohort)
        )
        with self._ledger.database.read() as connection:
            rows = connection.execute(query.order_by(e.seq)).all()
        found = {}
        for row in rows:
            frame = Pack(store, row.cohort, row.pack, row.revision or 0).get(row.offset, row.length)
            at = row.key_line * KEY_LINE_BYTES
            line = store.get(key_file(held.cohort, 1), at, KEY_LINE_BYTES)
            dek = unwrap_line(kek, frame[FRAME_ID], line)
            opened = unseal(frame, dek)
            leaves = content_leaves(opened.kind, opened.envelope, opened.raw)
            found[row.seq] = (open_leaves(dek, leaves), opened.raw)
        if not found:
            raise SealBroken(f"R{held.record} has no keys in its quarantine.")
        return found

    def _purge(self, records: Collection[int]) -> None:
        for derivative in self._derivatives:
            derivative.purge(records)


def _last_said(sealed: Mapping[str, Any]) -> str:
    return next((str(sealed[name]) for name in _SAID if sealed.get(name)), "")


def _set_key(writer: Writer, public: bytes, contact: str, actor: int) -> None:
    payload: dict[str, Json] = {"public": public.hex(), "actor": actor}
    if contact:
        payload["contact"] = contact
    writer.append_event(EventType.QUARANTINE_KEY_SET, payload, cohort=HOME_COHORT)

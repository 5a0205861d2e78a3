"""What an authority decides of its web diarium, and what somebody takes down from it.

Both are events in the log: that something was shown, on which decision, until who took it down,
can be told years later. Whoever does it needs `Permission.PUBLISH` for the authority. What is to be
shown follows from it in `registry.publisher`; nothing is shown here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from archiver.core import canonical
from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db import register_tables as r
from archiver.db import tables as t
from archiver.errors import ConfigError
from archiver.ledger.service import Ledger
from archiver.registry import queries
from archiver.registry.core import publication
from archiver.registry.core.entry import MAX_REASON, line
from archiver.registry.core.publication import Setting
from archiver.registry.numbering import StaleSetting
from archiver.registry.reading import no_entry

_MOST_BYTES = 3_500  # of an event's payload, so that its frame stays within the writer's bound


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenDown:
    """An entry that somebody took down: who, when (milliseconds UTC) and why. `seq` is the
    event's."""

    seq: int
    entry: int
    at: int
    actor: int
    reason: str


class WebDiary:
    """Decides and takes down; nothing is published here."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def setting(self, viewer: Viewer, authority: int) -> Setting:
        """What is decided now; a setting that is off if nothing ever was."""
        viewer.require(Permission.PUBLISH, authority)
        with self._ledger.database.read() as connection:
            found = settings(self._ledger, connection, [authority])
        return found[0] if found else Setting(authority=authority)

    def decided(self, viewer: Viewer, authority: int) -> int:
        """The seq of the newest decision; 0 if there is none."""
        viewer.require(Permission.PUBLISH, authority)
        with self._ledger.database.read() as connection:
            return _newest(connection, authority)

    def set(self, viewer: Viewer, setting: Setting, *, seen: int | None = None) -> int:
        """Decide anew, for one authority and as a whole; the event's seq. `ConfigError` for a
        setting that is on and lacks what it rests on. `seen`: the newest decision that was seen
        (`StaleSetting` if there is a newer one)."""
        viewer.require(Permission.PUBLISH, setting.authority)
        with self._ledger.writer() as writer:
            if seen not in (None, _newest(writer.connection, setting.authority)):
                raise _stale()
            checked = publication.checked(setting, today=stockholm_date(writer.at).isoformat())
            payload = publication.payload(checked, actor=viewer.actor)
            if len(canonical.encode(payload)) > _MOST_BYTES:
                raise ConfigError("The texts are too long together.", remedy="Shorten them.")
            cohort = writer.cohort(setting.authority, "register")
            return writer.append_event(EventType.WEB_REGISTER_SET, payload, cohort=cohort)

    def withheld(self, viewer: Viewer, authority: int) -> list[TakenDown]:
        """What is taken down now, the newest first."""
        viewer.require(Permission.PUBLISH, authority)
        with self._ledger.database.read() as connection:
            seqs = sorted(_withholdings(connection, authority).values(), reverse=True)
            at = queries.instants(connection, seqs)
        opened = self._ledger.open(seqs)
        sealed = [(seq, _envelope(opened[seq])) for seq in seqs]
        return [
            TakenDown(
                seq=seq,
                entry=one["of"],
                at=at[seq],
                actor=one["actor"],
                reason=one["reason"],
            )
            for seq, one in sealed
            if one["withheld"]
        ]

    def withhold(
        self,
        viewer: Viewer,
        entry: int,
        *,
        reason: str,
        lifted: bool = False,
        once: bool = False,
    ) -> int:
        """Take an entry down, or keep it from ever being shown; with `lifted`, no longer. The
        event's seq. `once`: `StaleSetting` if it is so already."""
        with self._ledger.writer() as writer:
            row = queries.entry(writer.connection, entry, viewer.authorities(Permission.PUBLISH))
            if row is None:
                raise no_entry()
            if once and lifted is not self._is_down(writer.connection, row.authority, entry):
                raise _stale()
            payload: dict[str, Json] = {
                "of": entry,
                "withheld": not lifted,
                "reason": line(reason, "reason", MAX_REASON),
                "actor": viewer.actor,
            }
            cohort = writer.cohort(row.authority, "register")
            return writer.append_event(EventType.WEB_REGISTER_WITHHELD, payload, cohort=cohort)

    def _is_down(self, connection: Connection, authority: int, entry: int) -> bool:
        seq = _withholdings(connection, authority, entry).get(entry)
        return seq is not None and bool(_envelope(self._ledger.open_one(seq))["withheld"])


def _stale() -> StaleSetting:
    return StaleSetting("It was decided anew after it was read.", remedy="Read it and try again.")


def _newest(connection: Connection, authority: int) -> int:
    w = r.web_register
    return connection.scalar(select(func.max(w.c.seq)).where(w.c.authority == authority)) or 0


def _withholdings(
    connection: Connection, authority: int, entry: int | None = None
) -> dict[int, int]:
    """Entry → the newest event that took it down or put it back."""
    c, e = r.register_change.c, r.register_entry.c
    query = (
        select(c.of, func.max(c.seq))
        .join(r.register_entry, e.seq == c.of)
        .where(e.authority == authority, c.type == EventType.WEB_REGISTER_WITHHELD)
        .group_by(c.of)
    )
    found = connection.execute(query if entry is None else query.where(c.of == entry))
    return {row[0]: row[1] for row in found}


# --- what the publisher asks the tables -----------------------------------------------------------


def settings(
    ledger: Ledger, connection: Connection, authorities: queries.Authorities = None
) -> list[Setting]:
    """What each authority decided last, in the order of their numbers."""
    w = r.web_register
    query = select(func.max(w.c.seq)).group_by(w.c.authority).order_by(w.c.authority)
    if authorities is not None:
        query = query.where(w.c.authority.in_(authorities))
    seqs = list(connection.scalars(query))
    opened = ledger.open(seqs)
    return [publication.setting_of(_envelope(opened[seq])) for seq in seqs]


def _envelope(opened: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = opened.envelope
    return found


def new_types(connection: Connection, since: int, until: int) -> set[str]:
    """The types of the log's entries in [since, until)."""
    e = t.entry
    query = select(e.c.type).where(e.c.seq >= since, e.c.seq < until).distinct()
    return set(connection.scalars(query))


def touched(connection: Connection, since: int) -> set[int]:
    """The register's entries that something happened to from that seq on: to themselves, their
    case, or a record of theirs."""
    e, c, x = r.register_entry, r.register_change, r.entry_record
    changed = select(c.c.of).where(c.c.seq >= since)
    own = select(e.c.seq).where(
        or_(e.c.seq >= since, e.c.protected >= since, e.c.seq.in_(changed), e.c.case.in_(changed))
    )
    of_records = (
        select(x.c.entry)
        .join(t.record, t.record.c.seq == x.c.record)
        .where(or_(t.record.c.state_seq >= since, t.record.c.latest >= since))
    )
    return {*connection.scalars(own), *connection.scalars(of_records)}


def within(connection: Connection, authority: int, since: int) -> list[int]:
    """The entries of an authority whose day is that (YYYYMMDD) or later, or was put right."""
    e, c = r.register_entry, r.register_change
    corrected = select(c.c.of).where(c.c.type == EventType.REGISTER_CORRECTED)
    query = select(e.c.seq).where(
        e.c.authority == authority, or_(e.c.day >= since, e.c.seq.in_(corrected))
    )
    return sorted(connection.scalars(query))


def states(connection: Connection, records: Collection[int]) -> dict[int, tuple[str, str]]:
    """Record → (where it stands on the platform, whether it came in or was drawn up)."""
    query = select(t.record.c.seq, t.record.c.state, t.record.c.origin)
    found = connection.execute(query.where(t.record.c.seq.in_(records)))
    return {row[0]: (row[1], row[2]) for row in found}


def versions(connection: Connection, records: Iterable[int]) -> list[int]:
    """Every version of these records."""
    query = select(t.version.c.seq).where(t.version.c.record.in_(list(records)))
    return sorted(connection.scalars(query))

"""Events that no table tells: a person notes on which day one happened, or takes that back.

A note makes nothing due by itself, and can be corrected: the newest of a subject holds. What the
archive knows of its own (when something was received, a case closed) is not noted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from archiver.core.access import Permission, Viewer
from archiver.core.calendar import stockholm_date
from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.db import hold_tables as h
from archiver.db import tables as t
from archiver.db.among import among
from archiver.errors import ConfigError
from archiver.ledger.service import Ledger
from archiver.registry.core.entry import MAX_REASON, line
from retention.belonging import owner_of
from retention.core.schedule import TriggerName
from retention.links import in_parts
from retention.notes.noted import NOTED, NotedOf

MOST_NOTED = 5_000  # records or channels at once
_IN_AN_EVENT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNote:
    """One note: `on` None: an earlier one was taken back. `at` milliseconds UTC."""

    seq: int
    trigger: TriggerName
    of: NotedOf
    subjects: tuple[int, ...]
    on: date | None
    note: str
    actor: int
    at: int


class Notes:
    """What persons have noted in a home."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def check(
        self,
        viewer: Viewer,
        trigger: TriggerName,
        of: NotedOf,
        subjects: Collection[int],
        *,
        on: date | None,
        today: date,
    ) -> int:
        """The authority that `note` would note something of, or its errors; nothing is noted."""
        _refuse(trigger, subjects, on, today)
        named = {"records" if of is NotedOf.RECORD else "channels": subjects}
        with self._ledger.database.read() as connection:
            authority = owner_of(connection, viewer, **named)
        viewer.require(Permission.DISPOSE, authority)
        return authority

    def note(
        self,
        viewer: Viewer,
        trigger: TriggerName,
        of: NotedOf,
        subjects: Collection[int],
        *,
        on: date | None,
        note: str = "",
    ) -> list[int]:
        """Note that an event happened to some records or channels of one authority on a Swedish
        day, or with None that an earlier note was wrong; the numbers of the entries. A day to come
        is refused, and a trigger whose day the archive itself knows."""
        note = line(note, "note", MAX_REASON, needed=False)
        wanted, made = sorted(set(subjects)), list[int]()
        named = {"records" if of is NotedOf.RECORD else "channels": wanted}
        with self._ledger.writer() as writer:
            _refuse(trigger, wanted, on, stockholm_date(writer.at))
            authority = owner_of(writer.connection, viewer, **named)
            viewer.require(Permission.DISPOSE, authority)
            cohort = writer.cohort(authority, "register")
            for start in range(0, len(wanted), _IN_AN_EVENT):
                payload: dict[str, Json] = {
                    "authority": authority,
                    "trigger": trigger.value,
                    "of": of.value,
                    "subjects": list[Json](wanted[start : start + _IN_AN_EVENT]),
                    "actor": viewer.actor,
                    **({"on": on.isoformat()} if on else {}),
                    **({"note": note} if note else {}),
                }
                made.append(writer.append_event(EventType.TRIGGER_NOTED, payload, cohort=cohort))
        return made

    def list(
        self, viewer: Viewer, *, trigger: TriggerName | None = None, limit: int = 50
    ) -> Sequence[EventNote]:
        """The newest notes, first, of the authorities that the viewer may read."""
        c, e, mine = h.trigger_note.c, t.entry.c, viewer.authorities(Permission.READ)
        query = select(c.seq).distinct().order_by(c.seq.desc())
        if trigger is not None:
            query = query.where(c.name == trigger.value)
        with self._ledger.database.read() as connection:
            seqs = list(connection.scalars(query.limit(None if mine is not None else limit)))
            at = {
                row.seq: row.at
                for part in in_parts(seqs)
                for row in connection.execute(select(e.seq, e.at).where(among(e.seq, part)))
            }
        opened = self._ledger.open(seqs)
        found = [_note(seq, at[seq], opened[seq].envelope) for seq in seqs]
        allowed = [one for one, of in found if mine is None or of in mine]
        return allowed[:limit]


def _note(seq: int, at: int, sealed: object) -> tuple[EventNote, int]:
    assert isinstance(sealed, dict)
    on = sealed.get("on")
    made = EventNote(
        seq=seq,
        trigger=TriggerName(sealed["trigger"]),
        of=NotedOf(sealed["of"]),
        subjects=tuple(sealed["subjects"]),
        on=date.fromisoformat(on) if on else None,
        note=sealed.get("note", ""),
        actor=sealed["actor"],
        at=at,
    )
    return made, sealed["authority"]


def _refuse(
    trigger: TriggerName, subjects: Sequence[int] | Collection[int], on: date | None, today: date
) -> None:
    if trigger not in NOTED:
        raise ConfigError(
            f"The day of {trigger.value} follows from the archive itself, and is not noted.",
            remedy=f"These are noted: {', '.join(sorted(NOTED))}.",
        )
    if not 0 < len(subjects) <= MOST_NOTED:
        raise ConfigError(
            f"From 1 to {MOST_NOTED} records or channels are noted at once.",
            remedy="Name some, or note them in several turns.",
        )
    if on is not None and on > today:
        raise ConfigError(
            "The day lies ahead: an event that has not happened is not noted.",
            remedy="Note it on the day, or after it.",
        )

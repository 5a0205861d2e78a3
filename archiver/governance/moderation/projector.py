"""The tables of the moderation log, from its events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.governance.core import moderation as m
from archiver.governance.queries import day_number
from archiver.ledger.projection import Event


class ModerationProjector:
    """Measures, what they are of, attestations and limits."""

    types: frozenset[str] = frozenset({EventType.MODERATION_ACT})

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        note = m.BOOK.note_of(event.payload)
        match note.said:
            case m.Taken() as said:
                _taken(event.seq, note.authority, said, rows)
            case m.Reviewed() as said:
                review = day_number(said.review) if said.review else None
                decided = 1 if said.decider else None
                rows.add("moderation_reviewed", said.ground or None, decided, review, said.of)
            case m.Lifted(of=of):
                rows.add("moderation_lifted", event.seq, of)
            case m.Attested(records=records, cause=cause):
                for record in records:
                    rows.add("moderation_attested", record, event.seq, cause.value)
            case m.Limited(most=most):
                rows.add("moderation_limit", event.seq, note.authority, most)


def _taken(seq: int, authority: int, said: m.Taken, rows: Rows) -> None:
    rows.add(
        "moderation",
        seq,
        authority,
        said.channel,
        said.measure.value,
        day_number(said.on),
        said.ground or None,
        int(bool(said.decider)),
        day_number(said.review) if said.review else None,
        None,
    )
    for record in said.records:
        rows.add("moderation_record", record, seq)

"""The tables of governance, from its events. Words stay in the frames."""

from __future__ import annotations

from archiver.core.event import EventType
from archiver.db.rows import Rows
from archiver.governance.core import acts as a
from archiver.governance.core import upkeep
from archiver.governance.core.approval import Outcome
from archiver.governance.core.standing import FIRST, LAST
from archiver.governance.events import act_of, opened_of
from archiver.governance.queries import LAST_DAY, day_number
from archiver.ledger.projection import Event

OPEN, FINISHED, CLOSED = "open", "finished", "closed"


class GovernanceProjector:
    """Initiatives, where they stand, what was approved, and which notes of upkeep there are."""

    types: frozenset[str] = frozenset(
        {EventType.INITIATIVE_OPENED, EventType.INITIATIVE_ACT, EventType.GATE_CLASS_SET}
        | {EventType.UPKEEP_ACT}
    )

    def project(self, event: Event, rows: Rows) -> None:
        """Add the rows of one event."""
        if event.type == EventType.GATE_CLASS_SET:
            rows.add("gate_class", event.seq, int(str(event.payload["authority"])))
        elif event.type == EventType.UPKEEP_ACT:
            note = upkeep.BOOK.note_of(event.payload)
            name = upkeep.BOOK.name_of(note.said)
            for channel in upkeep.channels_of(note.said) or (0,):
                rows.add("upkeep", event.seq, channel, note.authority, name)
        elif event.type == EventType.INITIATIVE_OPENED:
            self._opened(event, rows)
        else:
            self._act(event, rows)

    def _opened(self, event: Event, rows: Rows) -> None:
        one = opened_of(event.payload)
        live = day_number(one.live_since) if one.live_since else None
        rows.add("initiative", event.seq, one.authority, live, FIRST, 1, OPEN)
        for channel in one.channels:
            rows.add("initiative_channel", event.seq, channel, event.seq)

    def _act(self, event: Event, rows: Rows) -> None:
        of = int(str(event.payload["of"]))
        act = act_of(event.payload)
        rows.add("initiative_act", event.seq, of, str(event.payload["act"]))
        match act.said:
            case a.Linked(channel=channel):
                rows.add("initiative_channel", of, channel, event.seq)
            case a.Completed(step=step):
                last = step == LAST
                _went(rows, of, step=None if last else step + 1, state=FINISHED if last else None)
            case a.NextCycle():
                _went(rows, of, step=FIRST, more=1, state=OPEN)
            case a.Closed():
                _went(rows, of, state=CLOSED)
            case a.Decided():
                self._decided(event, of, act.said, rows)
            case a.Judged(upheld=False):
                # Of the approvals before it, and no later one: rows go out statement by statement.
                rows.barrier()
                rows.add("approval_annulled", event.seq, of, Outcome.APPROVED.value)
                rows.barrier()

    def _decided(self, event: Event, of: int, said: a.Decided, rows: Rows) -> None:
        one = said.approval
        rows.add(
            "political_approval",
            event.seq,
            of,
            one.scope.authority,
            one.outcome.value,
            one.kind.value,
            day_number(one.valid_from),
            day_number(one.valid_to) if one.valid_to else LAST_DAY,
            None,
        )
        limits = {
            "platform": one.scope.platforms,
            "channel": {str(channel) for channel in one.scope.channels},
            "purpose": one.scope.purposes,
        }
        for what, values in limits.items():
            for value in sorted(values):
                rows.add("approval_scope", event.seq, what, value)


def _went(
    rows: Rows, of: int, *, step: int | None = None, more: int = 0, state: str | None = None
) -> None:
    rows.add("initiative_went", step, more, state, of)

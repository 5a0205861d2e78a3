"""Whether the tables still say what the log says of the acts that a disposal rests on.

Tables are made from the log, and whoever has the database can write in them. What is destroyed does
not come back, so plans, decisions, holds and the confirmation itself are read from the log once
more before it: an altered row disposes of nothing. What was captured is not compared: a legal date,
a kind or a class in the tables is taken at their word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from archiver.core.event import EventType, parse, upcast
from archiver.db import hold_tables as h
from archiver.db import retention_tables as r
from archiver.db.engine import dump
from archiver.db.rows import Rows
from archiver.db.shadow import shadow
from archiver.errors import IntegrityError
from archiver.ledger.projection import Event
from archiver.ledger.service import Ledger
from retention.disposal.queries import DisposalRow
from retention.holds.projector import HoldProjector
from retention.schedule.projector import RetentionProjector

_HOLDS = frozenset({EventType.HOLD_PLACED, EventType.HOLD_REVIEWED, EventType.HOLD_LIFTED})
_RULES = frozenset(
    {
        EventType.SCHEDULE_SET,
        EventType.DISPOSAL_DECIDED,
        EventType.DISPOSAL_DECISION_REVOKED,
        EventType.RUNNING_DISPOSAL_CONFIRMED,
    }
)
_STEPS = frozenset({EventType.DISPOSAL_CONFIRMED, EventType.DISPOSAL_WITHDRAWN})
_ACT = re.compile(rb'"t":"(?:%s)"' % "|".join(sorted(_HOLDS | _RULES | _STEPS)).encode())
_TABLES = (
    r.schedule,
    r.disposal_decision,
    h.disposal_hold,
    h.hold_record,
    h.hold_thread,
    h.hold_channel,
    h.hold_class,
)


def refuse_altered(ledger: Ledger, connection: Connection, row: DisposalRow) -> None:
    """Compare with the log what the tables say of plans, decisions and holds, and of a disposal
    that was confirmed. `IntegrityError` that names the table where they differ; costs a pass over
    the log's entries, and opens those of such acts."""
    acts = list(_acts(ledger))
    _refuse_unconfirmed(row, acts)
    rows = Rows()
    for event in acts:
        if event.type in _HOLDS:
            HoldProjector().project(event, rows)
        elif event.type in _RULES:
            RetentionProjector().project(event, rows)
    with shadow() as fresh:
        rows.flush(fresh)
        for table in _TABLES:
            if list(dump(fresh, [table])) != list(dump(connection, [table])):
                raise _altered(table.name)


def _acts(ledger: Ledger) -> Iterator[Event]:
    """The acts in the log, in order, with what their frames hold."""
    found = {
        seq: parse(data)
        for seq, data in enumerate(ledger.log.entries(0, ledger.log.size))
        if _ACT.search(data)
    }
    opened = ledger.open(list(found))
    for seq, entry in found.items():
        if seq not in opened:
            raise _altered("entry")
        payload = upcast(entry.type, entry.version, opened[seq].envelope)
        yield Event(seq, entry.type, entry.at, 0, b"", payload, b"")


def _refuse_unconfirmed(row: DisposalRow, acts: list[Event]) -> None:
    steps = [one for one in acts if one.type in _STEPS and one.payload["proposal"] == row.seq]
    said: Mapping[str, Any] = steps[0].payload if len(steps) == 1 else {}
    confirmed = len(steps) == 1 and steps[0].type == EventType.DISPOSAL_CONFIRMED
    if not confirmed or (row.confirmed, row.waits_until) != (steps[0].seq, said["waits_until"]):
        raise _altered("disposal")


def _altered(table: str) -> IntegrityError:
    return IntegrityError(
        f"The database's table {table} does not say what the log says.",
        remedy="Nothing was destroyed. Run `diarkiv rebuild`, which makes it anew from the log, "
        "and find out who wrote in the database.",
    )

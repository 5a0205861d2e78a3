"""The table `anchor`, from the log's anchors, and what is asked of it."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from archiver.core.anchor import Anchor
from archiver.core.event import EventType
from archiver.db import tables as t
from archiver.db.rows import Rows
from archiver.ledger.projection import Event


class AnchorProjector:
    """A row for each anchor."""

    types: frozenset[str] = frozenset({EventType.ANCHOR})

    def project(self, event: Event, rows: Rows) -> None:
        said = event.payload
        rows.add(
            "anchor",
            event.seq,
            event.at,
            said["size"],
            said["number"],
            said["sha256"],
            said["time"],
        )


def anchors(connection: Connection, limit: int | None = None) -> list[Anchor]:
    """The newest anchors, the newest first."""
    query = select(t.anchor).order_by(t.anchor.c.seq.desc()).limit(limit)
    return [Anchor(*row) for row in connection.execute(query)]


def covering(connection: Connection, seq: int) -> list[Anchor]:
    """The anchors of stamps that cover an entry, the smallest head first."""
    c = t.anchor.c
    query = select(t.anchor).where(c.size > seq).order_by(c.size, c.seq)
    return [Anchor(*row) for row in connection.execute(query)]


def latest_time(connection: Connection) -> int:
    """The latest instant in any stamp, milliseconds UTC; 0 if there is none."""
    return connection.scalar(select(func.max(t.anchor.c.time))) or 0


def newest_other(connection: Connection) -> int:
    """The newest entry that is no anchor; -1 in an empty log."""
    c = t.entry.c
    query = select(c.seq).where(c.type != EventType.ANCHOR).order_by(c.seq.desc()).limit(1)
    found = connection.scalar(query)
    return -1 if found is None else found


def named(connection: Connection, size: int, number: int) -> Anchor | None:
    """The anchor that names the `number`th reply over the head of `size` entries."""
    c = t.anchor.c
    row = connection.execute(
        select(t.anchor).where(c.size == size, c.number == number)
    ).one_or_none()
    return Anchor(*row) if row else None


def logged_at(connection: Connection, seq: int) -> int | None:
    """When an entry was logged, milliseconds UTC; None if there is none."""
    return connection.scalar(select(t.entry.c.at).where(t.entry.c.seq == seq))


def waiting_since(connection: Connection, seq: int) -> int | None:
    """When the first entry that is no anchor was logged, from this one on, milliseconds UTC."""
    c = t.entry.c
    query = select(c.at).where(c.seq >= seq, c.type != EventType.ANCHOR).order_by(c.seq).limit(1)
    return connection.scalar(query)

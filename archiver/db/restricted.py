"""Every read of what is restricted (GDPR art. 18): kept, and not used by the authority itself.

A record is restricted from when a request for it names the record until the restriction is lifted,
or the request is closed: while it is tried whether the person is right, the data lie still
(art. 18.1 a). It is told by the hold of that kind, which keeps the record from disposal too.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from archiver.db import hold_tables as h
from archiver.db.among import among
from archiver.db.register_tables import entry_record

RESTRICTION = "restriction"  # of `retention.core.hold.HoldKind`


def restrictions(connection: Connection, records: Collection[int]) -> dict[int, int]:
    """Record → the request under which its processing is restricted, by a hold of that kind that
    names it and is not lifted; the hold itself if somebody placed it without a request."""
    hold, named = h.disposal_hold.c, h.hold_record.c
    query = (
        select(named.record, func.coalesce(hold.source, hold.seq).label("source"))
        .join(h.disposal_hold, hold.seq == named.hold)
        .where(
            among(named.record, records),
            hold.kind == RESTRICTION,
            hold.lifted_on.is_(None),
        )
    )
    return {row.record: row.source for row in connection.execute(query)}


def entries_restricted(connection: Connection) -> set[int]:
    """The register's entries of which a record is restricted, or ever was."""
    hold, named = h.disposal_hold.c, h.hold_record.c
    query = (
        select(entry_record.c.entry)
        .join(h.hold_record, named.record == entry_record.c.record)
        .join(h.disposal_hold, hold.seq == named.hold)
        .where(hold.kind == RESTRICTION)
    )
    return set(connection.scalars(query))

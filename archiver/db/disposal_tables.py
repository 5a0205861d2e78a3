"""Tables of disposal: how far each has come, and what is not to be captured again.

Like `archiver.db.tables`, of the same metadata and under the same rules: numbers and instants.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    delete,
    update,
)
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# A disposal is its proposal; `changed` is the entry that brought it where it is. Instants in
# milliseconds UTC; `rolls_on` is a Swedish day, YYYYMMDD.
disposal = Table(
    "disposal",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("confirmed", BigInteger),
    Column("waits_until", BigInteger),
    Column("intended_at", BigInteger),
    Column("destroyed_at", BigInteger),
    Column("removed_at", BigInteger),
    Column("rolls_on", Integer),
    Column("certificate", BigInteger),
    Index("disposal_state", "state", "seq"),
    Index("disposal_authority", "authority", "seq"),
)

# The records of each proposal, and those that its selection keeps.
proposed = Table(
    "proposed",
    metadata,
    Column("proposal", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("kept", Integer, nullable=False),
    Index("proposed_record", "record"),
)

# Entries that a disposal's tombstones name: runs of them.
tombstone = Table(
    "tombstone",
    metadata,
    Column("proposal", BigInteger, primary_key=True, autoincrement=False),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
)

# Disposed records, by what a harvest would know them again by. `last` is when the record was last
# captured; `seen` the newest event that says that it is shown with a later change.
suppressed = Table(
    "suppressed",
    metadata,
    Column("channel", BigInteger, primary_key=True, autoincrement=False),
    Column("native", LargeBinary, primary_key=True),
    Column("record", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("proposal", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("seen", BigInteger),
    Index("suppressed_record", "record"),
    Index("suppressed_proposal", "proposal"),
    Index("suppressed_seen", "seen"),
    Index("suppressed_seq", "seq"),
)

# Capture years of which an executed disposal took something: the search index forgets by year.
purge_year = Table(
    "purge_year",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("year", Integer, primary_key=True, autoincrement=False),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "disposal_confirmed": update(disposal)
    .where(disposal.c.seq == bindparam("seq_"))
    .values(
        state=bindparam("state_"),
        changed=bindparam("changed_"),
        changed_at=bindparam("changed_at_"),
        confirmed=bindparam("confirmed_"),
        waits_until=bindparam("waits_until_"),
    ),
    "disposal_state": update(disposal)
    .where(disposal.c.seq == bindparam("seq_"))
    .values(
        state=bindparam("state_"),
        changed=bindparam("changed_"),
        changed_at=bindparam("changed_at_"),
    ),
    "disposal_intended": update(disposal)
    .where(disposal.c.seq == bindparam("seq_"))
    .values(state=bindparam("state_"), intended_at=bindparam("intended_at_")),
    "disposal_executed": update(disposal)
    .where(disposal.c.seq == bindparam("seq_"))
    .values(
        state=bindparam("state_"),
        changed=bindparam("changed_"),
        changed_at=bindparam("changed_at_"),
        destroyed_at=bindparam("destroyed_at_"),
    ),
    "disposal_completed": update(disposal)
    .where(disposal.c.seq == bindparam("seq_"))
    .values(
        state=bindparam("state_"),
        changed=bindparam("changed_"),
        changed_at=bindparam("changed_at_"),
        removed_at=bindparam("removed_at_"),
        rolls_on=bindparam("rolls_on_"),
        certificate=bindparam("certificate_"),
    ),
    "unsuppress": delete(suppressed).where(suppressed.c.proposal == bindparam("proposal_")),
    "untomb": delete(tombstone).where(tombstone.c.proposal == bindparam("proposal_")),
    "suppressed_seen": update(suppressed)
    .where(suppressed.c.record == bindparam("record_"))
    .values(seen=bindparam("seen_")),
}

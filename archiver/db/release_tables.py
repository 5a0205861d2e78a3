"""Tables of releases: which versions were chosen, how they were decided, and what came of it.
Numbers and codes.

Like `archiver.db.tables`, of the same metadata and under the same rules. What is released, the
masks and the grounds are in frames only.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# `made`: the entry that says it was made; null while it is a draft.
release = Table(
    "release",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("request", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("made", BigInteger),
    Index("release_request", "request", "seq"),
    Index("release_made", "made"),
)

# What an entry says of a version; the newest entry holds. `decision`: null while there is none.
release_item = Table(
    "release_item",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("release", BigInteger, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("decision", Text),
    Index("release_item_release", "release", "seq"),
    Index("release_item_record", "record"),
)

# What else happened to a release: "stopped", "waived", "made", "delivered".
release_event = Table(
    "release_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("release", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Index("release_event_release", "release", "seq"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "release_was_made": update(release)
    .where(release.c.seq == bindparam("seq_"))
    .values(made=bindparam("made_")),
}

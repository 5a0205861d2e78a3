"""Tables of masks: where, what kind, how far. Numbers and codes.

Like `archiver.db.tables`, of the same metadata and under the same rules. A mask's number is that of
its entry, times 256, and its place in it. Nothing of what a mask hides stands here, nor why: the
grounds and notes are in frames only. Days are YYYYMMDD in Swedish time.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# `target`: `gdpr.core.place`'s line; `carried`: the mask of an earlier version that it repeats.
mask = Table(
    "mask",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("target", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("carried", BigInteger),
    Index("mask_record", "record", "version"),
)

# What an entry says of a mask; the newest that nobody took back (`undone`, an entry) holds.
mask_state = Table(
    "mask_state",
    metadata,
    Column("mask", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("until", Integer),
    Column("matter", BigInteger),
    Column("actor", BigInteger, nullable=False),
    Column("undone", BigInteger),
    Index("mask_state_seq", "seq"),
)

# The kinds of activity that an authority carries on, as codes between commas; the newest holds.
authority_activity = Table(
    "authority_activity",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("activities", Text, nullable=False),
    Index("authority_activity_authority", "authority", "seq"),
)

# An authority's own list of grounds, in parts: with its last part it counts, and the newest holds.
# `of` is its first entry in the log.
own_grounds = Table(
    "own_grounds",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("last", Integer, nullable=False),
    Index("own_grounds_authority", "authority", "last", "of"),
    Index("own_grounds_of", "of", "seq"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "mask_undone": update(mask_state)
    .where(mask_state.c.seq == bindparam("seq_"))
    .values(undone=bindparam("undone_")),
}

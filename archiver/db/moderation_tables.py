"""Tables of the moderation log. Numbers, codes and days; names and words are in frames only.

Like `archiver.db.tables`, of the same metadata and under the same rules. Days are YYYYMMDD in
Swedish time.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, func, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# `ground`: a code of grounds.toml; `decided`: 1 if who decided is said; `lifted`: the entry that
# lifted it.
moderation = Table(
    "moderation",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("channel", BigInteger, nullable=False),
    Column("measure", Text, nullable=False),
    Column("on", Integer, nullable=False),
    Column("ground", Text),
    Column("decided", Integer, nullable=False),
    Column("review", Integer),
    Column("lifted", BigInteger),
    Index("moderation_channel", "channel", "measure"),
)

moderation_record = Table(
    "moderation_record",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
)

# What a person stood for: why records are no longer shown.
moderation_attested = Table(
    "moderation_attested",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("cause", Text, nullable=False),
)

# How many of unknown cause may stand without attestation: the newest of an authority.
moderation_limit = Table(
    "moderation_limit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("most", Integer, nullable=False),
)

_its = moderation.c
STATEMENTS: Mapping[str, UpdateBase] = {
    "moderation_reviewed": update(moderation)
    .where(_its.seq == bindparam("seq_"))
    .values(
        ground=func.coalesce(bindparam("ground_"), _its.ground),
        decided=func.coalesce(bindparam("decided_"), _its.decided),
        review=func.coalesce(bindparam("review_"), _its.review),
    ),
    "moderation_lifted": update(moderation)
    .where(_its.seq == bindparam("seq_"))
    .values(lifted=bindparam("lifted_")),
}

"""Tables of requests for public records. Numbers, codes and days.

Like `archiver.db.tables`, of the same metadata and under the same rules. What was asked for, and by
whom if somebody said so, is in frames only. Days are YYYYMMDD in Swedish time.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, func, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# `state`: where it stands; `changed`: the entry of its newest step, or its own.
access_request = Table(
    "access_request",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("received", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Index("access_request_authority", "authority", "state", "received"),
)

access_request_step = Table(
    "access_request_step",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Index("access_request_step_of", "of", "seq"),
)

# What was noted of a request besides its steps; `kind`: the type of the event.
request_note = Table(
    "request_note",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Index("request_note_of", "of", "seq"),
)

# What an authority has decided on how it answers: mandates, their ends, tables of fees.
answer_rule = Table(
    "answer_rule",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Index("answer_rule_authority", "authority", "kind", "seq"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    # A step that leads nowhere else (a part is given out) leaves the state as it is.
    "access_request_went": update(access_request)
    .where(access_request.c.seq == bindparam("seq_"))
    .values(
        state=func.coalesce(bindparam("state_"), access_request.c.state),
        changed=bindparam("changed_"),
    ),
}

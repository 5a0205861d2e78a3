"""Tables of retention: schedules, decisions, record classes and closed cases. Numbers, codes, days.

Like `archiver.db.tables`, of the same metadata and under the same rules. Days are YYYYMMDD in
Swedish time, `LAST_DAY` where there is no end. Names, numbers of decisions and grounds are in
frames only.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, delete, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# A version of an authority's records schedule; the newest that has begun on a day is in force.
schedule = Table(
    "schedule",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("effective_from", Integer, nullable=False),
    Column("effective_until", Integer, nullable=False),
    Index("schedule_authority", "authority", "seq"),
)

# A disposal decision: `confirmed` is the entry in which another person confirmed that disposal
# under it is running, `revoked_on` the day from which it is revoked.
disposal_decision = Table(
    "disposal_decision",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("level", Text, nullable=False),
    Column("valid_from", Integer, nullable=False),
    Column("valid_until", Integer, nullable=False),
    Column("revoked_on", Integer),
    Column("revoked", BigInteger),  # the entry that revoked it
    Column("confirmed", BigInteger),
    Index("disposal_decision_authority", "authority", "seq"),
)

# Record classes that a person has put a record in; `seq` is the entry that did.
record_class = Table(
    "record_class",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Index("record_class_code", "code", "record"),
)

# Cases that were closed at some time; `closed_on` is null while the case is open again.
case_state = Table(
    "case_state",
    metadata,
    Column("case", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("closed_on", Integer),
    Index("case_state_closed", "closed_on"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "decision_revoked": update(disposal_decision)
    .where(disposal_decision.c.seq == bindparam("seq_"))
    .values(revoked_on=bindparam("revoked_on"), revoked=bindparam("revoked")),
    "decision_confirmed": update(disposal_decision)
    .where(disposal_decision.c.seq == bindparam("seq_"))
    .values(confirmed=bindparam("confirmed")),
    "record_class_ends": delete(record_class).where(
        record_class.c.record == bindparam("record_"), record_class.c.code == bindparam("code_")
    ),
    "case_state_ends": delete(case_state).where(case_state.c.case == bindparam("case_")),
}

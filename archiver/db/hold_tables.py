"""Tables of disposal holds, and of events that persons noted. Numbers, codes and days.

Like `archiver.db.tables`, of the same metadata and under the same rules. Days are YYYYMMDD in
Swedish time, `FIRST_DAY` and `LAST_DAY` where there is none. Reasons are in frames only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, text, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.register_tables import FIRST_DAY, LAST_DAY
from archiver.db.tables import Text, metadata, transition, version

# A hold and what narrows it: where `records` is 1, its scope is the rows in `hold_record` and
# nothing else, even if there are none. `source`: the entry that led to an automatic one.
disposal_hold = Table(
    "disposal_hold",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("source", BigInteger),
    Column("placed_on", Integer, nullable=False),
    Column("review_on", Integer, nullable=False),
    Column("lifted_on", Integer),
    Column("records", Integer, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("classes", Integer, nullable=False),
    Column("since", Integer, nullable=False),
    Column("until", Integer, nullable=False),
    Index("disposal_hold_lifted", "lifted_on", "review_on"),
    Index("disposal_hold_source", "source"),
)

hold_record = Table(
    "hold_record",
    metadata,
    Column("hold", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Index("hold_record_record", "record", "hold"),
)

# `record` is the root of the thread.
hold_thread = Table(
    "hold_thread",
    metadata,
    Column("hold", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Index("hold_thread_record", "record", "hold"),
)

hold_channel = Table(
    "hold_channel",
    metadata,
    Column("hold", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, primary_key=True, autoincrement=False),
)

hold_class = Table(
    "hold_class",
    metadata,
    Column("hold", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
)

# What was noted of a hold afterwards: reviewed (until when), lifted.
hold_note = Table(
    "hold_note",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("step", Text, nullable=False),
    Index("hold_note_of", "of", "seq"),
)

# That an event happened to a record or to a whole channel (`of`: which), as a person noted it; the
# newest of a subject holds. `day` null: it was taken back.
trigger_note = Table(
    "trigger_note",
    metadata,
    Column("name", Text, primary_key=True),
    Column("of", Text, primary_key=True),
    Column("subject", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer),
    Index("trigger_note_day", "name", "of", "day"),
    Index("trigger_note_seq", "seq"),
)

# What of a register entry was corrected, as far as rules of retention look at it (`field`): the
# newest holds. `code`: a class or a direction; `day`: a day.
entry_correction = Table(
    "entry_correction",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("code", Text),
    Column("day", Integer),
    Index("entry_correction_entry", "entry", "field", "seq"),
)

# What the authority itself has hidden or removed. Indexes of their own: it is little of what there
# is, and is sought by rule.
MODERATED_VERSION = text("version.moderation IN ('hidden', 'trashed')")
MODERATED_STATE = text("transition.state IN ('hidden', 'trashed')")
Index(
    "version_moderated",
    version.c.record,
    version.c.captured_at,
    sqlite_where=text("moderation IN ('hidden', 'trashed')"),
    postgresql_where=text("moderation IN ('hidden', 'trashed')"),
)
Index(
    "transition_moderated",
    transition.c.record,
    transition.c.at,
    sqlite_where=text("state IN ('hidden', 'trashed')"),
    postgresql_where=text("state IN ('hidden', 'trashed')"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "hold_reviewed": update(disposal_hold)
    .where(disposal_hold.c.seq == bindparam("seq_"))
    .values(review_on=bindparam("review_on")),
    "hold_lifted": update(disposal_hold)
    .where(disposal_hold.c.seq == bindparam("seq_"), disposal_hold.c.lifted_on.is_(None))
    .values(lifted_on=bindparam("lifted_on")),
}


def number_of(day: date) -> int:
    """A day as it stands in the tables."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date | None:
    """The day of a number; None if it stands for no day."""
    if number in (FIRST_DAY, LAST_DAY):
        return None
    return date(number // 10_000, number // 100 % 100, number % 100)

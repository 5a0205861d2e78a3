"""Tables of the register: numbers, dates and places of what was sealed. No title, sender or text.

Like `archiver.db.tables`, of the same metadata and under the same rules. Days are YYYYMMDD in
Swedish time. That a number is given once is the key of `register_number`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, bindparam, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata, record

FIRST_DAY, LAST_DAY = 0, 99991231  # stand for no first and no last day

# What a series of numbers was set to; the newest of a series holds.
series = Table(
    "series",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("series", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("year", Integer),
    Column("first", Integer),
    Index("series_authority", "authority", "seq"),
)

register_number = Table(
    "register_number",
    metadata,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("running", Integer, primary_key=True, autoincrement=False),
    Column("holder", BigInteger, nullable=False),  # the entry, or the case
)

register_case = Table(
    "register_case",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("series", BigInteger, nullable=False),
    Column("year", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("collective", Integer, nullable=False),
    Column("draft", LargeBinary),
    Index("register_case_draft", "draft"),
    Index("register_case_authority", "authority", "seq"),
)

register_entry = Table(
    "register_entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("series", BigInteger, nullable=False),
    Column("year", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("case", BigInteger),
    Column("part", Integer),
    Column("direction", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("class_code", Text),
    Column("draft", LargeBinary),
    Column("protected", BigInteger),  # the entry that holds its secret fields
    Index("register_entry_authority", "authority", "seq"),
    Index("register_entry_case", "case", "part"),
    Index("register_entry_draft", "draft"),
)

# Everything that happened to an entry or a case since: corrected, voided, marked, related …
register_change = Table(
    "register_change",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("protected", Integer, nullable=False),
    Index("register_change_of", "of", "seq"),
)

entry_record = Table(
    "entry_record",
    metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Index("entry_record_record", "record", "entry"),
)

# What was decided of a record, each time; the newest holds.
triage = Table(
    "triage",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),
    Column("level", Integer),
    Column("draft", LargeBinary),
    Index("triage_seq", "seq"),
    Index("triage_draft", "draft"),
)

# Records that were handed to somebody else to answer: `due` is milliseconds UTC.
handover = Table(
    "handover",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("due", BigInteger),
    Column("received", BigInteger),
    Column("answered", BigInteger),
    Column("closed", BigInteger),  # when nothing more was waited for
    Index("handover_open", "closed", "due"),
    Index("handover_authority", "authority", "seq"),
)

# Everything that was noted of a handover; `stage`: which reminder an escalation was.
handover_note = Table(
    "handover_note",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("step", Text, nullable=False),
    Column("stage", Text),
    Index("handover_note_of", "of", "seq"),
)

# File packages that were made: `of` is the entry, or the handover; `digest` that of the manifest.
file_package = Table(
    "file_package",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Index("file_package_digest", "digest"),
    Index("file_package_of", "of", "seq"),
)

# What an authority decided of its web diarium, each time; the newest holds.
web_register = Table(
    "web_register",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Index("web_register_authority", "authority", "seq"),
)

# A version of an authority's classification scheme that was imported whole; the newest of a name
# and version holds. `seq` is its first entry in the log.
class_import = Table(
    "class_import",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("version", Text, nullable=False),
    Index("class_import_authority", "authority", "scheme", "version"),
)

# Its classes; `of` is their import, `entry` holds label and parent, days are `FIRST_DAY` and
# `LAST_DAY` where the class has none.
scheme_class = Table(
    "scheme_class",
    metadata,
    Column("of", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, primary_key=True),
    Column("entry", BigInteger, nullable=False),
    Column("valid_from", Integer, nullable=False),
    Column("valid_to", Integer, nullable=False),
)

# An authority's own routing table, in parts: with its last part it counts, and the newest holds.
# `of` is its first entry in the log.
routing = Table(
    "routing",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("last", Integer, nullable=False),
    Index("routing_authority", "authority", "last", "of"),
    Index("routing_of", "of", "seq"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "record_triaged": update(record)
    .where(record.c.seq == bindparam("seq_"), record.c.triaged < bindparam("newer_than"))
    .values(triaged=bindparam("triaged"), outcome=bindparam("outcome")),
    "entry_protected": update(register_entry)
    .where(register_entry.c.seq == bindparam("seq_"))
    .values(protected=bindparam("protected")),
    "handover_received": update(handover)
    .where(handover.c.seq == bindparam("seq_"), handover.c.received.is_(None))
    .values(received=bindparam("received")),
    # Where no answer is expected, the receipt is all that is waited for.
    "handover_taken": update(handover)
    .where(
        handover.c.seq == bindparam("seq_"), handover.c.due.is_(None), handover.c.closed.is_(None)
    )
    .values(closed=bindparam("closed")),
    "handover_answered": update(handover)
    .where(handover.c.seq == bindparam("seq_"))
    .values(answered=bindparam("answered"), closed=bindparam("closed")),
}

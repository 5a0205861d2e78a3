"""Projection tables: ids, states, dates and positions. No text, names, titles or addresses.

Every key is an integer that follows from the log (a seq, a cohort number): no autoincrement, no
clock, no randomness, so that a rebuilt database equals the live one. `native`, `author`,
`parent` and `root` are HMACs under the channel's key; `content` and `raw` are HMACs under a key
that follows from the version's own: destroying that makes them unlinkable.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, text
from sqlalchemy import Text as AnyText

metadata = MetaData()
# The order of bytes, whatever the language of the server: a rebuilt table is in the live one's.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")

# How far the log is projected: one row, name = "projected".
meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", BigInteger))

# Whose log that is: one row, the log's name and its root at that size.
log = Table(
    "log",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("root", LargeBinary, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("cohort", Integer),
    Column("pack", Integer),
    Column("offset", BigInteger),
    Column("length", Integer),
    Column("key_line", Integer),
    # Whose key file holds its key: its cohort's, unless it was moved; null if there is none.
    Column("key_cohort", Integer),
    Index("entry_key_cohort", "key_cohort"),
)

cohort = Table(
    "cohort",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("family", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("pack", Integer, nullable=False),
    Column("pack_end", BigInteger, nullable=False),
    Column("key_lines", Integer, nullable=False),
)

# Packs that were made anew without what was destroyed, and their newest revision.
compacted = Table(
    "compacted",
    metadata,
    Column("cohort", Integer, primary_key=True, autoincrement=False),
    Column("pack", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
)

authority = Table(
    "authority",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
)

channel = Table(
    "channel",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("platform", Text, nullable=False),
    Column("interval", Integer, nullable=False),
)

# What an event says of a channel's harvesting; null: not changed by it. The newest wins per column.
channel_change = Table(
    "channel_change",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("interval", Integer),
    Column("schedule", Text),
    Column("crisis_until", BigInteger),
    Column("state", Text),
    Index("channel_change_channel", "channel", "seq"),
)

record = Table(
    "record",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("native", LargeBinary, nullable=False),
    Column("parent", LargeBinary),
    Column("root", LargeBinary),
    Column("origin", Text, nullable=False),
    Column("created_at", BigInteger),
    Column("legal_at", BigInteger, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_seq", BigInteger, nullable=False),
    Column("latest", BigInteger, nullable=False),
    Column("versions", Integer, nullable=False),
    # The newest decision of a registrar (0: none), and what it was.
    Column("triaged", BigInteger, nullable=False),
    Column("outcome", Text),
    Index("record_native", "channel", "native"),
    Index("record_root", "channel", "root"),
    Index("record_legal", "channel", "legal_at"),
)

# What answers a record: a disposal asks it of each that is due.
Index(
    "record_parent",
    record.c.channel,
    record.c.parent,
    sqlite_where=text("parent IS NOT NULL"),
    postgresql_where=text("parent IS NOT NULL"),
)

# Received, and not decided on as it now is: new, changed since, or gone since. An index of its own,
# so that finding what is left costs nothing of what is done.
UNDECIDED = text(
    "origin = 'received' AND (triaged < latest"
    " OR (triaged < state_seq AND state IN ('gone_confirmed', 'platform_removed')))"
)
Index(
    "record_undecided",
    record.c.legal_at,
    record.c.seq,
    sqlite_where=UNDECIDED,
    postgresql_where=UNDECIDED,
)

version = Table(
    "version",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    Column("capture", BigInteger),
    Column("moderation", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("normaliser", Integer, nullable=False),
    Column("author", LargeBinary),
    Column("content", LargeBinary),
    Column("raw", LargeBinary),
    Index("version_record", "record"),
)

# A state observed without a version: the newest of a record is `record.state_seq`'s.
transition = Table(
    "transition",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("why", Text),
    Column("by", Text, nullable=False),
    Column("last_seen", BigInteger),
    Column("first_missed", BigInteger),
    Column("asked", BigInteger),
    Column("confirmed", Integer),
    Index("transition_seq", "seq"),
)

# A post under which others may answer, and how that has been read.
thread = Table(
    "thread",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("native", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("scanned_at", BigInteger),
    Column("activity_at", BigInteger),
    Column("activity_seq", BigInteger),
    Column("empty", Integer, nullable=False),
    Index("thread_created", "channel", "created_at"),
    Index("thread_activity", "channel", "activity_at"),
    Index("thread_native", "channel", "native"),
)

media = Table(
    "media",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("component", BigInteger),
    Column("failed", Integer, nullable=False),
)

component = Table(
    "component",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Index("component_version", "version", "number"),
)

# Records kept apart: possibly secret ("protected"), or stopped and with whom ("stopped",
# "handed_over", "destroyed"). Of the latter this is the only row there is.
apart = Table(
    "apart",
    metadata,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("channel", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("native", LargeBinary, nullable=False),
    Column("origin", Text, nullable=False),
    Column("legal_at", BigInteger, nullable=False),
    Column("versions", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("cohort", Integer),
    Index("apart_native", "channel", "native"),
    Index("apart_seq", "seq"),
    Index("apart_state", "state", "seq"),
)

# Public halves that quarantined keys are sealed under; the newest is in use.
quarantine_key = Table(
    "quarantine_key",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("public", LargeBinary, nullable=False),
)

capture = Table(
    "capture",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("exchange", BigInteger, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("expected", Integer),
    Column("seen", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Index("run_channel", "channel", "seq"),
    Index("run_ended", "channel", "ended"),
    Index("run_scope", "channel", "scope", "seq"),
)

coverage = Table(
    "coverage",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("collection", Text, primary_key=True),
    Column("channel", BigInteger, nullable=False),
    Column("since", BigInteger),
    Column("until", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("expected", Integer),
    Column("seen", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("scope", Text, nullable=False),
    Column("window", BigInteger),
    Index("coverage_channel", "channel", "until"),
    Index("coverage_status", "channel", "collection", "status", "run"),
)

gap_acknowledged = Table(
    "gap_acknowledged",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Column("collection", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("reasons", Text, nullable=False),
    Column("actor", BigInteger, nullable=False),
    Index("gap_acknowledged_channel", "channel", "since"),
)

freeze_lifted = Table(
    "freeze_lifted",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, nullable=False),
    Index("freeze_lifted_channel", "channel", "seq"),
)

# What an event says of a user's rights; null: not changed by it. The newest wins per column.
user_change = Table(
    "user_change",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("user", BigInteger, nullable=False),
    Column("roles", Text),
    Column("disabled", Integer),
    Index("user_change_user", "user", "seq"),
)

# Where the lines of the access log are, and about which authority; 0 = the home itself.
access_noted = Table(
    "access_noted",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Index("access_noted_authority", "authority", "seq"),
)

# What was captured by hand: which version came how, and who captured it. Words are in frames only.
manual_capture = Table(
    "manual_capture",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("way", Text, nullable=False),
    Column("actor", BigInteger, nullable=False),
    Index("manual_capture_record", "record", "seq"),
)

# Files captured by hand: HMAC of their digest under the lookup key of the version's cohort.
captured_file = Table(
    "captured_file",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary),
    Index("captured_file_digest", "digest"),
)

# Looks for malware; the newest of a file counts.
file_scan = Table(
    "file_scan",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Index("file_scan_file", "version", "number", "seq"),
)

# Which outside time stamps the log names, over how many entries each.
anchor = Table(
    "anchor",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Index("anchor_size", "size"),
)

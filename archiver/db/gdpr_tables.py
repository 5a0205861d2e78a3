"""Tables of data subjects' requests, rectifications, incidents and notices. Numbers, codes, days.

Like `archiver.db.tables`, of the same metadata and under the same rules. Who asked, what they
supplied and what happened is in frames only. Days are YYYYMMDD in Swedish time, instants are
milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, func, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# `state`: where it stands; `changed`: the entry of its newest step, or its own; `extended` 1: two
# months more were taken.
subject_request = Table(
    "subject_request",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("claimed", Text, nullable=False),
    Column("received", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("extended", Integer, nullable=False),
    Index("subject_request_authority", "authority", "state", "received"),
)

subject_request_step = Table(
    "subject_request_step",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Index("subject_request_step_of", "of", "seq"),
)

# A note that stands beside a record (GDPR art. 16), by the entry that holds its words.
rectification = Table(
    "rectification",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Index("rectification_record", "record"),
)

# `notified`: when IMY was told; `state`: open or closed; `risk`: as it was last assessed.
incident = Table(
    "incident",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("risk", Text),
    Column("notified", BigInteger),
    Index("incident_state", "state", "authority"),
)

incident_step = Table(
    "incident_step",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Index("incident_step_of", "of", "seq"),
)

# A privacy notice that was adopted, of an authority or of one of its channels (0: all of them).
notice = Table(
    "notice",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("channel", BigInteger, nullable=False),
    Index("notice_authority", "authority", "channel", "seq"),
)

STATEMENTS: Mapping[str, UpdateBase] = {
    # A step that leads nowhere else leaves the state as it is.
    "subject_request_went": update(subject_request)
    .where(subject_request.c.seq == bindparam("seq_"))
    .values(
        state=func.coalesce(bindparam("state_"), subject_request.c.state),
        extended=func.coalesce(bindparam("extended_"), subject_request.c.extended),
        changed=bindparam("changed_"),
    ),
    "incident_went": update(incident)
    .where(incident.c.seq == bindparam("seq_"))
    .values(
        state=func.coalesce(bindparam("state_"), incident.c.state),
        risk=func.coalesce(bindparam("risk_"), incident.c.risk),
        notified=func.coalesce(incident.c.notified, bindparam("notified_")),
    ),
}

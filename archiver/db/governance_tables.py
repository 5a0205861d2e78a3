"""Tables of governance: initiatives, their acts and channels, approvals, upkeep: numbers and days.

Like `archiver.db.tables`, of the same metadata and under the same rules. Days are YYYYMMDD in
Swedish time, `LAST_DAY` where there is no end. Names, motivations and evidence are in frames only.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, func, select, update
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

# `step`: the one it is in, 1–8; `live_since`: of what was in use before it was asked about;
# `state`: open, finished (step 8 is completed) or closed.
initiative = Table(
    "initiative",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("live_since", Integer),
    Column("step", Integer, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Index("initiative_authority", "authority", "state"),
)

# The notes that an authority's register of accounts is folded from; what they say is in frames.
account_act = Table(
    "account_act",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Index("account_act_authority", "authority", "seq"),
)

initiative_act = Table(
    "initiative_act",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("act", Text, nullable=False),
    Index("initiative_act_of", "of", "seq"),
)

initiative_channel = Table(
    "initiative_channel",
    metadata,
    Column("of", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Index("initiative_channel_channel", "channel"),
)

# A decision of an authority's body. `annulled`: the entry by which a court's judgment was noted.
political_approval = Table(
    "political_approval",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("of", BigInteger, nullable=False),
    Column("authority", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("valid_from", Integer, nullable=False),
    Column("valid_until", Integer, nullable=False),
    Column("annulled", BigInteger),
    Index("political_approval_authority", "authority", "valid_from"),
)

# What a decision is limited to, by what: platform, channel or purpose; none of a kind: all of it.
approval_scope = Table(
    "approval_scope",
    metadata,
    Column("approval", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("value", Text, primary_key=True),
)

# An authority's decisions on what is mandatory.
gate_class = Table(
    "gate_class",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Index("gate_class_authority", "authority", "seq"),
)

# Upkeep: what people noted, of a channel each (0: of the authority). `act`: its name in the event.
upkeep = Table(
    "upkeep",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("act", Text, nullable=False),
    Index("upkeep_act", "authority", "act", "channel", "seq"),
)

_newest = (
    select(func.max(political_approval.c.seq))
    .where(
        political_approval.c.of == bindparam("of_"),
        political_approval.c.outcome == bindparam("outcome_"),
    )
    .scalar_subquery()
)

STATEMENTS: Mapping[str, UpdateBase] = {
    "initiative_went": update(initiative)
    .where(initiative.c.seq == bindparam("seq_"))
    .values(
        step=func.coalesce(bindparam("step_"), initiative.c.step),
        cycle=initiative.c.cycle + bindparam("more_"),
        state=func.coalesce(bindparam("state_"), initiative.c.state),
    ),
    "approval_annulled": update(political_approval)
    .where(political_approval.c.seq == _newest)
    .values(annulled=bindparam("annulled_")),
}

"""Projection writes in bulk: rows are gathered per statement and sent with one executemany each,
or one COPY where PostgreSQL takes new rows (a third of the time).

Projectors only add rows here, never read: what a projector writes follows from the event alone,
so replaying the log gives the same tables. Statements run in the order of `STATEMENTS`: inserts
before the updates that refer to them; within a statement, in the order of the log. A state carries
the seq it comes from and the newest wins, so that the size of a batch makes no difference.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    delete,
    insert,
    literal_column,
    null,
    or_,
    update,
)
from sqlalchemy.sql.dml import Insert, UpdateBase

from archiver.db import (
    audit_tables,
    disposal_tables,
    gdpr_tables,
    governance_tables,
    hold_tables,
    mask_tables,
    moderation_tables,
    register_tables,
    release_tables,
    request_tables,
    retention_tables,
)
from archiver.db import tables as t

_HEAD = (t.meta, t.log)
# A thread was read: in vain, unless something under it is newer than the log was when the run
# began. Numbers of the log, not instants: a batch of any size gives the same count.
_SCANNED = {
    "scanned_at": bindparam("scanned_at"),
    "empty": case(
        (t.thread.c.activity_seq >= bindparam("began"), literal_column("0")),
        else_=t.thread.c.empty + literal_column("1"),
    ),
}
# Where rows follow from what is in an entry's frame: they go when its key does.
_OF_AN_ENTRY = (
    t.record.c.seq,
    t.version.c.seq,
    t.thread.c.record,
    t.media.c.version,
    t.component.c.seq,
    t.capture.c.seq,
    t.captured_file.c.version,
    disposal_tables.suppressed.c.seq,
    retention_tables.record_class.c.record,
)
STATEMENTS: dict[str, UpdateBase] = {
    **{table.name: insert(table) for table in t.metadata.sorted_tables if table not in _HEAD},
    "cohort_end": update(t.cohort)
    .where(t.cohort.c.number == bindparam("number_"))
    .values(
        generation=bindparam("generation_"),
        pack=bindparam("pack"),
        pack_end=bindparam("pack_end"),
        key_lines=bindparam("lines"),
    ),
    "key_place": update(t.entry)
    .where(t.entry.c.seq == bindparam("seq_"))
    .values(key_line=bindparam("key_line_"), key_cohort=bindparam("key_cohort_")),
    "compacted_again": update(t.compacted)
    .where(t.compacted.c.cohort == bindparam("cohort_"), t.compacted.c.pack == bindparam("pack_"))
    .values(revision=bindparam("revision_")),
    # Frames that a compaction left out: those whose keys were destroyed before it.
    "frames_gone": update(t.entry)
    .where(
        t.entry.c.cohort == bindparam("cohort_"),
        t.entry.c.pack == bindparam("pack_"),
        t.entry.c.key_cohort.is_(None),
    )
    .values(pack=null(), offset=null(), length=null()),
    # Keys that went nowhere, those of the entries first to last.
    "key_gone": update(t.entry)
    .where(t.entry.c.seq.between(bindparam("first_"), bindparam("last_")))
    .values(key_line=null(), key_cohort=null()),
    "record_version": update(t.record)
    .where(t.record.c.seq == bindparam("seq_"))
    .values(
        state=bindparam("state"),
        state_seq=bindparam("state_seq"),
        latest=bindparam("latest"),
        versions=bindparam("versions"),
    ),
    "record_state": update(t.record)
    .where(t.record.c.seq == bindparam("seq_"), t.record.c.state_seq < bindparam("newer_than"))
    .values(state=bindparam("state"), state_seq=bindparam("state_seq")),
    "record_legal": update(t.record)
    .where(t.record.c.seq == bindparam("seq_"))
    .values(legal_at=bindparam("legal_at"), legal_basis=bindparam("legal_basis")),
    "thread_activity": update(t.thread)
    .where(t.thread.c.channel == bindparam("channel_"), t.thread.c.native == bindparam("native_"))
    .values(
        activity_at=bindparam("activity_at"),
        activity_seq=bindparam("activity_seq"),
        empty=literal_column("0"),
    ),
    # One post, or all of a channel that are older than an entry: one statement, since its rows are
    # sent in the order of the log and each builds on the one before.
    "threads_scanned": update(t.thread)
    .where(
        or_(
            t.thread.c.record == bindparam("record_"),
            and_(
                t.thread.c.channel == bindparam("channel_"), t.thread.c.record < bindparam("seq_")
            ),
        )
    )
    .values(_SCANNED),
    "media_done": update(t.media)
    .where(t.media.c.version == bindparam("version_"), t.media.c.number == bindparam("number_"))
    .values(component=bindparam("component")),
    "media_failed": update(t.media)
    .where(t.media.c.version == bindparam("version_"), t.media.c.number == bindparam("number_"))
    .values(failed=t.media.c.failed + literal_column("1")),
    **register_tables.STATEMENTS,
    **disposal_tables.STATEMENTS,
    **retention_tables.STATEMENTS,
    **hold_tables.STATEMENTS,
    **request_tables.STATEMENTS,
    **mask_tables.STATEMENTS,
    **gdpr_tables.STATEMENTS,
    **governance_tables.STATEMENTS,
    **moderation_tables.STATEMENTS,
    **audit_tables.STATEMENTS,
    **release_tables.STATEMENTS,
    "thread_set": update(t.thread)
    .where(t.thread.c.record == bindparam("record_"))
    .values(
        scanned_at=bindparam("scanned_at"),
        activity_at=bindparam("activity_at"),
        activity_seq=bindparam("activity_seq"),
        empty=bindparam("empty_"),
    ),
    "apart_state": update(t.apart)
    .where(t.apart.c.record == bindparam("record_"))
    .values(
        seq=bindparam("seq_"),
        state=bindparam("state_"),
        at=bindparam("at_"),
        actor=bindparam("actor_"),
    ),
    "apart_ends": delete(t.apart).where(t.apart.c.record == bindparam("record_")),
    **{
        f"gone_{column.table.name}": delete(column.table).where(
            column.between(bindparam("first_"), bindparam("last_"))
        )
        for column in _OF_AN_ENTRY
    },
}
# Statements that take the rows of entries, first to last, whose keys are gone.
GONE = tuple(f"gone_{column.table.name}" for column in _OF_AN_ENTRY)


class Rows:
    """Rows waiting to be written, in log order per statement, and from barrier to barrier."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        self._before: list[dict[str, list[tuple[Any, ...]]]] = []

    def barrier(self) -> None:
        """What was added before is written before anything that is added from now on."""
        if self._waiting:
            self._before.append(self._waiting)
            self._waiting = {}

    def add(self, statement: str, *values: Any) -> None:
        """Queue one row; `values` in the order of the statement's columns."""
        self._waiting.setdefault(statement, []).append(values)

    def flush(self, connection: Connection) -> None:
        """Write everything that waits, statement by statement, and empty the queue."""
        copies = connection.dialect.name == "postgresql"
        for waiting in (*self._before, self._waiting):
            for name, statement in STATEMENTS.items():
                rows = waiting.get(name)
                if rows and copies and isinstance(statement, Insert):
                    _copy(name, rows, connection)
                elif rows:
                    connection.exec_driver_sql(_sql(statement, connection), rows)
        self._waiting.clear()
        self._before.clear()


def _copy(table: str, rows: list[tuple[Any, ...]], connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    names = ", ".join(f'"{column.name}"' for column in t.metadata.tables[table].c)
    with driver.cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


_compiled: dict[tuple[int, str], str] = {}


def _sql(statement: UpdateBase, connection: Connection) -> str:
    """The statement in the driver's own positional form, compiled once per dialect."""
    key = (id(statement), connection.dialect.name)
    if key not in _compiled:
        _compiled[key] = str(statement.compile(dialect=connection.dialect))
    return _compiled[key]

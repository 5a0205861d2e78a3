"""B5: what is due, over a projection of so many records; and what is new since yesterday.

The rows are made in the database itself, as ten years of a kommun would leave them: comments in
threads of sixty, a tenth of them moderated, registered or classed. Nine tenths of what is older
than the period is gone already, by earlier disposals: what a year leaves is due on its day, and
everything younger or kept for ever is not. Each measurement is a process of its own
(`python -m tests.bench.bench_due COUNT FOLDER`), so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, text

from archiver.core.calendar import day_begins
from archiver.db import rows
from archiver.db import tables as t
from archiver.db.sqlite import SqliteDatabase
from retention.core.decision import Decision
from retention.core.schedule import (
    AfterPeriod,
    Applies,
    DecisionLevel,
    Period,
    RetainPermanently,
    Rule,
    Schedule,
    TriggerName,
    WhenObsolete,
)
from retention.due.evaluator import Evaluator
from tests.bench.measure import Ratio, cpu

assert rows.STATEMENTS  # every table is known
YEARS, CHANNELS, THREAD = 10, 20, 60
FIRST, TODAY = date(2017, 1, 1), date(2027, 1, 1)
ORDINARY = date(2026, 11, 22)
GOAL, GOAL_NIGHT, GOAL_MEMORY = 30.0, 1.0, 300.0


def schedule() -> Schedule:
    """Posts for ever; minor and plain comments two years; what was moderated five; the rest of what
    is classed when its thread is inactive."""
    two = AfterPeriod(Period(years=2))
    comments = frozenset({"comment"})
    return Schedule(
        authority=1,
        name="Sociala medier",
        version="1",
        effective_from=FIRST,
        effective_until=None,
        required_levels=frozenset({DecisionLevel.AUTHORITY}),
        rules=(
            Rule(
                code="SM01",
                label="Inlägg",
                retention=RetainPermanently(),
                trigger=None,
                applies=Applies(kinds=frozenset({"post"})),
            ),
            Rule(
                code="SM05",
                label="Enkla kommentarer",
                retention=WhenObsolete(Period(months=3)),
                trigger=TriggerName.THREAD_INACTIVE,
                inactive_days=90,
                applies=Applies(kinds=comments, outcomes=frozenset({"kept_in_order"})),
            ),
            Rule(
                code="SM06",
                label="Av intresse",
                retention=RetainPermanently(),
                trigger=None,
                applies=Applies(kinds=comments, outcomes=frozenset({"registered"})),
            ),
            Rule(
                code="SM08",
                label="Modererat",
                retention=AfterPeriod(Period(years=5)),
                trigger=TriggerName.MODERATED,
                applies=Applies(moderated=True),
            ),
            Rule(
                code="SM11",
                label="Reklam",
                retention=two,
                trigger=TriggerName.RECEIVED,
                applies=Applies(outcomes=frozenset({"minor"})),
            ),
        ),
    )


class Plans:
    """One authority's schedule and decision."""

    def schedule_in_force(
        self, authority: int, day: date, connection: Connection | None = None
    ) -> Schedule | None:
        return schedule()

    def decisions(self, authority: int, connection: Connection | None = None) -> list[Decision]:
        return [
            Decision(
                seq=1,
                authority=1,
                number="KS 1",
                body="KS",
                level=DecisionLevel.AUTHORITY,
                decided_on=FIRST,
                paragraph="1",
                rules=frozenset({"SM05", "SM08", "SM11"}),
                records_from=FIRST,
                valid_from=FIRST,
            )
        ]


# Records in the order they came: the first of each sixty is the post, a third of the others answer
# the one before. Outcomes: 1 % registered, 9 % minor, 30 % kept in order, the rest not decided on.
# Old comments that are due by their outcome have been disposed of, but those of the last year.
_RECORDS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :made)
INSERT INTO record (seq, channel, kind, native, parent, root, origin, legal_at, legal_basis,
    captured_at, state, state_seq, latest, versions, triaged, outcome)
SELECT 100 + i, 2 + i / :thread % :channels,
    CASE WHEN i % :thread = 0 THEN 'post' ELSE 'comment' END,
    CAST(printf('%016d', (i * 2654435761) % 4294967296 * 10000 + i % 10000) AS BLOB),
    CASE WHEN i % :thread > 1 AND i % 3 = 0 THEN
        CAST(printf('%016d', ((i - 1) * 2654435761) % 4294967296 * 10000 + (i - 1) % 10000)
        AS BLOB) END,
    CASE WHEN i % :thread <> 0 THEN CAST(printf('%016d', ((i - i % :thread) * 2654435761)
        % 4294967296 * 10000 + (i - i % :thread) % 10000) AS BLOB) END,
    CASE WHEN i % :thread = 0 THEN 'drawn_up' ELSE 'received' END,
    :first + i * :step, 'platform', :first + i * :step, 'visible', 100 + i, 100 + i, 1, 1,
    CASE WHEN i % :thread = 0 THEN NULL WHEN i * 7919 % 100 < 1 THEN 'registered'
        WHEN i * 7919 % 100 < 10 THEN 'minor' WHEN i * 7919 % 100 < 40 THEN 'kept_in_order' END
FROM n
WHERE :first + i * :step > :edge OR i % :thread = 0 OR i * 7919 % 100 >= 40 OR i * 7919 % 100 < 1
"""
_VERSIONS = """
INSERT INTO version (seq, record, n, captured_at, moderation, changes, normaliser)
SELECT seq, seq, 1, captured_at, CASE WHEN kind = 'comment' AND seq % 100 = 7 THEN 'hidden'
    ELSE 'visible' END, '', 1 FROM record
"""
_THREADS = """
INSERT INTO thread (record, channel, native, created_at, activity_at, activity_seq, empty)
SELECT seq, channel, native, legal_at, legal_at + :step * :thread, seq, 0 FROM record
WHERE kind = 'post'
"""


def fill(connection: Connection, count: int) -> int:
    """Make the rows; how many records there are."""
    t.metadata.create_all(connection)
    for channel in range(2, 2 + CHANNELS):
        connection.execute(
            t.channel.insert().values(seq=channel, authority=1, platform="feed", interval=60)
        )
    gone = date(TODAY.year - 3, 1, 1)  # what came before was disposed of a year ago
    made = int(count / (1 - 0.39 * (gone.year - FIRST.year) / YEARS))
    first, last = day_begins(FIRST), day_begins(TODAY)
    given = {
        "made": made,
        "thread": THREAD,
        "channels": CHANNELS,
        "first": first,
        "step": (last - first) // made,
        "edge": day_begins(gone),
    }
    connection.execute(text(_RECORDS), given)
    connection.execute(text(_VERSIONS))
    connection.execute(text(_THREADS), given)
    return connection.scalar(text("SELECT count(*) FROM record")) or 0


def measure(count: int, folder: Path) -> dict[str, float]:
    """Seconds, of CPU and by the clock, for the due set on New Year's Day and for an ordinary
    night; and peak memory."""
    database = SqliteDatabase(folder / "due.sqlite")
    command = [sys.executable, "-m", "tests.bench.bench_due", "fill", str(count), str(folder)]
    subprocess.run(command, check=True)  # by another process: its memory is not the product's
    evaluator = Evaluator(Plans())
    with database.read() as connection:
        found: dict[str, float] = {
            "records": connection.scalar(text("SELECT count(*) FROM record")) or 0
        }
        wall, used = time.perf_counter(), cpu()
        found["due"] = sum(1 for _ in evaluator.due_set(connection, TODAY))
        found["whole"], found["whole wall"] = cpu() - used, time.perf_counter() - wall
        wall, used = time.perf_counter(), cpu()
        before = date.fromordinal(ORDINARY.toordinal() - 1)
        found["new"] = sum(1 for _ in evaluator.newly_due(connection, before, ORDINARY))
        found["night"], found["night wall"] = cpu() - used, time.perf_counter() - wall
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def run(count: int, small: int) -> list[Ratio]:
    """B5 at `count` records, and B13: how the cost per record grows from `small`."""
    at = {size: _measured(size) for size in sorted({small, count})}
    of = at[count]
    size = f"{of['records']:,.0f} records"
    figures = [
        Ratio(
            bench="B5",
            name=f"due set, s of CPU, {size}",
            value=of["whole"],
            goal=GOAL,
            note=f"{of['due']:,.0f} due; {of['whole wall']:.1f} s by the clock",
        ),
        Ratio(
            bench="B5",
            name=f"new since yesterday, s of CPU, {size}",
            value=of["night"],
            goal=GOAL_NIGHT,
            note=f"{of['new']:,.0f} due; {of['night wall']:.1f} s by the clock",
        ),
        Ratio(bench="B5", name=f"peak memory, MiB, {size}", value=of["memory"], goal=GOAL_MEMORY),
    ]
    if small < count:
        each = [at[one]["whole"] / at[one]["records"] for one in (small, count)]
        name = f"due set, per record, {small:,} → {count:,}"
        figures.append(Ratio(bench="B13", name=name, value=each[1] / each[0], goal=1.3))
    return figures


def _measured(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.bench_due", str(count), folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        with SqliteDatabase(Path(sys.argv[3]) / "due.sqlite").write() as connection_:
            fill(connection_, int(sys.argv[2]))
    else:
        print(json.dumps(measure(int(sys.argv[1]), Path(sys.argv[2]))))

"""The facts that schedules need, from the tables; what came before costs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from archiver.core.disappearance import Policy
from archiver.harvest import facts
from archiver.harvest.timetable import timetable
from tests.unit.jobs.rig import NOW, Rig


def test_each_channel_by_its_newest_run(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.ended(2, NOW - 9)
    rig.ended(2, NOW - 5)
    with rig.database.read() as connection:
        known = timetable(connection, now=NOW, policy=Policy())
    assert known.platforms == {1: "feed", 2: "wordpress"}
    new, old = known.facts
    assert (new.channel, new.last_full, new.schedule.deep) == (1, None, 3600)
    assert (old.channel, old.last_full, old.last_ended) == (2, NOW - 5, NOW - 5)


def test_no_run_of_the_past_is_walked_through(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.ended(2, NOW - 5)
    asked: list[tuple[str, Any]] = []
    with rig.database.read() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def note(_c: Any, _cursor: Any, words: str, values: Any, *_: Any) -> None:
            asked.append((words, values))

        timetable(connection, now=NOW, policy=Policy())
        facts.is_frozen(connection, 2)
        facts.freeze_lifted(connection, 2)
        steps = [
            str(row[3])
            for words, values in tuple(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
        ]
    runs = [step for step in steps if " run" in step or " coverage" in step]
    assert len(runs) > 5
    assert [step for step in runs if step.startswith("SCAN")] == []

"""The facts that schedules need, from the tables; what came before costs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archiver.core.disappearance import Policy
from archiver.db import queries
from archiver.db import tables as t
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


def test_the_past_costs_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    def looked(past: range) -> None:
        """A full run in ten, and a list that never came whole beside one that did."""
        counts = dict.fromkeys(("requests", "seen", "created", "changed", "unchanged"), 0)
        with rig.database.write() as connection:
            connection.execute(
                t.run.insert(),
                [
                    {"seq": n, "channel": 2, "started": NOW + n, "ended": NOW + n}
                    | {"outcome": "complete", "missing": 0, **counts}
                    | {"scope": "part" if n % 10 else "full"}
                    for n in past
                ],
            )
            connection.execute(
                t.coverage.insert(),
                [
                    {"run": n, "collection": name, "channel": 2, "until": NOW + n, "seen": 0}
                    | {"status": status, "reason": "", "missing": 0}
                    | {"scope": "recent" if n % 10 else "all"}
                    for n in past
                    for name, status in (("comments", "complete"), ("posts", "partial"))
                ],
            )

    def steps() -> int:
        """Of SQLite's machine, in tens, for what the worker and each run ask of earlier runs."""
        count = [0]

        def tick() -> int:
            count[0] += 1
            return 0

        with rig.database.read() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(tick, 10)
            timetable(connection, now=NOW, policy=Policy())
            assert facts.is_frozen(connection, 2) is False
            assert facts.freeze_lifted(connection, 2) is False
            assert queries.looked_at(connection, 2) == {"comments", "posts"}
            recent = queries.last_complete(connection, 2)
            whole = queries.last_complete(connection, 2, ["all"])
            driver.set_progress_handler(None, 0)
        assert whole["comments"] <= recent["comments"]
        assert "posts" not in recent
        return count[0]

    looked(range(1000, 1100))
    few = steps()
    looked(range(1100, 6000))
    assert steps() < 1.5 * few

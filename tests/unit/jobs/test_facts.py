"""The facts that schedules need, from the tables."""

from __future__ import annotations

from pathlib import Path

from archiver.jobs.facts import channel_facts
from tests.unit.jobs.rig import NOW, Rig


def test_each_channel_by_its_newest_run(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.ended(2, NOW - 5)
    rig.ended(2, NOW - 9)
    with rig.database.read() as connection:
        known = channel_facts(connection)
    assert known.platforms == {1: "feed", 2: "wordpress"}
    new, old = known.facts
    assert (new.channel, new.last_full, new.schedule.deep) == (1, None, 3600)
    assert (old.channel, old.last_full, old.last_ended) == (2, NOW - 5, NOW - 5)

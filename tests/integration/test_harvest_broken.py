"""An answer that breaks off: the items that came whole are records of this run already."""

from __future__ import annotations

from pathlib import Path

from archiver.db import tables as t
from archiver.harvest.http import Limits
from tests.homes import make_home
from tests.integration.test_harvest_kill import rows_of, run
from tests.unit.harvest.web import answer, web


def test_the_whole_items_of_an_answer_that_broke_off_are_records(tmp_path: Path) -> None:
    items = "".join(f"<item><guid>{n}</guid><title>Snö {n}</title></item>" for n in range(20))
    whole = answer(f"<rss><channel>{items}</channel></rss>".encode())
    with web() as site:
        home = make_home(tmp_path)
        channel = home.add_channel("feed", site.url("/feed"), site.place)
        site.says("/feed", whole[:-60])
        told = home.harvest(channel, limits=Limits(interval=0, read_timeout=1))
        assert told.status.value == "gap"
        assert len(rows_of(home, t.record)) == 19
        assert len(rows_of(home, t.capture)) == 1
        site.says("/feed", whole)
        assert run(home, channel).count("created") == 1

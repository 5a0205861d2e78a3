"""A home whose channels are a script, and the worker over it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from archiver.core.disappearance import Policy
from archiver.core.plan import RunPlan
from archiver.core.ports import Harvested
from archiver.db import tables as t
from archiver.db.sqlite import SqliteDatabase
from archiver.harvest.timetable import timetable
from archiver.jobs.due import Known
from archiver.jobs.queue import DbosQueue

NOW = 1_795_000_000_000
OK = Harvested(exit_code=0, counts={"seen": 3})


@dataclass
class Rig:
    """A home with channels C1 (feed) and C2 (wordpress), both with an interval of an hour, and what
    the worker did. Time moves only when told."""

    home: Path
    now_ms: int = NOW
    set_back_ms: int = 0
    url: str = ""
    schema: str = "jobs"
    workers: int = 1
    answers: dict[int, list[Harvested | Exception]] = field(default_factory=dict)
    done: list[object] = field(default_factory=list)
    plans: list[RunPlan] = field(default_factory=list)
    indexed: list[int] = field(default_factory=list)
    slow: float = 0.0
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.database = SqliteDatabase(self.home / "db" / "projection.sqlite")
        self._lock = Lock()
        self._seq = 100
        self.url = self.url or f"sqlite:///{self.home / 'db' / 'jobs.sqlite'}"
        if not self.database.exists():
            with self.database.write() as connection:
                t.metadata.create_all(connection)
            self.add(1, "feed")
            self.add(2, "wordpress")
        self.queue = self.make()

    def add(self, seq: int, platform: str, interval: int = 3600) -> None:
        """A channel more."""
        row = {"seq": seq, "authority": 0, "platform": platform, "interval": interval}
        with self.database.write() as connection:
            connection.execute(t.channel.insert().values(row))

    def make(self) -> DbosQueue:
        """The queue, as a further process would make it."""
        return DbosQueue(
            home=self.home,
            database=self.database,
            url=self.url,
            schema=self.schema,
            clock=self,
            random=os.urandom,
            harvest_channel=self.harvest,
            catch_up=self.catch_up,
            facts=self.facts,
            workers=self.workers,
            tick=0.05,
        )

    def facts(self, connection: Connection) -> Known:
        return timetable(connection, now=self.now_ms, policy=Policy())

    def now(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        return (self.now_ms + self.set_back_ms) / 1000

    def set_back(self, milliseconds: int) -> None:
        """Somebody sets the wall clock."""
        self.now_ms -= milliseconds
        self.set_back_ms += milliseconds

    def ended(self, channel: int, at: int) -> None:
        """Note a run in the tables, as a harvest does."""
        with self._lock, self.database.write() as connection:
            self._seq += 1
            connection.execute(
                t.run.insert().values(
                    seq=self._seq, channel=channel, started=at, ended=at, outcome="complete",
                    scope="full", requests=0, seen=0, created=0, changed=0, unchanged=0, missing=0,
                )
            )  # fmt: skip

    def harvest(self, channel: int, plan: RunPlan) -> Harvested:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.done.append(channel)
            self.plans.append(plan)
            answer = self.answers.get(channel, [])
            result = answer.pop(0) if answer else OK
        try:
            time.sleep(self.slow)
            if isinstance(result, Exception):
                raise result
            self.ended(channel, self.now_ms)
            return result
        finally:
            with self._lock:
                self.at_once -= 1

    @property
    def harvested(self) -> list[int]:
        """Channels, in the order they were begun."""
        return [one for one in self.done if isinstance(one, int)]

    def catch_up(self, limit: int) -> int:
        assert limit > 0
        self.done.append("index")
        return self.indexed.pop() if self.indexed else 0

    def run(self, rounds: int = 2, seconds: float = 0.0) -> list[int]:
        """Let the worker work until there is nothing left to do, `rounds` times, `seconds` apart;
        what it harvested, sorted."""
        self.done.clear()
        left = [rounds]
        end = time.monotonic() + 60

        def wait(_seconds: float) -> None:
            assert time.monotonic() < end, "the worker does not come to rest"
            if self.queue.journal.open_jobs():
                time.sleep(0.01)
                return
            self.now_ms += int(seconds * 1000)
            left[0] -= 1
            self.queue._news.set()  # look at once

        self.queue.run(lambda: left[0] <= 0, wait)
        return sorted(self.harvested)

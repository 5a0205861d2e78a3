"""A home whose channels are a script, and the loop over it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from archiver.core.ports import Harvested
from archiver.db import tables as t
from archiver.db.operations import Operations
from archiver.db.sqlite import SqliteDatabase
from archiver.jobs.queue import LoopQueue

NOW = 1_795_000_000_000
OK = Harvested(exit_code=0, counts={"seen": 3})


@dataclass
class Rig:
    """A home with channels C1 and C2 (interval one hour), and what the loop did."""

    home: Path
    now_ms: int = NOW
    answers: dict[int, list[Harvested | Exception]] = field(default_factory=dict)
    done: list[object] = field(default_factory=list)
    indexed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = SqliteDatabase(self.home / "db" / "projection.sqlite")
        with self.database.write() as connection:
            t.metadata.create_all(connection)
            for seq in (1, 2):
                connection.execute(
                    t.channel.insert().values(seq=seq, authority=0, platform="demo", interval=3600)
                )
        self.operations = operations(self.home, self)
        self.requests = self.operations.requests
        self.queue = self.make()

    def make(self) -> LoopQueue:
        """The queue, as a further process would make it."""
        return LoopQueue(
            home=self.home,
            database=self.database,
            requests=self.requests,
            clock=self,
            harvest_channel=self.harvest,
            catch_up=self.catch_up,
        )

    def now(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        return self.now_ms / 1000

    def harvest(self, channel: int) -> Harvested:
        self.done.append(channel)
        answer = self.answers.get(channel, [])
        result = answer.pop(0) if answer else OK
        if isinstance(result, Exception):
            raise result
        return result

    def catch_up(self, limit: int) -> int:
        assert limit > 0
        self.done.append("index")
        return self.indexed.pop() if self.indexed else 0

    def run(self, rounds: int = 6, seconds: float = 0.0) -> list[object]:
        """Let the loop look `rounds` times, waiting `seconds` between; what it harvested."""
        self.done.clear()
        left = [rounds]

        def wait(_seconds: float) -> None:
            self.now_ms += int(seconds * 1000)
            left[0] -= 1

        self.queue.run(lambda: left[0] <= 0, wait)
        return [one for one in self.done if one != "index"]


def operations(home: Path, clock: object = None) -> Operations:
    class Now:
        def now(self) -> int:
            return NOW

        def monotonic(self) -> float:
            return 0.0

    used = clock if isinstance(clock, Rig) else Now()
    return Operations(
        SqliteDatabase(home / "db" / "operations.sqlite"), b"o" * 32, used, os.urandom
    )

"""The loop: what is asked for, what is due, what fails, who may work, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
import structlog

from archiver.core.ports import Harvested, JobQueue, RequestProgress
from archiver.db import tables as t
from archiver.db.engine import Database
from archiver.db.operations import Operations, RequestState
from archiver.errors import (
    HomeBusy,
    IntegrityError,
    NotFound,
    SourceUnavailable,
    StoreUnavailable,
)
from archiver.jobs import queue as queue_module
from archiver.jobs.queue import LoopQueue, follow, try_worker_lock, worker_lock, worker_runs

ROOT = Path(__file__).parents[3]
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
        self.database = Database(self.home / "db" / "projection.sqlite")
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
    return Operations(home / "db" / "operations.sqlite", b"o" * 32, used, os.urandom)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[dict[str, object]]]:
    with structlog.testing.capture_logs() as found:
        yield found  # type: ignore[misc]


def test_it_is_a_job_queue(rig: Rig) -> None:
    queue: JobQueue = rig.queue
    assert queue


def test_new_channels_at_once_then_each_hour(rig: Rig) -> None:
    assert rig.run() == [1, 2]
    assert rig.run(seconds=600) == []
    assert rig.run(rounds=3, seconds=600) == [1, 2]


def test_the_index_follows_every_channel_until_it_has_caught_up(rig: Rig) -> None:
    rig.indexed = [7, 7]
    rig.run(rounds=1)
    assert rig.done == ["index", "index", "index", 1, "index", 2, "index"]


def test_a_request_goes_first_and_says_how_far_it_is(rig: Rig) -> None:
    rig.answers[2] = [Harvested(exit_code=1, counts={"seen": 1, "missing": 2})]
    number = rig.queue.request_harvest([2, 1, 2])
    assert rig.run(rounds=1) == [2, 1]
    request = rig.requests.get(number)
    assert request.state is RequestState.DONE
    assert request.results == {
        2: {"seen": 1, "missing": 2, "exit_code": 1},
        1: {"seen": 3, "exit_code": 0},
    }
    assert (request.exit_code, request.finished_at) == (1, NOW)


def test_a_request_is_gone_on_with_by_the_next_worker(rig: Rig) -> None:
    number = rig.queue.request_harvest([1, 2])
    rig.answers[2] = [KeyboardInterrupt()]  # type: ignore[list-item]

    def die(channel: int) -> Harvested:
        if channel == 2:
            raise SystemExit
        return rig.harvest(channel)

    queue = rig.make()
    queue._harvest_channel = die
    with pytest.raises(SystemExit):
        queue.run(lambda: False)
    assert rig.requests.get(number).state is RequestState.RUNNING
    rig.answers.clear()
    assert rig.run(rounds=1)[0] == 2
    assert rig.requests.get(number).exit_code == 0


def test_a_failing_channel_stops_nothing_and_is_put_off(rig: Rig) -> None:
    rig.answers[1] = [RuntimeError("Ada Almgren said"), IntegrityError("x"), StoreUnavailable("y")]
    assert rig.run(rounds=1) == [1, 2]
    assert rig.run(rounds=5, seconds=10) == []
    assert rig.run(rounds=2, seconds=10) == [1]  # after a minute
    assert rig.run(rounds=3, seconds=39) == []
    assert rig.run(rounds=2, seconds=39) == [1]  # then two


def test_what_a_fault_said_is_not_logged(rig: Rig, logs: list[dict[str, object]]) -> None:
    rig.answers[1] = [RuntimeError("Ada Almgren said"), SourceUnavailable("Ada Almgren")]
    rig.run(rounds=3, seconds=60)
    assert "Ada" not in str(logs)
    (fault,) = [one for one in logs if one["event"] == "worker.fault"]
    assert (fault["error"], fault["channel"], fault["module"]) == (
        "RuntimeError",
        1,
        "test_queue.py",
    )


def test_the_platforms_wish_is_honoured(rig: Rig) -> None:
    rig.answers[1] = [SourceUnavailable("busy", retry_after=7200.0)]
    rig.answers[2] = [Harvested(exit_code=0, counts={}, retry_after=7200.0)]
    assert rig.run(rounds=1) == [1, 2]
    assert rig.run(rounds=12, seconds=595) == []
    assert rig.run(rounds=3, seconds=60) == [1, 2]


def test_a_request_overrides_the_waiting_and_says_why_it_failed(rig: Rig) -> None:
    rig.answers[1] = [SourceUnavailable("busy", retry_after=7200.0)] * 2
    rig.run(rounds=1)
    number = rig.queue.request_harvest([1, 99])
    rig.answers[99] = [NotFound("There is no channel C99.")]
    assert rig.run(rounds=1) == [1, 99]
    results = rig.requests.get(number).results
    assert results == {1: {"exit_code": 4}, 99: {"exit_code": 2}}
    assert rig.requests.get(number).exit_code == 1


def test_a_broken_database_does_not_end_the_loop(rig: Rig, logs: list[dict[str, object]]) -> None:
    rig.database.close()
    rig.database.path.write_bytes(b"no database" * 1000)
    assert rig.run(rounds=3) == []
    assert [one["code"] for one in logs if one["event"] == "worker.error"] == ["integrity"] * 3


def test_a_failing_index_does_not_stop_harvests(rig: Rig) -> None:
    def fail(_limit: int) -> int:
        raise HomeBusy("Another process is writing.")

    rig.queue._catch_up = fail
    assert rig.run(rounds=2) == [1, 2]


def test_stopping_is_between_channels(rig: Rig) -> None:
    rig.queue.run(lambda: len(rig.done) >= 2)
    assert rig.done == ["index", 1]
    assert not worker_runs(rig.home)


def test_a_clock_set_back_makes_no_busy_loop(rig: Rig) -> None:
    assert rig.run(rounds=1) == [1, 2]
    with rig.database.write() as connection:
        connection.execute(
            t.run.insert().values(
                seq=9, channel=1, started=NOW, ended=NOW, outcome="complete", requests=0, seen=0,
                created=0, changed=0, unchanged=0, missing=0,
            )
        )  # fmt: skip
    rig.now_ms = NOW - 10 * 3_600_000
    rig.queue = rig.make()
    assert rig.run(rounds=5) == [2, 1]


def test_old_requests_are_forgotten(rig: Rig) -> None:
    number = rig.queue.request_harvest([1])
    rig.run(rounds=1)
    rig.now_ms += 31 * 86_400_000
    rig.run(rounds=1)
    with pytest.raises(NotFound):
        rig.requests.get(number)
    assert rig.queue.request_harvest([1]) == number + 1


# --- the lock ------------------------------------------------------------------------------------


def test_a_second_worker_is_refused(rig: Rig) -> None:
    with worker_lock(rig.home):
        assert worker_runs(rig.home)
        assert try_worker_lock(rig.home) is None
        with pytest.raises(HomeBusy):
            rig.queue.run(lambda: False)
    assert not worker_runs(rig.home)
    lock = try_worker_lock(rig.home)
    assert lock
    lock.release()
    lock.release()


def test_looking_does_not_keep_a_worker_from_starting(rig: Rig) -> None:
    stop = Event()

    def look() -> None:
        while not stop.is_set():
            worker_runs(rig.home)

    thread = Thread(target=look)
    thread.start()
    try:
        for _ in range(20):
            lock = try_worker_lock(rig.home)
            assert lock
            lock.release()
    finally:
        stop.set()
        thread.join()


# --- over processes ------------------------------------------------------------------------------

WORKER = """
    import sys, time
    from pathlib import Path
    from threading import Event
    from archiver.core.ports import Harvested
    from archiver.jobs.queue import stop_on_signals
    from tests.unit.jobs.test_queue import Rig
    import archiver.db.tables as t
    home, slow = Path(sys.argv[1]), float(sys.argv[2])
    t.metadata.create_all = lambda *_: None
    class Other(Rig):
        def __post_init__(self):
            from archiver.db.engine import Database
            from tests.unit.jobs.test_queue import operations
            self.database = Database(self.home / "db" / "projection.sqlite")
            self.requests = operations(self.home, self).requests
            self.queue = self.make()
        def harvest(self, channel):
            print("harvesting", channel, flush=True)
            time.sleep(slow)
            print("harvested", channel, flush=True)
            return Harvested(exit_code=0, counts={"seen": channel})
    stop = Event()
    stop_on_signals(stop)
    print("started", flush=True)
    Other(home).queue.run(stop.is_set, stop.wait)
    print("stopped", flush=True)
"""


class Worker:
    """A worker in a process of its own."""

    def __init__(self, home: Path, slow: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WORKER), str(home), str(slow)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def until(self, line: str) -> None:
        """Read on to a line that the worker prints."""
        assert self.process.stdout
        for found in self.process.stdout:
            if found.strip() == line:
                return
        raise AssertionError(f"The worker ended before {line!r}.")


@pytest.fixture
def workers(rig: Rig) -> Iterator[Callable[[float], Worker]]:
    made: list[Worker] = []

    def make(slow: float) -> Worker:
        made.append(Worker(rig.home, slow))
        return made[-1]

    yield make
    for one in made:
        one.process.kill()
        one.process.wait()
        assert one.process.stdout
        one.process.stdout.close()


def test_a_request_is_followed_across_processes(
    rig: Rig, workers: Callable[[float], Worker]
) -> None:
    number = rig.queue.request_harvest([2, 1])
    workers(0.3)
    told: list[RequestProgress] = []
    assert rig.queue.follow(number, told.append) == 0
    assert told[0].results == {}
    assert told[-1].results == {2: {"seen": 2, "exit_code": 0}, 1: {"seen": 1, "exit_code": 0}}
    steps = [len(one.results) for one in told]
    assert steps == sorted(steps)


def test_kill_9_frees_the_lock_and_the_request_is_kept(
    rig: Rig, workers: Callable[[float], Worker]
) -> None:
    number = rig.queue.request_harvest([1, 2])
    first = workers(60.0)
    first.until("harvesting 1")
    assert try_worker_lock(rig.home) is None
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert not worker_runs(rig.home)
    with pytest.raises(StoreUnavailable, match="worker stopped"):
        follow(rig.requests, number, lambda _: None, home=rig.home, grace=0.3)
    workers(0.0)
    assert rig.queue.follow(number, lambda _: None) == 0


def test_the_first_signal_waits_for_the_channel(
    rig: Rig, workers: Callable[[float], Worker]
) -> None:
    worker = workers(0.5)
    worker.until("harvesting 1")
    worker.process.send_signal(signal.SIGTERM)
    worker.until("harvested 1")
    worker.until("stopped")
    assert worker.process.wait() == 0


def test_a_stop_does_not_wait_for_the_tick(
    rig: Rig, workers: Callable[[float], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = workers(0.0)
    worker.until("harvested 2")
    time.sleep(0.2)
    start = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait() == 0
    assert time.monotonic() - start < queue_module.TICK


def test_the_second_signal_ends_it_at_once(rig: Rig, workers: Callable[[float], Worker]) -> None:
    worker = workers(60.0)
    worker.until("harvesting 1")
    worker.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert worker.process.poll() is None
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(5) == 128 + signal.SIGTERM
    assert not worker_runs(rig.home)

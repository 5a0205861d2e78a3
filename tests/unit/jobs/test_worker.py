"""Who may work, over threads and processes: the lock, requests, signals, kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from archiver.core.ports import RequestProgress
from archiver.errors import HomeBusy, StoreUnavailable
from archiver.jobs.worker import try_worker_lock, worker_lock, worker_runs
from tests.unit.jobs.rig import Rig

ROOT = Path(__file__).parents[3]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


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
    from archiver.jobs.worker import stop_on_signals
    from tests.unit.jobs.rig import Rig
    home, slow = Path(sys.argv[1]), float(sys.argv[2])
    class Other(Rig):
        def harvest(self, channel, plan):
            print("harvesting", channel, flush=True)
            time.sleep(slow)
            print("harvested", channel, flush=True)
            self.ended(channel, self.now_ms)
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
            if found.startswith(line):
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


def test_kill_9_frees_the_lock_and_the_request_is_gone_on_with(
    rig: Rig, workers: Callable[[float], Worker]
) -> None:
    number = rig.queue.request_harvest([1, 2])
    first = workers(60.0)
    first.until("harvesting")
    assert try_worker_lock(rig.home) is None
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert not worker_runs(rig.home)
    with pytest.raises(StoreUnavailable, match="worker stopped"):
        rig.queue.follow(number, lambda _: None, grace=0.3)
    workers(0.0)
    assert rig.queue.follow(number, lambda _: None) == 0


def test_the_first_signal_waits_for_the_channel(
    rig: Rig, workers: Callable[[float], Worker]
) -> None:
    worker = workers(0.5)
    worker.until("harvesting")
    worker.process.send_signal(signal.SIGTERM)
    worker.until("harvested")
    worker.until("stopped")
    assert worker.process.wait() == 0


def test_a_stop_is_quick_when_nothing_runs(rig: Rig, workers: Callable[[float], Worker]) -> None:
    worker = workers(0.0)
    worker.until("harvested")
    worker.until("harvested")
    time.sleep(0.3)
    start = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait() == 0
    assert time.monotonic() - start < 4


def test_the_second_signal_ends_it_at_once(rig: Rig, workers: Callable[[float], Worker]) -> None:
    worker = workers(60.0)
    worker.until("harvesting")
    worker.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert worker.process.poll() is None
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(5) == 128 + signal.SIGTERM
    assert not worker_runs(rig.home)

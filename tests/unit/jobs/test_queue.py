"""The worker: what it harvests when, and what becomes of what fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
import structlog

from archiver.core.plan import EVERYTHING
from archiver.core.ports import Harvested
from archiver.errors import HomeBusy, IntegrityError, NotFound, SourceUnavailable, StoreUnavailable
from archiver.jobs.journal import JobState
from archiver.jobs.worker import worker_runs
from tests.unit.jobs.rig import NOW, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path)
    yield found
    found.queue.close()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[dict[str, object]]]:
    with structlog.testing.capture_logs() as found:
        yield found  # type: ignore[misc]


def test_new_channels_at_once_then_each_hour(rig: Rig) -> None:
    assert rig.run(rounds=3, seconds=1300) == [1, 2]  # 43 minutes
    assert rig.plans == [EVERYTHING] * 2
    assert rig.run(rounds=3, seconds=1300) == [1, 2]


def test_the_index_follows_until_it_has_caught_up(rig: Rig) -> None:
    rig.indexed = [7, 7]
    rig.run(rounds=1)
    first = rig.done.index(rig.harvested[0])
    assert rig.done[:first].count("index") >= 3
    assert rig.done[-1] == "index"


def test_a_failing_channel_stops_nothing_and_is_put_off(rig: Rig) -> None:
    rig.answers[1] = [RuntimeError("Ada Almgren said"), IntegrityError("x"), StoreUnavailable("y")]
    assert rig.run(rounds=6, seconds=10) == [1, 2]
    assert rig.run(rounds=2, seconds=10) == [1]  # after a minute
    assert rig.run(rounds=3, seconds=35) == []
    rig.queue.close()
    rig.queue = rig.make()  # a worker that starts anew is as patient
    assert rig.run(rounds=2, seconds=39) == [1]  # then two


def test_what_a_fault_said_is_nowhere(rig: Rig, logs: list[dict[str, object]]) -> None:
    rig.answers[1] = [RuntimeError("Ada Almgren said"), SourceUnavailable("Ada Almgren")]
    rig.run(rounds=3, seconds=60)
    assert "Ada" not in str(logs)
    (fault,) = [one for one in logs if one["event"] == "worker.fault"]
    assert (fault["error"], fault["channel"], fault["module"]) == ("RuntimeError", 1, "rig.py")
    rig.queue.close()
    written = b"".join(path.read_bytes() for path in (rig.home / "db").glob("jobs.sqlite*"))
    assert b"seen" in written
    assert b"Ada" not in written


def test_the_platforms_wish_is_honoured(rig: Rig) -> None:
    rig.answers[1] = [SourceUnavailable("busy", retry_after=7200.0)]
    rig.answers[2] = [Harvested(exit_code=0, counts={}, retry_after=7200.0)]
    assert rig.run(rounds=12, seconds=595) == [1, 2]
    assert rig.run(rounds=3, seconds=60) == [1, 2]


def test_a_request_overrides_the_waiting_and_says_why_it_failed(rig: Rig) -> None:
    rig.answers[1] = [SourceUnavailable("busy", retry_after=7200.0)] * 2
    rig.run(rounds=1)
    number = rig.queue.request_harvest([1, 99])
    rig.answers[99] = [NotFound("There is no channel C99.")]
    assert rig.run(rounds=1) == [1, 99]
    progress = rig.queue._progress(number)
    assert progress.results == {1: {"exit_code": 4}, 99: {"exit_code": 2}}
    assert progress.exit_code == 1


def test_a_broken_database_does_not_end_the_worker(rig: Rig, logs: list[dict[str, object]]) -> None:
    rig.database.close()
    rig.database.path.write_bytes(b"no database" * 1000)
    assert rig.run(rounds=3) == []
    assert [one["code"] for one in logs if one["event"] == "worker.error"] == ["integrity"] * 3


def test_a_failing_index_does_not_stop_harvests(rig: Rig) -> None:
    def fail(_limit: int) -> int:
        raise HomeBusy("Another process is writing.")

    rig.queue._catch_up = fail
    assert rig.run(rounds=1) == [1, 2]


def test_stopping_waits_for_the_channel_at_hand_and_begins_no_other(rig: Rig) -> None:
    rig.slow = 0.5
    rig.queue.run(lambda: bool(rig.harvested), Event().wait)
    (done,) = rig.harvested
    assert not worker_runs(rig.home)
    (left,) = rig.queue.journal.open_jobs()
    assert left.channel == 3 - done
    rig.slow = 0.0
    assert rig.run(rounds=1) == [3 - done]
    assert rig.queue.journal.newest(9)[0].state is JobState.DONE


def test_a_clock_set_back_makes_no_busy_loop(rig: Rig) -> None:
    assert rig.run(rounds=1) == [1, 2]
    rig.set_back(10 * 3_600_000)
    assert rig.run(rounds=3) == [1, 2]


def test_no_platform_keeps_all_workers(tmp_path: Path) -> None:
    rig = Rig(tmp_path, workers=2)
    rig.add(3, "feed")
    rig.add(4, "feed")
    rig.slow = 0.4
    rig.run(rounds=1)
    order = rig.harvested
    assert order.index(2) <= 1, order
    assert rig.most_at_once == 2
    rig.queue.close()


def test_a_channel_is_harvested_by_one_thread_at_a_time(tmp_path: Path) -> None:
    rig = Rig(tmp_path, workers=3)
    rig.slow = 0.3
    for _ in range(3):
        rig.queue.request_harvest([1])
    assert rig.run(rounds=1).count(1) == 3
    assert rig.most_at_once <= 2  # C2 beside it
    rig.queue.close()


def test_old_jobs_are_forgotten(rig: Rig) -> None:
    number = rig.queue.request_harvest([1])
    rig.run(rounds=1)
    assert len(rig.queue.journal.newest(9)) >= 2
    rig.queue.journal.forget(2 * NOW)
    assert rig.queue.journal.newest(9) == []
    with pytest.raises(NotFound):
        rig.queue.journal.of_request(number)


def test_what_counts_as_running_but_does_not_run_is_taken_up_again(
    rig: Rig, logs: list[dict[str, object]]
) -> None:
    rig.queue.journal.open_queue(1)
    rig.queue.request_harvest([2])
    with rig.queue.journal.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE workflow_status SET status = 'PENDING', executor_id = 'another',"
            " started_at_epoch_ms = 5"
        )
    assert 2 in rig.run(rounds=1)
    assert [one["jobs"] for one in logs if one["event"] == "worker.stale"] == [1]


def test_nobody_who_needs_no_queue_waits_for_it() -> None:
    code = "import sys, archiver.app; print('dbos' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_second_worker_is_refused(rig: Rig) -> None:
    stop, began = Event(), Event()

    def wait(seconds: float) -> None:
        began.set()
        stop.wait(seconds)

    thread = Thread(target=rig.queue.run, args=(stop.is_set, wait))
    thread.start()
    assert began.wait(20)
    try:
        with pytest.raises(HomeBusy):
            rig.make().run(lambda: False)
    finally:
        stop.set()
        thread.join()

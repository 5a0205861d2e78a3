"""The loop: what is asked for, what is due, what fails, and how it stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from archiver.core.ports import Harvested, JobQueue
from archiver.db import tables as t
from archiver.db.operations import RequestState
from archiver.errors import (
    HomeBusy,
    IntegrityError,
    NotFound,
    SourceUnavailable,
    StoreUnavailable,
)
from archiver.jobs.queue import worker_lock, worker_runs
from tests.unit.jobs.rig import NOW, Rig


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

    def die(channel: int) -> Harvested:
        if channel == 2:
            raise SystemExit
        return rig.harvest(channel)

    queue = rig.make()
    queue._harvest_channel = die
    with pytest.raises(SystemExit):
        queue.run(lambda: False)
    assert rig.requests.get(number).state is RequestState.RUNNING
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
        "rig.py",
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
                seq=9, channel=1, started=NOW, ended=NOW, outcome="complete", scope="full",
                requests=0, seen=0, created=0, changed=0, unchanged=0, missing=0,
            )
        )  # fmt: skip
    rig.now_ms = NOW - 10 * 3_600_000
    rig.queue = rig.make()
    assert sorted(rig.run(rounds=5)) == [1, 2]  # type: ignore[type-var]


def test_a_command_that_is_the_worker_for_a_moment_drains_all_requests(rig: Rig) -> None:
    other, mine = rig.queue.request_harvest([2]), rig.queue.request_harvest([1])
    with worker_lock(rig.home):
        rig.queue.drain()
    assert rig.done == [2, "index", 1, "index", "index"]
    assert [rig.requests.get(n).exit_code for n in (other, mine)] == [0, 0]
    assert rig.queue.follow(mine, lambda _: None) == 0


def test_old_requests_are_forgotten(rig: Rig) -> None:
    number = rig.queue.request_harvest([1])
    rig.run(rounds=1)
    rig.now_ms += 31 * 86_400_000
    rig.run(rounds=1)
    with pytest.raises(NotFound):
        rig.requests.get(number)
    assert rig.queue.request_harvest([1]) == number + 1

"""What every `JobQueue` promises, over SQLite and a real PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from archiver.core.plan import EVERYTHING
from archiver.core.ports import Harvested, JobQueue, RequestProgress
from archiver.errors import HomeBusy, NotFound, StoreUnavailable
from tests.unit.jobs.rig import Rig


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Rig]:
    """A rig over each kind of database; every call is another process's view of the same home."""
    url = request.getfixturevalue("postgres").url() if request.param == "postgresql" else ""
    schema = f"jobs_{abs(hash(tmp_path))}"
    return lambda **values: Rig(tmp_path, url=url, schema=schema, **values)


@pytest.fixture
def rig(make: Callable[..., Rig]) -> Iterator[Rig]:
    found = make()
    yield found
    found.queue.close()


@pytest.fixture
def worker(make: Callable[..., Rig]) -> Iterator[Rig]:
    """A worker at work in another thread, with objects of its own."""
    one, stop = make(workers=2), Event()
    thread = Thread(target=one.queue.run, args=(stop.is_set, stop.wait))
    thread.start()
    yield one
    stop.set()
    thread.join()
    one.queue.close()


def test_it_is_a_job_queue(rig: Rig) -> None:
    queue: JobQueue = rig.queue
    assert queue


def test_a_request_is_followed_to_its_end(rig: Rig, worker: Rig) -> None:
    worker.answers[2] = [Harvested(exit_code=1, counts={"seen": 1, "missing": 2})] * 2
    worker.slow = 0.2
    told: list[RequestProgress] = []
    number = rig.queue.request_harvest([2, 1, 2])
    assert rig.queue.follow(number, told.append) == 1
    assert told[-1] == RequestProgress(
        request=number,
        channels=(2, 1),
        results={2: {"seen": 1, "missing": 2, "exit_code": 1}, 1: {"seen": 3, "exit_code": 0}},
        exit_code=1,
    )
    steps = [len(one.results) for one in told]
    assert steps == sorted(steps)
    assert rig.queue.follow(number, told.append) == 1  # again: at once
    assert set(worker.plans) == {EVERYTHING}


def test_what_is_asked_for_comes_before_what_is_due(rig: Rig) -> None:
    for seq in range(10, 16):
        rig.add(seq, "feed")
    number = rig.queue.request_harvest([15, 14, 13])
    rig.run(rounds=1)
    assert rig.harvested[:3] == [15, 14, 13]
    assert sorted(rig.harvested[3:]) == [1, 2, 10, 11, 12]  # and the others, once
    assert rig.queue.follow(number, lambda _: None) == 0


def test_two_who_ask_are_both_answered(rig: Rig, make: Callable[..., Rig]) -> None:
    other = make()
    first, second = rig.queue.request_harvest([1]), other.queue.request_harvest([1])
    assert first != second
    assert rig.run(rounds=1).count(1) == 2
    assert [other.queue.follow(one, lambda _: None) for one in (first, second)] == [0, 0]
    other.queue.close()


def test_nothing_asked_is_done_at_once(rig: Rig) -> None:
    told: list[RequestProgress] = []
    assert rig.queue.follow(rig.queue.request_harvest([]), told.append) == 0
    assert told[0].channels == ()


def test_what_nobody_asked_for_is_not_found(rig: Rig) -> None:
    with pytest.raises(NotFound, match="request 4711"):
        rig.queue.follow(4711, lambda _: None)


def test_a_request_is_kept_while_there_is_no_worker(rig: Rig) -> None:
    number = rig.queue.request_harvest([1])
    with pytest.raises(StoreUnavailable, match="worker stopped"):
        rig.queue.follow(number, lambda _: None, grace=0.3)
    assert rig.run(rounds=1) == [1, 2]
    assert rig.queue.follow(number, lambda _: None) == 0


def test_a_cancelled_request_begins_nothing_more(rig: Rig) -> None:
    rig.queue.journal.open_queue(1)
    number = rig.queue.request_harvest([1, 2])
    rig.queue.cancel(number)
    rig.queue.cancel(number)
    for seq in (1, 2):
        rig.ended(seq, rig.now_ms)
    assert rig.run(rounds=1) == []
    told: list[RequestProgress] = []
    assert rig.queue.follow(number, told.append) == 1
    assert told[-1].results == {1: {"exit_code": 1}, 2: {"exit_code": 1}}


def test_only_numbers_are_kept_of_a_run(rig: Rig) -> None:
    rig.answers[1] = [Harvested(exit_code=0, counts={"text": "Ada Almgren"})]  # type: ignore[dict-item]
    number = rig.queue.request_harvest([1])
    rig.run(rounds=1)
    told: list[RequestProgress] = []
    assert rig.queue.follow(number, told.append) == 2
    assert "Ada" not in str(told)


def test_a_second_worker_is_refused(worker: Rig, rig: Rig) -> None:
    number = rig.queue.request_harvest([1])
    rig.queue.follow(number, lambda _: None)  # it is at work by now
    with pytest.raises(HomeBusy):
        rig.queue.run(lambda: False)


def test_nothing_is_printed(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    rig.run(rounds=1)
    logging.getLogger("dbos").error("postgresql://role:secret@host failed")
    said = capfd.readouterr()
    assert "secret" not in said.out + said.err
    assert "console.dbos.dev" not in said.out + said.err
    assert "Initializing DBOS" not in said.out + said.err

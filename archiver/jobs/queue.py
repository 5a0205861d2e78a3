"""The plain loop: one worker per home harvests what is asked for and what is due, one channel at a
time, and keeps the index up to date.

Invariants: whoever works holds `lock/worker`; a failing channel is put off and stops nothing; a
request that a dead worker left is gone on with by the next one; stopping waits for the channel at
hand, never longer. What a channel's harvest did is in the log; here are numbers and counts only.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import Event
from types import FrameType

import structlog

from archiver.core.ports import Clock, Harvested, RequestProgress
from archiver.db import queries
from archiver.db.engine import Database
from archiver.db.operations import HarvestRequest, Requests
from archiver.errors import DiarkivError, HomeBusy, SourceUnavailable, StoreUnavailable
from archiver.jobs.due import ChannelFacts, due, overall, put_off
from archiver.jobs.schedule import interval as every

TICK = 2.0  # seconds between looks
KEEP_REQUESTS = 30 * 86_400_000  # milliseconds
_BATCH = 1000
_TRIES, _BETWEEN_TRIES = 10, 0.05
_POLL = 0.2
_GRACE = 10.0  # seconds a request is followed while no worker is there
_FAILED = frozenset({2, 3, 4, 5})
_UNEXPECTED = 2
_log = structlog.get_logger(__name__)

Harvest = Callable[[int], Harvested]


# --- the worker's lock ---------------------------------------------------------------------------


class WorkerLock:
    """`lock/worker`, held until `release` or the end of the process, however it ends."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file

    def __enter__(self) -> WorkerLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let another process be the worker."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def try_worker_lock(home: Path) -> WorkerLock | None:
    """Become the home's worker; None if there is one. Tries for half a second, since somebody who
    only looks (`worker_runs`) holds the lock for an instant."""
    file = _open_lock(home)
    for n in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if n + 1 < _TRIES:
                time.sleep(_BETWEEN_TRIES)
        else:
            return WorkerLock(file)
    os.close(file)
    return None


def worker_lock(home: Path) -> WorkerLock:
    """Become the home's worker; `HomeBusy` if there is one."""
    lock = try_worker_lock(home)
    if lock is None:
        raise HomeBusy(
            "This home has a worker already.",
            remedy="`diarkiv harvest` leaves it a request; or stop it first.",
        )
    return lock


def worker_runs(home: Path) -> bool:
    """Whether some process is the home's worker right now."""
    file = _open_lock(home)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _open_lock(home: Path) -> int:
    try:
        (home / "lock").mkdir(parents=True, exist_ok=True)
        return os.open(home / "lock" / "worker", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"The worker's lock cannot be opened: {error.strerror}.",
            remedy="Give this user write access to the home folder.",
        ) from error


# --- asking and following ------------------------------------------------------------------------


def request_harvest(requests: Requests, channels: Collection[int], *, at: int) -> int:
    """Leave a request for the worker (`at`: now, milliseconds UTC); its number."""
    return requests.add(channels, at)


def follow(
    requests: Requests,
    request: int,
    progress: Callable[[RequestProgress], None],
    *,
    home: Path,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    grace: float = _GRACE,
) -> int:
    """Wait until a request is done; its exit code. `progress` is told at first and at each step.

    `StoreUnavailable` if no worker was there for `grace` seconds: the request is kept.
    """
    told: RequestProgress | None = None
    alone_since: float | None = None
    while True:
        alone = not worker_runs(home)  # before reading: a worker may finish and leave in between
        now = _progress(requests.get(request))
        if now != told:
            progress(now)
            told = now
        if now.exit_code is not None:
            return now.exit_code
        if not alone:
            alone_since = None
        elif alone_since is None:
            alone_since = monotonic()
        elif monotonic() - alone_since >= grace:
            raise StoreUnavailable(
                "The worker stopped before the request was done.",
                remedy="Start it again with `diarkiv worker`: it goes on with the request.",
            )
        sleep(_POLL)


def _progress(request: HarvestRequest) -> RequestProgress:
    return RequestProgress(
        request=request.id,
        channels=request.channels,
        results=request.results,
        exit_code=request.exit_code,
    )


# --- stopping ------------------------------------------------------------------------------------


def stop_on_signals(stop: Event) -> None:
    """SIGTERM and SIGINT set `stop`; the second one ends the process at once. What is in the log by
    then is whole, whatever was going on. Main thread only."""

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


# --- the loop ------------------------------------------------------------------------------------


class LoopQueue:
    """The `JobQueue` without a queue server: the tables say what is due.

    `harvest_channel` harvests one channel by number and raises a `DiarkivError` where it cannot;
    `catch_up` is the indexer's: it takes a batch size and returns 0 when nothing is left.
    """

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        requests: Requests,
        clock: Clock,
        harvest_channel: Harvest,
        catch_up: Callable[[int], int],
        tick: float = TICK,
    ) -> None:
        self._home = home
        self._database = database
        self._requests = requests
        self._clock = clock
        self._harvest_channel = harvest_channel
        self._catch_up = catch_up
        self._tick = tick
        self._failures: dict[int, int] = {}
        self._parked: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def request_harvest(self, channels: Collection[int]) -> int:
        """See `JobQueue`."""
        return request_harvest(self._requests, channels, at=self._clock.now())

    def follow(self, request: int, progress: Callable[[RequestProgress], None]) -> int:
        """See `JobQueue`."""
        return follow(self._requests, request, progress, home=self._home)

    def run(self, stop: Callable[[], bool], wait: Callable[[float], object] = time.sleep) -> None:
        """Work until `stop()` is true, which is asked between channels. `wait` sleeps that many
        seconds, or less: `Event.wait` lets a signal cut it short. `HomeBusy` if there is a
        worker."""
        with worker_lock(self._home):
            _log.info("worker.started", pid=os.getpid())
            self._guarded("prune", self._prune)
            while not stop():
                self._guarded("index", lambda: self._index(stop))
                if not self._guarded("look", lambda: self._step(stop)) and not stop():
                    wait(self._tick)
            _log.info("worker.stopped", pid=os.getpid())

    def drain(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Carry out every request that waits and bring the index up to date, then return: for a
        command that is the worker for a moment. The caller holds the worker's lock."""
        while not stop() and (request := self._requests.next()) is not None:
            self._carry_out(request, stop)
        self._guarded("index", lambda: self._index(stop))

    # --- inside ------------------------------------------------------------------------------

    def _step(self, stop: Callable[[], bool]) -> bool:
        """Do what was asked for, or else the one channel that is due longest; False if there was
        nothing to do."""
        request = self._requests.next()
        if request is not None:
            self._carry_out(request, stop)
            return True
        waiting = due(self._clock.now(), self._facts())
        if waiting:
            self._harvest(waiting[0].channel)
        return bool(waiting)

    def _facts(self) -> list[ChannelFacts]:
        with self._database.read() as connection:
            intervals = queries.channel_intervals(connection)
            ended = queries.last_runs(connection)
        # What this process saw comes first: a clock set back leaves newer ends in the tables.
        ended |= self._ended
        return [
            ChannelFacts(
                channel=channel,
                schedule=every(interval),
                last_full=ended.get(channel),
                last_ended=ended.get(channel),
                parked_until=self._parked.get(channel, 0),
            )
            for channel, interval in intervals.items()
        ]

    def _carry_out(self, request: HarvestRequest, stop: Callable[[], bool]) -> None:
        """The rest of a request, channel by channel; what was done before is not done again."""
        results = dict(request.results)
        for channel in request.channels:
            if channel in results:
                continue
            if stop():
                return
            self._requests.record(request.id, results)
            harvested = self._harvest(channel)
            results[channel] = {**harvested.counts, "exit_code": harvested.exit_code}
            self._guarded("index", lambda: self._index(stop))
        code = overall([counts["exit_code"] for counts in results.values()])
        self._requests.finish(request.id, results, exit_code=code, at=self._clock.now())

    def _harvest(self, channel: int) -> Harvested:
        """One channel; whatever goes wrong is said and puts the channel off."""
        try:
            harvested = self._harvest_channel(channel)
            self._ended[channel] = self._clock.now()
        except DiarkivError as error:
            retry = error.retry_after if isinstance(error, SourceUnavailable) else None
            _log.warning("worker.failed", channel=channel, code=error.code)
            harvested = Harvested(exit_code=error.exit_code, counts={}, retry_after=retry)
        except Exception as error:  # noqa: BLE001 a fault of one connector must not stop the rest
            _log.error("worker.fault", channel=channel, **_where(error))
            harvested = Harvested(exit_code=_UNEXPECTED, counts={})
        self._settle(channel, harvested)
        return harvested

    def _settle(self, channel: int, harvested: Harvested) -> None:
        """Count failures in a row and put the channel off. A run that ended, badly or not, has its
        interval to wait as well; an attempt that ended in an error only this."""
        failed = harvested.exit_code in _FAILED
        self._failures[channel] = self._failures.get(channel, 0) + 1 if failed else 0
        wait = put_off(self._failures[channel], harvested.retry_after)
        self._parked[channel] = self._clock.now() + int(wait * 1000)
        _log.info(
            "worker.harvested",
            channel=channel,
            exit_code=harvested.exit_code,
            parked_seconds=int(wait),
            counts=dict(harvested.counts),
        )

    def _index(self, stop: Callable[[], bool]) -> None:
        while not stop() and self._catch_up(_BATCH):
            pass

    def _prune(self) -> None:
        self._requests.prune(self._clock.now() - KEEP_REQUESTS)

    def _guarded(self, what: str, work: Callable[[], object]) -> bool:
        """Do something that the loop outlives; False if there was nothing to do, or it failed."""
        try:
            return bool(work())
        except DiarkivError as error:
            _log.error("worker.error", doing=what, code=error.code)
        except Exception as error:  # noqa: BLE001 the archive goes on being harvested
            _log.error("worker.fault", doing=what, **_where(error))
        return False


def _where(error: Exception) -> Mapping[str, str | int]:
    """A fault's kind and place: its words may quote what was harvested."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    code = at.tb_frame.f_code if at is not None else None
    return {
        "error": type(error).__name__,
        "module": Path(code.co_filename).name if code else "",
        "line": at.tb_lineno if at is not None else 0,
    }

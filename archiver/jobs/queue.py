"""The worker: harvests what is asked for and what is due, a few channels at a time, and keeps the
index up to date. It is the `JobQueue`, over the journal of jobs.

Invariants: whoever works holds `lock/worker`; a channel is harvested by one thread at a time; one
that fails is put off and stops nothing; what a dead worker left is gone on with by the next one;
what was scheduled is looked at again before it begins, so that nothing is harvested twice for one
slot; stopping waits for the channels at hand, never longer. What a harvest did is in the log; here
are numbers and counts only.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from archiver.core.plan import RunPlan
from archiver.core.ports import Clock, Harvested, Random, RequestProgress
from archiver.db import queries
from archiver.db.engine import Database
from archiver.errors import DiarkivError, SourceUnavailable, StoreUnavailable
from archiver.jobs.due import Known, due, overall
from archiver.jobs.patience import FAILURES, PARKED_UNTIL, Patience
from archiver.jobs.turn import whose_turn
from archiver.jobs.worker import worker_lock, worker_runs

if TYPE_CHECKING:  # it takes most of a second: who needs no queue does not wait for it
    from archiver.jobs.journal import Job, Journal

TICK = 2.0  # seconds between looks
KEEP_JOBS = 30 * 86_400_000  # milliseconds
_DAY = 86_400.0
_BATCH = 1000
_POLL = 0.2
_GRACE = 10.0  # seconds a request is followed while no worker is there
_STALE = 60.0  # seconds after which a job that runs nowhere is taken up again
_REMEMBERED = 1000  # newest jobs that a new worker reads
_SLICE = 0.1
_PARTIAL, _UNEXPECTED = 1, 2
_INTERNAL = frozenset({FAILURES, PARKED_UNTIL})
_log = structlog.get_logger(__name__)

Harvest = Callable[[int, RunPlan], Harvested]


class DbosQueue:
    """The `JobQueue`: DBOS keeps the jobs, `due` says when, `harvest_channel` does them.

    `harvest_channel` harvests one channel by number and raises a `DiarkivError` where it cannot; it
    is called from `workers` threads at once. `catch_up` is the indexer's: it takes a batch size and
    returns 0 when nothing is left; it is called from the thread of `run` only. `url` is the
    database of jobs (`sqlite:///…`, or `postgresql://…` in `schema`). `facts` reads what schedules
    need. Asking, following and cancelling work from any process, `run` in the home's one worker.
    """

    def __init__(
        self,
        *,
        home: Path,
        database: Database,
        url: str,
        clock: Clock,
        random: Random,
        harvest_channel: Harvest,
        catch_up: Callable[[int], int],
        facts: Callable[[Connection], Known],
        workers: int = 2,
        tick: float = TICK,
        schema: str = "jobs",
    ) -> None:
        self._home = home
        self._database = database
        self._url, self._schema = url, schema
        self._clock = clock
        self._random = random
        self._harvest_channel = harvest_channel
        self._catch_up = catch_up
        self._workers = workers
        self._tick = tick
        self._facts = facts
        self._journal: Journal | None = None
        self._patience = Patience(clock)
        self._at_work: set[str] = set()
        self._channel_locks: defaultdict[int, Lock] = defaultdict(Lock)
        self._news = Event()
        self._stopping: Callable[[], bool] = lambda: False
        self._swept = self._pruned = float("-inf")

    @property
    def journal(self) -> Journal:
        """The journal of jobs, opened when first needed."""
        if self._journal is None:
            from archiver.jobs.journal import Journal

            self._journal = Journal(self._url, schema=self._schema)
        return self._journal

    def close(self) -> None:
        """Close the journal's connections."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # --- asking and following ----------------------------------------------------------------

    def request_harvest(self, channels: Collection[int]) -> int:
        """See `JobQueue`."""
        request = 1 + int.from_bytes(self._random(6))
        with self._database.read() as connection:
            platforms = queries.platforms(connection)
        for turn, channel in enumerate(dict.fromkeys(channels)):
            self.journal.add(channel, platforms.get(channel, ""), request, turn=turn)
        return request if channels else 0

    def cancel(self, request: int) -> None:
        """See `JobQueue`."""
        ids = [job.id for job in self.journal.of_request(request) if job.is_open]
        if ids:
            self.journal.cancel(ids)

    def follow(
        self,
        request: int,
        progress: Callable[[RequestProgress], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        grace: float = _GRACE,
    ) -> int:
        """See `JobQueue`. `StoreUnavailable` if no worker was there for `grace` seconds: the
        request is kept."""
        told: RequestProgress | None = None
        alone_since: float | None = None
        while True:
            alone = not worker_runs(self._home)  # before reading: a worker may finish and leave
            now = self._progress(request)
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

    def _progress(self, request: int) -> RequestProgress:
        jobs = self.journal.of_request(request) if request else []
        results = {job.channel: _outcome(job) for job in jobs if not job.is_open}
        code = overall([counts["exit_code"] for counts in results.values()])
        return RequestProgress(
            request=request,
            channels=tuple(job.channel for job in jobs),
            results=results,
            exit_code=code if len(results) == len(jobs) else None,
        )

    # --- working -----------------------------------------------------------------------------

    def run(self, stop: Callable[[], bool], wait: Callable[[float], object] = time.sleep) -> None:
        """Work until `stop()` is true. `wait` sleeps that many seconds, or less: `Event.wait` lets
        a signal cut it short. `HomeBusy` if there is a worker."""
        with worker_lock(self._home):
            from archiver.jobs.journal import working

            self._stopping = stop
            newest = self.journal.newest(_REMEMBERED)
            self._patience.take_up((job.channel, job.result) for job in newest if job.result)
            _log.info("worker.started", pid=os.getpid(), workers=self._workers)
            with working(self.journal, self._carry_out, workers=self._workers):
                while not stop():
                    self._news.clear()
                    self._guarded("index", lambda: self._index(stop))
                    self._guarded("look", self._look)
                    self._pause(stop, wait)
            self._guarded("index", lambda: self._index(lambda: False))
            _log.info("worker.stopped", pid=os.getpid())

    def _pause(self, stop: Callable[[], bool], wait: Callable[[float], object]) -> None:
        """Until the next look: a tick, or until a job is done."""
        until = time.monotonic() + self._tick
        while not stop() and not self._news.is_set() and (left := until - time.monotonic()) > 0:
            wait(min(left, _SLICE))

    def _look(self) -> None:
        """Make jobs of what is due, take up what is stale, forget what is old."""
        if time.monotonic() - self._pruned > _DAY:
            self._pruned = time.monotonic()
            self.journal.forget(self._clock.now() - KEEP_JOBS)
        jobs = self.journal.open_jobs()
        self._sweep(jobs)
        known = self._known()
        found = due(self._clock.now(), known.facts)
        for channel in whose_turn(found, jobs, known.platforms, self._workers):
            self.journal.add(channel, known.platforms[channel])

    def _known(self) -> Known:
        with self._database.read() as connection:
            known = self._facts(connection)
        return known._replace(facts=self._patience.with_what_was_seen(known.facts))

    def _sweep(self, jobs: Collection[Job]) -> None:
        """Take up again what counts as running, but does not run here, and so nowhere: between
        being claimed and being begun a job can get lost."""
        if time.monotonic() - self._swept < _STALE:
            return
        self._swept = time.monotonic()
        old = self._clock.now() - int(_STALE * 1000)
        stale = [
            job.id
            for job in jobs
            if not job.waits and job.id not in self._at_work and (job.began_at or 0) < old
        ]
        if stale:
            _log.warning("worker.stale", jobs=len(stale))
            self.journal.resume(stale)

    # --- one job, in a thread of DBOS --------------------------------------------------------

    def _carry_out(self, job: Job) -> Mapping[str, int]:
        """Harvest a job's channel; ids, codes and counts of what came of it."""
        from archiver.jobs.journal import LeftForLater

        self._at_work.add(job.id)
        try:
            with self._channel_locks[job.channel]:
                if self._stopping():
                    raise LeftForLater
                plan = RunPlan() if job.request is not None else self._plan(job.channel)
                if plan is None:
                    return {"skipped": 1}
                return self._harvest(job.channel, plan)
        except Exception as error:  # noqa: BLE001 its words must not reach the journal
            _log.error("worker.fault", channel=job.channel, **_where(error))
            return {"exit_code": _UNEXPECTED}
        finally:
            self._at_work.discard(job.id)
            self._news.set()

    def _plan(self, channel: int) -> RunPlan | None:
        """What is due of a channel now; None if it is not due any more: a request came first, or
        the harvest this job is for was done just before its worker died."""
        facts = [one for one in self._known().facts if one.channel == channel]
        found = due(self._clock.now(), facts)
        return found[0].plan if found else None

    def _harvest(self, channel: int, plan: RunPlan) -> Mapping[str, int]:
        """One channel; whatever goes wrong is said and puts the channel off."""
        ended = False
        try:
            harvested = self._harvest_channel(channel, plan)
            ended = True
        except DiarkivError as error:
            retry = error.retry_after if isinstance(error, SourceUnavailable) else None
            _log.warning("worker.failed", channel=channel, code=error.code)
            harvested = Harvested(exit_code=error.exit_code, counts={}, retry_after=retry)
        except Exception as error:  # noqa: BLE001 a fault of one connector must not stop the rest
            _log.error("worker.fault", channel=channel, **_where(error))
            harvested = Harvested(exit_code=_UNEXPECTED, counts={})
        note = self._patience.settle(channel, harvested, ended=ended)
        _log.info(
            "worker.harvested",
            channel=channel,
            exit_code=harvested.exit_code,
            counts=dict(harvested.counts),
            **note,
        )
        return {**harvested.counts, "exit_code": harvested.exit_code, **note}

    # --- the index ---------------------------------------------------------------------------

    def _index(self, stop: Callable[[], bool]) -> None:
        while not stop() and self._catch_up(_BATCH):
            pass

    def _guarded(self, what: str, work: Callable[[], object]) -> None:
        """Do something that the worker outlives, if it fails."""
        try:
            work()
        except DiarkivError as error:
            _log.error("worker.error", doing=what, code=error.code)
        except Exception as error:  # noqa: BLE001 the archive goes on being harvested
            _log.error("worker.fault", doing=what, **_where(error))


def _outcome(job: Job) -> Mapping[str, int]:
    """Counts and exit code of a job that is over, whichever way."""
    if job.result is not None:
        return {name: value for name, value in job.result.items() if name not in _INTERNAL}
    return {"exit_code": _PARTIAL if job.is_cancelled else _UNEXPECTED}


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

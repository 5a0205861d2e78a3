"""The journal of jobs, kept by DBOS: what was asked for, what runs, what came of it.

The only module that knows DBOS; it takes most of a second to import, so whoever needs no queue does
not import this one. What is journalled is ids, codes and counts: a job is a channel's number, its
result a dictionary of integers, written as JSON. Invariants: a job that was added is not lost
(`resume`, and the worker's own recovery); a result is recorded once; what DBOS logs names neither
addresses nor values. Nothing here reaches out: no Conductor, no telemetry, no server.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions
from dbos import WorkflowStatus as Row
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from archiver.errors import NotFound, StoreUnavailable
from archiver.jobs.turn import share_of

_NAME = "diarkiv"
_QUEUE = "harvest"
_WORKER = "worker"  # a home has one, always of this name: it recovers what it left behind
_VERSION = "1"  # of what a job's arguments mean; a new release that means the same keeps it
# A job whose worker died that often is given up. Many, since a job may be the one at work each time
# that a machine dies for reasons of its own; not without end, since a job may be the reason.
_TRIES = 50
_POLL = 0.1  # seconds between two looks of DBOS at the queue
_LISTEN = 0.5  # seconds; jobs tell each other nothing, but stopping waits for one look
_POOL = 10
_LAST_WAIT = 4 * 3600  # seconds that stopping waits for what runs
_ASKED, _SCHEDULED = 1, 1_000_000  # priorities: lower comes first
_BATCH = 500
_log = structlog.get_logger(__name__)

Result: TypeAlias = Mapping[str, int]
Work: TypeAlias = Callable[["Job"], Result]


class JobState(StrEnum):
    """Where a job stands. `LOST`: its worker died too often, or it could not be run at all."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    LOST = "lost"


_STATES = {
    "DELAYED": JobState.WAITING,
    "ENQUEUED": JobState.WAITING,
    "PENDING": JobState.RUNNING,
    "SUCCESS": JobState.DONE,
    "CANCELLED": JobState.CANCELLED,
}
_OPEN = ["ENQUEUED", "PENDING", "DELAYED"]
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One harvest of one channel. `request`: the request it is part of, None for scheduled ones;
    `platform`: its partition of the queue; `began_at`: when it was last taken up, milliseconds UTC;
    `result`: names and integers, None until it is done."""

    id: str
    channel: int
    request: int | None
    platform: str = ""
    state: JobState = JobState.WAITING
    began_at: int | None = None
    result: Result | None = None

    @property
    def waits(self) -> bool:
        """Whether nobody has begun it yet."""
        return self.state is JobState.WAITING

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def is_cancelled(self) -> bool:
        return self.state is JobState.CANCELLED


def job_id(channel: int, request: int | None, mark: str) -> str:
    """`C17/mark`, or `R5/C17`: what is asked for once per request has one identity."""
    return f"C{channel}/{mark}" if request is None else f"R{request}/C{channel}"


def _job(row: Row) -> Job:
    first, _, rest = row.workflow_id.partition("/")
    request = int(first[1:]) if first.startswith("R") else None
    channel = int(first[1:]) if request is None else int(rest[1:])
    done = row.status == "SUCCESS" and isinstance(row.output, dict)
    return Job(
        id=row.workflow_id,
        channel=channel,
        request=request,
        platform=row.queue_partition_key or "",
        state=_STATES.get(row.status, JobState.LOST),
        began_at=row.dequeued_at,
        result=row.output if done else None,
    )


# --- the database --------------------------------------------------------------------------------


def _engine(url: str) -> Engine:
    """Connections as DBOS wants them (a SQLite transaction that writes begins IMMEDIATE), durable
    as ours are, and with no value in an error's text."""
    if not url.startswith("sqlite"):
        address = make_url(url).set(drivername="postgresql+psycopg")
        return create_engine(
            address, hide_parameters=True, pool_size=_POOL, pool_pre_ping=True, pool_timeout=30
        )
    path = Path(make_url(url).database or "")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, isolation_level="IMMEDIATE", timeout=30, check_same_thread=False
        )
        path.chmod(0o600)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    return create_engine(
        "sqlite+pysqlite://",
        hide_parameters=True,
        creator=connect,
        poolclass=QueuePool,
        pool_size=_POOL,
        max_overflow=0,
    )


class _Forward(logging.Handler):
    """DBOS's warnings and errors, by their place alone: their words may quote addresses."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        _log.warning("jobs.dbos", module=record.module, line=record.lineno, error=error)


def _quiet() -> None:
    """Keep DBOS from printing: with a handler of ours it adds none of its own."""
    logger = logging.getLogger("dbos")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    if not any(isinstance(one, _Forward) for one in logger.handlers):
        logger.addHandler(_Forward())


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreUnavailable(
            f"The database of jobs cannot be used: {type(error).__name__}.",
            remedy="Check its access rights and that it is there. Nothing in the archive hangs on "
            "it: without it, what is due is harvested, what was asked for must be asked again.",
        ) from None


class Journal:
    """The jobs of a home, for any process: adding, looking, cancelling."""

    def __init__(self, url: str, *, schema: str) -> None:
        """Open the journal at `url` (`sqlite:///…`, or `postgresql://…` in `schema`), made or
        brought up to date if need be. `StoreUnavailable` if that cannot be done."""
        _quiet()
        if url.startswith("sqlite"):
            Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
        self.schema = schema
        with _explained():
            self.engine = _engine(url)
            self.engine.connect().close()
            DBOS.migrate(url, schema=schema)
            self._client = DBOSClient(
                system_database_engine=self.engine,
                dbos_system_schema=schema,
                serializer=DBOSPortableJSONSerializer(),
                application_name=_NAME,
                retry_connection_errors=False,
            )

    def __repr__(self) -> str:
        return "<Journal>"

    def close(self) -> None:
        """Close its connections."""
        self._client.destroy()
        self.engine.dispose()

    def open_queue(self, workers: int) -> None:
        """Say how many jobs may run at once, and that no platform gets all of them if there is more
        than one."""
        self._client.register_queue(
            _QUEUE,
            worker_concurrency=workers,
            partition_worker_concurrency=share_of(workers),
            polling_interval_sec=_POLL,
            on_conflict="always_update",
        )

    def add(self, channel: int, platform: str, request: int | None = None, *, turn: int = 0) -> str:
        """A new job; its id. What is asked for comes before what is scheduled, a request's jobs in
        the order of `turn`. The same channel again in one request is the same job."""
        options = EnqueueOptions(
            workflow_name=_QUEUE,
            queue_name=_QUEUE,
            workflow_id=job_id(channel, request, uuid4().hex),
            priority=_SCHEDULED if request is None else _ASKED + turn,
            queue_partition_key=platform or "none",
        )
        with _explained():
            return self._client.enqueue(options, channel).get_workflow_id()

    def open_jobs(self) -> list[Job]:
        """Jobs that wait or run, oldest first."""
        with _explained():
            rows = self._client.list_workflows(
                queue_name=_QUEUE, status=list(_OPEN), load_input=False, load_output=False
            )
        return [_job(row) for row in rows]

    def of_request(self, request: int) -> list[Job]:
        """A request's jobs in the order they were added; `NotFound` if there is none such."""
        with _explained():
            rows = self._client.list_workflows(workflow_id_prefix=f"R{request}/", load_input=False)
        if not rows:
            raise NotFound(f"There is no harvest request {request}.")
        return [_job(row) for row in sorted(rows, key=lambda row: row.priority or 0)]

    def newest(self, limit: int) -> list[Job]:
        """Jobs that are done, newest first."""
        with _explained():
            rows = self._client.list_workflows(
                status="SUCCESS", name=_QUEUE, limit=limit, sort_desc=True, load_input=False
            )
        return [_job(row) for row in rows]

    def cancel(self, ids: Collection[str]) -> None:
        """Jobs that wait are not begun; one that runs goes on to its end and counts as
        cancelled."""
        with _explained():
            self._client.cancel_workflows(list(ids))

    def resume(self, ids: Collection[str]) -> None:
        """Let jobs that nobody works at be taken up again."""
        with _explained():
            self._client.resume_workflows(list(ids), queue_name=_QUEUE)

    def forget(self, before: int) -> int:
        """Delete what ended and was added before an instant (milliseconds UTC); how many."""
        count, until = 0, datetime.fromtimestamp(before / 1000, UTC).isoformat()
        with _explained():
            while rows := self._client.list_workflows(
                status=list(_ENDED),
                end_time=until,
                limit=_BATCH,
                load_input=False,
                load_output=False,
            ):
                self._client.delete_workflows([row.workflow_id for row in rows])
                count += len(rows)
        return count


# --- working -------------------------------------------------------------------------------------


class LeftForLater(BaseException):
    """A job is not begun because the worker stops. No `Exception`: DBOS records those as its
    outcome, and leaves what ends in this one to be recovered by the next worker."""


_work: list[Work] = []  # DBOS calls functions of modules; one worker per process


@DBOS.workflow(name=_QUEUE, max_recovery_attempts=_TRIES)
def _harvest(channel: int) -> dict[str, int]:
    """One job. Not in steps: a harvest that is done again finds what it kept before, and what a
    result of DBOS would say of it, the log says better."""
    del channel  # stands in the id as well
    row = DBOS.workflow_id or ""
    first, _, rest = row.partition("/")
    asked = first.startswith("R")
    number = int(rest[1:]) if asked else int(first[1:])
    request = int(first[1:]) if asked else None
    job = Job(id=row, channel=number, request=request, state=JobState.RUNNING)
    result = dict(_work[0](job))
    if any(type(value) is not int for value in result.values()):
        raise TypeError("A job's result holds integers only.")
    return result


@contextmanager
def working(journal: Journal, work: Work, *, workers: int) -> Iterator[None]:
    """Carry out jobs in threads of this process, `workers` at a time, until the block ends; then
    wait for those that run. The caller holds the worker's lock, so whatever counts as running was
    left by a dead one."""
    config = DBOSConfig(
        name=_NAME,
        system_database_engine=journal.engine,
        dbos_system_schema=journal.schema,
        executor_id=_WORKER,
        application_version=_VERSION,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
        enable_otlp=False,
        use_listen_notify=False,
        notification_listener_polling_interval_sec=_LISTEN,
    )
    _work[:] = [work]
    try:
        with _explained():
            journal.open_queue(workers)
            DBOS(config=config)
            DBOS.launch()
        yield
    finally:
        running = any(job.state is JobState.RUNNING for job in journal.open_jobs())
        DBOS.destroy(workflow_completion_timeout_sec=_LAST_WAIT if running else 0)
        _work.clear()

"""How a home harvests: one channel under its lease, at a request, and the worker that goes on.

The worker's threads work with objects of their own, as processes do.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import structlog
from sqlalchemy import Connection

from archiver import __version__
from archiver.channels.home_desk import HomeDesk
from archiver.core.channel import Channel
from archiver.core.connector import Connector, Credential, Target
from archiver.core.disappearance import Policy
from archiver.core.plan import EVERYTHING, RunPlan
from archiver.core.ports import Clock, Harvested, Random, RequestProgress
from archiver.errors import (
    CheckpointForked,
    ConfigError,
    IntegrityError,
    SealBroken,
    SourceError,
    StoreError,
)
from archiver.governing import Governing
from archiver.harvest.address import AllowedAddress
from archiver.harvest.cli import COUNTS, exit_code_of, failed_row, requested_row, run_row
from archiver.harvest.http import Limits, RecordingClient
from archiver.harvest.lease import channel_lease
from archiver.harvest.service import Progress, RunResult, harvest, silent
from archiver.harvest.timetable import timetable
from archiver.home import OPERATIONS_KEY
from archiver.jobs.due import Known
from archiver.jobs.due import due as what_is_due
from archiver.jobs.queue import DbosQueue
from archiver.jobs.worker import stop_on_signals, try_worker_lock
from archiver.ledger.shipping import keep_shipping
from archiver.ledger.stamping import keep_stamping
from archiver.notify.service import keep_telling
from archiver.registry.publisher import keep_publishing
from archiver.registry.sealer import sealing
from archiver.search.indexer import Indexer
from retention.disposal.round import Went, keep_disposing

if TYPE_CHECKING:
    from archiver.harvest.pace import Paces


_RANDOM_SEED_BYTES = 16
_LEAVE = 5.0  # seconds a loop beside the worker has to end; one that hangs ends with the process
_log = structlog.get_logger(__name__)


class Harvesting(Governing):
    """A home's services with those that harvest."""

    def __init__(
        self,
        home: Path,
        *,
        environment: Mapping[str, str],
        clock: Clock,
        rng: Random,
        passphrase: Callable[[], str | None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        root_key: bytes | None = None,
        paces: Paces | None = None,
    ) -> None:
        super().__init__(
            home,
            environment=environment,
            clock=clock,
            rng=rng,
            passphrase=passphrase,
            root_key=root_key,
        )
        self._given_paces = paces
        self._hands: list[Harvesting] = []  # for the worker's threads
        self._plans: dict[int, RunPlan] = {}  # of the channels that were picked for being due
        self._sleep = sleep
        self._fork: CheckpointForked | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Certificates are read once, not for every run."""
        return httpx.create_ssl_context()

    @cached_property
    def paces(self) -> Paces:
        """The platforms' rate limits, as far as they are used."""
        if self._given_paces is not None:
            return self._given_paces
        from archiver.harvest.pace import Paces

        _ = self.operations  # with it comes its key
        key = self._secrets.get(OPERATIONS_KEY)
        return Paces(self.home / "db" / "pace.sqlite", key, self.clock)

    @cached_property
    def desk(self) -> HomeDesk:
        """What the commands and pages of channels need."""
        return HomeDesk(
            channels=self.channels,
            operations=self.operations,
            gaps=self.gaps,
            database=self.ledger.database,
            clock=self.clock,
            client=self._client,
            facts=self._facts,
            jobs=lambda: closing(self._jobs()),
            request_interval=self.settings.request_interval,
        )

    def harvest(
        self, channel: Channel, progress: Progress = silent, plan: RunPlan = EVERYTHING
    ) -> RunResult:
        """Harvest one channel under its lease."""
        connector = self.channels.connector(channel.platform)
        target = self.channels.target(channel)
        limits = Limits(interval=self.settings.request_interval)
        with (
            channel_lease(self.home, channel.seq),
            self._client(connector, target, channel.allow, limits) as http,
        ):
            cap = self.settings.media_cap_mib * 2**20
            result = harvest(
                self.ledger,
                connector,
                channel,
                target,
                http,
                self.clock,
                progress,
                cap,
                plan,
                self.policy,
            )
        self.operations.note_control(channel.seq, result.control)
        return result

    @cached_property
    def policy(self) -> Policy:
        """What it takes to believe that something is gone."""
        waits = sorted(self.settings.confirmation_waits)
        return Policy(waits=tuple(1000 * seconds for seconds in waits))

    def _client(
        self, connector: Connector, target: Target, allow: Sequence[str], limits: Limits
    ) -> RecordingClient:
        rates = connector.capabilities.rates
        who = target.credential or Credential()  # without one, a limit is per address of ours
        owner = f"{urlsplit(connector.api(target)).hostname}\n{who.user or who.secret}"
        agent = f"Diarkiv/{__version__}"
        contact = self.settings.contact
        return RecordingClient(
            target,
            now=self.clock.now,
            sleep=self._sleep,
            rng=random.Random(self._rng(_RANDOM_SEED_BYTES)),  # noqa: S311 spreads retries only
            login=connector.capabilities.login,
            api=connector.api(target),
            usage=connector.usage,
            pace=self.paces.of(connector.platform, owner, rates) if rates else None,
            allowed=[AllowedAddress.parse(text) for text in allow],
            limits=limits,
            context=self._tls,
            user_agent=f"{agent} (+{contact})" if contact else agent,
        )

    def pick(self, names: Sequence[str], *, due: bool) -> list[Channel]:
        """The channels of these numbers, those whose interval has passed, or all."""
        if names:
            return [self.channels.channel(name) for name in names]
        with self.ledger.database.read() as connection:
            facts = self._facts(connection).facts
        by_number = {channel.seq: channel for channel in self.channels.channels()}
        if not due:
            return [by_number[one.channel] for one in facts]
        waiting = what_is_due(self.clock.now(), facts)
        self._plans = {one.channel: one.plan for one in waiting}
        return [by_number[one.channel] for one in waiting]

    def run(
        self, channels: Sequence[Channel], progress: Callable[[Channel], Progress]
    ) -> list[dict[str, Any]]:
        """Harvest the channels, a row a run: here if this home has no worker (we are it then, and
        index), else by asking the worker and following it."""
        lock = try_worker_lock(self.home)
        if lock is None:
            return self._ask_worker(channels, progress)
        with lock:
            rows = [self.harvest_row(one, progress(one)) for one in channels]
            self.catch_up_index()
        return rows

    def harvest_row(self, channel: Channel, progress: Progress = silent) -> dict[str, Any]:
        """One channel's run as a row. What keeps it from running stops no other channel."""
        try:
            plan = self._plans.get(channel.seq, EVERYTHING)
            return run_row(channel, self.harvest(channel, progress, plan))
        except (ConfigError, SourceError, SealBroken) as error:
            return failed_row(channel, error)

    def _ask_worker(
        self, channels: Sequence[Channel], progress: Callable[[Channel], Progress]
    ) -> list[dict[str, Any]]:
        tell = {channel.seq: progress(channel) for channel in channels}
        rows: dict[int, dict[str, Any]] = {}

        def on_step(step: RequestProgress) -> None:
            for number, counts in step.results.items():
                if number not in rows:
                    rows[number] = requested_row(number, counts)
                    tell[number]("", counts.get("seen", 0), None)

        with closing(self._jobs()) as jobs:
            jobs.follow(jobs.request_harvest([channel.seq for channel in channels]), on_step)
        return list(rows.values())

    @property
    def jobs_place(self) -> tuple[str, str]:
        """Address of the jobs' database, and their schema there (SQLite has none)."""
        jobs = self.place.jobs()
        return jobs.url.get_secret_value(), jobs.schema or ""

    def _jobs(self, catch_up: Callable[[int], int] = lambda _limit: 0) -> DbosQueue:
        url, schema = self.jobs_place
        return DbosQueue(
            home=self.home,
            database=self.ledger.database,
            url=url,
            schema=schema,
            clock=self.clock,
            random=self._rng,
            harvest_channel=self._job,
            catch_up=catch_up,
            workers=self.settings.workers,
            tick=self.settings.tick,
            facts=self._facts,
        )

    def _facts(self, connection: Connection) -> Known:
        """What decides when channels are read, each by its own schedule."""
        return timetable(connection, now=self.clock.now(), policy=self.policy)

    def _job(self, number: int, plan: RunPlan) -> Harvested:
        """One channel's harvest as the queue sees it: counts and codes only. Several threads ask at
        once, and each works with objects of its own, as processes do."""
        try:
            hand = self._hands.pop()
        except IndexError:
            hand = self._another()
        try:
            result = hand.harvest(hand.channels.channel(str(number)), plan=plan)
        finally:
            self._hands.append(hand)
        counts = {name: result.count(name) for name in COUNTS}
        code = exit_code_of([{"status": result.status.value}])
        counts["run"] = result.seq
        return Harvested(exit_code=code, counts=counts, retry_after=result.retry_after)

    def _another(self) -> Harvesting:
        """This home's services once more, nothing of them shared but the root key and the paces."""
        return type(self)(
            self.home,
            environment=self._environment,
            clock=self.clock,
            rng=self._rng,
            sleep=self._sleep,
            root_key=self._root_key,
            paces=self.paces,
        )

    def work(self) -> None:
        """Harvest what is due and index it until told to stop (SIGTERM, SIGINT)."""
        self.require_home()
        self._check_fence()
        with self.ledger.writer():
            pass  # recover, sign what a crash left unsigned, and make the tables if they are gone
        stop = threading.Event()
        stop_on_signals(stop)
        loops = [self._tell, self._publish, self._stamp, self._dispose]
        if self.store_place.is_set:
            loops.append(self._ship)
        beside = [threading.Thread(target=one, args=(stop,), daemon=True) for one in loops]
        with (
            sealing(lambda: self._another().registry_desk),
            self._indexer() as indexer,
            closing(self._jobs(self._following(indexer))) as jobs,
        ):
            for thread in beside:
                thread.start()
            try:
                jobs.run(stop.is_set, stop.wait)
            finally:  # also where another worker has the home: nothing goes on in its stead
                stop.set()
                for thread in beside:
                    thread.join(_LEAVE)
        self._end_if_forked()

    def _following(self, indexer: Indexer) -> Callable[[int], int]:
        """What keeps the index up with the log: first it forgets, then it learns."""
        return lambda limit: self.purge.catch_up(indexer) + indexer.catch_up(limit)

    def _tell(self, stop: threading.Event) -> None:
        """Alerts beside the worker, with objects of their own: a mail server that hangs keeps no
        channel waiting."""
        another = self._another()
        keep_telling(lambda: another.alerts.tick(self.clock.now()), stop.wait)

    def alarm(self) -> None:
        """Tell people now what the worker would tell them within a minute."""
        keep_telling(lambda: self._another().alerts.tick(self.clock.now()), lambda _seconds: True)

    def _publish(self, stop: threading.Event) -> None:
        """The web diarium beside the worker, also with objects of its own."""
        keep_publishing(self._another().publisher.tick, stop.wait)

    def _stamp(self, stop: threading.Event) -> None:
        """Outside time stamps beside the worker: an authority that hangs keeps nobody waiting."""
        another = self._another()

        def tick() -> None:
            another.stamping.tick()  # made within: wrong settings are logged, and end nothing

        if another.settings.timestamp_urls:
            keep_stamping(tick, stop.wait)

    def _dispose(self, stop: threading.Event) -> None:
        """Confirmed disposals beside the worker, also with objects of its own."""
        another = self._another()

        def tick() -> Went:
            another.requests.settle()  # what a closed request held must not keep for ever
            another.subjects.settle()
            another.incidents.settle()
            another.settling.settle()  # a release is made before its request's step is taken
            return another.rounds.tick()  # made within: wrong settings are logged, and end nothing

        keep_disposing(tick, stop.wait)

    def _ship(self, stop: threading.Event) -> None:
        """The store beside the worker, also with objects of its own. A worker of a home that must
        not be written to any more has nothing left to do."""

        def forked(error: CheckpointForked) -> None:
            self._fork = error
            stop.set()

        another = self._another()

        def tick() -> None:
            another.shipping.tick()  # settings that are wrong are met here, and end nothing

        keep_shipping(tick, stop.wait, forked)

    def _check_fence(self) -> None:
        """A copy of a home that has been shipped from elsewhere since does not begin to work. A
        store that cannot be reached is no reason not to."""
        if self.store_place.is_set:
            try:
                self.shipping.check_fence()
            except CheckpointForked:
                pass  # said below, with its alarm
            except (StoreError, IntegrityError) as error:
                _log.error("shipping.error", code=error.code)
        self._end_if_forked()

    def _end_if_forked(self) -> None:
        try:
            self.ledger.log.refuse_forked()
            if self._fork:
                raise self._fork
        except CheckpointForked:
            self.alarm()
            raise

"""The composition root: the one module that knows every package.

`build` puts the services over a home together; `main` in `__main__` attaches the commands.
"""

from __future__ import annotations

import json
import os
import random
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr
from sqlalchemy import Connection

from archiver import __version__, config
from archiver.api.services import ApiServices, ApiSettings
from archiver.api.tokens import Tokens
from archiver.channels import health
from archiver.channels import web as channels_web
from archiver.channels.change import MAX_INTERVAL
from archiver.channels.home_desk import HomeDesk
from archiver.channels.service import Channels
from archiver.channels.watch import Watch
from archiver.cli.apart import of_left_keys
from archiver.cli.doctor import Patient, examine
from archiver.cli.home import Finding
from archiver.clock import SystemClock
from archiver.connectors.hub import verify_token
from archiver.core.access import LOCAL
from archiver.core.channel import INTERVAL, Channel
from archiver.core.connector import Connector, Credential, Target
from archiver.core.disappearance import Policy
from archiver.core.plan import EVERYTHING, RunPlan
from archiver.core.ports import Clock, Harvested, Random, RequestProgress, Scanner
from archiver.core.push import PushConnector
from archiver.db import queries
from archiver.db.accounts import Accounts
from archiver.db.apart import kept_out
from archiver.db.api_tokens import TokenTable
from archiver.db.capture_drafts import CaptureDrafts
from archiver.db.drafts import Drafts
from archiver.db.notices import Notices
from archiver.db.saved_searches import SavedSearches
from archiver.demo.runner import Step
from archiver.errors import ConfigError, SealBroken, SourceError
from archiver.harvest.address import AllowedAddress
from archiver.harvest.cli import COUNTS, exit_code_of, failed_row, requested_row, run_row
from archiver.harvest.deep import verify_deep
from archiver.harvest.gap_register import GapRegister
from archiver.harvest.http import Limits, RecordingClient
from archiver.harvest.lease import channel_lease
from archiver.harvest.service import Progress, RunResult, harvest, silent
from archiver.harvest.timetable import longest_pause, timetable
from archiver.home import OPERATIONS_KEY, Home
from archiver.jobs.due import Known
from archiver.jobs.due import due as what_is_due
from archiver.jobs.queue import DbosQueue
from archiver.jobs.schedule import names
from archiver.jobs.worker import stop_on_signals, try_worker_lock, worker_runs
from archiver.ledger.apart import Apart
from archiver.ledger.search_log import LedgerSearchLog
from archiver.notify.alert import HOUR
from archiver.notify.service import Alerts, Pace, keep_telling
from archiver.notify.ways import hosts, ways
from archiver.people.oidc import Provider
from archiver.people.password import Passwords
from archiver.people.service import People
from archiver.people.sign_in import Limits as SessionLimits
from archiver.people.sign_in import SignIn
from archiver.people.syslog import forwarder
from archiver.people.trail import Trail
from archiver.plugins import connectors
from archiver.registry import capture_web
from archiver.registry import web as registry_web
from archiver.registry.capture import Captures
from archiver.registry.capture_health import of_captures
from archiver.registry.classes import Classes
from archiver.registry.desk import Desk
from archiver.registry.handovers import Handovers
from archiver.registry.inbox import Inbox
from archiver.registry.package import Packages
from archiver.registry.posts import Posts
from archiver.registry.publisher import Publisher, keep_publishing
from archiver.registry.publishing import WebDiary
from archiver.registry.reminders import Reminders
from archiver.registry.sealer import sealing
from archiver.registry.service import Register
from archiver.registry.shipped import routing_table, rule_book
from archiver.scan.clamd import scanner_of
from archiver.search.indexer import Indexer
from archiver.search.purge import IndexPurge
from archiver.search.reader import TantivySearch
from archiver.web import app as web
from archiver.web.hooks import Hooks, HookServices, serve_hooks
from archiver.web.server import serve

if TYPE_CHECKING:
    from apiflask import APIFlask

    from archiver.harvest.pace import Paces


_RANDOM_SEED_BYTES = 16
_FOLLOW = 30.0  # seconds


def _idle() -> None:
    """No long work goes on."""


class Application(Home):
    """One home's services."""

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
        self._hands: list[Application] = []  # for the worker's threads
        self._plans: dict[int, RunPlan] = {}  # of the channels that were picked for being due
        self._sleep = sleep

    def opened(self) -> Application:
        """This application, over a home that is there, with tables of this release."""
        self.require_home()
        self.ledger.renew()
        return self

    @cached_property
    def register(self) -> Register:
        """The register (diariet)."""
        return Register(self.ledger, self.apart)

    @cached_property
    def tokens(self) -> Tokens:
        """Tokens of programs."""
        return Tokens(self.ledger, TokenTable(self.operations), self.clock, self._rng)

    @cached_property
    def classes(self) -> Classes:
        """The authorities' classification schemes."""
        return Classes(self.ledger)

    @cached_property
    def index(self) -> TantivySearch:
        """Full-text search over the home's index."""
        return TantivySearch(self.ledger, self.home / "index")

    @cached_property
    def saved_searches(self) -> SavedSearches:
        """What people have saved to search for again."""
        return SavedSearches(self.operations, self.clock)

    def search_log(self) -> LedgerSearchLog:
        """Where searches are noted; whoever asks for it closes it."""
        another = Home(
            self.home,
            environment=self._environment,
            clock=self.clock,
            rng=self._rng,
            root_key=self._root_key,
        )
        return LedgerSearchLog(lambda: another.ledger)

    def _indexer(self) -> Indexer:
        return Indexer(self.ledger, self.home / "index", kept_out)

    def catch_up_index(self) -> None:
        """Index whatever is new. Only the worker does this (or the demo, which is its own)."""
        with self._indexer() as indexer:
            self.purge.catch_up(indexer)
            while indexer.catch_up():
                pass

    @cached_property
    def purge(self) -> IndexPurge:
        """What makes the index forget."""
        return IndexPurge(self.ledger, self.home / "index")

    @cached_property
    def apart(self) -> Apart:
        """Records kept apart: protecting, stopping, what becomes of what was stopped."""
        return Apart(self.ledger, self.home, [self.purge])

    def new_key(self) -> bytes:
        """A private half of a quarantine key."""
        return self._rng(32)

    @cached_property
    def connectors(self) -> Mapping[str, Connector]:
        return connectors()

    @cached_property
    def channels(self) -> Channels:
        self.require_home()
        return Channels(self.ledger, self.connectors, self.operations, [INTERVAL, *names()])

    @cached_property
    def captures(self) -> Captures:
        """What an authority captures by hand."""
        cap = self.settings.capture_cap_mib * 2**20
        return Captures(self.ledger, self.channels, self.scanner, self.clock, cap=cap)

    @cached_property
    def scanner(self) -> Scanner:
        """What looks for malware in captured files."""
        return scanner_of(self.settings.malware_scanner)

    @cached_property
    def gaps(self) -> GapRegister:
        """What could not be seen, and what was done about it."""
        return GapRegister(self.ledger, self.clock, longest_pause)

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

    @cached_property
    def people(self) -> People:
        """Users: who they are and what they may do."""
        self.require_home()
        accounts = Accounts(self.operations, self.clock)
        return People(self.ledger, accounts, Passwords(self._rng))

    @cached_property
    def provider(self) -> Provider | None:
        """Where people sign in besides, if anywhere."""
        if self.settings.oidc is None:
            return None
        secret = SecretStr(config.secret("OIDC_SECRET", self._environment))
        return Provider(self.settings.oidc, secret, self.clock, self._rng)

    @cached_property
    def notices(self) -> Notices:
        """Alerts that stand, messages on their way, recipients and the duty roster."""
        return Notices(self.operations, self.clock)

    @cached_property
    def watch(self) -> Watch:
        """How the home stands: gaps, logins, worker, the log's head."""
        return Watch(
            ledger=self.ledger,
            channels=self.channels,
            operations=self.operations,
            gaps=self.gaps,
            worker_runs=lambda: worker_runs(self.home),
        )

    @cached_property
    def alerts(self) -> Alerts:
        """Tells people what they must know; the worker calls its `tick` each minute."""
        settings = self.settings
        notifiers = ways(
            self.clock,
            smtp_url=settings.smtp_url,
            smtp_from=settings.smtp_from,
            smtp_password=config.secret("SMTP_PASSWORD", self._environment),
            webhook=settings.alert_webhook,
            webhook_secret=config.secret("WEBHOOK_SECRET", self._environment),
            language=settings.language,
        )
        return Alerts(
            self.notices,
            notifiers,
            origin=self.ledger.origin,
            facts=lambda now: self.reminders.added_to(self.watch.facts(now), now),
            place=self.watch.place,
            reminded=self.handovers.note_reminder,
            pace=Pace(
                unseen_after=settings.alert_hours * HOUR,
                repeat_after=settings.alert_repeat_hours * HOUR,
            ),
        )

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

    # --- harvesting --------------------------------------------------------------------------

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

    def _another(self) -> Application:
        """This home's services once more, nothing of them shared but the root key and the paces."""
        return Application(
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
        with self.ledger.writer():
            pass  # recover, sign what a crash left unsigned, and make the tables if they are gone
        stop = threading.Event()
        stop_on_signals(stop)
        teller = threading.Thread(target=self._tell, args=(stop,), name="alerts", daemon=True)
        publisher = threading.Thread(target=self._publish, args=(stop,), name="web", daemon=True)
        with (
            sealing(lambda: self._another().registry_desk),
            self._indexer() as indexer,
            closing(self._jobs(self._following(indexer))) as jobs,
        ):
            teller.start()
            publisher.start()
            jobs.run(stop.is_set, stop.wait)

    def _following(self, indexer: Indexer) -> Callable[[int], int]:
        """What keeps the index up with the log: first it forgets, then it learns."""
        return lambda limit: self.purge.catch_up(indexer) + indexer.catch_up(limit)

    def _tell(self, stop: threading.Event) -> None:
        """Alerts beside the worker, with objects of their own: a mail server that hangs keeps no
        channel waiting."""
        another = self._another()
        keep_telling(lambda: another.alerts.tick(self.clock.now()), stop.wait)

    def _publish(self, stop: threading.Event) -> None:
        """The web diarium beside the worker, also with objects of its own."""
        keep_publishing(self._another().publisher.tick, stop.wait)

    @property
    def web_diary_file(self) -> Path:
        """The web diarium's database."""
        return self.home / (self.settings.web_diary or "db/web.sqlite")

    @cached_property
    def publisher(self) -> Publisher:
        """Writes the web diarium's database."""
        return Publisher(self.ledger, self.web_diary_file, self.clock)

    @cached_property
    def web_diary(self) -> WebDiary:
        """Decides what the web diarium shows."""
        return WebDiary(self.ledger)

    def coverage(self, channels: Sequence[Channel], limit: int) -> list[dict[str, Any]]:
        """Newest coverage lines of the channels, newest first."""
        with self.ledger.database.read() as connection:
            rows = queries.newest_coverage(connection, [c.seq for c in channels], limit)
        return [{**row._asdict(), "channel": f"C{row.channel}"} for row in rows]

    def deep(self, progress: Callable[[int, int], None]) -> list[str]:
        """Deep verification of this home; what is wrong, one sentence each."""
        return verify_deep(self.ledger, self.connectors, progress)

    def doctor(self) -> tuple[list[Finding], list[str]]:
        """What is well and what is missing in this home, and the hosts it talks to."""
        self.require_home()
        with self.ledger.writer() as writer:
            size = writer.next_seq
        patient = Patient(
            home=self.home,
            ledger=self.ledger,
            channels=self.channels.channels(),
            has_credential=lambda number: self.operations.status(number) is not None,
            moderated=lambda platform: self.connectors[platform].capabilities.moderation,
            proxies=urllib.request.getproxies(),
            entries=size,
            index_is_behind=self.index.search("", limit=1).lag,
            worker_runs=worker_runs(self.home),
            hosts=hosts(self.settings.smtp_url, self.settings.alert_webhook),
            more=(
                lambda: of_captures(self.captures, self.scanner),
                lambda: of_left_keys(self.apart.left_keys()),
                lambda: health.of_gaps(self.watch.open_gaps()),
                lambda: health.of_tokens(self.watch.tokens(self.clock.now())),
                lambda: health.of_alerts(
                    self.alerts.ways, len(self.notices.recipients()), self.alerts.backlog()
                ),
            ),
        )
        return examine(patient)

    # --- the web -----------------------------------------------------------------------------

    def serve(
        self,
        port: int | None,
        progress: Callable[[], web.Progress | None] = _idle,
        *,
        as_json: bool = False,
    ) -> None:
        """Serve the web interface until interrupted; prints the one-time address."""
        minute = 60_000
        sign_in = SignIn(
            self.people,
            self.clock,
            self._rng,
            SessionLimits(
                idle=self.settings.session_idle_minutes * minute,
                absolute=self.settings.session_hours * 60 * minute,
            ),
        )
        trail = Trail(self.ledger, self.clock, forwarder(self.settings.syslog, self.ledger.origin))
        settings = web.WebSettings(
            host=self.settings.web_host,
            port=self.settings.web_port if port is None else port,
            token=web.new_token(self._rng),
            language=self.settings.language,
            origin=self.settings.web_origin,
            trusted_proxy=self.settings.trusted_proxy,
        )
        services = web.WebServices(
            ledger=self.ledger,
            channels=self.channels.all,
            authorities=self.channels.authorities,
            clock=self.clock,
            random=self._rng,
            platforms=web.platform_names(),
            search=self.index,
            progress=progress,
            sign_in=sign_in,
            trail=trail,
            provider=self.provider,
            saved=self.saved_searches,
        )
        captured = CaptureDrafts(self.operations, self.clock, self._rng)
        parts = [
            channels_web.part(self.desk),
            registry_web.part(self._registry_office),
            capture_web.part(self.captures, captured),
        ]
        with (
            closing(trail),
            closing(self.search_log()) as search_log,
            self._following_index(),
            sealing(lambda: self._another().registry_desk),
        ):
            noting = replace(services, search_log=search_log)
            beside = partial(self._api, pages=noting)
            serve(noting, settings, parts, as_json=as_json, beside=beside)

    @cached_property
    def registry_desk(self) -> Desk:
        """The register, and what registrars have asked for."""
        kept = Drafts(self.operations, self.clock)
        return Desk(self.register, self.apart, kept, self.clock, self._rng)

    def _registry_office(self) -> registry_web.Office:
        return registry_web.Office(
            desk=self.registry_desk,
            inbox=Inbox(self.ledger.database),
            posts=Posts(self.ledger, routing_table(), rule_book()),
            apart=self.apart,
            handovers=self.handovers,
            packages=self.packages,
            alarm=lambda: threading.Thread(target=self.alarm, name="alarm", daemon=True).start(),
        )

    @cached_property
    def handovers(self) -> Handovers:
        """What was handed over."""
        return Handovers(self.ledger, self.settings.handover_receipt_days)

    @cached_property
    def packages(self) -> Packages:
        """File packages for a diarium that is in use already."""
        return Packages(self.ledger, self.handovers, self.clock)

    def alarm(self) -> None:
        """Tell people now what the worker would tell them within a minute."""
        keep_telling(lambda: self._another().alerts.tick(self.clock.now()), lambda _seconds: True)

    @cached_property
    def reminders(self) -> Reminders:
        """What the alerts are told of handovers and stopped records."""
        return Reminders(
            self.ledger,
            self.handovers,
            lambda: {one.seq: one.code for one in self.channels.authorities()},
            self.settings.handover_step_days,
        )

    @contextmanager
    def _following_index(self) -> Iterator[None]:
        """Meanwhile, keep no file open that was purged from the index."""
        stop = threading.Event()

        def follow() -> None:
            while not stop.wait(_FOLLOW):
                self.index.refresh()

        threading.Thread(target=follow, name="index", daemon=True).start()
        try:
            yield
        finally:
            stop.set()

    def _api(self, settings: web.WebSettings, pages: web.WebServices) -> tuple[str, APIFlask]:
        """The interface for programs, where the pages are served."""
        from archiver.api.app import PREFIX, create_api  # only a server waits for it to load

        services = ApiServices(
            ledger=self.ledger,
            channels=self.channels.all,
            authorities=self.channels.authorities,
            register=self.register,
            classes=self.classes,
            tokens=self.tokens,
            clock=self.clock,
            search=self.index,
            search_log=pages.search_log,
            trail=pages.trail,
        )
        where = ApiSettings(host=settings.host, port=settings.port, origin=settings.origin)
        return PREFIX, create_api(services, where)

    def hooks(self, port: int, *, as_json: bool = False) -> None:
        """Receive what platforms push until interrupted; says where it listens."""

        def told(place: Mapping[str, int | str]) -> None:
            words = f"Receiving webhooks on http://{place['host']}:{place['port']}/hooks/"
            print(json.dumps(place) if as_json else words, flush=True)

        with closing(self._jobs()) as jobs:
            services = HookServices(
                ledger=self.ledger,
                channels=self.channels.channels,
                connector=self.channels.connector,
                credential=self.operations.get,
                ask=lambda number: jobs.request_harvest([number]),
                clock=self.clock,
                random=self._rng,
            )
            serve_hooks(Hooks(services), port, told)

    def hook(self, channel: str) -> dict[str, str]:
        """Where a channel's platform is to push to, and the word it is to be given."""
        one = self.channels.channel(channel)
        credential = self.operations.get(one.seq)
        word = verify_token(credential) if credential else ""
        if not isinstance(self.channels.connector(one.platform), PushConnector) or not word:
            raise ConfigError(
                f"C{one.seq} has no webhooks.",
                remedy="The platform must have them, and the app's secret be given to the channel.",
            )
        return {"channel": f"C{one.seq}", "path": f"/hooks/{one.seq}", "verify_token": word}

    # --- for the demo ------------------------------------------------------------------------

    def add_authority(self, code: str, name: str) -> None:
        """Add an authority of the demo, with a series of registration numbers."""
        authority = self.channels.add_authority(code, name)
        self.registry_desk.register.set_series(LOCAL, authority.seq, code, "{ORG} {ÅÅÅÅ}/{LÖP}")

    def add_channel(
        self,
        platform: str,
        url: str,
        authority: str,
        title: str,
        credential: Credential | None,
        allow: str,
        options: Mapping[str, str],
    ) -> Channel:
        return self.channels.add_channel(
            platform,
            url,
            authority=authority,
            title=title,
            credential=credential,
            allow=[allow],
            options=options,
            interval=MAX_INTERVAL,  # the story's harvests lie weeks apart
        )

    def serve_demo(self, port: int | None, step: Callable[[], Step]) -> None:
        """Serve the demo's pages, with how far its rounds have come."""

        def progress() -> web.Progress:
            now = step()
            return web.Progress(title=now.title, done=now.done, total=now.total, note=now.note)

        self.serve(0 if port is None else port, progress)


def build(
    home: Path,
    *,
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    rng: Random = os.urandom,
    passphrase: Callable[[], str | None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Application:
    """An application over a home, on the system's clock and randomness unless others are given."""
    return Application(
        home,
        environment=os.environ if environment is None else environment,
        clock=clock or SystemClock(),
        rng=rng,
        passphrase=passphrase,
        sleep=sleep,
    )

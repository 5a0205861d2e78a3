"""The composition root: the one module that knows every package.

`build` puts the services over a home together; `main` in `__main__` attaches the commands.
"""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from archiver.api.services import ApiServices, ApiSettings
from archiver.channels import health
from archiver.channels import web as channels_web
from archiver.channels.change import MAX_INTERVAL
from archiver.cli.apart import of_left_keys
from archiver.cli.doctor import Patient, examine
from archiver.cli.duty import of_duty
from archiver.cli.home import Finding
from archiver.cli.s3 import of_store
from archiver.cli.stamps import authorities, of_stamps
from archiver.clock import MovedClock, SystemClock
from archiver.connectors.hub import verify_token
from archiver.core.access import LOCAL
from archiver.core.channel import Channel
from archiver.core.connector import Credential
from archiver.core.ports import Clock, Random
from archiver.core.push import PushConnector
from archiver.db.capture_drafts import CaptureDrafts
from archiver.demo.cast import cast, told
from archiver.demo.runner import Step, ahead_of
from archiver.errors import ConfigError
from archiver.governance import web as lifecycle_web
from archiver.governance.audit import web as audit_web
from archiver.governance.demo import stage as stage_initiative
from archiver.harvest.gone import gone_among
from archiver.harvesting import Harvesting
from archiver.jobs.worker import worker_runs
from archiver.ledger import standing
from archiver.notify.ways import hosts
from archiver.people.service import User
from archiver.people.sign_in import Limits as SessionLimits
from archiver.people.sign_in import SignIn
from archiver.people.trail import Trail
from archiver.registry import capture_web
from archiver.registry import web as registry_web
from archiver.registry.capture_health import of_captures
from archiver.registry.inbox import Inbox
from archiver.registry.posts import Posts
from archiver.registry.sealer import sealing
from archiver.registry.shipped import rule_book
from archiver.web import app as web
from archiver.web import played as played_web
from archiver.web.hooks import Hooks, HookServices, serve_hooks
from archiver.web.server import serve
from exports import web as disclosure_web
from exports.core.preview import preview
from exports.demo import stage as stage_requests
from gdpr import web as protection_web
from gdpr.masks import web as masks_web
from gdpr.redaction import web as files_web
from retention import web as retention_web
from retention.demo import stage
from retention.disposal.board import Board
from retention.disposal.cli_recover import of_losses

if TYPE_CHECKING:
    from apiflask import APIFlask


_FOLLOW = 30.0  # seconds


def _idle() -> None:
    """No long work goes on."""


class Application(Harvesting):
    """One home's services, and how they are served."""

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
            hosts=[
                *hosts(self.settings.smtp_url, self.settings.alert_webhook),
                *authorities(self.settings.timestamp_urls),
                *self.store_place.hosts(),
            ],
            more=(
                lambda: of_captures(self.captures, self.scanner),
                lambda: of_left_keys(self.apart.left_keys()),
                lambda: health.of_gaps(self.watch.open_gaps()),
                lambda: health.of_tokens(self.watch.tokens(self.clock.now())),
                lambda: health.of_alerts(
                    self.alerts.ways, len(self.notices.recipients()), self.alerts.backlog()
                ),
                lambda: of_duty(self.duty, self.alerts.ways, self.clock.now()),
                lambda: of_stamps(self.stamping.state(), self.clock.now()),
                lambda: of_store(self.store_place.is_set, standing.read(self.store), self.clock),
                lambda: of_losses(self.restoration.unanswered()),
            ),
        )
        return examine(patient)

    def serve(
        self,
        port: int | None,
        progress: Callable[[], web.Progress | None] = _idle,
        *,
        as_json: bool = False,
        played: Callable[[], Sequence[User]] | None = None,
    ) -> None:
        """Serve the web interface until interrupted; prints the one-time address. `played`: the
        invented people of a demo."""
        trail = self.trail()
        settings = web.WebSettings(
            host=self.settings.web_host,
            port=self.settings.web_port if port is None else port,
            token=web.new_token(self._rng),
            language=self.settings.language,
            origin=self.settings.web_origin,
            trusted_proxy=self.settings.trusted_proxy,
        )
        services = replace(self._pages(trail, progress), played=played)
        captured = CaptureDrafts(self.operations, self.clock, self._rng)
        parts = [
            channels_web.part(self.desk),
            registry_web.part(self.registry_office),
            capture_web.part(self.captures, captured),
            retention_web.part(self.retention_office),
            protection_web.part(self.protection_office),
            disclosure_web.part(self.disclosure_office),
            masks_web.part(lambda: masks_web.Office(masks=self.masks, exact=preview)),
            files_web.part(lambda: files_web.Services(self.masks, self.redaction)),
            lifecycle_web.part(self.lifecycle_office),
            audit_web.part(lambda: audit_web.Office(self.audits)),
            *([played_web.part] if played else []),
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
    def sign_in(self) -> SignIn:
        """How people sign in, and for how long."""
        minute = 60_000
        limits = SessionLimits(
            idle=self.settings.session_idle_minutes * minute,
            absolute=self.settings.session_hours * 60 * minute,
        )
        return SignIn(self.people, self.clock, self._rng, limits)

    def _pages(self, trail: Trail, progress: Callable[[], web.Progress | None]) -> web.WebServices:
        return web.WebServices(
            ledger=self.ledger,
            channels=self.channels.all,
            authorities=self.channels.authorities,
            clock=self.clock,
            random=self._rng,
            platforms=web.platform_names(),
            search=self.index,
            progress=progress,
            sign_in=self.sign_in,
            trail=trail,
            provider=self.provider,
            saved=self.saved_searches,
            duty=self.duty,
            stamp_roots=self.own_roots,
        )

    def registry_office(self) -> registry_web.Office:
        """What the inbox and the register work with, on the web and in the terminal."""
        return registry_web.Office(
            desk=self.registry_desk,
            inbox=Inbox(self.ledger.database),
            posts=Posts(self.ledger, self.routes, rule_book()),
            apart=self.apart,
            classes=self.classes,
            web_diary=self.web_diary,
            publisher=self.publisher,
            uploads=CaptureDrafts(self.operations, self.clock, self._rng),
            routes=self.routes,
            handovers=self.handovers,
            packages=self.packages,
            alarm=lambda: threading.Thread(target=self.alarm, name="alarm", daemon=True).start(),
        )

    def retention_office(self) -> retention_web.Office:
        """What the pages of retention and disposal work with."""
        return retention_web.Office(
            board=Board(self.ledger, self.disposals, self.clock),
            disposals=self.disposals,
            plans=self.retention,
            evaluator=self.evaluator,
            holds=self.holds,
            uploads=CaptureDrafts(self.operations, self.clock, self._rng),
        )

    def lifecycle_office(self) -> lifecycle_web.Office:
        """What the pages of the lifecycle work with."""
        return lifecycle_web.Office(self.initiatives, self.moderation, self.accounts, self.desk)

    def disclosure_office(self) -> disclosure_web.Office:
        """What the pages of requests for public records work with."""
        return disclosure_web.Office(
            requests=self.requests,
            mandates=self.mandates,
            people=lambda: [(one.seq, one.name) for one in self.people.users() if not one.disabled],
            collected=self.collected,
            answers=self.answers,
            masks=self.masks,
            releases=self.releases,
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
                is_gone=partial(gone_among, self.ledger),
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

    def decide_on_disposal(self) -> str:
        """What the demo's first authority has done about disposal, once all is harvested, and what
        it was asked for; its Facebook page's way to a decision; who its people are."""
        people = cast(self.people)
        stage(
            self.ledger,
            self.register,
            self.retention,
            self.disposals,
            self.holds,
            self.channels.authorities()[0].seq,
            people[0].viewer,
        )
        stage_requests(
            self.requests, self.mandates, self.channels.authorities()[0].seq, people[1].viewer
        )
        account = next(one for one in self.channels.all() if one.platform == "facebook")
        stage_initiative(self.initiatives, account, people[0].viewer, people[1].viewer)
        return told(people)

    def carry_out(self) -> None:
        """What the demo has instead of a worker: what was confirmed is carried out."""
        self.rounds.tick()
        self.catch_up_index()

    def serve_demo(self, port: int | None, step: Callable[[], Step]) -> None:
        """Serve the demo's pages, with how far its rounds have come."""

        def progress() -> web.Progress:
            now = step()
            return web.Progress(title=now.title, done=now.done, total=now.total, note=now.note)

        self.serve(0 if port is None else port, progress, played=self.people.users)


def build(
    home: Path,
    *,
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    rng: Random = os.urandom,
    passphrase: Callable[[], str | None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Application:
    """An application over a home, on the system's clock and randomness unless others are given. A
    demo's home keeps a time of its own."""
    ahead = ahead_of(home) if clock is None else None
    return Application(
        home,
        environment=os.environ if environment is None else environment,
        clock=clock or (SystemClock() if ahead is None else MovedClock(ahead)),
        rng=rng,
        passphrase=passphrase,
        sleep=sleep,
    )

"""Whole homes for tests: a ledger with the harvest's tables, and harvesting over real HTTP."""

from __future__ import annotations

import os
import random
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import httpx

from archiver.channels.service import Channels
from archiver.clock import SystemClock
from archiver.core.channel import INTERVAL, Channel
from archiver.core.connector import Credential
from archiver.core.disappearance import Policy
from archiver.core.plan import EVERYTHING, RunPlan
from archiver.core.ports import Clock
from archiver.db.accounts import Accounts
from archiver.db.operations import Operations
from archiver.governance.accounts.projector import AccountProjector
from archiver.governance.audit.projector import AuditProjector
from archiver.governance.moderation.projector import ModerationProjector
from archiver.governance.projector import GovernanceProjector
from archiver.harvest.address import AllowedAddress
from archiver.harvest.gap_register import GapProjector
from archiver.harvest.http import Limits, RecordingClient
from archiver.harvest.projector import HarvestProjector
from archiver.harvest.service import Progress, RunResult, harvest, silent
from archiver.jobs.schedule import names
from archiver.ledger.anchor_projector import AnchorProjector
from archiver.ledger.apart_projector import ApartProjector
from archiver.ledger.log import Store
from archiver.ledger.service import Ledger
from archiver.people.password import Passwords
from archiver.people.projector import UserProjector
from archiver.people.service import People
from archiver.people.trail import TrailProjector
from archiver.plugins import connectors
from archiver.registry.capture_projector import CaptureProjector
from archiver.registry.projector import RegisterProjector
from archiver.store.filesystem import FilesystemStore
from archiver.store.keys import KeyRing, Secrets
from exports.release.projector import ReleaseProjector
from exports.requests.projector import RequestProjector
from gdpr.incidents.projector import IncidentProjector
from gdpr.masks.projector import MaskProjector
from gdpr.processing.projector import NoticeProjector
from gdpr.subjects.projector import SubjectProjector
from retention.disposal.projector import DisposalProjector
from retention.holds.projector import HoldProjector
from retention.schedule.projector import RetentionProjector
from tests.databases import place, projection_of
from tests.fakes import MemoryCredentials

ROOT = bytes(range(32))


def operations_of(home: TestHome) -> Operations:
    """The operations database beside a test home."""
    return Operations(place(home.path).operations(), ROOT, home.clock, os.urandom)


def people_of(home: TestHome) -> People:
    """The users of a test home, with an operations database beside it."""
    accounts = Accounts(operations_of(home), home.clock)
    return People(home.ledger, accounts, Passwords(os.urandom))


@cache
def _tls(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The web's certificates, loaded once: that takes a tenth of a second."""
    return httpx.create_ssl_context()


@dataclass
class TestHome:
    """A home in a folder, under a fixed root key."""

    __test__ = False

    path: Path
    ledger: Ledger
    channels: Channels
    credentials: MemoryCredentials
    clock: Clock

    def harvest(
        self,
        channel: Channel,
        plan: RunPlan = EVERYTHING,
        policy: Policy = Policy(),  # noqa: B008 frozen
        options: Mapping[str, str] | None = None,
        progress: Progress = silent,
        limits: Limits = Limits(interval=0),  # noqa: B008 frozen
    ) -> RunResult:
        """One run over real HTTP, without waiting between requests."""
        connector = connectors()[channel.platform]
        target = self.channels.target(channel)
        target = replace(target, options={**target.options, **(options or {})})
        with RecordingClient(
            target,
            login=connector.capabilities.login,
            api=connector.api(target),
            usage=connector.usage,
            now=self.clock.now,
            sleep=lambda _seconds: None,
            rng=random.Random(1),
            allowed=[AllowedAddress.parse(text) for text in channel.allow],
            limits=limits,
            context=_tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            proxies={},
        ) as http:
            return harvest(
                self.ledger,
                connector,
                channel,
                target,
                http,
                self.clock,
                progress,
                plan=plan,
                policy=policy,
            )

    def add_channel(
        self, platform: str, url: str, address: str, login: tuple[str, str] | None = None
    ) -> Channel:
        """A channel of the authority KS, which is made if it is not there."""
        if not self.channels.authorities():
            self.channels.add_authority("KS", "Kommunstyrelsen")
        credential = Credential(user=login[0], secret=login[1]) if login else None
        return self.channels.add_channel(
            platform, url, authority="KS", credential=credential, allow=[address]
        )


def make_home(
    path: Path, *, clock: Clock | None = None, create: bool = True, store: Store | None = None
) -> TestHome:
    """A home at `path`; `create=False` opens the one that is there."""
    clock = clock or SystemClock()
    store = store or FilesystemStore(path)
    keys = KeyRing(Secrets(store, ROOT, os.urandom))
    ledger = Ledger(
        home=path,
        store=store,
        keys=keys,
        database=projection_of(path),
        clock=clock,
        random=os.urandom,
        projectors=[
            HarvestProjector(keys),
            GapProjector(),
            ApartProjector(),
            RegisterProjector(),
            UserProjector(),
            TrailProjector(),
            CaptureProjector(keys),
            RetentionProjector(),
            DisposalProjector(),
            HoldProjector(),
            RequestProjector(),
            MaskProjector(),
            SubjectProjector(),
            IncidentProjector(),
            NoticeProjector(),
            GovernanceProjector(),
            ModerationProjector(),
            AccountProjector(),
            AuditProjector(),
            ReleaseProjector(),
            AnchorProjector(),
        ],
    )
    if create:
        ledger.create("0011223344556677", {"software": "test"})
    credentials = MemoryCredentials()
    return TestHome(
        path,
        ledger,
        Channels(ledger, connectors(), credentials, [INTERVAL, *names()]),
        credentials,
        clock,
    )

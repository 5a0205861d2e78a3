"""A home to measure in, and a site that answers from memory: everything but the network is real."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from archiver.channels.service import Channels
from archiver.clock import SystemClock
from archiver.core.channel import Channel
from archiver.core.connector import Credential, Target
from archiver.core.exchange import Exchange, MediaStream
from archiver.db.engine import Database
from archiver.db.sqlite import SqliteDatabase
from archiver.errors import SourceUnavailable
from archiver.governance.accounts.projector import AccountProjector
from archiver.governance.audit.projector import AuditProjector
from archiver.governance.moderation.projector import ModerationProjector
from archiver.governance.projector import GovernanceProjector
from archiver.harvest.projector import HarvestProjector
from archiver.harvest.service import RunResult, harvest
from archiver.ledger.service import Ledger
from archiver.plugins import connectors
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
from tests.bench import corpus

_HEADERS = (
    ("Content-Type", "application/json; charset=UTF-8"),
    ("X-Robots-Tag", "noindex"),
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
    ("Allow", "GET"),
)
_REQUEST = (("Accept", "application/json"), ("Accept-Encoding", "identity"))
Pages = Callable[[int], bytes]


class _NoCredentials:
    def get(self, channel: int) -> Credential | None:
        return None

    def put(self, channel: int, credential: Credential) -> None:
        raise NotImplementedError


@dataclass
class Replay:
    """A `Recorder` whose site has `count` pages of comments and no posts.

    `pages` gives the body of page n; `on_page` is told the number of each page asked for.
    """

    count: int
    pages: Pages
    on_page: Callable[[int], None] = lambda _number: None
    exchanges: list[Exchange] = field(default_factory=list)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        template: str = "",
    ) -> Exchange:
        body, totals = b'{"namespaces":["wp\\/v2"]}', ()
        if url.endswith("/posts"):
            body, totals = b"[]", (("X-WP-Total", "0"), ("X-WP-TotalPages", "0"))
        elif url.endswith("/comments"):
            number = int((params or {})["page"])
            self.on_page(number)
            body = self.pages(number)
            total = self.count * corpus.PER_PAGE
            totals = (("X-WP-Total", str(total)), ("X-WP-TotalPages", str(self.count)))
        now = SystemClock().now()
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            method="GET",
            url=url + "?" + "&".join(f"{k}={v}" for k, v in (params or {}).items()),
            template=template,
            status=200,
            request_headers=_REQUEST,
            response_headers=_HEADERS + totals,
            body=body,
            started_at=now,
            ended_at=now,
            peer="192.0.2.1",
        )
        self.exchanges.append(exchange)
        return exchange

    def stream(self, url: str, *, cap: int) -> MediaStream:
        raise SourceUnavailable("This site has no media.")


def open_ledger(home: Path, database: Database | None = None) -> Ledger:
    """Fresh objects over the files of a home; its tables are in `db/` unless they are given."""
    store = FilesystemStore(home)
    keys = KeyRing(Secrets(store, bytes(range(32)), os.urandom))
    return Ledger(
        home=home,
        store=store,
        keys=keys,
        database=database or SqliteDatabase(home / "db" / "projection.sqlite"),
        clock=SystemClock(),
        random=os.urandom,
        projectors=[
            HarvestProjector(keys),
            RegisterProjector(),
            RetentionProjector(),
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
            DisposalProjector(),
        ],
    )


def new_home(home: Path, *, url: str = corpus.HOST, allow: tuple[str, ...] = ()) -> Ledger:
    """A new home with one authority and one WordPress channel."""
    ledger = open_ledger(home)
    ledger.create("matning", {"name": "Testköpings kommun"})
    channels = Channels(ledger, connectors(), _NoCredentials())
    channels.add_authority("KS", "Kommunstyrelsen")
    channels.add_channel("wordpress", url, authority="KS", title="Bloggen", allow=list(allow))
    return ledger


def the_channel(ledger: Ledger) -> Channel:
    """The one channel of the home."""
    (channel,) = Channels(ledger, connectors(), _NoCredentials()).channels()
    return channel


def harvest_pages(ledger: Ledger, replay: Replay) -> RunResult:
    """One run of the product's own harvest over what `replay` answers."""
    channel = the_channel(ledger)
    target = Target(url=channel.url)
    return harvest(ledger, connectors()["wordpress"], channel, target, replay, SystemClock())

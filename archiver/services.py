"""What Diarkiv does over one home, put together: a few lines for each service.

How they harvest is `archiver.harvesting`; what is served is `archiver.app`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import SecretStr

from archiver import config
from archiver.api.tokens import Tokens
from archiver.channels.service import Channels
from archiver.channels.watch import Watch
from archiver.core.canonical import Json
from archiver.core.channel import INTERVAL, Channel
from archiver.core.connector import Connector
from archiver.core.event import EventType
from archiver.core.ports import Scanner
from archiver.db import queries
from archiver.db.accounts import Accounts
from archiver.db.apart import kept_out
from archiver.db.api_tokens import TokenTable
from archiver.db.drafts import Drafts
from archiver.db.notices import Notices
from archiver.db.saved_searches import SavedSearches
from archiver.errors import ConfigError, DiarkivError
from archiver.harvest.deep import verify_deep
from archiver.harvest.gap_register import GapRegister
from archiver.harvest.timetable import longest_pause
from archiver.home import Home
from archiver.jobs.schedule import names
from archiver.jobs.worker import worker_runs
from archiver.ledger import standing
from archiver.ledger.apart import Apart
from archiver.ledger.search_log import LedgerSearchLog
from archiver.ledger.stamping import MINUTE, Stamping
from archiver.ledger.timestamp import HttpTimestamper
from archiver.ledger.verify_stamp import read_roots
from archiver.notify.alert import HOUR, Facts
from archiver.notify.matter import of_stamps, of_store
from archiver.notify.service import Alerts, Pace
from archiver.notify.ways import ways
from archiver.people.duty import Duty
from archiver.people.oidc import Provider
from archiver.people.password import Passwords
from archiver.people.service import People
from archiver.people.sign_in import SignIn
from archiver.people.stewardship import Stewardship
from archiver.people.syslog import forwarder
from archiver.people.trail import Trail
from archiver.plugins import connectors
from archiver.registry.capture import Captures
from archiver.registry.classes import Classes
from archiver.registry.desk import Desk
from archiver.registry.handovers import Handovers
from archiver.registry.package import Packages
from archiver.registry.publisher import Publisher
from archiver.registry.publishing import WebDiary
from archiver.registry.reminders import Reminders
from archiver.registry.routes import Routes
from archiver.registry.service import Register
from archiver.scan.clamd import scanner_of
from archiver.search.indexer import Indexer
from archiver.search.purge import IndexPurge
from archiver.search.reader import TantivySearch
from archiver.store.place import StorePlace

if TYPE_CHECKING:
    from archiver.store.probe import Outcome


class Services(Home):
    """One home's services, each made when it is first asked for."""

    def opened(self) -> Self:
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
    def routes(self) -> Routes:
        """The authorities' routing tables."""
        return Routes(self.ledger)

    @cached_property
    def handovers(self) -> Handovers:
        """What was handed over."""
        return Handovers(self.ledger, self.settings.handover_receipt_days)

    @cached_property
    def packages(self) -> Packages:
        """File packages for a diarium that is in use already."""
        return Packages(self.ledger, self.handovers, self.clock)

    @cached_property
    def reminders(self) -> Reminders:
        """What the alerts are told of handovers and stopped records."""
        return Reminders(
            self.ledger,
            self.handovers,
            lambda: {one.seq: one.code for one in self.channels.authorities()},
            self.settings.handover_step_days,
        )

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
    def people(self) -> People:
        """Users: who they are and what they may do."""
        self.require_home()
        accounts = Accounts(self.operations, self.clock)
        return People(self.ledger, accounts, Passwords(self._rng))

    @cached_property
    def entrance(self) -> SignIn:
        """Where people say who they are, at the terminal."""
        return SignIn(self.people, self.clock, self._rng)

    @cached_property
    def stewardship(self) -> Stewardship:
        """Who manages users, and what they may give."""
        return Stewardship(self.people, self._rng)

    def trail(self) -> Trail:
        """The access log, to be noted in; whoever asks for it closes it."""
        return Trail(self.ledger, self.clock, forwarder(self.settings.syslog, self.ledger.origin))

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
    def duty(self) -> Duty:
        """Who is on duty, and how they are told."""
        return Duty(self.notices, self.people)

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
            facts=self._alert_facts,
            reminded=self.handovers.note_reminder,
            place=self.watch.place,
            pace=Pace(
                unseen_after=settings.alert_hours * HOUR,
                repeat_after=settings.alert_repeat_hours * HOUR,
            ),
            find=self.duty.address,
        )

    def _alert_facts(self, now: int) -> Facts:
        """How the home stands, as the alerts are told of it; time stamps also where wrong settings
        are what keeps them from coming."""
        facts = self._with_store(self.reminders.added_to(self.watch.facts(now), now), now)
        if not self.settings.timestamp_urls or not self.ledger.database.exists():
            return facts
        interval = self.settings.timestamp_minutes * MINUTE
        try:
            state = Stamping(self.ledger, None, self.clock, interval=interval).state()
        except DiarkivError as error:
            return replace(facts, whole=False, integrity=facts.integrity or error.code)
        late = of_stamps(now, state.waiting_since, interval=interval)
        return replace(facts, matters=(*facts.matters, *late))

    @cached_property
    def stamping(self) -> Stamping:
        """The log's outside time stamps."""
        settings, roots = self.settings, self.stamp_roots()
        timestamper = None
        if settings.timestamp_urls and roots is not None:
            timestamper = HttpTimestamper(
                settings.timestamp_urls,
                roots=roots,
                clock=self.clock,
                policies=settings.timestamp_policies,
            )
        interval = settings.timestamp_minutes * MINUTE
        return Stamping(self.ledger, timestamper, self.clock, interval=interval)

    def stamp_roots(self) -> bytes | None:
        """Root certificates of the time-stamp authorities that are trusted; None where none is set
        up. `ConfigError` if there are authorities, but no roots to check them by."""
        if self.settings.timestamp_roots:
            return read_roots(self.home / self.settings.timestamp_roots)
        if self.settings.timestamp_urls:
            raise ConfigError(
                "The setting timestamp_urls needs timestamp_roots: what nobody can check is no "
                "time stamp.",
                remedy="Get the authorities' root certificates, and name their file there.",
            )
        return None

    def own_roots(self) -> bytes | None:
        """Those certificates; None also if they cannot be read: who verifies goes on without."""
        try:
            return self.stamp_roots()
        except ConfigError:
            return None

    @cached_property
    def store_place(self) -> StorePlace:
        """Where this home is shipped to, if anywhere."""
        return StorePlace(
            self.settings, lambda name: config.secret(name, self._environment), self.clock
        )

    def _with_store(self, facts: Facts, now: int) -> Facts:
        """These facts, with what is to be said of the store."""
        if not self.store_place.is_set:
            return facts
        stands = standing.read(self.store)
        said = of_store(
            now,
            shipped_at=stands.shipped_at,
            failing_since=stands.failing_since,
            code=stands.code,
            lapsing_since=stands.lapsing_since,
        )
        return replace(facts, matters=(*facts.matters, *said))

    def probe_store(self, tell: Callable[[Outcome], None]) -> list[Outcome]:
        """Try what the store's buckets really do, and note in the log how it went."""
        from archiver.store.probe import State, probe

        place, keys = self.store_place.probed()
        found = []
        for outcome in probe(place, keys, self.clock, self._rng(8).hex()):
            tell(outcome)
            found.append(outcome)
        with self.ledger.writer() as writer:
            facts: dict[str, Json] = {
                state.name.lower(): [int(one.check) for one in found if one.state is state]
                for state in State
            }
            writer.append_clear(EventType.STORE_PROBED, facts)
        return found

    @cached_property
    def registry_desk(self) -> Desk:
        """The register, and what registrars have asked for."""
        kept = Drafts(self.operations, self.clock)
        return Desk(self.register, self.apart, kept, self.clock, self._rng)

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

"""The desk of one home: what the commands and pages of channels need, from the home's services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

from sqlalchemy import Connection

from archiver.channels.change import filled
from archiver.channels.check import CheckResult, Progress, check
from archiver.channels.cost import BY_INTERVAL, Cadence
from archiver.channels.desk import LoginHealth
from archiver.channels.service import Channels, Proposal
from archiver.core.channel import Channel
from archiver.core.connector import Connector, Target
from archiver.core.ports import Clock, JobQueue, RequestProgress
from archiver.db.engine import Database
from archiver.db.operations import Operations
from archiver.harvest.gap import Gap
from archiver.harvest.gap_register import GapRegister
from archiver.harvest.http import Limits, RecordingClient
from archiver.jobs.due import Known, next_due
from archiver.jobs.schedule import load, names

# Connector, target, private addresses that may be visited, limits → the client of one run.
Client: TypeAlias = Callable[[Connector, Target, Sequence[str], Limits], RecordingClient]
_CHECK_SECONDS = 20.0  # for one answer


def cadences() -> dict[str, Cadence]:
    """The schedules there are, as the screens explain them."""
    found = {BY_INTERVAL.name: BY_INTERVAL}
    for one in sorted((load(name) for name in names()), key=lambda one: -one.scans_per_post()):
        found[one.name] = Cadence(
            name=one.name,
            heads_per_day=one.heads_per_day(),
            tiers=tuple((tier.until, tier.every) for tier in one.tiers),
            deep=one.deep,
        )
    return found


class HomeDesk:
    """A `WebDesk`. `facts`: what decides when channels are read; `jobs`: the queue, to be closed;
    `request_interval`: seconds between two requests to one host."""

    def __init__(
        self,
        *,
        channels: Channels,
        operations: Operations,
        gaps: GapRegister,
        database: Database,
        clock: Clock,
        client: Client,
        facts: Callable[[Connection], Known],
        jobs: Callable[[], AbstractContextManager[JobQueue]],
        request_interval: float,
    ) -> None:
        self.channels = channels
        self.request_interval = request_interval
        self._operations, self._clock, self._client = operations, clock, client
        self._gaps, self._database, self._facts, self._jobs = gaps, database, facts, jobs

    @property
    def schedules(self) -> Mapping[str, Cadence]:
        """The schedules there are, by name, in the order to show them."""
        return cadences()

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self._clock.now()

    def check(self, proposal: Proposal, progress: Progress) -> CheckResult:
        """Look at an account, and keep nothing; `ConfigError` for what can never be one."""
        url, options = self.channels.proposed(proposal)
        connector = self.channels.connector(proposal.platform)
        given = filled(connector, options)
        target = Target(url=url, credential=proposal.credential, options=given)
        limits = Limits(interval=self.request_interval, time=_CHECK_SECONDS, attempts=1)
        with self._client(connector, target, proposal.allow, limits) as http:
            return check(connector, target, http, self._clock, progress)

    def login_health(self, channel: int) -> LoginHealth | None:
        """What may be said of a channel's login; None if there is none."""
        for one in self._operations.tokens():
            if one.channel == channel:
                return LoginHealth(
                    entered_at=one.created_at,
                    last_ok_at=one.last_ok_at,
                    expires_at=one.expires_at,
                    scopes=one.scopes,
                    refused_at=one.refused_since,
                    refused=one.refused_reason,
                )
        return None

    def next_harvests(self) -> Mapping[int, int]:
        """Channel → when it is harvested next (milliseconds UTC), of those that are."""
        now = self._clock.now()
        with self._database.read() as connection:
            facts = self._facts(connection).facts
        coming = {one.channel: next_due(now, one) for one in facts}
        return {channel: at for channel, at in coming.items() if at is not None}

    def gaps(self, channel: int, since: int, until: int) -> Sequence[Gap]:
        """The channel's gaps that touch [since, until), newest first."""
        one = self.channels.channel(str(channel))
        period = max(0, self._clock.now() - since)
        found = self._gaps.gaps(one, period=period)
        touching = [g for g in found if g.since < until and (g.until is None or g.until > since)]
        return touching[::-1]

    def open_gaps(self, channel: Channel) -> int:
        """How many gaps of the channel are open and not acknowledged."""
        return sum(gap.acknowledged is None for gap in self._gaps.open(channel))

    def acknowledge(self, gap: Gap, measure: str, accept_disappearance: bool, actor: int) -> None:
        """Record what was done about a gap."""
        self._gaps.acknowledge(
            self.channels.channel(str(gap.channel)),
            measure,
            collection=gap.collection,
            between=(gap.since, gap.since + 1),
            accept_disappearance=accept_disappearance,
            actor=actor,
        )

    def request_harvest(self, channels: Collection[int]) -> int:
        """Leave the worker a request; its number."""
        with self._jobs() as jobs:
            return jobs.request_harvest(channels)

    def follow(self, request: int, progress: Callable[[RequestProgress], None]) -> int:
        """Wait until a request is done; its exit code."""
        with self._jobs() as jobs:
            return jobs.follow(request, progress)

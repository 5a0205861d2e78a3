"""A desk over a test home: the real services, a check over real HTTP, and requests that a fake
queue answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from archiver.channels.change import filled
from archiver.channels.check import CheckResult, Progress, check
from archiver.channels.cost import BY_INTERVAL, Cadence
from archiver.channels.desk import LoginHealth
from archiver.channels.service import Channels, Proposal
from archiver.core.channel import Channel
from archiver.core.connector import Target
from archiver.core.ports import RequestProgress
from archiver.db import queries
from archiver.errors import StoreUnavailable
from archiver.harvest.address import AllowedAddress
from archiver.harvest.gap import Gap
from archiver.harvest.gap_register import GapRegister
from archiver.harvest.http import Limits, RecordingClient
from tests.homes import TestHome

_HOUR, _DAY = 3600, 86_400
FULL = Cadence(
    name="full",
    heads_per_day=72,
    tiers=(
        (6 * _HOUR, 900),
        (2 * _DAY, _HOUR),
        (7 * _DAY, 6 * _HOUR),
        (30 * _DAY, _DAY),
        (180 * _DAY, 7 * _DAY),
    ),
    deep=91 * _DAY,
)
ECO = Cadence(name="eco", heads_per_day=24, tiers=((6 * _HOUR, _HOUR),), deep=91 * _DAY)
SCHEDULES: Mapping[str, Cadence] = {one.name: one for one in (BY_INTERVAL, FULL, ECO)}


@dataclass
class FakeDesk:
    """A `WebDesk`. `health`: channel → what its login is said to be; `steps`: what following a
    request tells, None ends it as if no worker were there; `checked`: proposals that were looked
    at."""

    home: TestHome
    schedules: Mapping[str, Cadence] = field(default_factory=lambda: SCHEDULES)
    health: dict[int, LoginHealth] = field(default_factory=dict)
    steps: list[RequestProgress | None] = field(default_factory=list)
    asked: list[tuple[int, ...]] = field(default_factory=list)
    checked: list[Proposal] = field(default_factory=list)
    before_check: Callable[[], None] = lambda: None
    request_interval: float = 1.0

    def __post_init__(self) -> None:
        self.home.channels._schedules = tuple(self.schedules)

    @property
    def channels(self) -> Channels:
        return self.home.channels

    def now(self) -> int:
        return self.home.clock.now()

    def check(self, proposal: Proposal, progress: Progress) -> CheckResult:
        self.checked.append(proposal)
        url, options = self.channels.proposed(proposal)
        connector = self.channels.connector(proposal.platform)
        target = Target(url=url, credential=proposal.credential, options=filled(connector, options))
        self.before_check()
        with RecordingClient(
            target,
            now=self.home.clock.now,
            sleep=lambda _: None,
            rng=random.Random(1),
            login=connector.capabilities.login,
            api=connector.api(target),
            allowed=[AllowedAddress.parse(text) for text in proposal.allow],
            limits=Limits(interval=0, attempts=1),
            proxies={},
        ) as http:
            return check(connector, target, http, self.home.clock, progress)

    def login_health(self, channel: int) -> LoginHealth | None:
        if channel in self.health:
            return self.health[channel]
        known = self.home.credentials.get(channel)
        return LoginHealth(entered_at=self.home.clock.now()) if known else None

    def next_harvests(self) -> Mapping[int, int]:
        with self.home.ledger.database.read() as connection:
            settings = queries.channel_settings(connection)
            ended = queries.last_runs(connection)
        return {
            number: ended.get(number, 0) + one.interval * 1000
            for number, one in settings.items()
            if one.harvested
        }

    @property
    def register(self) -> GapRegister:
        return GapRegister(self.home.ledger, self.home.clock)

    def gaps(self, channel: int, since: int, until: int) -> Sequence[Gap]:
        one = self.channels.channel(str(channel))
        found = self.register.gaps(one, period=self.now() - since)
        return [g for g in found if g.since < until and (g.until is None or g.until > since)][::-1]

    def open_gaps(self, channel: Channel) -> int:
        return sum(gap.acknowledged is None for gap in self.register.open(channel))

    def acknowledge(self, gap: Gap, measure: str, accept_disappearance: bool, actor: int) -> None:
        self.register.acknowledge(
            self.channels.channel(str(gap.channel)),
            measure,
            collection=gap.collection,
            between=(gap.since, gap.since + 1),
            accept_disappearance=accept_disappearance,
            actor=actor,
        )

    def request_harvest(self, channels: Collection[int]) -> int:
        self.asked.append(tuple(channels))
        return len(self.asked)

    def follow(self, request: int, progress: Callable[[RequestProgress], None]) -> int:
        del request
        for step in self.steps:
            if step is None:
                raise StoreUnavailable("The worker stopped before the request was done.")
            progress(step)
        return 0

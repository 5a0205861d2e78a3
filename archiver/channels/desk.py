"""What the commands and screens of channels need of the application, and a channel as a row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from archiver.channels.check import CheckResult, Progress
from archiver.channels.cost import Cadence
from archiver.channels.service import Channels, Proposal
from archiver.core.channel import Channel
from archiver.core.ports import RequestProgress
from archiver.harvest.gap import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginHealth:
    """What may be said of a login: instants in milliseconds UTC, never its content. `refused` is
    the platform's code where it was last refused."""

    entered_at: int
    last_ok_at: int | None = None
    expires_at: int | None = None
    scopes: tuple[str, ...] = ()
    refused_at: int | None = None
    refused: str = ""


class Desk(Protocol):
    """The composition root, as far as channels are concerned."""

    @property
    def channels(self) -> Channels: ...

    @property
    def schedules(self) -> Mapping[str, Cadence]:
        """The schedules there are, by name, in the order to show them."""
        ...

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        ...

    def check(self, proposal: Proposal, progress: Progress) -> CheckResult:
        """Look at an account, and keep nothing."""
        ...

    def login_health(self, channel: int) -> LoginHealth | None:
        """None if there is no login."""
        ...


class WebDesk(Desk, Protocol):
    """What the screens need beyond the commands."""

    def next_harvests(self) -> Mapping[int, int]:
        """Channel → when its schedule harvests it next (milliseconds UTC; past: it waits for its
        turn); those that are not harvested are left out."""
        ...

    def gaps(self, channel: int, since: int, until: int) -> Sequence[Gap]:
        """The channel's gaps that touch [since, until), newest first."""
        ...

    def open_gaps(self, channel: Channel) -> int:
        """How many gaps of the channel are open and not acknowledged."""
        ...

    def acknowledge(self, gap: Gap, measure: str, accept_disappearance: bool, actor: int) -> None:
        """Record what `actor` did about a gap; `ConfigError` if that is not said in 1 to 500
        characters. With `accept_disappearance`, what is missing is believed to be gone."""
        ...

    def request_harvest(self, channels: Collection[int]) -> int:
        """`JobQueue.request_harvest`."""
        ...

    def follow(self, request: int, progress: Callable[[RequestProgress], None]) -> int:
        """`JobQueue.follow`."""
        ...

    @property
    def request_interval(self) -> float:
        """Seconds this home leaves between two requests to one host."""
        ...


def channel_row(one: Channel) -> dict[str, object]:
    """A channel for a table or for machines."""
    row: dict[str, object] = {
        "id": f"C{one.seq}",
        "authority": f"A{one.authority}",
        "platform": one.platform,
        "title": one.title,
        "url": one.url,
        "schedule": one.schedule,
        "interval": one.interval,
        "state": one.state.value,
    }
    more: Sequence[tuple[str, object]] = (
        ("crisis_until", one.crisis_until),
        ("allow", list(one.allow)),
        ("options", dict(one.options)),
    )
    return row | {name: value for name, value in more if value}

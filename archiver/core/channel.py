"""A channel: one account on one platform, owned by one authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

INTERVAL = "interval"
# The platform of a channel that is no account: what an authority captures by hand is filed there.
# It has no connector and no schedule, is never harvested, and has neither coverage nor gaps.
MANUAL = "manual"


class ChannelState(StrEnum):
    """Whether a channel is harvested. A `CLOSING` one is read wholly once more and then no more;
    what was archived stays whatever the state."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The legal holder: a nämnd, board or company. `seq` is its number in the log, shown `A12`;
    `code` a short unique alias ("KS")."""

    seq: int
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An account to harvest, as its newest change left it.

    `seq` is shown `C17`; `interval` is in seconds and counts where `schedule` is "interval";
    `allow` lists the IP:PORT addresses a harvester may visit although they are private (a recorded
    decision); `options` are those of the platform's settings that are not left at their default;
    `crisis_until`: everything is read often until then (milliseconds UTC, 0 = no crisis).
    """

    seq: int
    authority: int
    platform: str
    url: str
    title: str
    interval: int
    allow: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    schedule: str = INTERVAL
    crisis_until: int = 0
    state: ChannelState = ChannelState.ACTIVE

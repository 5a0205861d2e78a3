"""What reading a channel costs in requests per day, against what its platform allows. Pure.

An estimate from the first page of each list, not a promise: a run that finds news asks for more
(media, items asked for one by one), and a platform may count in other ways than requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from archiver.core.channel import INTERVAL
from archiver.core.connector import Rate

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """A schedule as the screens explain it: looks at the head of every list a day; how often a
    post's thread is read by the post's age (up to an age, every so often; youngest first); and
    between two readings of everything (0: the channel's own interval). All in seconds."""

    name: str
    heads_per_day: float = 0.0
    tiers: tuple[tuple[int, int], ...] = ()
    deep: int = 0

    @property
    def scans_per_post(self) -> int:
        """Readings of a post's thread over its life."""
        ages = (0, *(until for until, _ in self.tiers))
        return sum((t[0] - age) // t[1] for age, t in zip(ages, self.tiers, strict=False))


BY_INTERVAL = Cadence(name=INTERVAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reading takes, in requests: `first` to see whether the account can be read and the
    head of each list, `whole` to read every list to its end. `posts_per_day`: how often the account
    publishes, None if its lists do not tell."""

    first: int
    whole: int
    posts_per_day: float | None = None


def requests_per_day(cadence: Cadence, interval: int, reading: Reading) -> int:
    """Requests a day, at most one for each scan of a thread."""
    every = cadence.deep or interval
    deep = DAY / every * reading.whole
    heads = cadence.heads_per_day * reading.first
    threads = (reading.posts_per_day or 0.0) * cadence.scans_per_post
    return math.ceil(deep + heads + threads)


def allowed_per_day(rates: Iterable[Rate]) -> int | None:
    """The requests a day that the tightest of the platform's limits allows; None without any."""
    daily = [rate.requests * DAY / rate.seconds for rate in rates]
    return int(min(daily)) if daily else None

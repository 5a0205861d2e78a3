"""What is asked for and what came back: the material that disappearance is judged on."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from archiver.core.changes import State
from archiver.core.connector import Probe
from archiver.core.disappearance import Absence
from archiver.core.exchange import Exchange
from archiver.core.observation import Access
from archiver.core.record import milliseconds
from archiver.harvest.hop import origin, parse_url

MAX_SKEW = 600_000  # milliseconds


@dataclass(slots=True)
class Missed:
    """A record to ask for. `known`: its absence under suspicion so far; `with_parent`: what it
    stands under is asked for in its stead."""

    record: int
    state: State
    last_seen: int
    known: Absence | None = None
    kind: str = ""
    with_parent: int | None = None


@dataclass(slots=True)
class Answers:
    """What came back: item → its probe, which sentinels could be read, and from which servers."""

    by_record: dict[int, Probe] = field(default_factory=dict)
    sentinels: dict[str, bool] = field(default_factory=dict)
    servers: set[tuple[str, str, int]] = field(default_factory=set)

    def add(self, more: Answers) -> None:
        """Take in the answers to further questions."""
        self.by_record |= more.by_record
        self.servers |= more.servers
        for kind, readable in more.sentinels.items():
            self.sentinels[kind] = self.sentinels.get(kind, True) and readable

    def took_along(self, one: Missed) -> bool:
        """Whether nothing of its own is to be asked: its post is not there either."""
        if one.with_parent is None:
            return True
        above = self.by_record.get(one.with_parent)
        return above is None or above.access in (Access.NOT_FOUND, Access.ABSENT)


def server_of(exchange: Exchange) -> tuple[str, str, int]:
    """The server that answered: scheme, host and port."""
    return origin(parse_url(exchange.url))


def is_skewed(exchange: Exchange) -> bool:
    """Whether the server's clock and ours tell times that lie too far apart."""
    try:
        date = parsedate_to_datetime(exchange.header("date"))
        return date.tzinfo is not None and abs(milliseconds(date) - exchange.ended_at) > MAX_SKEW
    except (ValueError, OverflowError):
        return False  # it tells none, or none that there can be

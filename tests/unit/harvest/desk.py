"""A home whose runs and clock the test sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archiver.core.canonical import Json
from archiver.core.channel import Channel
from archiver.core.event import EventType
from archiver.harvest.gap_register import GapRegister
from tests.build import FakeClock
from tests.homes import TestHome, make_home

HOUR = 3_600_000


class Desk:
    """A home on a clock that is set by hand, and runs whose outcome the test says."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.home: TestHome = make_home(path, clock=self.clock)
        self.channel: Channel = self.home.add_channel("feed", "https://a.example/", "10.0.0.1:80")
        self.gaps = GapRegister(self.home.ledger, self.clock)

    def run(self, **outcomes: str) -> int:
        """A run an hour after the last one; its outcome by collection, "" = complete."""
        self.clock.advance(HOUR)
        collections: list[Json] = [
            {
                "name": name,
                "status": "partial" if reason else "complete",
                "reason": reason,
                "scope": "all",
                **dict.fromkeys(("seen", "created", "changed", "unchanged", "missing"), 0),
            }
            for name, reason in outcomes.items()
        ]
        payload: dict[str, Json] = {
            "channel": self.channel.seq,
            "started": self.clock.now(),
            "ended": self.clock.now(),
            "scope": "full",
            "threads": [],
            "outcome": "partial" if any(outcomes.values()) else "complete",
            "collections": collections,
            "exchanges": [],
            "states": [],
            "media_failed": [],
        }
        with self.home.ledger.writer() as writer:
            cohort = writer.cohort(self.channel.authority, "register")
            return writer.append_event(EventType.RUN, payload, cohort=cohort)

    def pick(self, names: Sequence[str], *, due: bool) -> list[Channel]:
        """As the application's."""
        channels = self.home.channels
        return [channels.channel(name) for name in names] if names else channels.channels()

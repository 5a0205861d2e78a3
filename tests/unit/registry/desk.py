"""A home in which things are captured by hand, with a scanner that a test may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archiver.core.channel import Authority
from archiver.core.scan import NO_SCANNER, Scan, ScanVerdict
from archiver.registry.capture import Captured, Captures
from archiver.registry.core.capture import AccordingTo, Way, received
from tests.build import FakeClock
from tests.homes import TestHome, make_home
from tests.unit.scan.clamds import EICAR

ENGINE = "ClamAV 1.4.6/27811/Sun Nov 22 09:31:00 2026"
MIB = 2**20


class FakeScanner:
    """Finds the test string once it is `on`; before, it is not there."""

    on = False

    def scan(self, chunks: Iterable[bytes]) -> Scan:
        if not self.on:
            return NO_SCANNER
        found = EICAR in b"".join(chunks)
        verdict = ScanVerdict.INFECTED if found else ScanVerdict.CLEAN
        return Scan(verdict=verdict, engine=ENGINE, found="Eicar-Signature" if found else "")


@dataclass
class CaptureDesk:
    """The home, its authority KS, and what captures in it."""

    home: TestHome
    clock: FakeClock
    scanner: FakeScanner = field(default_factory=FakeScanner)

    def __post_init__(self) -> None:
        channels = self.home.channels
        known = {one.code: one for one in channels.authorities()}
        self.authority: Authority = known.get("KS") or channels.add_authority(
            "KS", "Kommunstyrelsen"
        )
        self.captures = Captures(self.home.ledger, channels, self.scanner, self.clock, cap=8 * MIB)

    def capture(self, text: str = "", *, when: str = "2026-11-20 14:05", **more: Any) -> Captured:
        """Capture with what a test does not care about filled in."""
        given: dict[str, Any] = {
            "way": Way.DIRECT_MESSAGE,
            "received": received(when, AccordingTo.CAPTURER, now=self.clock.now()),
            "why": "Hör till ärendet om Ängsgatan.",
            "actor": 17,
        }
        authority = more.pop("authority", self.authority)
        return self.captures.capture(authority, text=text, **{**given, **more})

    def envelope(self, seq: int) -> Mapping[str, Any]:
        return self.home.ledger.open_one(seq).envelope


def make_desk(path: Path) -> CaptureDesk:
    clock = FakeClock()
    clock.advance(4 * 86_400_000)  # to the 22nd
    return CaptureDesk(make_home(path, clock=clock), clock)

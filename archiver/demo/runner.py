"""Plays the demo: Testköping's rounds, each followed by a real harvest over HTTP.

The demo's archive lives in a home of its own, made anew each time; the clock is moved to each
round's instant, so that dates and waiting times look as they would in life.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from archiver.core.channel import Channel
from archiver.core.connector import Credential
from archiver.demo.rounds import ROUNDS
from archiver.demo.town import Town
from archiver.errors import ConfigError

MARKER = ".diarkiv-demo"
DEFAULT_HOME = Path(".diarkiv-demo")


class DemoClock:
    """A clock that stands where the round stands. Wall and monotonic time move together, so that
    no jump is seen: in the demo the days really pass this fast. `told` is given the time whenever
    it was moved."""

    def __init__(
        self, monotonic: Callable[[], float], told: Callable[[int], None] = lambda _now: None
    ) -> None:
        self._monotonic = monotonic
        self._told = told
        self._base = monotonic()
        self._start = int(ROUNDS[0].at.timestamp() * 1000) - 3_600_000
        self._skipped = 0

    def now(self) -> int:
        return self._start + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return self._monotonic() - self._base + self._skipped / 1000

    def advance_to(self, at: int) -> None:
        """Move forward to an instant (milliseconds UTC); never back."""
        self._skipped += max(0, at - self.now())
        self._told(self.now())


class DemoArchive(Protocol):
    """What the demo needs of an application."""

    def add_authority(self, code: str, name: str) -> None: ...

    def add_channel(
        self,
        platform: str,
        url: str,
        authority: str,
        title: str,
        credential: Credential | None,
        allow: str,
        options: Mapping[str, str],
    ) -> Channel: ...

    def harvest_row(self, channel: Channel) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Step:
    """Where the demo is: rounds done of all, and what is happening, in Swedish."""

    done: int
    total: int
    title: str
    note: str

    @property
    def finished(self) -> bool:
        return self.done == self.total


def prepare_home(home: Path) -> IO[bytes]:
    """Empty the demo's home; `ConfigError` if the folder holds anything but an earlier demo, or a
    demo runs in it. The file that is returned marks the home as in use while it is open."""
    if home.exists() and any(home.iterdir()) and not (home / MARKER).exists():
        raise ConfigError(
            f"{home} is not empty and not a demo's home.", remedy="Choose another folder."
        )
    if (home / MARKER).exists():
        with (home / MARKER).open("rb") as old:
            _take(old, home)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    marker = (home / MARKER).open("wb")
    _take(marker, home)
    return marker


def keep_ahead(marker: IO[bytes], ahead: int) -> None:
    """Note in the demo's home by how many milliseconds its clock is ahead of the system's."""
    marker.seek(0)
    marker.truncate()
    marker.write(str(ahead).encode())
    marker.flush()


def ahead_of(home: Path) -> int | None:
    """By how many milliseconds a demo's home is ahead of the system's clock; None for any other
    home, and for a demo that has not begun."""
    try:
        return int((home / MARKER).read_text("ascii"))
    except (OSError, ValueError):  # no demo's home, or one that is being made
        return None


def _take(marker: IO[bytes], home: Path) -> None:
    try:
        fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigError(
            f"A demo is running in {home}.", remedy="Stop it first, or name another with --home."
        ) from error


class Demo:
    """The town and its story. `step` may be read from any thread."""

    def __init__(self, archive: DemoArchive, clock: DemoClock) -> None:
        self._archive = archive
        self._clock = clock
        self._town = Town(clock.now)
        self._scenes = self._town.scenes()
        self._channels: list[Channel] = []
        self._stop = threading.Event()
        note = "Testköpings webbplatser och konton startas."
        self.step = Step(0, len(self._scenes), "Förbereder", note)

    def set_up(self) -> None:
        """Register Testköping's authorities and channels."""
        accounts = self._town.accounts()
        for code, name in {one.authority: one.committee for one in accounts}.items():
            self._archive.add_authority(code, name)
        for one in accounts:
            self._channels.append(
                self._archive.add_channel(
                    one.platform,
                    one.url,
                    one.authority,
                    one.title,
                    one.credential,
                    one.place,
                    one.options,
                )
            )

    def play(
        self, tell: Callable[[Step], None] = lambda _step: None
    ) -> Sequence[Mapping[str, object]]:
        """Every round in order; what each harvest gave."""
        results: list[Mapping[str, object]] = []
        total = len(self._scenes)
        for number, scene in enumerate(self._scenes):
            self.step = Step(number, total, scene.title, scene.note)
            tell(self.step)
            for act in scene.acts:
                act()
            self._clock.advance_to(int(scene.at.timestamp() * 1000))
            for channel in self._channels:
                if self._stop.is_set():
                    return results
                results.append(self._archive.harvest_row(channel))
        self.step = Step(total, total, "Klart", "Alla omgångar är insamlade.")
        tell(self.step)
        return results

    def stopped(self, wait: float) -> bool:
        """Whether it has been stopped, or is within so many seconds."""
        return self._stop.wait(wait)

    def stop(self) -> None:
        """Stop after the harvest in progress, and stop the servers."""
        self._stop.set()
        self._town.stop()

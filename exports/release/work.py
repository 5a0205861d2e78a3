"""Long work on releases that a page starts and can leave: checking a draft, making a release.

One piece of work for a release at a time, in a thread of its own. How far it has come, and what
came of it, is kept in memory only: what counts is in the log. The files of the newest releases are
kept at hand, so that they need not be rendered for each download; they can always be made again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import structlog

from archiver.errors import DiarkivError
from exports.release.given import Progress
from exports.release.service import Checked, Released
from gdpr.leak import Output

Result: TypeAlias = Checked | Released
_KEPT = 4  # releases whose files are at hand
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Going:
    """A piece of work: `what` ("check" or "make"), `done` of `total` records, and in the end its
    result or what stopped it. `unexpected`: it ended with an error that the log tells of."""

    what: str
    done: int = 0
    total: int = 0
    running: bool = True
    result: Result | None = None
    stopped: DiarkivError | None = None
    unexpected: bool = False
    waived: bool = False  # what it found was let pass since


class Work:
    """The work that goes on in one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going: dict[int, Going] = {}
        self._files: OrderedDict[int, Sequence[Output]] = OrderedDict()

    def start(self, release: int, what: str, do: Callable[[Progress], Result]) -> Going:
        """Begin work on a release; what goes on already, if anything does."""
        with self._lock:
            there = self._going.get(release)
            if there is not None and there.running:
                return there
            going = self._going[release] = Going(what)
        threading.Thread(
            target=self._run, args=(release, going, do), name="release", daemon=True
        ).start()
        return going

    def of(self, release: int) -> Going | None:
        """The newest work on a release; None if there was none since the process began."""
        with self._lock:
            return self._going.get(release)

    def forget(self, release: int) -> None:
        """Forget what came of a release's work: the draft has changed."""
        with self._lock:
            there = self._going.get(release)
            if there is not None and not there.running:
                del self._going[release]

    def waive(self, release: int, digest: str) -> None:
        """Take what a person let pass out of what the newest check found."""
        going = self.of(release)
        if going is not None and isinstance(going.result, Checked):
            left = tuple(one for one in going.result.leaks if one.digest != digest)
            going.result, going.waived = replace(going.result, leaks=left), True

    def keep(self, release: int, files: Sequence[Output]) -> None:
        """Keep the files of a release at hand."""
        with self._lock:
            self._files[release] = files
            self._files.move_to_end(release)
            while len(self._files) > _KEPT:
                self._files.popitem(last=False)

    def files(self, release: int) -> Sequence[Output] | None:
        """The files of a release, if they are at hand."""
        with self._lock:
            return self._files.get(release)

    def _run(self, release: int, going: Going, do: Callable[[Progress], Result]) -> None:
        def tell(done: int, total: int) -> None:
            going.done, going.total = done, total

        try:
            going.result = do(tell)
            if isinstance(going.result, Released):
                self.keep(release, going.result.outputs)
        except DiarkivError as error:
            going.stopped = error
        except Exception as error:  # noqa: BLE001 the page says that it ended so
            going.unexpected = True
            _log.error("release.work", type=type(error).__name__, what=going.what)
        finally:
            going.running = False

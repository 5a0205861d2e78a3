"""Disposals carried out beside the worker: what is confirmed, and has waited long enough.

Once a day what is due under running decisions is proposed and confirmed by the rule that two
persons confirmed; at each look what may be carried out is. All state is in the log: whoever dies in
between is followed by the next look. Invariants: no two processes carry anything out at once; what
cannot go on keeps no other disposal waiting, and is tried again; a running proposal that a crash
left unconfirmed is taken back and made anew, so that it keeps nothing out for ever.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from archiver.core.access import LOCAL, Viewer
from archiver.errors import DiarkivError, HomeBusy
from retention.core.disposal import Proposal, State
from retention.disposal.execution import Execution, Progress
from retention.disposal.queries import DisposalRow
from retention.disposal.service import Disposals

EVERY = 60.0  # seconds between two looks …
RETRY = 600.0  # … and after one where something could not go on
LEFT = "Körningen avbröts innan den bekräftades."
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """What a look did: disposals proposed by running decisions, completed, and those that could not
    go on, by the code of why."""

    proposed: int = 0
    completed: int = 0
    stuck: tuple[tuple[int, str], ...] = ()


def _silent(_step: str, _done: int, _all: int) -> None:
    pass


class Rounds:
    """Carries out the disposals of a home in `folder`. `authorities`: their numbers."""

    def __init__(
        self,
        disposals: Disposals,
        execution: Execution,
        authorities: Callable[[], list[int]],
        folder: Path,
    ) -> None:
        self._disposals, self._execution = disposals, execution
        self._authorities, self._folder = authorities, folder
        self._ran_on: date | None = None

    def execute(self, viewer: Viewer, seq: int, progress: Progress = _silent) -> DisposalRow:
        """Carry one out as `Execution.execute` does; `HomeBusy` while another process does so."""
        with execution_lease(self._folder):
            return self._execution.execute(viewer, seq, progress)

    def run(self, viewer: Viewer = LOCAL) -> list[int]:
        """Propose and confirm what is due under running decisions of every authority; the numbers
        of the disposals. What keeps one authority's from being made is logged, and the others' are
        made all the same. `HomeBusy` while another process carries something out."""
        with execution_lease(self._folder):
            return self._run(viewer)

    def would_run(self, viewer: Viewer = LOCAL) -> list[Proposal]:
        """What `run` would propose."""
        found = (self._disposals.would_run(one, viewer) for one in self._authorities())
        return [proposal for proposals in found for proposal in proposals]

    def _run(self, viewer: Viewer) -> list[int]:
        made: list[int] = []
        for row in self._disposals.all(viewer, states=(State.PROPOSED,)):
            if row.running:
                self._disposals.withdraw(viewer, row.seq, reason=LEFT)
        for authority in self._authorities():
            try:
                made += self._disposals.run(authority, viewer)
            except DiarkivError as error:
                _log.error("disposal.not_run", authority=authority, code=error.code)
        return made

    def tick(self) -> Went:
        """One look. Nothing is done while another process carries something out."""
        try:
            with execution_lease(self._folder):
                return self._tick()
        except HomeBusy:
            return Went()

    def _tick(self) -> Went:
        made: list[int] = []
        today = self._disposals.today()
        if self._ran_on != today:
            made = self._run(LOCAL)
            self._ran_on = today
        completed, stuck = 0, list[tuple[int, str]]()
        for seq in self._execution.due():
            try:
                row = self._execution.execute(LOCAL, seq)
            except DiarkivError as error:
                stuck.append((seq, error.code))
                _log.error("disposal.stuck", disposal=seq, code=error.code)
                continue
            completed += row.state is State.COMPLETED
        if completed or made:
            _log.info("disposal.round", proposed=len(made), completed=completed)
        return Went(proposed=len(made), completed=completed, stuck=tuple(stuck))


@contextmanager
def execution_lease(home: Path) -> Iterator[None]:
    """Be the one process that carries disposals out; `HomeBusy` if another one does. It ends with
    its process, however that ends."""
    folder = home / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / "disposal", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeBusy(
                "A disposal is being carried out already.",
                remedy="Wait until that has ended, and try again.",
            ) from error
        yield
    finally:
        os.close(file)


def keep_disposing(tick: Callable[[], Went], stop: Callable[[float], bool]) -> None:
    """The worker's disposer, in a thread of its own: a look each minute until `stop`, which waits
    for so many seconds and says whether to end. What goes wrong is logged and ends nothing."""
    while True:
        pause = EVERY
        try:
            pause = RETRY if tick().stuck else EVERY
        except DiarkivError as error:
            _log.error("disposal.error", code=error.code)
            pause = RETRY
        except Exception as error:  # noqa: BLE001 its words may quote what is disposed of
            _log.error("disposal.fault", error=type(error).__name__)
            pause = RETRY
        if stop(pause):
            return

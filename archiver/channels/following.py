"""Harvests that somebody asked for in a page: followed beside it, so that the page can be left and
come back to. Held in memory; the request itself is the queue's, and the outcome is in the log.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from archiver.core.ports import RequestProgress
from archiver.errors import DiarkivError

_MOST = 50
_log = structlog.get_logger(__name__)
Follow = Callable[[int, Callable[[RequestProgress], None]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Where a request stands: `run` is the run's number once there is one, `exit_code` None until
    it is done; `problem` is the code of what kept us from following it further."""

    seen: int = 0
    run: int | None = None
    exit_code: int | None = None
    problem: str = ""

    @property
    def going_on(self) -> bool:
        """Whether there is more to wait for."""
        return self.exit_code is None and not self.problem


class Following:
    """What is known of the requests that this process left."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow
        self._known: dict[int, Followed] = {}
        self._channels: dict[int, int] = {}
        self._lock = threading.Lock()

    def begin(self, request: int, channel: int) -> None:
        """Follow a request about a channel in a thread of its own."""
        with self._lock:
            self._known[request] = Followed()
            self._channels[request] = channel
            for old in sorted(self._known)[:-_MOST]:
                del self._known[old], self._channels[old]
        name = f"follow-{request}"
        threading.Thread(target=self._go, args=(request,), name=name, daemon=True).start()

    def state(self, request: int, channel: int) -> Followed | None:
        """Where it stands; None if this process knows of none about that channel."""
        with self._lock:
            return self._known.get(request) if self._channels.get(request) == channel else None

    def _go(self, request: int) -> None:
        try:
            self._follow(request, lambda step: self._set(request, _read(step)))
        except DiarkivError as error:
            self._set(request, Followed(problem=error.code))
        except Exception as error:  # noqa: BLE001 a thread's fault must be seen, not lost
            _log.error("follow.fault", error=type(error).__name__)
            self._set(request, Followed(problem="unexpected"))

    def _set(self, request: int, state: Followed) -> None:
        with self._lock:
            self._known[request] = state


def _read(step: RequestProgress) -> Followed:
    counts = next(iter(step.results.values()), {})
    return Followed(seen=counts.get("seen", 0), run=counts.get("run"), exit_code=step.exit_code)

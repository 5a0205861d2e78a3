"""A channel that is being added, page by page: what was typed, and the check that looks at it.

Held in memory for an hour and in nothing else: a login that is typed here is in no cookie, address,
log or file, and is never rendered back. It is given only to the address it was typed for: another
address forgets it. A draft is its maker's: to anybody else it is not there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from archiver.channels.check import CheckResult, Progress
from archiver.channels.service import Proposal
from archiver.core.access import LOCAL
from archiver.core.connector import Credential
from archiver.core.ports import Clock, Random
from archiver.errors import DiarkivError, NotFound

LIFE = 3600.0  # seconds since it was last touched
MOST = 20
_log = structlog.get_logger(__name__)
Check = Callable[[Proposal, Progress], CheckResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A check: how far it has come, and what it found or why it broke off (an error's code)."""

    done: int = 0
    total: int = 1
    what: str = ""
    result: CheckResult | None = None
    problem: str = ""

    @property
    def going_on(self) -> bool:
        """Whether there is more to wait for."""
        return self.result is None and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed so far. `anyway`: to be added although it cannot be read."""

    id: str
    platform: str
    target: str = ""
    allow: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    credential: Credential | None = field(default=None, repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)
    looking: Looking | None = None
    anyway: bool = False
    attempt: int = 0
    actor: int = LOCAL.actor

    @property
    def proposal(self) -> Proposal:
        """What the check looks at."""
        return Proposal(
            platform=self.platform,
            target=self.target,
            credential=self.credential,
            allow=tuple(self.allow.split()),
            options=self.options,
        )


class Drafts:
    """The channels that are being added just now."""

    def __init__(self, clock: Clock, random: Random, check: Check) -> None:
        self._clock, self._random, self._check = clock, random, check
        self._held: dict[str, tuple[float, Draft]] = {}
        self._lock = threading.Lock()

    def new(self, platform: str, actor: int = LOCAL.actor) -> Draft:
        """A draft of a channel on this platform."""
        draft = Draft(id=self._random(16).hex(), platform=platform, actor=actor)
        self.keep(draft)
        return draft

    def get(self, id: str, actor: int = LOCAL.actor) -> Draft:
        """The draft; `NotFound` if it was finished, left for too long, or is another person's."""
        with self._lock:
            self._forget_old()
            if id not in self._held or self._held[id][1].actor != actor:
                raise NotFound("This draft is not there any more.", remedy="Begin again.")
            draft = self._held[id][1]
            self._held[id] = (self._clock.monotonic(), draft)
            return draft

    def keep(self, draft: Draft) -> None:
        """Put a draft in the place of what it was."""
        with self._lock:
            self._forget_old()
            self._held[draft.id] = (self._clock.monotonic(), draft)
            for id in sorted(self._held, key=lambda one: self._held[one][0])[:-MOST]:
                del self._held[id]

    def forget(self, id: str) -> None:
        """Drop a draft and the login in it."""
        with self._lock:
            self._held.pop(id, None)

    def look(self, draft: Draft) -> None:
        """Begin a check of the draft in a thread of its own; an earlier one is let go."""
        draft = replace(draft, looking=Looking(), attempt=draft.attempt + 1, anyway=False)
        self.keep(draft)
        threading.Thread(target=self._look, args=(draft,), name="check", daemon=True).start()

    def _look(self, draft: Draft) -> None:
        def tell(done: int, total: int, what: str) -> None:
            self._set(draft, Looking(done=done, total=total, what=what))

        try:
            found = self._check(draft.proposal, tell)
            self._set(draft, Looking(done=1, total=1, result=found))
        except DiarkivError as error:
            self._set(draft, Looking(problem=error.code))
        except Exception as error:  # noqa: BLE001 a connector's fault is a finding, its words are not
            _log.error("check.fault", error=type(error).__name__)
            self._set(draft, Looking(problem="unexpected"))

    def _set(self, draft: Draft, looking: Looking) -> None:
        with self._lock:
            held = self._held.get(draft.id)
            if held is not None and held[1].attempt == draft.attempt:
                self._held[draft.id] = (held[0], replace(held[1], looking=looking))

    def _forget_old(self) -> None:
        limit = self._clock.monotonic() - LIFE
        for id in [id for id, (at, _) in self._held.items() if at < limit]:
            del self._held[id]

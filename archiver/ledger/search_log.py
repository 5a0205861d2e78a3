"""Searches are noted in the log: who, what was typed, how many records it found.

Free text is never blocked, but it is logged (dataskyddslag 3:3; OSL 2009:400 for whoever
answers for the reading). What was typed may name a person, so it is sealed in its event's frame,
in the home's access family; the operational log is told a number and nothing else. Nobody waits
for it: notes are gathered for a moment and written together. A note that cannot be written stays
until it can; a process that is killed loses at most the last moment's.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread

import structlog

from archiver.core.canonical import Json
from archiver.core.event import EventType
from archiver.core.record import clean
from archiver.core.search import Searched
from archiver.errors import DiarkivError
from archiver.ledger.service import Ledger

DELAY = 0.5  # seconds that notes are gathered for
_RETRY = 5.0  # … and until what failed is tried again
_MOST = 10_000  # notes that wait; beyond it the oldest go, and that is said
_MAX_QUERY = 2000  # bytes
_HOME = 0  # no authority: a search may concern them all
_log = structlog.get_logger(__name__)


class LedgerSearchLog:
    """The `SearchLog` of a home. `ledger` gives one that no other thread uses."""

    def __init__(self, ledger: Callable[[], Ledger], delay: float = DELAY) -> None:
        self._ledger = ledger
        self._delay = delay
        self._waiting: list[Searched] = []
        self._wake = Condition()
        self._closed = False
        self._thread: Thread | None = None

    def note(self, searched: Searched) -> None:
        """Note a search; written within about a second."""
        with self._wake:
            self._waiting.append(searched)
            if len(self._waiting) > _MOST:
                del self._waiting[0]
                _log.error("search.note_lost", waiting=_MOST)
            self._wake.notify()
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._work, name="search-log", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._write()

    def _work(self) -> None:
        pause = self._delay
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._closed)
                if self._wake.wait_for(lambda: self._closed, timeout=pause):
                    return
            pause = self._delay if self._write() else _RETRY

    def _write(self) -> bool:
        """Write what waits; whether that went well."""
        with self._wake:
            part = list(self._waiting)
        if not part:
            return True
        try:
            with self._ledger().writer() as writer:
                cohort = writer.cohort(_HOME, "access")
                for one in part:
                    writer.append_event(EventType.SEARCHED, _payload(one), cohort=cohort)
        except DiarkivError as error:
            _log.error("search.not_noted", waiting=len(part), code=error.code)
            return False
        with self._wake:
            written = {id(one) for one in part}
            self._waiting = [one for one in self._waiting if id(one) not in written]
        return True


def _payload(one: Searched) -> dict[str, Json]:
    query = clean(one.query).encode()[:_MAX_QUERY].decode(errors="ignore")
    payload: dict[str, Json] = {
        "searched_at": one.at,
        "actor": one.actor,
        "query": query,
        "total": one.total,
    }
    if one.filters:
        payload["filters"] = [[name, clean(value)] for name, value in one.filters]
    return payload

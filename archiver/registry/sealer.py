"""Seals what registrars asked for when its minute is over, beside what else the process does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from archiver.errors import DiarkivError
from archiver.registry.desk import Desk

EVERY = 1.0  # seconds
_ENDS_WITHIN = 10.0
_log = structlog.get_logger(__name__)


@contextmanager
def sealing(make: Callable[[], Desk], *, every: float = EVERY) -> Iterator[None]:
    """Seal what is due while the block runs, in a thread with a desk of its own: `make` gives it.
    What cannot be written now (a full disk) is tried again; drafts wait safely until then."""
    stop = threading.Event()

    def work() -> None:
        desk = make()
        while not stop.wait(every):
            try:
                desk.seal_due()
            except DiarkivError as error:
                _log.error("desk.not_sealed", code=error.code)

    thread = threading.Thread(target=work, name="desk", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=_ENDS_WITHIN)

"""What is registered as possibly secret is kept apart at once, whichever way it was registered.

Secret and open documents that are merely kept in order must not be mixed (OSL 2009:400 5:1), so a
record at level 4 leaves the open store with the decision itself: whoever may register may do that
much, also without the right to mark an entry.
"""

from __future__ import annotations

from typing import Protocol

import structlog

from archiver.core.access import Permission, Viewer
from archiver.errors import RuleViolation
from archiver.registry.core.entry import Registration
from archiver.registry.core.triage import Decision

SECRET = 4  # the level
_log = structlog.get_logger(__name__)


class Seclusion(Protocol):
    """Keeps records apart that may be secret (`ledger.apart`). `RuleViolation` if it is so already,
    or not."""

    def protect(self, record: int, *, reason: str, viewer: Viewer) -> object: ...

    def unprotect(self, record: int, *, reason: str, viewer: Viewer) -> object: ...


def seclude(apart: Seclusion, actor: int, asked: Registration | Decision) -> list[int]:
    """Keep apart the records of what may be secret; those that were not before."""
    if not isinstance(asked, Registration) or asked.level < SECRET:
        return []
    done = []
    for record in asked.records:
        try:
            apart.protect(record, reason=asked.title, viewer=_for(actor, asked.authority))
        except RuleViolation:
            _log.info("seclusion.apart_already", record=record)
        else:
            done.append(record)
    return done


def put_back(apart: Seclusion, actor: int, authority: int, records: list[int]) -> None:
    """Put records back that were kept apart for what was undone."""
    for record in records:
        apart.unprotect(record, reason="Ångrat beslut", viewer=_for(actor, authority))


def _for(actor: int, authority: int) -> Viewer:
    return Viewer(actor, {authority: frozenset({Permission.MARK_SECRECY})})
